/// A lock in memory that processes share, made for the threads of one: each process may
/// keep its waiters by an address of its own, and the kernel never wakes the others.
///
///     s = mmap(0, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
///     pthread_mutex_init(&s->lock, NULL);
///     fork();
#include "advice/check.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

namespace heddle {
namespace {

const CheckInfo Info{
    .Name = "unshared-lock",
    .Summary = "a lock in memory shared by processes that is not process-shared",
    .Guidelines = "P4",
    .Level = Severity::Warning,
    .DefaultOn = true,
    .Since = "0.1",
    .Documentation = R"(
## What it finds

A lock (mutex, read-write lock, condition variable, barrier, spin lock, semaphore) in memory that is
shared with other processes (`mmap` with `MAP_SHARED`, `shmat`) and that is made for the threads of one
process: without attributes, with attributes that `PTHREAD_PROCESS_SHARED` was not set in, with a
`pshared` of 0, or as a `std::mutex`. Memory without a name counts when the program forks.

## Why it matters

The C library waits for such a lock with a private futex, which the kernel looks up by the address space:
a process that unlocks does not wake a waiter in another process. It works as long as nobody has to
wait. POSIX and the C++ standard call it undefined.

## Example

```cpp
struct Shared { pthread_mutex_t lock; long count; };

void start() {
  auto *s = static_cast<Shared *>(mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  pthread_mutex_init(&s->lock, nullptr);
  if (fork() == 0) {
    pthread_mutex_lock(&s->lock);
```

> `s->lock` is in memory that processes share, and `pthread_mutex_init` makes it for the threads of one
> process: who waits for it in another process is not woken

Repair:

```cpp
  pthread_mutexattr_t shared;
  pthread_mutexattr_init(&shared);
  pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(&s->lock, &shared);
```

A process that dies with the lock held leaves it locked, unless it is robust as well
(`pthread_mutexattr_setrobust`).

## What it does not report

* Attributes that come from elsewhere, flags that are computed, and locks that are reached through
  pointers which may point to several objects.
)",
    .Options = {},
};

constexpr unsigned MaxCallers = 4;

std::string quote(llvm::StringRef S) { return ("`" + S + "`").str(); }

struct Mapping {
  FunctionId In = None;
  const Call *By = nullptr;
  bool Named = false; ///< Processes that are no children can map it as well.
};

class Finder {
public:
  Finder(const Program &P, Sink &Out) : P(P), Out(Out) {}

  void run() {
    for (FunctionId F = 0; F < P.Functions.size(); ++F)
      for (const Launch &L : P.facts(F).Launches)
        if (L.Kind == LaunchKind::Process && L.Child != -1 && !Fork)
          Fork = &L;
    each([&](FunctionId F, uint32_t C, const ApiModel &Api) {
      if (Api.SharedMemory)
        mapping(F, C, *Api.SharedMemory);
    });
    if (Mappings.empty())
      return;
    for (const UnitFacts &U : P.Units)
      for (const Field &X : U.Fields)
        TypeOf.try_emplace(X.Usr, X.Type);
    each([&](FunctionId F, uint32_t C, const ApiModel &Api) {
      if (Api.LockInit && (Api.LockInit->Attributes >= 0 || Api.LockInit->Shared >= 0) &&
          !Api.LockInit->Instead.empty())
        init(F, C, *Api.LockInit);
    });
    for (FunctionId F = 0; F < P.Functions.size(); ++F)
      for (const LockOp &L : P.facts(F).LockOps)
        if (L.Kind == LockOpKind::Acquire)
          locked(F, L);
  }

private:
  /// Calls of known functions.
  void each(llvm::function_ref<void(FunctionId, uint32_t, const ApiModel &)> Do) const {
    for (FunctionId F = 0; F < P.Functions.size(); ++F)
      for (uint32_t C = 0; C < P.facts(F).Calls.size(); ++C) {
        const Call &Each = P.facts(F).Calls[C];
        if (Each.System && !Each.Name.empty() && P.Apis && P.function(F).Targets[C].empty())
          Do(F, C, P.Apis->find(Each.Name.str()));
      }
  }

  /// An integer argument, where it is a constant.
  std::optional<int64_t> constant(FunctionId F, uint32_t Call, int Argument) const {
    auto In = [&](const std::vector<LoopArgument> &All) -> std::optional<int64_t> {
      for (const LoopArgument &A : All)
        if (A.Call == Call && A.Argument == uint32_t(Argument) && A.Value.Known &&
            A.Value.Terms.empty() && A.Value.Through.empty())
          return A.Value.Constant;
      return std::nullopt;
    };
    const FunctionFacts &Facts = P.facts(F);
    if (std::optional<int64_t> V = In(Facts.Arguments))
      return V;
    for (const Loop &L : Facts.Loops)
      if (std::optional<int64_t> V = In(L.Arguments))
        return V;
    return std::nullopt;
  }

  /// The lock as the source spells it, of which the call gets the address.
  std::string spelled(FunctionId F, uint32_t Call, int Argument) const {
    auto In = [&](const std::vector<LoopArgument> &All) -> llvm::StringRef {
      for (const LoopArgument &A : All)
        if (A.Call == Call && A.Argument == uint32_t(Argument))
          return A.What.Text.str();
      return "";
    };
    const FunctionFacts &Facts = P.facts(F);
    llvm::StringRef Text = In(Facts.Arguments);
    for (const Loop &L : Facts.Loops)
      if (Text.empty())
        Text = In(L.Arguments);
    return Text.consume_front("&") ? quote(Text) : "this lock";
  }

  void mapping(FunctionId F, uint32_t C, const SharedMemoryModel &M) {
    if (M.Flags >= 0 && !(constant(F, C, M.Flags).value_or(0) & M.Bit))
      return;
    bool Named = M.File < 0 || constant(F, C, M.File) != -1;
    if (Named || Fork)
      Mappings.push_back({F, &P.facts(F).Calls[C], Named});
  }

  const Mapping *mappingOf(const Place &What) const {
    if (What.Root != RootKind::Heap)
      return nullptr;
    Span At = positionOf(What);
    for (const Mapping &M : Mappings)
      if (M.By->At.File == At.File && M.By->At.Line == At.Line && M.By->At.Column == At.Column)
        return &M;
    return nullptr;
  }

  /// The mapping that the place is in, also for a parameter that callers pass.
  const Mapping *sharedMemory(FunctionId F, const Place &What, Chain &Through,
                              unsigned Depth = 0) const {
    Place Here = resolve(P, F, What);
    if (const Mapping *M = mappingOf(Here))
      return M;
    if (Depth >= MaxCallers || (Here.Root != RootKind::Parameter && Here.Root != RootKind::This))
      return nullptr;
    for (auto [Caller, Index] : P.function(F).Callers) {
      if (Caller == F)
        continue;
      if (const Mapping *M =
              sharedMemory(Caller, translate(P, Caller, Index, Here), Through, Depth + 1)) {
        Through.insert(Through.begin(), {Caller, P.facts(Caller).Calls[Index].At});
        return M;
      }
    }
    return nullptr;
  }

  /// What the integer that says "for several processes" says; nothing when it is not known.
  std::optional<bool> saysShared(FunctionId F, uint32_t C, const LockInitModel &M) const {
    std::optional<int64_t> V = constant(F, C, M.Shared);
    if (!V)
      return std::nullopt;
    return M.Value ? *V == M.Value : *V != 0;
  }

  /// Whether the attributes were made for several processes; nothing when that is not known.
  std::optional<bool> attributes(FunctionId F, const Place &Given) const {
    if (!Given.known()) // as the facts say of a null pointer
      return Given.Name.str() == "null" ? std::optional(false) : std::nullopt;
    Place Wanted = resolve(P, F, Given);
    if (Wanted.Root != RootKind::Local && Wanted.Root != RootKind::Global)
      return std::nullopt;
    bool Shared = false, Unclear = false;
    for (FunctionId G = 0; G < P.Functions.size(); ++G) {
      if (Wanted.Root == RootKind::Local && G != F)
        continue;
      const FunctionFacts &Facts = P.facts(G);
      for (uint32_t C = 0; C < Facts.Calls.size(); ++C)
        for (size_t A = 0; A < Facts.Calls[C].Args.size(); ++A) {
          if (!(resolve(P, G, Facts.Calls[C].Args[A]) == Wanted))
            continue;
          if (!P.function(G).Targets[C].empty() || !Facts.Calls[C].System) {
            Unclear = true; // some function of the program may set it
            continue;
          }
          const LockInitModel *M = P.Apis->find(Facts.Calls[C].Name.str()).LockInit;
          if (!M || M->Shared < 0 || M->Lock != int(A))
            continue;
          std::optional<bool> Says = saysShared(G, C, *M);
          Shared |= Says.value_or(false);
          Unclear |= !Says;
        }
    }
    return Shared ? std::optional(true) : Unclear ? std::nullopt : std::optional(false);
  }

  void init(FunctionId F, uint32_t C, const LockInitModel &M) {
    const Call &Each = P.facts(F).Calls[C];
    if (M.Lock < 0 || size_t(M.Lock) >= Each.Args.size())
      return;
    Chain Through;
    const Mapping *In = sharedMemory(F, Each.Args[M.Lock], Through);
    if (!In)
      return;
    std::optional<bool> Shared;
    if (M.Shared >= 0)
      Shared = saysShared(F, C, M);
    else if (size_t(M.Attributes) < Each.Args.size())
      Shared = attributes(F, Each.Args[M.Attributes]);
    if (Shared != false)
      return;
    report(F, Each.At, *In, Through, M.Instead,
           spelled(F, C, M.Lock) + " is in memory that processes share, and " +
               quote(Each.Name.str()) + " makes it for the threads of one process",
           (Each.Name.str() + " " + P.facts(F).Name.str()).str());
  }

  /// A lock of a class that is for one process whatever is done.
  void locked(FunctionId F, const LockOp &L) {
    Symbol Type = L.Member ? TypeOf.lookup(L.Member) : Symbol();
    if (!Type)
      return;
    llvm::StringRef Base = Type.str();
    if (size_t Colon = Base.rfind("::"); Colon != llvm::StringRef::npos)
      Base = Base.drop_front(Colon + 2);
    const LockInitModel *M = P.Apis->find((Type.str() + "::" + Base).str()).LockInit;
    if (!M || M->Attributes >= 0 || M->Shared >= 0)
      return;
    Chain Through;
    const Mapping *In = sharedMemory(F, L.Mutex, Through);
    if (!In || !Members.insert(L.Member).second)
      return;
    report(F, L.At, *In, Through, M->Instead,
           quote(L.Text.str()) + " is in memory that processes share, and a " + quote(Type.str()) +
               " is for the threads of one process",
           (Type.str() + " " + P.facts(F).Name.str()).str());
  }

  void report(FunctionId F, const Span &At, const Mapping &In, const Chain &Through,
              const std::string &Instead, std::string Fact, std::string Identity) {
    Advice A;
    A.Check = Symbol(Info.Name);
    A.Level = Info.Level;
    A.Sure = In.Named ? Confidence::Medium : Confidence::High;
    A.At = At;
    A.Message = std::move(Fact) + ": who waits for it in another process is not woken";
    auto Note = [&](const llvm::Twine &What, const Span &Where) {
      A.For.push_back({What.str(), Symbol("P4"), 1, Where});
    };
    Note("the memory is shared here, by " + quote(In.By->Name.str()) +
             (In.Named ? ", with all processes that map the same" : ""),
         In.By->At);
    for (const Hop &H : Through)
      Note(quote(P.facts(H.In).Name.str()) + " hands it over here", H.At);
    if (!In.Named)
      Note("a process that has it as well is made here, by " + quote(Fork->Api.str()), Fork->At);
    Note("instead: " + Instead, At);
    A.Identity = std::move(Identity);
    Out.add(std::move(A));
  }

  const Program &P;
  Sink &Out;
  std::vector<Mapping> Mappings;
  const Launch *Fork = nullptr;
  llvm::DenseMap<Symbol, Symbol> TypeOf; ///< Of members.
  llvm::DenseSet<Symbol> Members;
};

void run(const Program &P, const CheckOptions &, Sink &Findings) { Finder(P, Findings).run(); }

} // namespace

HEDDLE_CHECK(Info, run)

} // namespace heddle
