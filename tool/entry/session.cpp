#include "entry/session.h"
#include "entry/database.h"
#include "entry/files.h"
#include "entry/stored.h"
#include "entry/workers.h"
#include "report/source.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include <unistd.h>

namespace heddle {

using llvm::StringRef;
namespace path = llvm::sys::path;

/// The rows of the command line: from a database, or from files and flags.
static llvm::Expected<std::vector<CompileJob>> findJobs(const CommandLine &C, StringRef Cwd,
                                                        std::string &Database) {
  if (C.Flags)
    return fixedJobs(C.Files, *C.Flags, Cwd);
  std::vector<std::string> From = {Cwd.str()};
  if (!C.Files.empty()) {
    std::string Folder = path::parent_path(absolutePath(C.Files.front(), Cwd)).str();
    if (Folder != Cwd)
      From.push_back(Folder);
  }
  llvm::Expected<std::string> Found = findDatabase(C.Build, From);
  if (!Found)
    return Found.takeError();
  Database = *Found;
  llvm::Expected<std::vector<CompileJob>> Jobs = readDatabase(Database);
  if (!Jobs)
    return Jobs.takeError();
  return selectJobs(std::move(*Jobs), C.Files, Cwd);
}

static bool useColor(const CommandLine &C) {
  if (C.Color != Coloring::Auto)
    return C.Color == Coloring::Always;
  return C.Output.empty() && !llvm::sys::Process::GetEnv("NO_COLOR") &&
         llvm::sys::Process::StandardOutHasColors();
}

llvm::Expected<Session> openSession(const CommandLine &C) {
  if (llvm::Error E = checkWritable(C.Output))
    return std::move(E);
  Session S;
  S.Quiet = C.Quiet;
  std::string Cwd = workingDirectory();
  S.Text = {Cwd, useColor(C)};

  std::string Database;
  if (C.FactsFiles.empty()) {
    llvm::Expected<std::vector<CompileJob>> Jobs = findJobs(C, Cwd, Database);
    if (!Jobs)
      return Jobs.takeError();
    S.Run.Jobs = std::move(*Jobs);
  }
  std::vector<std::string> From = {Cwd};
  if (!Database.empty())
    From.push_back(path::parent_path(absolutePath(Database, Cwd)).str());
  llvm::Expected<Config> Settings = findConfig(From);
  if (!Settings)
    return Settings.takeError();
  S.Settings = std::move(*Settings);

  llvm::Expected<CheckSelection> Selection = selectConfigured(S.Settings, C.Checks, C.Options);
  if (!Selection)
    return Selection.takeError();
  S.Run.Checks = std::move(*Selection);
  llvm::Expected<std::shared_ptr<const Models>> Apis = configuredModels(S.Settings);
  if (!Apis)
    return Apis.takeError();
  S.Run.Apis = std::move(*Apis);

  for (const std::string &File : C.FactsFiles) {
    llvm::Expected<std::vector<UnitFacts>> Units = readFacts(File);
    if (!Units)
      return Units.takeError();
    llvm::append_range(S.Run.Ready, std::move(*Units));
  }
  llvm::erase_if(S.Run.Jobs, [&](const CompileJob &J) { return skips(S.Settings, J.File); });
  llvm::erase_if(S.Run.Ready,
                 [&](const UnitFacts &U) { return skips(S.Settings, U.MainFile.str()); });
  if (S.Run.Jobs.empty() && S.Run.Ready.empty())
    return llvm::createStringError("nothing to analyse: " + S.Settings.Path + " skips every unit");
  for (CompileJob &J : S.Run.Jobs)
    expandResponseFiles(J);
  S.Run.Extract.Workers = C.Workers;
  S.Run.Extract.Timeout = C.Timeout;
  return S;
}

void dropSkipped(const Config &C, std::vector<Advice> &Findings) {
  llvm::erase_if(Findings, [&](const Advice &A) { return skips(C, A.At.File.str()); });
}

int finish(const RunInfo &Info, const Session &S, bool AnyFindings) {
  TextOptions Text = S.Text;
  Text.Color = Text.Color && llvm::sys::Process::StandardErrHasColors();
  writeFailures(Info, Text, llvm::errs());
  if (!Info.Failed.empty())
    return Incomplete;
  return AnyFindings ? Findings : Clean;
}

int fail(llvm::Error E) {
  int Code = Failure;
  llvm::handleAllErrors(
      std::move(E), [&](const Interrupted &I) { Code = 128 + I.Signal; },
      [](const llvm::ErrorInfoBase &I) {
        if (!I.message().empty())
          llvm::errs() << "heddle: error: " << printable(I.message()) << '\n';
      });
  return Code;
}

} // namespace heddle
