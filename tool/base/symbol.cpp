#include "base/symbol.h"

#include "llvm/ADT/CachedHashString.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Allocator.h"
#include "llvm/Support/StringSaver.h"
#include <mutex>
#include <shared_mutex>
#include <vector>

namespace heddle {
namespace {

struct Pool {
  std::shared_mutex Mutex;
  llvm::BumpPtrAllocator Storage;
  llvm::DenseMap<llvm::CachedHashStringRef, uint32_t> Numbers;
  std::vector<llvm::StringRef> Texts{""};
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
  Number = static_cast<uint32_t>(P.Texts.size());
  P.Texts.push_back(Saved);
  P.Numbers.try_emplace(llvm::CachedHashStringRef(Saved, Key.hash()), Number);
}

llvm::StringRef Symbol::str() const {
  Pool &P = pool();
  std::shared_lock Lock(P.Mutex);
  return P.Texts[Number];
}

} // namespace heddle
