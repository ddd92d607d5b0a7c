/// OpenMP directives: what they are, and their clauses. What a directive means for
/// data races is left to the program stage; here a combined one is only taken apart.
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

} // namespace heddle
