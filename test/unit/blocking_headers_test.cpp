/// Whether the functions of the catalogue of blocking calls exist: the headers
/// that blocking_headers.yaml names for a row are read with Clang, and some
/// function in them must match the row, by the same look-up as in an analysis.
#include "facts/context.h"
#include "facts/facts.h"
#include "facts/models.h"

#include "clang/AST/ASTConsumer.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/DiagnosticLex.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendAction.h"
#include "clang/Lex/Preprocessor.h"
#include "clang/Tooling/Tooling.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/YAMLTraits.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <map>

namespace {

struct Source {
  std::string Package, Language;
  std::vector<std::string> Headers, Flags;
};
struct Group {
  std::string Name, WhyNot;
  std::vector<std::string> Rows;
  std::vector<Source> In;
};
struct File {
  std::vector<Group> Groups;
};

} // namespace

LLVM_YAML_IS_SEQUENCE_VECTOR(Source)
LLVM_YAML_IS_SEQUENCE_VECTOR(Group)

template <> struct llvm::yaml::MappingTraits<Source> {
  static void mapping(IO &Y, Source &S) {
    Y.mapRequired("package", S.Package);
    Y.mapRequired("language", S.Language);
    Y.mapRequired("headers", S.Headers);
    Y.mapOptional("flags", S.Flags);
  }
};
template <> struct llvm::yaml::MappingTraits<Group> {
  static void mapping(IO &Y, Group &G) {
    Y.mapRequired("group", G.Name);
    Y.mapRequired("rows", G.Rows);
    Y.mapOptional("in", G.In);
    Y.mapOptional("why-not", G.WhyNot);
  }
  static std::string validate(IO &, Group &G) {
    return G.In.empty() == G.WhyNot.empty() ? "a group has either `in` or `why-not`" : "";
  }
};
template <> struct llvm::yaml::MappingTraits<File> {
  static void mapping(IO &Y, File &F) { Y.mapRequired("groups", F.Groups); }
};

namespace {

using namespace clang;
using heddle::BlockingModel;
using heddle::Models;
using llvm::StringRef;

constexpr const char *Table = "test/unit/blocking_headers.yaml";

struct EmbeddedFile {
  StringRef Name, Text;
};
const EmbeddedFile Embedded[] = {
#include "embedded/blocking_headers.inc"
};

const std::vector<Group> &groups() {
  static const std::vector<Group> Read = [] {
    File F;
    llvm::yaml::Input In(Embedded[0].Text);
    In >> F;
    return In.error() ? std::vector<Group>() : F.Groups;
  }();
  return Read;
}

/// How closely the pattern fits, -1 when it does not.
int fit(StringRef Pattern, StringRef Name) {
  if (!Pattern.consume_back("*"))
    return Pattern == Name ? INT_MAX : -1;
  if (Pattern.empty() && Name.contains("::"))
    return -1;
  return Name.starts_with(Pattern) ? int(Pattern.size()) : -1;
}

struct Belonging {
  const Group *In = nullptr;
  StringRef By;
};

/// The group of a row is the one with the longest pattern that fits.
Belonging groupOf(StringRef Name) {
  Belonging Best;
  int BestFit = -1;
  for (const Group &G : groups())
    for (const std::string &Pattern : G.Rows)
      if (int Fit = fit(Pattern, Name); Fit > BestFit)
        BestFit = Fit, Best = {&G, Pattern};
  return Best;
}

/// The words of `instead` that can only be names in a program.
std::vector<std::string> namesIn(StringRef Instead) {
  auto IsWord = [](char C) { return llvm::isAlnum(C) || C == '_' || C == ':'; };
  std::vector<std::string> Out;
  if (!Instead.empty() && llvm::all_of(Instead, IsWord))
    return {Instead.str()};
  for (StringRef Rest = Instead; !Rest.empty();) {
    StringRef Word = Rest.take_while(IsWord);
    Rest = Rest.drop_front(std::max<size_t>(Word.size(), 1));
    bool Mixed = false;
    for (size_t I = 1; I < Word.size(); ++I)
      Mixed |= llvm::isLower(Word[I - 1]) && llvm::isUpper(Word[I]);
    if (Mixed || Word.contains('_') || Word.contains("::"))
      Out.push_back(Word.str());
  }
  return Out;
}

StringRef lastPart(StringRef Name) {
  size_t Colons = Name.rfind("::");
  return Colons == StringRef::npos ? Name : Name.drop_front(Colons + 2);
}

/// What is looked for, by the last parts of the names, and what was found.
struct Search {
  llvm::StringSet<> Simple, Classes;
  llvm::StringSet<> Rows;  ///< Rows that a function matches.
  llvm::StringSet<> Names; ///< Declarations and macros; methods by derived classes too.
  std::string MissingHeader, Error;
};

class Finder {
public:
  Finder(ASTContext &Ast, Search &S) : Unit(Ast, *Models::builtin(), Facts), S(S) {}

  void walk(const DeclContext *Context) {
    for (const Decl *D : Context->decls()) {
      if (const auto *T = dyn_cast<TemplateDecl>(D); T && T->getTemplatedDecl())
        D = T->getTemplatedDecl();
      if (const auto *N = dyn_cast<NamedDecl>(D))
        look(N);
      if (const auto *Inner = dyn_cast<DeclContext>(D); Inner && !isa<FunctionDecl>(D))
        walk(Inner);
    }
  }

private:
  static std::string simpleName(const NamedDecl *D) {
    if (const auto *M = dyn_cast<CXXMethodDecl>(D)) {
      if (isa<CXXConstructorDecl>(M))
        return M->getParent()->getNameAsString();
      if (isa<CXXDestructorDecl>(M))
        return "~" + M->getParent()->getNameAsString();
    }
    return D->getNameAsString();
  }

  void match(const FunctionDecl *F, const CXXRecordDecl *Object) {
    if (const BlockingModel *B = Unit.api(F, Object).Blocks)
      S.Rows.insert(B->Name.str());
  }

  void look(const NamedDecl *D) {
    std::string Name = simpleName(D);
    if (S.Simple.contains(Name)) {
      // The name of a plain enumeration is no part of its enumerators' names.
      S.Names.insert(isa<EnumConstantDecl>(D) ? StringRef(Name) : Unit.name(D).str());
      if (const auto *F = dyn_cast<FunctionDecl>(D))
        match(F, nullptr);
    }
    if (const auto *C = dyn_cast<CXXRecordDecl>(D);
        C && C->isThisDeclarationADefinition() && S.Classes.contains(Name))
      lookInClass(C, C, 0);
  }

  /// The methods of Class, called on an Object that is or derives from one.
  void lookInClass(const CXXRecordDecl *Object, const CXXRecordDecl *Class, unsigned Depth) {
    for (const Decl *D : Class->decls()) {
      if (const auto *T = dyn_cast<FunctionTemplateDecl>(D))
        D = T->getTemplatedDecl();
      const auto *M = dyn_cast<CXXMethodDecl>(D);
      if (!M || !S.Simple.contains(simpleName(M)))
        continue;
      S.Names.insert((Unit.name(Object).str() + "::" + simpleName(M)).str());
      match(M, Object);
    }
    if (Depth > 16)
      return;
    for (const CXXBaseSpecifier &B : Class->bases())
      if (const CXXRecordDecl *Base = classOf(B.getType()))
        lookInClass(Object, Base, Depth + 1);
  }

  static const CXXRecordDecl *classOf(QualType T) {
    const CXXRecordDecl *R = T->getAsCXXRecordDecl();
    if (const auto *I = dyn_cast_or_null<ClassTemplateSpecializationDecl>(R);
        I && !I->hasDefinition())
      R = I->getSpecializedTemplate()->getTemplatedDecl();
    if (!R)
      if (const auto *S = T->getAs<TemplateSpecializationType>())
        if (const auto *C =
                dyn_cast_or_null<ClassTemplateDecl>(S->getTemplateName().getAsTemplateDecl()))
          R = C->getTemplatedDecl();
    return R ? R->getDefinition() : nullptr;
  }

  heddle::UnitFacts Facts;
  heddle::UnitContext Unit;
  Search &S;
};

class SearchAction : public ASTFrontendAction {
public:
  explicit SearchAction(Search &S) : S(S) {}

private:
  struct Consumer : ASTConsumer {
    Consumer(CompilerInstance &Compiler, Search &S) : Compiler(Compiler), S(S) {}
    void HandleTranslationUnit(ASTContext &Ast) override {
      Finder(Ast, S).walk(Ast.getTranslationUnitDecl());
      for (const auto &Macro : Compiler.getPreprocessor().macros())
        if (S.Simple.contains(Macro.first->getName()))
          S.Names.insert(Macro.first->getName());
    }
    CompilerInstance &Compiler;
    Search &S;
  };

  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &Compiler, StringRef) override {
    Compiler.getFrontendOpts().SkipFunctionBodies = true;
    return std::make_unique<Consumer>(Compiler, S);
  }
  Search &S;
};

class FirstError : public DiagnosticConsumer {
public:
  explicit FirstError(Search &S) : S(S) {}
  void HandleDiagnostic(DiagnosticsEngine::Level Level, const Diagnostic &Info) override {
    DiagnosticConsumer::HandleDiagnostic(Level, Info);
    if (Level < DiagnosticsEngine::Error || !S.Error.empty())
      return;
    llvm::SmallString<128> Text;
    Info.FormatDiagnostic(Text);
    S.Error = Text.str();
    if (Info.getID() == diag::err_pp_file_not_found)
      S.MissingHeader = Info.getArgStdStr(0);
    else if (Info.hasSourceManager())
      S.Error = Info.getLocation().printToString(Info.getSourceManager()) + ": " + S.Error;
  }

private:
  Search &S;
};

void read(const Source &In, Search &S) {
  bool Cxx = In.Language == "c++";
  std::string Code;
  for (const std::string &H : In.Headers)
    Code += "#include <" + H + ">\n";
  // Debian keeps headers that differ between machines in a folder by this name.
  std::string Machine =
      (llvm::Triple(llvm::sys::getDefaultTargetTriple()).getArchName() + "-linux-gnu").str();
  std::vector<std::string> Args = {"-x",
                                   In.Language,
                                   Cxx ? "-std=c++20" : "-std=gnu17",
                                   "-w",
                                   "-fPIC",
                                   "-resource-dir",
                                   HEDDLE_RESOURCE_DIR};
  for (std::string Flag : In.Flags) {
    if (size_t At = Flag.find("MACHINE"); At != std::string::npos)
      Flag.replace(At, 7, Machine);
    Args.push_back(Flag);
  }
  std::string Name = Cxx ? "headers.cc" : "headers.c";
  auto Memory = llvm::makeIntrusiveRefCnt<llvm::vfs::InMemoryFileSystem>();
  auto Both =
      llvm::makeIntrusiveRefCnt<llvm::vfs::OverlayFileSystem>(llvm::vfs::getRealFileSystem());
  Both->pushOverlay(Memory); // Which gives it the working directory.
  Memory->addFile(Name, 0, llvm::MemoryBuffer::getMemBuffer(Code));
  auto Files = llvm::makeIntrusiveRefCnt<FileManager>(FileSystemOptions(), Both);
  std::vector<std::string> Command = {"clang", "-fsyntax-only", Name};
  Command.insert(Command.end(), Args.begin(), Args.end());
  tooling::ToolInvocation Run(Command, std::make_unique<SearchAction>(S), Files.get());
  FirstError Errors(S);
  Run.setDiagnosticConsumer(&Errors);
  Run.run();
}

/// An alternative is in the class or namespace of the row, in one around it, or anywhere.
bool isNamed(const Search &S, StringRef Row, StringRef Name) {
  for (StringRef Scope = Row; !Scope.empty();) {
    size_t Colons = Scope.rfind("::");
    Scope = Colons == StringRef::npos ? "" : Scope.take_front(Colons);
    if (S.Names.contains((Scope + (Scope.empty() ? "" : "::") + Name).str()))
      return true;
  }
  return false;
}

class BlockingHeaders : public testing::TestWithParam<std::string> {};

TEST_P(BlockingHeaders, Declare) {
  const Group &G = *llvm::find_if(groups(), [](const Group &G) { return G.Name == GetParam(); });
  Search Whole;
  std::vector<const BlockingModel *> Rows;
  for (const BlockingModel &B : Models::builtin()->blocking()) {
    StringRef Name = B.Name.str();
    if (groupOf(Name).In != &G)
      continue;
    Rows.push_back(&B);
    Whole.Simple.insert(lastPart(Name));
    if (Name.contains("::"))
      Whole.Classes.insert(lastPart(Name.take_front(Name.rfind("::"))));
    for (const std::string &Other : namesIn(B.Instead.str())) {
      Whole.Simple.insert(lastPart(Other));
      if (StringRef(Other).contains("::"))
        Whole.Classes.insert(lastPart(StringRef(Other).take_front(StringRef(Other).rfind("::"))));
    }
  }

  std::string Missing;
  for (const Source &In : G.In) {
    Search One;
    One.Simple = Whole.Simple;
    One.Classes = Whole.Classes;
    read(In, One);
    for (const auto &Row : One.Rows)
      Whole.Rows.insert(Row.getKey());
    for (const auto &Name : One.Names)
      Whole.Names.insert(Name.getKey());
    if (!One.MissingHeader.empty())
      Missing += (Missing.empty() ? "" : ", ") + In.Package + " (" + One.MissingHeader + ")";
    else
      ASSERT_EQ(One.Error, "") << "reading the headers of " << In.Package;
  }
  if (!Missing.empty()) {
    ASSERT_FALSE(std::getenv("HEDDLE_ALL_HEADERS")) << "not installed: " << Missing;
    GTEST_SKIP() << "not installed: " << Missing;
  }

  std::string Headers;
  for (const Source &In : G.In)
    Headers += (Headers.empty() ? "" : ", ") + In.Package;
  for (const BlockingModel *B : Rows) {
    StringRef Name = B->Name.str();
    EXPECT_TRUE(Whole.Rows.contains(Name))
        << Name.str() << ": no function in the headers of group `" << G.Name << "` (" << Headers
        << ") matches this row of tool/models/blocking*.yaml. Correct its name or class; if it is"
        << " of another library or header, say so in " << Table;
    for (const std::string &Other : namesIn(B->Instead.str())) {
      // What is plainly of another library is not in these headers.
      Belonging Of = groupOf(Other);
      EXPECT_TRUE((Of.In && Of.In != &G && Of.By != "*") || isNamed(Whole, Name, Other))
          << Name.str() << ": `instead` names " << Other
          << ", which is not in the headers of group `" << G.Name << "` (" << Headers << ")";
    }
  }
  RecordProperty("rows", int(Rows.size()));
}

std::vector<std::string> readable() {
  std::vector<std::string> Out;
  for (const Group &G : groups())
    if (!G.In.empty())
      Out.push_back(G.Name);
  return Out;
}

INSTANTIATE_TEST_SUITE_P(Group, BlockingHeaders, testing::ValuesIn(readable()),
                         [](const auto &Info) { return Info.param; });

TEST(BlockingHeadersTable, HasAGroupForEachRow) {
  ASSERT_FALSE(groups().empty()) << Table << " cannot be read";
  llvm::StringSet<> Used;
  for (const BlockingModel &B : Models::builtin()->blocking()) {
    Belonging Of = groupOf(B.Name.str());
    EXPECT_TRUE(Of.In) << B.Name.str().str() << " is in no group of " << Table
                       << ". Add it to the group of its library, or begin one: with the package"
                       << " and headers that declare it, or with why Debian has none";
    Used.insert(Of.By);
    for (const std::string &Other : namesIn(B.Instead.str()))
      Used.insert(groupOf(Other).By);
  }
  for (const Group &G : groups())
    for (const std::string &Pattern : G.Rows)
      EXPECT_TRUE(Used.contains(Pattern))
          << Table << ": no row needs `" << Pattern << "` of group `" << G.Name << "`";
}

} // namespace
