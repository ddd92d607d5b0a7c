/// OpenMP directives: what they are, and which accesses and calls are made under
/// them, in the order of evaluation. What a directive means for data races is left
/// to the program stage; here a combined directive is only taken apart.
///
/// Example: `#pragma omp parallel for reduction(+ : s)` is a parallel region with
/// a worksharing loop in it, and the loop has the clause.
#include "facts/evaluation.h"

#include "clang/AST/OpenMPClause.h"
#include "clang/AST/StmtOpenMP.h"
#include "clang/Basic/OpenMPKinds.h"
#include "llvm/Frontend/OpenMP/OMP.h"

namespace heddle {

using namespace clang;

namespace {

using Kind = DirectiveKind;

Kind kindOf(OpenMPDirectiveKind K) {
  switch (K) {
  case llvm::omp::OMPD_parallel:
  case llvm::omp::OMPD_teams:
    return Kind::Parallel;
  case llvm::omp::OMPD_for:
  case llvm::omp::OMPD_distribute:
  case llvm::omp::OMPD_loop:
    return Kind::Worksharing;
  case llvm::omp::OMPD_sections:
    return Kind::Sections;
  case llvm::omp::OMPD_section:
    return Kind::Section;
  case llvm::omp::OMPD_single:
    return Kind::Single;
  case llvm::omp::OMPD_master:
  case llvm::omp::OMPD_masked:
    return Kind::Master;
  case llvm::omp::OMPD_critical:
    return Kind::Critical;
  case llvm::omp::OMPD_atomic:
    return Kind::Atomic;
  case llvm::omp::OMPD_barrier:
    return Kind::Barrier;
  case llvm::omp::OMPD_ordered:
    return Kind::Ordered;
  case llvm::omp::OMPD_task:
    return Kind::Task;
  case llvm::omp::OMPD_taskwait:
    return Kind::Taskwait;
  case llvm::omp::OMPD_taskgroup:
    return Kind::Taskgroup;
  case llvm::omp::OMPD_taskloop:
    return Kind::Taskloop;
  case llvm::omp::OMPD_simd:
    return Kind::Simd;
  default:
    return Kind::Other;
  }
}

/// The variable that an item of a clause belongs to: `a` of `a[0:n]`.
const VarDecl *itemVariable(const Expr *E) {
  for (unsigned Rounds = 0; E && Rounds < 64; ++Rounds) {
    E = E->IgnoreParenImpCasts();
    if (const auto *S = dyn_cast<ArraySectionExpr>(E))
      E = S->getBase();
    else if (const auto *S = dyn_cast<ArraySubscriptExpr>(E))
      E = S->getBase();
    else
      break;
  }
  return E ? variableNamed(E) : nullptr;
}

const Stmt *innerStatement(const Stmt *S) {
  while (S) {
    if (const auto *C = dyn_cast<CapturedStmt>(S))
      S = C->getCapturedStmt();
    else if (const auto *A = dyn_cast<AttributedStmt>(S))
      S = A->getSubStmt();
    else if (const auto *C = dyn_cast<CompoundStmt>(S); C && C->size() == 1)
      S = C->body_front();
    else if (const auto *D = dyn_cast<OMPExecutableDirective>(S); D && D->hasAssociatedStmt())
      S = D->getRawStmt();
    else
      break;
  }
  return S;
}

std::optional<int64_t> constantOf(const Expr *E, const ASTContext &Ast) {
  Expr::EvalResult V;
  if (!E || E->isValueDependent() || !E->getType()->isIntegerType() || !E->EvaluateAsInt(V, Ast) ||
      !V.Val.getInt().isRepresentableByInt64())
    return std::nullopt;
  return V.Val.getInt().getExtValue();
}

bool isThreadNumber(const Expr *E) {
  const auto *C = E ? dyn_cast<CallExpr>(strip(E)) : nullptr;
  const FunctionDecl *F = C ? C->getDirectCallee() : nullptr;
  return F && F->getIdentifier() && F->getName() == "omp_get_thread_num";
}

} // namespace

void Evaluation::directive(const OMPExecutableDirective *D) {
  OpenMPDirectiveKind K = D->getDirectiveKind();
  std::vector<Directive> &All = B.facts().Regions.Directives;
  uint32_t First = All.size();
  llvm::ArrayRef<OpenMPDirectiveKind> Leaves = llvm::omp::getLeafConstructsOrSelf(K);
  auto Has = [&](OpenMPDirectiveKind L) { return llvm::is_contained(Leaves, L); };
  bool WholeTeams = Has(llvm::omp::OMPD_teams) && Has(llvm::omp::OMPD_parallel);
  auto Add = [&](Kind Of) {
    Directive &New = All.emplace_back();
    New.Kind = Of;
    New.Name = Symbol(llvm::omp::getOpenMPDirectiveName(K));
    New.Parent = All.size() - 1 > First ? All.size() - 2 : Under.empty() ? None : Under.back();
    New.At = F.Unit.span(SourceRange(D->getBeginLoc(), D->getEndLoc()));
    if (D->hasAssociatedStmt())
      New.Body = F.Unit.span(D->getRawStmt()->getSourceRange());
  };
  // A target region that is not waited for is a task of the thread that meets it.
  if (Has(llvm::omp::OMPD_target) && D->getSingleClause<OMPNowaitClause>())
    Add(Kind::Task);
  for (OpenMPDirectiveKind Leaf : Leaves) {
    if (Leaf == llvm::omp::OMPD_target && Leaves.size() > 1)
      continue;
    if (WholeTeams && (Leaf == llvm::omp::OMPD_teams || Leaf == llvm::omp::OMPD_distribute))
      continue;
    Add(kindOf(Leaf));
    All.back().Teams = Leaf == llvm::omp::OMPD_teams || (WholeTeams && All.size() - 1 == First);
    All.back().NoWait = Leaf == llvm::omp::OMPD_distribute;
  }
  uint32_t End = All.size();
  if (const auto *C = dyn_cast<OMPCriticalDirective>(D))
    All.back().Critical = Symbol(C->getDirectiveName().getAsString());
  if (const auto *A = dyn_cast<OMPAtomicDirective>(D); A && A->getX())
    B.Atomics[First] = A->getX();
  clauses(D, First);

  Symbol Saved = Region;
  if (isOpenMPParallelDirective(K) || isOpenMPWorksharingDirective(K) ||
      isOpenMPTaskLoopDirective(K) || isOpenMPTeamsDirective(K) || isOpenMPDistributeDirective(K))
    Region = Symbol("openmp");
  std::vector<Step> *Outer = Out;
  for (uint32_t I = First; I < End; ++I) {
    push(Step::Directive);
    Out->back().Index = I;
    Out = &Out->back().Kids;
    Under.push_back(I);
  }
  if (D->hasAssociatedStmt()) {
    const Stmt *Body = D->getRawStmt();
    const auto *Parts = dyn_cast<CompoundStmt>(Body);
    if (Has(llvm::omp::OMPD_sections) && Parts && !Parts->body_empty() &&
        !isa<OMPSectionDirective>(Parts->body_front())) {
      // The first section needs no directive.
      uint32_t Index = All.size();
      Directive Implicit;
      Implicit.Kind = Kind::Section;
      Implicit.Name = Symbol("section");
      Implicit.Parent = Under.back();
      Implicit.At = Implicit.Body = F.Unit.span(Parts->body_front()->getSourceRange());
      All.push_back(std::move(Implicit));
      push(Step::Directive);
      Out->back().Index = Index;
      std::vector<Step> *Inside = std::exchange(Out, &Out->back().Kids);
      Under.push_back(Index);
      statement(Parts->body_front());
      Under.pop_back();
      Out = Inside;
      for (const Stmt *Each : llvm::drop_begin(Parts->body()))
        statement(Each);
    } else
      statement(Body);
  }
  Under.truncate(Under.size() - (End - First));
  Out = Outer;
  Region = Saved;
}

/// Gives each clause to the part of the directive that it is for.
void Evaluation::clauses(const OMPExecutableDirective *D, uint32_t First) {
  std::vector<Directive> &All = B.facts().Regions.Directives;
  auto Parts = [&] { return llvm::MutableArrayRef(All).drop_front(First); };
  auto Find = [&](std::initializer_list<Kind> Kinds) -> Directive * {
    for (Directive &P : Parts())
      if (llvm::is_contained(Kinds, P.Kind))
        return &P;
    return nullptr;
  };
  // Of the parts that can have private variables, the innermost.
  Directive *Data = &Parts().back();
  if (Data->Kind == Kind::Simd && Parts().size() > 1)
    --Data;
  auto List = [&](ClauseKind K, const auto *C, Directive *To) {
    for (const Expr *E : C->varlists())
      if (const VarDecl *V = itemVariable(E))
        To->Clauses.push_back({K, F.Unit.usr(V), Symbol(V->getName())});
  };
  Directive *Sharing = Find({Kind::Parallel, Kind::Task, Kind::Taskloop});
  Directive *Shared = Find({Kind::Worksharing, Kind::Sections, Kind::Single});
  Directive *Lanes = Find({Kind::Simd});
  Directive *Deferred = Find({Kind::Task, Kind::Taskloop});
  Directive *Team = Find({Kind::Parallel});
  uint64_t Collapse = 1;
  for (const OMPClause *C : D->clauses()) {
    if (const auto *X = dyn_cast<OMPPrivateClause>(C))
      List(ClauseKind::Private, X, Data);
    else if (const auto *X = dyn_cast<OMPFirstprivateClause>(C))
      List(ClauseKind::FirstPrivate, X, Data);
    else if (const auto *X = dyn_cast<OMPLastprivateClause>(C))
      List(ClauseKind::LastPrivate, X, Data);
    else if (const auto *X = dyn_cast<OMPLinearClause>(C))
      List(ClauseKind::Linear, X, Data);
    else if (const auto *X = dyn_cast<OMPReductionClause>(C))
      List(ClauseKind::Reduction, X, Data);
    else if (const auto *X = dyn_cast<OMPInReductionClause>(C))
      List(ClauseKind::InReduction, X, Data);
    else if (const auto *X = dyn_cast<OMPSharedClause>(C)) {
      if (Sharing)
        List(ClauseKind::Shared, X, Sharing);
    } else if (const auto *X = dyn_cast<OMPCopyprivateClause>(C))
      List(ClauseKind::CopyPrivate, X, Data);
    else if (const auto *X = dyn_cast<OMPDefaultClause>(C)) {
      if (Sharing)
        Sharing->Default =
            X->getDefaultKind() == llvm::omp::OMP_DEFAULT_shared    ? DefaultSharing::Shared
            : X->getDefaultKind() == llvm::omp::OMP_DEFAULT_none    ? DefaultSharing::None
            : X->getDefaultKind() == llvm::omp::OMP_DEFAULT_private ? DefaultSharing::Private
                                                                    : DefaultSharing::FirstPrivate;
    } else if (const auto *X = dyn_cast<OMPScheduleClause>(C)) {
      if (!Shared)
        continue;
      Shared->Schedule = X->getScheduleKind() == OMPC_SCHEDULE_static    ? ScheduleKind::Static
                         : X->getScheduleKind() == OMPC_SCHEDULE_dynamic ? ScheduleKind::Dynamic
                         : X->getScheduleKind() == OMPC_SCHEDULE_guided  ? ScheduleKind::Guided
                         : X->getScheduleKind() == OMPC_SCHEDULE_auto    ? ScheduleKind::Auto
                                                                         : ScheduleKind::Runtime;
      if (X->getChunkSize())
        Shared->Chunk = F.Unit.text(X->getChunkSize());
    } else if (isa<OMPNowaitClause>(C)) {
      if (Shared)
        Shared->NoWait = true;
    } else if (isa<OMPNogroupClause>(C)) {
      if (Deferred)
        Deferred->NoWait = true;
    } else if (const auto *X = dyn_cast<OMPOrderedClause>(C)) {
      if (Shared) {
        Shared->Ordered = true;
        Shared->CrossIteration = X->getNumForLoops() != nullptr;
      }
    } else if (const auto *X = dyn_cast<OMPNumThreadsClause>(C)) {
      if (Team && constantOf(X->getNumThreads(), Ast) == 1 && !Team->Teams)
        Team->Single = true;
    } else if (const auto *X = dyn_cast<OMPNumTeamsClause>(C)) {
      if (Team && Team->Teams && constantOf(X->getNumTeams(), Ast) == 1) {
        Team->Teams = false;
        Team->Single = D->getDirectiveKind() == llvm::omp::OMPD_teams ||
                       !isOpenMPParallelDirective(D->getDirectiveKind());
      }
    } else if (const auto *X = dyn_cast<OMPIfClause>(C)) {
      if (constantOf(X->getCondition(), Ast) != 0)
        continue;
      OpenMPDirectiveKind For = X->getNameModifier();
      bool Any = For == llvm::omp::OMPD_unknown;
      if (Team && !Team->Teams && (Any || For == llvm::omp::OMPD_parallel))
        Team->Single = true;
      if (Deferred && (Any || For == llvm::omp::OMPD_task || For == llvm::omp::OMPD_taskloop))
        Deferred->Undeferred = true;
    } else if (const auto *X = dyn_cast<OMPFinalClause>(C)) {
      if (Deferred && constantOf(X->getCondition(), Ast).value_or(0) != 0)
        Deferred->Undeferred = true;
    } else if (isa<OMPMergeableClause>(C)) {
      if (Deferred)
        Deferred->Mergeable = true;
    } else if (const auto *X = dyn_cast<OMPSafelenClause>(C)) {
      if (Lanes)
        Lanes->SafeLength = constantOf(X->getSafelen(), Ast).value_or(0);
    } else if (const auto *X = dyn_cast<OMPSimdlenClause>(C)) {
      if (Lanes && !Lanes->SafeLength)
        Lanes->SafeLength = constantOf(X->getSimdlen(), Ast).value_or(0);
    } else if (const auto *X = dyn_cast<OMPCollapseClause>(C))
      Collapse = std::clamp<int64_t>(constantOf(X->getNumForLoops(), Ast).value_or(1), 1, 16);
    else if (const auto *X = dyn_cast<OMPDependClause>(C)) {
      Directive &To = Deferred ? *Deferred : Parts().back();
      uint32_t Index = &To - All.data();
      DependKind K = DependKind::Out;
      switch (X->getDependencyKind()) {
      case OMPC_DEPEND_in:
        K = DependKind::In;
        break;
      case OMPC_DEPEND_out:
      case OMPC_DEPEND_inout:
        break;
      case OMPC_DEPEND_mutexinoutset:
        K = DependKind::MutexInOutSet;
        break;
      case OMPC_DEPEND_inoutset:
        K = DependKind::InOutSet;
        break;
      default:
        To.Untold = true;
        continue;
      }
      for (const Expr *E : X->varlists())
        B.Depends.push_back({Index, innermost(), K, E});
    }
  }
  if (const auto *L = dyn_cast<OMPLoopDirective>(D))
    for (const Expr *E : L->counters())
      if (const VarDecl *V = E ? variableNamed(E) : nullptr;
          V && llvm::none_of(Data->Clauses,
                             [&](const Clause &C) { return C.Variable == F.Unit.usr(V); }))
        Data->Clauses.push_back(
            {Data->Kind == Kind::Simd && Collapse == 1 ? ClauseKind::Linear : ClauseKind::Private,
             F.Unit.usr(V), Symbol(V->getName())});
  // The loops that are shared out.
  const Stmt *Inner = D->hasAssociatedStmt() ? innerStatement(D->getRawStmt()) : nullptr;
  std::vector<uint32_t> Loops;
  while (Inner && Loops.size() < Collapse) {
    auto It = F.Loops.find(Inner);
    if (It == F.Loops.end())
      break;
    Loops.push_back(It->second);
    const auto *For = dyn_cast<ForStmt>(Inner);
    const auto *Range = dyn_cast<CXXForRangeStmt>(Inner);
    Inner = innerStatement(For ? For->getBody() : Range ? Range->getBody() : nullptr);
  }
  for (Directive &P : Parts())
    if (P.Kind == Kind::Worksharing || P.Kind == Kind::Taskloop || P.Kind == Kind::Simd) {
      P.Loops = Loops;
      P.Untold |= Loops.size() < Collapse;
    }
}

namespace {

/// Writes the tree of steps as a list.
class Flattener {
public:
  explicit Flattener(FunctionBody &B)
      : B(B), R(B.facts().Regions), Ast(B.F.Unit.Ast),
        Everything(llvm::any_of(R.Directives, [](const Directive &D) {
          return D.Parent == None && D.Kind != Kind::Parallel && D.Kind != Kind::Simd &&
                 D.Kind != Kind::Other;
        })) {
    numbers(B.F.Fn->getBody());
    for (auto &[V, Known] : Numbers)
      if (Known == B.use(V).Writes + V->hasInit() && !B.use(V).AddressTaken)
        ThreadNumbers.insert(B.F.Unit.usr(V));
  }

  void run(llvm::ArrayRef<Step> Steps, uint32_t Loop, uint32_t Under);

private:
  /// Counts, by variable, how often it gets the number of the thread.
  void numbers(const Stmt *S) {
    if (const auto *D = dyn_cast<DeclStmt>(S))
      for (const Decl *Each : D->decls())
        if (const auto *V = dyn_cast<VarDecl>(Each); V && isThreadNumber(V->getInit()))
          ++Numbers[V->getCanonicalDecl()];
    if (const auto *A = dyn_cast<BinaryOperator>(S);
        A && A->getOpcode() == BO_Assign && isThreadNumber(A->getRHS()))
      if (const VarDecl *V = variableNamed(A->getLHS()))
        ++Numbers[V];
    forEachChild(S, [&](const Stmt *C) { numbers(C); });
  }

  Affine renamed(Affine A) const {
    Affine Out = constantAffine(A.Constant);
    Out.Known = A.Known;
    for (const Term &T : A.Terms) {
      Affine One = constantAffine(0);
      One.Terms.push_back(
          {ThreadNumbers.contains(T.Variable) ? Symbol(ThreadNumber) : T.Variable, T.Coefficient});
      Out = combine(Out, One, 1);
    }
    Out.Through = A.Through;
    Out.Shift = A.Shift;
    return Out;
  }

  uint32_t open(RegionStepKind K, uint32_t Index) {
    RegionStep &S = R.Steps.emplace_back();
    S.Kind = K;
    S.Index = Index;
    return R.Steps.size() - 1;
  }
  void close(uint32_t At) { R.Steps[At].End = R.Steps.size(); }

  void access(const Step &S, uint32_t Loop, uint32_t Under);
  std::vector<Affine> extents(const Expr *E, uint32_t Loop);
  /// Adds what Condition being Holds says; false when that cannot be told.
  bool guards(const Expr *Condition, bool Holds, uint32_t Loop, std::vector<Guard> &Out,
              unsigned Depth = 0);
  Affine value(const Expr *E, uint32_t Loop) {
    if (isThreadNumber(E)) {
      Affine A;
      A.Known = true;
      A.Terms.push_back({Symbol(ThreadNumber), 1});
      return A;
    }
    return renamed(affineOf(B, E, Loop));
  }

  FunctionBody &B;
  RegionFacts &R;
  const ASTContext &Ast;
  bool Everything; ///< Also what stands under no directive.
  llvm::DenseMap<const VarDecl *, unsigned> Numbers;
  llvm::DenseSet<Symbol> ThreadNumbers;
  std::vector<Guard> Guards;
  unsigned Unclear = 0; ///< Conditions around that Guards do not tell.
};

bool Flattener::guards(const Expr *Condition, bool Holds, uint32_t Loop, std::vector<Guard> &Out,
                       unsigned Depth) {
  if (!Condition || Depth > 32)
    return false;
  const Expr *E = strip(Condition);
  if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->getOpcode() == UO_LNot)
    return guards(U->getSubExpr(), !Holds, Loop, Out, Depth + 1);
  const auto *O = dyn_cast<BinaryOperator>(E);
  if (O && O->isLogicalOp()) {
    if ((O->getOpcode() == BO_LAnd) != Holds)
      return false;
    bool Left = guards(O->getLHS(), Holds, Loop, Out, Depth + 1);
    return guards(O->getRHS(), Holds, Loop, Out, Depth + 1) && Left;
  }
  auto Add = [&](GuardKind K, const Affine &A) {
    if (!A.Known || !A.Through.empty())
      return false;
    Out.push_back({K, A});
    return true;
  };
  if (O && O->isComparisonOp() && O->getLHS()->getType()->isIntegralOrEnumerationType() &&
      O->getRHS()->getType()->isIntegralOrEnumerationType()) {
    Affine X = value(O->getLHS(), Loop), Y = value(O->getRHS(), Loop);
    BinaryOperatorKind Op = O->getOpcode();
    if (!Holds)
      Op = BinaryOperator::negateComparisonOp(Op);
    switch (Op) {
    case BO_EQ:
      return Add(GuardKind::Zero, combine(X, Y, -1));
    case BO_NE:
      return Add(GuardKind::NonZero, combine(X, Y, -1));
    case BO_LT:
      return Add(GuardKind::Positive, combine(Y, X, -1));
    case BO_GT:
      return Add(GuardKind::Positive, combine(X, Y, -1));
    case BO_LE:
      return Add(GuardKind::Positive, combine(combine(Y, X, -1), constantAffine(1), 1));
    case BO_GE:
      return Add(GuardKind::Positive, combine(combine(X, Y, -1), constantAffine(1), 1));
    default:
      return false;
    }
  }
  if (E->getType()->isIntegralOrEnumerationType())
    return Add(Holds ? GuardKind::NonZero : GuardKind::Zero, value(E, Loop));
  return false;
}

/// Names the variable of a glvalue; Direct when the memory is part of it.
const VarDecl *rootOf(const Expr *E, bool &Direct) {
  for (unsigned Rounds = 0; E && Rounds < 256; ++Rounds) {
    E = strip(E);
    if (const auto *D = dyn_cast<DeclRefExpr>(E)) {
      const auto *V = dyn_cast<VarDecl>(D->getDecl());
      if (!V)
        return nullptr;
      if (V->getType()->isReferenceType()) {
        if (!V->getInit() || isa<ParmVarDecl>(V) || V->isCXXForRangeDecl()) {
          Direct = false;
          return V->getCanonicalDecl();
        }
        E = V->getInit();
        continue;
      }
      return V->getCanonicalDecl();
    }
    if (const auto *M = dyn_cast<MemberExpr>(E)) {
      if (const auto *V = dyn_cast<VarDecl>(M->getMemberDecl()))
        return V->getCanonicalDecl();
      Direct &= !M->isArrow();
      E = M->getBase();
    } else if (const auto *A = dyn_cast<ArraySubscriptExpr>(E)) {
      const Expr *Base = A->getBase()->IgnoreParenImpCasts();
      Direct &= Base->getType()->isArrayType();
      E = Base;
    } else if (const auto *U = dyn_cast<UnaryOperator>(E)) {
      Direct &= U->getOpcode() != UO_Deref;
      E = U->getSubExpr();
    } else if (const auto *C = dyn_cast<CXXOperatorCallExpr>(E); C && C->getNumArgs()) {
      Direct &= C->getOperator() == OO_Subscript;
      E = C->getArg(0);
    } else if (const auto *C = dyn_cast<CXXMemberCallExpr>(E)) {
      E = C->getImplicitObjectArgument();
    } else if (const auto *O = dyn_cast<BinaryOperator>(E); O && O->isAdditiveOp()) {
      E = O->getLHS()->getType()->isAnyPointerType() ? O->getLHS() : O->getRHS();
    } else if (const auto *C = dyn_cast<CastExpr>(E)) {
      E = C->getSubExpr();
    } else
      return nullptr;
  }
  return nullptr;
}

void Flattener::access(const Step &S, uint32_t Loop, uint32_t Under) {
  // What goes to a call is the call's; a variable that begins here is new.
  if (S.Escapes || (!S.E && S.Index == None))
    return;
  RegionAccess A;
  A.What = accessOf(B, S, Loop);
  if (!A.What.Base.known())
    return;
  for (Affine &I : A.What.Subscripts)
    I = renamed(I);
  const Expr *E = S.E ? S.E : B.Headers[S.Index].Range;
  A.Extents = extents(E, Loop);
  if (A.Extents.size() != A.What.Subscripts.size())
    A.Extents.clear();
  A.Direct = !S.Pointee;
  if (const VarDecl *V = rootOf(E, A.Direct))
    A.Variable = B.F.Unit.usr(V);
  A.What.Kind = S.Writes ? AccessKind::Write : AccessKind::Read;
  A.What.Reduction = S.Writes ? Symbol(S.Operator) : Symbol();
  A.ReadsToo = S.Writes && S.Reads;
  if (S.Writes && S.At)
    A.What.At = B.F.Unit.span(S.At->getSourceRange());
  if (const Expr *X = Under == None ? nullptr : B.Atomics.lookup(Under); X && S.E)
    A.Atomic = sameExpr(S.E, X, Ast);
  QualType T = E->getType();
  A.Atomic |= T->isAtomicType();
  A.Conditional = Unclear != 0;
  A.Loop = Loop;
  A.Guards = Guards;
  R.Accesses.push_back(std::move(A));
  close(open(RegionStepKind::Access, R.Accesses.size() - 1));
}

std::vector<Affine> Flattener::extents(const Expr *E, uint32_t Loop) {
  std::vector<Affine> Out;
  E = strip(E);
  while (const auto *A = dyn_cast<ArraySubscriptExpr>(E)) {
    E = A->getBase()->IgnoreParenImpCasts();
    const ArrayType *T = Ast.getAsArrayType(E->getType());
    if (!T)
      return {};
    if (const auto *C = dyn_cast<ConstantArrayType>(T))
      Out.push_back(constantAffine(C->getSize().getLimitedValue(INT32_MAX)));
    else if (const auto *V = dyn_cast<VariableArrayType>(T); V && V->getSizeExpr())
      Out.push_back(affineOf(B, V->getSizeExpr(), Loop));
    else
      return {};
  }
  if (Out.size() < 2)
    return {};
  std::reverse(Out.begin(), Out.end());
  return Out;
}

bool leaves(llvm::ArrayRef<Step> S) {
  if (S.empty())
    return false;
  return S.back().What == Step::Jump || (S.back().What == Step::Sequence && leaves(S.back().Kids));
}

void Flattener::run(llvm::ArrayRef<Step> Steps, uint32_t Loop, uint32_t Under) {
  size_t Before = Guards.size();
  unsigned UnclearBefore = Unclear;
  for (const Step &S : Steps) {
    switch (S.What) {
    case Step::Access:
      if (Under != None || Everything)
        access(S, Loop, Under);
      break;
    case Step::Call:
      if (Under != None || Everything) {
        uint32_t At = open(RegionStepKind::Call, S.Index);
        R.Steps[At].Conditional = Unclear != 0;
        R.Steps[At].Guards = Guards;
        close(At);
      }
      break;
    case Step::Directive: {
      uint32_t At = open(RegionStepKind::Directive, S.Index);
      R.Steps[At].Conditional = Unclear != 0;
      R.Steps[At].Guards = Guards;
      // What holds before a region holds for all its threads.
      bool Region = R.Directives[S.Index].Kind == Kind::Parallel;
      std::vector<Guard> Outside = Region ? std::exchange(Guards, {}) : Guards;
      unsigned UnclearOutside = Region ? std::exchange(Unclear, 0) : Unclear;
      run(S.Kids, Loop, S.Index);
      Guards = std::move(Outside);
      Unclear = UnclearOutside;
      close(At);
      break;
    }
    case Step::Loop: {
      uint32_t At = open(RegionStepKind::Loop, S.Index);
      for (const Step &Part : S.Kids)
        run(Part.Kids, S.Index, Under);
      close(At);
      break;
    }
    case Step::Branch: {
      uint32_t At = open(RegionStepKind::Branch, None);
      std::vector<Guard> Of[2];
      bool Told[2] = {guards(S.Condition, true, Loop, Of[0]),
                      guards(S.Condition, false, Loop, Of[1])};
      for (size_t K = 0; K < S.Kids.size(); ++K) {
        uint32_t Kid = open(RegionStepKind::Alternative, None);
        size_t Size = Guards.size();
        bool Clear = K < 2 && Told[K];
        if (K < 2)
          Guards.insert(Guards.end(), Of[K].begin(), Of[K].end());
        Unclear += !Clear;
        run(S.Kids[K].Kids, Loop, Under);
        Unclear -= !Clear;
        Guards.resize(Size);
        close(Kid);
      }
      close(At);
      // After `if (p) continue;` p does not hold.
      if (S.Kids.size() == 2)
        for (size_t K : {0, 1})
          if (leaves(S.Kids[K].Kids)) {
            Guards.insert(Guards.end(), Of[1 - K].begin(), Of[1 - K].end());
            Unclear += !Told[1 - K];
          }
      break;
    }
    case Step::Switch: {
      uint32_t At = open(RegionStepKind::Branch, None);
      uint32_t Kid = open(RegionStepKind::Alternative, None);
      ++Unclear;
      run(S.Kids, Loop, Under);
      --Unclear;
      close(Kid);
      close(At);
      break;
    }
    case Step::Sequence:
      run(S.Kids, Loop, Under);
      break;
    case Step::Jump:
    case Step::Case:
      break;
    case Step::Label:
      // Reached from anywhere: what was known no longer is.
      Guards.resize(Before);
      ++Unclear;
      break;
    }
  }
  Guards.resize(std::min(Before, Guards.size()));
  Unclear = UnclearBefore;
}

} // namespace

void fillRegions(FunctionBody &B) {
  RegionFacts &R = B.facts().Regions;
  for (const FunctionBody::DependItem &I : B.Depends) {
    const Expr *E = I.E->IgnoreParenImpCasts();
    Depend D;
    D.Kind = I.Kind;
    if (const auto *S = dyn_cast<ArraySectionExpr>(E)) {
      const Expr *Base = S->getBase()->IgnoreParenImpCasts();
      D.What = describe(B,
                        Base->getType()->isArrayType() ? elementOf(B, Base, I.Loop)
                                                       : pointeeOf(B, Base, I.Loop),
                        nullptr);
      D.What.Subscripts.assign(1, {});
    } else
      D.What = describe(B, elementOf(B, E, I.Loop), E);
    R.Directives[I.Directive].Depends.push_back(std::move(D));
  }
  Flattener(B).run(B.Root.Kids, None, None);
  for (const ArgumentUse &A : B.Arguments) {
    if (A.Loop != None || A.Call == None || B.Handled.contains(A.Call))
      continue;
    QualType T = A.E->getType();
    bool Pointer = A.E->isPRValue() || (T->isAnyPointerType() && A.Argument == None);
    LoopArgument Out{
        A.Call, A.Argument,
        describe(B, Pointer ? pointeeOf(B, A.E, A.Loop) : elementOf(B, A.E, A.Loop), A.E)};
    if (T->isAnyPointerType() && Pointer)
      Out.What.Type = B.F.Unit.type(T->getPointeeType().getCanonicalType().getUnqualifiedType());
    R.Arguments.push_back(std::move(Out));
  }
}

} // namespace heddle
