/// Reads how loops are spelled: what stands in front of them, and what a clause
/// there could name. Directives are read from the text, because the front end
/// drops those of OpenMP unless it is told to compile them.
#include "facts/spelling.h"
#include "facts/loopbody.h"

#include "clang/Lex/Lexer.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

namespace heddle {

using namespace clang;
using llvm::StringRef;

namespace {

/// The lines above a place, from the nearest upwards. One that is continued with
/// a backslash is one line.
class LinesAbove {
public:
  explicit LinesAbove(StringRef Text) : Rest(Text) { cut(); }
  bool next(std::string &Line) {
    if (Rest.empty())
      return false;
    Line = cut().str();
    while (Rest.rtrim("\r\n").ends_with("\\"))
      Line = (cut().drop_back() + " " + Line).str();
    return true;
  }

private:
  /// Takes the last line off.
  StringRef cut() {
    Rest.consume_back("\n");
    size_t Begin = Rest.rfind('\n');
    StringRef Line = Rest.drop_front(Begin == StringRef::npos ? 0 : Begin + 1);
    Rest = Rest.take_front(Begin == StringRef::npos ? 0 : Begin + 1);
    return Line.trim(" \t\r\f\v");
  }
  StringRef Rest;
};

/// Directives that say nothing about the statement that follows.
bool isNeutral(StringRef Directive) {
  for (StringRef Known : {"GCC diagnostic", "clang diagnostic", "warning", "push_macro",
                          "pop_macro", "region", "endregion", "mark"})
    if (Directive.starts_with(Known))
      return true;
  return false;
}

/// What `#pragma` or `_Pragma` says in front of the statement whose line begins
/// with Text's last line; empty when nothing does. Comments, blank lines and
/// other lines of the preprocessor in between do not part them.
std::string directiveAbove(StringRef Text) {
  LinesAbove Lines(Text);
  std::string Whole;
  bool Comment = false;
  while (Lines.next(Whole)) {
    StringRef Line = Whole;
    if (Comment || Line.ends_with("*/")) {
      Comment = !Line.contains("/*");
      // Code before a comment on its line.
      if (!Comment && !Line.starts_with("/*"))
        return {};
      continue;
    }
    StringRef Directive = Line;
    bool Pragma = Directive.consume_front("_Pragma");
    if (!Pragma && Directive.consume_front("#")) {
      Directive = Directive.ltrim();
      Pragma = Directive.consume_front("pragma");
    }
    Directive = Directive.trim(" \t(\")");
    if (Pragma && !isNeutral(Directive))
      return Directive.str();
    if (!Line.empty() && !Line.starts_with("#") && !Line.starts_with("//") && !Pragma)
      return {};
  }
  return {};
}

class Speller {
public:
  explicit Speller(FunctionBody &B) : B(B), U(B.F.Unit) {
    for (const Loop &L : B.facts().Loops)
      for (const LoopAccess &A : L.Accesses)
        if (!A.Reduction.empty())
          Combined.insert(A.BaseText.str());
  }

  /// Around is the innermost loop, Condition whether S may be skipped in it.
  void walk(const Stmt *S, uint32_t Around, bool Condition, bool Region);

private:
  void loop(const Stmt *S, uint32_t L, bool Region);
  void variables(const Stmt *S, LoopSpelling &Out, llvm::DenseSet<const VarDecl *> &Known,
                 const Loop &L);
  LoopVariable describe(const VarDecl *V) const;
  void parts(const Stmt *S, const Loop &T, LoopParts &Out);
  void continues(const Stmt *S, LoopParts &Out, bool &Macro);
  Symbol typeText(const VarDecl *V) const;
  /// The text between two places of one file, outside macros; empty otherwise.
  StringRef between(SourceLocation Begin, SourceLocation End) const {
    StringRef To = before(End), From = before(Begin);
    if (Begin.isInvalid() || End.isInvalid() || Begin.isMacroID() || End.isMacroID() ||
        U.Sources.getFileID(Begin) != U.Sources.getFileID(End) || From.size() > To.size())
      return {};
    return To.drop_front(From.size()).trim();
  }
  /// Behind the token that begins at a place.
  SourceLocation behind(SourceLocation At) const {
    return At.isInvalid() || At.isMacroID()
               ? SourceLocation()
               : Lexer::getLocForEndOfToken(At, 0, U.Sources, U.Ast.getLangOpts());
  }
  /// The file's text before a place that is in no macro.
  StringRef before(SourceLocation At) const {
    if (At.isInvalid() || At.isMacroID())
      return {};
    auto [File, Offset] = U.Sources.getDecomposedLoc(At);
    bool Invalid = false;
    StringRef Text = U.Sources.getBufferData(File, &Invalid);
    return Invalid || Offset > Text.size() ? StringRef() : Text.take_front(Offset);
  }

  FunctionBody &B;
  UnitContext &U;
  const Stmt *Attributed = nullptr;
  llvm::StringSet<> Combined; ///< Names of arrays that something is added to.
};

bool isBranch(const Stmt *S) {
  return isa<IfStmt, SwitchStmt, AbstractConditionalOperator, CXXTryStmt>(S) ||
         (isa<BinaryOperator>(S) && cast<BinaryOperator>(S)->isLogicalOp());
}

const Stmt *bodyOf(const Stmt *S) {
  if (const auto *L = dyn_cast<ForStmt>(S))
    return L->getBody();
  if (const auto *L = dyn_cast<WhileStmt>(S))
    return L->getBody();
  if (const auto *L = dyn_cast<DoStmt>(S))
    return L->getBody();
  const auto *L = dyn_cast<CXXForRangeStmt>(S);
  return L ? L->getBody() : nullptr;
}

void Speller::walk(const Stmt *S, uint32_t Around, bool Condition, bool Region) {
  auto It = B.F.Loops.find(S);
  bool IsLoop = It != B.F.Loops.end();
  if (IsLoop) {
    LoopSpelling &Out = B.facts().Loops[It->second].Spelling;
    Out.Guarded = Around != None && Condition;
    loop(S, It->second, Region);
    Around = It->second;
    Condition = false;
    Region |= StringRef(Out.Directive.str()).starts_with("omp");
  } else if (isa<CompoundStmt, IfStmt>(S)) {
    StringRef Text = before(S->getBeginLoc());
    size_t Line = Text.rfind('\n');
    if (Text.drop_front(Line == StringRef::npos ? 0 : Line + 1).trim(" \t").empty())
      Region |= StringRef(directiveAbove(Text)).starts_with("omp");
  } else if (const auto *C = dyn_cast<CallExpr>(S); C && Condition && Around != None) {
    const FunctionDecl *Callee = C->getDirectCallee();
    if (!isa<CXXOperatorCallExpr>(C) && !(Callee && Callee->getBuiltinID()))
      B.facts().Loops[Around].Spelling.GuardedCalls = true;
  }
  if (const auto *A = dyn_cast<AttributedStmt>(S))
    Attributed = A->getSubStmt();
  bool Branch = isBranch(S);
  forEachChild(S, [&](const Stmt *C) { walk(C, Around, Condition || Branch, Region); });
}

LoopVariable Speller::describe(const VarDecl *V) const {
  LoopVariable Out;
  Out.Name = Symbol(V->getName());
  QualType T = V->getType().getNonReferenceType();
  const DeclContext *Home = V->getDeclContext()->getRedeclContext();
  if (V->getTLSKind() != VarDecl::TLS_None || B.F.Copied.contains(V->getCanonicalDecl()) ||
      V->isInitCapture())
    Out.Nameable = false;
  if (Home->isNamespace() || Home->isRecord())
    Out.Nameable &= Home->Encloses(B.F.Fn) && !V->isStaticDataMember();
  if (T.isVolatileQualified() || T.isConstQualified() || T->isAtomicType())
    Out.Nameable = false;
  Out.Array = T->isArrayType();
  Out.Pointer = T->isAnyPointerType();
  Out.Record = T->isRecordType();
  QualType Element =
      U.Ast.getBaseElementType(Out.Pointer ? T->getPointeeType() : T).getUnqualifiedType();
  Out.Number = Element->isArithmeticType() && !Element->isEnumeralType();
  if (T->isArithmeticType() && !T->isEnumeralType())
    Out.Type = typeText(V);
  if (!T->isIncompleteType() && !T->isVariablyModifiedType() && !T->isDependentType())
    Out.Size = U.Ast.getTypeSizeInChars(T).getQuantity();
  return Out;
}

void Speller::variables(const Stmt *S, LoopSpelling &Out, llvm::DenseSet<const VarDecl *> &Known,
                        const Loop &L) {
  if (const auto *R = dyn_cast<DeclRefExpr>(S)) {
    if (const auto *V = dyn_cast<VarDecl>(R->getDecl())) {
      V = V->getCanonicalDecl();
      if (!Known.insert(V).second)
        return;
      Symbol Usr = U.usr(V);
      if (llvm::is_contained(L.Locals, Usr))
        return;
      bool Scalar = llvm::any_of(L.Scalars, [&](const LoopScalar &X) { return X.Variable == Usr; });
      if (Scalar || V->getType().getNonReferenceType()->isArrayType() ||
          Combined.contains(V->getName()))
        Out.Variables.push_back(describe(V));
      // A static variable of the body has no name before the loop.
      if (V->isStaticLocal() && !Out.Variables.empty() &&
          Out.Variables.back().Name.str() == V->getName()) {
        Span At = U.span(V->getLocation());
        bool Within = At.File == L.At.File &&
                      std::tie(L.At.Line, L.At.Column) < std::tie(At.Line, At.Column) &&
                      std::tie(At.Line, At.Column) < std::tie(L.Body.EndLine, L.Body.EndColumn);
        Out.Variables.back().Nameable &= !Within;
      }
    } else if (const auto *D = dyn_cast<BindingDecl>(R->getDecl());
               D && Out.Obstacle.empty() && !D->getLocation().isMacroID()) {
      // A region cannot capture a structured binding from outside.
      Span At = U.span(D->getLocation());
      bool Within = At.File == L.At.File &&
                    std::tie(L.At.Line, L.At.Column) < std::tie(At.Line, At.Column) &&
                    std::tie(At.Line, At.Column) < std::tie(L.Body.EndLine, L.Body.EndColumn);
      if (!Within)
        Out.Obstacle = Symbol("it uses the structured binding `" + D->getName().str() +
                              "`, which OpenMP cannot capture");
    }
  }
  if (isa<CoroutineSuspendExpr>(S) && Out.Obstacle.empty())
    Out.Obstacle = Symbol("it suspends a coroutine");
  forEachChild(S, [&](const Stmt *C) { variables(C, Out, Known, L); });
}

/// How a variable of the type of V is declared: as spelled in a template, where
/// the type differs between instances, and as printed elsewhere.
Symbol Speller::typeText(const VarDecl *V) const {
  QualType T = V->getType().getNonReferenceType().getUnqualifiedType();
  const TypeSourceInfo *Info = V->getTypeSourceInfo();
  if (B.F.Fn->isTemplateInstantiation() && Info && !T->getContainedAutoType()) {
    TypeLoc Written = Info->getTypeLoc().getUnqualifiedLoc();
    if (auto R = Written.getAs<ReferenceTypeLoc>())
      Written = R.getPointeeLoc().getUnqualifiedLoc();
    return Symbol(between(Written.getBeginLoc(), behind(Written.getEndLoc())));
  }
  if (T->getContainedAutoType())
    T = T.getCanonicalType();
  return Symbol(T.getAsString(U.Ast.getPrintingPolicy()));
}

/// `continue` that belongs to this loop.
void Speller::continues(const Stmt *S, LoopParts &Out, bool &Macro) {
  if (isa<ForStmt, WhileStmt, DoStmt, CXXForRangeStmt>(S))
    return;
  if (isa<ContinueStmt>(S)) {
    Macro |= S->getBeginLoc().isMacroID();
    Out.Continues.push_back(U.span(S->getSourceRange()));
  }
  forEachChild(S, [&](const Stmt *C) { continues(C, Out, Macro); });
}

/// A container of the library or an array, named by a variable or a member of one.
static bool isPlainRange(const Expr *E) {
  QualType T = E->getType().getNonReferenceType();
  const auto *R = T->getAsCXXRecordDecl();
  if (!T->isConstantArrayType() && !(R && R->isInStdNamespace()))
    return false;
  E = E->IgnoreParenImpCasts();
  while (const auto *M = dyn_cast<MemberExpr>(E)) {
    if (!isa<FieldDecl>(M->getMemberDecl()))
      return false;
    E = M->getBase()->IgnoreParenImpCasts();
  }
  return isa<DeclRefExpr, CXXThisExpr>(E);
}

void Speller::parts(const Stmt *S, const Loop &T, LoopParts &Out) {
  const LangOptions &Lang = U.Ast.getLangOpts();
  if (!Lang.CPlusPlus)
    return;
  LoopParts P;
  P.Standard = Lang.CPlusPlus23   ? 23
               : Lang.CPlusPlus20 ? 20
               : Lang.CPlusPlus17 ? 17
               : Lang.CPlusPlus14 ? 14
                                  : 11;
  const Stmt *Body = bodyOf(S);
  SourceLocation Close;
  if (const auto *R = dyn_cast<CXXForRangeStmt>(S)) {
    Close = R->getRParenLoc();
    SourceLocation Declared = R->getLoopVarStmt()->getBeginLoc();
    if (R->getInit() || Declared.isMacroID() || R->getColonLoc().isMacroID() || Close.isMacroID() ||
        isa<DecompositionDecl>(R->getLoopVariable()))
      return;
    P.Parameter = Symbol(between(Declared, R->getColonLoc()));
    if (isPlainRange(R->getRangeInit()))
      P.Range = Symbol(between(behind(R->getColonLoc()), Close));
  } else if (const auto *F = dyn_cast<ForStmt>(S)) {
    Close = F->getRParenLoc();
    const VarDecl *Index = B.Headers[&T - B.facts().Loops.data()].Index;
    const auto *D = dyn_cast_or_null<DeclStmt>(F->getInit());
    const auto *Compare =
        F->getCond() ? dyn_cast<BinaryOperator>(F->getCond()->IgnoreParens()) : nullptr;
    if (!Index || !D || !D->isSingleDecl() || !Index->getInit() || !Compare ||
        Compare->getOpcode() != BO_LT || variableNamed(Compare->getLHS()) != Index || T.Step < 1 ||
        !T.Annotatable || !Index->getType()->isIntegerType() ||
        Index->getType()->isEnumeralType() || Close.isMacroID())
      return;
    // As values, not as what one type makes of the other.
    const Expr *Bound = Compare->getRHS();
    bool Alike = U.Ast.hasSameUnqualifiedType(Bound->IgnoreImpCasts()->getType(), Index->getType());
    bool FromZero =
        T.Lower.Known && T.Lower.Terms.empty() && T.Lower.Through.empty() && T.Lower.Constant >= 0;
    if (!Alike && !FromZero)
      return;
    const Expr *Init = Index->getInit();
    SourceLocation Begin = Init->getBeginLoc(), End = Init->getEndLoc();
    P.From = Symbol(between(Begin, behind(End)));
    P.To = Symbol(between(Bound->getBeginLoc(), behind(Bound->getEndLoc())));
    P.Type = typeText(Index);
    P.Parameter = Symbol((P.Type.str() + " " + Index->getName()).str());
    if (P.From.empty() || P.To.empty() || P.Type.empty())
      return;
  } else
    return;
  if (P.Parameter.empty() || Body->getBeginLoc().isMacroID() || Body->getEndLoc().isMacroID())
    return;
  bool Macro = false;
  continues(Body, P, Macro);
  if (Macro)
    return;
  P.Braced = isa<CompoundStmt>(Body);
  SourceLocation End = behind(Body->getEndLoc());
  if (!P.Braced) {
    std::optional<Token> Next = Lexer::findNextToken(Body->getEndLoc(), U.Sources, Lang);
    if (isa<Expr>(Body)) {
      if (!Next || Next->isNot(tok::semi))
        return;
      End = behind(Next->getLocation());
    } else if (!isa<IfStmt, ForStmt, CXXForRangeStmt, WhileStmt>(Body) ||
               before(End).rtrim().back() != '}')
      return;
  }
  if (End.isInvalid())
    return;
  // Names that the rewriting introduces.
  StringRef Whole = between(S->getBeginLoc(), End);
  for (StringRef Suffix : {"_begin", "_end", "_values", "_range"})
    if (Whole.contains((T.IndexName.str() + Suffix).str()))
      return;
  if (Whole.empty() || Whole.contains("_before"))
    return;
  P.End = U.span(End);
  P.End.EndLine = P.End.Line, P.End.EndColumn = P.End.Column;
  Out = std::move(P);
}

void Speller::loop(const Stmt *S, uint32_t L, bool Region) {
  Loop &T = B.facts().Loops[L];
  LoopSpelling &Out = T.Spelling;
  StringRef Text = before(S->getBeginLoc());
  size_t Line = Text.rfind('\n');
  StringRef Indent = Text.drop_front(Line == StringRef::npos ? 0 : Line + 1);
  if (Indent.trim(" \t").empty()) {
    Out.Indent = Symbol(Indent);
    Out.Directive = Symbol(directiveAbove(Text));
  }
  if (Region)
    Out.Obstacle = Symbol("it stands in an OpenMP region");
  else if (Attributed == S)
    Out.Obstacle = Symbol("an attribute stands before it");
  else if (const auto *M = dyn_cast<CXXMethodDecl>(B.F.Fn);
           B.F.Fn->isConstexprSpecified() && !(M && M->getParent()->isLambda()))
    Out.Obstacle = Symbol("a constexpr function may not hold directives");
  const VarDecl *Index = B.Headers[L].Index;
  if (const auto *F = dyn_cast<ForStmt>(S)) {
    Out.IndexOutside = Index && !isa_and_nonnull<DeclStmt>(F->getInit());
    const auto *Compare =
        F->getCond() ? dyn_cast<BinaryOperator>(F->getCond()->IgnoreParens()) : nullptr;
    if (Index && Out.Obstacle.empty()) {
      if (Index->getType().isVolatileQualified() || Index->getType()->isEnumeralType())
        Out.Obstacle = Symbol("its index is volatile or of an enumeration");
      else if (Compare && (Compare->getLHS()->getType()->isFloatingType() ||
                           Compare->getRHS()->getType()->isFloatingType()))
        Out.Obstacle = Symbol("its index is compared with a floating-point number");
    }
  }
  const Stmt *Body = bodyOf(S);
  while (const auto *C = dyn_cast_or_null<CompoundStmt>(Body))
    Body = C->size() == 1 ? C->body_front() : nullptr;
  if (Body)
    if (auto It = B.F.Loops.find(Body); It != B.F.Loops.end())
      Out.Only = It->second;
  parts(S, T, Out.Parts);
  llvm::DenseSet<const VarDecl *> Known;
  variables(S, Out, Known, T);
  llvm::sort(Out.Variables, [](const LoopVariable &X, const LoopVariable &Y) {
    return X.Name.str() < Y.Name.str();
  });
}

} // namespace

void spellLoops(FunctionBody &B, const Stmt *S) { Speller(B).walk(S, None, false, false); }

} // namespace heddle
