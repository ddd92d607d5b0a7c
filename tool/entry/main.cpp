#include "entry/session.h"
#include "entry/verbs.h"

#include "llvm/Config/llvm-config.h"

using namespace heddle;

int main(int Argc, char **Argv) {
  llvm::Expected<CommandLine> C = parseCommandLine(Argc, Argv);
  if (!C)
    return fail(C.takeError());
  switch (C->What) {
  case Verb::Check:
    return runCheckVerb(*C);
  case Verb::Advise:
    return runAdviseVerb(*C);
  case Verb::Fix:
    return runFixVerb(*C);
  case Verb::Annotate:
    return runAnnotateVerb(*C);
  case Verb::Dump:
    return runDumpVerb(*C);
  case Verb::Checks:
    return runChecksVerb(*C);
  case Verb::Explain:
    return runExplainVerb(*C);
  case Verb::Catalogue:
    return runCatalogueVerb(*C);
  case Verb::Help:
    printHelp(llvm::outs());
    return Clean;
  case Verb::Version:
    llvm::outs() << "heddle " HEDDLE_VERSION "\nLLVM " LLVM_VERSION_STRING "\n";
    return Clean;
  }
  llvm_unreachable("all verbs are listed");
}
