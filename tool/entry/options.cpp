/// The grammar is `heddle VERB [options] [arguments] [-- flags]`. Verbs are
/// LLVM's subcommands, so that options are parsed, described and completed as in
/// every LLVM tool; LLVM's own options are hidden.
#include "entry/options.h"
#include "base/nearest.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Threading.h"
#include "llvm/Support/raw_ostream.h"

namespace heddle {

namespace cl = llvm::cl;
using llvm::StringRef;

namespace {

struct VerbInfo {
  Verb What;
  StringRef Name, Usage, Summary;
  bool Hidden = false;
};

constexpr VerbInfo Verbs[] = {
    {Verb::Check, "check", "check [-p BUILD] [FILE|DIR]... [-- FLAGS]",
     "analyse a program and print what is wrong"},
    {Verb::Advise, "advise", "advise [-p BUILD] [FILE|DIR]... [-- FLAGS]",
     "threads, processes, async, a parallel loop, or serial: a verdict for each opportunity"},
    {Verb::Fix, "fix", "fix [-p BUILD] [FILE|DIR]... [-- FLAGS]",
     "make the edits that the findings suggest, in the files"},
    {Verb::Annotate, "annotate", "annotate [-p BUILD] [--fix] [FILE|DIR]... [-- FLAGS]",
     "print, or write as an attribute, which lock guards which member or variable"},
    {Verb::Checks, "checks", "checks", "list the checks"},
    {Verb::Explain, "explain", "explain CHECK | FILE:LINE [-p BUILD] [-- FLAGS]",
     "what a check finds; or why a loop can run in parallel or not, and an access is safe or not"},
    {Verb::Dump, "dump", "dump --stage=STAGE [FILE|DIR]... [-- FLAGS]",
     "print what a stage of the analysis knows"},
    {Verb::Help, "help", "help [VERB]", "this text, or that of one verb"},
    {Verb::Catalogue, "catalogue", "catalogue [--check] DIR",
     "bring docs/checks and the table in README.md below DIR up to date", true},
};

constexpr StringRef UnitsHelp = R"(
Without FILE or DIR, the whole compile database is one program. With them, only
the units that they name are analysed, and what the others do is not known. A
header is analysed with the files that include it. The database is -p, or
compile_commands.json in the working directory, in one above it, or in their
build/. With flags after --, no database is needed: heddle check a.cpp -- -std=c++20

A .heddle.yaml in the working directory or above, or else above the database,
sets checks, options, models and skip; the command line wins over it.

Exit codes: 0 clean, 1 findings, 2 wrong usage or an unreadable file,
3 incomplete: a unit failed, the findings in the others are printed
)";

constexpr StringRef ExplainHelp = R"(
For FILE:LINE the units are analysed as for `heddle check --help`, all of the
database or, with flags after --, that file. The innermost loop around the line is
explained: its verdict, the two places that keep it serial or the clauses that a
parallel one needs, the work of an iteration, what would change the verdict, and
the verdicts of the loops around it and inside. So is every access on the line to
memory that other threads could have: a race, with both sides; guarded, with the
lock and the other accesses; ordered, with the start or the join; only read; owned;
of one thread only; atomic; thread_local; or why that cannot be told. Examples:

  heddle explain parallelizable-loop
  heddle explain -p build src/solve.c:120
  heddle explain a.c:12 --format=json -- -O2

Exit codes: 0 explained, 2 wrong usage, or nothing to explain at that line, 3
incomplete: a unit failed, and what it does is not known
)";

constexpr StringRef FixHelp = R"(
Files are replaced whole, keeping their modes and line ends, and one line for each
is printed. A header that several units include is edited once, a system header
never, and neither is a file that has changed since it was analysed. Where two
edits overlap, the finding that comes first wins and the other is named: run it
again. A second run finds nothing to do. Commit before, and read `git diff` after.

Units and configuration are chosen as for `heddle check --help`. Examples:

  heddle fix -p build --diff                     # look first
  heddle fix -p build src/kernels
  heddle fix a.c --checks='-*,heddle-parallelizable-loop' -- -O2

Exit codes: 0 nothing is left undone, 1 an edit was not made because it overlaps
another, or --diff had something to print, 2 wrong usage, or a file that could not
be read or written, 3 incomplete: a unit failed, the edits in the others are made
)";

constexpr StringRef AnnotateHelp = R"(
A member or variable is listed that is accessed at least twice, written at least
once, and mostly under one lock; what constructors do to their own object, and main
before it starts a thread, does not count. With --fix those that are always guarded
get Clang's attribute, which -Wthread-safety then holds the code to: int n
GUARDED_BY(mu); where the lock can be named at the declaration. The macro must be
yours. Files are edited as by `heddle fix`. Examples:

  heddle annotate -p build
  heddle annotate -p build --fix --diff          # look first
  heddle annotate -p build --fix --macro=ABSL_GUARDED_BY
  heddle annotate a.cpp --fix --attribute -- -std=c++20

Exit codes: 0 printed, or written, 1 --diff had something to print, 2 wrong usage,
or a file that could not be read or written, 3 incomplete: a unit failed
)";

/// All options, made once, when the command line is parsed.
struct Declared {
  cl::OptionCategory Category{"Options"};
  cl::SubCommand Check{"check"}, Advise{"advise"}, Fix{"fix"}, Annotate{"annotate"}, Dump{"dump"},
      Checks{"checks"}, Explain{"explain"}, Catalogue{"catalogue"};

  cl::opt<std::string> Build{"p",
                             cl::desc("Folder with compile_commands.json, or the file itself"),
                             cl::value_desc("BUILD"),
                             cl::sub(Check),
                             cl::sub(Advise),
                             cl::sub(Dump),
                             cl::sub(Fix),
                             cl::sub(Explain),
                             cl::sub(Annotate),
                             cl::cat(Category)};
  cl::list<std::string> Files{cl::Positional,   cl::desc("[FILE|DIR]... [-- FLAGS]"),
                              cl::sub(Check),   cl::sub(Advise),
                              cl::sub(Dump),    cl::sub(Fix),
                              cl::sub(Explain), cl::sub(Annotate),
                              cl::cat(Category)};
  cl::list<std::string> FactsFiles{
      "from-facts",           cl::desc("Begin with what `heddle dump --stage=facts` printed"),
      cl::value_desc("FILE"), cl::sub(Check),
      cl::sub(Advise),        cl::sub(Dump),
      cl::sub(Fix),           cl::sub(Explain),
      cl::sub(Annotate),      cl::cat(Category)};
  cl::opt<std::string> Output{"output",
                              cl::desc("Write to FILE instead of standard output"),
                              cl::value_desc("FILE"),
                              cl::sub(Check),
                              cl::sub(Advise),
                              cl::sub(Dump),
                              cl::cat(Category)};
  cl::opt<std::string> CheckFormat{"format", cl::desc("text (default), json or sarif"),
                                   cl::value_desc("FORMAT"), cl::sub(Check), cl::cat(Category)};
  cl::opt<std::string> AdviseFormat{"format",
                                    cl::desc("text (default) or json"),
                                    cl::value_desc("FORMAT"),
                                    cl::sub(Advise),
                                    cl::sub(Checks),
                                    cl::sub(Explain),
                                    cl::sub(Annotate),
                                    cl::cat(Category)};
  cl::opt<std::string> DumpFormat{
      "format", cl::desc("json (default); for facts also text, a listing for people, or binary"),
      cl::value_desc("FORMAT"), cl::sub(Dump), cl::cat(Category)};
  cl::opt<std::string> Stage{"stage", cl::desc("facts, program or advice"), cl::value_desc("STAGE"),
                             cl::sub(Dump), cl::cat(Category)};
  cl::opt<std::string> Globs{
      "checks",
      cl::desc("Globs over the default checks, as for clang-tidy: -*,heddle-blocking-*"),
      cl::value_desc("GLOBS"),
      cl::sub(Check),
      cl::sub(Dump),
      cl::sub(Checks),
      cl::sub(Fix),
      cl::cat(Category)};
  cl::list<std::string> Options{"option",
                                cl::desc("Set an option of a check"),
                                cl::value_desc("CHECK.NAME=VALUE"),
                                cl::sub(Check),
                                cl::sub(Advise),
                                cl::sub(Dump),
                                cl::sub(Fix),
                                cl::cat(Category)};
  cl::opt<std::string> Guidelines{"guidelines", cl::desc("cpp (default), book, or a YAML file"),
                                  cl::value_desc("NAME"), cl::sub(Advise), cl::cat(Category)};
  cl::opt<std::string> Workers{"j",
                               cl::Prefix,
                               cl::desc("Number of worker processes (default: one a core)"),
                               cl::value_desc("N"),
                               cl::sub(Check),
                               cl::sub(Advise),
                               cl::sub(Dump),
                               cl::sub(Fix),
                               cl::sub(Explain),
                               cl::sub(Annotate),
                               cl::cat(Category)};
  cl::opt<std::string> Timeout{
      "timeout",
      cl::desc("Seconds after which a unit is given up (default 300, 0 for never)"),
      cl::value_desc("SECONDS"),
      cl::sub(Check),
      cl::sub(Advise),
      cl::sub(Dump),
      cl::sub(Fix),
      cl::sub(Explain),
      cl::sub(Annotate),
      cl::cat(Category)};
  cl::opt<std::string> Color{"color",
                             cl::desc("auto (default), always or never"),
                             cl::value_desc("WHEN"),
                             cl::sub(Check),
                             cl::sub(Advise),
                             cl::sub(Fix),
                             cl::sub(Explain),
                             cl::sub(Annotate),
                             cl::cat(Category)};
  cl::opt<bool> Quiet{"quiet",          cl::desc("Neither progress nor summary on standard error"),
                      cl::sub(Check),   cl::sub(Advise),
                      cl::sub(Dump),    cl::sub(Fix),
                      cl::sub(Explain), cl::sub(Annotate),
                      cl::cat(Category)};
  cl::opt<bool> Diff{"diff", cl::desc("Write no file; print what would change as a unified diff"),
                     cl::sub(Fix), cl::sub(Annotate), cl::cat(Category)};
  cl::opt<bool> Conditional{
      "conditional",
      cl::desc("Also what is right only under an assumption, which is printed; check it yourself"),
      cl::sub(Fix), cl::cat(Category)};
  cl::opt<bool> WriteGuards{"fix", cl::desc("Write the attributes in the files"), cl::sub(Annotate),
                            cl::cat(Category)};
  cl::opt<bool> Attribute{"attribute",
                          cl::desc("Write __attribute__((guarded_by(...))), not a macro"),
                          cl::sub(Annotate), cl::cat(Category)};
  cl::opt<std::string> Macro{"macro", cl::desc("Name of the macro (default GUARDED_BY)"),
                             cl::value_desc("NAME"), cl::sub(Annotate), cl::cat(Category)};
  cl::opt<std::string> Folder{cl::Positional, cl::desc("DIR"), cl::sub(Catalogue),
                              cl::cat(Category)};
  cl::opt<bool> CheckOnly{"check", cl::desc("Write nothing; fail when something is stale"),
                          cl::sub(Catalogue), cl::cat(Category)};

  cl::SubCommand *of(Verb V) {
    switch (V) {
    case Verb::Check:
      return &Check;
    case Verb::Advise:
      return &Advise;
    case Verb::Fix:
      return &Fix;
    case Verb::Annotate:
      return &Annotate;
    case Verb::Dump:
      return &Dump;
    case Verb::Checks:
      return &Checks;
    case Verb::Explain:
      return &Explain;
    case Verb::Catalogue:
      return &Catalogue;
    case Verb::Help:
    case Verb::Version:
      return nullptr;
    }
    llvm_unreachable("all verbs are listed");
  }

  void hideOthers(cl::SubCommand &Of) {
    std::vector<cl::Option *> Others;
    for (auto &Entry : cl::getRegisteredOptions(Of)) {
      if (Entry.first() == "help")
        Entry.second->setDescription("This text");
      else if (!llvm::is_contained(Entry.second->Categories, &Category))
        Others.push_back(Entry.second);
    }
    for (cl::Option *O : Others)
      O->removeArgument();
  }
};

/// LLVM's report of a bad command line as one line without the program's name:
/// `unknown argument '--ouput'; did you mean '--output'?`.
std::string oneLine(StringRef Report, StringRef Program) {
  llvm::SmallVector<StringRef> Lines;
  Report.split(Lines, '\n', -1, /*KeepEmpty=*/false);
  std::string Text;
  for (StringRef L : Lines) {
    L.consume_front(Program);
    L = L.ltrim(": ");
    L = L.split(".  Try: '").first;
    if (L.starts_with("Too many positional arguments"))
      return "too many arguments";
    if (L.consume_front("Unknown command line argument "))
      Text += "unknown argument " + L.str();
    else if (L.consume_front("Did you mean "))
      Text += "; did you mean " + L.str();
    else
      Text += (Text.empty() ? "" : "; ") + L.rtrim("!").str();
  }
  return Text;
}

llvm::Expected<unsigned> number(StringRef Option, StringRef Text, unsigned Default, unsigned Least,
                                unsigned Most) {
  if (Text.empty())
    return Default;
  unsigned N;
  if (Text.getAsInteger(10, N) || N < Least || N > Most)
    return llvm::createStringError(Option + " takes a number from " + llvm::Twine(Least) + " to " +
                                   llvm::Twine(Most) + ", not '" + Text + "'");
  return N;
}

/// Finds `Text` among the names; Default when it is empty.
template <class E>
llvm::Expected<E> oneOf(StringRef Noun, StringRef Text, std::optional<E> Default,
                        std::initializer_list<std::pair<StringRef, E>> Known) {
  std::vector<StringRef> Names;
  for (auto [Name, Value] : Known) {
    if (Name == Text)
      return Value;
    Names.push_back(Name);
  }
  if (Text.empty() && Default)
    return *Default;
  return llvm::createStringError(
      (Text.empty() ? "a " + Noun + " is needed" : "unknown " + Noun + " '" + Text + "'").str() +
      "; known are " + llvm::join(Names, ", "));
}

llvm::Expected<Format> formatOf(const CommandLine &C, const Declared &D) {
  using F = std::pair<StringRef, Format>;
  F Text{"text", Format::Text}, Json{"json", Format::Json};
  switch (C.What) {
  case Verb::Check:
    return oneOf<Format>("format", D.CheckFormat, Format::Text,
                         {Text, Json, {"sarif", Format::Sarif}});
  case Verb::Dump:
    if (C.Last == Stage::Facts)
      return oneOf<Format>("format", D.DumpFormat, Format::Json,
                           {Json, Text, {"binary", Format::Binary}});
    return oneOf<Format>("format of this stage", D.DumpFormat, Format::Json, {Json});
  default:
    return oneOf<Format>("format", D.AdviseFormat, Format::Text, {Text, Json});
  }
}

const VerbInfo *findVerb(StringRef Name) {
  auto *It = llvm::find_if(Verbs, [&](const VerbInfo &V) { return V.Name == Name; });
  return It == std::end(Verbs) ? nullptr : It;
}

llvm::Expected<const VerbInfo *> namedVerb(StringRef Name) {
  if (const VerbInfo *V = findVerb(Name))
    return V;
  std::vector<StringRef> Names;
  for (const VerbInfo &V : Verbs)
    if (!V.Hidden)
      Names.push_back(V.Name);
  StringRef Near = nearest(Name, Names);
  return llvm::createStringError("no verb '" + Name + "'; " +
                                 (Near.empty() ? "known are " + llvm::join(Names, ", ")
                                               : ("did you mean '" + Near + "'?").str()));
}

} // namespace

void printHelp(llvm::raw_ostream &OS) {
  OS << "heddle reads C and C++ and answers with evidence: threads, processes, async, a parallel\n"
        "loop, or stay serial? It also finds what makes the answer dangerous.\n\nUSAGE:\n";
  for (const VerbInfo &V : Verbs)
    if (!V.Hidden)
      OS << "  heddle " << V.Usage << "\n      " << V.Summary << '\n';
  OS << "  heddle --version\n" << UnitsHelp;
}

llvm::Expected<CommandLine> parseCommandLine(int Argc, const char *const *Argv) {
  CommandLine C;
  std::vector<const char *> Arguments(Argv, Argv + Argc);
  auto *Dashes = std::find(Argv + std::min(Argc, 1), Argv + Argc, StringRef("--"));
  if (Dashes != Argv + Argc) {
    C.Flags.emplace(Dashes + 1, Argv + Argc);
    Arguments.resize(Dashes - Argv);
  }
  if (Arguments.size() < 2)
    return llvm::createStringError("a verb is needed, such as check; `heddle --help` lists all");
  StringRef First = Arguments[1];
  if (First == "help" && Arguments.size() > 2) {
    Arguments = {Arguments[0], Arguments[2], "--help"};
    First = Arguments[1];
  }
  if (First == "help" || First == "--help" || First == "-h" || First == "-help")
    return C;
  if (First == "--version" || First == "-version") {
    C.What = Verb::Version;
    return C;
  }
  if (First.starts_with("-"))
    return llvm::createStringError("the verb comes first, as in: heddle check " + First);
  llvm::Expected<const VerbInfo *> V = namedVerb(First);
  if (!V)
    return V.takeError();
  C.What = (*V)->What;

  // Made once and never destroyed: the library keeps pointers to them.
  static Declared &D = *new Declared;
  D.hideOthers(*D.of(C.What));
  std::string Overview = ("heddle " + (*V)->Usage + "\n\n  " + (*V)->Summary + "\n").str();
  if (C.What == Verb::Fix)
    Overview += FixHelp;
  if (C.What == Verb::Annotate)
    Overview += AnnotateHelp;
  if (C.What == Verb::Explain)
    Overview += ExplainHelp;
  if (C.What == Verb::Check || C.What == Verb::Advise || C.What == Verb::Dump)
    Overview += UnitsHelp;
  std::string Report;
  llvm::raw_string_ostream Errors(Report);
  Arguments[0] = "heddle";
  if (!cl::ParseCommandLineOptions(Arguments.size(), Arguments.data(), Overview, &Errors))
    // The library prints some errors by itself; then there is nothing to add.
    return llvm::createStringError(oneLine(Report, "heddle"));

  C.Build = D.Build;
  C.Files.assign(D.Files.begin(), D.Files.end());
  C.FactsFiles.assign(D.FactsFiles.begin(), D.FactsFiles.end());
  C.Output = D.Output;
  C.Checks = D.Globs;
  C.Options.assign(D.Options.begin(), D.Options.end());
  C.Guidelines = D.Guidelines;
  C.Quiet = D.Quiet;
  C.CheckOnly = D.CheckOnly;
  C.Diff = D.Diff;
  C.Conditional = D.Conditional;
  C.Fix = D.WriteGuards;
  C.Attribute = D.Attribute;
  C.Macro = D.Macro;
  if (!llvm::all_of(C.Macro, [](char X) { return llvm::isAlnum(X) || X == '_'; }))
    return llvm::createStringError("--macro takes a name, not '" + C.Macro + "'");
  if (C.What == Verb::Explain && C.Files.empty())
    C.Files = {""};
  if (C.What == Verb::Catalogue)
    C.Files = {D.Folder};
  if (C.Files.size() == 1 && C.Files[0].empty())
    return llvm::createStringError("an argument is needed: heddle " + (*V)->Usage);

  if (C.What == Verb::Dump) {
    llvm::Expected<Stage> S = oneOf<Stage>(
        "--stage", D.Stage, std::nullopt,
        {{"facts", Stage::Facts}, {"program", Stage::Program}, {"advice", Stage::Advice}});
    if (!S)
      return S.takeError();
    C.Last = *S;
  }
  llvm::Expected<Format> As = formatOf(C, D);
  if (!As)
    return As.takeError();
  C.As = *As;
  llvm::Expected<Coloring> Color = oneOf<Coloring>(
      "value of --color", D.Color, Coloring::Auto,
      {{"auto", Coloring::Auto}, {"always", Coloring::Always}, {"never", Coloring::Never}});
  if (!Color)
    return Color.takeError();
  C.Color = *Color;
  llvm::Expected<unsigned> Workers =
      number("-j", D.Workers, llvm::hardware_concurrency().compute_thread_count(), 1, 1024);
  if (!Workers)
    return Workers.takeError();
  C.Workers = *Workers;
  llvm::Expected<unsigned> Timeout = number("--timeout", D.Timeout, 300, 0, 1000000);
  if (!Timeout)
    return Timeout.takeError();
  C.Timeout = *Timeout;
  bool Units = C.What == Verb::Explain ? C.Files.size() > 1 : !C.Files.empty();
  if (!C.FactsFiles.empty() && (Units || C.Flags || !C.Build.empty()))
    return llvm::createStringError("--from-facts begins with facts: leave out -p, files and "
                                   "flags");
  if (C.Flags && !C.Build.empty())
    return llvm::createStringError("-p and flags after -- exclude each other");
  return C;
}

} // namespace heddle
