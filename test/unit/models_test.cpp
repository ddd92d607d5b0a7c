#include "facts/models.h"

#include "llvm/Support/MemoryBufferRef.h"
#include "gtest/gtest.h"

using namespace heddle;

namespace {

std::shared_ptr<const Models> extend(llvm::StringRef Yaml) {
  llvm::MemoryBufferRef Text(Yaml, ".heddle.yaml");
  auto M = Models::extended(Text);
  if (M)
    return *M;
  ADD_FAILURE() << toString(M.takeError());
  return Models::builtin();
}

std::string errorOf(llvm::StringRef Yaml) {
  llvm::MemoryBufferRef Text(Yaml, ".heddle.yaml");
  auto M = Models::extended(Text);
  if (!M)
    return toString(M.takeError());
  return "";
}

struct EmbeddedFile {
  llvm::StringRef Name, Text;
};
const EmbeddedFile Files[] = {
#include "embedded/models.inc"
};

TEST(Models, EveryFileReadsByItself) {
  EXPECT_GE(std::size(Files), 9u);
  for (const EmbeddedFile &F : Files) {
    auto M = Models::extended(llvm::MemoryBufferRef(F.Text, F.Name));
    EXPECT_TRUE(bool(M)) << toString(M.takeError());
  }
}

TEST(Models, HoldsWhatItClaims) {
  auto M = Models::builtin();
  EXPECT_GE(M->size(), 2000u);
  // A text without rows adds none, so the difference is the table's size.
  size_t Blocking = 0;
  for (const EmbeddedFile &F : Files)
    if (F.Name.starts_with("blocking")) {
      auto With = Models::extended(llvm::MemoryBufferRef(F.Text, F.Name));
      ASSERT_TRUE(bool(With));
      Blocking += (*With)->size() - M->size();
    }
  EXPECT_GE(Blocking, 1000u);
}

TEST(Models, FindsBlockingCalls) {
  auto M = Models::builtin();
  const BlockingModel *Sync = M->find("fsync").Blocks;
  ASSERT_TRUE(Sync);
  EXPECT_EQ(Sync->Name.str(), "fsync");
  EXPECT_EQ(Sync->Category, BlockCategory::File);
  EXPECT_EQ(Sync->When, BlockWhen::Always);
  EXPECT_EQ(Sync->Level, Tier::A);
  EXPECT_EQ(Sync->On, 0);
  EXPECT_EQ(Sync->Releases, NoPosition);
  for (const char *Name : {"recv", "sleep", "getaddrinfo", "connect", "read", "system", "waitpid",
                           "std::future::get", "std::this_thread::sleep_for", "pthread_join"}) {
    ASSERT_TRUE(M->find(Name).Blocks) << Name;
    EXPECT_EQ(M->find(Name).Blocks->Level, Tier::A) << Name;
  }
  for (const char *Name : {"poll", "epoll_wait", "fread", "open", "std::basic_ofstream::open"})
    EXPECT_EQ(M->find(Name).Blocks->Level, Tier::B) << Name;
  for (const char *Name :
       {"fprintf", "printf", "close", "fseek", "pthread_mutex_lock", "std::mutex::lock", "stat"})
    EXPECT_EQ(M->find(Name).Blocks->Level, Tier::C) << Name;
  for (const char *Name : {"strerror", "getenv", "std::basic_ostringstream::write",
                           "std::basic_istream::read", "std::basic_ostream::operator<<"})
    EXPECT_FALSE(M->find(Name).Blocks) << Name;
  // oneTBB defines both outside of the namespaces in which it offers them.
  EXPECT_TRUE(M->find("tbb::detail::d1::graph::wait_for_all").Blocks);
  EXPECT_TRUE(M->find("tbb::detail::d1::task_group::wait").Blocks);
}

TEST(Models, ConditionVariablesReleaseTheirLock) {
  auto M = Models::builtin();
  EXPECT_EQ(M->find("pthread_cond_wait").Blocks->Releases, 1);
  EXPECT_EQ(M->find("pthread_cond_wait").Blocks->On, 0);
  EXPECT_EQ(M->find("std::condition_variable::wait_for").Blocks->Releases, 0);
  EXPECT_EQ(M->find("std::condition_variable::wait_for").Blocks->On, Object);
  EXPECT_EQ(M->find("absl::Mutex::Await").Blocks->Releases, Object);
}

TEST(Models, FindsLocks) {
  auto M = Models::builtin();
  EXPECT_EQ(M->find("std::mutex::lock").Locks->Role, LockRole::Lock);
  EXPECT_EQ(M->find("std::mutex::lock").Locks->Mutex, Object);
  EXPECT_EQ(M->find("std::lock_guard").Locks->Role, LockRole::Guard);
  EXPECT_TRUE(M->find("std::scoped_lock").Locks->All);
  EXPECT_TRUE(M->find("std::shared_lock").Locks->Shared);
  EXPECT_EQ(M->find("pthread_mutex_trylock").Locks->Succeeds, 0);
  EXPECT_EQ(M->find("std::mutex::try_lock").Locks->Succeeds, 1);
  EXPECT_EQ(M->find("std::try_lock").Locks->Succeeds, -1);
  EXPECT_TRUE(M->find("EnterCriticalSection").Locks->Recursive);
  EXPECT_EQ(M->find("tbb::detail::d1::spin_mutex::lock").Locks->Role, LockRole::Lock);
  EXPECT_FALSE(M->find("sem_init").Locks);
}

TEST(Models, FindsLaunchesAndJoins) {
  auto M = Models::builtin();
  const LaunchModel *Thread = M->find("std::thread::thread").Launches;
  ASSERT_TRUE(Thread);
  EXPECT_EQ(Thread->Entry, 0);
  EXPECT_EQ(Thread->FirstArgument, 1);
  EXPECT_EQ(Thread->Handle, Object);
  EXPECT_FALSE(Thread->JoinsAtEnd);
  EXPECT_TRUE(M->find("std::async").Launches->JoinsAtEnd);
  EXPECT_EQ(M->find("std::async").Launches->Handle, ReturnValue);
  EXPECT_EQ(M->find("pthread_create").Launches->Entry, 2);
  EXPECT_EQ(M->find("tbb::detail::d1::parallel_for").Launches->Entry, AnyCallable);
  EXPECT_TRUE(M->find("tbb::parallel_for").Launches->Many);
  EXPECT_EQ(M->find("fork").Launches->Kind, LaunchKind::Process);
  EXPECT_EQ(M->find("std::signal").Launches->Kind, LaunchKind::Signal);
  EXPECT_EQ(M->find("pthread_join").Joins->Handle, 0);
  EXPECT_EQ(M->find("std::thread::detach").Joins->Kind, JoinKind::Detach);
}

TEST(Models, FindsHazardsEffectsAndFlags) {
  auto M = Models::builtin();
  ASSERT_TRUE(M->find("localtime").Hazard);
  EXPECT_EQ(M->find("localtime").Hazard->Kind, HazardKind::MtUnsafe);
  EXPECT_EQ(M->find("localtime").Hazard->Instead, "localtime_r");
  EXPECT_EQ(M->find("chdir").Hazard->Kind, HazardKind::ProcessWide);
  EXPECT_EQ(M->find("std::vector::begin").Container->Effect, ContainerEffect::ReadStructure);
  EXPECT_EQ(M->find("std::map::operator[]").Container->Effect, ContainerEffect::WriteStructure);
  EXPECT_EQ(M->find("std::atomic::fetch_add").Container->Effect, ContainerEffect::Atomic);
  EXPECT_EQ(M->find("std::unique_ptr::operator[]").Returns->Returns, ReturnedPlace::Pointee);
  EXPECT_TRUE(M->find("write").AsyncSignalSafe);
  EXPECT_FALSE(M->find("printf").AsyncSignalSafe);
  EXPECT_TRUE(M->find("sqrt").Pure);
  EXPECT_FALSE(M->find("malloc").Pure);
  EXPECT_FALSE(M->find("no::such::function"));
}

TEST(Models, CLibraryAlsoMatchesUnderStd) {
  auto M = Models::builtin();
  EXPECT_EQ(M->find("std::fread").Blocks, M->find("fread").Blocks);
  EXPECT_TRUE(M->find("std::localtime").Hazard);
  EXPECT_TRUE(M->find("std::strlen").Pure);
  EXPECT_FALSE(M->find("other::fread"));
  // The algorithm std::remove is not the remove of stdio.h.
  EXPECT_TRUE(M->find("remove").Blocks);
  EXPECT_FALSE(M->find("std::remove").Blocks);
}

TEST(Models, UserRowsWin) {
  auto M = extend("blocking:\n"
                  "  - {name: fsync, category: database, when: maybe, tier: C}\n"
                  "  - {of: [db::Session, db::Pool], names: [get, put], on: object}\n"
                  "pure: [my::hash]\n");
  EXPECT_EQ(M->find("fsync").Blocks->Category, BlockCategory::Database);
  EXPECT_EQ(M->find("fsync").Blocks->Level, Tier::C);
  EXPECT_TRUE(M->find("fsync").AsyncSignalSafe);
  EXPECT_EQ(M->find("db::Pool::put").Blocks->Name.str(), "db::Pool::put");
  EXPECT_TRUE(M->find("my::hash").Pure);
  EXPECT_EQ(M->find("std::mutex::lock").Locks, Models::builtin()->find("std::mutex::lock").Locks);
  EXPECT_EQ(Models::builtin()->find("fsync").Blocks->Level, Tier::A);
  EXPECT_EQ(extend("not-in-std: [fread]\n")->find("std::fread").Blocks, nullptr);
}

TEST(Models, LaterTextsWin) {
  llvm::MemoryBufferRef Texts[] = {{"blocking: [{name: f, tier: A}]", "a"},
                                   {"blocking: [{name: f, tier: C}]", "b"}};
  auto M = Models::extended(Texts);
  ASSERT_TRUE(bool(M)) << toString(M.takeError());
  EXPECT_EQ((*M)->find("f").Blocks->Level, Tier::C);
}

TEST(Models, DigestFollowsTheRows) {
  std::string Builtin = Models::builtin()->digest();
  EXPECT_EQ(Builtin.size(), 32u);
  EXPECT_EQ(Models::builtin()->digest(), Builtin);
  auto A = extend("pure: [a]\n"), B = extend("pure: [b]\n");
  EXPECT_NE(A->digest(), Builtin);
  EXPECT_NE(A->digest(), B->digest());
  EXPECT_EQ(extend("pure: [a]\n")->digest(), A->digest());
  EXPECT_EQ((*Models::extended({}))->digest(), Builtin);
}

TEST(Models, ErrorsNameLineAndColumn) {
  EXPECT_TRUE(llvm::StringRef(errorOf("blocking:\n  - {name: f, tier: D}\n"))
                  .starts_with(".heddle.yaml:2:21: `D` is none of A, B, C"));
  EXPECT_TRUE(
      llvm::StringRef(errorOf("blocking:\n  - {name: f, teir: A}\n"))
          .starts_with(".heddle.yaml:2:15: unknown column `teir`; known are name, names, "));
  EXPECT_TRUE(llvm::StringRef(errorOf("pure: [a]\nblokcing:\n  - {name: f}\n"))
                  .starts_with(".heddle.yaml:2:1: unknown table `blokcing`"));
  EXPECT_TRUE(llvm::StringRef(errorOf("locks:\n  - {name: f, mutex: first}\n"))
                  .starts_with(".heddle.yaml:2:22: expected the number of an argument"));
  EXPECT_TRUE(llvm::StringRef(errorOf("locks:\n  - {role: lock}\n"))
                  .starts_with(".heddle.yaml:2:6: a row needs `name` or `names`"));
  EXPECT_TRUE(llvm::StringRef(errorOf("pure: [a\nlocks: b\n")).starts_with(".heddle.yaml:"));
  EXPECT_TRUE(llvm::StringRef(errorOf("locks:\n  - {name: f\n")).starts_with(".heddle.yaml:"));
  EXPECT_TRUE(llvm::StringRef(errorOf("blocking:\n  - {name: f}\n  - {name: f}\n"))
                  .starts_with(".heddle.yaml:3:6: `f` is listed twice"));
  EXPECT_TRUE(llvm::StringRef(errorOf("just text")).starts_with(".heddle.yaml:1:1: expected"));
  EXPECT_TRUE(llvm::StringRef(errorOf("locks: yes\n")).starts_with(".heddle.yaml:1:8: expected"));
}

TEST(Models, EmptyTextsAndTablesAreFine) {
  EXPECT_EQ(errorOf(""), "");
  EXPECT_EQ(errorOf("# nothing\n"), "");
  EXPECT_EQ(errorOf("blocking:\nlocks: []\n"), "");
}

TEST(Models, HostileTextsAreErrorsNotCrashes) {
  for (llvm::StringRef Bad : {"{",
                              "[",
                              "}",
                              "locks: {a: b}",
                              "locks: [[]]",
                              "locks: [{}]",
                              "locks: [{? [a] : b}]",
                              "locks: [{name: [x, [y]]}]",
                              "locks: [{name: {x: y}}]",
                              "pure: [{a: b}]",
                              "pure: {a}",
                              "namespaces: [{from: a}]",
                              "namespaces: [a]",
                              "locks: &x [*x]",
                              "locks: [*y]",
                              "\"",
                              "locks: [{name: 'a}]",
                              "%YAML 9\n",
                              "\t- a",
                              "locks: !!int [a]\npure"})
    EXPECT_NE(errorOf(Bad), "") << Bad.str();
}

} // namespace
