/// Names and positions for the walkers. A symbol is looked up once per
/// declaration, because USRs and qualified names cost more than the walk.
#include "facts/context.h"

#include "clang/AST/Attr.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Index/USRGeneration.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

namespace heddle {

using namespace clang;

/// Longer arrays are not listed in Variable::Values.
static constexpr uint64_t MaxValues = 1024;

Symbol UnitContext::usr(const Decl *D) {
  if (!D)
    return {};
  D = D->getCanonicalDecl();
  auto [It, New] = Usrs.try_emplace(D);
  if (!New)
    return It->second;
  llvm::SmallString<128> Text;
  const auto *V = dyn_cast<VarDecl>(D);
  const auto *M = dyn_cast<CXXMethodDecl>(D);
  bool Lambda = M && M->getParent()->isLambda();
  if ((V && V->isLocalVarDeclOrParm()) || Lambda) {
    // clang's USR of a local omits what tells two instantiations apart.
    const DeclContext *C = Lambda ? M->getParent()->getDeclContext() : V->getDeclContext();
    // Not the captured statement of a directive, which has no name.
    while (C && !isa<FunctionDecl>(C) && !C->isFileContext())
      C = C->getParent();
    if (C && isa<FunctionDecl>(C))
      Text += usr(cast<Decl>(C)).str();
    Text += Lambda ? "#lambda@" : ("#" + V->getName() + "@").str();
    SourceLocation Loc =
        Sources.getFileLoc(Lambda ? M->getParent()->getLocation() : V->getLocation());
    if (!C || C->isFileContext())
      Text += span(Loc).File.str();
    Text += std::to_string(Sources.getFileOffset(Loc));
  } else
    index::generateUSRForDecl(D, Text);
  return Usrs[D] = Symbol(Text);
}

namespace {

void printContext(const DeclContext *C, llvm::raw_ostream &Out) {
  if (!C || C->isTranslationUnit())
    return;
  printContext(C->getParent(), Out);
  if (const auto *N = dyn_cast<NamespaceDecl>(C)) {
    if (!N->isInline() && !N->isAnonymousNamespace())
      Out << N->getName() << "::";
  } else if (const auto *R = dyn_cast<CXXRecordDecl>(C); R && R->isLambda())
    Out << "lambda::";
  else if (const auto *T = dyn_cast<TagDecl>(C)) {
    if (!T->getName().empty())
      Out << T->getName() << "::";
  } else if (const auto *F = dyn_cast<FunctionDecl>(C)) {
    const auto *M = dyn_cast<CXXMethodDecl>(F);
    if (!(M && M->getParent()->isLambda()))
      Out << F->getDeclName() << "()::";
  }
}

} // namespace

Symbol UnitContext::name(const NamedDecl *D) {
  if (!D)
    return {};
  auto [It, New] = Names.try_emplace(D->getCanonicalDecl());
  if (!New)
    return It->second;
  std::string Text;
  llvm::raw_string_ostream Out(Text);
  const auto *M = dyn_cast<CXXMethodDecl>(D);
  if (M && M->getParent()->isLambda()) {
    printContext(M->getParent()->getDeclContext(), Out);
    Out << "lambda";
  } else {
    printContext(D->getDeclContext(), Out);
    // Constructors print with template arguments otherwise.
    if (M && isa<CXXConstructorDecl>(M))
      Out << M->getParent()->getName();
    else if (M && isa<CXXDestructorDecl>(M))
      Out << '~' << M->getParent()->getName();
    else
      D->getDeclName().print(Out, Ast.getPrintingPolicy());
  }
  return Names[D->getCanonicalDecl()] = Symbol(Out.str());
}

Symbol UnitContext::type(QualType T) {
  auto [It, New] = Types.try_emplace(T.getAsOpaquePtr());
  if (New)
    It->second = Symbol(T.getUnqualifiedType().getAsString(Ast.getPrintingPolicy()));
  return It->second;
}

Span UnitContext::span(SourceRange R) {
  Span S;
  if (R.isInvalid())
    return S;
  SourceLocation Begin = Sources.getFileLoc(R.getBegin());
  SourceLocation End = Sources.getFileLoc(R.getEnd());
  auto [File, Offset] = Sources.getDecomposedLoc(Begin);
  auto [It, New] = Files.try_emplace(File);
  if (New)
    if (OptionalFileEntryRef E = Sources.getFileEntryRefForID(File)) {
      llvm::SmallString<256> Path(E->getName());
      Sources.getFileManager().makeAbsolutePath(Path);
      llvm::sys::path::remove_dots(Path, /*remove_dot_dot=*/true);
      It->second = Symbol(Path);
    }
  S.File = It->second;
  S.Line = Sources.getLineNumber(File, Offset);
  S.Column = Sources.getColumnNumber(File, Offset);
  auto [EndFile, EndOffset] = Sources.getDecomposedLoc(End);
  if (EndFile != File || EndOffset < Offset)
    EndOffset = Offset, End = Begin;
  EndOffset += Lexer::MeasureTokenLength(End, Sources, Ast.getLangOpts());
  S.EndLine = Sources.getLineNumber(File, EndOffset);
  S.EndColumn = Sources.getColumnNumber(File, EndOffset);
  return S;
}

Symbol UnitContext::text(const Expr *E) {
  SourceRange R(Sources.getFileLoc(E->getBeginLoc()), Sources.getFileLoc(E->getEndLoc()));
  llvm::StringRef Text =
      Lexer::getSourceText(CharSourceRange::getTokenRange(R), Sources, Ast.getLangOpts());
  llvm::SmallString<64> Folded;
  for (char C : Text) {
    bool Space = llvm::isSpace(C);
    if (Space && (Folded.empty() || Folded.back() == ' '))
      continue;
    Folded.push_back(Space ? ' ' : C);
    if (Folded.size() == 60) {
      Folded += "...";
      break;
    }
  }
  return Symbol(Folded.str().rtrim());
}

bool UnitContext::inSystemHeader(const Decl *D) const {
  return Sources.isInSystemHeader(Sources.getFileLoc(D->getLocation()));
}

const ApiModel &UnitContext::api(const FunctionDecl *F, const CXXRecordDecl *Object) {
  F = F->getCanonicalDecl();
  if (Object)
    Object = Object->getCanonicalDecl();
  if (const ApiModel *Known = RowOf.lookup({F, Object}))
    return *Known;
  ApiModel &M = Rows.emplace_back();
  if (Object) {
    std::string Method;
    llvm::raw_string_ostream Out(Method);
    F->getDeclName().print(Out, Ast.getPrintingPolicy());
    M = Apis.find((name(Object).str() + "::" + Out.str()).str());
  }
  // A bare name such as `send` means the C library's function, not ours.
  llvm::StringRef Plain = name(F).str();
  if (!M && (Plain.contains("::") || F->getBuiltinID() || inSystemHeader(F) ||
             (F->isExternC() && !F->hasBody())))
    M = Apis.find(Plain);
  // std::move, the algorithm, shares its name with the cast.
  if (M.Returns && M.Returns->Returns == ReturnedPlace::Argument && F->getNumParams() > 2)
    M.Returns = nullptr, M.Pure = false;
  RowOf[{F, Object}] = &M;
  return M;
}

const LockModel *UnitContext::guard(const CXXRecordDecl *R) {
  if (!R)
    return nullptr;
  auto [It, New] = Guards.try_emplace(R->getCanonicalDecl());
  if (New) {
    std::string Class = name(R).str().str();
    const LockModel *M = Apis.find(Class).Locks;
    if (!M)
      M = Apis.find(Class + "::" + R->getName().str()).Locks;
    It->second = M && M->Role == LockRole::Guard ? M : nullptr;
  }
  return It->second;
}

/// The constants that an array of integers is initialised with.
static std::vector<int64_t> initialValues(const VarDecl *V, const ASTContext &Ast) {
  const ConstantArrayType *A = Ast.getAsConstantArrayType(V->getType());
  if (!A || !A->getElementType()->isIntegerType() || !V->hasGlobalStorage() || !V->hasInit() ||
      V->getInit()->isValueDependent() || A->getSize().ugt(MaxValues))
    return {};
  const APValue *Value = V->evaluateValue();
  if (!Value || !Value->isArray())
    return {};
  std::vector<int64_t> Out;
  for (unsigned I = 0; I < Value->getArraySize(); ++I) {
    const APValue &E = I < Value->getArrayInitializedElts() ? Value->getArrayInitializedElt(I)
                                                            : Value->getArrayFiller();
    if (!E.isInt() || !E.getInt().isRepresentableByInt64())
      return {};
    Out.push_back(E.getInt().getExtValue());
  }
  return Out;
}

void UnitContext::mention(const VarDecl *V) {
  V = V->getCanonicalDecl();
  if (!Mentioned.insert(V).second)
    return;
  const VarDecl *Def = V->hasGlobalStorage() ? V->getDefinition(Ast) : V;
  if (!Def && V->hasGlobalStorage())
    Def = const_cast<VarDecl *>(V)->getActingDefinition();
  const VarDecl *Shown = Def ? Def : V;
  Variable R;
  R.Usr = usr(V);
  R.Name = V->hasGlobalStorage() && !V->isStaticLocal() ? name(V) : Symbol(V->getName());
  R.Type = type(V->getType());
  R.At = span(Shown->getLocation());
  R.Static = V->hasGlobalStorage();
  R.ThreadLocal = V->getTLSKind() != VarDecl::TLS_None;
  R.Definition = Def != nullptr;
  R.Const = V->getType().isConstQualified();
  if (!V->isExternallyVisible())
    R.Link = Linkage::Internal;
  else {
    GVALinkage L = Ast.GetGVALinkageForVariable(Shown);
    R.Link = L == GVA_Internal         ? Linkage::Internal
             : L == GVA_StrongExternal ? Linkage::Unique
                                       : Linkage::Inline;
  }
  QualType T = V->getType().getNonReferenceType();
  if (!T->isIncompleteType() && !T->isDependentType() && !T->isVariableArrayType() &&
      !T->isUndeducedType())
    R.Size = Ast.getTypeSizeInChars(T).getQuantity();
  while (const ConstantArrayType *A = Ast.getAsConstantArrayType(T)) {
    R.Extent.push_back(A->getSize().getLimitedValue());
    T = A->getElementType();
  }
  R.Values = initialValues(Shown, Ast);
  // What a semaphore or barrier begins with.
  if (const auto *K =
          dyn_cast_or_null<CXXConstructExpr>(Shown->getInit() ? strip(Shown->getInit()) : nullptr);
      K && R.Static && R.Values.empty())
    if (const SyncModel *S = api(K->getConstructor()).Syncs;
        S && S->Count >= 0 && static_cast<unsigned>(S->Count) < K->getNumArgs())
      if (std::optional<int64_t> N = constantOf(K->getArg(S->Count), Ast))
        R.Values.push_back(*N);
  if (V->hasGlobalStorage())
    R.Guarded = annotation(Shown);
  Facts.Variables.push_back(std::move(R));
}

Annotation UnitContext::annotation(const DeclaratorDecl *D) {
  Annotation A;
  if (const auto *G = D->getAttr<GuardedByAttr>())
    A.By = text(G->getArg());
  SourceLocation End = D->getLocation();
  auto Extend = [&](SourceLocation L) {
    if (L.isMacroID())
      End = L;
    if (L.isValid() && End.isFileID() && Sources.isBeforeInTranslationUnit(End, L))
      End = L;
  };
  if (const TypeSourceInfo *T = D->getTypeSourceInfo()) // `a[4]`, `(*f)(int)`
    Extend(T->getTypeLoc().getEndLoc());
  if (const auto *F = dyn_cast<FieldDecl>(D); F && F->isBitField())
    Extend(F->getBitWidth()->getEndLoc());
  if (End.isFileID()) {
    A.After = span(End);
    A.After.Line = A.After.EndLine;
    A.After.Column = A.After.EndColumn;
  }
  return A;
}

void UnitContext::mention(const FieldDecl *D) {
  const RecordDecl *R = D->getParent()->getDefinition();
  if (!R || R->isDependentContext() || R->isLambda() || !MentionedClasses.insert(R).second ||
      inSystemHeader(R))
    return;
  for (const FieldDecl *Each : R->fields()) {
    if (Each->getName().empty())
      continue;
    Field F;
    F.Usr = usr(Each);
    F.Name = Symbol(Each->getName());
    F.Class = usr(R);
    F.Type = type(Each->getType());
    F.At = span(Each->getLocation());
    F.Number = Each->getFieldIndex();
    F.Guarded = annotation(Each);
    Facts.Fields.push_back(std::move(F));
  }
}

} // namespace heddle
