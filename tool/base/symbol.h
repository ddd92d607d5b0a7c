#pragma once

#include "llvm/ADT/DenseMapInfo.h"
#include "llvm/ADT/StringRef.h"
#include <compare>
#include <cstdint>

namespace heddle {

/// An interned string: four bytes, compared by identity. Equal text gives equal
/// symbols for the life of the process, from any thread. Numbers depend on the
/// order of interning, so anything that is printed is sorted by text, never by
/// number.
class Symbol {
public:
  Symbol() = default;
  explicit Symbol(llvm::StringRef Text);

  llvm::StringRef str() const;
  bool empty() const { return Number == 0; }
  explicit operator bool() const { return Number != 0; }
  uint32_t number() const { return Number; }

  friend bool operator==(Symbol A, Symbol B) { return A.Number == B.Number; }
  /// Orders by text, so that sorted output is the same in every run.
  friend std::strong_ordering operator<=>(Symbol A, Symbol B) {
    return A.Number == B.Number ? std::strong_ordering::equal : A.str().compare(B.str()) <=> 0;
  }

private:
  uint32_t Number = 0;
};

} // namespace heddle

template <> struct llvm::DenseMapInfo<heddle::Symbol> {
  static heddle::Symbol getEmptyKey() { return key(~0u); }
  static heddle::Symbol getTombstoneKey() { return key(~0u - 1); }
  static unsigned getHashValue(heddle::Symbol S) {
    return DenseMapInfo<uint32_t>::getHashValue(S.number());
  }
  static bool isEqual(heddle::Symbol A, heddle::Symbol B) { return A == B; }

private:
  static heddle::Symbol key(uint32_t Number) {
    static_assert(sizeof(heddle::Symbol) == sizeof(uint32_t));
    return __builtin_bit_cast(heddle::Symbol, Number);
  }
};
