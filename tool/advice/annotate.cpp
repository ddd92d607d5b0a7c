#include "advice/annotate.h"
#include "program/guards.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Path.h"
#include <map>

namespace heddle {

namespace {

/// Below this share of the accesses a lock says nothing of the intention.
constexpr double LeastShare = 2. / 3;
constexpr size_t MaxExcept = 3;

/// `Mutex` of `base::Mutex`.
llvm::StringRef lastName(llvm::StringRef Qualified) {
  size_t Colon = Qualified.rfind(':');
  return Colon == llvm::StringRef::npos ? Qualified : Qualified.drop_front(Colon + 1);
}

/// A lock that may guard the candidate, and where it does not.
struct Lock {
  const GuardLock *First = nullptr;
  size_t Held = 0;
  std::vector<Span> Except;
};

class Annotator {
public:
  Annotator(const Program &P, const AnnotateOptions &O) : P(P), O(O) {
    for (const UnitFacts &U : P.Units)
      for (const Field &F : U.Fields) {
        Fields.try_emplace(F.Usr, &F);
        ByName.try_emplace({F.Class, F.Name}, &F);
        if (U.MainFile.str().ends_with(".c"))
          InC.insert(F.Usr);
      }
    for (const ProgramFunction &PF : P.Functions)
      for (const HeldLock &L : PF.Effects.Acquired) {
        llvm::StringRef Path = L.Mutex.Path.str();
        llvm::StringRef Class = lastName(PF.Facts->Name.str().rsplit("::").first);
        if (PF.Facts->Class && L.Mutex.Root == RootKind::This && Path.consume_front("*."))
          LockPaths[Class].push_back("." + Path.str());
      }
  }

  std::vector<GuardAnnotation> run() {
    std::vector<GuardAnnotation> Out;
    for (const GuardCandidate &C : gatherGuards(P))
      if (std::optional<GuardAnnotation> A = infer(C))
        Out.push_back(std::move(*A));
    // Instances of a template have one declaration: what holds for all is written.
    llvm::stable_sort(
        Out, [](const GuardAnnotation &A, const GuardAnnotation &B) { return A.At < B.At; });
    for (size_t I = 1; I < Out.size();)
      if (Out[I].At == Out[I - 1].At) {
        if (Out[I].Lock != Out[I - 1].Lock || Out[I].Held != Out[I].Accesses)
          std::swap(Out[I], Out[I - 1]);
        Out.erase(Out.begin() + I);
      } else
        ++I;
    return Out;
  }

private:
  Lock best(const GuardCandidate &C) const {
    std::map<std::tuple<int, Symbol, Symbol>, Lock> All;
    for (const GuardedAccess &A : C.Accesses)
      for (const GuardLock &L : A.Locks)
        if (!(L.Shared && A.Write)) {
          Lock &Entry = All[{L.Of, L.Variable, L.Path}];
          if (!Entry.First)
            Entry.First = &L;
          ++Entry.Held;
        }
    Lock Best;
    for (const auto &[Key, L] : All)
      if (L.Held > Best.Held)
        Best = L;
    if (!Best.First)
      return Best;
    for (const GuardedAccess &A : C.Accesses)
      if (llvm::none_of(A.Locks, [&](const GuardLock &L) {
            return L.same(*Best.First) && !(L.Shared && A.Write);
          }))
        Best.Except.push_back(A.At);
    return Best;
  }

  std::optional<GuardAnnotation> infer(const GuardCandidate &C) const {
    GuardAnnotation A;
    const Field *F = Fields.lookup(C.Usr);
    const Variable *V = F ? nullptr : P.Variables.lookup(C.Usr);
    if (!F && !V)
      return std::nullopt;
    A.Accesses = C.Accesses.size();
    A.Writes = llvm::count_if(C.Accesses, [](const GuardedAccess &X) { return X.Write; });
    Lock L = best(C);
    A.Held = L.Held;
    if (A.Accesses < 2 || A.Writes == 0 || A.Held < 2 || A.Held < LeastShare * A.Accesses)
      return std::nullopt;
    // Of a lock elsewhere one cannot say that it should be held at the others too.
    if (L.First->Of == GuardLock::Other && A.Held < A.Accesses)
      return std::nullopt;
    A.At = F ? F->At : V->At;
    A.Name = F ? nameOf(*F) : V->Name.str().str();
    A.Except = std::move(L.Except);
    const Annotation &There = F ? F->Guarded : V->Guarded;
    A.Lock = nameAt(*L.First, F, V, A.WhyNot);
    if (!There.By.empty()) {
      A.Declared = true;
      A.WhyNot = There.By.str() == A.Lock ? "so it is declared"
                                          : "`" + There.By.str().str() + "` is declared";
    } else if (A.Held < A.Accesses)
      A.WhyNot = "the lock is not held at every access";
    else if (A.WhyNot.empty() && !There.After.valid())
      A.WhyNot = "the declaration is in a macro";
    if (A.WhyNot.empty()) {
      A.Attribute = O.Attribute ? "__attribute__((guarded_by(" + A.Lock + ")))"
                                : O.Macro + "(" + A.Lock + ")";
      A.Edits.push_back({There.After, " " + A.Attribute});
    }
    A.Message = message(A);
    return A;
  }

  std::string message(const GuardAnnotation &A) const {
    std::string S = "`" + A.Name + "` ";
    if (A.Held == A.Accesses) {
      S += A.Attribute.empty() ? "is guarded by `" + A.Lock + "`" : A.Attribute;
      S += ": held at all " + std::to_string(A.Accesses) + " accesses";
      if (A.WhyNot.empty())
        return S;
      return S + (A.Declared ? "; " : "; not written, because ") + A.WhyNot;
    }
    S += "is guarded by `" + A.Lock + "` in " + std::to_string(A.Held) + " of " +
         std::to_string(A.Accesses) + " accesses, except ";
    for (size_t I = 0; I < A.Except.size() && I < MaxExcept; ++I)
      S += (I ? ", " : "") +
           (llvm::sys::path::filename(A.Except[I].File.str()) + ":" + llvm::Twine(A.Except[I].Line))
               .str();
    if (A.Except.size() > MaxExcept)
      S += " and " + std::to_string(A.Except.size() - MaxExcept) + " more";
    return A.Declared ? S + "; " + A.WhyNot : S;
  }

  /// `c:@N@app@S@Pool@FI@count` is `app::Pool::count`.
  static std::string nameOf(const Field &F) {
    std::string Out;
    llvm::SmallVector<llvm::StringRef, 8> Parts;
    F.Class.str().split(Parts, '@');
    // Kinds of parts, each before its name; an anonymous namespace (aN) has none.
    for (size_t I = 1; I + 1 < Parts.size(); ++I)
      if (llvm::is_contained({"N", "S", "SA", "ST", "SP", "U", "UA"}, Parts[I])) {
        ++I;
        Out += Parts[I].take_until([](char C) { return C == '>' || C == '#'; }).str() + "::";
      }
    return Out + F.Name.str().str();
  }

  /// The part of a path that names the lock. A class whose methods take a lock inside
  /// it is the lock itself: `.mu.impl` of a Mutex `mu` is `.mu`.
  std::string lockPart(llvm::StringRef Path, Symbol Type, Symbol Class) const {
    std::string Named;
    while (!Path.empty()) {
      auto Inside = LockPaths.find(lastName(Type.str()));
      if (Inside != LockPaths.end() && llvm::is_contained(Inside->second, Path))
        return Named;
      auto [Name, Rest] = Path.drop_front().split('.');
      Named += ("." + Name).str();
      Path = Path.take_back(Rest.empty() ? 0 : Rest.size() + 1);
      auto It = ByName.find({Class, Symbol(Name)});
      Type = It == ByName.end() ? Symbol() : It->second->Type;
      Class = {};
    }
    return Named;
  }

  /// The same of a lock as it is spelled: `mutex_` for `mutex_.mu_`.
  std::string outside(llvm::StringRef Text) const {
    for (const auto &Class : LockPaths)
      for (llvm::StringRef Path : Class.second)
        if (Text.size() > Path.size() && Text.ends_with(Path))
          return Text.drop_back(Path.size()).str();
    return Text.str();
  }

  /// The lock as it can be named where F or V is declared; empty, with the reason,
  /// when it cannot.
  std::string nameAt(const GuardLock &L, const Field *F, const Variable *V,
                     std::string &WhyNot) const {
    const Span &At = F ? F->At : V->At;
    if (L.Of == GuardLock::SameObject && F) {
      std::string Path = lockPart(L.Path.str(), {}, F->Class).substr(1);
      auto It = ByName.find({F->Class, Symbol(llvm::StringRef(Path).split('.').first)});
      if (It == ByName.end())
        WhyNot = "`" + Path + "` is not a member of the same class";
      // C reads the attribute at once; C++ when the class is complete.
      else if (InC.contains(F->Usr) && F->Number < It->second->Number)
        WhyNot = "`" + Path + "` is declared after it";
      return Path;
    }
    const Variable *M = L.Of == GuardLock::Fixed ? P.Variables.lookup(L.Variable) : nullptr;
    std::string Name =
        M ? M->Name.str().str() + lockPart(L.Path.str(), M->Type, {}) : outside(L.Text.str());
    if (!M || isInFunction(*M) || M->At.File != At.File)
      WhyNot = "`" + Name + "` cannot be named at the declaration";
    else if (!(M->At < At))
      WhyNot = "`" + Name + "` is declared after it";
    return Name;
  }

  static bool isInFunction(const Variable &V) { return V.Usr.str().contains('#'); }

  const Program &P;
  const AnnotateOptions &O;
  llvm::DenseMap<Symbol, const Field *> Fields;
  llvm::DenseSet<Symbol> InC;
  llvm::StringMap<std::vector<std::string>> LockPaths; ///< By name of the class.
  std::map<std::pair<Symbol, Symbol>, const Field *> ByName;
};

} // namespace

std::vector<GuardAnnotation> inferGuards(const Program &P, const AnnotateOptions &O) {
  return Annotator(P, O).run();
}

Advice asAdvice(const GuardAnnotation &A) {
  Advice Out;
  Out.Check = Symbol("annotate");
  Out.Level = Severity::Note;
  Out.At = A.At;
  Out.Message = A.Message;
  Out.Edits = A.Edits;
  Out.Identity = A.Name;
  return Out;
}

} // namespace heddle
