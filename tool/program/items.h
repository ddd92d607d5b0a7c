/// Which loops go over data, one item after the other, and not over a number of workers.
#pragma once

#include "program/program.h"

namespace heddle {

enum class ItemSource : uint8_t {
  Input,     ///< A call gives the next item: a line, a connection. Nobody knows how many.
  Container, ///< Elements of a container, however many it has.
  List,      ///< What a pointer leads to, and then its next.
  Array,     ///< Elements of an array, as many as an integer says.
};

struct ItemLoop {
  ItemSource From = ItemSource::Input;
  std::string What; ///< One of them, for messages: `connection`, "element of `paths`".
  Span At;          ///< Where the next one is got.
  Place Elements;   ///< The container or array, or the pointer of a list; otherwise Unknown.
};

/// What loop `L` of `F` goes over; nothing for one that only counts, waits or repeats, or is
/// known to end after less than four.
std::optional<ItemLoop> itemsOf(const Program &P, FunctionId F, uint32_t L);

/// Control may come from the event back to it, without leaving loop `L`.
bool isRepeated(const FunctionFacts &F, uint32_t L, EventKind Kind, uint32_t Index);
/// `Inner` is `Outer`, or a loop in it.
bool isLoopWithin(const FunctionFacts &F, uint32_t Inner, uint32_t Outer);

} // namespace heddle
