#include "entry/database.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace heddle;

namespace {

llvm::Expected<std::vector<CompileJob>> parse(llvm::StringRef Text) {
  return parseDatabase(llvm::MemoryBufferRef(Text, "/db/compile_commands.json"), "/db");
}
std::vector<CompileJob> good(llvm::StringRef Text) {
  llvm::Expected<std::vector<CompileJob>> Jobs = parse(Text);
  if (Jobs)
    return *Jobs;
  ADD_FAILURE() << llvm::toString(Jobs.takeError());
  return {};
}
std::string bad(llvm::StringRef Text) {
  llvm::Expected<std::vector<CompileJob>> Jobs = parse(Text);
  return Jobs ? "no error" : llvm::toString(Jobs.takeError());
}
using Words = std::vector<std::string>;

/// A folder that is gone after the test.
struct Folder {
  Folder() { llvm::sys::fs::createUniqueDirectory("heddle", Path); }
  ~Folder() { llvm::sys::fs::remove_directories(Path); }
  std::string file(llvm::StringRef Name, llvm::StringRef Text = "") {
    llvm::SmallString<128> P(Path);
    llvm::sys::path::append(P, Name);
    llvm::sys::fs::create_directories(llvm::sys::path::parent_path(P));
    std::error_code Error;
    llvm::raw_fd_ostream(P, Error) << Text;
    return P.str().str();
  }
  std::string str() const { return Path.str().str(); }
  llvm::SmallString<128> Path;
};

TEST(Database, ReadsBothFormsOfCommands) {
  auto Jobs = good(R"([{"directory": "/src", "file": "b.cc",
                        "command": "g++ -DX=\"a b\" -I'in c' -c b.cc -o b.o"},
                       {"directory": "/src", "file": "a.c", "arguments": ["cc", "-c", "a.c"]}])");
  ASSERT_EQ(Jobs.size(), 2u);
  EXPECT_EQ(Jobs[0].File, "/src/a.c");
  EXPECT_EQ(Jobs[0].Arguments, (Words{"cc", "-c", "a.c"}));
  EXPECT_EQ(Jobs[1].File, "/src/b.cc");
  EXPECT_EQ(Jobs[1].Arguments, (Words{"g++", "-DX=a b", "-Iin c", "-c", "b.cc", "-o", "b.o"}));
}

TEST(Database, KeepsEscapedQuotes) {
  auto Jobs = good(R"([{"file": "a.c", "command": "cc -DNAME=\\\"x\\\" a.c"}])");
  ASSERT_EQ(Jobs.size(), 1u);
  EXPECT_EQ(Jobs[0].Arguments[1], "-DNAME=\"x\"");
}

TEST(Database, RelativePathsStartAtTheDatabase) {
  auto Jobs = good(R"([{"directory": "sub", "file": "../x/./a.c", "command": "cc a.c"},
                       {"file": "b.c", "command": "cc b.c"}])");
  ASSERT_EQ(Jobs.size(), 2u);
  EXPECT_EQ(Jobs[0].File, "/db/b.c");
  EXPECT_EQ(Jobs[0].Directory, "/db");
  EXPECT_EQ(Jobs[1].File, "/db/x/a.c");
  EXPECT_EQ(Jobs[1].Directory, "/db/sub");
}

TEST(Database, SameFileAndFlagsCountOnce) {
  auto Jobs = good(R"([{"file": "a.c", "command": "cc -c a.c -o one/a.o -MD -MF one/a.d"},
                       {"file": "a.c", "command": "cc -c a.c -o two/a.o -MD -MF two/a.d"},
                       {"file": "a.c", "command": "cc -DTWO -c a.c -o two/a.o"}])");
  EXPECT_EQ(Jobs.size(), 2u);
}

TEST(Database, OrderOfEntriesDoesNotMatter) {
  auto One = good(R"([{"file": "a.c", "command": "cc -c a.c -o 1.o"},
                      {"file": "b.c", "command": "cc -c b.c"},
                      {"file": "a.c", "command": "cc -c a.c -o 2.o"}])");
  auto Two = good(R"([{"file": "a.c", "command": "cc -c a.c -o 2.o"},
                      {"file": "a.c", "command": "cc -c a.c -o 1.o"},
                      {"file": "b.c", "command": "cc -c b.c"}])");
  ASSERT_EQ(One.size(), Two.size());
  for (size_t I = 0; I < One.size(); ++I)
    EXPECT_EQ(One[I].Arguments, Two[I].Arguments);
}

TEST(Database, LaunchersAreTakenOff) {
  auto first = [](llvm::StringRef Command) {
    auto Jobs = good(("[{\"file\": \"a.c\", \"command\": \"" + Command + "\"}]").str());
    return Jobs.empty() ? Words() : Jobs[0].Arguments;
  };
  EXPECT_EQ(first("/usr/bin/ccache distcc gcc -c a.c"), (Words{"gcc", "-c", "a.c"}));
  EXPECT_EQ(first("ccache -c a.c"), (Words{"ccache", "-c", "a.c"}));
  EXPECT_EQ(first("gcc -c a.c"), (Words{"gcc", "-c", "a.c"}));
}

TEST(Database, OtherLanguagesAndHeadersAreLeftOut) {
  auto Jobs = good(R"([{"file": "a.S", "command": "cc -c a.S"},
                       {"file": "k.cu", "command": "nvcc -c k.cu"},
                       {"file": "pch.hxx", "command": "c++ -x c++-header pch.hxx"},
                       {"file": "odd.txt", "command": "c++ -x c++ odd.txt"},
                       {"file": "a.cpp", "command": "c++ a.cpp"}])");
  ASSERT_EQ(Jobs.size(), 2u);
  EXPECT_EQ(Jobs[0].File, "/db/a.cpp");
  EXPECT_EQ(Jobs[1].File, "/db/odd.txt");
}

TEST(Database, ErrorsSayWhere) {
  EXPECT_EQ(bad(""), "/db/compile_commands.json is empty");
  EXPECT_EQ(bad("[]"), "/db/compile_commands.json is empty: it lists no compile command");
  EXPECT_EQ(bad("[\n  {\"file\": }\n]"),
            "/db/compile_commands.json:2:12: malformed JSON: Invalid JSON value");
  EXPECT_EQ(bad("{}"), "/db/compile_commands.json: expected an array of compile commands");
  EXPECT_EQ(bad("[3]"), "/db/compile_commands.json: entry 1: expected an object");
  EXPECT_EQ(bad(R"([{"file": "a.c", "command": "cc a.c"}, {"command": "cc"}])"),
            "/db/compile_commands.json: entry 2: there is no `file`");
  EXPECT_EQ(bad(R"([{"file": "a.c"}])"),
            "/db/compile_commands.json: entry 1: there is neither `command` nor `arguments`");
  EXPECT_EQ(bad(R"([{"file": "a.c", "arguments": ["cc", 1]}])"),
            "/db/compile_commands.json: entry 1: `arguments` must be an array of strings");
  EXPECT_EQ(bad(R"([{"file": "a.c", "command": " "}])"),
            "/db/compile_commands.json: entry 1: the command is empty");
  EXPECT_EQ(bad(R"([{"file": "a.S", "command": "cc a.S"}])"),
            "/db/compile_commands.json lists no C or C++ source file");
}

TEST(Database, DeepNestingIsAnErrorNotACrash) {
  EXPECT_EQ(bad(std::string(1 << 20, '[')),
            "/db/compile_commands.json:1:200: malformed JSON: nested too deeply");
}

TEST(Database, SelectsFilesAndFolders) {
  Folder F;
  std::string A = F.file("src/a.c"), B = F.file("src/sub/b.c"), C = F.file("srcs/c.c"),
              Header = F.file("src/a.h"), Other = F.file("other.c");
  F.file("empty/readme.txt");
  std::vector<CompileJob> All = {{A, F.str(), {"cc"}}, {B, F.str(), {"cc"}}, {C, F.str(), {"cc"}}};
  auto count = [&](Words Paths) {
    auto Jobs = selectJobs(All, Paths, F.str());
    return Jobs ? std::to_string(Jobs->size()) : llvm::toString(Jobs.takeError());
  };
  EXPECT_EQ(count({}), "3");
  EXPECT_EQ(count({"src"}), "2");
  EXPECT_EQ(count({"src/"}), "2");
  EXPECT_EQ(count({"./src/sub", "srcs/c.c"}), "2");
  EXPECT_EQ(count({"src", A}), "2");
  EXPECT_EQ(count({"gone.c"}), "no such file or folder: gone.c");
  EXPECT_EQ(count({"empty"}), "no file below empty is in the compile database");
  EXPECT_EQ(count({"other.c"}).rfind("other.c is not in the compile database; ", 0), 0u);
  EXPECT_EQ(count({"src/a.h"}).rfind("src/a.h is a header", 0), 0u);
}

TEST(Database, FollowsLinks) {
  Folder F;
  std::string A = F.file("real/a.c");
  std::string Link = F.str() + "/link";
  ASSERT_FALSE(llvm::sys::fs::create_link(F.str() + "/real", Link));
  auto Jobs = selectJobs({{A, F.str(), {"cc"}}}, {"link/a.c"}, F.str());
  ASSERT_TRUE(bool(Jobs));
  EXPECT_EQ(Jobs->size(), 1u);
}

TEST(Database, FixedFlags) {
  Folder F;
  F.file("a.cpp");
  F.file("b.c");
  F.file("c.txt");
  auto Jobs = fixedJobs({"a.cpp", "b.c"}, {"-DX"}, F.str());
  ASSERT_TRUE(bool(Jobs));
  ASSERT_EQ(Jobs->size(), 2u);
  EXPECT_EQ((*Jobs)[0].Arguments, (Words{"clang++", "-DX", F.str() + "/a.cpp"}));
  EXPECT_EQ((*Jobs)[1].Arguments, (Words{"clang", "-DX", F.str() + "/b.c"}));
  for (Words Paths : {Words{}, Words{"gone.c"}, Words{"c.txt"}, Words{"."}}) {
    auto None = fixedJobs(Paths, {}, F.str());
    EXPECT_FALSE(bool(None));
    llvm::consumeError(None.takeError());
  }
}

TEST(Database, IsFoundUpwardsAndInBuild) {
  Folder F;
  F.file("p/src/deep/a.c");
  std::string Deep = F.str() + "/p/src/deep";
  auto find = [&](llvm::StringRef Build, Words From) {
    auto Path = findDatabase(Build, From);
    if (Path)
      return llvm::StringRef(*Path).drop_front(F.Path.size()).str();
    return llvm::toString(Path.takeError());
  };
  EXPECT_NE(find(F.str(), {}).find("no compile_commands.json in " + F.str()), std::string::npos);
  F.file("p/build/compile_commands.json");
  EXPECT_EQ(find("", {Deep}), "/p/build/compile_commands.json");
  EXPECT_EQ(find("", {"/nowhere", Deep}), "/p/build/compile_commands.json");
  EXPECT_EQ(find(F.str() + "/p/build", {}), "/p/build/compile_commands.json");
  std::string Named = F.file("p/other.json");
  EXPECT_EQ(find(Named, {}), "/p/other.json");
  F.file("p/src/compile_commands.json");
  EXPECT_EQ(find("", {Deep}), "/p/src/compile_commands.json");
}

TEST(Database, ResponseFilesAreExpanded) {
  Folder F;
  F.file("flags.rsp", "-DA \"-DB=x y\" @more.rsp");
  F.file("more.rsp", "-DC");
  CompileJob Job{F.str() + "/a.c", F.str(), {"cc", "@flags.rsp", "@gone.rsp", "a.c"}};
  expandResponseFiles(Job);
  EXPECT_EQ(Job.Arguments, (Words{"cc", "-DA", "-DB=x y", "-DC", "@gone.rsp", "a.c"}));
}

} // namespace
