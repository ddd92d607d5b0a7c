/// Runs Clang's front end on one row of the compile database and walks the
/// result. Bodies in system headers are not parsed: parsing is most of the
/// cost, and their effects come from the models.
#include "facts/extract.h"

#include "clang/AST/ASTConsumer.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Driver/Options.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendActions.h"
#include "clang/Frontend/TextDiagnosticPrinter.h"
#include "clang/Tooling/ArgumentsAdjusters.h"
#include "clang/Tooling/Tooling.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Support/VirtualFileSystem.h"

namespace heddle {

using namespace clang;

namespace {

/// Keeps the errors, drops the rest.
class ErrorCollector : public DiagnosticConsumer {
public:
  explicit ErrorCollector(std::vector<UnitError> &Errors) : Errors(Errors) {}

  void HandleDiagnostic(DiagnosticsEngine::Level Level, const Diagnostic &Info) override {
    DiagnosticConsumer::HandleDiagnostic(Level, Info);
    if (Level < DiagnosticsEngine::Error || Errors.size() >= 20)
      return;
    UnitError E;
    llvm::SmallString<128> Text;
    Info.FormatDiagnostic(Text);
    E.Message = Text.str().str();
    if (Info.hasSourceManager() && Info.getLocation().isValid()) {
      PresumedLoc P = Info.getSourceManager().getPresumedLoc(
          Info.getSourceManager().getFileLoc(Info.getLocation()));
      if (P.isValid()) {
        E.At.File = Symbol(P.getFilename());
        E.At.Line = E.At.EndLine = P.getLine();
        E.At.Column = E.At.EndColumn = P.getColumn();
      }
    }
    Errors.push_back(std::move(E));
  }

private:
  std::vector<UnitError> &Errors;
};

class Consumer : public ASTConsumer {
public:
  Consumer(const SourceManager &Sources, const Models &Apis, UnitFacts &Out)
      : Sources(Sources), Apis(Apis), Out(Out) {}

  /// A body is still needed to evaluate a constant or to deduce a return type.
  bool shouldSkipFunctionBody(Decl *D) override {
    const FunctionDecl *F = D->getAsFunction();
    if (!F || !Sources.isInSystemHeader(Sources.getExpansionLoc(D->getLocation())))
      return false;
    return !F->isConstexpr() && !F->getReturnType()->getContainedDeducedType() &&
           !F->getDeclaredReturnType()->getContainedDeducedType();
  }

  void HandleTranslationUnit(ASTContext &Ast) override {
    std::vector<UnitError> Errors = std::move(Out.Errors);
    std::string Digest = std::move(Out.CommandDigest);
    Out = extractUnit(Ast, Apis);
    Out.Errors = std::move(Errors);
    Out.CommandDigest = std::move(Digest);
  }

private:
  const SourceManager &Sources;
  const Models &Apis;
  UnitFacts &Out;
};

class Action : public ASTFrontendAction {
public:
  Action(const Models &Apis, UnitFacts &Out) : Apis(Apis), Out(Out) {}

  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &CI, llvm::StringRef) override {
    CI.getFrontendOpts().SkipFunctionBodies = true;
    // Comments and warnings are for others.
    CI.getDiagnostics().setIgnoreAllWarnings(true);
    CI.getDiagnosticOpts().ShowCarets = false; // no "2 errors generated"
    return std::make_unique<Consumer>(CI.getSourceManager(), Apis, Out);
  }

private:
  const Models &Apis;
  UnitFacts &Out;
};

/// The command without options that no Clang knows: a database made for gcc
/// holds `-fconserve-stack` and its like, which do not change what the code means.
std::vector<std::string> withoutUnknownOptions(const std::vector<std::string> &Arguments) {
  llvm::SmallVector<const char *, 64> Raw;
  for (const std::string &A : llvm::ArrayRef(Arguments).drop_front())
    Raw.push_back(A.c_str());
  unsigned MissingIndex = 0, MissingCount = 0;
  llvm::opt::InputArgList Parsed = driver::getDriverOptTable().ParseArgs(
      Raw, MissingIndex, MissingCount, llvm::opt::Visibility(driver::options::ClangOption));
  std::vector<std::string> Known{Arguments.front()};
  llvm::DenseSet<unsigned> Dropped;
  for (const llvm::opt::Arg *A : Parsed.filtered(driver::options::OPT_UNKNOWN))
    Dropped.insert(A->getIndex());
  for (unsigned I = 0; I < Raw.size(); ++I)
    if (!Dropped.contains(I))
      Known.push_back(Raw[I]);
  return Known;
}

} // namespace

UnitFacts extract(const CompileJob &Job, const Models &Apis) {
  UnitFacts Out;
  Out.MainFile = Symbol(Job.File);
  auto Files = llvm::makeIntrusiveRefCnt<FileManager>(
      FileSystemOptions{Job.Directory}, llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem>(
                                            llvm::vfs::createPhysicalFileSystem().release()));
  if (std::error_code Error =
          Files->getVirtualFileSystem().setCurrentWorkingDirectory(Job.Directory)) {
    Out.Errors.push_back({{}, "cannot enter " + Job.Directory + ": " + Error.message()});
    return Out;
  }
  if (Job.Arguments.empty()) {
    Out.Errors.push_back({{}, "its row of the compile database has no command"});
    return Out;
  }
  std::vector<std::string> Arguments = Job.Arguments;
  for (const tooling::ArgumentsAdjuster &Adjust :
       {tooling::getClangStripOutputAdjuster(), tooling::getClangStripDependencyFileAdjuster(),
        tooling::getClangSyntaxOnlyAdjuster(), tooling::getStripPluginsAdjuster()})
    Arguments = Adjust(Arguments, Job.File);
  Arguments = withoutUnknownOptions(Arguments);
  // Clang's own headers come with the library we are linked with. Warnings of
  // other compilers are unknown here, which -Werror would make an error.
  Arguments.insert(Arguments.begin() + 1,
                   {"-resource-dir", HEDDLE_RESOURCE_DIR, "-Wno-unknown-warning-option"});

  ErrorCollector Errors(Out.Errors);
  tooling::ToolInvocation Run(Arguments, std::make_unique<Action>(Apis, Out), Files.get());
  Run.setDiagnosticConsumer(&Errors);
  if (!Run.run() && Out.Errors.empty())
    Out.Errors.push_back({{}, "the compiler front end gave up"});
  Out.MainFile = Symbol(Job.File);
  return Out;
}

} // namespace heddle
