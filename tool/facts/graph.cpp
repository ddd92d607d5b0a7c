/// The control-flow graph of one function, reduced to events. Clang's CFG puts
/// every expression after its operands, adds the destructors of automatic
/// objects where scopes end, and splits conditions; its blocks are renumbered
/// in reverse post-order, so that block 0 is the entry and most edges point
/// forward.
#include "facts/context.h"

#include "clang/AST/Attr.h"
#include "clang/Analysis/CFG.h"
#include "llvm/ADT/PostOrderIterator.h"

namespace heddle {

using namespace clang;

namespace {

CFG::BuildOptions options() {
  CFG::BuildOptions O;
  O.AddImplicitDtors = true;
  O.AddInitializers = true;
  O.AddCXXDefaultInitExprInCtors = true;
  O.AddLifetime = true;
  O.PruneTriviallyFalseEdges = true;
  O.AddEHEdges = false;
  O.setAllAlwaysAdd();
  return O;
}

/// `for (T x : c)` reads all elements of c, the first among them.
void visitRange(FunctionContext &F, const VarDecl *V) {
  auto It = F.Ranges.find(V);
  if (It == F.Ranges.end() || V->getType()->isReferenceType() || !It->second->isGLValue() ||
      !It->second->getType()->isRecordType() || isPointerLike(It->second->getType()))
    return;
  F.access(extend(F.lvalue(It->second), "[0]"), AccessKind::Read, It->second);
}

void visitDeclarations(FunctionContext &F, const DeclStmt *D) {
  for (const Decl *Each : D->decls()) {
    const auto *V = dyn_cast<VarDecl>(Each);
    if (!V || !V->getInit())
      continue;
    if (V->isStaticLocal()) // initialized once, before anyone else sees it
      continue;
    F.bindInit(F.variable(V), V->getType(), V->getInit());
    if (F.isQuotient(V->getInit()))
      F.addQuotient(V);
    visitRange(F, V);
    F.keepResult(V, V->getInit());
    F.Unit.Fds.assign(V, V->getInit());
    const Expr *Init = strip(V->getInit());
    if (F.TryOps.contains(Init))
      F.TryResults[V] = Init;
  }
}

void visitLambda(FunctionContext &F, const LambdaExpr *L) {
  auto Init = L->capture_init_begin();
  for (const LambdaCapture &C : L->captures()) {
    const Expr *I = *Init++;
    if (!C.capturesVariable() || !I)
      continue;
    const auto *V = dyn_cast<VarDecl>(C.getCapturedVar());
    if (!V)
      continue;
    // Inside the lambda a captured parameter is a variable like any other.
    if (const auto *P = dyn_cast<ParmVarDecl>(V->getCanonicalDecl());
        P && P->getDeclContext() == F.Fn) {
      Place Inner{RootKind::Local, F.Unit.usr(P), 0, {}};
      Place Outer = F.variable(P, true);
      if (!(Inner == Outer))
        F.Facts.Bindings.push_back({Inner, extend(Outer, "*"), F.Unit.span(C.getLocation())});
    }
    if (V->isInitCapture())
      F.bindInit(F.variable(V), V->getType(), V->getInit());
    else if (C.getCaptureKind() == LCK_ByCopy)
      F.access(F.variable(V), AccessKind::Read, I);
  }
}

/// `return t;` moves from t.
const Expr *returnedVariable(const Expr *E) {
  E = strip(E);
  const auto *K = dyn_cast<CXXConstructExpr>(E);
  return K && K->getNumArgs() == 1 ? strip(K->getArg(0)) : E;
}

/// The variable that dies here.
const VarDecl *dyingVariable(const CFGElement &Element) {
  if (auto Dtor = Element.getAs<CFGAutomaticObjDtor>())
    return Dtor->getVarDecl();
  if (auto End = Element.getAs<CFGLifetimeEnds>())
    return End->getVarDecl();
  return nullptr;
}

/// The elements of a block. Where a scope ends, Clang puts the destructors first;
/// here what was declared last dies first, whatever its type.
llvm::SmallVector<CFGElement, 32> inOrder(const CFGBlock &B, const SourceManager &Sources) {
  llvm::SmallVector<CFGElement, 32> All(B.begin(), B.end());
  for (size_t Begin = 0, End; Begin < All.size(); Begin = End) {
    for (End = Begin; End < All.size() && dyingVariable(All[End]);)
      ++End;
    std::stable_sort(All.begin() + Begin, All.begin() + End,
                     [&](const CFGElement &X, const CFGElement &Y) {
                       return Sources.isBeforeInTranslationUnit(dyingVariable(Y)->getLocation(),
                                                                dyingVariable(X)->getLocation());
                     });
    if (End == Begin)
      ++End;
  }
  return All;
}

void visitElement(FunctionContext &F, const CFGElement &Element) {
  if (auto Init = Element.getAs<CFGInitializer>()) {
    const CXXCtorInitializer *I = Init->getInitializer();
    const FieldDecl *Field = I->getAnyMember();
    if (Field && I->getInit())
      F.Unit.Fds.assign(Field, I->getInit());
    if (Field && !Field->getName().empty())
      F.bindInit({RootKind::This, {}, 0, Symbol(("*." + Field->getName()).str())}, Field->getType(),
                 FunctionContext::initializer(I));
    return;
  }
  if (auto Dtor = Element.getAs<CFGAutomaticObjDtor>()) {
    const CXXDestructorDecl *D = Dtor->getDestructorDecl(F.Unit.Ast);
    if (D)
      F.visitDestructor(D, F.variable(Dtor->getVarDecl()), Dtor->getVarDecl(),
                        Dtor->getTriggerStmt()->getEndLoc());
    return;
  }
  if (auto End = Element.getAs<CFGLifetimeEnds>()) {
    F.visitLifetimeEnd(End->getVarDecl(), End->getTriggerStmt());
    return;
  }
  if (auto Dtor = Element.getAs<CFGMemberDtor>()) {
    const FieldDecl *Field = Dtor->getFieldDecl();
    if (const CXXDestructorDecl *D = Dtor->getDestructorDecl(F.Unit.Ast))
      F.visitDestructor(D, {RootKind::This, {}, 0, Symbol(("*." + Field->getName()).str())},
                        nullptr, F.Fn->getEndLoc());
    return;
  }
  auto Statement = Element.getAs<CFGStmt>();
  if (!Statement)
    return;
  const Stmt *S = Statement->getStmt();
  if (const auto *Call = dyn_cast<CallExpr>(S))
    return F.visitCall(Call);
  if (const auto *K = dyn_cast<CXXConstructExpr>(S))
    return F.visitConstruct(K);
  if (const auto *D = dyn_cast<DeclStmt>(S))
    return visitDeclarations(F, D);
  if (const auto *L = dyn_cast<LambdaExpr>(S))
    return visitLambda(F, L);
  if (const auto *R = dyn_cast<ReturnStmt>(S)) {
    QualType T = F.Fn->getReturnType();
    if (R->getRetValue())
      F.Unit.Fds.returns(F.Fn, R->getRetValue());
    if (R->getRetValue() && F.Unit.guard(T->getAsCXXRecordDecl()))
      F.returnGuard(R->getRetValue());
    if (R->getRetValue() && T->isRecordType())
      F.visitMove(returnedVariable(R->getRetValue()), R->getRetValue());
    if (R->getRetValue() && (T->isAnyPointerType() || T->isReferenceType() || isPointerLike(T))) {
      const Expr *V = strip(R->getRetValue());
      if (V->isNullPointerConstant(F.Unit.Ast, Expr::NPC_ValueDependentIsNull) ==
          Expr::NPCK_NotNull)
        F.Facts.Returns.push_back(T->isReferenceType() ? F.lvalue(V) : F.pointee(V));
    }
    return;
  }
  F.visitAccess(S);
  if (const auto *B = dyn_cast<BinaryOperator>(S);
      B && (B->getOpcode() == BO_Assign || B->getOpcode() == BO_OrAssign))
    F.Unit.Fds.assign(B->getLHS(), B->getRHS());
  if (const auto *B = dyn_cast<BinaryOperator>(S); B && B->isAssignmentOp())
    if (const auto *D = dyn_cast<DeclRefExpr>(strip(B->getLHS())))
      if (const auto *V = dyn_cast<VarDecl>(D->getDecl())) {
        F.keepResult(V, B->getOpcode() == BO_Assign ? B->getRHS() : nullptr);
        if (B->getOpcode() == BO_Assign && F.TryOps.contains(strip(B->getRHS())))
          F.TryResults[V] = strip(B->getRHS());
      }
}

/// Blocks of the natural loop of the edge Back -> Header.
llvm::SmallVector<const CFGBlock *, 16> naturalLoop(const CFGBlock *Back, const CFGBlock *Header) {
  llvm::SmallVector<const CFGBlock *, 16> Loop{Header}, Work;
  llvm::DenseSet<const CFGBlock *> Seen{Header};
  if (Seen.insert(Back).second)
    Loop.push_back(Back), Work.push_back(Back);
  while (!Work.empty())
    for (const CFGBlock::AdjacentBlock &P : Work.pop_back_val()->preds())
      if (const CFGBlock *B = P.getReachableBlock(); B && Seen.insert(B).second)
        Loop.push_back(B), Work.push_back(B);
  return Loop;
}

/// On the branch where a thread turns out not to be there, it has ended as after a join.
struct EndedBranch {
  uint32_t Block, Successor;
  Join As;
};

std::optional<EndedBranch> branchOnAsked(FunctionContext &F, const Expr *Condition,
                                         uint32_t Block) {
  bool Negated = false;
  Condition = strip(Condition);
  while (const auto *U = dyn_cast<UnaryOperator>(Condition)) {
    if (U->getOpcode() != UO_LNot)
      return std::nullopt;
    Negated = !Negated;
    Condition = strip(U->getSubExpr());
  }
  auto It = F.Asked.find(Condition);
  if (It == F.Asked.end())
    return std::nullopt;
  return EndedBranch{Block, Negated ? 0u : 1u, It->second};
}

/// The join of the same handle on the other branch, if there is one: then it is joined on
/// both.
uint32_t joinLike(FunctionFacts &Facts, const Join &As) {
  auto It = llvm::find_if(Facts.Joins, [&](const Join &J) {
    return J.Kind == As.Kind && J.Handle == As.Handle && J.Loop == As.Loop;
  });
  if (It == Facts.Joins.end())
    It = Facts.Joins.insert(It, As);
  return It - Facts.Joins.begin();
}

/// A block of its own on each such branch, behind the one that asks.
void insertEnded(FunctionFacts &Facts, llvm::ArrayRef<EndedBranch> Ended) {
  std::vector<Block> &Blocks = Facts.Blocks;
  std::vector<Block> Out;
  std::vector<uint32_t> Moved(Blocks.size());
  for (uint32_t I = 0, Next = 0; I < Blocks.size(); ++I)
    Moved[I] = Next++, Next += llvm::count_if(Ended, [&](auto &E) { return E.Block == I; });
  for (uint32_t I = 0; I < Blocks.size(); ++I) {
    for (uint32_t &N : Blocks[I].Next)
      N = Moved[N];
    Out.push_back(std::move(Blocks[I]));
    for (const EndedBranch &E : Ended) {
      if (E.Block != I)
        continue;
      Block Branch;
      uint32_t &To = Out[Moved[I]].Next[E.Successor];
      Branch.Events.push_back({EventKind::Join, joinLike(Facts, E.As)});
      Branch.Next.push_back(To);
      Branch.Loop = Out[Moved[I]].Loop;
      To = Out.size();
      Out.push_back(std::move(Branch));
    }
  }
  Blocks = std::move(Out);
}

/// Leaves out blocks where nothing happens and the way on is clear. What is returned is
/// kept where it can depend on a start.
void skipEmptyBlocks(std::vector<Block> &Blocks) {
  bool Keeps = llvm::any_of(Blocks, [](const Block &B) {
    return B.Decides || B.Switched != None || (B.Returned && B.Returned->Call != None);
  });
  std::vector<uint32_t> Forward(Blocks.size());
  for (uint32_t I = Blocks.size(); I-- > 0;) {
    Forward[I] = I;
    const Block &B = Blocks[I];
    // Reverse post-order: a successor in front of I closes a loop and stays.
    if (I != 0 && B.Events.empty() && B.Next.size() == 1 && B.Next[0] > I &&
        (!Keeps || B.Returns == ReturnKind::None))
      Forward[I] = Forward[B.Next[0]];
  }
  std::vector<uint32_t> Numbers(Blocks.size(), None);
  uint32_t Kept = 0;
  for (uint32_t I = 0; I < Blocks.size(); ++I)
    if (Forward[I] == I)
      Numbers[I] = Kept++;
  for (uint32_t I = 0; I < Blocks.size(); ++I) {
    if (Numbers[I] == None)
      continue;
    for (uint32_t &N : Blocks[I].Next)
      N = Numbers[Forward[N]];
    if (Numbers[I] != I)
      Blocks[Numbers[I]] = std::move(Blocks[I]);
  }
  Blocks.resize(Kept);
}

} // namespace

void extractGraph(FunctionContext &F) {
  std::unique_ptr<CFG> Graph = CFG::buildCFG(F.Fn, F.Fn->getBody(), &F.Unit.Ast, options());
  if (!Graph) {
    F.Facts.Incomplete = Symbol("its control flow could not be built");
    return;
  }
  llvm::DenseMap<const CFGBlock *, uint32_t> Numbers;
  llvm::SmallVector<const CFGBlock *, 32> Order;
  {
    llvm::SmallVector<std::pair<const CFGBlock *, CFGBlock::const_succ_iterator>, 32> Stack;
    llvm::DenseSet<const CFGBlock *> Seen;
    auto Push = [&](const CFGBlock *B) {
      if (Seen.insert(B).second)
        Stack.push_back({B, B->succ_begin()});
    };
    Push(&Graph->getEntry());
    while (!Stack.empty()) {
      auto &[B, Next] = Stack.back();
      if (Next == B->succ_end()) {
        Order.push_back(B);
        Stack.pop_back();
        continue;
      }
      if (const CFGBlock *S = (Next++)->getReachableBlock())
        Push(S);
    }
    std::reverse(Order.begin(), Order.end());
  }
  for (const CFGBlock *B : Order)
    Numbers[B] = Numbers.size();

  // The block, and those that control surely came through, the last one first.
  auto Before = [&](uint32_t Block) {
    llvm::SmallVector<uint32_t, 8> Out{Block};
    for (const CFGBlock *B = Order[Block]; B->pred_size() == 1 && Out.size() < 8;) {
      B = B->pred_begin()->getReachableBlock();
      if (!B || !Numbers.contains(B) || Numbers[B] >= Block)
        break;
      Out.push_back(Numbers[B]);
    }
    return Out;
  };
  llvm::SmallVector<EndedBranch, 2> Ended;
  F.Facts.Blocks.resize(Order.size());
  for (uint32_t I = 0; I < Order.size(); ++I) {
    Block &Out = F.Facts.Blocks[I];
    F.Out = &Out.Events;
    F.Results.emplace_back();
    const ReturnStmt *Return = nullptr;
    for (const CFGElement &E : inOrder(*Order[I], F.Unit.Sources)) {
      visitElement(F, E);
      if (auto S = E.getAs<CFGStmt>(); S && isa<ReturnStmt>(S->getStmt()))
        Return = cast<ReturnStmt>(S->getStmt());
    }
    F.Out = nullptr;
    if (Return)
      F.returnResult(Return->getRetValue(), Before(I), Out);
    if (Order[I]->hasNoReturnElement())
      Out.Next.push_back(I); // abort() and its like never reach the exit
    else
      for (const CFGBlock::AdjacentBlock &S : Order[I]->succs())
        if (const CFGBlock *B = S.getReachableBlock())
          Out.Next.push_back(Numbers[B]);
    if (!Order[I]->hasNoReturnElement())
      F.switchOnResult(*Order[I], Before(I), Out);
    if (Order[I]->succ_size() == 2 && Out.Next.size() == 2)
      if (const auto *Condition = dyn_cast_or_null<Expr>(Order[I]->getTerminatorCondition())) {
        F.branchOnTry(Condition, Out);
        F.branchOnResult(Condition, Before(I), Out);
        if (auto It = F.Tests.find(Condition->IgnoreParenImpCasts()); It != F.Tests.end())
          Out.Test =
              It->second.second ? Symbol(("!" + It->second.first.str()).str()) : It->second.first;
      }
    if (Order[I]->succ_size() == 2 && Out.Next.size() == 2 && !F.Asked.empty())
      if (const auto *Condition = dyn_cast_or_null<Expr>(Order[I]->getTerminatorCondition()))
        if (std::optional<EndedBranch> E = branchOnAsked(F, Condition, I))
          Ended.push_back(*E);
  }
  if (F.Facts.LockOps.empty() && F.Facts.Syncs.empty())
    F.Facts.Steps.clear();
  // Once all waits are known.
  for (uint32_t I = 0; I < Order.size() && !F.WaitLoops.empty(); ++I)
    F.leaveWaitLoops(*Order[I], F.Facts.Blocks[I]);
  // Innermost loops win: small natural loops are entered last.
  struct Natural {
    uint32_t Loop;
    llvm::SmallVector<const CFGBlock *, 16> Blocks;
  };
  std::vector<Natural> All;
  for (const CFGBlock *B : Order)
    if (const Stmt *Target = B->getLoopTarget())
      if (auto It = F.Loops.find(Target); It != F.Loops.end())
        for (const CFGBlock::AdjacentBlock &S : B->succs())
          if (const CFGBlock *Header = S.getReachableBlock())
            All.push_back({It->second, naturalLoop(B, Header)});
  llvm::sort(All, [](const Natural &A, const Natural &B) {
    return std::make_pair(B.Blocks.size(), A.Loop) < std::make_pair(A.Blocks.size(), B.Loop);
  });
  for (const Natural &N : All)
    for (const CFGBlock *B : N.Blocks)
      if (auto It = Numbers.find(B); It != Numbers.end())
        F.Facts.Blocks[It->second].Loop = N.Loop;
  if (!Ended.empty())
    insertEnded(F.Facts, Ended);
  skipEmptyBlocks(F.Facts.Blocks);
  bool Silent = llvm::all_of(F.Facts.Blocks, [](const Block &B) {
    return llvm::all_of(B.Events, [](Event E) { return E.Kind == EventKind::LifetimeEnd; });
  });
  if (Silent)
    F.Facts.Blocks.clear();
}

} // namespace heddle
