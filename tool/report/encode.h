/// Helpers of the JSON renderers.
#pragma once

#include "base/codec.h"
#include "report/report.h"

namespace heddle {

/// Replaces invalid UTF-8, which JSON cannot carry.
inline std::string utf8(llvm::StringRef Text) {
  return llvm::json::isUTF8(Text) ? Text.str() : llvm::json::fixUTF8(Text);
}

/// A number with at most six significant digits: 0.42, not 0.41999999999999998.
void writeNumber(llvm::json::OStream &J, double N);

/// Any value, its numbers as writeNumber does, members sorted by name.
void writeValue(llvm::json::OStream &J, const llvm::json::Value &V);

/// An object whose members of `First` come before the others.
void writeObject(llvm::json::OStream &J, const llvm::json::Object &O,
                 llvm::ArrayRef<llvm::StringRef> First);

/// Moves the members of `at` up into the object.
void flatten(llvm::json::Object &O);

/// The member "incomplete" of an object.
void writeIncomplete(llvm::json::OStream &J, const RunInfo &Run);

} // namespace heddle
