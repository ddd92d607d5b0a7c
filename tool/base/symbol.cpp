#include "base/symbol.h"

#include "llvm/ADT/CachedHashString.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Allocator.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/StringSaver.h"
#include <array>
#include <atomic>
#include <mutex>
#include <shared_mutex>

namespace heddle {
namespace {

/// The texts by number, in chunks that double in size and never move, so that they
/// are read without a lock: whoever has a number got it after its text was stored.
class Texts {
public:
  llvm::StringRef operator[](uint32_t Number) const {
    auto [Chunk, At] = find(Number);
    return Chunks[Chunk].load(std::memory_order_acquire)[At];
  }
  uint32_t size() const { return Count; }
  void push_back(llvm::StringRef Text) {
    auto [Chunk, At] = find(Count);
    llvm::StringRef *Place = Chunks[Chunk].load(std::memory_order_relaxed);
    if (!Place) {
      Place = new llvm::StringRef[size_t(First) << Chunk];
      Chunks[Chunk].store(Place, std::memory_order_release);
    }
    Place[At] = Text;
    ++Count;
  }

private:
  static constexpr uint32_t First = 1024;
  /// Chunk k begins at First * (2^k - 1).
  static std::pair<unsigned, uint32_t> find(uint32_t Number) {
    unsigned Chunk = llvm::Log2_32(Number / First + 1);
    return {Chunk, Number - First * ((1u << Chunk) - 1)};
  }
  std::array<std::atomic<llvm::StringRef *>, 23> Chunks{};
  uint32_t Count = 0;
};

struct Pool {
  Pool() { All.push_back(""); }
  std::shared_mutex Mutex;
  llvm::BumpPtrAllocator Storage;
  llvm::DenseMap<llvm::CachedHashStringRef, uint32_t> Numbers;
  Texts All;
};

/// Never destroyed: symbols may be read by destructors of static objects.
Pool &pool() {
  static Pool &P = *new Pool;
  return P;
}

} // namespace

Symbol::Symbol(llvm::StringRef Text) {
  if (Text.empty())
    return;
  Pool &P = pool();
  llvm::CachedHashStringRef Key(Text);
  {
    std::shared_lock Lock(P.Mutex);
    if (auto It = P.Numbers.find(Key); It != P.Numbers.end()) {
      Number = It->second;
      return;
    }
  }
  std::unique_lock Lock(P.Mutex);
  if (auto It = P.Numbers.find(Key); It != P.Numbers.end()) {
    Number = It->second;
    return;
  }
  llvm::StringRef Saved = llvm::StringSaver(P.Storage).save(Text);
  Number = P.All.size();
  P.All.push_back(Saved);
  P.Numbers.try_emplace(llvm::CachedHashStringRef(Saved, Key.hash()), Number);
}

llvm::StringRef Symbol::str() const { return pool().All[Number]; }

} // namespace heddle
