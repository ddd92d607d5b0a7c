/// compile_commands.json: which units there are and how each is compiled.
///
/// An entry has a file, a directory to which everything is relative, and the
/// command as a list of arguments or as one string in shell syntax:
///
///     { "directory": "/src/build", "file": "../a.cc",
///       "command": "ccache g++ -Iinclude -c ../a.cc -o a.o" }
///
/// becomes the job {"/src/a.cc", "/src/build", {"g++", "-Iinclude", "-c",
/// "../a.cc", "-o", "a.o"}}.
#pragma once

#include "facts/extract.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"
#include <string>
#include <vector>

namespace heddle {

/// Path of the compile database. `Build` (`-p`) is a folder or the file itself;
/// when it is empty, each folder from the first of `From` upwards is tried, and
/// `build/` in it, then from the next of `From`. The error says where it looked
/// and how to make one.
llvm::Expected<std::string> findDatabase(llvm::StringRef Build, llvm::ArrayRef<std::string> From);

/// All C and C++ units, sorted by file and command. Entries that differ in
/// nothing but their outputs count once; other languages and headers are left
/// out; compiler launchers are taken off. Errors: unreadable, malformed
/// (`FILE:LINE:COLUMN`), an entry that lacks a member (by number), empty.
llvm::Expected<std::vector<CompileJob>> readDatabase(llvm::StringRef Path);

/// The same from the text of a database, with `Folder` for relative paths.
llvm::Expected<std::vector<CompileJob>> parseDatabase(llvm::MemoryBufferRef Text,
                                                      llvm::StringRef Folder);

/// The jobs whose file is one of `Paths` (relative to `Cwd`) or below it. Paths
/// are compared as text, then with symbolic links followed. A path that selects
/// nothing is an error.
llvm::Expected<std::vector<CompileJob>>
selectJobs(std::vector<CompileJob> Jobs, llvm::ArrayRef<std::string> Paths, llvm::StringRef Cwd);

/// `FILE... -- FLAGS`: one job for each file, with these flags.
llvm::Expected<std::vector<CompileJob>> fixedJobs(llvm::ArrayRef<std::string> Paths,
                                                  llvm::ArrayRef<std::string> Flags,
                                                  llvm::StringRef Cwd);

/// Replaces `@FILE` arguments by what the file lists. One that cannot be read
/// stays, for the compiler to complain about.
void expandResponseFiles(CompileJob &Job);

} // namespace heddle
