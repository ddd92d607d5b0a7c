#include "advice/guidelines.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLTraits.h"
#include <algorithm>
#include <cmath>

namespace heddle {

using llvm::StringLiteral;
using llvm::StringRef;

llvm::ArrayRef<StringLiteral> enumNames(Verdict) {
  static constexpr StringLiteral N[] = {"threads",  "processes", "async",
                                        "parallel", "serial",    "insufficient-evidence"};
  return N;
}
llvm::ArrayRef<StringLiteral> enumNames(FactKind) {
  static constexpr StringLiteral N[] = {"shared-written",
                                        "shared-read-bytes",
                                        "locked-share",
                                        "wait-share",
                                        "network-share",
                                        "file-share",
                                        "independent",
                                        "assumptions",
                                        "reductions",
                                        "regular",
                                        "work",
                                        "data-parallel-share",
                                        "launches-programs",
                                        "process-wide",
                                        "thread-unsafe",
                                        "crash-isolation",
                                        "snapshot",
                                        "worker-bytes",
                                        "item-bytes",
                                        "pointer-rich",
                                        "threads-running",
                                        "locks-held",
                                        "unresolved",
                                        "current-threads",
                                        "current-processes",
                                        "current-async",
                                        "current-parallel"};
  return N;
}
llvm::ArrayRef<StringLiteral> enumNames(Gate) {
  static constexpr StringLiteral N[] = {"only-launches",      "too-little-work",
                                        "carried-dependence", "unknown-dependence",
                                        "hard-isolation",     "one-lock"};
  return N;
}
llvm::ArrayRef<StringLiteral> enumNames(OpportunityKind) {
  static constexpr StringLiteral N[] = {"loop", "calls", "launch", "handler"};
  return N;
}

StringRef inWords(Verdict V) {
  switch (V) {
  case Verdict::Threads:
    return "threads";
  case Verdict::Processes:
    return "processes";
  case Verdict::Async:
    return "an event loop (async)";
  case Verdict::Parallel:
    return "a parallel loop";
  case Verdict::Serial:
    return "serial";
  case Verdict::Insufficient:
    return "insufficient evidence";
  }
  return "";
}

double Rule::strength(double Value) const {
  double Low = From, High = To, V = Value;
  if (Logarithmic) {
    // The parser has made sure that both ends are above zero.
    Low = std::log(From), High = std::log(To);
    V = std::log(std::max(Value, std::min(From, To)));
  }
  return std::clamp((V - Low) / (High - Low), 0.0, 1.0);
}

const Candidate *Guidelines::candidate(Verdict V, OpportunityKind K) const {
  for (const Candidate &C : Candidates)
    if (C.Model == V && (C.Kinds.empty() || llvm::is_contained(C.Kinds, K)))
      return &C;
  return nullptr;
}

const GateRule *Guidelines::gate(Gate G) const {
  for (const GateRule &R : Gates)
    if (R.When == G)
      return &R;
  return nullptr;
}

} // namespace heddle

LLVM_YAML_IS_SEQUENCE_VECTOR(heddle::Candidate)
LLVM_YAML_IS_SEQUENCE_VECTOR(heddle::Rule)
LLVM_YAML_IS_SEQUENCE_VECTOR(heddle::GateRule)
LLVM_YAML_IS_FLOW_SEQUENCE_VECTOR(heddle::OpportunityKind)
LLVM_YAML_IS_FLOW_SEQUENCE_VECTOR(heddle::FactKind)

namespace llvm::yaml {

using namespace heddle;

template <class E> struct NamedScalar {
  static void enumeration(IO &In, E &V) {
    auto Names = enumNames(E{});
    for (size_t I = 0; I < Names.size(); ++I)
      In.enumCase(V, Names[I].data(), static_cast<E>(I));
  }
};
template <> struct ScalarEnumerationTraits<Verdict> : NamedScalar<Verdict> {};
template <> struct ScalarEnumerationTraits<FactKind> : NamedScalar<FactKind> {};
template <> struct ScalarEnumerationTraits<Gate> : NamedScalar<Gate> {};
template <> struct ScalarEnumerationTraits<OpportunityKind> : NamedScalar<OpportunityKind> {};

template <> struct ScalarTraits<Symbol> {
  static void output(const Symbol &V, void *, raw_ostream &Out) { Out << V.str(); }
  static StringRef input(StringRef Text, void *, Symbol &V) {
    static constexpr StringLiteral Known[] = {"T1", "T2", "T3", "T4", "P1",
                                              "P2", "P3", "P4", "P5", "I"};
    if (!llvm::is_contained(Known, Text))
      return "not a guideline; they are T1 to T4, P1 to P5, and I for isolation";
    V = Symbol(Text);
    return {};
  }
  static QuotingType mustQuote(StringRef) { return QuotingType::None; }
};

static std::string finite(double V) {
  return std::isfinite(V) ? std::string() : "not a finite number";
}

template <> struct MappingTraits<Setting> {
  static void mapping(IO &In, Setting &S) {
    In.mapRequired("value", S.Value);
    In.mapRequired("reason", S.Reason);
  }
  static std::string validate(IO &, Setting &S) {
    if (std::string Fault = finite(S.Value); !Fault.empty())
      return Fault;
    return S.Value < 0 ? "a threshold cannot be negative" : "";
  }
};

template <> struct MappingTraits<Candidate> {
  static void mapping(IO &In, Candidate &C) {
    In.mapRequired("model", C.Model);
    In.mapRequired("base", C.Base);
    In.mapOptional("for", C.Kinds);
    In.mapRequired("reason", C.Reason);
  }
  static std::string validate(IO &, Candidate &C) {
    if (C.Model == Verdict::Insufficient)
      return "insufficient-evidence is the answer of a gate, no candidate";
    return finite(C.Base);
  }
};

template <> struct MappingTraits<GateRule> {
  static void mapping(IO &In, GateRule &G) {
    In.mapRequired("gate", G.When);
    In.mapRequired("verdict", G.Then);
    In.mapOptional("guideline", G.Guideline);
    In.mapRequired("reason", G.Reason);
  }
};

template <> struct MappingTraits<Rule> {
  static void mapping(IO &In, Rule &R) {
    In.mapRequired("fact", R.Fact);
    In.mapOptional("guideline", R.Guideline);
    In.mapOptional("from", R.From);
    In.mapOptional("to", R.To);
    In.mapOptional("logarithmic", R.Logarithmic);
    for (size_t I = 0; I < ScoredVerdicts; ++I)
      In.mapOptional(enumNames(Verdict{})[I].data(), R.Weights[I]);
    In.mapRequired("reason", R.Reason);
    In.mapOptional("if", R.If);
  }
  static std::string validate(IO &, Rule &R) {
    for (double V : R.Weights)
      if (std::string Fault = finite(V); !Fault.empty())
        return Fault;
    if (!std::isfinite(R.From) || !std::isfinite(R.To) || R.From == R.To)
      return "from and to must be two different finite numbers";
    if (R.Logarithmic && (R.From <= 0 || R.To <= 0))
      return "a logarithmic range must lie above zero";
    return {};
  }
};

template <> struct MappingTraits<Limits> {
  static void mapping(IO &In, Limits &L) {
    In.mapRequired("thread-cost", L.ThreadCost);
    In.mapRequired("process-cost", L.ProcessCost);
    In.mapRequired("unknown-trip", L.UnknownTrip);
    In.mapRequired("assumed-trip", L.AssumedTrip);
    In.mapRequired("likely-trip", L.LikelyTrip);
    In.mapRequired("launch-share", L.LaunchShare);
    In.mapRequired("one-lock-share", L.OneLockShare);
    In.mapRequired("group-size", L.GroupSize);
    In.mapRequired("cores", L.Cores);
    In.mapRequired("temperature", L.Temperature);
    In.mapRequired("high-margin", L.HighMargin);
    In.mapRequired("medium-margin", L.MediumMargin);
    In.mapRequired("minor-share", L.MinorShare);
    In.mapRequired("mixed-share", L.MixedShare);
    In.mapRequired("concurrent-share", L.ConcurrentShare);
  }
  static std::string validate(IO &, Limits &L) {
    if (L.Temperature.Value <= 0)
      return "the temperature must be above zero";
    if (L.Cores.Value < 1 || L.UnknownTrip.Value < 1 || L.AssumedTrip.Value < 1 ||
        L.LikelyTrip.Value < 1)
      return "cores and the trip counts must be at least one";
    return {};
  }
};

using WaitTable = std::array<Setting, WaitCategories>;
template <> struct MappingTraits<WaitTable> {
  static void mapping(IO &In, WaitTable &W) {
    auto Names = enumNames(BlockCategory{});
    for (size_t I = 0; I < WaitCategories; ++I)
      In.mapRequired(Names[I].data(), W[I]);
  }
};

template <> struct MappingTraits<Guidelines> {
  static void mapping(IO &In, Guidelines &G) {
    In.mapRequired("title", G.Title);
    In.mapRequired("candidates", G.Candidates);
    In.mapRequired("limits", G.Limit);
    In.mapRequired("waits", G.Waits);
    In.mapRequired("gates", G.Gates);
    In.mapRequired("rules", G.Rules);
    In.mapOptional("assumed", G.Assumed);
  }
  static std::string validate(IO &, Guidelines &G) {
    return G.Candidates.empty() ? "there is no candidate" : "";
  }
};

} // namespace llvm::yaml

namespace heddle {

namespace {
struct Embedded {
  StringLiteral Name, Text;
};
constexpr Embedded Builtin[] = {
#include "embedded/guidelines.inc"
};

struct FirstFault {
  std::string Where, What;
};

void keepFirst(const llvm::SMDiagnostic &D, void *Context) {
  auto &F = *static_cast<FirstFault *>(Context);
  if (!F.What.empty())
    return;
  if (D.getLineNo() > 0)
    F.Where = (":" + llvm::Twine(D.getLineNo()) + ":" + llvm::Twine(D.getColumnNo() + 1)).str();
  F.What = D.getMessage().str();
}
} // namespace

llvm::Expected<Guidelines> parseGuidelines(llvm::MemoryBufferRef Yaml) {
  StringRef Name = Yaml.getBufferIdentifier();
  FirstFault Fault;
  auto failed = [&] {
    return llvm::createStringError(Name + (Fault.Where.empty() ? ":1:1" : Fault.Where) + ": " +
                                   (Fault.What.empty() ? "this is no YAML" : Fault.What));
  };
  // The reader below trusts the syntax, and that there is something to read.
  llvm::SourceMgr Sources;
  Sources.setDiagHandler(keepFirst, &Fault);
  if (!llvm::yaml::Stream(Yaml, Sources).validate())
    return failed();
  llvm::yaml::Stream Documents(Yaml, Sources);
  llvm::yaml::document_iterator First = Documents.begin();
  if (First == Documents.end() || !llvm::isa_and_nonnull<llvm::yaml::MappingNode>(First->getRoot()))
    return llvm::createStringError(Name + ":1:1: no guidelines in this file");

  llvm::yaml::Input In(Yaml, nullptr, keepFirst, &Fault);
  Guidelines G;
  In >> G;
  if (In.error())
    return failed();
  G.Name = Yaml.getBufferIdentifier().str();
  return G;
}

llvm::Expected<Guidelines> loadGuidelines(StringRef NameOrPath) {
  for (const Embedded &E : Builtin)
    if (E.Name == NameOrPath)
      return parseGuidelines(llvm::MemoryBufferRef(E.Text, E.Name));
  auto File = llvm::MemoryBuffer::getFile(NameOrPath, /*IsText=*/true);
  if (!File)
    return llvm::createStringError(
        "guidelines '" + NameOrPath +
        "' are neither cpp nor book nor a readable file: " + File.getError().message());
  return parseGuidelines(**File);
}

} // namespace heddle
