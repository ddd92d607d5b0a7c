/// Which lock guards which member or variable, as Clang's thread-safety attributes
/// say it: the answer of `heddle annotate`.
///
/// Example: when every access to `Pool::count` is made under `mu` of the same pool,
/// `int count;` becomes `int count GUARDED_BY(mu);`.
#pragma once

#include "advice/advice.h"
#include "program/program.h"

namespace heddle {

struct AnnotateOptions {
  std::string Macro = "GUARDED_BY";
  bool Attribute = false; ///< Write `__attribute__((guarded_by(mu)))` instead.
};

struct GuardAnnotation {
  Span At;               ///< The declaration.
  std::string Name;      ///< `Pool::count`.
  std::string Lock;      ///< As it is named at the declaration, or where it is taken.
  std::string Attribute; ///< What to write; empty when something forbids it.
  std::string Message;   ///< In one sentence without a full stop.
  std::string WhyNot;    ///< Why it is not written.
  uint64_t Held = 0, Accesses = 0, Writes = 0;
  bool Declared = false;    ///< The attribute is there already.
  std::vector<Span> Except; ///< Accesses without the lock.
  std::vector<Edit> Edits;
};

/// Of all that is accessed at least twice and written at least once, mostly under
/// one lock; sorted by place.
std::vector<GuardAnnotation> inferGuards(const Program &P, const AnnotateOptions &O);

/// A finding for the writer of edits.
Advice asAdvice(const GuardAnnotation &A);

template <class F> void fields(GuardAnnotation &S, F &&f) {
  f("at", S.At);
  f("name", S.Name);
  f("lock", S.Lock);
  f("attribute", S.Attribute);
  f("message", S.Message);
  f("whyNot", S.WhyNot);
  f("held", S.Held);
  f("accesses", S.Accesses);
  f("writes", S.Writes);
  f("declared", S.Declared);
  f("except", S.Except);
  f("edits", S.Edits);
}

} // namespace heddle
