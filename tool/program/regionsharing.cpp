/// Whose memory a variable is, by the data-sharing rules of OpenMP (5.2, chapter
/// 5.1): what is declared in a construct, the indices of its loops and what its
/// clauses name is private to it; of the rest, a parallel region shares all, and a
/// task what the threads of the team share, while it copies everything else.
///
/// Example: in `#pragma omp parallel { int t; #pragma omp task { t++; s++; } }`
/// with s from outside, the task has its own copy of t and shares s.
#include "program/regionwalk.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

const Clause *RegionWalk::clause(const Directive &D, Symbol Variable) {
  const Clause *Found = nullptr;
  for (const Clause &C : D.Clauses)
    // `firstprivate lastprivate` and the like: all say private.
    if (C.Variable == Variable && C.Kind != ClauseKind::CopyPrivate &&
        (!Found || Found->Kind == ClauseKind::Shared))
      Found = &C;
  return Found;
}

uint32_t RegionWalk::owner(Symbol Variable, bool Static, uint32_t Frame, uint32_t Node) const {
  for (uint32_t N = Node; N != None; N = Nodes[N].Parent) {
    // A local of a function that is called from here: one for each call.
    if (Nodes[N].Frame != Frame && !Static)
      return N;
    const Directive &D = *Nodes[N].D;
    if (!Static && llvm::is_contained(D.Locals, Variable))
      return N;
    if (D.Kind == DirectiveKind::Worksharing || D.Kind == DirectiveKind::Taskloop ||
        D.Kind == DirectiveKind::Simd)
      for (uint32_t L : D.Loops)
        if (facts(Nodes[N].Frame).Loops[L].Index == Variable)
          return N;
    if (const Clause *C = clause(D, Variable)) {
      if (C->Kind != ClauseKind::Shared)
        return N;
      continue;
    }
    bool Task = D.Kind == DirectiveKind::Task || D.Kind == DirectiveKind::Taskloop;
    if (!Task && D.Kind != DirectiveKind::Parallel)
      continue;
    if (D.Default == DefaultSharing::Private || D.Default == DefaultSharing::FirstPrivate) {
      if (!Static)
        return N;
      continue;
    }
    if (!Task || Static || D.Default != DefaultSharing::Unset)
      continue;
    // Shared when all threads of the team share it.
    uint32_t Team = Nodes[N].Parent;
    while (Team != None && Nodes[Team].D->Kind != DirectiveKind::Parallel)
      Team = Nodes[Team].Parent;
    if (Team == None)
      return N;
    uint32_t Outer = owner(Variable, Static, Frame, Nodes[N].Parent);
    if (Outer != None && within(Outer, Team))
      return N;
  }
  return None;
}

bool RegionWalk::varies(Symbol Variable) const {
  llvm::StringRef Name = Variable.str();
  Name.consume_back("#entry");
  // What a called function has in its variables depends on the call.
  if (Name == ThreadNumber || Name.contains(FrameMark))
    return true;
  if (Inside.count(Symbol(Name)) || Written.count(Name.str()))
    return true;
  // Members of such variables, named as places.
  return llvm::any_of(Inside, [&](Symbol S) { return Name.contains(S.str()); }) ||
         llvm::any_of(Written, [&](const std::string &S) { return Name.contains(S); });
}

} // namespace heddle
