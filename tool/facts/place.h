#pragma once

#include "base/codec.h"
#include "base/span.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace heddle {

/// "No index", for members that hold an index into a vector.
inline constexpr uint32_t None = ~0u;

enum class RootKind : uint8_t {
  Unknown,   ///< Cannot tell. Name says why, for people.
  Global,    ///< Variable of static storage duration. Name is its USR.
  Local,     ///< Automatic variable or by-value parameter. Name is its USR.
  Parameter, ///< The pointer or reference that is parameter Index. Name is its name.
  This,      ///< The pointer `this`.
  Heap,      ///< Made by `new`, make_unique, malloc... Name is "file:line:col".
  Result,    ///< The pointer or reference returned by Calls[Index].
};
llvm::ArrayRef<llvm::StringLiteral> enumNames(RootKind);

/// A memory location, named by how the code reaches it.
///
/// Path is what follows the root: ".field" for a member, "[]" for an element
/// at any index, "[3]" for an element at a constant index, "*" for following a
/// pointer, a reference or a smart pointer, ".-field" for the object that this is
/// the member of (container_of). References are pointers here:
/// with `T &r = g`, the expression `r.x` is {Local r, "*.x"} and a Binding says
/// that r points to g. `this->x` is {This, "*.x"}; `p->next->v` with parameter
/// p is {Parameter 0, "*.next*.v"}; element i of a vector member v is
/// {This, "*.v[]"}.
struct Place {
  RootKind Root = RootKind::Unknown;
  Symbol Name;
  uint32_t Index = 0;
  Symbol Path;

  bool known() const { return Root != RootKind::Unknown; }
  auto key() const { return std::tie(Root, Name, Index, Path); }
  friend bool operator==(const Place &A, const Place &B) { return A.key() == B.key(); }
  friend auto operator<=>(const Place &A, const Place &B) { return A.key() <=> B.key(); }
};

/// The same root, one step further: extend(p, "*").
Place extend(const Place &P, llvm::StringRef Step);
/// For people and for tests: "global c:@n .x", "this *.n".
std::string toString(const Place &P);

enum class AccessKind : uint8_t { Read, Write, AtomicRead, AtomicWrite };
llvm::ArrayRef<llvm::StringLiteral> enumNames(AccessKind);

template <class F> void fields(Place &S, F &&f) {
  f("root", S.Root);
  f("name", S.Name);
  f("index", S.Index);
  f("path", S.Path);
}
} // namespace heddle
