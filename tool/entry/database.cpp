#include "entry/database.h"
#include "entry/files.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/StringSaver.h"
#include <set>

namespace heddle {

using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;
namespace json = llvm::json;

static constexpr llvm::StringLiteral FileName = "compile_commands.json";

namespace {

enum class Language { C, Cxx, Header, Other };

Language languageOf(StringRef File) {
  return llvm::StringSwitch<Language>(path::extension(File))
      .Cases(".c", ".i", Language::C)
      .Cases(".cc", ".cp", ".cpp", ".cxx", ".c++", Language::Cxx)
      .Cases(".C", ".CC", ".CPP", ".CXX", ".ii", Language::Cxx)
      .Cases(".cppm", ".ixx", ".ccm", ".cxxm", ".mpp", Language::Cxx)
      .Cases(".h", ".hh", ".hp", ".hpp", ".hxx", Language::Header)
      .Cases(".h++", ".H", ".inc", ".inl", ".ipp", Language::Header)
      .Cases(".tcc", ".tpp", ".txx", Language::Header)
      .Default(Language::Other);
}

/// A unit of C or C++, by its name or because the command says so.
bool isUnit(const CompileJob &Job) {
  Language L = languageOf(Job.File);
  if (L == Language::C || L == Language::Cxx)
    return true;
  for (size_t I = 1; I < Job.Arguments.size(); ++I) {
    StringRef A = Job.Arguments[I];
    if (!A.consume_front("-x"))
      continue;
    if (A.empty() && I + 1 < Job.Arguments.size())
      A = Job.Arguments[I + 1];
    return A == "c" || A == "c++" || A == "cpp-output" || A == "c++-cpp-output";
  }
  return false;
}

/// Programs that only start the compiler named after them.
bool isLauncher(StringRef Word) {
  StringRef Name = path::stem(Word);
  return llvm::StringSwitch<bool>(Name)
      .Cases("ccache", "sccache", "distcc", "icecc", "gomacc", true)
      .Cases("buildcache", "cachecc1", "fastbuild", "pump", "rewrapper", true)
      .Default(false);
}

void stripLaunchers(std::vector<std::string> &Arguments) {
  while (Arguments.size() > 1 && isLauncher(Arguments.front())) {
    size_t Compiler = 1;
    while (Compiler < Arguments.size() && StringRef(Arguments[Compiler]).starts_with("-"))
      ++Compiler;
    // `ccache -c a.c` masks the compiler's own name; nothing to take off.
    if (Compiler == Arguments.size() || languageOf(Arguments[Compiler]) != Language::Other)
      return;
    Arguments.erase(Arguments.begin(), Arguments.begin() + Compiler);
  }
}

/// What tells two compilations of one file apart: all but where results go.
std::string identity(const CompileJob &Job) {
  std::string Key = Job.File + '\0' + Job.Directory;
  const std::vector<std::string> &A = Job.Arguments;
  for (size_t I = 0; I < A.size(); ++I) {
    StringRef Word = A[I];
    if (Word == "-o" || Word == "-MF" || Word == "-MT" || Word == "-MQ" || Word == "-MJ") {
      ++I;
      continue;
    }
    if (Word == "-c" || Word == "-MD" || Word == "-MMD" || Word == "-MP" ||
        Word.starts_with("-o") || Word.starts_with("-MF"))
      continue;
    Key += '\0';
    Key += Word;
  }
  return Key;
}

std::vector<CompileJob> sortedUnits(std::vector<CompileJob> Jobs) {
  llvm::erase_if(Jobs, [](const CompileJob &J) { return !isUnit(J); });
  auto key = [](const CompileJob &J) { return std::tie(J.File, J.Arguments, J.Directory); };
  llvm::sort(Jobs, [&](const CompileJob &A, const CompileJob &B) { return key(A) < key(B); });
  std::set<std::string> Seen;
  llvm::erase_if(Jobs, [&](const CompileJob &J) { return !Seen.insert(identity(J)).second; });
  return Jobs;
}

/// Reads one entry; the error is without the file's name.
llvm::Expected<CompileJob> parseEntry(const json::Value &V, StringRef Folder) {
  const json::Object *O = V.getAsObject();
  if (!O)
    return llvm::createStringError("expected an object");
  CompileJob Job;
  Job.Directory = Folder.str();
  if (const json::Value *D = O->get("directory")) {
    std::optional<StringRef> Text = D->getAsString();
    if (!Text)
      return llvm::createStringError("`directory` must be a string");
    Job.Directory = absolutePath(*Text, Folder);
  }
  std::optional<StringRef> File = O->getString("file");
  if (!File || File->empty())
    return llvm::createStringError(O->get("file") ? "`file` must be a name" : "there is no `file`");
  Job.File = absolutePath(*File, Job.Directory);

  if (const json::Value *A = O->get("arguments")) {
    const json::Array *List = A->getAsArray();
    if (!List)
      return llvm::createStringError("`arguments` must be an array of strings");
    for (const json::Value &Word : *List) {
      std::optional<StringRef> Text = Word.getAsString();
      if (!Text)
        return llvm::createStringError("`arguments` must be an array of strings");
      Job.Arguments.push_back(Text->str());
    }
  } else if (const json::Value *C = O->get("command")) {
    std::optional<StringRef> Text = C->getAsString();
    if (!Text)
      return llvm::createStringError("`command` must be a string");
    llvm::BumpPtrAllocator Storage;
    llvm::StringSaver Saver(Storage);
    llvm::SmallVector<const char *> Words;
    llvm::cl::TokenizeGNUCommandLine(*Text, Saver, Words);
    Job.Arguments.assign(Words.begin(), Words.end());
  } else
    return llvm::createStringError("there is neither `command` nor `arguments`");
  if (Job.Arguments.empty())
    return llvm::createStringError("the command is empty");
  stripLaunchers(Job.Arguments);
  return Job;
}

/// `Path` with symbolic links followed, as far as it exists.
std::string realPath(StringRef Path) {
  llvm::SmallString<256> Real;
  return fs::real_path(Path, Real) ? Path.str() : Real.str().str();
}

/// `File` is `Of`, or stands below it when that is a folder.
bool atOrBelow(StringRef File, StringRef Of) {
  if (!File.consume_front(Of))
    return false;
  return File.empty() || Of == "/" || path::is_separator(File.front());
}

} // namespace

llvm::Expected<std::string> findDatabase(StringRef Build, llvm::ArrayRef<std::string> From) {
  static constexpr llvm::StringLiteral Remedy =
      "make one with cmake -DCMAKE_EXPORT_COMPILE_COMMANDS=ON or with bear -- make, "
      "or give the compiler's flags after --";
  auto in = [](StringRef Folder, StringRef Sub) {
    llvm::SmallString<256> P(Folder);
    path::append(P, Sub, FileName);
    return P.str().str();
  };
  if (!Build.empty()) {
    if (!fs::exists(Build))
      return llvm::createStringError("there is no " + Build + " (given with -p)");
    if (!fs::is_directory(Build))
      return Build.str();
    std::string File = in(Build, "");
    if (fs::exists(File))
      return File;
    return llvm::createStringError("no " + FileName + " in " + Build + "; " + Remedy);
  }
  for (const std::string &Start : From)
    for (StringRef Folder = Start; !Folder.empty(); Folder = path::parent_path(Folder))
      for (StringRef Sub : {"", "build"})
        if (std::string File = in(Folder, Sub); fs::exists(File))
          return File;
  return llvm::createStringError("no " + FileName + " in " + llvm::join(From, ", ") +
                                 ", in the folders above, or in their build/; name the build "
                                 "folder with -p, " +
                                 Remedy);
}

llvm::Expected<std::vector<CompileJob>> parseDatabase(llvm::MemoryBufferRef Text,
                                                      StringRef Folder) {
  StringRef Name = Text.getBufferIdentifier();
  if (Text.getBuffer().trim().empty())
    return llvm::createStringError(Name + " is empty");
  llvm::Expected<json::Value> Root = parseJson(Text);
  if (!Root)
    return Root.takeError();
  const json::Array *Entries = Root->getAsArray();
  if (!Entries)
    return llvm::createStringError(Name + ": expected an array of compile commands");
  if (Entries->empty())
    return llvm::createStringError(Name + " is empty: it lists no compile command");

  std::vector<CompileJob> Jobs;
  for (auto [I, Entry] : llvm::enumerate(*Entries)) {
    llvm::Expected<CompileJob> Job = parseEntry(Entry, Folder);
    if (!Job)
      return llvm::createStringError(Name + ": entry " + llvm::Twine(I + 1) + ": " +
                                     llvm::toString(Job.takeError()));
    Jobs.push_back(std::move(*Job));
  }
  Jobs = sortedUnits(std::move(Jobs));
  if (Jobs.empty())
    return llvm::createStringError(Name + " lists no C or C++ source file");
  return Jobs;
}

llvm::Expected<std::vector<CompileJob>> readDatabase(StringRef Path) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> Text = readFile(Path);
  if (!Text)
    return Text.takeError();
  std::string Folder = path::parent_path(absolutePath(Path, workingDirectory())).str();
  return parseDatabase((*Text)->getMemBufferRef(), Folder);
}

llvm::Expected<std::vector<CompileJob>>
selectJobs(std::vector<CompileJob> Jobs, llvm::ArrayRef<std::string> Paths, StringRef Cwd) {
  if (Paths.empty())
    return Jobs;
  std::vector<bool> Chosen(Jobs.size());
  std::vector<std::string> Real(Jobs.size());
  for (const std::string &P : Paths) {
    std::string Wanted = absolutePath(P, Cwd);
    if (!fs::exists(Wanted))
      return llvm::createStringError("no such file or folder: " + P);
    bool Any = false;
    for (size_t I = 0; I < Jobs.size(); ++I)
      if (atOrBelow(Jobs[I].File, Wanted))
        Any = Chosen[I] = true;
    if (Any)
      continue;
    std::string RealWanted = realPath(Wanted);
    for (size_t I = 0; I < Jobs.size(); ++I) {
      if (Real[I].empty())
        Real[I] = realPath(Jobs[I].File);
      if (atOrBelow(Real[I], RealWanted))
        Any = Chosen[I] = true;
    }
    if (Any)
      continue;
    if (fs::is_directory(Wanted))
      return llvm::createStringError("no file below " + P + " is in the compile database");
    if (languageOf(Wanted) == Language::Header)
      return llvm::createStringError(P + " is a header, which is analysed with the files that "
                                         "include it; name one of these");
    return llvm::createStringError(P +
                                   " is not in the compile database; give the compiler's "
                                   "flags after --, as in: heddle check " +
                                   P + " -- -std=c++20");
  }
  std::vector<CompileJob> Selected;
  for (size_t I = 0; I < Jobs.size(); ++I)
    if (Chosen[I])
      Selected.push_back(std::move(Jobs[I]));
  return Selected;
}

llvm::Expected<std::vector<CompileJob>>
fixedJobs(llvm::ArrayRef<std::string> Paths, llvm::ArrayRef<std::string> Flags, StringRef Cwd) {
  if (Paths.empty())
    return llvm::createStringError("flags after -- need at least one FILE before them");
  std::vector<CompileJob> Jobs;
  for (const std::string &P : Paths) {
    std::string File = absolutePath(P, Cwd);
    if (!fs::exists(File))
      return llvm::createStringError("no such file: " + P);
    if (fs::is_directory(File))
      return llvm::createStringError(P + " is a folder; with flags after --, name the files");
    CompileJob Job{File, Cwd.str(), {}};
    Job.Arguments.push_back(languageOf(File) == Language::C ? "clang" : "clang++");
    llvm::append_range(Job.Arguments, Flags);
    Job.Arguments.push_back(File);
    if (!isUnit(Job))
      return llvm::createStringError(P + " is no C or C++ source file; say -x c++ after -- if it "
                                         "is to be read as one");
    Jobs.push_back(std::move(Job));
  }
  return sortedUnits(std::move(Jobs));
}

void expandResponseFiles(CompileJob &Job) {
  if (llvm::none_of(Job.Arguments, [](StringRef A) { return A.starts_with("@"); }))
    return;
  llvm::BumpPtrAllocator Storage;
  llvm::SmallVector<const char *> Words;
  for (const std::string &A : Job.Arguments)
    Words.push_back(A.c_str());
  llvm::cl::ExpansionContext Expansion(Storage, llvm::cl::TokenizeGNUCommandLine);
  Expansion.setCurrentDir(Job.Directory);
  if (llvm::Error E = Expansion.expandResponseFiles(Words)) {
    llvm::consumeError(std::move(E));
    return;
  }
  std::vector<std::string> Expanded(Words.begin(), Words.end());
  Job.Arguments = std::move(Expanded);
}

} // namespace heddle
