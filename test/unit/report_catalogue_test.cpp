#include "report/catalogue.h"
#include "report_support.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace heddle;

namespace {

void runNothing(const Program &, const CheckOptions &, Sink &) {}

const Check Held{{"held",
                  "a | b",
                  "T1, T3",
                  Severity::Warning,
                  true,
                  "0.1",
                  "\n## What it finds\n\nText.\n",
                  {{"Limit", "7", "how many"}}},
                 runNothing};
const Check Other{{"other-one", "c", "all", Severity::Note, false, "0.2", "## What\n", {}},
                  runNothing};

struct CatalogueTest : ReportTest {
  using Names = std::vector<std::string>;

  Names run(bool CheckOnly, llvm::ArrayRef<const Check *> Checks) {
    llvm::Expected<Names> Stale = writeCatalogue(Directory, CheckOnly, Checks);
    EXPECT_TRUE(static_cast<bool>(Stale)) << llvm::toString(Stale.takeError());
    return Stale ? *Stale : Names();
  }
  std::string read(llvm::StringRef Name) {
    auto Buffer = llvm::MemoryBuffer::getFile(Directory + "/" + Name);
    return Buffer ? (*Buffer)->getBuffer().str() : "missing";
  }
};

constexpr llvm::StringLiteral Readme =
    "# Title\n<!-- checks: begin -->\nold\n<!-- checks: end -->\nrest\n";

} // namespace

TEST_F(CatalogueTest, WritesWhatIsStaleAndNothingElse) {
  file("README.md", Readme);
  file("docs/checks/gone.md", "<!-- Generated from checks/gone.cpp -->\n");
  file("docs/checks/own.md", "written by a person\n");
  Names All = {"README.md", "docs/checks/gone.md", "docs/checks/held.md",
               "docs/checks/other-one.md"};
  EXPECT_EQ(run(true, {&Held, &Other}), All);
  EXPECT_EQ(read("README.md"), Readme);
  EXPECT_EQ(read("docs/checks/held.md"), "missing");

  EXPECT_EQ(run(false, {&Held, &Other}), All);
  EXPECT_EQ(read("README.md"), "# Title\n<!-- checks: begin -->\n"
                               "| check | finds | guidelines | by default |\n|---|---|---|---|\n"
                               "| [`held`](docs/checks/held.md) | a \\| b | T1, T3 | on |\n"
                               "| [`other-one`](docs/checks/other-one.md) | c | all | off |\n"
                               "<!-- checks: end -->\nrest\n");
  EXPECT_EQ(read("docs/checks/gone.md"), "missing");
  EXPECT_EQ(read("docs/checks/own.md"), "written by a person\n");
  EXPECT_EQ(run(true, {&Held, &Other}), Names());
  EXPECT_EQ(run(false, {&Held, &Other}), Names());

  EXPECT_EQ(run(true, {&Held}), (Names{"README.md", "docs/checks/other-one.md"}));
}

TEST_F(CatalogueTest, Errors) {
  auto error = [&] {
    llvm::Expected<Names> Stale = writeCatalogue(Directory, true, {&Held});
    return Stale ? "" : llvm::toString(Stale.takeError());
  };
  EXPECT_NE(error().find("README.md"), std::string::npos);
  file("README.md", "<!-- checks: end --><!-- checks: begin -->");
  EXPECT_NE(error().find("no table between"), std::string::npos);
}

TEST_F(CatalogueTest, PageAndExplanation) {
  EXPECT_EQ(checkPage(Held.Info),
            "<!-- Generated from checks/held.cpp by `./dev update`: edit that file. -->\n\n"
            "# heddle-held\n\n*a | b*\n\n"
            "| guidelines | severity | by default | since |\n|---|---|---|---|\n"
            "| T1, T3 | warning | on | 0.1 |\n\n"
            "## What it finds\n\nText.\n\n"
            "## Options\n\n"
            "Set with `--option=held.NAME=VALUE`, under `options:` in `.heddle.yaml`, or in "
            "`.clang-tidy` as `heddle-held.NAME` under `CheckOptions`.\n\n"
            "| name | default | meaning |\n|---|---|---|\n"
            "| `Limit` | `7` | how many |\n");
  std::string Out;
  llvm::raw_string_ostream OS(Out);
  writeExplanation(Held.Info, OS);
  EXPECT_EQ(Out, "heddle-held: a | b\n\n"
                 "guidelines T1, T3, warning, on by default, since 0.1\n\n"
                 "## What it finds\n\nText.\n\n"
                 "## Options\n\n"
                 "  --option=held.Limit=7\n      how many\n");
}

TEST_F(CatalogueTest, List) {
  std::string Out;
  llvm::raw_string_ostream OS(Out);
  writeCheckList({&Held, &Other}, {&Held}, OS);
  EXPECT_EQ(Out, "* heddle-held       T1, T3  warning  a | b\n"
                 "  heddle-other-one  all     note     c\n");
}
