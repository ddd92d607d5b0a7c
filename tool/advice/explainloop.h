/// Why a loop can run in parallel or cannot, and what would change that: the
/// answer to `heddle explain FILE:LINE`, for any loop, reported or not.
///
/// Example: of `for (i...) a[i] = a[i - 1] + x;` it says that the loop is
/// carried, shows the write and the read one iteration later, and proposes a
/// parallel prefix sum or another array to write to.
#pragma once

#include "advice/advice.h"
#include "program/loops.h"

namespace heddle {

/// A loop around or inside another.
struct LoopLine {
  Span At;
  std::string Verdict, Index;
};

struct LoopExplanation {
  Span At;
  std::string Function, Index;
  /// That of the judgement, or `search` for a loop that ends at the first match.
  std::string Verdict;
  std::string Message;          ///< Fact and why, in one sentence without a full stop.
  std::vector<Evidence> Places; ///< The two sides of a conflict, what is combined.
  std::vector<std::string> Assumptions, Clauses;
  std::string Edit;   ///< The directive that `heddle fix` puts before it.
  std::string ByHand; ///< Why there is none.
  std::string Today;  ///< How it runs in parallel already, if it does.
  double Work = 0;    ///< Operations in one iteration.
  std::optional<uint64_t> Trip;
  std::string Uneven;                   ///< Why iterations cost differently.
  std::vector<std::string> Changes;     ///< What would change the verdict.
  std::vector<LoopLine> Around, Inside; ///< From this loop outwards; by place.
};

LoopExplanation explainLoop(const Program &P, FunctionId F, uint32_t L);

/// The loops whose text holds `Line` of one of the files, innermost first;
/// instances of one template each.
struct LoopAt {
  FunctionId In = None;
  uint32_t Loop = None;
};
std::vector<LoopAt> loopsAt(const Program &P, llvm::function_ref<bool(Symbol File)> IsFile,
                            uint32_t Line);
/// The last loop that begins before the line and the first after it.
std::vector<LoopAt> loopsNear(const Program &P, llvm::function_ref<bool(Symbol File)> IsFile,
                              uint32_t Line);

template <class F> void fields(LoopLine &S, F &&f) {
  f("at", S.At);
  f("verdict", S.Verdict);
  f("index", S.Index);
}
template <class F> void fields(LoopExplanation &S, F &&f) {
  f("at", S.At);
  f("function", S.Function);
  f("index", S.Index);
  f("verdict", S.Verdict);
  f("message", S.Message);
  f("places", S.Places);
  f("assumptions", S.Assumptions);
  f("clauses", S.Clauses);
  f("edit", S.Edit);
  f("byHand", S.ByHand);
  f("today", S.Today);
  f("work", S.Work);
  f("trip", S.Trip);
  f("uneven", S.Uneven);
  f("changes", S.Changes);
  f("around", S.Around);
  f("inside", S.Inside);
}

} // namespace heddle
