/// `heddle checks` and `heddle catalogue`: what is known about the checks
/// themselves.
#include "report/catalogue.h"
#include "entry/config.h"
#include "entry/files.h"
#include "entry/session.h"
#include "entry/verbs.h"

namespace heddle {

static void writeChecksJson(llvm::ArrayRef<const Check *> Enabled, llvm::raw_ostream &OS) {
  llvm::json::OStream J(OS, 2);
  J.array([&] {
    for (const Check *C : allChecks())
      J.object([&] {
        const CheckInfo &I = C->Info;
        J.attribute("name", I.Name);
        J.attribute("summary", I.Summary);
        J.attribute("guidelines", I.Guidelines);
        J.attribute("level", toJson(I.Level));
        J.attribute("default", I.DefaultOn);
        J.attribute("enabled", llvm::is_contained(Enabled, C));
        J.attribute("since", I.Since);
        J.attributeArray("options", [&] {
          for (const OptionInfo &O : I.Options)
            J.object([&] {
              J.attribute("name", O.Name);
              J.attribute("default", O.Default);
              J.attribute("help", O.Help);
            });
        });
      });
  });
  OS << '\n';
}

int runChecksVerb(const CommandLine &C) {
  llvm::Expected<Config> Settings = findConfig({workingDirectory()});
  if (!Settings)
    return fail(Settings.takeError());
  llvm::Expected<CheckSelection> S = selectConfigured(*Settings, C.Checks, {});
  if (!S)
    return fail(S.takeError());
  auto Write = [&](llvm::raw_ostream &OS) {
    if (C.As == Format::Json)
      writeChecksJson(S->Enabled, OS);
    else
      writeCheckList(allChecks(), S->Enabled, OS);
  };
  if (llvm::Error E = writeOutput("", Write))
    return fail(std::move(E));
  return Clean;
}

int runCatalogueVerb(const CommandLine &C) {
  llvm::Expected<std::vector<std::string>> Stale = writeCatalogue(C.Files.front(), C.CheckOnly);
  if (!Stale)
    return fail(Stale.takeError());
  for (const std::string &File : *Stale)
    llvm::errs() << (C.CheckOnly ? "stale: " : "written: ") << File << '\n';
  if (!C.CheckOnly || Stale->empty())
    return Clean;
  llvm::errs() << "`./dev update` brings them up to date\n";
  return Findings;
}

} // namespace heddle
