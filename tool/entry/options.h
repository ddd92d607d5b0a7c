/// The command line, as a plain struct: what the verbs are handed.
#pragma once

#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace heddle {

enum class Verb { Check, Advise, Fix, Annotate, Dump, Checks, Explain, Catalogue, Help, Version };
enum class Format { Text, Json, Sarif, Binary };
enum class Stage { Facts, Program, Advice };
enum class Coloring { Auto, Always, Never };

struct CommandLine {
  Verb What = Verb::Help;
  std::string Build;              ///< -p
  std::vector<std::string> Files; ///< What stands without a dash.
  /// What comes after `--`; absent without it.
  std::optional<std::vector<std::string>> Flags;
  std::vector<std::string> FactsFiles; ///< --from-facts
  Format As = Format::Text;
  Stage Last = Stage::Facts;        ///< dump --stage
  std::string Output;               ///< Empty for standard output.
  std::string Checks;               ///< Globs.
  std::vector<std::string> Options; ///< CHECK.NAME=VALUE
  std::string Guidelines;           ///< advise --guidelines
  unsigned Workers = 1;
  unsigned Timeout = 0; ///< Seconds for one unit.
  Coloring Color = Coloring::Auto;
  bool Quiet = false;
  bool CheckOnly = false;   ///< catalogue --check
  bool Diff = false;        ///< fix, annotate --diff
  bool Conditional = false; ///< fix --conditional
  bool Fix = false;         ///< annotate --fix
  bool Attribute = false;   ///< annotate --attribute
  std::string Macro;        ///< annotate --macro
};

/// Reads the arguments. `--help` of a verb prints and ends the process with 0;
/// what cannot be understood is an error of one line.
llvm::Expected<CommandLine> parseCommandLine(int Argc, const char *const *Argv);

/// What `heddle --help` prints.
void printHelp(llvm::raw_ostream &OS);

} // namespace heddle
