#include "advice/check.h"
#include "gtest/gtest.h"

using namespace heddle;

namespace {

Advice adviceAt(uint32_t Line, llvm::StringRef Message, llvm::StringRef Identity) {
  Advice A;
  A.At = {Symbol("/src/a.cpp"), Line, 1, 0, 0};
  A.Message = Message.str();
  A.Identity = Identity.str();
  return A;
}

/// Out of order, with one finding twice and two of the same identity.
void runFirst(const Program &, const CheckOptions &O, Sink &Out) {
  Out.add(adviceAt(9, "later", "f"));
  Out.add(adviceAt(3, "earlier", "f"));
  Out.add(adviceAt(3, "earlier", "f"));
  if (O.flag("Loud"))
    Out.add(adviceAt(O.number("Limit"), O.text("Word"), "g"));
}
void runSecond(const Program &, const CheckOptions &, Sink &Out) {
  Out.add(adviceAt(3, "another view", "f"));
}

CheckInfo info(llvm::StringLiteral Name, bool On, std::vector<OptionInfo> Options) {
  return {Name, "for the tests", "T1", Severity::Warning, On, "0.1", "## What", std::move(Options)};
}
const Check First{info("zz-first", true,
                       {{"Loud", "false", "help"}, {"Limit", "7", "help"}, {"Word", "w", "help"}}),
                  runFirst};
const Check Second{info("zz-second", false, {}), runSecond};
const detail::RegisterCheck RegisterSecond(Second), RegisterFirst(First);

std::vector<const Check *> select(llvm::StringRef Globs) {
  llvm::Expected<std::vector<const Check *>> S = selectChecks(Globs);
  EXPECT_TRUE(static_cast<bool>(S)) << llvm::toString(S.takeError());
  return S ? *S : std::vector<const Check *>();
}
std::string selectError(llvm::StringRef Globs) {
  llvm::Expected<std::vector<const Check *>> S = selectChecks(Globs);
  return S ? "" : llvm::toString(S.takeError());
}
std::string optionError(CheckSelection &S, llvm::StringRef Assignment) {
  return llvm::toString(setOption(S, Assignment));
}
using Checks = std::vector<const Check *>;

} // namespace

TEST(Registry, ListsByName) {
  llvm::ArrayRef<const Check *> All = allChecks();
  EXPECT_TRUE(std::is_sorted(All.begin(), All.end(), [](const Check *A, const Check *B) {
    return A->Info.Name < B->Info.Name;
  }));
  EXPECT_EQ(findCheck("zz-first"), &First);
  EXPECT_EQ(findCheck("heddle-zz-first"), &First);
  EXPECT_EQ(findCheck("zz"), nullptr);
}

TEST(Registry, LastGlobDecides) {
  EXPECT_EQ(select("-*,heddle-zz-*"), (Checks{&First, &Second}));
  EXPECT_EQ(select("-*, heddle-zz-*,\n-heddle-zz-first"), Checks{&Second});
  EXPECT_EQ(select("-*,heddle-*-first"), Checks{&First});
  EXPECT_EQ(select("-heddle-*,heddle-zz-second,"), Checks{&Second});
  // The defaults are the start.
  Checks Defaults = select("");
  EXPECT_EQ(std::count(Defaults.begin(), Defaults.end(), &First), 1);
  EXPECT_EQ(std::count(Defaults.begin(), Defaults.end(), &Second), 0);
  // Characters of regular expressions stand for themselves.
  EXPECT_EQ(select("-*,heddle-zz-first,heddle-zz.*"), Checks{&First});
}

TEST(Registry, UnknownNames) {
  EXPECT_EQ(selectError("-*,heddle-zz-frist"),
            "no check 'heddle-zz-frist'; did you mean 'heddle-zz-first'?");
  EXPECT_EQ(selectError("zz-first"), "no check 'zz-first'; did you mean 'heddle-zz-first'?");
  EXPECT_EQ(selectError("-heddle-zz-secnd"),
            "no check 'heddle-zz-secnd'; did you mean 'heddle-zz-second'?");
  EXPECT_EQ(selectError("heddle-0123456789"),
            "no check 'heddle-0123456789'; `heddle checks` lists all");
  EXPECT_EQ(selectError("-*"), "no check is enabled by '-*'");
}

TEST(Registry, OptionsAreChecked) {
  CheckSelection S;
  EXPECT_EQ(optionError(S, "zz-first.Limit=12"), "");
  EXPECT_EQ(optionError(S, "heddle-zz-first.Loud = 1"), "");
  EXPECT_EQ(optionError(S, "zz-first.Word=a=b"), "");
  CheckOptions O(First.Info, S.Options);
  EXPECT_EQ(O.number("Limit"), 12);
  EXPECT_TRUE(O.flag("Loud"));
  EXPECT_EQ(O.text("Word"), "a=b");

  EXPECT_EQ(optionError(S, "zz-first.Limit=many"),
            "option 'zz-first.Limit' is a number, not 'many'");
  EXPECT_EQ(optionError(S, "zz-first.Loud=perhaps"),
            "option 'zz-first.Loud' is true or false, not 'perhaps'");
  EXPECT_EQ(optionError(S, "zz-first.Limt=1"),
            "check 'heddle-zz-first' has no option 'Limt'; did you mean 'Limit'?");
  EXPECT_EQ(optionError(S, "zz-second.Limit=1"), "check 'heddle-zz-second' has no option 'Limit'");
  EXPECT_EQ(optionError(S, "zz-frist.Limit=1"),
            "no check 'zz-frist'; did you mean 'heddle-zz-first'?");
  EXPECT_EQ(optionError(S, "Limit"), "option 'Limit' is not of the form CHECK.NAME=VALUE");
  EXPECT_EQ(O.number("Limit"), 12);
}

TEST(Registry, RunSortsDeduplicatesAndFingerprints) {
  Program P;
  CheckSelection S;
  S.Enabled = {&Second, &First, &Second};
  std::vector<Advice> Found = runChecks(P, S);
  ASSERT_EQ(Found.size(), 3u);
  EXPECT_EQ(Found[0].Message, "earlier");
  EXPECT_EQ(Found[0].Check.str(), "zz-first");
  EXPECT_EQ(Found[1].Message, "another view");
  EXPECT_EQ(Found[2].Message, "later");
  EXPECT_EQ(Found[0].Fingerprint.size(), 32u);
  EXPECT_NE(Found[0].Fingerprint, Found[1].Fingerprint);
  EXPECT_NE(Found[0].Fingerprint, Found[2].Fingerprint);

  // An option reaches the check; the other fingerprints stay.
  ASSERT_EQ(optionError(S, "zz-first.Loud=true"), "");
  std::vector<Advice> More = runChecks(P, S);
  ASSERT_EQ(More.size(), 4u);
  EXPECT_EQ(More[2].Message, "w");
  EXPECT_EQ(More[2].At.Line, 7u);
  EXPECT_EQ(More[3].Fingerprint, Found[2].Fingerprint);
}
