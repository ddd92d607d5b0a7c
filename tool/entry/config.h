/// .heddle.yaml: what a project wants of every run.
///
///     checks: -heddle-parallelizable-loop      # globs, as for --checks
///     options:
///       blocking-under-lock.Tier: A            # CHECK.NAME: value
///     skip: [third_party, '*_generated.cc']    # not analysed, not reported
///     models:                                  # rows as in tool/models
///       blocking:
///         - {name: mylib::fetch, category: network}
///
/// The command line wins over the file, the file over the defaults.
#pragma once

#include "advice/check.h"
#include "facts/models.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <string>
#include <vector>

namespace heddle {

/// A value and where it stands, `FILE:LINE:COLUMN`.
struct ConfigValue {
  std::string Text, At;
};

struct Config {
  std::string Path;                 ///< Absolute; empty when there is no file.
  std::string Folder;               ///< The one it is in.
  std::vector<ConfigValue> Checks;  ///< Globs, one each.
  std::vector<ConfigValue> Options; ///< `CHECK.NAME=VALUE`.
  std::vector<std::string> Skip;    ///< Globs of paths.
  /// The value of `models:`, with the lines before it blank; null without one.
  std::unique_ptr<llvm::MemoryBuffer> Models;
};

/// The configuration in the first `.heddle.yaml` from the first of `From`
/// upwards, then from the next of `From`. Errors read `FILE:LINE:COLUMN: WHAT`.
llvm::Expected<Config> findConfig(llvm::ArrayRef<std::string> From);

/// The buffer's name is the path of the file, absolute.
llvm::Expected<Config> parseConfig(llvm::MemoryBufferRef Text);

/// Checks and options of the file, then those of the command line over them.
llvm::Expected<CheckSelection> selectConfigured(const Config &C, llvm::StringRef Globs,
                                                llvm::ArrayRef<std::string> Options);

/// Built-in models and those of the file.
llvm::Expected<std::shared_ptr<const Models>> configuredModels(const Config &C);

/// True when `skip:` names the absolute path or a folder that it is in. A glob
/// with a slash is relative to the folder of the file; one without matches any
/// folder's or file's name. `*` also matches slashes.
bool skips(const Config &C, llvm::StringRef File);

} // namespace heddle
