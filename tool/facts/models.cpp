/// What known APIs do, read from YAML.
///
/// Each file of tool/models is a mapping from a table to its rows. A row names
/// one function (`name`), several (`names`), or the methods `names` of each of
/// the classes `of`; its other columns are the members of the table's struct.
/// All tables share one index by qualified name, so a lookup is one probe. A
/// user's rows form a second layer that is asked first.
///
/// Example: `{of: [std::mutex, std::timed_mutex], names: [lock], role: lock,
/// mutex: object}` in the table `locks` makes find("std::mutex::lock").Locks a
/// LockModel with Role Lock and Mutex Object.
#include "facts/models.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"
#include "llvm/Support/xxhash.h"

namespace heddle {

using llvm::StringRef;
using llvm::Twine;
using Names = llvm::ArrayRef<llvm::StringLiteral>;

Names enumNames(DescriptorKind) {
  static constexpr llvm::StringLiteral N[] = {"unknown", "file",     "socket",
                                              "pipe",    "terminal", "event"};
  return N;
}
Names enumNames(LockRole) {
  static constexpr llvm::StringLiteral N[] = {"lock", "unlock", "try-lock", "guard", "prepare"};
  return N;
}
Names enumNames(HazardKind) {
  static constexpr llvm::StringLiteral N[] = {"mt-unsafe", "unsafe-on-same-object", "process-wide",
                                              "conditional"};
  return N;
}
Names enumNames(UnsafeCause) {
  static constexpr llvm::StringLiteral N[] = {"heap", "stream", "lock", "teardown", "jump"};
  return N;
}
Names enumNames(ContainerEffect) {
  static constexpr llvm::StringLiteral N[] = {"read", "write", "append", "atomic", "none"};
  return N;
}
Names enumNames(ReturnedPlace) {
  static constexpr llvm::StringLiteral N[] = {"fresh",   "object",   "element",
                                              "pointee", "argument", "callable"};
  return N;
}

// Columns

template <class F> static void columns(BlockingModel &R, F &&f) {
  f("category", R.Category);
  f("when", R.When);
  f("tier", R.Level);
  f("instead", R.Instead);
  f("flags", R.Flags);
  f("unless", R.Unless);
  f("peer", R.Peer);
  f("events", R.Events);
  f("releases", R.Releases);
  f("on", R.On);
  f("timeout", R.Timeout);
}
template <class F> static void columns(LockModel &R, F &&f) {
  f("role", R.Role);
  f("mutex", R.Mutex);
  f("shared", R.Shared);
  f("succeeds", R.Succeeds);
  f("recursive", R.Recursive);
  f("sort", R.Sort);
  f("strict", R.Strict);
  f("strict-if", R.StrictIf);
  f("all", R.All);
}
template <class F> static void columns(LaunchModel &R, F &&f) {
  f("kind", R.Kind);
  f("entry", R.Entry);
  f("first-argument", R.FirstArgument);
  f("handle", R.Handle);
  f("joins-at-end", R.JoinsAtEnd);
  f("loop", R.Loop);
  f("many", R.Many);
  f("succeeds", R.Succeeds);
  f("child", R.Child);
  f("signal", R.Signal);
  f("members", R.Members);
  f("own-thread", R.OwnThread);
  f("deferred", R.Deferred);
}
template <class F> static void columns(JoinModel &R, F &&f) {
  f("kind", R.Kind);
  f("handle", R.Handle);
  f("asks", R.Asks);
}
template <class F> static void columns(SyncModel &R, F &&f) {
  f("kind", R.Kind);
  f("on", R.On);
  f("count", R.Count);
  f("perhaps", R.Perhaps);
  f("gives", R.Gives);
  f("given", R.Given);
}
template <class F> static void columns(WriteModel &R, F &&f) {
  f("first", R.First);
  f("rest", R.Rest);
  f("ends", R.Ends);
}
template <class F> static void columns(HazardModel &R, F &&f) {
  f("kind", R.Kind);
  f("why", R.Why);
  f("instead", R.Instead);
  f("state", R.State);
  f("reads", R.Reads);
  f("on", R.On);
}
template <class F> static void columns(SignalUnsafeModel &R, F &&f) {
  f("cause", R.Cause);
  f("why", R.Why);
}
template <class F> static void columns(SharedMemoryModel &R, F &&f) {
  f("flags", R.Flags);
  f("bit", R.Bit);
  f("file", R.File);
}
template <class F> static void columns(LockInitModel &R, F &&f) {
  f("lock", R.Lock);
  f("attributes", R.Attributes);
  f("shared", R.Shared);
  f("value", R.Value);
  f("instead", R.Instead);
}
template <class F> static void columns(ItemModel &R, F &&f) { f("what", R.What); }
template <class F> static void columns(DescriptorModel &R, F &&f) {
  f("gives", R.Gives);
  f("on", R.On);
  f("flags", R.Flags);
  f("bit", R.Bit);
  f("type", R.Type);
  f("when", R.When);
}
template <class F> static void columns(ContainerModel &R, F &&f) { f("effect", R.Effect); }
template <class F> static void columns(ReturnModel &R, F &&f) { f("returns", R.Returns); }

template <class F> static void columns(AlgorithmModel &R, F &&f) {
  f("arguments", R.Arguments);
  f("calls", R.Calls);
  f("out", R.Out);
  f("fills", R.Fills);
  f("search", R.Search);
  f("index", R.Index);
  f("fold", R.Fold);
  f("parallel", R.Parallel);
}

static std::string parseCell(StringRef Text, bool &V) {
  if (Text != "true" && Text != "false")
    return "expected true or false";
  V = Text == "true";
  return {};
}
/// A position in a call.
static std::string parseCell(StringRef Text, int &V) {
  if (Text == "object")
    return V = Object, "";
  if (Text == "return")
    return V = ReturnValue, "";
  if (Text == "callables")
    return V = AnyCallable, "";
  if (Text == "none")
    return V = NoPosition, "";
  unsigned N;
  if (Text.getAsInteger(10, N) || N > 255)
    return "expected the number of an argument, `object`, `return`, `callables` or `none`";
  V = static_cast<int>(N);
  return {};
}
static std::string parseCell(StringRef Text, int64_t &V) {
  return Text.getAsInteger(10, V) ? "expected an integer" : "";
}
static std::string parseCell(StringRef Text, Symbol &V) { return V = Symbol(Text), ""; }
static std::string parseCell(StringRef Text, std::string &V) { return V = Text.str(), ""; }
template <class E>
  requires std::is_enum_v<E>
static std::string parseCell(StringRef Text, E &V) {
  Names Known = enumNames(E{});
  for (size_t I = 0; I < Known.size(); ++I)
    if (Known[I] == Text)
      return V = static_cast<E>(I), "";
  return ("`" + Text + "` is none of " + llvm::join(Known, ", ")).str();
}

namespace {
/// Sets the column called Key, if there is one.
struct Cell {
  StringRef Key, Text;
  bool Found = false;
  std::string Fault;
  template <class T> void operator()(const char *Name, T &V) {
    if (Found || Key != Name)
      return;
    Found = true;
    Fault = parseCell(Text, V);
  }
};

/// Appends the name of each column.
struct ColumnList {
  std::string &Out;
  template <class T> void operator()(const char *Name, T &) {
    Out += Out.empty() ? "" : ", ";
    Out += Name;
  }
};

/// Rows of all tables for one name, as indices into the vectors of Tables.
struct Entry {
  uint32_t Blocking = None, Lock = None, Launch = None, Join = None, Hazard = None,
           Container = None, Return = None, Sync = None, Write = None, Algorithm = None,
           SignalUnsafe = None, SharedMemory = None, LockInit = None, Item = None,
           Descriptor = None;
  bool ReadsRange = false, WritesRange = false;
  bool AsyncSignalSafe = false, Execs = false, EndsProcess = false, Raises = false, Pure = false,
       CallsBack = false, Exits = false, Policy = false, SerialPolicy = false, Associative = false;
};
} // namespace

struct Models::Tables {
  std::shared_ptr<const Tables> Base; ///< Asked for what this layer lacks.
  std::vector<BlockingModel> Blocking;
  std::vector<LockModel> Locks;
  std::vector<LaunchModel> Launches;
  std::vector<JoinModel> Joins;
  std::vector<HazardModel> Hazards;
  std::vector<ContainerModel> Containers;
  std::vector<ReturnModel> Returns;
  std::vector<SyncModel> Syncs;
  std::vector<WriteModel> Writes;
  std::vector<AlgorithmModel> Algorithms;
  std::vector<SignalUnsafeModel> SignalUnsafe;
  std::vector<SharedMemoryModel> SharedMemory;
  std::vector<LockInitModel> LockInits;
  std::vector<ItemModel> Items;
  std::vector<DescriptorModel> Descriptors;
  llvm::StringMap<Entry> Index;
  size_t Rows = 0; ///< Cells of Index that are filled.
  /// C library functions whose namesake in std is also something else.
  llvm::StringSet<> NotInStd;
  /// Implementation namespace, public namespace; both end in `::`.
  std::vector<std::pair<std::string, std::string>> Namespaces;
  /// Ends of names: see locked-names.yaml.
  std::vector<std::string> LockedNames, LockFreeNames, SetupNames, TeardownNames, EventContexts;
  std::string Digest;

  /// Fills what is still empty in M from the rows of this very name.
  void fill(StringRef Name, ApiModel &M) const {
    if (auto It = Index.find(Name); It != Index.end()) {
      const Entry &E = It->second;
      auto Take = [](auto *&Slot, uint32_t Row, const auto &Table) {
        if (!Slot && Row != None)
          Slot = &Table[Row];
      };
      Take(M.Blocks, E.Blocking, Blocking);
      Take(M.Locks, E.Lock, Locks);
      Take(M.Launches, E.Launch, Launches);
      Take(M.Joins, E.Join, Joins);
      Take(M.Hazard, E.Hazard, Hazards);
      Take(M.Container, E.Container, Containers);
      Take(M.Returns, E.Return, Returns);
      Take(M.Syncs, E.Sync, Syncs);
      Take(M.Writes, E.Write, Writes);
      Take(M.Algorithm, E.Algorithm, Algorithms);
      Take(M.SignalUnsafe, E.SignalUnsafe, SignalUnsafe);
      Take(M.SharedMemory, E.SharedMemory, SharedMemory);
      Take(M.LockInit, E.LockInit, LockInits);
      Take(M.Item, E.Item, Items);
      Take(M.Descriptor, E.Descriptor, Descriptors);
      M.AsyncSignalSafe |= E.AsyncSignalSafe;
      M.Execs |= E.Execs;
      M.EndsProcess |= E.EndsProcess;
      M.Raises |= E.Raises;
      M.Pure |= E.Pure;
      M.CallsBack |= E.CallsBack;
      M.ReadsRange |= E.ReadsRange;
      M.WritesRange |= E.WritesRange;
      M.Exits |= E.Exits;
      M.Policy |= E.Policy;
      M.SerialPolicy |= E.SerialPolicy;
      M.Associative |= E.Associative;
    }
    if (Base)
      Base->fill(Name, M);
  }
  bool inStd(StringRef Name) const {
    return !NotInStd.contains(Name) && (!Base || Base->inStd(Name));
  }
  void fillFromNamespaces(StringRef Name, ApiModel &M, const Tables &Top) const {
    for (const auto &[From, To] : Namespaces) {
      StringRef Rest = Name;
      if (Rest.consume_front(From))
        Top.fill(To + Rest.str(), M);
    }
    if (Base)
      Base->fillFromNamespaces(Name, M, Top);
  }
  size_t size() const { return Rows + (Base ? Base->size() : 0); }
};

// Reading

namespace {
/// Reads one text into the tables. After the first fault everything returns
/// false and Fault says where and what.
class TextReader {
public:
  TextReader(Models::Tables &Out, llvm::MemoryBufferRef Text) : Out(Out), Text(Text) {
    Sources.setDiagHandler(
        [](const llvm::SMDiagnostic &D, void *Self) { static_cast<TextReader *>(Self)->report(D); },
        this);
  }

  llvm::Error read() {
    llvm::yaml::Stream Stream(Text, Sources, /*ShowColors=*/false);
    Yaml = &Stream;
    for (llvm::yaml::Document &D : Stream)
      if (!readDocument(D.getRoot()))
        break;
    if (Fault.empty() && Stream.failed())
      Fault = (Text.getBufferIdentifier() + ": malformed YAML").str();
    if (Fault.empty())
      return llvm::Error::success();
    return llvm::createStringError(Fault);
  }

private:
  using Node = llvm::yaml::Node;

  void report(const llvm::SMDiagnostic &D) {
    if (!Fault.empty())
      return;
    // Columns of SMDiagnostic count from 0.
    Fault = (Text.getBufferIdentifier() + ":" + Twine(D.getLineNo()) + ":" +
             Twine(D.getColumnNo() + 1) + ": " + D.getMessage())
                .str();
  }
  bool fail(Node *At, const Twine &Message) {
    if (Fault.empty())
      Yaml->printError(At, Message);
    return false;
  }
  bool ok() const { return Fault.empty() && !Yaml->failed(); }

  /// The text of a scalar; None and a fault for anything else.
  std::optional<StringRef> scalar(Node *N, llvm::SmallVectorImpl<char> &Storage) {
    if (auto *S = llvm::dyn_cast_or_null<llvm::yaml::ScalarNode>(N))
      return S->getValue(Storage);
    fail(N, "expected a name or a value");
    return std::nullopt;
  }

  /// A scalar, or a sequence of them.
  bool scalars(Node *N, std::vector<std::string> &Into) {
    llvm::SmallString<64> Storage;
    if (auto *List = llvm::dyn_cast_or_null<llvm::yaml::SequenceNode>(N)) {
      for (Node &Item : *List) {
        Storage.clear();
        std::optional<StringRef> S = scalar(&Item, Storage);
        if (!S)
          return false;
        Into.push_back(S->str());
      }
      return ok();
    }
    std::optional<StringRef> S = scalar(N, Storage);
    if (!S)
      return false;
    Into.push_back(S->str());
    return ok();
  }

  /// Calls Each(key, node of the key, value) for the entries of a mapping.
  template <class F> bool entries(Node *N, F &&Each) {
    auto *Map = llvm::dyn_cast_or_null<llvm::yaml::MappingNode>(N);
    if (!Map)
      return fail(N, "expected a mapping");
    for (llvm::yaml::KeyValueNode &KV : *Map) {
      llvm::SmallString<32> Storage;
      Node *KeyNode = KV.getKey();
      std::optional<StringRef> Key = scalar(KeyNode, Storage);
      if (!Key || !Each(*Key, KeyNode, KV.getValue()) || !ok())
        return false;
    }
    return ok();
  }
  /// Calls Each(item) for the items of a sequence; an empty value has none.
  template <class F> bool items(Node *N, F &&Each) {
    if (llvm::isa_and_nonnull<llvm::yaml::NullNode>(N))
      return ok();
    auto *List = llvm::dyn_cast_or_null<llvm::yaml::SequenceNode>(N);
    if (!List)
      return fail(N, "expected a list");
    for (Node &Item : *List)
      if (!Each(&Item) || !ok())
        return false;
    return ok();
  }

  bool readDocument(Node *Root) {
    if (!Root || llvm::isa<llvm::yaml::NullNode>(Root))
      return ok();
    return entries(Root, [&](StringRef Key, Node *At, Node *Value) {
      if (Key == "blocking")
        return readTable(Value, Out.Blocking, &Entry::Blocking);
      if (Key == "locks")
        return readTable(Value, Out.Locks, &Entry::Lock);
      if (Key == "launches")
        return readTable(Value, Out.Launches, &Entry::Launch);
      if (Key == "joins")
        return readTable(Value, Out.Joins, &Entry::Join);
      if (Key == "mt-unsafe")
        return readTable(Value, Out.Hazards, &Entry::Hazard);
      if (Key == "containers")
        return readTable(Value, Out.Containers, &Entry::Container);
      if (Key == "returns")
        return readTable(Value, Out.Returns, &Entry::Return);
      if (Key == "sync")
        return readTable(Value, Out.Syncs, &Entry::Sync);
      if (Key == "writes")
        return readTable(Value, Out.Writes, &Entry::Write);
      if (Key == "algorithms")
        return readTable(Value, Out.Algorithms, &Entry::Algorithm);
      if (Key == "async-signal-unsafe")
        return readTable(Value, Out.SignalUnsafe, &Entry::SignalUnsafe);
      if (Key == "shared-memory")
        return readTable(Value, Out.SharedMemory, &Entry::SharedMemory);
      if (Key == "lock-inits")
        return readTable(Value, Out.LockInits, &Entry::LockInit);
      if (Key == "items")
        return readTable(Value, Out.Items, &Entry::Item);
      if (Key == "descriptors")
        return readTable(Value, Out.Descriptors, &Entry::Descriptor);
      if (Key == "execs")
        return readFlags(Value, &Entry::Execs);
      if (Key == "ends-process")
        return readFlags(Value, &Entry::EndsProcess);
      if (Key == "raises")
        return readFlags(Value, &Entry::Raises);
      if (Key == "policies")
        return readFlags(Value, &Entry::Policy);
      if (Key == "associative")
        return readFlags(Value, &Entry::Associative);
      if (Key == "serial-policies")
        return readFlags(Value, &Entry::SerialPolicy);
      if (Key == "async-signal-safe")
        return readFlags(Value, &Entry::AsyncSignalSafe);
      if (Key == "pure")
        return readFlags(Value, &Entry::Pure);
      if (Key == "callbacks")
        return readFlags(Value, &Entry::CallsBack);
      if (Key == "ranges-read")
        return readFlags(Value, &Entry::ReadsRange);
      if (Key == "ranges-written")
        return readFlags(Value, &Entry::WritesRange);
      if (Key == "exits")
        return readFlags(Value, &Entry::Exits);
      if (Key == "not-in-std")
        return readNotInStd(Value);
      if (Key == "namespaces")
        return readNamespaces(Value);
      if (Key == "locked-names")
        return scalars(Value, Out.LockedNames);
      if (Key == "lock-free-names")
        return scalars(Value, Out.LockFreeNames);
      if (Key == "setup-names")
        return scalars(Value, Out.SetupNames);
      if (Key == "event-contexts")
        return scalars(Value, Out.EventContexts);
      if (Key == "teardown-names")
        return scalars(Value, Out.TeardownNames);
      return fail(At, "unknown table `" + Key +
                          "`; known are blocking, locks, launches, joins, mt-unsafe, "
                          "async-signal-safe, async-signal-unsafe, execs, ends-process, raises, "
                          "shared-memory, lock-inits, items, descriptors, containers, ranges-read, "
                          "ranges-written, returns, sync, "
                          "writes, pure, callbacks, exits, algorithms, policies, serial-policies, "
                          "associative, namespaces, not-in-std, locked-names, lock-free-names, "
                          "setup-names, teardown-names, event-contexts");
    });
  }

  template <class Row> bool readTable(Node *N, std::vector<Row> &Table, uint32_t Entry::*Slot) {
    size_t First = Table.size();
    return items(N, [&](Node *Item) { return readRow(Item, Table, Slot, First); });
  }

  template <class Row>
  bool readRow(Node *N, std::vector<Row> &Table, uint32_t Entry::*Slot, size_t First) {
    Row R;
    Classes.clear();
    Methods.clear();
    bool Read = entries(N, [&](StringRef Key, Node *At, Node *Value) {
      if (Key == "name" || Key == "names")
        return scalars(Value, Methods);
      if (Key == "of")
        return scalars(Value, Classes);
      llvm::SmallString<64> Storage;
      std::optional<StringRef> Content = scalar(Value, Storage);
      if (!Content)
        return false;
      Cell C{Key, *Content, false, {}};
      columns(R, C);
      if (!C.Found) {
        std::string Known;
        columns(R, ColumnList{Known});
        return fail(At, "unknown column `" + Key + "`; known are name, names, of, " + Known);
      }
      return C.Fault.empty() || fail(Value, C.Fault);
    });
    if (!Read)
      return false;
    if (Methods.empty())
      return fail(N, "a row needs `name` or `names`");
    if (Classes.empty())
      Classes.emplace_back();
    llvm::SmallString<96> Full;
    for (const std::string &Class : Classes)
      for (const std::string &Method : Methods) {
        Full = Class;
        if (!Class.empty())
          Full += "::";
        Full += Method;
        uint32_t &Cell = Out.Index[Full].*Slot;
        if (Cell != None && Cell >= First)
          return fail(N, "`" + Full + "` is listed twice");
        Out.Rows += Cell == None;
        Cell = static_cast<uint32_t>(Table.size());
        R.Name = Symbol(Full);
        Table.push_back(R);
      }
    return true;
  }

  bool readFlags(Node *N, bool Entry::*Flag) {
    return items(N, [&](Node *Item) {
      llvm::SmallString<64> Storage;
      std::optional<StringRef> Name = scalar(Item, Storage);
      if (!Name)
        return false;
      bool &Set = Out.Index[*Name].*Flag;
      Out.Rows += !Set;
      return Set = true;
    });
  }

  bool readNotInStd(Node *N) {
    return items(N, [&](Node *Item) {
      llvm::SmallString<64> Storage;
      std::optional<StringRef> Name = scalar(Item, Storage);
      if (Name)
        Out.NotInStd.insert(*Name);
      return Name.has_value();
    });
  }

  bool readNamespaces(Node *N) {
    return items(N, [&](Node *Item) {
      std::string From, To;
      bool Read = entries(Item, [&](StringRef Key, Node *At, Node *Value) {
        llvm::SmallString<64> Storage;
        std::optional<StringRef> Content = scalar(Value, Storage);
        if (!Content)
          return false;
        if (Key != "from" && Key != "to")
          return fail(At, "unknown column `" + Key + "`; known are from, to");
        (Key == "from" ? From : To) = (*Content + "::").str();
        return true;
      });
      if (!Read)
        return false;
      if (From.empty() || To.empty())
        return fail(Item, "a row needs `from` and `to`");
      Out.Namespaces.emplace_back(std::move(From), std::move(To));
      return true;
    });
  }

  Models::Tables &Out;
  llvm::MemoryBufferRef Text;
  llvm::SourceMgr Sources;
  llvm::yaml::Stream *Yaml = nullptr;
  std::string Fault;
  std::vector<std::string> Classes, Methods; ///< Of the row being read.
};

struct EmbeddedFile {
  StringRef Name, Text;
};
} // namespace

static const EmbeddedFile BuiltinFiles[] = {
#include "embedded/models.inc"
};

/// Order matters: equal texts in another order may let another row win.
static std::string digestOf(StringRef Start, llvm::ArrayRef<llvm::MemoryBufferRef> Texts) {
  std::string All = Start.str();
  for (llvm::MemoryBufferRef T : Texts) {
    llvm::XXH128_hash_t H = llvm::xxh3_128bits(llvm::arrayRefFromStringRef(T.getBuffer()));
    All += llvm::utohexstr(H.high64, true, 16) + llvm::utohexstr(H.low64, true, 16);
  }
  llvm::XXH128_hash_t H = llvm::xxh3_128bits(llvm::arrayRefFromStringRef(All));
  return llvm::utohexstr(H.high64, true, 16) + llvm::utohexstr(H.low64, true, 16);
}

std::shared_ptr<const Models> Models::builtin() {
  static const std::shared_ptr<const Models> Built = [] {
    auto T = std::make_shared<Tables>();
    std::vector<llvm::MemoryBufferRef> Texts;
    for (const EmbeddedFile &F : BuiltinFiles)
      Texts.emplace_back(F.Text, F.Name);
    for (llvm::MemoryBufferRef Text : Texts)
      if (llvm::Error E = TextReader(*T, Text).read())
        llvm::report_fatal_error("built-in API models: " + Twine(toString(std::move(E))));
    T->Digest = digestOf("", Texts);
    return std::shared_ptr<const Models>(new Models(std::move(T)));
  }();
  return Built;
}

llvm::Expected<std::shared_ptr<const Models>>
Models::extended(llvm::ArrayRef<llvm::MemoryBufferRef> Yaml) {
  std::shared_ptr<const Models> Base = builtin();
  if (Yaml.empty())
    return Base;
  auto T = std::make_shared<Tables>();
  T->Base = Base->All;
  for (llvm::MemoryBufferRef Text : Yaml)
    if (llvm::Error E = TextReader(*T, Text).read())
      return std::move(E);
  T->Digest = digestOf(Base->digest(), Yaml);
  return std::shared_ptr<const Models>(new Models(std::move(T)));
}

ApiModel Models::find(StringRef QualifiedName) const {
  ApiModel M;
  All->fill(QualifiedName, M);
  StringRef Rest = QualifiedName;
  if (Rest.consume_front("std::") && !Rest.contains("::") && All->inStd(Rest))
    All->fill(Rest, M);
  All->fillFromNamespaces(QualifiedName, M, *All);
  return M;
}

llvm::ArrayRef<BlockingModel> Models::blocking() const { return All->Blocking; }

size_t Models::size() const { return All->size(); }

/// The name ends in this, as a word of its own: drop_locked and dropLocked, but not
/// blocked.
static bool endsInWord(StringRef Name, StringRef Word) {
  if (!Name.ends_with_insensitive(Word))
    return false;
  size_t Begin = Name.size() - Word.size();
  return Begin == 0 || !llvm::isAlnum(Name[Begin - 1]) || llvm::isUpper(Name[Begin]);
}

/// The same at the begin of the last part of the name: C::unsafeGet.
static bool beginsInWord(StringRef Name, StringRef Word) {
  if (size_t Colon = Name.rfind(':'); Colon != StringRef::npos)
    Name = Name.drop_front(Colon + 1);
  return Name.consume_front(Word) && !Name.empty() && !llvm::isLower(Name[0]);
}

bool Models::isNamed(std::vector<std::string> Tables::*Words, StringRef QualifiedName) const {
  for (const Tables *T = All.get(); T; T = T->Base.get())
    for (StringRef Word : T->*Words)
      if (endsInWord(QualifiedName, Word))
        return true;
  return false;
}

bool Models::isNamedLocked(StringRef QualifiedName) const {
  return isNamed(&Tables::LockedNames, QualifiedName);
}

bool Models::isNamedLockFree(StringRef QualifiedName) const {
  for (const Tables *T = All.get(); T; T = T->Base.get())
    for (StringRef Word : T->LockFreeNames)
      if (beginsInWord(QualifiedName, Word))
        return true;
  return isNamed(&Tables::LockFreeNames, QualifiedName);
}

bool Models::isNamedSetup(StringRef QualifiedName) const {
  return isNamed(&Tables::SetupNames, QualifiedName);
}

bool Models::isNamedTeardown(StringRef QualifiedName) const {
  return isNamed(&Tables::TeardownNames, QualifiedName);
}

bool Models::isEventContext(StringRef QualifiedName) const {
  for (const Tables *T = All.get(); T; T = T->Base.get())
    for (StringRef Each : T->EventContexts)
      if (QualifiedName == Each ||
          (Each.consume_back("::*") && QualifiedName.rsplit("::").first == Each))
        return true;
  return false;
}

std::string Models::digest() const { return All->Digest; }

} // namespace heddle
