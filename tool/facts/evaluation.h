/// The walker that turns the body of a function into a tree of steps. Only its
/// own files include this.
#pragma once

#include "facts/loopbody.h"

namespace heddle {

/// Deeper syntax is not followed.
inline constexpr unsigned MaxSyntaxDepth = 1500;

/// Walks the body and appends steps. Parts: statements (evaluation.cpp),
/// expressions and updates (expressions.cpp), calls (callsteps.cpp).
class Evaluation {
public:
  explicit Evaluation(FunctionBody &B) : B(B), F(B.F), Ast(B.F.Unit.Ast), Out(&B.Root.Kids) {}

  void statement(const clang::Stmt *S);
  void eval(const clang::Expr *E, bool Discard = false);

private:
  struct Frame {
    uint32_t Loop; ///< None for a switch.
    const clang::Stmt *S;
  };

  /// Runs Do with a fresh sequence and returns it.
  template <class Fn> Step sequence(Fn Do) {
    Step S;
    std::vector<Step> *Outer = Out;
    Out = &S.Kids;
    Do();
    Out = Outer;
    return S;
  }
  void push(Step::Kind K) { Out->emplace_back().What = K; }
  void jump() { push(Step::Jump); }
  /// The call whose arguments have just been evaluated.
  void called(uint32_t Call) {
    push(Step::Call);
    Out->back().Index = Call;
    if (Call == None || Tries.empty())
      return;
    B.facts().Calls[Call].Caught = true;
    B.facts().Calls[Call].TryLoop = Tries.back();
  }

  void markUnknown(llvm::StringRef Why, clang::SourceRange At) {
    for (const Frame &E : Around)
      if (E.Loop != None && B.facts().Loops[E.Loop].Unknown.empty()) {
        B.facts().Loops[E.Loop].Unknown = Symbol(Why);
        B.facts().Loops[E.Loop].UnknownAt = F.Unit.span(At);
      }
  }
  void markExit(uint32_t L, clang::SourceRange At) {
    if (!B.facts().Loops[L].EarlyExit.valid())
      B.facts().Loops[L].EarlyExit = F.Unit.span(At);
    B.Headers[L].HasBreak = true;
  }
  void exitAll(clang::SourceRange At) {
    for (const Frame &E : Around)
      if (E.Loop != None)
        markExit(E.Loop, At);
  }
  uint32_t innermost() const {
    for (const Frame &E : llvm::reverse(Around))
      if (E.Loop != None)
        return E.Loop;
    return None;
  }
  void declare(const clang::VarDecl *V) {
    if (V->hasGlobalStorage())
      return;
    Symbol Usr = F.Unit.usr(V);
    for (uint32_t D : Under)
      B.facts().Regions.Directives[D].Locals.push_back(Usr);
    for (const Frame &E : Around)
      if (E.Loop != None)
        B.facts().Loops[E.Loop].Locals.push_back(Usr);
  }

  bool implicitCalls(const clang::Stmt *S);
  void declaration(const clang::DeclStmt *D);
  void returned(const clang::Expr *Value);
  void loop(const clang::Stmt *S, const clang::Stmt *Init, llvm::function_ref<void()> Condition,
            const clang::Stmt *Body, const clang::Expr *Increment, bool AtLeastOnce);
  void directive(const clang::OMPExecutableDirective *D);
  void clauses(const clang::OMPExecutableDirective *D, uint32_t First);
  bool minMaxBranch(const clang::IfStmt *S);
  Step *access(const clang::Expr *E, bool Reads, bool Writes, Step::Extent Size = Step::Element);
  void update(const clang::Expr *LHS, const clang::Expr *RHS, const clang::Expr *At,
              llvm::StringRef Operator);
  llvm::StringRef reduction(const clang::Expr *LHS, const clang::Expr *RHS);
  bool assign(const clang::BinaryOperator *A, bool Discard);
  void call(const clang::CallExpr *E, bool Discard);
  void algorithm(const clang::CallExpr *E, const AlgorithmCall &Is, uint32_t L);
  Step *elementAt(const clang::Expr *E, uint32_t L, bool Writes);
  void construct(const clang::CXXConstructExpr *E);
  void argument(const clang::FunctionDecl *Callee, unsigned Number, const clang::Expr *E,
                uint32_t Call, bool Known, bool Pure = false, uint64_t Bytes = ~uint64_t(0));
  void lambda(const clang::LambdaExpr *L);

  FunctionBody &B;
  FunctionContext &F;
  const clang::ASTContext &Ast;
  std::vector<Step> *Out;
  llvm::SmallVector<Frame, 8> Around;
  /// A glvalue whose reads are part of a reduction.
  const clang::Expr *Suppressed = nullptr;
  llvm::SmallVector<uint32_t, 2> Tries; ///< For each try around: the loop it is in.
  Symbol Region;                        ///< Parallel annotation that the next loops are under.
  llvm::SmallVector<uint32_t, 4> Under; ///< Directives around, outermost first.
  unsigned Depth = 0;
  bool Returned = false; ///< A return statement was seen.
};

} // namespace heddle
