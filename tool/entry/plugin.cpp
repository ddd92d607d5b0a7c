/// The door for teams that run clang-tidy: every check of allChecks() as
/// `heddle-NAME`, from the same code as `heddle check`.
///
/// clang-tidy makes one object per enabled check and translation unit, then
/// walks the AST once. The objects of a unit share a UnitRun; the first that is
/// called extracts the facts, builds a Program of that one unit and runs all
/// enabled checks, and each object then prints the findings of its own check.
/// NOLINT, header filters and warnings-as-errors are clang-tidy's.
///
///     clang-tidy-19 --load=heddle-tidy-19.so --checks='-*,heddle-*' file.cpp
#include "advice/check.h"
#include "clang-tidy/ClangTidyCheck.h"
#include "clang-tidy/ClangTidyModule.h"
#include "clang-tidy/ClangTidyModuleRegistry.h"
#include "facts/extract.h"
#include "program/program.h"
#include "clang/AST/ASTContext.h"
#include "clang/ASTMatchers/ASTMatchFinder.h"
#include "clang/Basic/FileManager.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Basic/Version.h"
#include <cstdio>
#include <cstring>
#include <set>
#include <unistd.h>

using namespace clang;

/// Debian's libisl.a and libgmp.a are compiled for executables and address
/// stderr as data of the program, which a shared object cannot link. The link
/// option --wrap=stderr turns these references to a variable of our own.
extern FILE *RealStderr asm("__real_stderr");
[[gnu::visibility("hidden")]] extern FILE *OwnStderr asm("__wrap_stderr");
FILE *OwnStderr = RealStderr;

namespace heddle {
namespace {

/// A host of another major has other layouts under the same symbol names: it
/// would load this file, list the checks, print nothing and end with 0. So the
/// first thing that runs, before any other constructor, looks at the version,
/// and ends the process rather than let it look clean.
__attribute__((constructor(101))) void refuseOtherHosts() {
  std::string Host = getClangFullVersion();
  const char *At = std::strstr(Host.c_str(), "version ");
  int Major = 0;
  if (At && std::sscanf(At, "version %d", &Major) == 1 && Major == CLANG_VERSION_MAJOR)
    return;
  dprintf(STDERR_FILENO,
          "heddle-tidy-%d.so: this plugin is built for clang-tidy %d and cannot run in '%s'; "
          "load it in clang-tidy-%d\n",
          CLANG_VERSION_MAJOR, CLANG_VERSION_MAJOR, Host.c_str(), CLANG_VERSION_MAJOR);
  _exit(2);
}

/// What the checks of one translation unit share.
struct UnitRun {
  CheckSelection Selection; ///< Filled while the checks are made.
  const ASTContext *Done = nullptr;
  std::vector<Advice> Found;
  std::set<std::pair<Span, std::string>> Included; ///< `#include` lines, each once.

  void run(ASTContext &Ast) {
    if (Done == &Ast)
      return;
    std::shared_ptr<const Models> Apis = Models::builtin();
    std::vector<UnitFacts> Units;
    Units.push_back(extractUnit(Ast, *Apis));
    Program P = buildProgram(std::move(Units), Apis);
    Found = runChecks(P, Selection);
    Done = &Ast;
  }

  /// That of the unit whose checks are being made. The checks own it, so it
  /// ends with them; a run that has findings belongs to an earlier unit.
  static std::shared_ptr<UnitRun> current() {
    static thread_local std::weak_ptr<UnitRun> Latest;
    std::shared_ptr<UnitRun> Run = Latest.lock();
    if (!Run || Run->Done) {
      Run = std::make_shared<UnitRun>();
      Latest = Run;
    }
    return Run;
  }
};

class TidyCheck : public tidy::ClangTidyCheck {
public:
  TidyCheck(StringRef Name, tidy::ClangTidyContext *Context, const Check &Which)
      : ClangTidyCheck(Name, Context), Which(Which), Run(UnitRun::current()) {
    Run->Selection.Enabled.push_back(&Which);
    for (const OptionInfo &O : Which.Info.Options) {
      std::optional<StringRef> Value = Options.get(O.Name);
      if (!Value)
        continue;
      std::string Assignment = (Which.Info.Name + "." + O.Name + "=" + *Value).str();
      if (llvm::Error E = setOption(Run->Selection, Assignment))
        configurationDiag("%0") << llvm::toString(std::move(E));
    }
  }

  void storeOptions(tidy::ClangTidyOptions::OptionMap &Map) override {
    for (const OptionInfo &O : Which.Info.Options)
      Options.store(Map, O.Name, Options.get(O.Name, O.Default));
  }

  void registerMatchers(ast_matchers::MatchFinder *Finder) override {
    Finder->addMatcher(ast_matchers::translationUnitDecl().bind("unit"), this);
  }

  void check(const ast_matchers::MatchFinder::MatchResult &Result) override {
    Run->run(*Result.Context);
    for (const Advice &A : Run->Found)
      if (A.Check.str() == Which.Info.Name)
        print(A, *Result.SourceManager);
  }

private:
  /// A finding with its evidence, in the order of the text report.
  void print(const Advice &A, SourceManager &Sources) {
    {
      DiagnosticBuilder Main = diag(location(Sources, A.At), "%0", level(A.Level));
      Main << A.Message;
      underline(Main, Sources, A.At);
      for (const Edit &E : A.Edits)
        if (SourceLocation Begin = location(Sources, E.At);
            Begin.isValid() && !isRepeated(Sources, A.At, E))
          Main << FixItHint::CreateReplacement(
              CharSourceRange::getCharRange(Begin, end(Sources, E.At)),
              withLineEnds(Sources, Begin, E.Text));
    }
    for (const Evidence &E : A.For)
      note(Sources, E, "");
    for (const Evidence &E : A.Against)
      note(Sources, E, "against: ");
    if (A.Sure == Confidence::Low)
      diag(location(Sources, A.At), "low confidence", DiagnosticIDs::Note);
  }

  /// As writeText does: the guideline behind the text, in brackets.
  void note(SourceManager &Sources, const Evidence &E, StringRef Label) {
    std::string Text = Label.str() + E.What;
    if (E.Guideline)
      Text += (" [" + E.Guideline.str() + "]").str();
    DiagnosticBuilder Note = diag(location(Sources, E.At), "%0", DiagnosticIDs::Note);
    Note << Text;
    underline(Note, Sources, E.At);
  }

  static void underline(DiagnosticBuilder &To, SourceManager &Sources, const Span &S) {
    SourceLocation Begin = location(Sources, S), End = end(Sources, S);
    if (Begin.isValid() && End.isValid() && Begin < End)
      To << CharSourceRange::getCharRange(Begin, End);
  }

  static DiagnosticIDs::Level level(Severity S) {
    switch (S) {
    case Severity::Note:
      return DiagnosticIDs::Remark;
    case Severity::Warning:
      return DiagnosticIDs::Warning;
    case Severity::Error:
      return DiagnosticIDs::Error;
    }
    llvm_unreachable("all severities are listed");
  }

  /// clang-tidy would make an insertion once for each finding that has it. One
  /// that NOLINT silences takes its edits along, so it does not count.
  bool isRepeated(SourceManager &Sources, const Span &At, const Edit &E) {
    if (!StringRef(E.Text).starts_with("#include "))
      return false;
    SourceLocation Line = locate(Sources, At.File, std::max(At.Line, 2u) - 1, 1);
    StringRef Text = Line.isValid() ? StringRef(Sources.getCharacterData(Line)) : StringRef();
    auto [Above, Rest] = Text.split('\n');
    if (Above.contains("NOLINTNEXTLINE") || Rest.split('\n').first.contains("NOLINT"))
      return false;
    return !Run->Included.insert({E.At, E.Text}).second;
  }

  /// Lines end as those of the file do.
  static std::string withLineEnds(SourceManager &Sources, SourceLocation At, StringRef Text) {
    StringRef File = Sources.getBufferData(Sources.getFileID(At));
    size_t End = File.find('\n');
    if (End == StringRef::npos || End == 0 || File[End - 1] != '\r')
      return Text.str();
    std::string Out;
    for (char C : Text) {
      if (C == '\n')
        Out += '\r';
      Out += C;
    }
    return Out;
  }

  static SourceLocation location(SourceManager &Sources, const Span &S) {
    return locate(Sources, S.File, S.Line, S.Column);
  }
  static SourceLocation end(SourceManager &Sources, const Span &S) {
    return locate(Sources, S.File, S.EndLine, S.EndColumn);
  }

  /// Invalid when the file is not part of this unit.
  static SourceLocation locate(SourceManager &Sources, Symbol File, unsigned Line,
                               unsigned Column) {
    if (!Line)
      return {};
    OptionalFileEntryRef Entry = Sources.getFileManager().getOptionalFileRef(File.str());
    if (!Entry)
      return {};
    FileID Id = Sources.translateFile(*Entry);
    return Id.isValid() ? Sources.translateLineCol(Id, Line, Column) : SourceLocation();
  }

  const Check &Which;
  std::shared_ptr<UnitRun> Run;
};

class TidyModule : public tidy::ClangTidyModule {
public:
  void addCheckFactories(tidy::ClangTidyCheckFactories &Factories) override {
    for (const Check *C : allChecks())
      Factories.registerCheckFactory(("heddle-" + C->Info.Name).str(),
                                     [C](StringRef Name, tidy::ClangTidyContext *Context) {
                                       return std::make_unique<TidyCheck>(Name, Context, *C);
                                     });
  }
};

const tidy::ClangTidyModuleRegistry::Add<TidyModule>
    Registered("heddle", "Threads, processes, async, a parallel loop, or stay serial?");

} // namespace
} // namespace heddle
