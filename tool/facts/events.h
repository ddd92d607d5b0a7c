/// The steps of a function that matter to concurrency, in the order of evaluation within
/// each block of its control-flow graph: see facts.h.
#pragma once

#include "facts/place.h"

#include <optional>
#include <vector>

namespace heddle {

/// Pointer holds the address of Target, at least on some path of this function
/// (flow-insensitive): `p = &g`, `p = q` (Target is q*), `T &r = x`, a
/// constructor's `field(param)`, `ctx.counter = &n`, a lock guard g and the
/// mutex it manages (several for scoped_lock).
struct Binding {
  Place Pointer, Target;
  Span At;
};

/// A read or write of memory that may be visible outside this activation.
/// Locals are listed only when their address escapes (captured by reference,
/// bound to a pointer or reference). `x++` is a read and a write.
struct Access {
  Place What;
  AccessKind Kind = AccessKind::Read;
  bool Ends = false; ///< A write after which the object is gone: `delete`, `free`.
  /// USR of the variable or field named last, empty for an element or pointee.
  Symbol Member;
  /// As the source spells it: `counter`, `this->hits`, `conn->state`.
  Symbol Text;
  /// Printed type of the accessed object.
  Symbol Type;
  /// Bytes; 0 when not known. Object is the variable, element or pointee that the
  /// accessed member is in, and Offset where; Object is Size for no member.
  uint64_t Size = 0, Offset = 0, Object = 0;
  Span At;
};

enum class LockOpKind : uint8_t {
  Acquire,
  Release,
  /// Acquires only on the branch named by Block::Try.
  TryAcquire,
  /// A guard takes over what is held already.
  Adopt,
  /// Is made ready, or ended: the object it is in is nobody else's at this time.
  Prepare,
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(LockOpKind);

/// What excludes others while it is held.
enum class LockSort : uint8_t {
  Mutex,
  Semaphore, ///< As far as it lets one in at a time: see SyncKind::Init.
  Flag,      ///< An atomic that is tested and set.
  Once,      ///< The flag of what is done once, while it is done.
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(LockSort);

/// A mutex, spinlock, critical section... is taken or given back. `Mutex` is
/// the lock object itself, or what a guard manages ({Local guard, "*"}), which
/// the guard's Binding resolves.
struct LockOp {
  LockOpKind Kind = LockOpKind::Acquire;
  Place Mutex;
  bool Shared = false; ///< Taken for reading only.
  LockSort Sort = LockSort::Mutex;
  /// A thread that holds it and takes it again waits for itself; false when that
  /// is not known.
  bool Strict = false;
  /// USR of the data member that is the lock; empty for other variables, and for
  /// what a pointer or guard leads to.
  Symbol Member;
  Symbol Text; ///< As the source spells the lock: `mu_`, `db->mutex`.
  Span At;
};

/// A function, method or lambda that is passed as argument Arg of a call.
struct Callable {
  uint32_t Arg = 0;
  Symbol Usr, Name;
  Place Object; ///< As Call::Object, for the call that will be made of it.
};

/// A call, also an implicit one: destructors of automatic objects and
/// constructors of user classes are calls.
struct Call {
  /// USR of the callee; empty when it is reached through a pointer we cannot
  /// name. For a virtual call, the statically named method.
  Symbol Callee;
  /// Qualified name for messages: `leveldb::DBImpl::Get`.
  Symbol Name;
  /// The callee is virtual and the object's dynamic type is not known: any
  /// overrider (FunctionFacts::Overrides) may be called.
  bool Virtual = false;
  /// No direct call: a callable that is passed to a function without a body
  /// here (std::for_each, qsort) and is taken to be called by it.
  bool ViaArgument = false;
  /// What is called is parameter number so and so of the function: callers name it in
  /// Callables.
  uint32_t CalleeParameter = None;
  /// Callee's definition is in a system header or not analysed by design;
  /// its effects are those of the API models and of its Accesses here.
  bool System = false;
  /// What `this` points to; Unknown for a free function.
  Place Object;
  /// For each argument, what it points or refers to: `f(&x)` and `f(x)` with a
  /// reference parameter give x, `f(p)` gives p*. Unknown for plain values.
  std::vector<Place> Args;
  /// For the object and each argument: USR of the data member of class type that
  /// is handed over, as `mu` by `lock(&q->mu)`. Empty when there is none.
  std::vector<Symbol> Members;
  std::vector<Callable> Callables;
  /// Innermost entry of FunctionFacts::Loops around the call, or None.
  uint32_t Loop = None;
  bool Caught = false;     ///< Within a try, whose handlers are taken to fit.
  uint32_t TryLoop = None; ///< Innermost loop around that try.
  /// As in LoopAccess. Order is 0 when the place in the order is not known.
  uint32_t Order = 0, Arm = None;
  Span At;
};

enum class BlockCategory : uint8_t {
  File,
  Network,
  Socket,
  Dns,
  Process,
  Sleep,
  Lock,
  Terminal,
  Database,
  Ipc,
  SyncWait,
  Gpu,
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(BlockCategory);

enum class BlockWhen : uint8_t { Always, Maybe, IfNotNonblocking };
llvm::ArrayRef<llvm::StringLiteral> enumNames(BlockWhen);

/// How far a row may be used: A alone is worth a report, B only in a sensitive
/// context such as under a lock, C is evidence only.
enum class Tier : uint8_t { A, B, C };
llvm::ArrayRef<llvm::StringLiteral> enumNames(Tier);

/// The call Calls[Call] matches a row of the blocking models.
struct BlockingCall {
  uint32_t Call = None;
  Symbol Row; ///< Name of the row: `fsync`, `std::future::get`.
  BlockCategory Category = BlockCategory::File;
  BlockWhen When = BlockWhen::Maybe;
  Tier Level = Tier::B;
  /// Non-blocking or asynchronous counterpart that a message can name.
  Symbol Instead;
  /// The lock that is given up while waiting (condition variables).
  Place Releases;
  /// What is waited on or read: the descriptor, stream, future, mutex.
  Place On;
  /// What the descriptor stands for is known, and nothing makes it non-blocking.
  bool Known = false;
};

enum class LaunchKind : uint8_t {
  Thread,
  Task,
  ParallelRegion,
  Process,
  Signal,
  Handler,
  Coroutine,
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(LaunchKind);

/// Something that may run at once with the code after it is started here.
struct Launch {
  LaunchKind Kind = LaunchKind::Thread;
  Symbol Api;   ///< Name of the model's row: `pthread_create`.
  Symbol Entry; ///< USR of the function started; empty when not known.
  Symbol EntryName;
  /// When the function started is a parameter of this function (a wrapper such
  /// as `spawn(fn, arg)`): its index. Callers name it in Call::Callables.
  uint32_t EntryParameter = None;
  /// As in Call, for the call of Entry that the new thread makes. For a lambda
  /// that captures `this`, Object is what that `this` points to.
  Place Object;
  std::vector<Place> Args;
  /// The std::thread, pthread_t or future that stands for it; Unknown when it
  /// is dropped.
  Place Handle;
  uint32_t Loop = None;
  /// What is passed on is computed by a division, remainder or mask: several starts may
  /// get the same.
  bool Repeats = false;
  /// The handle's destructor waits (jthread, future of std::async).
  bool JoinsAtEnd = false;
  bool Returned = false; ///< The function returns the handle at once.
  /// An event loop calls the entry, and serves nobody else until it returns.
  bool OnLoop = false;
  uint32_t Call = None; ///< Of Api: index into FunctionFacts::Calls.
  /// What the call gives when it has started something, and what it gives in the new
  /// process; -1 when it does not tell.
  int64_t Succeeds = -1, Child = -1;
  /// Of a handler: the number of the signal that it is for; -1 when it is no constant.
  int64_t Signal = -1;
  Span At;
};

/// Memory is got or given back by a global `new` or `delete`: the heap of the whole
/// program is used.
struct Allocation {
  bool Frees = false;
  Span At;
};

/// Move: the handle is moved from, or returned; what it stands for goes on.
enum class JoinKind : uint8_t { Join, Detach, Move };
llvm::ArrayRef<llvm::StringLiteral> enumNames(JoinKind);

/// The caller waits for the end of what Handle stands for (or lets it go).
struct Join {
  JoinKind Kind = JoinKind::Join;
  Place Handle;
  /// As for Call. `for (auto &t : threads) t.join()` joins all of `threads`
  /// once the loop is left.
  uint32_t Loop = None;
  Span At;
};

enum class SyncKind : uint8_t {
  /// What came before it is seen by who waits on the same object: notify, post,
  /// count_down, set_value, a store with release order.
  Signal,
  /// The other end; emitted where a wait loop is left as well.
  Wait,
  Both, ///< arrive_and_wait, an atomic exchange.
  Init, ///< Count is how many must meet, or may come in.
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(SyncKind);

/// One end of a synchronizes-with edge ([intro.races]) other than those of
/// locks, starts and joins.
struct SyncOp {
  SyncKind Kind = SyncKind::Signal;
  Place Object; ///< The condition variable, semaphore, latch, atomic.
  Symbol Text;
  int64_t Count = -1; ///< Of Init; -1 when it is not a constant.
  /// Of a Wait: the integer that is waited to become zero. Of a Signal: the one that was
  /// added to before it, under the same lock.
  Place Counter;
  int64_t Step = 0; ///< Of a Signal: what was added. Of a Wait: what Counter begins with.
  Span At;
};

/// A constant is added to an integer that others may see, in a function that locks or
/// signals.
struct CounterStep {
  Place Counter;
  int64_t By = 0;
};

/// The scope of a local is left whose address is out, or that holds a handle of
/// a launch. Destructors and these stand in the order of destruction.
struct LifetimeEnd {
  Place What;
  bool Leaves = false; ///< With the function.
  Span At;             ///< Last token of the scope, or the return, break, goto.
};

enum class EventKind : uint8_t {
  Access,
  LockOp,
  Call,
  Launch,
  Join,
  Sync,
  LifetimeEnd,
  Allocation,
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(EventKind);

/// One step of a block: Index into the vector of FunctionFacts named by Kind.
struct Event {
  EventKind Kind = EventKind::Access;
  uint32_t Index = 0;
};

enum class Relation : uint8_t { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };
llvm::ArrayRef<llvm::StringLiteral> enumNames(Relation);

/// Whether the value that a call gives stands in this relation to a constant.
struct ResultTest {
  uint32_t Call = None; ///< Index into FunctionFacts::Calls.
  Relation Is = Relation::NotEqual;
  int64_t To = 0;

  bool holds(int64_t Value) const;
};

/// What a block makes the function return.
enum class ReturnKind : uint8_t {
  None,     ///< It is left elsewhere, or returns nothing.
  Unknown,  ///< What nothing is known of.
  Constant, ///< Returned.To.
  Result,   ///< What Returned.Call gives.
  Test,     ///< 1 when Returned holds, otherwise 0.
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(ReturnKind);

/// A basic block. Block 0 is the entry; a block without Next leaves the
/// function; one that calls a function that never returns follows itself.
struct Block {
  std::vector<Event> Events;
  std::vector<uint32_t> Next;
  uint32_t Loop = None; ///< Innermost loop that contains the block.
  /// When the block ends in a branch on the result of a try-lock, or of a lock that
  /// can fail: index into LockOps. Next[TryTaken] is the successor that holds it.
  uint32_t Try = None;
  uint32_t TryTaken = 0;
  /// When it ends in a branch on a condition that is asked more than once: its
  /// text, after `!` when Next[0] is taken for false. Until control goes back to
  /// the head of a loop, the same text has the same value.
  Symbol Test;
  /// When it ends in a branch on what a call has given: Next[0] is taken when this holds.
  /// Only of calls that may start something.
  std::optional<ResultTest> Decides;
  /// When it ends in a `switch` on what such a call has given: index of the call, and
  /// for each of Next the value that leads there, nothing for all other values.
  uint32_t Switched = None;
  std::vector<std::optional<int64_t>> Cases;
  /// Of integers and truth values only.
  ReturnKind Returns = ReturnKind::None;
  std::optional<ResultTest> Returned;
};

template <class F> void fields(Binding &S, F &&f) {
  f("pointer", S.Pointer);
  f("target", S.Target);
  f("at", S.At);
}
template <class F> void fields(Access &S, F &&f) {
  f("what", S.What);
  f("kind", S.Kind);
  f("ends", S.Ends);
  f("member", S.Member);
  f("text", S.Text);
  f("type", S.Type);
  f("size", S.Size);
  f("offset", S.Offset);
  f("object", S.Object);
  f("at", S.At);
}
template <class F> void fields(LockOp &S, F &&f) {
  f("kind", S.Kind);
  f("mutex", S.Mutex);
  f("shared", S.Shared);
  f("sort", S.Sort);
  f("strict", S.Strict);
  f("member", S.Member);
  f("text", S.Text);
  f("at", S.At);
}
template <class F> void fields(SyncOp &S, F &&f) {
  f("kind", S.Kind);
  f("object", S.Object);
  f("text", S.Text);
  f("count", S.Count);
  f("counter", S.Counter);
  f("step", S.Step);
  f("at", S.At);
}
template <class F> void fields(CounterStep &S, F &&f) {
  f("counter", S.Counter);
  f("by", S.By);
}
template <class F> void fields(Callable &S, F &&f) {
  f("arg", S.Arg);
  f("usr", S.Usr);
  f("name", S.Name);
  f("object", S.Object);
}
template <class F> void fields(Call &S, F &&f) {
  f("callee", S.Callee);
  f("name", S.Name);
  f("virtual", S.Virtual);
  f("viaArgument", S.ViaArgument);
  f("calleeParameter", S.CalleeParameter);
  f("system", S.System);
  f("object", S.Object);
  f("args", S.Args);
  f("members", S.Members);
  f("callables", S.Callables);
  f("loop", S.Loop);
  f("caught", S.Caught);
  f("tryLoop", S.TryLoop);
  f("order", S.Order);
  f("arm", S.Arm);
  f("at", S.At);
}
template <class F> void fields(BlockingCall &S, F &&f) {
  f("call", S.Call);
  f("row", S.Row);
  f("category", S.Category);
  f("when", S.When);
  f("level", S.Level);
  f("instead", S.Instead);
  f("releases", S.Releases);
  f("on", S.On);
  f("known", S.Known);
}
template <class F> void fields(Launch &S, F &&f) {
  f("kind", S.Kind);
  f("api", S.Api);
  f("entry", S.Entry);
  f("entryName", S.EntryName);
  f("entryParameter", S.EntryParameter);
  f("object", S.Object);
  f("args", S.Args);
  f("handle", S.Handle);
  f("loop", S.Loop);
  f("repeats", S.Repeats);
  f("joinsAtEnd", S.JoinsAtEnd);
  f("returned", S.Returned);
  f("onLoop", S.OnLoop);
  f("call", S.Call);
  f("succeeds", S.Succeeds);
  f("child", S.Child);
  f("signal", S.Signal);
  f("at", S.At);
}
template <class F> void fields(Allocation &S, F &&f) {
  f("frees", S.Frees);
  f("at", S.At);
}
template <class F> void fields(Join &S, F &&f) {
  f("kind", S.Kind);
  f("handle", S.Handle);
  f("loop", S.Loop);
  f("at", S.At);
}
template <class F> void fields(LifetimeEnd &S, F &&f) {
  f("what", S.What);
  f("leaves", S.Leaves);
  f("at", S.At);
}
template <class F> void fields(Event &S, F &&f) {
  f("kind", S.Kind);
  f("index", S.Index);
}
template <class F> void fields(ResultTest &S, F &&f) {
  f("call", S.Call);
  f("is", S.Is);
  f("to", S.To);
}
template <class F> void fields(Block &S, F &&f) {
  f("events", S.Events);
  f("next", S.Next);
  f("loop", S.Loop);
  f("try", S.Try);
  f("tryTaken", S.TryTaken);
  f("test", S.Test);
  f("decides", S.Decides);
  f("switched", S.Switched);
  f("cases", S.Cases);
  f("returns", S.Returns);
  f("returned", S.Returned);
}

} // namespace heddle
