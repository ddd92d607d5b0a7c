/// One function a verb. Each returns the exit code and prints its own errors.
#pragma once

#include "entry/options.h"

namespace heddle {

int runCheckVerb(const CommandLine &C);
int runAdviseVerb(const CommandLine &C);
int runFixVerb(const CommandLine &C);
int runAnnotateVerb(const CommandLine &C);
int runDumpVerb(const CommandLine &C);
int runChecksVerb(const CommandLine &C);
int runExplainVerb(const CommandLine &C);
int runCatalogueVerb(const CommandLine &C);

} // namespace heddle
