/// The pages and tables that describe the checks. They are never edited: each is
/// a function of the metadata, and `heddle catalogue --check` compares.
///
/// Example: a check with the summary `a lock is held over a blocking call` is
///
///     | [`blocking-under-lock`](docs/checks/blocking-under-lock.md) | a lock is held ... | T3 |
///     warning | on |
#include "report/catalogue.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using llvm::StringRef;

namespace heddle {
namespace {

constexpr llvm::StringLiteral Begin = "<!-- checks: begin -->";
constexpr llvm::StringLiteral End = "<!-- checks: end -->";
constexpr llvm::StringLiteral Generated = "<!-- Generated from checks/";

StringRef levelName(const CheckInfo &Info) {
  return enumNames(Info.Level)[static_cast<size_t>(Info.Level)];
}

/// In a cell of a Markdown table.
std::string tableCell(StringRef Text) {
  std::string Out;
  for (char C : Text) {
    if (C == '|')
      Out += '\\';
    Out += C == '\n' ? ' ' : C;
  }
  return Out;
}

std::string joined(StringRef Root, const llvm::Twine &Name) {
  llvm::SmallString<256> Path(Root);
  llvm::sys::path::append(Path, Name);
  return Path.str().str();
}

llvm::Error atPath(StringRef Path, std::error_code Why) { return llvm::createFileError(Path, Why); }

/// The content of a file; an error when it cannot be read.
llvm::Expected<std::string> contentOf(StringRef Path) {
  auto Buffer = llvm::MemoryBuffer::getFile(Path);
  if (!Buffer)
    return atPath(Path, Buffer.getError());
  return (*Buffer)->getBuffer().str();
}

llvm::Error replace(StringRef Path, StringRef Content) {
  return llvm::writeToOutput(Path, [&](llvm::raw_ostream &OS) {
    OS << Content;
    return llvm::Error::success();
  });
}

} // namespace

void writeCheckList(llvm::ArrayRef<const Check *> Checks, llvm::ArrayRef<const Check *> Enabled,
                    llvm::raw_ostream &OS) {
  size_t Name = 0, Guidelines = 0;
  for (const Check *C : Checks) {
    Name = std::max(Name, C->Info.Name.size());
    Guidelines = std::max(Guidelines, C->Info.Guidelines.size());
  }
  for (const Check *C : Checks) {
    const CheckInfo &I = C->Info;
    OS << (llvm::is_contained(Enabled, C) ? "* " : "  ");
    OS << "heddle-" << llvm::left_justify(I.Name, Name) << "  "
       << llvm::left_justify(I.Guidelines, Guidelines) << "  "
       << llvm::left_justify(levelName(I), 7) << "  " << I.Summary << '\n';
  }
}

void writeExplanation(const CheckInfo &Info, llvm::raw_ostream &OS) {
  OS << "heddle-" << Info.Name << ": " << Info.Summary << "\n\n"
     << "guidelines " << Info.Guidelines << ", " << levelName(Info) << ", "
     << (Info.DefaultOn ? "on" : "off") << " by default, since " << Info.Since << "\n\n"
     << Info.Documentation.trim() << '\n';
  if (Info.Options.empty())
    return;
  OS << "\n## Options\n\n";
  for (const OptionInfo &O : Info.Options)
    OS << "  --option=" << Info.Name << '.' << O.Name << '=' << O.Default << "\n      " << O.Help
       << '\n';
}

std::string checkPage(const CheckInfo &Info) {
  std::string Out;
  llvm::raw_string_ostream OS(Out);
  OS << Generated << Info.Name << ".cpp by `./dev update`: edit that file. -->\n\n"
     << "# heddle-" << Info.Name << "\n\n"
     << "*" << Info.Summary << "*\n\n"
     << "| guidelines | severity | by default | since |\n|---|---|---|---|\n"
     << "| " << tableCell(Info.Guidelines) << " | " << levelName(Info) << " | "
     << (Info.DefaultOn ? "on" : "off") << " | " << tableCell(Info.Since) << " |\n\n"
     << Info.Documentation.trim() << '\n';
  if (Info.Options.empty())
    return Out;
  OS << "\n## Options\n\n"
     << "Set with `--option=" << Info.Name << ".NAME=VALUE`, under `options:` in `.heddle.yaml`, "
     << "or in `.clang-tidy` as `heddle-" << Info.Name << ".NAME` under `CheckOptions`.\n\n"
     << "| name | default | meaning |\n|---|---|---|\n";
  for (const OptionInfo &O : Info.Options) {
    OS << "| `" << O.Name << "` | ";
    if (!O.Default.empty())
      OS << '`' << tableCell(O.Default) << '`';
    OS << " | " << tableCell(O.Help) << " |\n";
  }
  return Out;
}

std::string checkTable(llvm::ArrayRef<const Check *> Checks) {
  std::string Out;
  llvm::raw_string_ostream OS(Out);
  OS << "| check | finds | guidelines | by default |\n|---|---|---|---|\n";
  for (const Check *C : Checks) {
    const CheckInfo &I = C->Info;
    OS << "| [`" << I.Name << "`](docs/checks/" << I.Name << ".md) | " << tableCell(I.Summary)
       << " | " << tableCell(I.Guidelines) << " | " << (I.DefaultOn ? "on" : "off") << " |\n";
  }
  return Out;
}

llvm::Expected<std::vector<std::string>> writeCatalogue(StringRef Root, bool CheckOnly,
                                                        llvm::ArrayRef<const Check *> Checks) {
  std::string ReadmePath = joined(Root, "README.md");
  llvm::Expected<std::string> Readme = contentOf(ReadmePath);
  if (!Readme)
    return Readme.takeError();
  size_t From = Readme->find(Begin), To = Readme->find(End);
  if (From == std::string::npos || To == std::string::npos || To < From)
    return llvm::createStringError(ReadmePath + ": no table between `" + Begin + "` and `" + End +
                                   "`");
  From += Begin.size();

  struct Wanted {
    std::string Name, Content; ///< Relative to Root.
  };
  std::vector<Wanted> Files;
  for (const Check *C : Checks)
    Files.push_back({("docs/checks/" + C->Info.Name + ".md").str(), checkPage(C->Info)});
  Files.push_back(
      {"README.md", Readme->substr(0, From) + "\n" + checkTable(Checks) + Readme->substr(To)});

  std::vector<std::string> Stale;
  for (const Wanted &W : Files) {
    std::string Path = joined(Root, W.Name);
    llvm::Expected<std::string> Present = contentOf(Path);
    if (Present && *Present == W.Content)
      continue;
    if (!Present)
      llvm::consumeError(Present.takeError());
    Stale.push_back(W.Name);
    if (CheckOnly)
      continue;
    StringRef Folder = llvm::sys::path::parent_path(Path);
    if (std::error_code Why = llvm::sys::fs::create_directories(Folder))
      return atPath(Folder, Why);
    if (llvm::Error E = replace(Path, W.Content))
      return std::move(E);
  }

  // Pages of checks that are gone; what a person wrote there stays.
  std::error_code Why;
  std::string Folder = joined(Root, "docs/checks");
  for (llvm::sys::fs::directory_iterator It(Folder, Why), Last; !Why && It != Last;
       It.increment(Why)) {
    StringRef Leaf = llvm::sys::path::filename(It->path());
    std::string Name = ("docs/checks/" + Leaf).str();
    if (!Leaf.ends_with(".md") ||
        llvm::any_of(Files, [&](const Wanted &W) { return W.Name == Name; }))
      continue;
    llvm::Expected<std::string> Present = contentOf(It->path());
    if (!Present)
      return Present.takeError();
    if (!StringRef(*Present).starts_with(Generated))
      continue;
    Stale.push_back(Name);
    if (!CheckOnly)
      if (std::error_code Failed = llvm::sys::fs::remove(It->path()))
        return atPath(It->path(), Failed);
  }
  llvm::sort(Stale);
  return Stale;
}

llvm::Expected<std::vector<std::string>> writeCatalogue(StringRef Root, bool CheckOnly) {
  return writeCatalogue(Root, CheckOnly, allChecks());
}

} // namespace heddle
