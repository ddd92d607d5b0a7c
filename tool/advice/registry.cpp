/// The list of checks, which of them run, and the run itself.
///
/// A check adds itself while static objects are constructed, so the list is
/// complete before main and never changes after. Selection follows clang-tidy:
/// a list of globs, of which the last one that matches a name decides.
///
/// Example: `-*,heddle-blocking-*,-heddle-blocking-in-async` turns everything
/// off, two families on, and one of them off again.
#include "advice/check.h"
#include "base/nearest.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/xxhash.h"
#include <set>

using llvm::StringRef;

namespace heddle {
namespace {

constexpr llvm::StringLiteral Prefix = "heddle-";

std::vector<const Check *> &registered() {
  static std::vector<const Check *> Checks;
  return Checks;
}

bool byName(const Check *A, const Check *B) { return A->Info.Name < B->Info.Name; }

llvm::Error unknownCheck(StringRef Name) {
  StringRef Bare = Name;
  Bare.consume_front(Prefix);
  auto Names =
      llvm::map_to_vector(allChecks(), [](const Check *C) -> StringRef { return C->Info.Name; });
  StringRef Near = nearest(Bare, Names);
  if (Near.empty())
    return llvm::createStringError("no check '" + Name + "'; `heddle checks` lists all");
  return llvm::createStringError("no check '" + Name + "'; did you mean 'heddle-" + Near + "'?");
}

/// One item of a list of globs.
struct Glob {
  bool On = true;
  StringRef Text;
  bool exact() const { return !Text.contains('*'); }
  /// `*` stands for any text, everything else for itself.
  bool matches(StringRef Name) const {
    std::string Pattern = "^";
    llvm::SmallVector<StringRef> Pieces;
    Text.split(Pieces, '*');
    for (auto [I, Piece] : llvm::enumerate(Pieces))
      Pattern += (I ? ".*" : "") + llvm::Regex::escape(Piece);
    return llvm::Regex(Pattern + "$").match(Name);
  }
};

std::vector<Glob> parseGlobs(StringRef List) {
  std::vector<Glob> Globs;
  while (!List.empty()) {
    size_t End = List.find_first_of(",\n");
    StringRef Item = List.substr(0, End).trim();
    List = End == StringRef::npos ? StringRef() : List.drop_front(End + 1);
    Glob G;
    G.On = !Item.consume_front("-");
    G.Text = Item.trim();
    if (!G.Text.empty())
      Globs.push_back(G);
  }
  return Globs;
}

const OptionInfo *findOption(const CheckInfo &Info, StringRef Name) {
  auto It = llvm::find_if(Info.Options, [&](const OptionInfo &O) { return O.Name == Name; });
  return It == Info.Options.end() ? nullptr : &*It;
}

/// `true` or `false` for the spellings clang-tidy takes; empty for others.
StringRef canonicalFlag(StringRef Value) {
  if (Value.equals_insensitive("true") || Value == "1")
    return "true";
  if (Value.equals_insensitive("false") || Value == "0")
    return "false";
  return "";
}

/// 32 hexadecimal digits of check, file name, identity and occurrence. The
/// directory and the line stay out: neither a checkout elsewhere nor an edit
/// above the finding makes it a new one.
std::string fingerprint(const Advice &A, StringRef Identity, unsigned Occurrence) {
  std::string Key;
  for (StringRef Part : {A.Check.str(), llvm::sys::path::filename(A.At.File.str()), Identity}) {
    Key += Part;
    Key += '\0';
  }
  Key += std::to_string(Occurrence);
  llvm::XXH128_hash_t H = llvm::xxh3_128bits(llvm::arrayRefFromStringRef(Key));
  return llvm::utohexstr(H.high64, true, 16) + llvm::utohexstr(H.low64, true, 16);
}

} // namespace

detail::RegisterCheck::RegisterCheck(const Check &C) {
  std::vector<const Check *> &All = registered();
  All.insert(llvm::upper_bound(All, &C, byName), &C);
}

llvm::ArrayRef<const Check *> allChecks() { return registered(); }

const Check *findCheck(StringRef Name) {
  Name.consume_front(Prefix);
  auto It = llvm::find_if(allChecks(), [&](const Check *C) { return C->Info.Name == Name; });
  return It == allChecks().end() ? nullptr : *It;
}

llvm::Expected<const Check *> namedCheck(StringRef Name) {
  if (const Check *C = findCheck(Name))
    return C;
  return unknownCheck(Name);
}

llvm::Expected<std::vector<const Check *>> selectChecks(StringRef Globs) {
  std::vector<Glob> List = parseGlobs(Globs);
  for (const Glob &G : List)
    if (G.exact() && (!G.Text.starts_with(Prefix) || !findCheck(G.Text)))
      return unknownCheck(G.Text);

  std::vector<const Check *> Enabled;
  for (const Check *C : allChecks()) {
    bool On = C->Info.DefaultOn;
    std::string Name = (Prefix + C->Info.Name).str();
    for (const Glob &G : List)
      if (G.matches(Name))
        On = G.On;
    if (On)
      Enabled.push_back(C);
  }
  // A run of nothing would look clean.
  if (Enabled.empty() && !List.empty())
    return llvm::createStringError("no check is enabled by '" + Globs + "'");
  return Enabled;
}

llvm::Error setOption(CheckSelection &S, StringRef Assignment) {
  auto [Key, Value] = Assignment.split('=');
  auto [CheckName, Name] = Key.trim().split('.');
  Value = Value.trim();
  if (!Assignment.contains('=') || CheckName.empty() || Name.empty())
    return llvm::createStringError("option '" + Assignment +
                                   "' is not of the form "
                                   "CHECK.NAME=VALUE");
  llvm::Expected<const Check *> C = namedCheck(CheckName);
  if (!C)
    return C.takeError();
  const CheckInfo &Info = (*C)->Info;
  const OptionInfo *O = findOption(Info, Name);
  if (!O) {
    std::string Text = ("check '" + Prefix + Info.Name + "' has no option '" + Name + "'").str();
    auto Names = llvm::map_to_vector(
        Info.Options, [](const OptionInfo &Known) -> StringRef { return Known.Name; });
    if (StringRef Near = nearest(Name, Names); !Near.empty())
      Text += ("; did you mean '" + Near + "'?").str();
    else if (!Names.empty())
      Text += "; it has " + llvm::join(Names, ", ");
    return llvm::createStringError(Text);
  }

  llvm::SmallVector<StringRef> Values;
  O->Values.split(Values, '|', -1, /*KeepEmpty=*/false);
  if (!Values.empty() && !llvm::is_contained(Values, Value))
    return llvm::createStringError("option '" + Key + "' is one of " + llvm::join(Values, ", ") +
                                   ", not '" + Value + "'");
  std::string Stored = Value.str();
  int64_t Number;
  if (!canonicalFlag(O->Default).empty() && !llvm::isDigit(O->Default.front())) {
    Stored = canonicalFlag(Value).str();
    if (Stored.empty())
      return llvm::createStringError("option '" + Key + "' is true or false, not '" + Value + "'");
  } else if (!O->Default.getAsInteger(10, Number)) {
    if (Value.getAsInteger(10, Number))
      return llvm::createStringError("option '" + Key + "' is a number, not '" + Value + "'");
    Stored = std::to_string(Number);
  }
  S.Options[(Info.Name + "." + O->Name).str()] = Stored;
  return llvm::Error::success();
}

StringRef CheckOptions::text(StringRef Name) const {
  if (auto It = Set.find((Info.Name + "." + Name).str()); It != Set.end())
    return It->second;
  const OptionInfo *O = findOption(Info, Name);
  assert(O && "a check reads an option that its metadata does not list");
  return O ? StringRef(O->Default) : StringRef();
}

int64_t CheckOptions::number(StringRef Name) const {
  int64_t N = 0;
  text(Name).getAsInteger(10, N);
  return N;
}

bool CheckOptions::flag(StringRef Name) const { return canonicalFlag(text(Name)) == "true"; }

std::vector<Advice> runChecks(const Program &P, const CheckSelection &S) {
  std::vector<const Check *> Enabled = S.Enabled;
  llvm::sort(Enabled, byName);
  Enabled.erase(std::unique(Enabled.begin(), Enabled.end()), Enabled.end());

  std::vector<Advice> All;
  for (const Check *C : Enabled) {
    Sink Out;
    C->Run(P, CheckOptions(C->Info, S.Options), Out);
    std::set<std::pair<Span, StringRef>> Seen;
    for (const Advice &A : Out.Found)
      if (Seen.emplace(A.At, A.Message).second) {
        All.push_back(A);
        All.back().Check = Symbol(C->Info.Name);
      }
  }
  llvm::sort(All, [](const Advice &A, const Advice &B) {
    return std::tie(A.At, A.Check, A.Message) < std::tie(B.At, B.Check, B.Message);
  });

  llvm::StringMap<unsigned> Occurrences;
  for (Advice &A : All) {
    StringRef Identity = A.Identity.empty() ? StringRef(A.Message) : StringRef(A.Identity);
    std::string First = fingerprint(A, Identity, 0);
    unsigned Occurrence = Occurrences[First]++;
    A.Fingerprint = Occurrence ? fingerprint(A, Identity, Occurrence) : First;
  }
  return All;
}

} // namespace heddle
