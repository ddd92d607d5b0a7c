/// Findings as a SARIF 2.1.0 log, which code hosts and editors read. A check is
/// a rule, the evidence becomes related locations that the message links to, and
/// the evidence for the verdict is also a code flow that ends at the finding.
///
/// Example: a finding at a.cpp:12 with one piece of evidence at b.cpp:3 gives
///
///     message           "`n` is written here without a lock\n- [started here](1) (T1)"
///     relatedLocations  [{ "id": 1, b.cpp:3, "started here" }]
///     codeFlows         b.cpp:3 -> a.cpp:12
#include "report/encode.h"
#include "report/report.h"
#include "report/source.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include <map>

using llvm::StringRef;
namespace json = llvm::json;

namespace heddle {
namespace {

constexpr llvm::StringLiteral Schema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
constexpr llvm::StringLiteral BaseId = "SRCROOT";

/// `unprotected-shared-state` as `UnprotectedSharedState`.
std::string pascalCase(StringRef Name) {
  std::string Out;
  llvm::SmallVector<StringRef> Words;
  Name.split(Words, '-', -1, false);
  for (StringRef W : Words) {
    Out += llvm::toUpper(W.front());
    Out += W.drop_front();
  }
  return Out;
}

/// The path part of a URI: all but unreserved characters and `/` in percent form.
std::string percentEncoded(StringRef Path) {
  std::string Out;
  for (char C : Path) {
    if (llvm::isAlnum(C) || StringRef("-._~/").contains(C))
      Out += C;
    else
      Out += "%" + llvm::utohexstr(static_cast<unsigned char>(C), false, 2);
  }
  return Out;
}

std::string absolute(StringRef Base, StringRef File) {
  llvm::SmallString<256> Path(File);
  if (llvm::sys::path::is_relative(Path)) {
    // Without a working directory the path stays as it is.
    llvm::SmallString<256> Start(Base);
    if (!Start.empty() || !llvm::sys::fs::current_path(Start))
      llvm::sys::fs::make_absolute(Start, Path);
  }
  llvm::sys::path::remove_dots(Path);
  return Path.str().str();
}

/// In the text of a link, brackets and backslashes are escaped.
std::string linkText(StringRef Text) {
  std::string Out;
  for (char C : Text) {
    if (StringRef("[]\\").contains(C))
      Out += '\\';
    Out += C;
  }
  return Out;
}

/// The first paragraph of Markdown that is neither heading nor code.
std::string firstParagraph(StringRef Markdown) {
  llvm::SmallVector<StringRef> Paragraphs;
  Markdown.split(Paragraphs, "\n\n", -1, false);
  for (StringRef P : Paragraphs) {
    P = P.trim();
    if (P.empty() || P.starts_with("#") || P.starts_with("```"))
      continue;
    std::string Out = P.str();
    std::replace(Out.begin(), Out.end(), '\n', ' ');
    return Out;
  }
  return "";
}

struct SarifWriter {
  json::OStream &J;
  std::string Base;
  Sources Files{};
  llvm::StringMap<unsigned> Rules{};

  void message(StringRef Text) {
    J.attributeObject("message", [&] { J.attribute("text", utf8(Text)); });
  }

  void artifact(StringRef File) {
    std::string Path = absolute(Base, File);
    StringRef Relative = below(Base, Path);
    J.attributeObject("artifactLocation", [&] {
      if (Relative == Path) {
        J.attribute("uri", "file://" + percentEncoded(Path));
        return;
      }
      J.attribute("uri", percentEncoded(Relative));
      J.attribute("uriBaseId", BaseId);
    });
  }

  /// Column of a place in UTF-16 units; that in bytes when the source is gone.
  uint32_t column(Symbol File, uint32_t Line, uint32_t Column) {
    std::optional<StringRef> Text = Files.line(File, Line);
    return Text ? utf16Column(*Text, Column) : Column;
  }

  void region(StringRef Name, const Span &At) {
    J.attributeObject(Name, [&] {
      J.attribute("startLine", At.Line);
      if (!At.Column)
        return;
      uint32_t Start = column(At.File, At.Line, At.Column);
      J.attribute("startColumn", Start);
      if (At.EndLine < At.Line || !At.EndColumn)
        return;
      uint32_t End = column(At.File, At.EndLine, At.EndColumn);
      if (At.EndLine == At.Line && End < Start)
        return;
      if (At.EndLine != At.Line)
        J.attribute("endLine", At.EndLine);
      J.attribute("endColumn", End);
    });
  }

  void physical(Span At) {
    // Code hosts drop what has no region.
    if (!At.valid())
      At.Line = 1;
    J.attributeObject("physicalLocation", [&] {
      artifact(At.File.str());
      region("region", At);
    });
  }

  void rule(const CheckInfo &C) {
    J.object([&] {
      J.attribute("id", ("heddle-" + C.Name).str());
      J.attribute("name", pascalCase(C.Name));
      J.attributeObject("shortDescription",
                        [&] { J.attribute("text", utf8((C.Summary + ".").str())); });
      std::string Full = firstParagraph(C.Documentation);
      if (Full.empty())
        Full = (C.Summary + ".").str();
      J.attributeObject("fullDescription", [&] { J.attribute("text", utf8(Full)); });
      J.attributeObject("help", [&] {
        J.attribute("text", utf8(C.Documentation.trim()));
        J.attribute("markdown", utf8(C.Documentation.trim()));
      });
      J.attributeObject("defaultConfiguration", [&] {
        J.attribute("enabled", C.DefaultOn);
        J.attribute("level", enumNames(C.Level)[static_cast<size_t>(C.Level)]);
      });
      J.attributeObject("properties", [&] {
        J.attribute("since", utf8(C.Since));
        J.attributeArray("tags", [&] {
          J.value("concurrency");
          llvm::SmallVector<StringRef> Guidelines;
          C.Guidelines.split(Guidelines, ',', -1, false);
          for (StringRef G : Guidelines)
            J.value(utf8(("guideline/" + G.trim()).str()));
        });
      });
    });
  }

  void result(const Advice &A) {
    std::string Id = ("heddle-" + A.Check.str()).str();
    std::string Text = A.Message;
    std::vector<const Evidence *> Related, Flow;
    auto tell = [&](llvm::ArrayRef<Evidence> Side, StringRef Label) {
      for (const Evidence &E : Side) {
        Text += ("\n- " + Label).str();
        if (E.At.valid() && !E.At.File.empty()) {
          Related.push_back(&E);
          Text += "[" + linkText(E.What) + "](" + std::to_string(Related.size()) + ")";
        } else {
          Text += E.What;
        }
        if (E.Guideline)
          Text += (" (" + E.Guideline.str() + ")").str();
      }
    };
    tell(A.For, "");
    for (const Evidence *E : Related)
      Flow.push_back(E);
    tell(A.Against, "against: ");

    J.object([&] {
      J.attribute("ruleId", Id);
      if (auto It = Rules.find(A.Check.str()); It != Rules.end())
        J.attribute("ruleIndex", It->second);
      J.attribute("level", enumNames(A.Level)[static_cast<size_t>(A.Level)]);
      message(Text);
      // A finding without a place is shown at its first evidence.
      Span Shown = A.At;
      if (Shown.File.empty() && !Related.empty())
        Shown = Related.front()->At;
      if (!Shown.File.empty())
        J.attributeArray("locations", [&] { J.object([&] { physical(Shown); }); });
      if (!Related.empty())
        J.attributeArray("relatedLocations", [&] {
          for (auto [I, E] : llvm::enumerate(Related))
            J.object([&, Id = I + 1, Step = E] {
              J.attribute("id", Id);
              message(Step->What);
              physical(Step->At);
            });
        });
      if (!Flow.empty() && A.At.valid())
        codeFlow(A, Flow);
      if (!A.Edits.empty())
        fix(A.Edits);
      if (!A.Fingerprint.empty())
        J.attributeObject("partialFingerprints",
                          [&] { J.attribute("heddleFingerprint/v1", utf8(A.Fingerprint)); });
      properties(A);
    });
  }

  void codeFlow(const Advice &A, llvm::ArrayRef<const Evidence *> Flow) {
    auto step = [&](const Span &At, StringRef Text) {
      J.object([&] {
        J.attributeObject("location", [&] {
          physical(At);
          message(Text);
        });
      });
    };
    J.attributeArray("codeFlows", [&] {
      J.object([&] {
        J.attributeArray("threadFlows", [&] {
          J.object([&] {
            J.attributeArray("locations", [&] {
              for (const Evidence *E : Flow)
                step(E->At, E->What);
              step(A.At, A.Message);
            });
          });
        });
      });
    });
  }

  void fix(llvm::ArrayRef<Edit> Edits) {
    std::map<StringRef, std::vector<const Edit *>> ByFile;
    for (const Edit &E : Edits)
      if (E.At.valid() && !E.At.File.empty())
        ByFile[E.At.File.str()].push_back(&E);
    if (ByFile.empty())
      return;
    J.attributeArray("fixes", [&] {
      J.object([&] {
        J.attributeArray("artifactChanges", [&] {
          for (auto &Entry : ByFile) {
            llvm::sort(Entry.second, [](const Edit *X, const Edit *Y) {
              return std::tie(X->At, X->Text) < std::tie(Y->At, Y->Text);
            });
            J.object([&] {
              artifact(Entry.first);
              J.attributeArray("replacements", [&] {
                for (const Edit *E : Entry.second)
                  replacement(*E);
              });
            });
          }
        });
      });
    });
  }

  void replacement(const Edit &E) {
    Span At = E.At;
    // Without an end it would be the rest of the line that is deleted.
    if (!At.Column)
      At.Column = 1;
    if (!At.EndLine || !At.EndColumn) {
      At.EndLine = At.Line;
      At.EndColumn = At.Column;
    }
    J.object([&] {
      region("deletedRegion", At);
      J.attributeObject("insertedContent", [&] { J.attribute("text", utf8(E.Text)); });
    });
  }

  void properties(const Advice &A) {
    J.attributeObject("properties", [&] {
      J.attribute("confidence", enumNames(A.Sure)[static_cast<size_t>(A.Sure)]);
      if (A.Kind)
        J.attribute("kind", utf8(A.Kind.str()));
      if (A.Verdict)
        J.attribute("verdict", utf8(A.Verdict.str()));
      if (A.RunnerUp) {
        J.attribute("runnerUp", utf8(A.RunnerUp.str()));
        J.attributeBegin("margin");
        writeNumber(J, A.Margin);
        J.attributeEnd();
      }
    });
  }

  void invocation(const RunInfo &Run) {
    J.object([&] {
      J.attribute("executionSuccessful", Run.Failed.empty());
      if (Run.Failed.empty())
        return;
      J.attributeArray("toolExecutionNotifications", [&] {
        for (const FailedUnit &F : Run.Failed)
          J.object([&] {
            J.attribute("level", "error");
            message("this file was not analysed in full: " + F.Reason);
            Span At = F.At;
            if (!At.valid() || At.File.empty())
              At = Span{Symbol(F.File)};
            if (!At.File.empty())
              J.attributeArray("locations", [&] { J.object([&] { physical(At); }); });
          });
      });
    });
  }
};

} // namespace

void writeSarif(llvm::ArrayRef<Advice> Findings, const RunInfo &Run, StringRef Base,
                llvm::raw_ostream &OS) {
  json::OStream J(OS, 2);
  SarifWriter W{J, Base.empty() ? std::string() : absolute("", Base)};
  for (auto [I, C] : llvm::enumerate(Run.Checks))
    W.Rules[C->Info.Name] = I;
  J.object([&] {
    J.attribute("$schema", Schema);
    J.attribute("version", "2.1.0");
    J.attributeArray("runs", [&] {
      J.object([&] {
        J.attributeObject("tool", [&] {
          J.attributeObject("driver", [&] {
            J.attribute("name", "heddle");
            J.attribute("version", HEDDLE_VERSION);
            J.attribute("semanticVersion", HEDDLE_VERSION);
            J.attributeArray("rules", [&] {
              for (const Check *C : Run.Checks)
                W.rule(C->Info);
            });
          });
        });
        J.attributeArray("invocations", [&] { W.invocation(Run); });
        J.attribute("columnKind", "utf16CodeUnits");
        if (!W.Base.empty())
          J.attributeObject("originalUriBaseIds", [&] {
            J.attributeObject(BaseId, [&] {
              StringRef Trimmed = StringRef(W.Base).rtrim('/');
              J.attribute("uri", "file://" + percentEncoded(Trimmed) + "/");
            });
          });
        J.attributeArray("results", [&] {
          for (const Advice &A : Findings)
            W.result(A);
        });
      });
    });
  });
  OS << '\n';
}

} // namespace heddle
