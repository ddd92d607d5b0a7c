#include "entry/config.h"
#include "gtest/gtest.h"

using namespace heddle;

namespace {

llvm::Expected<Config> parse(llvm::StringRef Text) {
  return parseConfig(llvm::MemoryBufferRef(Text, "/p/.heddle.yaml"));
}
Config good(llvm::StringRef Text) {
  llvm::Expected<Config> C = parse(Text);
  if (C)
    return std::move(*C);
  ADD_FAILURE() << llvm::toString(C.takeError());
  return {};
}
std::string bad(llvm::StringRef Text) {
  llvm::Expected<Config> C = parse(Text);
  return C ? "no error" : llvm::toString(C.takeError());
}
std::string withModels(llvm::StringRef Text) {
  auto Apis = configuredModels(good(Text));
  return Apis ? "no error" : llvm::toString(Apis.takeError());
}

TEST(Config, NothingIsFine) {
  EXPECT_TRUE(good("").Checks.empty());
  EXPECT_TRUE(good("# only a comment\n").Checks.empty());
  EXPECT_TRUE(good("options:\nmodels:\n").Options.empty());
}

TEST(Config, ReadsAllKeys) {
  Config C = good("checks: '-*,heddle-a*'\n"
                  "options:\n  some-check.Limit: 3\n"
                  "skip: [third_party, '*_gen.cc']\n"
                  "models:\n  pure: [mylib::twice]\n");
  ASSERT_EQ(C.Checks.size(), 2u);
  EXPECT_EQ(C.Checks[0].Text, "-*");
  EXPECT_EQ(C.Checks[1].Text, "heddle-a*");
  EXPECT_EQ(C.Checks[1].At, "/p/.heddle.yaml:1:9");
  ASSERT_EQ(C.Options.size(), 1u);
  EXPECT_EQ(C.Options[0].Text, "some-check.Limit=3");
  EXPECT_EQ(C.Options[0].At, "/p/.heddle.yaml:3:3");
  EXPECT_EQ(C.Skip, (std::vector<std::string>{"third_party", "*_gen.cc"}));
  EXPECT_EQ(C.Folder, "/p");
}

TEST(Config, ChecksMayBeAList) {
  Config C = good("checks:\n  - '-*'\n  - heddle-b\n");
  ASSERT_EQ(C.Checks.size(), 2u);
  EXPECT_EQ(C.Checks[1].At, "/p/.heddle.yaml:3:5");
}

TEST(Config, ModelsAreAddedToTheBuiltInOnes) {
  for (llvm::StringRef Text :
       {"models:\n  pure: [mylib::twice]\n", "models: {pure: [mylib::twice]}\nskip: a\n",
        "skip: a\nmodels:\n  pure:\n    - mylib::twice\nchecks: '*'\n"}) {
    auto Apis = configuredModels(good(Text));
    ASSERT_TRUE(bool(Apis)) << llvm::toString(Apis.takeError());
    EXPECT_TRUE((*Apis)->find("mylib::twice").Pure);
    EXPECT_TRUE(bool((*Apis)->find("pthread_mutex_lock").Locks));
  }
}

TEST(Config, ErrorsSayWhere) {
  EXPECT_EQ(bad("checks: '*'\nmodel:\n  pure: [a]\n"),
            "/p/.heddle.yaml:2:1: unknown key `model`; did you mean `models`?");
  EXPECT_EQ(bad("zzzzzzzz: 1\n"), "/p/.heddle.yaml:1:1: unknown key `zzzzzzzz`; known are checks, "
                                  "models, options, skip");
  EXPECT_EQ(bad("skip: a\nskip: b\n"), "/p/.heddle.yaml:2:1: `skip` is there twice");
  EXPECT_EQ(bad("options: [a]\n"), "/p/.heddle.yaml:1:10: expected a mapping");
  EXPECT_EQ(bad("checks: {a: b}\n"), "/p/.heddle.yaml:1:9: expected a name or a value");
  EXPECT_EQ(bad("- a\n"), "/p/.heddle.yaml:1:1: expected a mapping");
  EXPECT_EQ(bad("{models: {pure: [a]}, skip: b}\n").rfind("/p/.heddle.yaml:1:2: ", 0), 0u);
  EXPECT_EQ(bad("skip: a\n---\nskip: b\n").rfind("/p/.heddle.yaml:3:1: ", 0), 0u);
  EXPECT_EQ(bad("skip: '[a'\n").rfind("/p/.heddle.yaml:1:7: ", 0), 0u);
  for (llvm::StringRef Broken : {"checks: \"*\nskip: a\n", "models: [\n", "a: b: c\n", "\t- x\n",
                                 "checks: *nothing\n", "\xff\xfe\n", "{", "? \n: [", "&a *a"}) {
    std::string Message = bad(Broken);
    EXPECT_EQ(Message.rfind("/p/.heddle.yaml:", 0), 0u) << Message;
    EXPECT_EQ(Message.find('\n'), std::string::npos) << Message;
  }
}

TEST(Config, PositionsInModelsAreThoseOfTheFile) {
  EXPECT_EQ(withModels("skip: a\nmodels:\n  blokking:\n    - {name: f}\n")
                .rfind("/p/.heddle.yaml:3:3: ", 0),
            0u);
  EXPECT_EQ(withModels("models: {pures: [f]}\n").rfind("/p/.heddle.yaml:1:10: ", 0), 0u);
}

TEST(Config, UnknownChecksAndOptionsSayWhere) {
  auto select = [](llvm::StringRef Text, llvm::StringRef Globs, std::vector<std::string> Options) {
    auto S = selectConfigured(good(Text), Globs, Options);
    return S ? "no error" : llvm::toString(S.takeError());
  };
  EXPECT_EQ(select("skip: a\nchecks: heddle-no-such-thing-at-all\n", "", {})
                .rfind("/p/.heddle.yaml:2:9: ", 0),
            0u);
  EXPECT_EQ(select("options:\n  no-such-check.A: 1\n", "", {}).rfind("/p/.heddle.yaml:2:3: ", 0),
            0u);
}

TEST(Config, TheCommandLineWins) {
  ASSERT_FALSE(allChecks().empty());
  const Check &One = *allChecks().front();
  std::string Name = ("heddle-" + One.Info.Name).str();
  auto S = selectConfigured(good("checks: '-*'\n"), Name, {});
  ASSERT_TRUE(bool(S)) << llvm::toString(S.takeError());
  ASSERT_EQ(S->Enabled.size(), 1u);
  EXPECT_EQ(S->Enabled.front(), &One);
}

TEST(Config, Skips) {
  Config C = good("skip: [third_party, '*_gen.cc', gen/*.c, /top.c]\n");
  EXPECT_TRUE(skips(C, "/p/third_party/a/b.cc"));
  EXPECT_TRUE(skips(C, "/p/x/third_party/b.cc"));
  EXPECT_FALSE(skips(C, "/p/third_party_not/b.cc"));
  EXPECT_TRUE(skips(C, "/p/x/y_gen.cc"));
  EXPECT_TRUE(skips(C, "/p/gen/a.c"));
  EXPECT_FALSE(skips(C, "/p/x/gen/a.c"));
  EXPECT_TRUE(skips(C, "/p/top.c"));
  EXPECT_FALSE(skips(C, "/p/x/top.c"));
  EXPECT_TRUE(skips(C, "/elsewhere/third_party/a.c"));
  EXPECT_FALSE(skips(C, "/elsewhere/a.c"));
  EXPECT_FALSE(skips(good("checks: '*'\n"), "/p/a.c"));
}

} // namespace
