#include "report/annotate.h"
#include "report/encode.h"
#include "report/writer.h"

namespace heddle {

using llvm::StringRef;
namespace json = llvm::json;

/// Accesses without the lock that are shown with their source.
static constexpr size_t MaxShown = 3;

void writeGuardsText(llvm::ArrayRef<GuardAnnotation> All, const TextOptions &O,
                     llvm::raw_ostream &OS) {
  TextWriter W{O, OS};
  for (const GuardAnnotation &A : All) {
    W.location(A.At);
    W.paint(Style::Bold, A.Except.empty() ? "guarded: " : "mostly: ");
    OS << printable(A.Message) << '\n';
    W.excerpt(A.At);
    for (size_t I = 0; I < A.Except.size() && I < MaxShown; ++I) {
      W.headline(A.Except[I], Severity::Note, "`" + A.Lock + "` is not held here", "");
      W.excerpt(A.Except[I]);
    }
  }
}

void writeGuardsJson(llvm::ArrayRef<GuardAnnotation> All, const RunInfo &Run,
                     llvm::raw_ostream &OS) {
  static constexpr StringRef Order[] = {"file",      "line", "column", "endLine",
                                        "endColumn", "name", "lock",   "message"};
  json::OStream J(OS, 2);
  J.object([&] {
    J.attribute("version", HEDDLE_VERSION);
    J.attributeArray("guards", [&] {
      for (const GuardAnnotation &A : All) {
        json::Object Each = std::move(*toJson(A).getAsObject());
        flatten(Each);
        if (json::Array *Edits = Each.getArray("edits"))
          for (json::Value &E : *Edits)
            flatten(*E.getAsObject());
        writeObject(J, Each, Order);
      }
    });
    writeIncomplete(J, Run);
  });
  OS << '\n';
}

} // namespace heddle
