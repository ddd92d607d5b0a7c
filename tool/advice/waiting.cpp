#include "advice/waiting.h"

namespace heddle {

llvm::StringRef describe(BlockCategory C) {
  switch (C) {
  case BlockCategory::File:
    return "file I/O";
  case BlockCategory::Network:
    return "network I/O";
  case BlockCategory::Socket:
    return "socket I/O";
  case BlockCategory::Dns:
    return "name resolution";
  case BlockCategory::Process:
    return "a wait for a process";
  case BlockCategory::Sleep:
    return "a sleep";
  case BlockCategory::Lock:
    return "a lock";
  case BlockCategory::Terminal:
    return "terminal I/O";
  case BlockCategory::Database:
    return "a database";
  case BlockCategory::Ipc:
    return "inter-process communication";
  case BlockCategory::SyncWait:
    return "a wait for another thread";
  case BlockCategory::Gpu:
    return "a wait for the GPU";
  }
  return "";
}

std::string nameOf(const Wait &W) {
  return ("`" + W.Fact->Row.str() + "` (" + describe(W.Fact->Category) + ")").str();
}

std::string saying(const Program &P, const Wait &W) {
  std::string Does = W.Fact->When == BlockWhen::Always ? " blocks" : " may block";
  if (W.Through.empty())
    return nameOf(W) + Does;
  FunctionId First = W.Through.size() > 1 ? W.Through[1].In : W.In;
  return ("`" + P.facts(First).Name.str() + "` ends in ").str() + nameOf(W) + ", which" + Does;
}

/// Of calls that lead to a wait.
constexpr size_t MaxNear = 4;

bool isFar(const Wait &W) { return W.Through.size() > MaxNear; }

void doubt(Advice &A, std::string Why, const Span &At) {
  A.Level = Severity::Note;
  A.Sure = Confidence::Low;
  A.Against.push_back({std::move(Why), {}, 0, At});
}

static constexpr llvm::StringLiteral Far =
    "it is many calls away, under conditions that are not looked at";

void showWay(const Program &P, const Wait &W, Symbol Guideline, Advice &A) {
  auto Note = [&](std::string What, const Span &At) {
    A.For.push_back({std::move(What), Guideline, 1, At});
  };
  for (size_t I = 1; I < W.Through.size(); ++I)
    Note("on the way: called here, in `" + P.facts(W.Through[I].In).Name.str().str() + "`",
         W.Through[I].At);
  if (!W.Through.empty())
    Note(nameOf(W) + " is called here", W.At);
  if (isFar(W))
    doubt(A, Far.str(), W.At);
}

std::string insteadOf(const Wait &W) {
  return W.Fact->Instead.empty() ? std::string()
                                 : ("; instead of it there is " + W.Fact->Instead.str()).str();
}

} // namespace heddle
