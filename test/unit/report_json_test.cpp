#include "report_support.h"

using namespace heddle;

namespace {

struct JsonTest : ReportTest {
  llvm::json::Value json(llvm::ArrayRef<Advice> Findings, const RunInfo &Run) {
    std::string Out;
    llvm::raw_string_ostream OS(Out);
    writeJson(Findings, Run, OS);
    return parsed(Out);
  }
};
struct SarifTest : ReportTest {};

void runNothing(const Program &, const CheckOptions &, Sink &) {}
const Check Shared{{"unprotected-shared-state",
                    "a race",
                    "T1, P4",
                    Severity::Warning,
                    true,
                    "0.1",
                    "## What it finds\n\nTwo accesses\nthat may run at once.\n",
                    {}},
                   runNothing};

} // namespace

TEST_F(JsonTest, Shape) {
  Advice A = advice("m", {Symbol("/src/a.cpp"), 2, 3, 2, 6});
  A.Verdict = Symbol("threads");
  A.RunnerUp = Symbol("async");
  A.Margin = 0.42;
  A.Identity = "internal";
  A.For.push_back({"w", Symbol("T1"), 0.1, {Symbol("/src/b.cpp"), 7, 1, 0, 0}});
  A.Edits.push_back({{Symbol("/src/a.cpp"), 1, 1, 1, 1}, "x"});
  RunInfo Run;
  Run.Files = 3;
  Run.Failed.push_back({"/src/c.cpp", {Symbol("/src/c.h"), 4, 5, 0, 0}, "broken"});
  llvm::json::Value V = json({A, advice("n", {})}, Run);
  EXPECT_EQ(shown(at(&V, "version")), "\"" HEDDLE_VERSION "\"");
  EXPECT_EQ(V.getAsObject()->getArray("findings")->size(), 2u);
  const llvm::json::Value *F = at(&V, "findings", 0);
  EXPECT_EQ(shown(F), R"({"check":"unprotected-shared-state","column":3,"confidence":"high",)"
                      R"("edits":[{"column":1,"endColumn":1,"endLine":1,"file":"/src/a.cpp",)"
                      R"("line":1,"text":"x"}],"endColumn":6,"endLine":2,"file":"/src/a.cpp",)"
                      R"("fingerprint":"0123","for":[{"column":1,"file":"/src/b.cpp",)"
                      R"("guideline":"T1","line":7,"weight":0.10000000000000001,"what":"w"}],)"
                      R"("level":"warning","line":2,"margin":0.41999999999999998,"message":"m",)"
                      R"("runnerUp":"async","verdict":"threads"})");
  EXPECT_EQ(shown(at(&V, "incomplete")),
            R"([{"column":5,"file":"/src/c.cpp","in":"/src/c.h","line":4,"reason":"broken"}])");
  EXPECT_EQ(shown(at(&V, "summary")),
            R"({"byCheck":{"unprotected-shared-state":2},"bySeverity":{"warning":2},)"
            R"("failed":1,"files":3,"findings":2})");
}

TEST_F(JsonTest, InvalidUtf8BecomesReplacementCharacters) {
  Advice A = advice("m\xff", {Symbol("/src/\xfe.cpp"), 1, 1, 0, 0});
  llvm::json::Value V = json(A, {});
  EXPECT_EQ(shown(at(&V, "findings", 0, "message")), "\"m\xef\xbf\xbd\"");
}

TEST_F(JsonTest, SameBytes) {
  Advice A = advice("m", {Symbol("/src/a.cpp"), 1, 1, 0, 0});
  EXPECT_EQ(shown(at(std::make_unique<llvm::json::Value>(json(A, {})).get())),
            shown(at(std::make_unique<llvm::json::Value>(json(A, {})).get())));
}

TEST_F(SarifTest, RulesResultsAndPlaces) {
  Symbol File = file("src/a b.cpp", "/*\xf0\x9f\xa7\xb5*/ hits++;\n");
  Advice A = advice("`hits` is written here", {File, 1, 10, 1, 14});
  A.For.push_back({"started [here]", Symbol("T1"), 1, {Symbol("/else/b.cpp"), 3, 2, 0, 0}});
  A.For.push_back({"no place", Symbol(), 1, {}});
  A.Against.push_back({"a lock", Symbol(), -1, {File, 1, 1, 1, 3}});
  A.Edits.push_back({{File, 1, 10, 0, 0}, "std::lock_guard L(M); "});
  A.Verdict = Symbol("threads");
  RunInfo Run;
  Run.Files = 1;
  Run.Checks = {&Shared};
  llvm::json::Value V = sarif(A, Run);
  const llvm::json::Value *R = at(&V, "runs", 0);
  EXPECT_EQ(shown(at(R, "columnKind")), R"("utf16CodeUnits")");
  EXPECT_EQ(shown(at(R, "tool", "driver", "rules", 0, "id")),
            R"("heddle-unprotected-shared-state")");
  EXPECT_EQ(shown(at(R, "tool", "driver", "rules", 0, "name")), R"("UnprotectedSharedState")");
  EXPECT_EQ(shown(at(R, "tool", "driver", "rules", 0, "fullDescription", "text")),
            R"("Two accesses that may run at once.")");
  EXPECT_EQ(shown(at(R, "invocations", 0)), R"({"executionSuccessful":true})");
  EXPECT_EQ(shown(at(R, "originalUriBaseIds", "SRCROOT", "uri")), "\"file://" + Directory + "/\"");

  const llvm::json::Value *Result = at(R, "results", 0);
  EXPECT_EQ(shown(at(Result, "ruleId")), R"("heddle-unprotected-shared-state")");
  EXPECT_EQ(shown(at(Result, "ruleIndex")), "0");
  EXPECT_EQ(shown(at(Result, "message", "text")),
            R"x("`hits` is written here\n- [started \\[here\\]](1) (T1)\n- no place\n)x"
            R"x(- against: [a lock](2)")x");
  EXPECT_EQ(shown(at(Result, "locations")),
            R"([{"physicalLocation":{"artifactLocation":{"uri":"src/a%20b.cpp",)"
            R"("uriBaseId":"SRCROOT"},"region":{"endColumn":12,"startColumn":8,"startLine":1}}}])");
  EXPECT_EQ(shown(at(Result, "relatedLocations", 0, "physicalLocation", "artifactLocation")),
            R"({"uri":"file:///else/b.cpp"})");
  const llvm::json::Value *Steps = at(Result, "codeFlows", 0, "threadFlows", 0, "locations");
  ASSERT_TRUE(Steps);
  EXPECT_EQ(Steps->getAsArray()->size(), 2u);
  EXPECT_EQ(shown(at(Result, "fixes", 0, "artifactChanges", 0, "replacements", 0)),
            R"({"deletedRegion":{"endColumn":8,"startColumn":8,"startLine":1},)"
            R"("insertedContent":{"text":"std::lock_guard L(M); "}})");
  EXPECT_EQ(shown(at(Result, "partialFingerprints")), R"({"heddleFingerprint/v1":"0123"})");
  EXPECT_EQ(shown(at(Result, "properties")), R"({"confidence":"high","verdict":"threads"})");
}

TEST_F(SarifTest, FailuresAreNotSuccess) {
  RunInfo Run;
  Run.Failed.push_back({Directory + "/c.cpp", {}, "broken"});
  llvm::json::Value V = sarif({}, Run);
  const llvm::json::Value *I = at(&V, "runs", 0, "invocations", 0);
  EXPECT_EQ(shown(at(I, "executionSuccessful")), "false");
  EXPECT_EQ(shown(at(I, "toolExecutionNotifications", 0, "message", "text")),
            R"("this file was not analysed in full: broken")");
  EXPECT_EQ(shown(at(I, "toolExecutionNotifications", 0, "locations", 0, "physicalLocation")),
            R"({"artifactLocation":{"uri":"c.cpp","uriBaseId":"SRCROOT"},)"
            R"("region":{"startLine":1}})");
}

TEST_F(SarifTest, UnknownPlacesAndBytes) {
  Advice A = advice("m\xff", {Symbol("/src/\xe4.cpp")});
  A.For.push_back({"nowhere", Symbol(), 1, {}});
  A.Edits.push_back({{}, "x"});
  Advice B = advice("n", {});
  B.For.push_back({"somewhere", Symbol(), 1, {Symbol("/b.cpp"), 2, 0, 0, 0}});
  llvm::json::Value V = sarif({A, advice("n", {}), B}, {});
  const llvm::json::Value *Results = at(&V, "runs", 0, "results");
  EXPECT_EQ(shown(at(Results, 0, "locations", 0, "physicalLocation")),
            R"({"artifactLocation":{"uri":"file:///src/%E4.cpp"},"region":{"startLine":1}})");
  EXPECT_EQ(at(Results, 0, "fixes"), nullptr);
  EXPECT_EQ(at(Results, 0, "codeFlows"), nullptr);
  EXPECT_EQ(at(Results, 1, "locations"), nullptr);
  EXPECT_EQ(shown(at(Results, 2, "locations", 0, "physicalLocation")),
            R"({"artifactLocation":{"uri":"file:///b.cpp"},"region":{"startLine":2}})");
}
