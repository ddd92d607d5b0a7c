#include "entry/config.h"
#include "base/nearest.h"
#include "entry/files.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/GlobPattern.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"
#include <array>

namespace heddle {

using llvm::StringRef;
using llvm::Twine;
namespace path = llvm::sys::path;
namespace yaml = llvm::yaml;

static constexpr llvm::StringLiteral FileName = ".heddle.yaml";
static constexpr std::array<StringRef, 4> Keys = {"checks", "models", "options", "skip"};

namespace {

/// Reads one file. After the first fault everything returns false, and Fault
/// says where and what.
class ConfigReader {
public:
  ConfigReader(llvm::MemoryBufferRef Text, Config &Out)
      : Text(Text), Out(Out), Stream(Text, Sources, /*ShowColors=*/false) {
    Sources.setDiagHandler([](const llvm::SMDiagnostic &D,
                              void *Self) { static_cast<ConfigReader *>(Self)->report(D); },
                           this);
  }

  llvm::Error read() {
    size_t Foreign = 0;
    if (!llvm::json::isUTF8(Text.getBuffer(), &Foreign))
      return llvm::createStringError(position(Foreign) + ": not UTF-8");
    bool First = true;
    for (yaml::Document &D : Stream) {
      yaml::Node *Root = D.getRoot();
      if (!Root || !Fault.empty())
        break;
      if (!First)
        fail(Root, "expected one document");
      else if (!llvm::isa<yaml::NullNode>(Root))
        readTop(Root);
      First = false;
      if (!Fault.empty())
        break;
    }
    if (Fault.empty() && Stream.failed())
      Fault = (Text.getBufferIdentifier() + ": malformed YAML").str();
    if (Fault.empty())
      cutModels();
    return Fault.empty() ? llvm::Error::success() : llvm::createStringError(Fault);
  }

private:
  void report(const llvm::SMDiagnostic &D) {
    if (Fault.empty()) // columns of SMDiagnostic count from 0
      Fault = (Text.getBufferIdentifier() + ":" + Twine(D.getLineNo()) + ":" +
               Twine(D.getColumnNo() + 1) + ": " + D.getMessage())
                  .str();
  }
  bool fail(yaml::Node *At, const Twine &Message) {
    if (Fault.empty())
      Fault = position(At) + ": " + Message.str();
    return false;
  }
  bool ok() { return Fault.empty() && !Stream.failed(); }

  /// Where the node begins. The parser places a collection in brackets behind
  /// its bracket.
  size_t offset(yaml::Node *N) const {
    size_t At = N->getSourceRange().Start.getPointer() - Text.getBufferStart();
    if (!llvm::isa<yaml::MappingNode, yaml::SequenceNode>(N))
      return At;
    StringRef Before = Text.getBuffer().take_front(At).rtrim();
    bool InComment = Before.rsplit('\n').second.contains('#');
    return (Before.ends_with("{") || Before.ends_with("[")) && !InComment ? Before.size() - 1 : At;
  }
  std::string position(yaml::Node *N) const { return position(offset(N)); }
  std::string position(size_t Offset) const {
    StringRef Before = Text.getBuffer().take_front(Offset);
    size_t Line = Before.count('\n') + 1, Column = Before.size() - (Before.rfind('\n') + 1) + 1;
    return (Text.getBufferIdentifier() + ":" + Twine(Line) + ":" + Twine(Column)).str();
  }

  bool scalar(yaml::Node *N, std::string &Into) {
    llvm::SmallString<64> Storage;
    if (auto *S = llvm::dyn_cast_or_null<yaml::ScalarNode>(N))
      Into = S->getValue(Storage).str();
    else if (auto *B = llvm::dyn_cast_or_null<yaml::BlockScalarNode>(N))
      Into = B->getValue().str();
    else
      return fail(N, "expected a name or a value");
    return ok();
  }

  /// Calls Each(text, node) for a scalar or for each of a list of them.
  template <class F> bool scalars(yaml::Node *N, F &&Each) {
    std::string Value;
    auto *List = llvm::dyn_cast_or_null<yaml::SequenceNode>(N);
    if (!List)
      return scalar(N, Value) && Each(Value, N);
    for (yaml::Node &Item : *List)
      if (!scalar(&Item, Value) || !Each(Value, &Item))
        return false;
    return ok();
  }

  /// Calls Each(key, node of the key, value); no key may come twice.
  template <class F> bool entries(yaml::Node *N, F &&Each) {
    auto *Map = llvm::dyn_cast_or_null<yaml::MappingNode>(N);
    if (!Map)
      return fail(N, "expected a mapping");
    llvm::StringSet<> Seen;
    for (yaml::KeyValueNode &KV : *Map) {
      std::string Key;
      yaml::Node *KeyNode = KV.getKey();
      if (!KeyNode || !scalar(KeyNode, Key))
        return false;
      if (!Seen.insert(Key).second)
        return fail(KeyNode, "`" + Key + "` is there twice");
      if (!KV.getValue() || !Each(Key, KeyNode, KV.getValue()) || !ok())
        return false;
    }
    return ok();
  }

  bool readTop(yaml::Node *Root) {
    bool InBraces = Text.getBuffer().drop_front(offset(Root)).starts_with("{");
    return entries(Root, [&](StringRef Key, yaml::Node *At, yaml::Node *Value) {
      if (ModelsBegin && !ModelsEnd)
        ModelsEnd = offset(At);
      if (Key == "checks")
        return readChecks(Value);
      if (Key == "options")
        return readOptions(Value);
      if (Key == "skip")
        return readSkip(Value);
      if (Key == "models") {
        if (InBraces)
          return fail(At, "with `models`, write the top level one key a line, without braces");
        if (llvm::isa<yaml::NullNode>(Value))
          return true;
        ModelsBegin = offset(Value);
        Value->skip();
        return ok();
      }
      StringRef Near = nearest(Key, Keys);
      return fail(At, "unknown key `" + Key + "`; " +
                          (Near.empty() ? "known are " + llvm::join(Keys, ", ")
                                        : ("did you mean `" + Near + "`?").str()));
    });
  }

  bool readChecks(yaml::Node *N) {
    return scalars(N, [&](StringRef Value, yaml::Node *At) {
      llvm::SmallVector<StringRef> Globs;
      llvm::SplitString(Value, Globs, ",\n");
      for (StringRef G : Globs)
        if (!G.trim().empty())
          Out.Checks.push_back({G.trim().str(), position(At)});
      return true;
    });
  }

  bool readOptions(yaml::Node *N) {
    if (llvm::isa_and_nonnull<yaml::NullNode>(N))
      return true;
    return entries(N, [&](StringRef Key, yaml::Node *At, yaml::Node *Value) {
      std::string Text;
      if (!scalar(Value, Text))
        return false;
      Out.Options.push_back({(Key + "=" + Text).str(), position(At)});
      return true;
    });
  }

  bool readSkip(yaml::Node *N) {
    return scalars(N, [&](StringRef Value, yaml::Node *At) {
      llvm::Expected<llvm::GlobPattern> Glob = llvm::GlobPattern::create(Value);
      if (!Glob)
        return fail(At, llvm::toString(Glob.takeError()));
      Out.Skip.push_back(Value.str());
      return true;
    });
  }

  /// The text of `models:` at its old place, all before it blank.
  void cutModels() {
    if (!ModelsBegin)
      return;
    StringRef All = Text.getBuffer();
    std::string Cut = All.substr(0, ModelsEnd.value_or(All.size())).str();
    for (char &C : llvm::MutableArrayRef<char>(Cut.data(), *ModelsBegin))
      if (C != '\n')
        C = ' ';
    Out.Models = llvm::MemoryBuffer::getMemBufferCopy(Cut, Text.getBufferIdentifier());
  }

  llvm::MemoryBufferRef Text;
  Config &Out;
  llvm::SourceMgr Sources;
  yaml::Stream Stream;
  std::string Fault;
  std::optional<size_t> ModelsBegin, ModelsEnd;
};

} // namespace

llvm::Expected<Config> parseConfig(llvm::MemoryBufferRef Text) {
  Config C;
  C.Path = Text.getBufferIdentifier().str();
  C.Folder = path::parent_path(C.Path).str();
  if (llvm::Error E = ConfigReader(Text, C).read())
    return std::move(E);
  return C;
}

llvm::Expected<Config> findConfig(llvm::ArrayRef<std::string> From) {
  for (const std::string &Start : From)
    for (StringRef Folder = Start; !Folder.empty(); Folder = path::parent_path(Folder)) {
      llvm::SmallString<256> File(Folder);
      path::append(File, FileName);
      if (!llvm::sys::fs::exists(File))
        continue;
      llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> Text = readFile(File);
      if (!Text)
        return Text.takeError();
      return parseConfig((*Text)->getMemBufferRef());
    }
  return Config();
}

static llvm::Error at(StringRef Position, llvm::Error E) {
  return llvm::createStringError(Position + ": " + llvm::toString(std::move(E)));
}

llvm::Expected<CheckSelection> selectConfigured(const Config &C, StringRef Globs,
                                                llvm::ArrayRef<std::string> Options) {
  std::string All;
  for (const ConfigValue &V : C.Checks) {
    StringRef Name = V.Text;
    Name.consume_front("-");
    if (!Name.contains('*'))
      if (llvm::Expected<const Check *> Known = namedCheck(Name); !Known)
        return at(V.At, Known.takeError());
    All += V.Text + ",";
  }
  All += Globs;
  CheckSelection S;
  llvm::Expected<std::vector<const Check *>> Enabled = selectChecks(All);
  if (!Enabled)
    return Enabled.takeError();
  S.Enabled = std::move(*Enabled);
  for (const ConfigValue &V : C.Options)
    if (llvm::Error E = setOption(S, V.Text))
      return at(V.At, std::move(E));
  for (const std::string &O : Options)
    if (llvm::Error E = setOption(S, O))
      return std::move(E);
  return S;
}

llvm::Expected<std::shared_ptr<const Models>> configuredModels(const Config &C) {
  if (!C.Models)
    return Models::builtin();
  return Models::extended(C.Models->getMemBufferRef());
}

bool skips(const Config &C, StringRef File) {
  if (C.Skip.empty())
    return false;
  StringRef Relative = File;
  if (Relative.consume_front(C.Folder))
    Relative = Relative.ltrim('/');
  for (StringRef Pattern : C.Skip) {
    bool Anchored = Pattern.rtrim('/').contains('/');
    Pattern = Pattern.trim('/');
    llvm::Expected<llvm::GlobPattern> Glob = llvm::GlobPattern::create(Pattern);
    if (!Glob) {
      llvm::consumeError(Glob.takeError());
      continue;
    }
    for (size_t Begin = 0, End; Begin < Relative.size(); Begin = End + 1) {
      End = std::min(Relative.find('/', Begin), Relative.size());
      if (Glob->match(Anchored ? Relative.take_front(End) : Relative.slice(Begin, End)))
        return true;
    }
  }
  return false;
}

} // namespace heddle
