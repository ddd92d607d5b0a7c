#include "report_support.h"

using namespace heddle;

namespace {
struct TextTest : ReportTest {};
} // namespace

TEST_F(TextTest, ExcerptCaretAndEvidence) {
  Symbol A = file("src/a.cpp", "void f() {\n\thits += 1; // \xc3\xa4\n}\n");
  Symbol B = file("b.cpp", "int main() { start(f); }\n");
  Advice F = advice("`hits` is written here without a lock", {A, 2, 2, 2, 6});
  F.For.push_back({"the thread starts here", Symbol("T1"), 1, {B, 1, 14, 1, 19}});
  F.Against.push_back({"nothing else runs yet", Symbol(), -1, {}});
  EXPECT_EQ(text(F), "src/a.cpp:2:2: warning: `hits` is written here without a lock "
                     "[heddle-unprotected-shared-state]\n"
                     "    2 |         hits += 1; // \xc3\xa4\n"
                     "      |         ^~~~\n"
                     "b.cpp:1:14: note: the thread starts here [T1]\n"
                     "    1 | int main() { start(f); }\n"
                     "      |              ^~~~~\n"
                     "note: against: nothing else runs yet\n");
}

TEST_F(TextTest, Widths) {
  Symbol A = file("a.cpp", "/*\xe7\xb7\x9a\xc3\xa4*/\tx++;\n");
  EXPECT_EQ(text(advice("m", {A, 1, 11, 1, 14})),
            "a.cpp:1:11: warning: m [heddle-unprotected-shared-state]\n"
            "    1 | /*\xe7\xb7\x9a\xc3\xa4*/ x++;\n"
            "      |         ^~~\n");
}

TEST_F(TextTest, NoSourceNoExcerpt) {
  Symbol A = file("a.cpp", "short\n");
  std::string Tag = " [heddle-unprotected-shared-state]\n";
  EXPECT_EQ(text(advice("m", {A, 9, 1, 9, 2})), "a.cpp:9:1: warning: m" + Tag);
  EXPECT_EQ(text(advice("m", {A, 1, 40, 1, 42})), "a.cpp:1:40: warning: m" + Tag);
  EXPECT_EQ(text(advice("m", {Symbol("/gone/x.cpp"), 1, 1, 0, 0})),
            "/gone/x.cpp:1:1: warning: m" + Tag);
  EXPECT_EQ(text(advice("m", {A})), "a.cpp: warning: m" + Tag);
  EXPECT_EQ(text(advice("m", {})), "warning: m" + Tag);
  EXPECT_EQ(text(advice("m", {A, 1, 0, 0, 0})), "a.cpp:1: warning: m" + Tag + "    1 | short\n");
}

TEST_F(TextTest, HostileText) {
  Symbol A = file("a\x1b[31m.cpp", "int x; // \x1b]0;title\x07\n");
  EXPECT_EQ(text(advice("m\x1b[0m\nwarning: forged", {A, 1, 5, 1, 6})),
            "a<U+001B>[31m.cpp:1:5: warning: m<U+001B>[0m<U+000A>warning: forged "
            "[heddle-unprotected-shared-state]\n"
            "    1 | int x; // <U+001B>]0;title<U+0007>\n"
            "      |     ^\n");
}

TEST_F(TextTest, LongLinesAreCut) {
  std::string Long(100000, 'a');
  Long[50000] = 'X';
  Symbol A = file("a.cpp", Long);
  std::string Out = text(advice("m", {A, 1, 50001, 1, 50002}));
  EXPECT_LT(Out.size(), 1000u);
  size_t Source = Out.find("    1 | ...aa"), Caret = Out.rfind("      | ");
  ASSERT_NE(Source, std::string::npos);
  EXPECT_EQ(Out.find('X') - Source, Out.find('^') - Caret);
  EXPECT_NE(Out.find("aa...\n"), std::string::npos);
}

TEST_F(TextTest, HintsAndChanges) {
  Symbol A = file("a.cpp", "int g;\n  for (;;) {\n  }\nlast();\n");
  Advice F = advice("m", {A, 2, 3, 2, 6});
  F.Edits.push_back({{A, 2, 3, 2, 3}, "#pragma omp parallel for\n  "});
  F.Edits.push_back({{A, 2, 8, 2, 10}, "1; "});
  F.Edits.push_back({{A, 1, 1, 1, 1}, "static "});
  F.Edits.push_back({{A, 4, 1, 4, 8}, ""});
  EXPECT_EQ(text(F), "a.cpp:2:3: warning: m [heddle-unprotected-shared-state]\n"
                     "    2 |   for (;;) {\n"
                     "      |   ^~~\n"
                     "      |        1; \n"
                     "a.cpp:1:1: note: suggested change\n"
                     "    - | int g;\n"
                     "    + | static int g;\n"
                     "a.cpp:2:3: note: suggested change\n"
                     "    + |   #pragma omp parallel for\n"
                     "a.cpp:4:1: note: suggested change\n"
                     "    - | last();\n"
                     "    + | \n");
}

TEST_F(TextTest, EditsThatDoNotFitTheFile) {
  Symbol A = file("a.cpp", "int g;\n");
  Advice F = advice("m", {A, 1, 1, 1, 4});
  F.Edits.push_back({{A, 1, 90, 1, 91}, "a\nb"});
  F.Edits.push_back({{A, 1, 3, 1, 1}, "a\nb"});
  F.Edits.push_back({{A, 7, 3, 4, 1}, "a"});
  F.Edits.push_back({{A, 1, 1, ~0u, 1}, "a"});
  F.Edits.push_back({{}, "a"});
  EXPECT_EQ(llvm::StringRef(text(F)).count("suggested change"), 4u);
  EXPECT_EQ(llvm::StringRef(text(F)).count(" + |"), 0u);
}

TEST_F(TextTest, Colours) {
  Symbol A = file("a.cpp", "int g;\n");
  std::string Out = text(advice("m", {A, 1, 1, 1, 4}), true);
  EXPECT_EQ(Out, "\033[1ma.cpp:1:1: \033[0m\033[0;1;35mwarning: \033[0m\033[1mm "
                 "[heddle-unprotected-shared-state]\033[0m\n"
                 "    1 | int g;\n"
                 "      | \033[0;1;32m^~~\033[0m\n");
}

TEST_F(TextTest, LowConfidenceIsSaid) {
  Advice F = advice("m", {file("a.cpp", "x\n"), 1, 1, 1, 2});
  F.Sure = Confidence::Low;
  EXPECT_NE(text(F).find("a.cpp:1:1: note: low confidence\n"), std::string::npos);
}

TEST_F(TextTest, Summary) {
  auto summary = [](llvm::ArrayRef<Advice> Findings, const RunInfo &Run) {
    std::string Out;
    llvm::raw_string_ostream OS(Out);
    writeSummary(Findings, Run, OS);
    return Out;
  };
  RunInfo Run;
  Run.Files = 12;
  EXPECT_EQ(summary({}, Run), "no findings in 12 files\n");
  Advice A = advice("m", {}), B = A, C = A;
  B.Check = C.Check = Symbol("lock-order-cycle");
  C.Level = Severity::Note;
  EXPECT_EQ(summary({A, A, B, C, A}, Run),
            "4 warnings, 1 note in 12 files (unprotected-shared-state 3, lock-order-cycle 2)\n");
  Run.Files = 1;
  Run.Failed.push_back({"/a.cpp", {}, "r"});
  EXPECT_EQ(summary({}, Run), "no findings in 1 file; incomplete: 1 file failed\n");
}

TEST_F(TextTest, Failures) {
  RunInfo Run;
  Run.Failed.push_back(
      {Directory + "/a.cpp", {Symbol(Directory + "/a.cpp"), 3, 10, 0, 0}, "no x.h"});
  Run.Failed.push_back({Directory + "/b.cpp", {Symbol(Directory + "/y.h"), 1, 2, 0, 0}, "bad"});
  Run.Failed.push_back({Directory + "/c.cpp", {}, "the worker crashed"});
  std::string Out;
  llvm::raw_string_ostream OS(Out);
  writeFailures(Run, {Directory, false}, OS);
  EXPECT_EQ(Out, "a.cpp:3:10: error: no x.h\n"
                 "y.h:1:2: error: bad (in the unit of b.cpp)\n"
                 "c.cpp: error: the worker crashed\n");
}
