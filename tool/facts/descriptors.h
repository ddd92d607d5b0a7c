/// Which variables of a unit hold descriptors, of what, and which of them do not block.
/// Flow is not looked at: what is made non-blocking anywhere counts as non-blocking, for
/// O_NONBLOCK belongs to what is open and not to the variable (fcntl(2)).
///
/// Example: `c->fd = accept(s, 0, 0); setNonBlocking(c->fd);` says of the member fd that it
/// is a socket, and that recv on it does not wait, when `setNonBlocking(int fd)` calls fcntl
/// with O_NONBLOCK on its parameter.
#pragma once

#include "facts/facts.h"
#include "facts/models.h"

#include "clang/AST/Expr.h"
#include "llvm/ADT/DenseSet.h"

namespace heddle {

struct UnitContext;

class Descriptors {
public:
  explicit Descriptors(UnitContext &Unit) : Unit(Unit) {}

  /// A call of a function that the models know.
  void call(const clang::CallExpr *E, const DescriptorModel &M);
  /// An integer argument of a call of a function of the program.
  void argument(const clang::FunctionDecl *Callee, unsigned Number, const clang::Expr *E);
  /// To is given the value, or it is added to its flags.
  void assign(const clang::ValueDecl *To, const clang::Expr *Value);
  void assign(const clang::Expr *To, const clang::Expr *Value);
  void returns(const clang::FunctionDecl *F, const clang::Expr *Value);
  /// The last of the blocking calls of the function that is being extracted waits for On.
  void wait(const clang::Expr *On, uint32_t Blocking, const BlockingModel &M);
  /// At the end of the unit: takes away the waits that do not block, and says of the others
  /// what they wait for.
  void finish();

private:
  const clang::ValueDecl *holder(const clang::Expr *E) const;
  int64_t bitsIn(const clang::Expr *E, unsigned Depth = 0) const;

  struct State {
    bool NonBlocking = false, Mixed = false, Datagram = false;
    DescriptorKind Kind = DescriptorKind::Unknown;
    /// True when something is new.
    bool add(const State &O, bool Kinds);
  };
  /// To has what From has; of the parameter of a callee only that it does not block.
  struct Edge {
    const clang::ValueDecl *To, *From;
    bool Kinds;
  };
  struct Wait {
    size_t Function;
    uint32_t Blocking;
    const clang::ValueDecl *On;
    bool Peer;      ///< As in BlockingModel.
    int64_t Number; ///< Of a descriptor that is named by its number; -1 for others.
  };

  UnitContext &Unit;
  llvm::DenseMap<const clang::ValueDecl *, State> States;
  llvm::DenseMap<const clang::Expr *, State> Given; ///< By call.
  llvm::DenseMap<const clang::ValueDecl *, int64_t> Flags;
  std::vector<Edge> Edges;
  std::vector<Wait> Waits;
};

} // namespace heddle
