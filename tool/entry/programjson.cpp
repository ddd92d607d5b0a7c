#include "entry/programjson.h"

#include "llvm/Support/JSON.h"

namespace heddle {

namespace json = llvm::json;

namespace {

struct ProgramWriter {
  const Program &P;
  json::OStream &J;

  llvm::StringRef name(FunctionId F) const { return P.facts(F).Name.str(); }

  void text(llvm::StringRef Key, llvm::StringRef Value) {
    if (!Value.empty())
      J.attribute(Key, Value);
  }
  void span(llvm::StringRef Key, const Span &S) {
    if (S.valid())
      J.attribute(Key, toJson(S));
  }
  /// An array attribute, left out when it is empty.
  template <class R, class F> void list(llvm::StringRef Key, const R &Items, F &&Each) {
    if (Items.empty())
      return;
    J.attributeArray(Key, [&] {
      for (const auto &I : Items)
        Each(I);
    });
  }

  void locks(llvm::StringRef Key, const Lockset &Locks) {
    list(Key, Locks, [&](const HeldLock &L) {
      J.object([&] {
        J.attribute("mutex", toString(L.Mutex));
        text("text", L.Text.str());
        if (L.Shared)
          J.attribute("shared", true);
        span("at", L.At);
      });
    });
  }

  void chain(const Chain &Hops) {
    list("through", Hops, [&](const Hop &H) {
      J.object([&] {
        J.attribute("in", name(H.In));
        span("at", H.At);
      });
    });
  }

  /// What EffectAccess and ThreadAccess have in common.
  template <class A> void access(const A &Access) {
    J.attribute("what", toString(Access.What));
    J.attribute("kind", toJson(Access.Kind));
    text("text", Access.Text.str());
    text("type", Access.Type.str());
    span("at", Access.At);
    locks("held", Access.Held);
    chain(Access.Through);
  }

  void effects(const Summary &S) {
    list("accesses", S.Accesses, [&](const EffectAccess &A) { J.object([&] { access(A); }); });
    list("blocks", S.Blocks, [&](const EffectBlock &B) {
      J.object([&] {
        if (B.Fact) {
          J.attribute("row", B.Fact->Row.str());
          J.attribute("category", toJson(B.Fact->Category));
        }
        if (B.In != None)
          J.attribute("in", name(B.In));
        span("at", B.At);
        locks("held", B.Held);
        chain(B.Through);
      });
    });
    locks("acquired", S.Acquired);
    list("released", S.Released, [&](const Place &W) { J.value(toString(W)); });
    list("launches", S.Launches, [&](uint32_t T) { J.value(int64_t(T)); });
    list("returns", S.Returns, [&](const Place &W) { J.value(toString(W)); });
    J.attribute("pure", S.Pure);
    J.attribute("doesIo", S.DoesIo);
    J.attribute("cost", S.Cost);
    J.attribute("complete", S.Complete);
    text("whyIncomplete", S.WhyIncomplete.str());
    span("whyAt", S.WhyAt);
  }

  void function(FunctionId F) {
    const ProgramFunction &Function = P.function(F);
    const FunctionFacts &Facts = *Function.Facts;
    J.attribute("name", Facts.Name.str());
    J.attribute("usr", Facts.Usr.str());
    if (Function.Unit != None)
      J.attribute("unit", P.Units[Function.Unit].MainFile.str());
    span("at", Facts.At);
    J.attributeArray("calls", [&] {
      for (size_t I = 0; I < Function.Targets.size(); ++I)
        if (!Function.Targets[I].empty())
          J.object([&] {
            span("at", Facts.Calls[I].At);
            list("targets", Function.Targets[I], [&](const CallTarget &T) {
              J.object([&] {
                J.attribute("callee", name(T.Callee));
                J.attribute("certain", T.Certain);
              });
            });
          });
    });
    J.attributeArray("held", [&] {
      for (size_t B = 0; B < Function.Held.size(); ++B)
        for (size_t E = 0; E < Function.Held[B].size(); ++E)
          if (!Function.Held[B][E].empty())
            J.object([&] {
              J.attribute("block", int64_t(B));
              J.attribute("event", int64_t(E));
              locks("locks", Function.Held[B][E]);
            });
    });
    J.attributeObject("effects", [&] { effects(Function.Effects); });
  }

  void thread(const Thread &T) {
    J.attribute("name", T.Name.str());
    if (T.Entry != None)
      J.attribute("entry", name(T.Entry));
    if (T.Starter != None)
      J.attribute("starter", name(T.Starter));
    if (T.Start) {
      J.attribute("kind", toJson(T.Start->Kind));
      span("at", T.Start->At);
    }
    J.attribute("many", T.Many);
  }

  void program() {
    J.attribute("heddle", HEDDLE_VERSION);
    J.attributeArray("units", [&] {
      for (const UnitFacts &U : P.Units)
        J.value(U.MainFile.str());
    });
    J.attributeArray("functions", [&] {
      for (FunctionId F = 0; F < P.Functions.size(); ++F)
        J.object([&] { function(F); });
    });
    J.attributeArray("threads", [&] {
      for (const Thread &T : P.Threads)
        J.object([&] { thread(T); });
    });
    J.attributeArray("shared", [&] {
      for (const ThreadAccess &A : P.SharedAccesses)
        J.object([&] {
          access(A);
          if (A.Thread != None)
            J.attribute("thread", int64_t(A.Thread));
          if (A.In != None)
            J.attribute("in", name(A.In));
          list("live", A.Live, [&](uint32_t T) { J.value(int64_t(T)); });
        });
    });
  }
};

} // namespace

void writeProgramJson(const Program &P, llvm::raw_ostream &OS) {
  json::OStream J(OS, 1);
  J.object([&] { ProgramWriter{P, J}.program(); });
  OS << '\n';
}

} // namespace heddle
