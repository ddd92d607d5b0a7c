#include "advice/advice.h"

namespace heddle {

llvm::ArrayRef<llvm::StringLiteral> enumNames(Severity) {
  static constexpr llvm::StringLiteral N[] = {"note", "warning", "error"};
  return N;
}

llvm::ArrayRef<llvm::StringLiteral> enumNames(Confidence) {
  static constexpr llvm::StringLiteral N[] = {"low", "medium", "high"};
  return N;
}

} // namespace heddle
