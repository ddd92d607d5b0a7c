#include "facts/descriptors.h"
#include "facts/context.h"

namespace heddle {

using namespace clang;

namespace {

/// The standard streams of a process (unistd.h).
constexpr int64_t LastStandard = 2;
constexpr unsigned MaxDepth = 16;

bool isInteger(QualType T) { return T.getNonReferenceType()->isIntegerType(); }

} // namespace

bool Descriptors::State::add(const State &O, bool Kinds) {
  State Before = *this;
  NonBlocking |= O.NonBlocking;
  if (Kinds) {
    Mixed |= O.Mixed || (Kind != DescriptorKind::Unknown && O.Kind != DescriptorKind::Unknown &&
                         Kind != O.Kind);
    Mixed |= Kind == DescriptorKind::Socket && O.Kind == Kind && Datagram != O.Datagram;
    if (Kind == DescriptorKind::Unknown)
      Kind = O.Kind, Datagram = O.Datagram;
  }
  return NonBlocking != Before.NonBlocking || Mixed != Before.Mixed || Kind != Before.Kind;
}

/// The variable or member that E names; an array for its elements.
const ValueDecl *Descriptors::holder(const Expr *E) const {
  for (unsigned Depth = 0; E && Depth < MaxDepth; ++Depth) {
    E = strip(E);
    if (const auto *A = dyn_cast<ArraySubscriptExpr>(E))
      E = A->getBase();
    else if (const auto *U = dyn_cast<UnaryOperator>(E);
             U && (U->getOpcode() == UO_AddrOf || U->getOpcode() == UO_Deref))
      E = U->getSubExpr();
    else if (const auto *M = dyn_cast<MemberExpr>(E))
      return dyn_cast<ValueDecl>(M->getMemberDecl()->getCanonicalDecl());
    else if (const auto *D = dyn_cast<DeclRefExpr>(E))
      return isa<VarDecl>(D->getDecl()) ? cast<ValueDecl>(D->getDecl()->getCanonicalDecl())
                                        : nullptr;
    else
      return nullptr;
  }
  return nullptr;
}

/// All bits that E may have, as far as constants say: of `flags | O_NONBLOCK` that one, and
/// those that flags was given.
int64_t Descriptors::bitsIn(const Expr *E, unsigned Depth) const {
  if (Depth > MaxDepth)
    return 0;
  E = strip(E);
  if (std::optional<int64_t> N = constantOf(E, Unit.Ast))
    return *N;
  if (const auto *B = dyn_cast<BinaryOperator>(E); B && B->getOpcode() == BO_Or)
    return bitsIn(B->getLHS(), Depth + 1) | bitsIn(B->getRHS(), Depth + 1);
  if (const auto *C = dyn_cast<ConditionalOperator>(E))
    return bitsIn(C->getTrueExpr(), Depth + 1) | bitsIn(C->getFalseExpr(), Depth + 1);
  const ValueDecl *V = holder(E);
  return V ? Flags.lookup(V) : 0;
}

void Descriptors::call(const CallExpr *E, const DescriptorModel &M) {
  auto At = [&](int64_t Number) {
    return Number >= 0 && Number < E->getNumArgs() ? E->getArg(Number) : nullptr;
  };
  if (M.When != -1 && (!At(1) || constantOf(At(1), Unit.Ast) != M.When))
    return;
  State S;
  constexpr int64_t TypeMask = 0xf, Stream = 1; // of socket(2)
  S.Kind = M.Gives;
  if (std::optional<int64_t> Type =
          At(M.Type) ? constantOf(strip(At(M.Type)), Unit.Ast) : std::nullopt)
    S.Datagram = (*Type & TypeMask) != Stream;
  if (M.Bit != 0)
    S.NonBlocking = At(M.Flags) && (bitsIn(At(M.Flags)) & M.Bit) != 0;
  else
    S.NonBlocking = M.Gives == DescriptorKind::Unknown;
  Unit.Facts.NonBlocking |= S.NonBlocking;
  if (!At(M.On))
    Given[E] = S;
  else if (const ValueDecl *V = holder(At(M.On)))
    States[V].add(S, /*Kinds=*/true);
}

void Descriptors::argument(const FunctionDecl *Callee, unsigned Number, const Expr *E) {
  if (Number >= Callee->getNumParams() || !isInteger(Callee->getParamDecl(Number)->getType()))
    return;
  const FunctionDecl *Body = Callee->getDefinition() ? Callee->getDefinition() : Callee;
  if (const ValueDecl *V = holder(E))
    Edges.push_back({V, Body->getParamDecl(Number), /*Kinds=*/false});
}

void Descriptors::assign(const ValueDecl *To, const Expr *Value) {
  if (!To || !isInteger(To->getType()))
    return;
  To = cast<ValueDecl>(To->getCanonicalDecl());
  const Expr *V = strip(Value);
  if (int64_t Bits = bitsIn(V))
    Flags[To] |= Bits;
  if (const ValueDecl *From = holder(V)) {
    Edges.push_back({To, From, /*Kinds=*/true});
    Edges.push_back({From, To, /*Kinds=*/false});
  } else if (const auto *C = dyn_cast<CallExpr>(V)) {
    if (auto It = Given.find(C); It != Given.end())
      States[To].add(It->second, /*Kinds=*/true);
    else if (const FunctionDecl *F = C->getDirectCallee())
      Edges.push_back({To, F->getCanonicalDecl(), /*Kinds=*/true});
  }
}

void Descriptors::assign(const Expr *To, const Expr *Value) { assign(holder(To), Value); }

void Descriptors::returns(const FunctionDecl *F, const Expr *Value) {
  if (!isInteger(F->getReturnType()))
    return;
  const ValueDecl *To = F->getCanonicalDecl();
  const Expr *V = strip(Value);
  if (const ValueDecl *From = holder(V))
    Edges.push_back({To, From, /*Kinds=*/true});
  else if (const auto *C = dyn_cast<CallExpr>(V)) {
    if (auto It = Given.find(C); It != Given.end())
      States[To].add(It->second, /*Kinds=*/true);
    else if (const FunctionDecl *Callee = C->getDirectCallee())
      Edges.push_back({To, Callee->getCanonicalDecl(), /*Kinds=*/true});
  }
}

void Descriptors::wait(const Expr *On, uint32_t Blocking, const BlockingModel &M) {
  Waits.push_back({Unit.Facts.Functions.size(), Blocking, holder(On), M.Peer,
                   constantOf(strip(On), Unit.Ast).value_or(-1)});
}

void Descriptors::finish() {
  for (bool Again = !Waits.empty(); Again;) {
    Again = false;
    for (const Edge &E : Edges)
      if (auto From = States.find(E.From); From != States.end()) {
        State Of = From->second;
        Again |= States[E.To].add(Of, E.Kinds);
      }
  }
  auto Category = [](const State &S, BlockCategory Old) {
    if (S.Mixed)
      return Old;
    switch (S.Kind) {
    case DescriptorKind::Socket:
      return BlockCategory::Socket;
    case DescriptorKind::File:
      return BlockCategory::File;
    case DescriptorKind::Pipe:
    case DescriptorKind::Event:
      return BlockCategory::Ipc;
    case DescriptorKind::Terminal:
      return BlockCategory::Terminal;
    case DescriptorKind::Unknown:
      break;
    }
    return Old;
  };
  // Backwards, so that what is taken away leaves the other numbers as they are.
  for (const Wait &W : llvm::reverse(Waits)) {
    if (W.Function >= Unit.Facts.Functions.size())
      continue;
    std::vector<BlockingCall> &All = Unit.Facts.Functions[W.Function].Blocking;
    if (W.Blocking >= All.size())
      continue;
    State S = W.On ? States.lookup(W.On) : State();
    if (W.Number >= 0 && W.Number <= LastStandard)
      S.Kind = DescriptorKind::Terminal;
    bool Alone = W.Peer && S.Datagram && !S.Mixed;
    // A file waits whatever its flags say (open(2)).
    if (Alone || (S.NonBlocking && S.Kind != DescriptorKind::File))
      All.erase(All.begin() + W.Blocking);
    else {
      All[W.Blocking].Category = Category(S, All[W.Blocking].Category);
      All[W.Blocking].Known = S.Kind != DescriptorKind::Unknown && !S.Mixed;
    }
  }
}

} // namespace heddle
