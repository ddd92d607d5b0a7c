/// What known APIs do: which calls lock, block, start something, wait for it,
/// own or copy memory. The knowledge is in tool/models/*.yaml, compiled in, and
/// a user's `.heddle.yaml` adds rows under `models:`. No Clang here: a function
/// is looked up by its qualified name, and by the class that declares it.
#pragma once

#include "facts/facts.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace llvm {
class MemoryBufferRef;
}

namespace heddle {

/// Position of a value in a call: 0, 1, ... an argument; Object the implicit
/// object, ReturnValue what the call returns, NoPosition none. AnyCallable, of
/// LaunchModel::Entry only, stands for every argument that can be called: the
/// position differs between overloads, or there are several.
enum : int { NoPosition = -1, Object = -2, ReturnValue = -3, AnyCallable = -4 };

/// blocking.yaml: the call may wait.
struct BlockingModel {
  Symbol Name;
  BlockCategory Category = BlockCategory::File;
  BlockWhen When = BlockWhen::Maybe;
  Tier Level = Tier::B;
  Symbol Instead;
  int Flags = NoPosition;    ///< The argument with flags,
  int64_t Unless = 0;        ///< of which this one says not to wait.
  bool Peer = false;         ///< Only for the other end: datagrams have none to wait for.
  bool Events = false;       ///< It waits for events of many descriptors: an event loop.
  int Releases = NoPosition; ///< Lock (or guard) that is given up while waiting.
  int On = NoPosition;       ///< What is waited on.
  int Timeout = NoPosition;  ///< How long; a constant zero does not wait.
};

enum class LockRole : uint8_t {
  Lock,
  Unlock,
  TryLock, ///< On a mutex (free function or method), or on a guard.
  Guard,   ///< Constructor of a class that manages mutexes.
  Prepare, ///< Makes a mutex ready, or ends it.
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(LockRole);

/// locks.yaml: one row per function or guard class.
struct LockModel {
  Symbol Name;
  LockRole Role = LockRole::Lock;
  int Mutex = NoPosition; ///< Which value is the mutex or guard.
  bool Shared = false;
  /// TryLock, and Lock when it can fail: the result that means "taken".
  int64_t Succeeds = 1;
  bool Recursive = false;
  LockSort Sort = LockSort::Mutex;
  /// Whoever holds it and takes it again waits for itself.
  bool Strict = false;
  /// The same, of a variable whose initializer is this macro.
  Symbol StrictIf;
  /// All arguments from Mutex on are locks: std::lock, std::scoped_lock.
  bool All = false;
};

/// launches.yaml: starts something that may run at once with the caller.
struct LaunchModel {
  Symbol Name;
  LaunchKind Kind = LaunchKind::Thread;
  int Entry = NoPosition;         ///< The callable.
  int FirstArgument = NoPosition; ///< First of the values passed on to it.
  int Handle = NoPosition;        ///< What stands for it.
  bool JoinsAtEnd = false;        ///< The handle's destructor waits.
  bool Loop = false;              ///< An event loop calls the entry.
  bool Many = false;              ///< Starts several that run at once with each other.
  int Succeeds = -1;              ///< What the call gives when it has started something.
  int Child = -1;                 ///< What it gives in the new process.
  int Signal = NoPosition;        ///< Number of the signal that a handler is for.
  /// The callable is one of these members of the struct behind Entry: `a|b`.
  Symbol Members;
  bool OwnThread = false; ///< A task that is not queued for a pool: each has a thread.
  Symbol Deferred;        ///< The policy by which the entry runs in the thread that waits for it.
};

/// launches.yaml: waits for, or lets go of, what a launch started.
struct JoinModel {
  Symbol Name;
  JoinKind Kind = JoinKind::Join;
  int Handle = NoPosition;
  bool Asks = false; ///< Waits for nothing; where it says no, there is nothing left to wait for.
};

/// sync.yaml: one end of a synchronizes-with edge.
struct SyncModel {
  Symbol Name;
  SyncKind Kind = SyncKind::Signal;
  int On = NoPosition;
  int Count = NoPosition; ///< Init: how many.
  bool Perhaps = false;   ///< Wait: it may give up, and tells by its result.
  bool Gives = false;     ///< No more than that its result waits for the object.
  bool Given = false;     ///< Wait: for what has given the object.
};

/// writes.yaml: writes, or ends, what its arguments point to, whatever their type
/// says.
struct WriteModel {
  Symbol Name;
  int First = NoPosition;
  bool Rest = false; ///< And all arguments after it.
  bool Ends = false; ///< The object is gone afterwards.
};

enum class HazardKind : uint8_t {
  MtUnsafe,           ///< Never call from two threads at once.
  UnsafeOnSameObject, ///< Only with distinct objects.
  ProcessWide,        ///< Changes state of the whole process.
  Conditional,        ///< Safe unless environment or locale change meanwhile.
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(HazardKind);

/// mt-unsafe.yaml.
struct HazardModel {
  Symbol Name;
  HazardKind Kind = HazardKind::MtUnsafe;
  std::string Why, Instead;
  /// What is shared by all calls of the rows that name it: `the environment`.
  /// Empty when current C libraries keep it safe.
  Symbol State;
  bool Reads = false; ///< Only looks at the state, and is safe beside its like.
  /// UnsafeOnSameObject: the argument that is the object.
  int On = NoPosition;
};

/// What a function that is not async-signal-safe does to the state of the process.
enum class UnsafeCause : uint8_t {
  Heap,     ///< Takes the lock of the heap.
  Stream,   ///< Takes the lock of a stream and changes its buffer.
  Lock,     ///< Takes another lock, of the library or of the program.
  Teardown, ///< Runs what the program has registered for its end, and destructors.
  Jump,     ///< Leaves the code that was interrupted in the middle.
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(UnsafeCause);

/// fork.yaml: must not be called in a signal handler.
struct SignalUnsafeModel {
  Symbol Name;
  UnsafeCause Cause = UnsafeCause::Lock;
  std::string Why; ///< `takes the lock of the heap`.
};

/// ipc.yaml: gives memory that other processes share.
struct SharedMemoryModel {
  Symbol Name;
  int Flags = NoPosition; ///< Only when Bit is set in this argument.
  int64_t Bit = 0;
  int File = NoPosition; ///< The descriptor of what is mapped; -1 when it has no name.
};

/// ipc.yaml: makes a lock, or attributes of one, ready for use.
struct LockInitModel {
  Symbol Name;
  int Lock = NoPosition;       ///< The lock, or the attributes.
  int Attributes = NoPosition; ///< Attributes of the lock; null for one process.
  int Shared = NoPosition;     ///< An integer: whether processes share it.
  int64_t Value = 0;           ///< Shared: the one that says so; 0 for any but zero.
  std::string Instead;         ///< How it is made for several processes.
};

enum class DescriptorKind : uint8_t { Unknown, File, Socket, Pipe, Terminal, Event };
llvm::ArrayRef<llvm::StringLiteral> enumNames(DescriptorKind);

/// descriptors.yaml: what a descriptor stands for, and what makes it non-blocking.
struct DescriptorModel {
  Symbol Name;
  DescriptorKind Gives = DescriptorKind::Unknown;
  int On = NoPosition;    ///< The descriptor that is changed, or the array that gets some.
  int Flags = NoPosition; ///< The argument with the flags.
  int64_t Bit = 0;        ///< Of the flags: non-blocking. Zero where the call always does so.
  int Type = NoPosition;  ///< Of a socket: the argument that says datagram or stream.
  int64_t When = -1;      ///< What argument 1 must be for that; -1 for anything.
};

/// items.yaml: gives the next item of an input, each time that it is called.
struct ItemModel {
  Symbol Name;
  std::string What; ///< `line`, `connection`.
};

/// containers.yaml: what a method of a library class does to its object, where
/// `const` alone would mislead.
enum class ContainerEffect : uint8_t {
  ReadStructure,  ///< Looks up or iterates; the elements are reached through it.
  WriteStructure, ///< Inserts, erases, reallocates, assigns.
  Append,         ///< Adds at the end, whatever is there already.
  Atomic,         ///< Synchronises by itself.
  None,
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(ContainerEffect);
struct ContainerModel {
  Symbol Name; ///< `std::map::operator[]`.
  ContainerEffect Effect = ContainerEffect::ReadStructure;
  bool changesStructure() const {
    return Effect == ContainerEffect::WriteStructure || Effect == ContainerEffect::Append;
  }
};

/// returns.yaml: what the pointer, reference, smart pointer or iterator that a
/// library function returns refers to.
enum class ReturnedPlace : uint8_t {
  Fresh,    ///< A new object: make_unique, malloc.
  Object,   ///< The implicit object itself: optional::value is not, data is.
  Element,  ///< Some element of the implicit object: at, front, begin.
  Pointee,  ///< What the implicit object points to: unique_ptr::get.
  Argument, ///< What argument 0 refers to: std::move, std::ref.
  Callable, ///< A function object that calls argument 0 with the others: std::bind.
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(ReturnedPlace);
struct ReturnModel {
  Symbol Name;
  ReturnedPlace Returns = ReturnedPlace::Fresh;
};

/// algorithms.yaml: a library function that is a loop; see there for the columns.
struct AlgorithmModel {
  Symbol Name;
  int64_t Arguments = 3;
  bool Calls = false, Out = false, Fills = false, Search = false, Index = false;
  Symbol Fold, Parallel;
};

/// All rows that one function matches; a null pointer where there is none.
struct ApiModel {
  const BlockingModel *Blocks = nullptr;
  const LockModel *Locks = nullptr;
  const LaunchModel *Launches = nullptr;
  const JoinModel *Joins = nullptr;
  const HazardModel *Hazard = nullptr;
  const ContainerModel *Container = nullptr;
  const ReturnModel *Returns = nullptr;
  const SyncModel *Syncs = nullptr;
  const WriteModel *Writes = nullptr;
  const AlgorithmModel *Algorithm = nullptr;
  const SignalUnsafeModel *SignalUnsafe = nullptr;
  const SharedMemoryModel *SharedMemory = nullptr;
  const LockInitModel *LockInit = nullptr;
  const ItemModel *Item = nullptr;
  const DescriptorModel *Descriptor = nullptr;
  /// fork.yaml: may be called between fork and exec, and in signal handlers.
  bool AsyncSignalSafe = false;
  /// fork.yaml: replaces the program that the process runs.
  bool Execs = false;
  /// fork.yaml: ends the process at once, without exit handlers.
  bool EndsProcess = false;
  /// fork.yaml: sends a signal to the process itself.
  bool Raises = false;
  /// pure.yaml: no effect but its result, so calls in a loop are independent.
  bool Pure = false;
  /// callbacks.yaml: calls what it is given before it returns.
  bool CallsBack = false;
  /// containers.yaml: goes through the range that its first argument begins.
  bool ReadsRange = false, WritesRange = false;
  /// exits.yaml: ends the program in an orderly way.
  bool Exits = false;
  /// algorithms.yaml, for the constructor's class: a parallel execution policy.
  bool Policy = false;
  /// algorithms.yaml, for a class of function objects: combines in any grouping.
  bool Associative = false;
  bool SerialPolicy = false; ///< The same, of one that is not parallel.

  explicit operator bool() const {
    return Blocks || Locks || Launches || Joins || Hazard || Container || Returns || Syncs ||
           Writes || Algorithm || SignalUnsafe || SharedMemory || LockInit || Item || Descriptor ||
           AsyncSignalSafe || Execs || EndsProcess || Raises || Pure || CallsBack || Exits ||
           Policy || SerialPolicy || Associative;
  }
};

class Models {
public:
  /// The built-in rows. Built once, then only read.
  static std::shared_ptr<const Models> builtin();

  /// Built-in rows and those of `Yaml`, which win, later texts over earlier. A
  /// text is either a file of tool/models or the value of `models:` in
  /// `.heddle.yaml` (with the lines before it blank, so that positions hold).
  /// Errors read `BUFFER:LINE:COLUMN: MESSAGE`.
  static llvm::Expected<std::shared_ptr<const Models>>
  extended(llvm::ArrayRef<llvm::MemoryBufferRef> Yaml);

  /// `Name` is qualified, without template arguments and inline namespaces:
  /// `read`, `std::mutex::lock`, `std::thread::thread`. For a method, call it
  /// once per class: the static type of the object first, then the declaring
  /// class. C library functions also match under `std::`, and what a library
  /// defines in an implementation namespace under its public one (names.yaml).
  ApiModel find(llvm::StringRef QualifiedName) const;

  /// By its name, callers of the function hold the lock: `insertLocked`.
  bool isNamedLocked(llvm::StringRef QualifiedName) const;
  /// By its name, the function needs no lock, or an object that nobody else has.
  bool isNamedLockFree(llvm::StringRef QualifiedName) const;
  /// What it does is done before others get what it is about: `C::init`.
  bool isNamedSetup(llvm::StringRef QualifiedName) const;
  /// What it does is done when others no longer have it: `pool_destroy`.
  bool isNamedTeardown(llvm::StringRef QualifiedName) const;

  /// An event loop calls it, as `.heddle.yaml` says: `Server::onRead`, or all methods of
  /// `Server::*`.
  bool isEventContext(llvm::StringRef QualifiedName) const;

  /// The rows of blocking.yaml, one for each function; without those below a user's.
  llvm::ArrayRef<BlockingModel> blocking() const;

  size_t size() const;
  /// Changes when any row does; part of the key of cached facts.
  std::string digest() const;

  struct Tables;

private:
  bool isNamed(std::vector<std::string> Tables::*Words, llvm::StringRef QualifiedName) const;
  explicit Models(std::shared_ptr<const Tables> T) : All(std::move(T)) {}
  std::shared_ptr<const Tables> All;
};

} // namespace heddle
