/// The accesses of several threads to one place, brought together. Only places
/// that at least two threads may touch at the same time are kept, with all the
/// accesses to them that may meet one of another thread.
///
/// Example: a global that main writes before it starts a thread, and only reads
/// afterwards, keeps the reads of both threads and loses the first write.
#include "program/concurrency.h"
#include "program/conflicts.h"

#include "llvm/ADT/STLExtras.h"

namespace heddle {

namespace {

/// Accesses of one place; a few are as telling as many.
constexpr size_t MaxPerPlace = 96;

auto keyOf(const ThreadAccess &A) {
  return std::tie(A.What, A.At, A.Kind, A.Thread, A.Held, A.In, A.Named, A.Foreign, A.Live,
                  A.Element, *A.Order);
}

template <class T> void keepCommon(std::vector<T> &Into, const std::vector<T> &From) {
  llvm::erase_if(Into, [&](const T &X) { return !llvm::is_contained(From, X); });
}

/// Above started Below, perhaps by way of others.
bool startedBy(const Program &P, uint32_t Below, uint32_t Above) {
  for (unsigned Depth = 0; Below != None && Depth < 64; ++Depth) {
    Below = P.Threads[Below].Parent;
    if (Below == Above)
      return true;
  }
  return false;
}

} // namespace

bool mayRunAtOnce(const Program &P, const ThreadAccess &A, const ThreadAccess &B) {
  if (!llvm::binary_search(A.Live, B.Thread) || !llvm::binary_search(B.Live, A.Thread) ||
      comesBefore(P, A, B) || comesBefore(P, B, A))
    return false;
  if (A.Foreign && B.Foreign)
    return true;
  // What a thread made itself it shares with those that it hands it to.
  return (A.Foreign && startedBy(P, A.Thread, B.Thread)) ||
         (B.Foreign && startedBy(P, B.Thread, A.Thread));
}

std::vector<ThreadAccess> selectShared(const Program &P, std::vector<ThreadAccess> All) {
  llvm::sort(All, [](const ThreadAccess &A, const ThreadAccess &B) { return keyOf(A) < keyOf(B); });
  // One access at one place of the code by one thread, in several contexts.
  std::vector<ThreadAccess> Each;
  size_t Here = 0; // of this place
  for (ThreadAccess &A : All) {
    if (!Each.empty() && !(Each.back().What == A.What))
      Here = 0;
    if (Here && keyOf(Each.back()) == keyOf(A)) {
      ThreadAccess &Same = Each.back();
      Same.Certain |= A.Certain;
      // What speaks for one of them only is no doubt about the other.
      keepCommon(Same.Doubtful, A.Doubtful);
      keepCommon(Same.MayHold, A.MayHold);
      keepCommon(Same.GivenUp, A.GivenUp);
      if (A.Through.size() < Same.Through.size())
        Same.Through = std::move(A.Through);
    } else if (Here < MaxPerPlace)
      Each.push_back(std::move(A)), ++Here;
  }
  std::vector<PlaceGroup> Groups = groupByPlace(Each);
  std::vector<ThreadAccess> Kept;
  for (const PlaceGroup &G : Groups)
    for (size_t I = G.Begin; I < G.End; ++I) {
      auto Meets = [&](uint32_t Other) {
        for (size_t J = Groups[Other].Begin; J < Groups[Other].End; ++J)
          if (meet(Each[I], Each[J]) != Meeting::Never && mayRunAtOnce(P, Each[I], Each[J]))
            return true;
        return false;
      };
      if (llvm::any_of(G.Overlaps, Meets))
        Kept.push_back(Each[I]);
    }
  return Kept;
}

} // namespace heddle
