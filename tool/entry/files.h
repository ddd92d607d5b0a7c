/// Reading and writing files, with errors that say which file and why.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include <functional>
#include <memory>
#include <string>

namespace heddle {

/// The content of a file, or of standard input for `-`. The error reads
/// `cannot read PATH: REASON`.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readFile(llvm::StringRef Path);

/// Parses JSON. The error reads `BUFFER:LINE:COLUMN: malformed JSON: WHAT`. Nesting deeper
/// than 200 levels is such an error: the parser recurses.
llvm::Expected<llvm::json::Value> parseJson(llvm::MemoryBufferRef Text);

/// `Path` against the absolute directory `Base`, without `.` and `..`.
std::string absolutePath(llvm::StringRef Path, llvm::StringRef Base);

/// The working directory, absolute.
std::string workingDirectory();

/// An error when `Path` certainly cannot be written: its folder is missing or
/// read-only, or it is a folder itself. Asked before the work, not after it.
llvm::Error checkWritable(llvm::StringRef Path);

/// Lets `Write` fill the file, which appears complete or not at all: a
/// temporary file beside it is renamed. Empty and `-` mean standard output. A
/// device or pipe is written in place.
llvm::Error writeOutput(llvm::StringRef Path, std::function<void(llvm::raw_ostream &)> Write);

/// Gives an existing regular file another content, at once: a temporary file
/// with the same mode is renamed over it. Symbolic links stay. False when `Same`
/// denies, just before, that the file still has the content that it is known for.
llvm::Expected<bool> replaceFile(llvm::StringRef Path, llvm::StringRef Content,
                                 llvm::function_ref<bool(llvm::StringRef)> Same);

} // namespace heddle
