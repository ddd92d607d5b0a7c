/// What the tests of reports share: source files in a directory of their own,
/// and findings at places in them.
#pragma once

#include "report/report.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"

namespace heddle {

class ReportTest : public testing::Test {
protected:
  void SetUp() override {
    llvm::SmallString<128> Path;
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("heddle-report", Path));
    Directory = Path.str().str();
  }
  void TearDown() override { llvm::sys::fs::remove_directories(Directory); }

  /// Writes a file and returns its absolute path.
  Symbol file(llvm::StringRef Name, llvm::StringRef Text) {
    llvm::SmallString<128> Path(Directory);
    llvm::sys::path::append(Path, Name);
    llvm::sys::fs::create_directories(llvm::sys::path::parent_path(Path));
    std::error_code Error;
    llvm::raw_fd_ostream(Path, Error) << Text;
    EXPECT_FALSE(Error) << Error.message();
    return Symbol(Path);
  }

  static Advice advice(llvm::StringRef Message, Span At) {
    Advice A;
    A.Check = Symbol("unprotected-shared-state");
    A.Message = Message.str();
    A.At = At;
    A.Fingerprint = "0123";
    return A;
  }

  std::string text(llvm::ArrayRef<Advice> Findings, bool Color = false) {
    std::string Out;
    llvm::raw_string_ostream OS(Out);
    writeText(Findings, {Directory, Color}, OS);
    return Out;
  }

  llvm::json::Value sarif(llvm::ArrayRef<Advice> Findings, const RunInfo &Run) {
    std::string Out;
    llvm::raw_string_ostream OS(Out);
    writeSarif(Findings, Run, Directory, OS);
    return parsed(Out);
  }

  static llvm::json::Value parsed(llvm::StringRef Text) {
    llvm::Expected<llvm::json::Value> V = llvm::json::parse(Text);
    EXPECT_TRUE(static_cast<bool>(V)) << llvm::toString(V.takeError()) << Text.str();
    return V ? *V : nullptr;
  }

  std::string Directory;
};

/// `at(V, "runs", 0, "results")`: a member of a member; null when it is not there.
inline const llvm::json::Value *at(const llvm::json::Value *V) { return V; }
template <class... Rest>
const llvm::json::Value *at(const llvm::json::Value *V, int Index, Rest... R);
template <class... Rest>
const llvm::json::Value *at(const llvm::json::Value *V, const char *Name, Rest... R) {
  const llvm::json::Object *O = V ? V->getAsObject() : nullptr;
  return at(O ? O->get(Name) : nullptr, R...);
}
template <class... Rest>
const llvm::json::Value *at(const llvm::json::Value *V, int Index, Rest... R) {
  const llvm::json::Array *A = V ? V->getAsArray() : nullptr;
  return at(A && size_t(Index) < A->size() ? &(*A)[Index] : nullptr, R...);
}
inline std::string shown(const llvm::json::Value *V) {
  std::string Out;
  llvm::raw_string_ostream OS(Out);
  if (V)
    OS << *V;
  else
    OS << "nothing";
  return Out;
}

} // namespace heddle
