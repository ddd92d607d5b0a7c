#include "report/patch.h"

#include "gtest/gtest.h"

using namespace heddle;

namespace {

Edit edit(uint32_t Line, uint32_t Column, uint32_t EndLine, uint32_t EndColumn, std::string Text) {
  return {{Symbol("/a.c"), Line, Column, EndLine, EndColumn}, std::move(Text)};
}

Advice advice(std::vector<Edit> Edits) {
  Advice A;
  A.Edits = std::move(Edits);
  return A;
}

std::string applied(llvm::StringRef Text, std::vector<Edit> Edits) {
  llvm::Expected<std::string> Out = applyEdits(Text, Edits);
  return Out ? *Out : "error: " + llvm::toString(Out.takeError());
}

TEST(Patch, OneEditIsTakenOnce) {
  Patch P;
  EXPECT_EQ(P.add(advice({edit(2, 1, 2, 1, "x\n")})), nullptr);
  EXPECT_EQ(P.add(advice({edit(2, 1, 2, 1, "x\n")})), nullptr);
  EXPECT_EQ(P.Files[Symbol("/a.c")].size(), 1u);
}

TEST(Patch, OfTwoThatOverlapTheFirstWinsWhole) {
  Patch P;
  EXPECT_EQ(P.add(advice({edit(2, 3, 2, 9, "x")})), nullptr);
  const Edit *Other = P.add(advice({edit(1, 1, 1, 1, "y"), edit(2, 8, 3, 1, "z")}));
  ASSERT_NE(Other, nullptr);
  EXPECT_EQ(Other->Text, "x");
  EXPECT_EQ(P.Files[Symbol("/a.c")].size(), 1u);
  EXPECT_EQ(P.add(advice({edit(2, 9, 2, 9, "behind")})), nullptr);
  EXPECT_NE(P.add(advice({edit(2, 9, 2, 9, "other")})), nullptr);
}

TEST(Patch, IncludesStandTogetherInOrder) {
  Patch P;
  EXPECT_EQ(P.add(advice({edit(3, 1, 3, 1, "#include <b>\n")})), nullptr);
  EXPECT_EQ(P.add(advice({edit(3, 1, 3, 1, "#include <a>\n")})), nullptr);
  EXPECT_EQ(P.add(advice({edit(3, 1, 3, 1, "#include <b>\n")})), nullptr);
  const std::vector<Edit> &All = P.Files[Symbol("/a.c")];
  ASSERT_EQ(All.size(), 2u);
  EXPECT_EQ(All[0].Text, "#include <a>\n");
}

TEST(ApplyEdits, InsertsReplacesAndKeepsTheRest) {
  EXPECT_EQ(applied("one\ntwo\nthree", {edit(1, 1, 1, 1, "zero\n"), edit(2, 2, 3, 3, "X")}),
            "zero\none\ntXree");
  EXPECT_EQ(applied("ab", {edit(1, 3, 1, 3, "c")}), "abc");
  EXPECT_EQ(applied("", {edit(1, 1, 1, 1, "c")}), "c");
}

TEST(ApplyEdits, LinesEndAsInTheFile) {
  EXPECT_EQ(applied("a\r\nb\r\n", {edit(2, 1, 2, 1, "x\n")}), "a\r\nx\r\nb\r\n");
  EXPECT_EQ(applied("a\r\nb", {edit(2, 1, 2, 1, "x\n")}), "a\r\nx\r\nb");
  EXPECT_EQ(applied("a\nb\n", {edit(2, 1, 2, 1, "x\n")}), "a\nx\nb\n");
}

TEST(ApplyEdits, WhatDoesNotFitIsAnError) {
  EXPECT_TRUE(llvm::StringRef(applied("a\n", {edit(9, 1, 9, 1, "x")})).starts_with("error"));
  EXPECT_TRUE(llvm::StringRef(applied("a\nb\n", {edit(1, 4, 1, 4, "x")})).starts_with("error"));
  EXPECT_TRUE(llvm::StringRef(applied("a\n", {edit(1, 0, 1, 0, "x")})).starts_with("error"));
}

std::string diff(llvm::StringRef Name, llvm::StringRef Old, llvm::StringRef New) {
  std::string Out;
  llvm::raw_string_ostream OS(Out);
  writeDiff(Name, Old, New, OS);
  return Out;
}

TEST(WriteDiff, HasHunksWithContext) {
  EXPECT_EQ(diff("d/a.c", "1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\nx\n5\n6\n"),
            "--- a/d/a.c\n+++ b/d/a.c\n@@ -2,5 +2,6 @@\n 2\n 3\n 4\n+x\n 5\n 6\n");
  EXPECT_EQ(diff("/a.c", "1\n", "2"),
            "--- /a.c\n+++ /a.c\n@@ -1 +1 @@\n-1\n+2\n\\ No newline at end of file\n");
  EXPECT_EQ(diff("a.c", "1\n", "1\n"), "");
}

} // namespace
