/// The entries of the extraction stage: from a compile command, and from an AST
/// that is there already. Neither needs a Clang header.
#pragma once

#include "facts/facts.h"
#include "facts/models.h"

namespace clang {
class ASTContext;
}

namespace heddle {

/// How to extract one unit: a row of the compile database.
struct CompileJob {
  std::string File;                   ///< Absolute.
  std::string Directory;              ///< Absolute; relative flags start here.
  std::vector<std::string> Arguments; ///< Driver first.
};

/// Facts of one unit. Never fails: what went wrong is in UnitFacts::Errors.
/// Clang's own diagnostics are swallowed, the errors among them kept.
UnitFacts extract(const CompileJob &Job, const Models &Apis);

/// Facts of the translation unit in Ast: one traversal of the declarations
/// outside system headers. Inputs and CommandDigest are left to the caller. There are
/// only Inputs when the unit has errors.
UnitFacts extractUnit(clang::ASTContext &Ast, const Models &Apis);

} // namespace heddle
