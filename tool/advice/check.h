/// A check: metadata, documentation and logic, in one file of checks/.
///
///     HEDDLE_CHECK(Info, run)
///
/// at the end of checks/NAME.cpp is all it takes: the build globs the folder,
/// and `heddle checks`, `heddle explain`, SARIF rules, docs/checks/*.md and the
/// README table come from the metadata.
#pragma once

#include "advice/advice.h"
#include "program/program.h"
#include "llvm/ADT/StringMap.h"

namespace heddle {

/// An option of a check, set by `--option=CHECK.NAME=VALUE`, by `CheckOptions`
/// of .clang-tidy (`heddle-CHECK.NAME`) and by `options:` of .heddle.yaml.
struct OptionInfo {
  llvm::StringLiteral Name, Default, Help;
  llvm::StringLiteral Values = ""; ///< `a|b|c`: what else is an error; empty for anything.
};

struct CheckInfo {
  llvm::StringLiteral Name;       ///< `blocking-under-lock`, after the fault.
  llvm::StringLiteral Summary;    ///< One line, no full stop.
  llvm::StringLiteral Guidelines; ///< `T1, P4`, or `all`.
  Severity Level;
  bool DefaultOn;
  llvm::StringLiteral Since; ///< Version that brought it: `0.1`.
  /// Markdown: what it finds, why it matters, a firing example and its repair,
  /// what it does not report. Headings from `##` down.
  llvm::StringLiteral Documentation;
  std::vector<OptionInfo> Options;
};

/// Values of options; what is not set has the default of its OptionInfo.
class CheckOptions {
public:
  CheckOptions(const CheckInfo &Info, const llvm::StringMap<std::string> &Set)
      : Info(Info), Set(Set) {}
  llvm::StringRef text(llvm::StringRef Name) const;
  int64_t number(llvm::StringRef Name) const;
  bool flag(llvm::StringRef Name) const;

private:
  const CheckInfo &Info;
  const llvm::StringMap<std::string> &Set; ///< Keys `CHECK.NAME`.
};

/// Takes the findings of one check; keeps all checks' findings sorted by place.
class Sink {
public:
  void add(Advice A) { Found.push_back(std::move(A)); }
  std::vector<Advice> Found;
};

struct Check {
  CheckInfo Info;
  void (*Run)(const Program &, const CheckOptions &, Sink &);
};

/// All checks, sorted by name.
llvm::ArrayRef<const Check *> allChecks();
/// By name, with or without the prefix `heddle-`; null when there is none.
const Check *findCheck(llvm::StringRef Name);
/// The same, with an error that offers the nearest name.
llvm::Expected<const Check *> namedCheck(llvm::StringRef Name);

/// Which checks run and with what options.
struct CheckSelection {
  std::vector<const Check *> Enabled;
  llvm::StringMap<std::string> Options; ///< Keys `CHECK.NAME`, values checked.
};

/// Checks named by clang-tidy globs over the defaults: `-*,heddle-lock-*`.
/// A glob without a wildcard that names no check is an error that offers the
/// nearest name, and so is a list that leaves nothing enabled.
llvm::Expected<std::vector<const Check *>> selectChecks(llvm::StringRef Globs);
/// Sets `CHECK.NAME=VALUE`; an unknown check, option or a bad number is an error.
llvm::Error setOption(CheckSelection &S, llvm::StringRef Assignment);

/// Runs the checks. The result is sorted by place and check, has fingerprints,
/// and no two findings with the same place, check and message.
std::vector<Advice> runChecks(const Program &P, const CheckSelection &S);

namespace detail {
struct RegisterCheck {
  explicit RegisterCheck(const Check &C);
};
} // namespace detail

#define HEDDLE_CHECK(INFO, RUN)                                                                    \
  static const ::heddle::Check TheCheck{INFO, RUN};                                                \
  static const ::heddle::detail::RegisterCheck Registered(TheCheck);

} // namespace heddle
