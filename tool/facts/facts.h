/// What the code does, never what we think of it.
///
/// One translation unit becomes one UnitFacts. Each function keeps a small
/// control-flow graph whose blocks list, in the order of evaluation, the events
/// that matter to concurrency: accesses to memory that others may see, lock
/// operations, calls, starts and joins. Locksets, happens-before and effects of
/// calls are computed from this graph by the program stage, where the callee's
/// summary is known whichever file it is in.
///
/// Example: `void add() { std::lock_guard g(m); n++; }` in struct C becomes one
/// block with the events
///
///     lockOp   acquire  this *.m          (and a binding  g -> this *.m)
///     access   read     this *.n
///     access   write    this *.n
///     lockOp   release  local g *         (which the binding resolves to m)
#pragma once

#include "facts/events.h"
#include "facts/loop.h"
#include "facts/region.h"

namespace heddle {

/// Version of the structs below; facts of another version are extracted again.
inline constexpr uint32_t FactsSchema = 6;

/// Who may call a method; free functions are Public.
enum class Visibility : uint8_t { Public, Protected, Private };
llvm::ArrayRef<llvm::StringLiteral> enumNames(Visibility);

/// A lock that callers hold, by Clang's attribute `requires_capability` or one of
/// its older spellings.
struct RequiredLock {
  Place Mutex; ///< In terms of the function, as LockOp::Mutex.
  bool Shared = false;
  Symbol Text;
};

/// A field or variable with the attribute `guarded_by` or `pt_guarded_by`.
struct GuardedMember {
  Symbol Member;        ///< Its USR.
  Place Mutex;          ///< `this *.mu_` in the same object, or a global.
  bool Pointee = false; ///< What it points to is guarded, not itself.
  Symbol Text;
};

enum class Linkage : uint8_t {
  Internal, ///< static, anonymous namespace, lambda: never leaves its unit.
  Unique,   ///< One strong definition in a program.
  Inline,   ///< inline, template, class member: the same in every unit.
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(Linkage);

struct FunctionFacts {
  Symbol Usr;
  Symbol Name;  ///< Qualified, for messages; lambdas are `f()::lambda`.
  Symbol Class; ///< USR of the class of a method.
  /// For a lambda: USR of the function it is written in.
  Symbol Parent;
  Linkage Link = Linkage::Unique;
  bool Constructor = false, Destructor = false, Const = false, Coroutine = false;
  bool NonBlocking = false; ///< It promises not to wait, by Clang's attribute `nonblocking`.
  bool Main = false;
  /// Control may come back into the middle of it, by longjmp().
  bool ReturnsTwice = false;
  Visibility Visible = Visibility::Public;
  std::vector<RequiredLock> Requires;
  /// `no_thread_safety_analysis`: its author takes the blame for its locks.
  bool Unchecked = false;
  /// Parameters that are rvalue references: callers have done with the object.
  std::vector<uint32_t> Consumed;
  /// It changes what no Access shows: a thread-local variable, or what a lambda has
  /// captured by copy.
  bool KeepsState = false;
  /// Returns parameter 0 combined with something else by this operator.
  Symbol Folds;
  /// An exception may leave it here: a `throw` outside of any try.
  Span Throws;
  uint32_t Parameters = 0;
  Span At;   ///< The name in the definition.
  Span Body; ///< From brace to brace.
  /// USRs of the virtual methods this one overrides, at any distance.
  std::vector<Symbol> Overrides;
  std::vector<Access> Accesses;
  std::vector<Access> ThreadLocals; ///< What another thread cannot see; no events.
  std::vector<LockOp> LockOps;
  std::vector<Call> Calls;
  std::vector<BlockingCall> Blocking;
  std::vector<Launch> Launches;
  std::vector<Join> Joins;
  std::vector<SyncOp> Syncs;
  std::vector<CounterStep> Steps;
  std::vector<LifetimeEnd> LifetimeEnds;
  std::vector<Allocation> Allocations;
  std::vector<Binding> Bindings;
  std::vector<Loop> Loops;
  /// Subscripted accesses outside of its loops, and what calls there get: with
  /// those in Loops, all that a call of it does to arrays and objects.
  std::vector<LoopAccess> Straight;
  std::vector<LoopArgument> Arguments;
  std::vector<heddle::Arm> Arms; ///< An arm stands after the one around it.
  /// The element that a returned reference is to; several where there are several
  /// returns.
  std::vector<LoopAccess> Returned;
  /// USR of each parameter, empty for one that the body changes.
  std::vector<Symbol> Fixed;
  /// USRs of integers that are set to a quotient: what tells two values apart is lost.
  std::vector<Symbol> Quotients;
  /// OpenMP directives and what is done under them.
  RegionFacts Regions;
  /// What a returned pointer or reference may point to.
  std::vector<Place> Returns;
  std::vector<Block> Blocks;
  /// Estimated operations of one call, as in Loop::Cost, callees not counted.
  double Cost = 0;
  /// Why the facts of this function are not complete; empty when they are.
  Symbol Incomplete;
};

/// The `guarded_by` attribute of a declaration.
struct Annotation {
  Symbol By; ///< Its argument as spelled; empty when there is none.
  /// Where one can be written: behind the declarator, empty. Not valid within a
  /// macro.
  Span After;
};

/// How many events of this kind the function has: the bound of Event::Index.
size_t countOf(const FunctionFacts &F, EventKind K);

/// A variable of static storage duration, or a local that escapes.
struct Variable {
  Symbol Usr, Name, Type;
  Span At;
  Linkage Link = Linkage::Unique;
  bool Static = false; ///< Static storage duration, or that of its thread.
  bool ThreadLocal = false;
  bool Definition = false;
  bool Const = false;
  uint64_t Size = 0; ///< Bytes; 0 when not known.
  /// Element counts of an array, outermost dimension first.
  std::vector<uint64_t> Extent;
  /// What an array of integers begins with, where that is written down, constant
  /// and short; the number that a semaphore or barrier is made for.
  std::vector<int64_t> Values;
  Annotation Guarded;
};

/// A member of a class of which some member is accessed.
struct Field {
  Symbol Usr, Name, Class, Type;
  Span At;
  uint32_t Number = 0; ///< In the class, from 0.
  Annotation Guarded;
};

/// A file outside system headers that the facts depend on, with the digest of its
/// content.
struct Input {
  Symbol Path;
  std::string Digest; ///< As digest() computes it.
  /// What it includes, as spelled without quotes, and the line before which
  /// another `#include` can stand; 0 when there is none.
  std::vector<Symbol> Includes;
  uint32_t IncludeLine = 0;
};
/// Of the content of a file.
std::string digest(llvm::StringRef Content);

/// A compiler error, or why a unit could not be analysed.
struct UnitError {
  Span At;
  std::string Message;
};

/// A call that a variable of static storage duration is initialised by, before `main`
/// ([basic.start.dynamic]); not of locals, which are initialised when control gets there.
struct StaticCall {
  Symbol Variable; ///< Its qualified name.
  Symbol Callee, Name;
  std::optional<BlockingCall> Blocks; ///< Of a library function that may wait.
  Span At;
};

struct UnitFacts {
  uint32_t Schema = FactsSchema;
  Symbol MainFile;
  std::string CommandDigest;
  std::vector<Input> Inputs;
  std::vector<FunctionFacts> Functions; ///< Sorted by position.
  std::vector<Variable> Variables;      ///< Sorted by USR.
  std::vector<Field> Fields;            ///< Sorted by USR.
  std::vector<GuardedMember> Guarded;   ///< In the order of the declarations.
  /// USRs of classes that the main file defines, or their scope in it: no other unit
  /// knows more of them than their bases say. Sorted.
  std::vector<Symbol> LocalClasses;
  /// USRs of functions whose address is taken, other than to call them at once. Sorted.
  std::vector<Symbol> Addressed;
  std::vector<StaticCall> StaticCalls; ///< In the order of the declarations.
  /// It makes descriptors that do not block, or makes some of others not block.
  bool NonBlocking = false;
  std::vector<UnitError> Errors; ///< Empty for a unit that parsed.
};

template <class F> void fields(RequiredLock &S, F &&f) {
  f("mutex", S.Mutex);
  f("shared", S.Shared);
  f("text", S.Text);
}
template <class F> void fields(GuardedMember &S, F &&f) {
  f("member", S.Member);
  f("mutex", S.Mutex);
  f("pointee", S.Pointee);
  f("text", S.Text);
}
template <class F> void fields(FunctionFacts &S, F &&f) {
  f("usr", S.Usr);
  f("name", S.Name);
  f("class", S.Class);
  f("parent", S.Parent);
  f("link", S.Link);
  f("constructor", S.Constructor);
  f("destructor", S.Destructor);
  f("const", S.Const);
  f("coroutine", S.Coroutine);
  f("nonBlocking", S.NonBlocking);
  f("main", S.Main);
  f("returnsTwice", S.ReturnsTwice);
  f("visible", S.Visible);
  f("requires", S.Requires);
  f("unchecked", S.Unchecked);
  f("consumed", S.Consumed);
  f("keepsState", S.KeepsState);
  f("folds", S.Folds);
  f("throws", S.Throws);
  f("parameters", S.Parameters);
  f("at", S.At);
  f("body", S.Body);
  f("overrides", S.Overrides);
  f("accesses", S.Accesses);
  f("threadLocals", S.ThreadLocals);
  f("lockOps", S.LockOps);
  f("calls", S.Calls);
  f("blocking", S.Blocking);
  f("launches", S.Launches);
  f("joins", S.Joins);
  f("syncs", S.Syncs);
  f("steps", S.Steps);
  f("lifetimeEnds", S.LifetimeEnds);
  f("allocations", S.Allocations);
  f("bindings", S.Bindings);
  f("loops", S.Loops);
  f("straight", S.Straight);
  f("arguments", S.Arguments);
  f("arms", S.Arms);
  f("returned", S.Returned);
  f("fixed", S.Fixed);
  f("quotients", S.Quotients);
  f("regions", S.Regions);
  f("returns", S.Returns);
  f("blocks", S.Blocks);
  f("cost", S.Cost);
  f("incomplete", S.Incomplete);
}
template <class F> void fields(Annotation &S, F &&f) {
  f("by", S.By);
  f("after", S.After);
}
template <class F> void fields(Field &S, F &&f) {
  f("usr", S.Usr);
  f("name", S.Name);
  f("class", S.Class);
  f("type", S.Type);
  f("at", S.At);
  f("number", S.Number);
  f("guarded", S.Guarded);
}
template <class F> void fields(Variable &S, F &&f) {
  f("usr", S.Usr);
  f("name", S.Name);
  f("type", S.Type);
  f("at", S.At);
  f("link", S.Link);
  f("static", S.Static);
  f("threadLocal", S.ThreadLocal);
  f("definition", S.Definition);
  f("const", S.Const);
  f("size", S.Size);
  f("extent", S.Extent);
  f("values", S.Values);
  f("guarded", S.Guarded);
}
template <class F> void fields(Input &S, F &&f) {
  f("path", S.Path);
  f("digest", S.Digest);
  f("includes", S.Includes);
  f("includeLine", S.IncludeLine);
}
template <class F> void fields(UnitError &S, F &&f) {
  f("at", S.At);
  f("message", S.Message);
}
template <class F> void fields(StaticCall &S, F &&f) {
  f("variable", S.Variable);
  f("callee", S.Callee);
  f("name", S.Name);
  f("blocks", S.Blocks);
  f("at", S.At);
}
template <class F> void fields(UnitFacts &S, F &&f) {
  f("schema", S.Schema);
  f("mainFile", S.MainFile);
  f("commandDigest", S.CommandDigest);
  f("inputs", S.Inputs);
  f("functions", S.Functions);
  f("variables", S.Variables);
  f("fields", S.Fields);
  f("guarded", S.Guarded);
  f("localClasses", S.LocalClasses);
  f("addressed", S.Addressed);
  f("staticCalls", S.StaticCalls);
  f("nonBlocking", S.NonBlocking);
  f("errors", S.Errors);
}

} // namespace heddle
