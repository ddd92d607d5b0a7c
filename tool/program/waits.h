/// Calls that may wait, as seen from a function that makes them itself or by way of
/// others: the material of every check of blocking.
///
/// Example: `void save() { flush(); }  void flush() { fsync(fd); }` gives for the call of
/// flush one Wait, for fsync, that goes through it.
#pragma once

#include "program/program.h"

namespace heddle {

struct Wait {
  const BlockingCall *Fact = nullptr;
  FunctionId In = None; ///< Where the waiting call stands.
  uint32_t Call = None; ///< Index into the calls of the function that it is seen from.
  Span At;              ///< The waiting call.
  Chain Through;        ///< Calls that lead there; empty when the function waits itself.
  bool Certain = true;  ///< Not by way of one of several overriders.
  /// What the callees know of it; null when the function waits itself.
  const EffectBlock *Effect = nullptr;

  /// The call in the function that it is seen from.
  const Span &named() const { return Through.empty() ? At : Through.front().At; }
  /// It is worth a report where waiting hurts: it surely waits, or for long.
  bool matters() const {
    return Fact->Category != BlockCategory::Lock &&
           (Fact->When == BlockWhen::Always ? Fact->Level <= Tier::B : Fact->Level == Tier::A);
  }
};

/// The waits of Calls[Call] of F. Callees are left out for which Skip says so, and a
/// virtual call with very many candidates says too little of any of them.
std::vector<Wait> waitsOf(const Program &P, FunctionId F, uint32_t Call,
                          llvm::function_ref<bool(FunctionId)> Skip = nullptr);

/// The waits of a call of F from outside of all functions, at At.
std::vector<Wait> waitsIn(const Program &P, FunctionId F, const Span &At);

} // namespace heddle
