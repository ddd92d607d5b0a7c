/// What the walkers of one unit and one function share. Only the extraction
/// stage includes this: it brings Clang.
#pragma once

#include "facts/descriptors.h"
#include "facts/facts.h"
#include "facts/models.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclCXX.h"
#include "clang/AST/ExprCXX.h"
#include "llvm/ADT/DenseSet.h"
#include <deque>

namespace clang {
class CFGBlock;
}

namespace heddle {

struct PendingLambda {
  const clang::LambdaExpr *Lambda;
  Symbol Parent;
};

/// Names, positions and models, each looked up once per declaration.
struct UnitContext {
  UnitContext(clang::ASTContext &Ast, const Models &Apis, UnitFacts &Facts)
      : Ast(Ast), Sources(Ast.getSourceManager()), Apis(Apis), Facts(Facts), Fds(*this) {}

  clang::ASTContext &Ast;
  const clang::SourceManager &Sources;
  const Models &Apis;
  UnitFacts &Facts;
  Descriptors Fds;
  std::deque<PendingLambda> Lambdas;
  /// Classes that the function which is being walked defines.
  std::vector<const clang::CXXRecordDecl *> LocalClasses;

  /// Unified symbol resolution, as of clang::index; local variables and lambdas
  /// get one of their own that includes the function and the offset.
  Symbol usr(const clang::Decl *D);
  /// Qualified, without template arguments, inline and anonymous namespaces.
  Symbol name(const clang::NamedDecl *D);
  Symbol type(clang::QualType T);
  /// In the file, macros expanded to where they are used.
  Span span(clang::SourceRange R);
  Span span(clang::SourceLocation L) { return span(clang::SourceRange(L)); }
  /// As spelled, white space folded, at most 60 characters.
  Symbol text(const clang::Expr *E);
  bool inSystemHeader(const clang::Decl *D) const;

  /// Rows for a function. Object is the class of the object expression, which
  /// goes before the declaring class; null for free functions.
  const ApiModel &api(const clang::FunctionDecl *F, const clang::CXXRecordDecl *Object = nullptr);
  /// The row of a class that manages locks, found by the name of the class.
  const LockModel *guard(const clang::CXXRecordDecl *R);
  /// A library's class that stands for a thread or task, or holds such: its destructor
  /// may wait.
  bool holdsHandle(const clang::CXXRecordDecl *R, unsigned Depth = 0);
  /// A constructor or destructor that the compiler wrote runs code that is not the
  /// library's: default member initializers, members, bases.
  bool actsImplicitly(const clang::CXXMethodDecl *M, unsigned Depth = 0);

  /// Lists the variable in UnitFacts::Variables, once.
  void mention(const clang::VarDecl *V);
  /// Lists the members of the class of D in UnitFacts::Fields, once.
  void mention(const clang::FieldDecl *D);

private:
  Annotation annotation(const clang::DeclaratorDecl *D);

  llvm::DenseMap<const clang::Decl *, Symbol> Usrs, Names;
  llvm::DenseMap<const void *, Symbol> Types;
  llvm::DenseMap<clang::FileID, Symbol> Files;
  /// References to the rows stay good while more are added.
  std::deque<ApiModel> Rows;
  llvm::DenseMap<std::pair<const clang::Decl *, const clang::Decl *>, const ApiModel *> RowOf;
  llvm::DenseMap<const clang::Decl *, const LockModel *> Guards;
  llvm::DenseMap<const clang::Decl *, bool> Handles, Implicit;
  llvm::DenseSet<const clang::VarDecl *> Mentioned;
  llvm::DenseSet<const clang::RecordDecl *> MentionedClasses;
};

/// One function while it is walked.
struct FunctionContext {
  FunctionContext(UnitContext &Unit, const clang::FunctionDecl *Fn, FunctionFacts &Facts)
      : Unit(Unit), Fn(Fn), Facts(Facts) {}

  UnitContext &Unit;
  const clang::FunctionDecl *Fn;
  FunctionFacts &Facts;

  /// Where a value ends up: the variable that an initializer initializes, the
  /// left side of an assignment, the container that an argument is pushed to.
  llvm::DenseMap<const clang::Expr *, Place> Destinations;
  /// Index into Facts.Calls, for every call and constructor of the body.
  llvm::DenseMap<const clang::Expr *, uint32_t> CallIndices;
  /// Locals that others may reach: captured by reference or address taken.
  llvm::DenseSet<const clang::VarDecl *> Escaping;
  /// Variables that are given another value after their initialization.
  llvm::DenseSet<const clang::VarDecl *> Reassigned;
  /// Variables that this lambda has captured by copy.
  llvm::DenseSet<const clang::VarDecl *> Copied;
  /// This lambda has captured `*this` by copy.
  bool OwnsThis = false;
  /// What the variable of a range-for goes through.
  llvm::DenseMap<const clang::VarDecl *, const clang::Expr *> Ranges;
  llvm::DenseMap<const clang::Stmt *, uint32_t> Loops;
  /// Locals that hold a handle of a launch, or the executor it was given to.
  llvm::DenseSet<Symbol> HandleRoots;
  /// Calls whose value the function returns.
  llvm::DenseSet<const clang::Expr *> ReturnedValues;
  bool HasDirectives = false; ///< OpenMP's.
  /// Try-locks whose result is kept in a variable: `int r = trylock(&m);`.
  llvm::DenseMap<const clang::VarDecl *, const clang::Expr *> TryResults;
  /// By block, local integers that are given a value there: the last one, null when it
  /// is no call.
  std::vector<llvm::SmallDenseMap<const clang::VarDecl *, const clang::CallExpr *, 2>> Results;
  /// Objects, as spelled, that were asked with a timeout before whether there is anything
  /// to wait for: `f.wait_for(0s) == ready`.
  llvm::DenseSet<Symbol> AskedReady;
  /// LockOps index of each try-lock call.
  llvm::DenseMap<const clang::Expr *, uint32_t> TryOps;
  /// What those return that are no functions of the models, when they have succeeded.
  llvm::DenseMap<const clang::Expr *, int64_t> TrySuccess;
  /// Waits in loops: index of the loop and of the SyncOp.
  llvm::SmallVector<std::pair<uint32_t, uint32_t>, 2> WaitLoops;
  /// Index of the last of Facts.Steps under the lock that is held.
  uint32_t LastStep = None;
  llvm::DenseSet<const clang::Stmt *> Deciding;
  /// Conditions for Block::Test, and whether they are the negation of it.
  llvm::DenseMap<const clang::Expr *, std::pair<Symbol, bool>> Tests;
  /// Questions whether there is something to wait for: the join that "no" amounts to.
  llvm::DenseMap<const clang::Expr *, Join> Asked;
  /// What is stored to members that are function pointers, in the order of the source:
  /// `sa.sa_handler = stop`.
  struct KeptCallable {
    Place Object; ///< The object whose member it is; those around it as well.
    Symbol Member;
    const clang::Expr *Value;
  };
  llvm::SmallVector<KeptCallable, 2> KeptCallables;
  /// Events of the block that is being walked.
  std::vector<Event> *Out = nullptr;

  // In places.cpp:
  /// The object that a glvalue denotes.
  Place lvalue(const clang::Expr *E);
  /// What a pointer, smart pointer, iterator or reference-like value refers to.
  Place pointee(const clang::Expr *E);
  /// An object that is made here.
  Place fresh(clang::SourceLocation Where);
  /// The copy of an object that a new thread gets. Its pointers are bound to what those
  /// of the original point to.
  Place copied(const clang::Expr *E);
  /// The variable itself, also when it is a reference.
  Place variable(const clang::VarDecl *V, bool Follow = false);
  /// What an argument gives to the callee: see Call::Args.
  Place argument(const clang::Expr *E);
  /// The same for a value that a new thread gets its own copy of.
  Place handedOver(const clang::Expr *E);
  /// Value at a position of a model's row (models.h).
  Place at(int Position, const clang::Expr *Call, llvm::ArrayRef<const clang::Expr *> Args,
           const clang::Expr *Object);
  void bind(const Place &Pointer, const clang::Expr *Value, clang::SourceLocation At);
  /// Bindings of a variable's initializer, also of the members of a list.
  void bindInit(const Place &Target, clang::QualType T, const clang::Expr *Init);

  // In accesses.cpp:
  void access(const Place &P, AccessKind K, const clang::Expr *E);
  void endObject(const Place &P, const clang::Expr *E);
  void allocation(bool Frees, clang::SourceRange At);
  Access describe(const Place &P, AccessKind K, const clang::Expr *E);
  void visitAccess(const clang::Stmt *S);
  /// `a / b` or `a >> b`, of integers.
  static bool isQuotient(const clang::Expr *Value);
  void addQuotient(const clang::VarDecl *V);
  /// Effects on its arguments and object of a function whose body is not ours.
  void visitSystemEffects(const clang::Expr *E, const clang::FunctionDecl *F,
                          llvm::ArrayRef<const clang::Expr *> Args, const clang::Expr *Object,
                          const ApiModel &M);

  // In calls.cpp:
  /// Gives every call of the body its index and finds escaping locals,
  /// destinations and lambdas.
  void prepare(const clang::Stmt *Body);
  void visitCall(const clang::CallExpr *E);
  void callBack(uint32_t Index, llvm::ArrayRef<Callable> Handed);
  void visitOnce(const clang::CallExpr *E, uint32_t Index, const SyncModel &M,
                 llvm::ArrayRef<const clang::Expr *> Args, const clang::Expr *Object,
                 llvm::ArrayRef<Callable> Handed);
  void visitDefaults(llvm::ArrayRef<const clang::Expr *> Args, uint32_t Index);
  bool hasZeroTimeout(const BlockingModel &M, llvm::ArrayRef<const clang::Expr *> Args) const;
  /// The flags of the call say that it is not to wait, whatever its descriptor.
  bool isToldNotToWait(const BlockingModel &M, llvm::ArrayRef<const clang::Expr *> Args) const;
  static BlockingCall blockingOf(const BlockingModel &M, uint32_t Call);
  void addBlocking(uint32_t Call, const BlockingModel &M, const Place &Releases, const Place &On);
  // In objects.cpp:
  /// What a member is initialized with, also by default.
  static const clang::Expr *initializer(const clang::CXXCtorInitializer *I);
  void visitConstruct(const clang::CXXConstructExpr *E);
  void visitDestructor(const clang::CXXDestructorDecl *D, const Place &Object,
                       const clang::VarDecl *V, clang::SourceLocation At);

  // In callables.cpp:
  void reassigned(const clang::Expr *E);
  /// The function that a callable argument stands for.
  struct Target {
    const clang::FunctionDecl *F = nullptr;
    Place Object;
    /// Further arguments bound to it (std::bind).
    llvm::SmallVector<const clang::Expr *, 4> Bound;
    const clang::ParmVarDecl *Parameter = nullptr; ///< Not known here, but to callers.
    bool ByReference = false; ///< The object itself is called, not a copy of it.
  };
  Target callable(const clang::Expr *E);

  // In locks.cpp:
  bool visitLock(const clang::Expr *E, const LockModel &M, llvm::ArrayRef<const clang::Expr *> Args,
                 const clang::Expr *Object);
  /// As Call::Members.
  std::vector<Symbol> members(llvm::ArrayRef<const clang::Expr *> Args, const clang::Expr *Object);
  void visitGuard(const clang::CXXConstructExpr *E, const LockModel &M);
  void visitGuardEnd(const clang::CXXRecordDecl *R, const Place &Guard, const clang::VarDecl *V,
                     clang::SourceLocation At);
  /// An atomic that is taken by an exchange, or given back by a store: `x.exchange(true)`,
  /// `x.compare_exchange_weak(expected, me)` with a constant expected, `x.store(0)`.
  /// Expected is of CompareExchange only: the object, or a pointer to it.
  enum class FlagStep : uint8_t { Exchange, CompareExchange, Store };
  void visitFlag(const clang::Expr *E, const Place &Object, FlagStep Step,
                 const clang::Expr *Expected, const clang::Expr *Value, const clang::Expr *Shown);
  /// A guard is returned: the caller gets what it has locked.
  void returnGuard(const clang::Expr *E);
  /// A guard that this call returned dies at once.
  void dropGuard(const clang::Expr *E, uint32_t Call);
  /// Recognises a branch on the result of a try-lock.
  void branchOnTry(const clang::Expr *Condition, Block &B);
  /// What the future was got from, by a call of E itself; null for any other.
  const clang::Expr *giverOf(const clang::Expr *Future);
  Place promiseOf(const clang::Expr *Future);
  // In results.cpp:
  /// A local is given a value in the block that is being walked, the last of Results.
  void keepResult(const clang::VarDecl *V, const clang::Expr *Value);
  void branchOnResult(const clang::Expr *Condition, llvm::ArrayRef<uint32_t> Before, Block &B);
  void returnResult(const clang::Expr *Value, llvm::ArrayRef<uint32_t> Before, Block &B);
  /// Out ends as From does, in a switch. Its successors are known.
  void switchOnResult(const clang::CFGBlock &From, llvm::ArrayRef<uint32_t> Before, Block &Out);

  // In syncs.cpp:
  void visitSync(const clang::Expr *E, const SyncModel &M, llvm::ArrayRef<const clang::Expr *> Args,
                 const clang::Expr *Object);
  /// A method of an atomic class, unless the order that it is given is relaxed.
  void visitAtomic(const clang::Expr *E, const Place &Object, const clang::CXXMethodDecl *Method,
                   llvm::ArrayRef<const clang::Expr *> Args, const clang::Expr *Shown);
  void visitAtomic(const clang::AtomicExpr *E, bool Load);
  void addSync(SyncKind Kind, const Place &Object, const clang::Expr *Shown, clang::SourceRange At,
               int64_t Count = -1);
  /// A constant is added to what Target denotes.
  void addStep(const clang::Expr *Target, const Place &P, int64_t By);
  /// The integer that Wait, given its arguments, waits to become zero; null if none.
  const clang::Expr *awaitedZero(const clang::Expr *Wait, llvm::ArrayRef<const clang::Expr *> Args);
  /// Adds the waits that a loop is left after, to the block that asks its condition.
  void leaveWaitLoops(const clang::CFGBlock &From, Block &To);

  // In conditions.cpp:
  /// Finds the conditions that are asked again later, for Block::Test.
  void findTests(const clang::Stmt *Body);
  /// Finds the expressions whose value decides something: in a condition, returned, or
  /// kept in a variable that is asked.
  void findDeciding(const clang::Stmt *Body);

  // In launches.cpp:
  /// T is called here by something that it was handed to.
  void visitIndirect(const Target &T, uint32_t Loop, const Span &At);
  void visitLaunch(const clang::Expr *E, const LaunchModel &M,
                   llvm::ArrayRef<const clang::Expr *> Args, const clang::Expr *Object,
                   const Place &Handle);
  /// Target is given Value, a function pointer perhaps.
  void keepCallable(const clang::Expr *Target, const clang::Expr *Value);
  /// The variable begins with these.
  void keepCallables(const clang::VarDecl *V, const clang::InitListExpr *Init);
  /// L starts what was stored last to one of the members of the object behind Argument.
  void visitKept(Launch L, const LaunchModel &M, const clang::Expr *Argument);
  void visitJoin(const clang::Expr *E, const JoinModel &M, llvm::ArrayRef<const clang::Expr *> Args,
                 const clang::Expr *Object);
  /// The variable is moved from, or returned.
  void visitMove(const clang::Expr *Variable, const clang::Expr *E);
  /// Its scope is left, by Trigger.
  void visitLifetimeEnd(const clang::VarDecl *V, const clang::Stmt *Trigger);

  /// `for_each(ts.begin(), ts.end(), [](auto &t) { t.join(); })` waits for all of ts.
  bool joinsAll(const clang::CallExpr *E, const ApiModel &M,
                llvm::ArrayRef<const clang::Expr *> Args);

  uint32_t loopOf(const clang::Expr *Call) const;
  void emit(EventKind K, size_t Index) {
    if (Out)
      Out->push_back({K, static_cast<uint32_t>(Index)});
    if (K == EventKind::LockOp && Facts.LockOps[Index].Kind != LockOpKind::Release)
      LastStep = None;
  }

private:
  void prepareIn(const clang::Stmt *S, uint32_t Loop, unsigned Depth);
};

/// A call of a library function that goes through a range.
struct AlgorithmCall {
  const AlgorithmModel *Model = nullptr; ///< Null when it is none.
  unsigned First = 0;                    ///< Number of the first argument that is no policy.
  bool Policy = false, Sequential = false;
};
/// algorithms.cpp.
AlgorithmCall algorithmOf(UnitContext &U, const clang::Stmt *S);

/// Without parentheses, implicit casts, temporaries' wrappers and copies of
/// temporaries.
const clang::Expr *strip(const clang::Expr *E);
/// The value of an integer constant expression; nothing for null and any other.
std::optional<int64_t> constantOf(const clang::Expr *E, const clang::ASTContext &Ast);
/// The condition without negations and comparisons with zero; Negated is toggled for each.
const clang::Expr *core(const clang::Expr *Condition, bool &Negated, const clang::ASTContext &Ast);
/// A library's class that can be called: std::function, std::packaged_task.
bool isCallableWrapper(UnitContext &Unit, clang::QualType T);
/// A class with `operator->` or `element_type`: smart pointers, iterators, views.
bool isPointerLike(clang::QualType T);

/// graph.cpp: the control-flow graph with its events.
void extractGraph(FunctionContext &F);
/// annotations.cpp: who may call the function, and with which locks.
void describeFunction(FunctionContext &F);
/// The locks that a field or variable is declared to be guarded by.
void describeMember(UnitContext &Unit, const clang::ValueDecl *D);
/// Lists the class in UnitFacts::LocalClasses when the main file defines it.
void describeClass(UnitContext &Unit, const clang::RecordDecl *R);
/// Lists the functions that S takes the address of in UnitFacts::Addressed.
void findAddressed(UnitContext &Unit, const clang::Stmt *S);
/// Lists what the initializer of V, of static storage duration, calls before `main` begins.
void findStaticCalls(UnitContext &Unit, const clang::VarDecl *V);
/// Everything about one function.
void extractFunction(UnitContext &Unit, const clang::FunctionDecl *Fn, Symbol Parent);

} // namespace heddle
