/// What the walkers of loops share: the function body as a tree of accesses in
/// the order of evaluation, and the headers of its loops.
#pragma once

#include "facts/context.h"
#include "facts/linear.h"
#include "clang/AST/Stmt.h"
#include "clang/Basic/SourceManager.h"

namespace heddle {

/// How a variable is changed in the whole function, its declaration not counted.
struct VariableUse {
  /// Where, in order of the text; calls that it is handed to count.
  llvm::SmallVector<clang::SourceLocation, 2> Writes;
  bool AddressTaken = false;
  bool Referenced = false; ///< A local reference that may change it is bound to it.
  /// Assignments `v = e;` that are statements of a block.
  struct Assignment {
    const clang::BinaryOperator *Is = nullptr;
    const clang::CompoundStmt *Block = nullptr;
  };
  llvm::SmallVector<Assignment, 1> Assignments;
};

/// A node of the evaluation tree.
struct Step {
  enum Kind : uint8_t {
    Access,
    Sequence,
    Branch,    ///< One of Kids is evaluated; each is a Sequence.
    Switch,    ///< Kids with Case labels among them.
    Loop,      ///< Kids: condition, body, increment; each is a Sequence.
    Jump,      ///< Leaves the sequence: break, continue, return, goto, throw.
    Label,     ///< May be reached from elsewhere.
    Case,      ///< May be reached from the head of the switch.
    Directive, ///< Kids are evaluated under FunctionFacts::Regions.Directives[Index].
    Call,      ///< Calls[Index] is made.
  };
  /// How much of the object E is meant.
  enum Extent : uint8_t {
    Element,   ///< E itself.
    Range,     ///< Some elements that E (an array, container, pointer) reaches.
    Whole,     ///< The object with all its elements.
    Structure, ///< The object but not its elements: size(), begin().
  };
  Kind What = Sequence;
  std::vector<Step> Kids;

  // Access.
  const clang::Expr *E = nullptr;      ///< The glvalue; null for a range-for's element.
  const clang::VarDecl *Var = nullptr; ///< Set when the access is to a scalar variable.
  Symbol Field;                        ///< `.x` for a member of the record Var.
  bool Reads = false, Writes = false;
  bool Escapes = false; ///< Its address goes to a call.
  /// Var is memory that calls may change, not a value that the text describes.
  bool InMemory = false;
  bool Pointee = false; ///< What the pointer E points to is meant.
  Extent Size = Element;
  uint32_t More = 0;               ///< Elements behind E that are meant as well.
  llvm::StringRef Operator;        ///< `x = x op e` without use of the result.
  std::optional<int64_t> Advance;  ///< `x = x + c`.
  const clang::Expr *At = nullptr; ///< Where; E when null.
  /// The glvalue as it stands there, when E is what a reference is bound to.
  const clang::Expr *Named = nullptr;

  /// Branch: the condition of its first kid; that of the second is the opposite.
  const clang::Expr *Condition = nullptr;

  // Loop, Directive, Call.
  uint32_t Index = None;
  bool AtLeastOnce = false;
};

/// A scalar that advances by a constant in every iteration.
struct Induction {
  const clang::VarDecl *Var = nullptr;
  int64_t By = 0; ///< All updates together.
  struct Update {
    clang::SourceLocation End; ///< From here on it counts.
    int64_t By = 0;
    bool InBody = false; ///< Otherwise in the increment of a `for`.
  };
  llvm::SmallVector<Update, 1> Updates;
};

/// What is known of one loop beside its facts, parallel to FunctionFacts::Loops.
struct LoopHeader {
  const clang::Stmt *S = nullptr;
  const clang::VarDecl *Index = nullptr;
  /// A pointer or iterator index: what it starts from; null when not known.
  const clang::Expr *Start = nullptr;
  /// Set when the index advances in the body (while loops).
  const clang::Expr *Update = nullptr;
  const clang::Expr *Range = nullptr; ///< Of a range-for.
  llvm::SmallVector<Induction, 1> Inductions;
  bool HasContinue = false, HasBreak = false;
};

struct ArgumentUse {
  uint32_t Loop, Call, Argument; ///< Loop is None under a directive but in no loop.
  const clang::Expr *E;
  bool ByValue = false; ///< An integer.
  /// Of an algorithm: the element of the range from E, or the index itself.
  bool Element = false;
  bool Temporary = false;
};

struct FunctionBody {
  FunctionContext &F;
  llvm::DenseMap<const clang::VarDecl *, VariableUse> Uses;
  std::vector<LoopHeader> Headers;
  Step Root;
  std::vector<ArgumentUse> Arguments;
  /// Calls that the tree describes completely.
  llvm::DenseSet<uint32_t> Handled;
  bool HasLabels = false;
  /// What is returned by reference, with the loop around it.
  std::vector<std::pair<const clang::Expr *, uint32_t>> Returned;
  /// What each atomic directive protects, by index into Regions.Directives.
  llvm::DenseMap<uint32_t, const clang::Expr *> Atomics;
  /// Items of depend clauses with the directive and loop they stand at.
  struct DependItem {
    uint32_t Directive, Loop;
    DependKind Kind;
    const clang::Expr *E;
  };
  std::vector<DependItem> Depends;

  explicit FunctionBody(FunctionContext &F) : F(F) {}
  FunctionFacts &facts() { return F.Facts; }
  const VariableUse &use(const clang::VarDecl *V) { return Uses[V->getCanonicalDecl()]; }
};

/// A reference to a memory access, resolved to base and subscripts.
struct ElementRef {
  Place Base;
  Symbol BaseText;
  std::vector<Affine> Subscripts;
  std::string Field; ///< After the first subscript.
  Symbol Container;  ///< As LoopAccess::Container.
  bool Distinct = false, Rows = false, Part = false;
};

// uses.cpp
/// Counts writes of the variables.
void collectUses(FunctionBody &B, const clang::Stmt *S);
/// Declared in F itself, not in a function or lambda around it. Captured statements
/// of OpenMP are part of F.
bool isDeclaredIn(const clang::VarDecl *V, const clang::FunctionDecl *F);
/// The variable that E names, without parentheses and implicit casts.
const clang::VarDecl *variableNamed(const clang::Expr *E);
/// The variable of `x` and `x.f`: what changes when these do.
const clang::VarDecl *variableRoot(const clang::Expr *E);
/// Both expressions are spelled alike.
bool sameExpr(const clang::Expr *A, const clang::Expr *B, const clang::ASTContext &Ast);
/// The statements below S, captured ones of OpenMP directives included, bodies
/// of lambdas not.
void forEachChild(const clang::Stmt *S, llvm::function_ref<void(const clang::Stmt *)> Do);
/// A variable whose value a register could hold: number, pointer, iterator,
/// or a plain record.
bool isScalarVariable(const clang::VarDecl *V);
/// Parameter number Parameter of F is a forwarding reference of the standard library, as those of
/// std::async and emplace_back: what is passed by it is kept or copied, whatever its type says.
bool isCopiedFrom(const clang::FunctionDecl *F, unsigned Parameter);
/// S or something in it changes V.
bool writesIn(const clang::Stmt *S, const clang::VarDecl *V);

// evaluation.cpp
/// Fills Root, Arguments, Handled, and in the loops' facts EarlyExit, Parallel,
/// Unknown and Locals.
void evaluate(FunctionBody &B, const clang::Stmt *S);

// regionsteps.cpp
/// Fills what of FunctionFacts::Regions needs the whole tree.
void fillRegions(FunctionBody &B);

// affine.cpp, elements.cpp
/// The value of E, where it stands in loop Loop. Not Known when it is not affine.
Affine affineOf(FunctionBody &B, const clang::Expr *E, uint32_t Loop);
/// The glvalue E, or what the pointer E points to.
ElementRef elementOf(FunctionBody &B, const clang::Expr *E, uint32_t Loop);
ElementRef pointeeOf(FunctionBody &B, const clang::Expr *E, uint32_t Loop);

// canonical.cpp
/// Recognises index, bounds and step of loop L.
void recogniseHeader(FunctionBody &B, uint32_t L);

// collect.cpp
/// Fills Accesses and Arguments of all loops and of the function, Arms, Fixed, and
/// the order of calls. Headers, inductions and scalars must be known.
void collect(FunctionBody &B);
/// The memory that an access step, somewhere in loop Loop, touches.
LoopAccess accessOf(FunctionBody &B, const Step &S, uint32_t Loop);
/// R, with the text, type and place of E.
LoopAccess describe(FunctionBody &B, ElementRef R, const clang::Expr *E);

// scalars.cpp
/// Scalars whose address is taken, or goes to a callee, are memory like any other:
/// what is done to them can have another name.
void keepInMemory(FunctionBody &B);
/// Finds the inductions of all loops.
void findInductions(FunctionBody &B);
/// Fills Scalars of all loops.
void classifyScalars(FunctionBody &B);

// spelling.cpp
/// Fills Spelling of all loops; IndexReadAfter is classifyScalars's.
void spellLoops(FunctionBody &B, const clang::Stmt *S);

} // namespace heddle
