/// `heddle fix`: makes the edits of findings in the files.
///
/// Nothing is written that was not analysed: the facts hold the digest of every
/// file that was read, and a file that is another one by now is refused. A file
/// appears complete or not at all.
#include "entry/fix.h"
#include "entry/files.h"
#include "entry/session.h"
#include "entry/verbs.h"
#include "report/patch.h"
#include "report/source.h"
#include "report/writer.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"

namespace heddle {

using llvm::StringRef;

namespace {

/// Digests of the files of a program, under their names in the facts.
llvm::StringMap<std::string> digestsOf(const Program &P) {
  llvm::StringMap<std::string> Out;
  for (const UnitFacts &U : P.Units)
    for (const Input &I : U.Inputs) {
      auto [It, New] = Out.try_emplace(I.Path.str(), I.Digest);
      // Two units that read different texts: it changed between them.
      if (!New && It->second != I.Digest)
        It->second = "changed";
    }
  return Out;
}

/// The file that a path means in the end, so that one with two names is edited
/// once.
std::string realPath(StringRef Path) {
  llvm::SmallString<256> Real;
  return llvm::sys::fs::real_path(Path, Real) ? Path.str() : Real.str().str();
}

class Fixer {
public:
  Fixer(const CommandLine &C, const Session &S, const Program &P, llvm::ArrayRef<Advice> Findings)
      : C(C), S(S), Findings(Findings), Digests(digestsOf(P)) {}

  void gather();
  /// Writes the files, or the diff. Returns what is to be printed on stdout.
  void apply(llvm::raw_ostream &OS);

  size_t Undone = 0; ///< Findings whose edits were not made.
  bool Failed = false;

private:
  std::string shown(StringRef File) const { return printable(below(S.Text.Base, File)); }
  void failed(llvm::Error E) {
    fail(std::move(E));
    Failed = true;
  }
  void file(StringRef Path, llvm::ArrayRef<Edit> Edits, llvm::raw_ostream &OS);

  const CommandLine &C;
  const Session &S;
  llvm::ArrayRef<Advice> Findings;
  llvm::StringMap<std::string> Digests;
  Patch All;
  size_t Files = 0, Edits = 0, WithoutEdit = 0;
};

void Fixer::gather() {
  TextWriter Notes{S.Text, llvm::errs()};
  llvm::StringMap<Symbol> Names;
  for (Advice A : Findings) {
    llvm::erase_if(A.Edits, [](const Edit &E) { return !E.At.valid() || E.At.File.empty(); });
    if (A.Edits.empty()) {
      ++WithoutEdit;
      continue;
    }
    for (Edit &E : A.Edits)
      E.At.File = Names.try_emplace(realPath(E.At.File.str()), E.At.File).first->second;
    if (llvm::any_of(A.Edits, [&](const Edit &E) { return skips(S.Settings, E.At.File.str()); })) {
      ++WithoutEdit;
      continue;
    }
    if (const Edit *Other = All.add(A)) {
      ++Undone;
      Notes.headline(A.At, Severity::Warning,
                     "not fixed: its edit overlaps another one, at " + Notes.place(Other->At) +
                         "; run `heddle fix` again",
                     ("heddle-" + A.Check.str()).str());
    } else if (A.Verdict.str() == "conditional")
      Notes.headline(A.At, Severity::Note, A.Message, ("heddle-" + A.Check.str()).str());
  }
}

void Fixer::file(StringRef Path, llvm::ArrayRef<Edit> Edits, llvm::raw_ostream &OS) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> Old = readFile(Path);
  if (!Old)
    return failed(Old.takeError());
  auto Digest = Digests.find(Path);
  if (Digest == Digests.end())
    return failed(llvm::createStringError(shown(Path) +
                                          " is not changed: it is not among the files that were "
                                          "analysed"));
  auto Changed = [&] {
    failed(llvm::createStringError(shown(Path) + " is not changed: it is another file now than "
                                                 "the one that was analysed"));
  };
  if (digest((*Old)->getBuffer()) != Digest->second)
    return Changed();
  llvm::Expected<std::string> New = applyEdits((*Old)->getBuffer(), Edits);
  if (!New)
    return failed(llvm::createStringError(shown(Path) +
                                          " is not changed: " + llvm::toString(New.takeError())));
  if (C.Diff)
    writeDiff(below(S.Text.Base, Path), (*Old)->getBuffer(), *New, OS);
  else {
    auto Same = [&](StringRef Now) { return digest(Now) == Digest->second; };
    llvm::Expected<bool> Written = replaceFile(Path, *New, Same);
    if (!Written)
      return failed(Written.takeError());
    if (!*Written)
      return Changed();
    OS << shown(Path) << ": " << plural(Edits.size(), "edit") << '\n';
  }
  ++Files;
  this->Edits += Edits.size();
}

void Fixer::apply(llvm::raw_ostream &OS) {
  for (const auto &[File, Edits] : All.Files)
    file(File.str(), Edits, OS);
  if (S.Quiet)
    return;
  llvm::errs() << plural(Edits, "edit") << " in " << plural(Files, "file");
  if (Undone)
    llvm::errs() << ", " << plural(Undone, "finding") << " left for another run";
  if (WithoutEdit)
    llvm::errs() << ", " << plural(WithoutEdit, "finding") << " without an edit";
  llvm::errs() << '\n';
}

} // namespace

int runFixVerb(const CommandLine &C) {
  llvm::Expected<Session> S = openSession(C);
  if (!S)
    return fail(S.takeError());
  if (C.Conditional)
    for (const Check *Each : S->Run.Checks.Enabled)
      for (const OptionInfo &O : Each->Info.Options)
        if (O.Name == "FixConditional")
          S->Run.Checks.Options[(Each->Info.Name + "." + O.Name).str()] = "true";
  llvm::Expected<RunResult> R = withProgress(*S, run);
  if (!R)
    return fail(R.takeError());
  dropSkipped(S->Settings, R->Findings);
  return makeEdits(C, *S, R->Whole, R->Findings);
}

int makeEdits(const CommandLine &C, const Session &S, const Program &P,
              llvm::ArrayRef<Advice> Findings) {
  RunInfo Info = describeRun(P, S.Run.Checks);
  Fixer Fix(C, S, P, Findings);
  Fix.gather();
  std::string Text;
  llvm::raw_string_ostream Out(Text);
  Fix.apply(Out);
  if (llvm::Error E = writeOutput("", [&](llvm::raw_ostream &OS) { OS << Text; }))
    return fail(std::move(E));
  int Code = finish(Info, S, Fix.Undone > 0 || (C.Diff && !Text.empty()));
  return Fix.Failed ? Failure : Code;
}

} // namespace heddle
