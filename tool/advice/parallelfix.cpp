#include "advice/parallelfix.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

namespace heddle {

using llvm::StringRef;

namespace {

/// A thread's copies stand on its stack, which is small.
constexpr uint64_t LargestCopy = 1 << 20;
/// Iterations that do as much can be handed out one by one.
constexpr double WorthHandingOut = 1000;

bool isIdentifier(StringRef S) {
  return !S.empty() && !llvm::isDigit(S.front()) &&
         llvm::all_of(S, [](char C) { return llvm::isAlnum(C) || C == '_'; });
}

/// Collects the clauses, and the first reason why they cannot be written.
class Writer {
public:
  Writer(const Program &P, FunctionId F, uint32_t L, const LoopJudgement &J)
      : Facts(P.facts(F)), T(Facts.Loops[L]), J(J), Shape(shapeOf(P, F, L, J)) {}

  ParallelFix run();

private:
  void cannot(const llvm::Twine &Why) {
    if (Out.ByHand.empty())
      Out.ByHand = Why.str();
  }
  const LoopVariable *variable(StringRef Name) const {
    for (const LoopVariable &V : T.Spelling.Variables)
      if (V.Name.str() == Name)
        return &V;
    return nullptr;
  }
  const LoopVariable *nameable(StringRef Name);
  void add(StringRef Clause, const std::vector<std::string> &Names);
  void privates();
  void reduction(const LoopJudgement::Reduction &R);
  void linear(const LoopJudgement::Linear &L);
  void placement();

  const FunctionFacts &Facts;
  const Loop &T;
  const LoopJudgement &J;
  LoopShape Shape;
  ParallelFix Out;
  llvm::StringSet<> Said; ///< Variables that are in a clause.
};

/// The variable, if a clause can hold it.
const LoopVariable *Writer::nameable(StringRef Name) {
  const LoopVariable *V = isIdentifier(Name) ? variable(Name) : nullptr;
  if (!V || !V->Nameable) {
    cannot("no clause can name `" + Name.str() +
           "`: use a local variable in the loop, and copy it back after it");
    return nullptr;
  }
  if (V->Array && V->Size > LargestCopy)
    cannot("`" + Name.str() + "` is too large for a copy on the stack of each thread");
  return V;
}

void Writer::add(StringRef Clause, const std::vector<std::string> &Names) {
  if (!Names.empty())
    Out.Clauses.push_back((Clause + "(" + llvm::join(Names, ", ") + ")").str());
}

void Writer::privates() {
  std::vector<std::string> Private, First, Last;
  auto put = [](std::vector<std::string> &Into, StringRef Name) {
    if (!llvm::is_contained(Into, Name))
      Into.push_back(Name.str());
  };
  // The rest of a record keeps the value from before the loop.
  auto one = [&](Symbol Name, bool Keep, bool Back) {
    StringRef Root = Name.str().split('.').first;
    const LoopVariable *V = nameable(Root);
    Keep |= Root != Name.str() || (V && V->Record);
    if (Keep)
      put(First, Root);
    else if (!Back)
      put(Private, Root);
    if (Back)
      put(Last, Root);
  };
  for (Symbol S : J.FirstPrivate)
    one(S, true, false);
  for (Symbol S : J.LastPrivate)
    one(S, false, true);
  for (Symbol S : J.Private)
    one(S, false, false);
  if (T.Spelling.IndexOutside && T.Spelling.IndexReadAfter && isIdentifier(T.IndexName.str())) {
    put(Last, T.IndexName.str());
    // An empty loop sets its index; with OpenMP it does not with all compilers.
    if (!T.Trip || *T.Trip == 0)
      cannot("`" + T.IndexName.str().str() +
             "` is read after the loop, and has no value there when there is no iteration: "
             "declare the index in the loop");
  }
  llvm::erase_if(Private, [&](const std::string &N) {
    return llvm::is_contained(First, N) || llvm::is_contained(Last, N);
  });
  for (auto *All : {&Private, &First, &Last})
    for (const std::string &N : *All)
      Said.insert(N);
  add("private", Private);
  add("firstprivate", First);
  add("lastprivate", Last);
}

void Writer::reduction(const LoopJudgement::Reduction &R) {
  StringRef Name = R.Name.str();
  if (Name.empty()) // the result of an algorithm
    return;
  Out.Clauses.push_back(("reduction(" + R.Operator.str() + " : " + Name + ")").str());
  StringRef Operator = R.Operator.str();
  if (Operator == "append")
    return cannot("the order of the elements matters to `" + Name.str() +
                  "`: let every thread append to a container of its own, and join these in order");
  if (Operator.starts_with("arg"))
    return cannot("no clause combines `" + Name.str() +
                  "`: let every thread keep its best, and compare these under a lock at the end");
  static constexpr StringRef Known[] = {"+", "*", "&", "|", "^", "&&", "||", "min", "max"};
  if (!llvm::is_contained(Known, Operator))
    return cannot("OpenMP has no reduction `" + Operator.str() + "`");
  auto [Root, Section] = Name.split('[');
  if (StringRef(Root).contains("->") || StringRef(Root).contains('.') || !variable(Root))
    return cannot("`" + Name.str() +
                  "` is no variable of its own: combine in a local variable, and store that after "
                  "the loop");
  const LoopVariable *V = nameable(Root);
  if (!V)
    return;
  if (!Said.insert(Root).second)
    return cannot("`" + Root.str() + "` would be in two clauses");
  if (!V->Number)
    return cannot("`" + Root.str() +
                  "` is of a type that OpenMP has no reduction for: let every "
                  "thread combine in a variable of its own");
  if (Section.empty() && V->Pointer)
    return cannot("how many elements of `" + Root.str() +
                  "` are combined is not known: give the clause an array section");
  if (!Section.empty() && !V->Pointer && !V->Array)
    cannot("`" + Name.str() + "` is no array");
}

void Writer::linear(const LoopJudgement::Linear &L) {
  StringRef Name = L.Name.str();
  Out.Clauses.push_back(("linear(" + Name + " : " + llvm::Twine(L.Step) + ")").str());
  const LoopVariable *V = nameable(Name);
  if (!V)
    return;
  if (V->Record || V->Array)
    cannot("`" + Name.str() + "` is no number: compute it from the index");
  if (!Said.insert(Name).second)
    cannot("`" + Name.str() + "` would be in two clauses");
}

/// Whether a directive can stand before the loop at all.
void Writer::placement() {
  if (T.Kind == LoopKind::Algorithm)
    cannot("give the algorithm `std::execution::par`, or take its parallel counterpart");
  if (T.Kind == LoopKind::Algorithm)
    cannot(T.Fold.empty()
               ? "give the algorithm `std::execution::par` as its first argument"
               : "give it `std::execution::par` as its first argument, and use "
                 "`std::reduce` or `std::transform_reduce` in place of `std::accumulate`");
  if (J.Manual)
    cannot("it needs that " + llvm::join(J.Assumptions, " and "));
  if (T.Spelling.Directive)
    cannot("`#pragma " + T.Spelling.Directive.str().str() + "` stands before it");
  if (T.Spelling.Obstacle)
    cannot(T.Spelling.Obstacle.str());
  if (T.InMacro)
    cannot("it is written in a macro");
  if (!T.Annotatable)
    cannot(T.Kind == LoopKind::For
               ? "OpenMP wants `for (index = start; index < bound; index += step)`, first on its "
                 "line, and an integer or a pointer as index"
               : "OpenMP wants a `for` over an index; write it so");
}

ParallelFix Writer::run() {
  placement();
  if (Shape.Collapse > 1)
    Out.Clauses.push_back("collapse(" + std::to_string(Shape.Collapse) + ")");
  privates();
  for (const LoopJudgement::Reduction &R : J.Reductions)
    reduction(R);
  for (const LoopJudgement::Linear &L : J.Linears)
    linear(L);
  if (!J.Expressible)
    cannot("a callee, or another name, reaches what would be copied, and would miss the copies: "
           "use local variables in the loop, and pass them on as arguments");
  bool Heavy = J.Work >= WorthHandingOut;
  switch (Shape.Balance) {
  case LoopBalance::Even:
    break;
  case LoopBalance::Growing:
    Out.Clauses.push_back("schedule(guided)");
    break;
  case LoopBalance::Shrinking:
    Out.Clauses.push_back(Heavy ? "schedule(dynamic)" : "schedule(dynamic, 16)");
    break;
  case LoopBalance::Varied:
    Out.Clauses.push_back(Heavy ? "schedule(dynamic)" : "schedule(guided)");
    break;
  }
  if (!Out.ByHand.empty())
    return std::move(Out);
  std::string Pragma = "#pragma omp parallel for";
  for (const std::string &C : Out.Clauses)
    Pragma += " " + C;
  Edit E;
  E.At = T.At;
  E.At.EndLine = E.At.Line, E.At.EndColumn = E.At.Column;
  E.Text = Pragma + "\n" + T.Spelling.Indent.str().str();
  Out.Edits.push_back(std::move(E));
  return std::move(Out);
}

} // namespace

ParallelFix openmpFix(const Program &P, FunctionId F, uint32_t L, const LoopJudgement &J) {
  return Writer(P, F, L, J).run();
}

} // namespace heddle
