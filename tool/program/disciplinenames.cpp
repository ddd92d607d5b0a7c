/// Names for memory that hold across functions. A member of an object is named by
/// its USR and the path within the object, whatever pointer leads to the object; a
/// lock is related to the object, so that `p->m` protects `p->x` and not `q->x`. What
/// lies behind a pointer in the object is named by the class and the way there.
///
/// Example: in a method of C, {This *.n} is the member n of its object, and the lock
/// {This *.mu} its own; {This *.db*.log} is "C .db*.log", with the same own lock.
#include "program/disciplinewalk.h"

#include "llvm/ADT/Twine.h"

namespace heddle {

namespace {

/// Below `this`.
llvm::StringRef below(const Place &What) { return What.Path.str().drop_front(1); }

bool isOfThis(const Place &What) {
  return What.Root == RootKind::This && What.Name.empty() && What.Path.str().starts_with("*");
}

bool isAtHand(const Place &What) {
  return What.Root == RootKind::Parameter || What.Root == RootKind::This;
}

std::string pathKey(Symbol Class, llvm::StringRef Path) { return (Class.str() + " " + Path).str(); }

} // namespace

RootBits rootBit(const Place &What) {
  if (What.Root == RootKind::This)
    return RootBits(1) << 63;
  return What.Root == RootKind::Parameter && What.Index < 63 ? RootBits(1) << What.Index : 0;
}

MemberNames::MemberNames(const Program &P) : P(P) {
  auto Add = [&](FunctionId F, const Place &Mutex) {
    std::string Key;
    if (isOfThis(Mutex))
      Key = pathKey(classOf(F), below(Mutex));
    else if (Mutex.Root == RootKind::Global)
      Key = (Mutex.Name.str() + " " + Mutex.Path.str()).str();
    else
      return;
    Locks.insert(Key);
    // The mutex inside of a mutex class, and what is between.
    for (size_t I = Key.rfind('.'); I != std::string::npos && I > 1 && Key[I - 1] != ' ';
         I = I ? Key.rfind('.', I - 1) : std::string::npos)
      Locks.insert(Key.substr(0, I));
  };
  for (FunctionId F = 0; F < P.Functions.size(); ++F) {
    Bodies[P.facts(F).Body.File].push_back({P.facts(F).Body, F});
    Symbol Class = classOf(F);
    for (const Binding &B : P.facts(F).Bindings)
      if (resolve(P, F, B.Target).Root == RootKind::Heap)
        MadePointers.insert(Symbol(B.Pointer.Path.str().rsplit('.').second));
    for (const auto &Block : P.Functions[F].Held)
      for (const Lockset &Held : Block)
        for (const HeldLock &L : Held) {
          Add(F, L.Mutex);
          if (isOfThis(L.Mutex) && !Class.empty())
            SelfLocking.insert(Class);
        }
    // Of what it was handed; its own locks are for its own methods to take.
    if (P.facts(F).Constructor)
      for (const HeldLock &L : P.Functions[F].Effects.Acquired)
        if (L.Mutex.Root == RootKind::Parameter)
          Guards.insert(Class);
    for (const HeldLock &L : P.Functions[F].Effects.Acquired)
      if (isOfThis(L.Mutex))
        Takes.insert(Class);
    for (const Place &M : P.Functions[F].Effects.Released)
      if (isOfThis(M))
        GivesBack.insert(Class);
  }
  for (auto &[File, All] : Bodies)
    llvm::sort(All);
}

FunctionId MemberNames::functionAt(const Span &At) const {
  auto It = Bodies.find(At.File);
  if (It == Bodies.end())
    return None;
  auto Begins = [](const Span &A, const Span &B) {
    return std::tie(A.Line, A.Column) <= std::tie(B.Line, B.Column);
  };
  auto After =
      llvm::partition_point(It->second, [&](const auto &Body) { return Begins(Body.first, At); });
  // Bodies nest, so the last to begin that has not ended is the innermost.
  for (unsigned Steps = 0; After != It->second.begin() && Steps < 256; ++Steps) {
    const auto &[Body, F] = *--After;
    if (std::tie(At.Line, At.Column) < std::tie(Body.EndLine, Body.EndColumn))
      return F;
  }
  return None;
}

MemberName MemberNames::nameOf(FunctionId F, const Place &What, Symbol Member) const {
  MemberName N;
  llvm::StringRef Path = What.Path.str();
  // Elements of arrays and containers stand for the whole; what a pointer among
  // them leads to is an object of its own.
  size_t Last = Path.rfind('*'), Element = Path.find('[');
  bool Whole = Element == llvm::StringRef::npos;
  if (isOfThis(What) && (Whole || Last < Element)) {
    llvm::StringRef Rest = below(What).take_front(Whole ? llvm::StringRef::npos : Element - 1);
    if (Rest.empty())
      return N;
    N.Object = {RootKind::This, {}, 0, Symbol("*")};
    N.Path = pathKey(classOf(F), Rest);
    bool Direct = !Rest.contains('*');
    N.Key = Direct && Whole && !Member.empty() ? (Member.str() + " " + Rest).str() : N.Path;
    return N;
  }
  if (What.Root == RootKind::Global && Last == llvm::StringRef::npos) {
    N.Object = rootOf(What);
    // A member of the elements, all alike.
    llvm::StringRef InElement = Whole ? "" : Path.split(']').second;
    if (!InElement.starts_with(".") || InElement.contains('['))
      InElement = "";
    N.Key = (What.Name.str() + " " + Path.take_front(Element) + InElement).str();
    N.Path = N.Key;
    return N;
  }
  if (Last == llvm::StringRef::npos || Member.empty() || Path.size() == Last + 1)
    return N;
  // Members of members may be in objects of several classes.
  if ((!Whole && Element > Last) || Path.drop_front(Last + 1).count('.') != 1)
    return N;
  N.Object = What;
  N.Object.Path = Symbol(Path.take_front(Last + 1));
  N.Key = (Member.str() + " " + Path.drop_front(Last + 1)).str();
  return N;
}

Symbol MemberNames::ownerOf(FunctionId F, const MemberName &Name, Symbol Member) const {
  if (Name.Object.Root == RootKind::This)
    return classOf(F);
  // "c:@S@Conn@FI@state" is declared in "c:@S@Conn".
  auto [Class, Field] = Member.str().rsplit("@FI@");
  return Field.empty() ? Symbol() : Symbol(Class);
}

bool MemberNames::hasLock(Symbol Class, Symbol Path) const {
  return Locks.contains(pathKey(Class, Path.str()));
}

bool MemberNames::leadsToParent(llvm::StringRef Path) const {
  llvm::StringRef Pointer = Path.take_front(Path.rfind('*'));
  if (Path.ends_with("*") || Pointer.size() == Path.size())
    return false;
  return !MadePointers.contains(Symbol(Pointer.drop_front(Pointer.rfind('.') + 1)));
}

MemberLock MemberNames::relate(FunctionId F, const HeldLock &L, const MemberName &Name,
                               const Place &What) const {
  MemberLock Out;
  Out.Shared = L.Shared;
  Out.Text = L.Text;
  Out.At = L.At;
  Out.Perhaps = L.Tried;
  const Place &M = L.Mutex;
  llvm::StringRef Path = M.Path.str(), Object = Name.Object.Path.str();
  // The lock of one element among many; a claim, which says who goes on, not who may.
  if (Path.contains('[') || L.Sort == LockSort::Flag)
    return Out;
  if (M.Root == Name.Object.Root && M.Name == Name.Object.Name && M.Index == Name.Object.Index &&
      M.Root != RootKind::Global && Path.starts_with(Object)) {
    llvm::StringRef Rest = Path.drop_front(Object.size());
    // Behind a pointer in some object is another object.
    if (M.Root != RootKind::This && Rest.contains('*'))
      return Out;
    Out.Side = LockSide::Own;
    Out.Path = Symbol(Rest);
    Out.OfParent = leadsToParent(Rest);
  } else if (M.Root == RootKind::Global) {
    // A lock for all objects guards the members of a class when its methods take it.
    FunctionId Taker = functionAt(L.At);
    bool OfClass = Taker != None && !classOf(F).empty() && classOf(Taker) == classOf(F);
    bool Variable = Name.Object.Root == RootKind::Global && Object.empty();
    if (!Variable && !OfClass)
      return Out;
    bool Inside = Name.Object.Root == RootKind::Global && Name.Object.Name == M.Name &&
                  Object.contains('*') && Path.starts_with(Object);
    Out.Side = Inside ? LockSide::Own : LockSide::Fixed;
    Out.Path =
        Inside ? Symbol(Path.drop_front(Object.size())) : Symbol((M.Name.str() + " " + Path).str());
  } else if (M.Root == RootKind::Parameter && Path == "*" && What.Root == RootKind::This) {
    Out.Side = LockSide::Given;
  } else if (isAtHand(M) && isAtHand(Name.Object) && Object == "*" && Path.rfind('*') == 0 &&
             Path.size() > 1) {
    Out.Side = LockSide::Theirs;
    Out.Path = Symbol(Path.drop_front(1));
  }
  return Out;
}

bool MemberNames::isLock(FunctionId F, const Place &What) const {
  if (isOfThis(What))
    return Locks.contains(pathKey(classOf(F), below(What)));
  return What.Root == RootKind::Global &&
         Locks.contains((What.Name.str() + " " + What.Path.str()).str());
}

} // namespace heddle
