/// Where a model of concurrency has to be chosen, and what was measured there.
///
/// An opportunity is an outermost loop, a group of blocking calls in a row, a
/// handler, or an existing launch of a thread or process. Its facts fall into
/// the seven groups of the guidelines: shared state, blocking, loop, isolation,
/// data, fork, unresolved. Nothing here has an opinion.
///
/// Example: `for (auto &u : urls) fetch(u);` is a Loop whose facts are
/// `independent` (judged with the effects of I/O left out), `wait-share` 0.99
/// with the call chain to `recv`, and `shared-written` 0.
#pragma once

#include "advice/guidelines.h"
#include "program/loops.h"
#include "program/program.h"

namespace heddle {

struct Fact {
  FactKind Kind = FactKind::Work;
  double Value = 0;
  std::string What; ///< For people: `3 shared places are written, among them hits`.
  Span At;          ///< The witness; may be the opportunity itself.
  Chain Through;    ///< Calls from the opportunity to the witness.
};

struct Opportunity {
  OpportunityKind Kind = OpportunityKind::Loop;
  FunctionId In = None;  ///< The function it stands in.
  uint32_t Index = None; ///< Of the loop or launch in that function; None for calls.
  Span At;
  std::string Name; ///< For messages: `this loop in render`.
  /// What the code does here today; Serial when it does nothing special.
  Verdict Current = Verdict::Serial;
  std::vector<Fact> Facts; ///< By kind; at most one of a kind.

  /// For loops: what dependence says. Overlap is set when only the waits of
  /// the iterations, not all their effects, are independent.
  LoopJudgement Judgement;
  bool Overlap = false;
  /// A loop without a countable index around waits, such as one that accepts
  /// connections: its iterations are taken for independent requests.
  bool Requests = false;

  double Units = 1;       ///< Iterations; 1 for calls and launches.
  bool UnitsKnown = true; ///< False when the number is an assumption.
  double UnitWork = 0;    ///< Operations per unit, waits not counted.
  double UnitWait = 0;    ///< Operations that the waits of a unit cost.
  double UnitLaunch = 0;  ///< Operations that starting programs costs per unit.
  double Weight = 0;      ///< Operations in one run of the program, estimated.
  double Share = 0;       ///< Part of its program's work, 0..1.
  /// Opportunity (index in the report) that already runs this one's function
  /// in several workers; None when there is none.
  uint32_t CoveredBy = None;
  std::vector<FunctionId> Mains; ///< The `main`s of the programs that it is part of.
  /// Shared places that are written without a common lock: to repair first.
  std::vector<Fact> Unprotected;

  const Fact *fact(FactKind K) const;
  double total() const { return Units * (UnitWork + UnitWait + UnitLaunch); }
};

struct GatherOptions {
  /// Leave out which model the code uses today.
  bool IgnoreCurrentModel = false;
};

/// One program of the database.
struct MainPart {
  FunctionId Main = None;
  double Total = 0; ///< Operations of one run, as Opportunity::Weight.
};

struct Gathered {
  std::vector<Opportunity> Opportunities; ///< Most work first.
  std::vector<MainPart> Programs;         ///< Sorted by place.
  double Total = 0;                       ///< Operations of everything.
};

/// All opportunities of `P`.
Gathered gatherOpportunities(const Program &P, const Guidelines &G, GatherOptions O = {});

/// For people: `12 operations`, `4.2 million operations`.
std::string operations(double N);

} // namespace heddle
