#include "pipeline.h"
#include "entry/workers.h"

namespace heddle {

using llvm::StringRef;

static std::string digestOf(const CompileJob &Job) {
  std::string Key = Job.Directory;
  for (const std::string &A : Job.Arguments) {
    Key += '\0';
    Key += A;
  }
  return digest(Key);
}

static UnitFacts failedUnit(const CompileJob &Job, llvm::Error Why) {
  UnitFacts U;
  U.MainFile = Symbol(Job.File);
  U.CommandDigest = digestOf(Job);
  U.Errors.push_back({{}, llvm::toString(std::move(Why))});
  return U;
}

static UnitFacts extractOne(const CompileJob &Job, const Models &Apis) {
  UnitFacts U = extract(Job, Apis);
  U.CommandDigest = digestOf(Job);
  if (!U.Errors.empty()) {
    U.Functions.clear();
    U.Variables.clear();
    U.Fields.clear();
  }
  return U;
}

llvm::Expected<std::vector<UnitFacts>> extractAll(llvm::ArrayRef<CompileJob> Jobs,
                                                  const Models &Apis, const ExtractOptions &O) {
  std::vector<UnitFacts> Units(Jobs.size());
  size_t Finished = 0;
  auto Work = [&](size_t I) { return toBinary(extractOne(Jobs[I], Apis), FactsSchema); };
  auto Done = [&](size_t I, llvm::Expected<std::string> Bytes) {
    llvm::Expected<UnitFacts> U =
        Bytes ? fromBinary<UnitFacts>(*Bytes, FactsSchema) : Bytes.takeError();
    Units[I] = U ? std::move(*U) : failedUnit(Jobs[I], U.takeError());
    if (O.Progress)
      O.Progress(++Finished, Jobs.size(), Jobs[I].File);
  };
  if (llvm::Error E = runWorkers({O.Workers, O.Timeout}, Jobs.size(), Work, Done))
    return std::move(E);
  return Units;
}

llvm::Expected<std::vector<UnitFacts>> loadFacts(RunOptions &O) {
  llvm::Expected<std::vector<UnitFacts>> Units = extractAll(O.Jobs, *O.Apis, O.Extract);
  if (Units)
    std::move(O.Ready.begin(), O.Ready.end(), std::back_inserter(*Units));
  O.Ready.clear();
  return Units;
}

llvm::Expected<Program> loadProgram(RunOptions &O) {
  llvm::Expected<std::vector<UnitFacts>> Units = loadFacts(O);
  if (!Units)
    return Units.takeError();
  return buildProgram(std::move(*Units), O.Apis);
}

llvm::Expected<RunResult> run(RunOptions &O) {
  RunResult R;
  llvm::Expected<Program> Whole = loadProgram(O);
  if (!Whole)
    return Whole.takeError();
  R.Whole = std::move(*Whole);
  R.Findings = runChecks(R.Whole, O.Checks);
  return R;
}

} // namespace heddle
