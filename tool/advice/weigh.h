/// From facts to a verdict: threads, processes, async, a parallel loop, or stay
/// serial. Gates first, each of which decides alone; then every model that
/// applies gets a score, the sum of strength * weight over the rules of the
/// guidelines, and a softmax turns scores into a margin. The method is
/// multinomial logistic regression, so weights can be fitted to decisions that
/// are known.
///
/// Example: a loop of 1000 independent iterations of 50000 operations passes
/// every gate; P1 (work) and P2 (independent) put `parallel` first, `threads`
/// second. With a recurrence in it, the gate `carried-dependence` says `serial`
/// and no score is looked at.
#pragma once

#include "advice/advice.h"
#include "advice/opportunity.h"

namespace heddle {

/// An upper bound of the speedup by Amdahl's law, 1 / ((1 - f) + f / n).
struct SpeedupBound {
  double Share = 0;       ///< f: part of the program's work that would run at once.
  double Workers = 1;     ///< n.
  double Bound = 1;       ///< With n workers.
  double Limit = 1;       ///< With as many as one likes; 0 when there is no limit (f is 1).
  std::string Assumption; ///< Where f comes from, in one sentence.
};

struct OpportunityVerdict {
  Opportunity What;
  Verdict Answer = Verdict::Insufficient;
  /// Insufficient when there is none.
  Verdict RunnerUp = Verdict::Insufficient;
  double Margin = 0; ///< Probability of the answer minus that of the runner-up, 0..1.
  Confidence Sure = Confidence::Low;
  /// The gate that decided, if one did.
  std::optional<Gate> By;
  Scores Score{}; ///< Zero for models that do not apply, and when a gate decided.
  /// Strongest first. Weight is strength times the weight for the answer, less
  /// the mean of the other models'.
  std::vector<Evidence> For, Against;
  /// What must be repaired before the answer can be followed.
  std::vector<Evidence> First;
  /// What would change the answer: `without the lock ...: threads`.
  std::vector<std::string> Flips;
  SpeedupBound Speedup;
  /// One sentence for people, without a full stop.
  std::string Message;
  /// Too little work, or too small a part of the program, to be worth a line.
  bool Minor = false;
};

struct VerdictShare {
  Verdict Answer = Verdict::Serial;
  double Share = 0; ///< Part of the program's work, 0..1.
};

/// The answer for a whole program: its opportunities weighted by their work.
struct ProgramVerdict {
  std::string Name; ///< `main`'s file, or empty for all units together.
  Span At;          ///< `main`, where there is one.
  Verdict Answer = Verdict::Serial;
  Verdict RunnerUp = Verdict::Insufficient;
  double Margin = 0;
  Confidence Sure = Confidence::Low;
  /// A second model has a good part of what can run at once.
  bool Mixed = false;
  std::vector<VerdictShare> Shares; ///< Largest first.
  std::vector<Evidence> For, Against;
  std::string Message;
};

struct AdviceReport {
  std::string Guidelines;                        ///< Name of the set of guidelines.
  std::vector<OpportunityVerdict> Opportunities; ///< Most work first.
  ProgramVerdict Program;                        ///< All units together.
  std::vector<ProgramVerdict> Programs;          ///< One for each `main`, by place.
};

/// Weighs one opportunity. Reads nothing but its facts.
OpportunityVerdict weigh(const Opportunity &O, const Guidelines &G);

/// Weighs the opportunities of one program into one answer. `Total` is what one
/// run of it costs, in the unit of Opportunity::Weight.
ProgramVerdict weighProgram(llvm::ArrayRef<const OpportunityVerdict *> Members, double Total,
                            const Guidelines &G);

/// The whole of it. `heddle advise` renders the result, the check
/// `threads-or-processes` picks from it what the code does not follow.
AdviceReport advise(const Program &P, const Guidelines &G, GatherOptions O = {});

} // namespace heddle
