#include "entry/files.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"
#include <fcntl.h>
#include <unistd.h>

namespace heddle {

using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

static llvm::Error cannot(StringRef Act, StringRef Path, std::error_code Why) {
  return llvm::createStringError(Why, "cannot " + Act + " " + Path + ": " + Why.message());
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readFile(StringRef Path) {
  if (fs::is_directory(Path))
    return cannot("read", Path, std::make_error_code(std::errc::is_a_directory));
  auto Buffer = llvm::MemoryBuffer::getFileOrSTDIN(Path);
  if (!Buffer)
    return cannot("read", Path, Buffer.getError());
  return std::move(*Buffer);
}

/// Offset of the first bracket that opens level `Limit`; npos when there is none.
static size_t tooDeep(StringRef Text, unsigned Limit) {
  unsigned Depth = 0;
  bool Quoted = false;
  for (size_t I = 0; I < Text.size(); ++I) {
    char C = Text[I];
    if (Quoted) {
      if (C == '\\')
        ++I;
      else if (C == '"')
        Quoted = false;
    } else if (C == '"')
      Quoted = true;
    else if ((C == '[' || C == '{') && ++Depth == Limit)
      return I;
    else if ((C == ']' || C == '}') && Depth)
      --Depth;
  }
  return StringRef::npos;
}

llvm::Expected<llvm::json::Value> parseJson(llvm::MemoryBufferRef Text) {
  constexpr unsigned DeepestNesting = 200;
  StringRef Content = Text.getBuffer();
  Content.consume_front("\xEF\xBB\xBF");
  auto fault = [&](unsigned Line, unsigned Column, StringRef What) {
    return llvm::createStringError(Text.getBufferIdentifier() + ":" + llvm::Twine(Line) + ":" +
                                   llvm::Twine(Column) + ": malformed JSON: " + What);
  };
  if (size_t At = tooDeep(Content, DeepestNesting); At != StringRef::npos) {
    StringRef Before = Content.take_front(At);
    return fault(Before.count('\n') + 1, At - (Before.rfind('\n') + 1) + 1, "nested too deeply");
  }
  llvm::Expected<llvm::json::Value> V = llvm::json::parse(Content);
  if (V)
    return V;
  // `[LINE:COLUMN, byte=OFFSET]: WHAT`, just behind the character at fault, so
  // that a column that counts from 0 is its column from 1.
  std::string Message = llvm::toString(V.takeError());
  StringRef Rest = Message;
  unsigned Line = 1, Column = 0;
  if (!Rest.consume_front("[") || Rest.consumeInteger(10, Line) || !Rest.consume_front(":") ||
      Rest.consumeInteger(10, Column))
    return llvm::createStringError(Text.getBufferIdentifier() + ": malformed JSON: " + Message);
  return fault(Line, std::max(Column, 1u), Rest.split("]: ").second);
}

std::string absolutePath(StringRef Path, StringRef Base) {
  llvm::SmallString<256> P(Path);
  fs::make_absolute(Base, P);
  path::remove_dots(P, /*remove_dot_dot=*/true);
  // remove_dots leaves a slash at the end of a folder's name.
  while (P.size() > 1 && path::is_separator(P.back()))
    P.pop_back();
  return P.str().str();
}

std::string workingDirectory() {
  llvm::SmallString<256> P;
  if (fs::current_path(P))
    return "/";
  return P.str().str();
}

static bool isStandardOutput(StringRef Path) { return Path.empty() || Path == "-"; }

/// A device, pipe or socket: it cannot be replaced by a rename.
static bool isSpecial(StringRef Path) {
  fs::file_status Status;
  return !fs::status(Path, Status) && fs::exists(Status) && !fs::is_regular_file(Status);
}

llvm::Error checkWritable(StringRef Path) {
  if (isStandardOutput(Path))
    return llvm::Error::success();
  if (fs::is_directory(Path))
    return cannot("write", Path, std::make_error_code(std::errc::is_a_directory));
  if (isSpecial(Path))
    return llvm::Error::success();
  StringRef Folder = path::parent_path(Path);
  std::string Into = Folder.empty() ? "." : Folder.str();
  if (!fs::exists(Into))
    return cannot("write", Path, std::make_error_code(std::errc::no_such_file_or_directory));
  if (!fs::is_directory(Into))
    return cannot("write", Path, std::make_error_code(std::errc::not_a_directory));
  if (::access(Into.c_str(), W_OK) != 0)
    return cannot("write", Path, std::error_code(errno, std::generic_category()));
  return llvm::Error::success();
}

llvm::Error writeOutput(StringRef Path, std::function<void(llvm::raw_ostream &)> Write) {
  if (isStandardOutput(Path)) {
    llvm::raw_fd_ostream &Out = llvm::outs();
    Write(Out);
    Out.flush();
    if (!Out.has_error())
      return llvm::Error::success();
    // An error that is still set when the stream ends would abort.
    std::error_code Why = Out.error();
    Out.clear_error();
    return cannot("write", "standard output", Why);
  }
  if (isSpecial(Path)) {
    std::error_code Why;
    llvm::raw_fd_ostream Out(Path, Why);
    if (Why)
      return cannot("write", Path, Why);
    Write(Out);
    Out.flush();
    if (!Out.has_error())
      return llvm::Error::success();
    Why = Out.error();
    Out.clear_error();
    return cannot("write", Path, Why);
  }
  llvm::Expected<fs::TempFile> Temporary = fs::TempFile::create(Path + ".%%%%%%");
  if (!Temporary)
    return cannot("write", Path, llvm::errorToErrorCode(Temporary.takeError()));
  std::error_code Why;
  {
    llvm::raw_fd_ostream Out(Temporary->FD, /*shouldClose=*/false);
    Write(Out);
    Out.flush();
    Why = Out.error();
    Out.clear_error();
  }
  if (Why) {
    llvm::consumeError(Temporary->discard());
    return cannot("write", Path, Why);
  }
  if (llvm::Error E = Temporary->keep(Path))
    return cannot("write", Path, llvm::errorToErrorCode(std::move(E)));
  return llvm::Error::success();
}

llvm::Expected<bool> replaceFile(StringRef Path, StringRef Content,
                                 llvm::function_ref<bool(StringRef)> Same) {
  llvm::SmallString<256> Real;
  if (std::error_code Why = fs::real_path(Path, Real))
    return cannot("write", Path, Why);
  fs::file_status Status;
  if (std::error_code Why = fs::status(Real, Status))
    return cannot("write", Path, Why);
  if (!fs::is_regular_file(Status))
    return cannot("write", Path, std::make_error_code(std::errc::invalid_argument));
  if (::access(Real.c_str(), W_OK) != 0)
    return cannot("write", Path, std::error_code(errno, std::generic_category()));
  llvm::Expected<fs::TempFile> Temporary = fs::TempFile::create(Real + ".%%%%%%");
  if (!Temporary)
    return cannot("write", Path, llvm::errorToErrorCode(Temporary.takeError()));
  std::error_code Why;
  {
    llvm::raw_fd_ostream Out(Temporary->FD, /*shouldClose=*/false);
    Out << Content;
    Out.flush();
    Why = Out.error();
    Out.clear_error();
  }
  if (!Why)
    Why = fs::setPermissions(Temporary->FD, Status.permissions());
  if (Why) {
    llvm::consumeError(Temporary->discard());
    return cannot("write", Path, Why);
  }
  auto Now = llvm::MemoryBuffer::getFile(Real, /*IsText=*/false, /*RequiresNullTerminator=*/false,
                                         /*IsVolatile=*/true);
  if (!Now || !Same((*Now)->getBuffer())) {
    llvm::consumeError(Temporary->discard());
    return false;
  }
  if (llvm::Error E = Temporary->keep(Real))
    return cannot("write", Path, llvm::errorToErrorCode(std::move(E)));
  return true;
}

} // namespace heddle
