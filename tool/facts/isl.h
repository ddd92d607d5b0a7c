/// What the questions to isl share. isl is not thread-safe within one context, so
/// every thread has its own.
#pragma once

#include <isl/ctx.h>
#include <isl/options.h>

namespace heddle {

/// This thread's context, with operations counted from zero; what takes more than
/// MaxOperations pivots is given up. Errors are answers, not messages: call
/// isl_ctx_reset_error after the question.
inline isl_ctx *islContext(unsigned long MaxOperations) {
  struct Owner {
    isl_ctx *Ctx = isl_ctx_alloc();
    Owner() { isl_options_set_on_error(Ctx, ISL_ON_ERROR_CONTINUE); }
    ~Owner() { isl_ctx_free(Ctx); }
  };
  static thread_local Owner Isl;
  isl_ctx_set_max_operations(Isl.Ctx, MaxOperations);
  isl_ctx_reset_operations(Isl.Ctx);
  return Isl.Ctx;
}

/// Questions that are remembered by their text: nests repeat them many times over.
inline constexpr unsigned MaxRemembered = 20000;

} // namespace heddle
