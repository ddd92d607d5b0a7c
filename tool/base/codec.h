/// Every encoding of every struct, from one function per struct.
///
/// A struct T is made encodable by a free template beside it,
///
///     template <class F> void fields(T &S, F &&f) { f("name", S.Member); ... }
///
/// and an enum by `enumNames(E)`, which returns the names in order of value.
/// JSON leaves out members that equal a default-constructed one, so dumps stay
/// readable; the binary form writes all of them, with one table of strings.
/// Reading either back gives an equal value, and writing that again equal bytes;
/// but JSON cannot carry invalid UTF-8, which becomes U+FFFD there.
#pragma once

#include "base/symbol.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace heddle {

namespace detail {
template <class T> struct IsVector : std::false_type {};
template <class T> struct IsVector<std::vector<T>> : std::true_type {};
template <class T> struct IsOptional : std::false_type {};
template <class T> struct IsOptional<std::optional<T>> : std::true_type {};

struct JsonWriter;
struct JsonReader;
} // namespace detail

template <class T> llvm::json::Value toJson(const T &V);
/// Fails with the path of the offending member, such as `functions[3].kind`.
template <class T> bool fromJson(const llvm::json::Value &J, T &V, llvm::json::Path P);

namespace detail {

struct JsonWriter {
  llvm::json::Object &Out;
  /// Values of the members of a default-constructed struct, in order; null
  /// while these are being collected.
  const std::vector<llvm::json::Value> *Defaults;
  std::vector<llvm::json::Value> *Collected = nullptr;
  size_t Next = 0;
  template <class T> void operator()(const char *Name, T &V) {
    llvm::json::Value J = toJson(V);
    if (Collected)
      Collected->push_back(std::move(J));
    else if (J != (*Defaults)[Next++])
      Out.try_emplace(Name, std::move(J));
  }
};

struct JsonReader {
  const llvm::json::Object &In;
  llvm::json::Path P;
  bool Ok = true;
  size_t Seen = 0;
  template <class T> void operator()(const char *Name, T &V) {
    if (const llvm::json::Value *J = In.get(Name)) {
      ++Seen;
      Ok = Ok && fromJson(*J, V, P.field(Name));
    }
  }
};

} // namespace detail

template <class T> llvm::json::Value toJson(const T &V) {
  if constexpr (std::is_same_v<T, bool>)
    return V;
  else if constexpr (std::is_same_v<T, std::string>)
    return llvm::json::isUTF8(V) ? V : llvm::json::fixUTF8(V);
  else if constexpr (std::is_same_v<T, Symbol>)
    return llvm::json::isUTF8(V.str()) ? V.str().str() : llvm::json::fixUTF8(V.str());
  else if constexpr (std::is_enum_v<T>)
    return enumNames(T{})[static_cast<size_t>(V)];
  else if constexpr (std::is_floating_point_v<T>)
    return V;
  else if constexpr (std::is_integral_v<T>)
    return static_cast<std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>(V);
  else if constexpr (detail::IsOptional<T>::value) {
    if (!V)
      return nullptr;
    return toJson(*V);
  } else if constexpr (detail::IsVector<T>::value) {
    llvm::json::Array A;
    A.reserve(V.size());
    for (const auto &E : V)
      A.push_back(toJson(E));
    return A;
  } else {
    llvm::json::Object O;
    static const std::vector<llvm::json::Value> Defaults = [] {
      std::vector<llvm::json::Value> D;
      llvm::json::Object Unused;
      T Default{};
      fields(Default, detail::JsonWriter{Unused, nullptr, &D});
      return D;
    }();
    detail::JsonWriter W{O, &Defaults};
    fields(const_cast<T &>(V), W);
    return O;
  }
}

template <class T> bool fromJson(const llvm::json::Value &J, T &V, llvm::json::Path P) {
  if constexpr (std::is_same_v<T, bool>) {
    if (auto B = J.getAsBoolean())
      return V = *B, true;
    P.report("expected true or false");
    return false;
  } else if constexpr (std::is_same_v<T, Symbol> || std::is_same_v<T, std::string>) {
    if (auto S = J.getAsString())
      return V = T(*S), true;
    P.report("expected a string");
    return false;
  } else if constexpr (std::is_enum_v<T>) {
    auto Names = enumNames(T{});
    if (auto S = J.getAsString())
      for (size_t I = 0; I < Names.size(); ++I)
        if (Names[I] == *S)
          return V = static_cast<T>(I), true;
    P.report("unknown enumerator");
    return false;
  } else if constexpr (std::is_floating_point_v<T>) {
    if (auto N = J.getAsNumber())
      return V = *N, true;
    P.report("expected a number");
    return false;
  } else if constexpr (std::is_integral_v<T>) {
    if constexpr (std::is_signed_v<T>) {
      if (auto N = J.getAsInteger();
          N && *N >= std::numeric_limits<T>::min() && *N <= std::numeric_limits<T>::max())
        return V = static_cast<T>(*N), true;
    } else {
      if (auto N = J.getAsUINT64(); N && *N <= std::numeric_limits<T>::max())
        return V = static_cast<T>(*N), true;
    }
    P.report("expected an integer in range");
    return false;
  } else if constexpr (detail::IsOptional<T>::value) {
    if (J.getAsNull())
      return V.reset(), true;
    V.emplace();
    return fromJson(J, *V, P);
  } else if constexpr (detail::IsVector<T>::value) {
    const llvm::json::Array *A = J.getAsArray();
    if (!A) {
      P.report("expected an array");
      return false;
    }
    V.clear();
    V.resize(A->size());
    for (size_t I = 0; I < A->size(); ++I)
      if (!fromJson((*A)[I], V[I], P.index(I)))
        return false;
    return true;
  } else {
    const llvm::json::Object *O = J.getAsObject();
    if (!O) {
      P.report("expected an object");
      return false;
    }
    detail::JsonReader R{*O, P};
    fields(V, R);
    if (R.Ok && R.Seen != O->size()) {
      P.report("unknown member");
      return false;
    }
    return R.Ok;
  }
}

/// Little-endian binary form: magic, schema, table of strings, body, and a
/// checksum over all of it.
class BinaryWriter {
public:
  template <class T> void operator()(const char *, T &V) { put(V); }

  template <class T> void put(const T &V) {
    if constexpr (std::is_same_v<T, Symbol>)
      number(indexOf(V));
    else if constexpr (std::is_same_v<T, std::string>) {
      number(V.size());
      Body += V;
    } else if constexpr (std::is_floating_point_v<T>)
      fixed(__builtin_bit_cast(uint64_t, static_cast<double>(V)));
    else if constexpr (std::is_enum_v<T> || std::is_same_v<T, bool>)
      number(static_cast<uint64_t>(V));
    else if constexpr (std::is_signed_v<T>)
      number((static_cast<uint64_t>(V) << 1) ^ static_cast<uint64_t>(int64_t(V) >> 63));
    else if constexpr (std::is_integral_v<T>)
      number(V);
    else if constexpr (detail::IsOptional<T>::value) {
      number(V.has_value());
      if (V)
        put(*V);
    } else if constexpr (detail::IsVector<T>::value) {
      number(V.size());
      for (const auto &E : V)
        put(E);
    } else
      fields(const_cast<T &>(V), *this);
  }

  /// The finished file. Schema is the version of the structs it holds.
  std::string finish(uint32_t Schema) const;

private:
  void number(uint64_t N); // LEB128
  void fixed(uint64_t N);
  uint64_t indexOf(Symbol S);

  std::string Body;
  llvm::DenseMap<Symbol, uint64_t> Indices;
  std::vector<Symbol> Table;
};

/// Reads what BinaryWriter wrote. Any input is safe: sizes are checked against
/// what is left before memory is taken, and after the first fault everything
/// reads as zero.
class BinaryReader {
public:
  /// Checks magic, schema and checksum, and reads the table of strings.
  static llvm::Expected<BinaryReader> open(llvm::StringRef File, uint32_t Schema);

  template <class T> void operator()(const char *, T &V) { get(V); }

  template <class T> void get(T &V) {
    if constexpr (std::is_same_v<T, Symbol>)
      V = symbol();
    else if constexpr (std::is_same_v<T, std::string>)
      V = bytes(number()).str();
    else if constexpr (std::is_floating_point_v<T>)
      V = __builtin_bit_cast(double, fixed());
    else if constexpr (std::is_enum_v<T>) {
      uint64_t N = number();
      if (N >= enumNames(T{}).size())
        Bad = true, N = 0;
      V = static_cast<T>(N);
    } else if constexpr (std::is_same_v<T, bool>)
      V = number() != 0;
    else if constexpr (std::is_signed_v<T>) {
      uint64_t N = number();
      V = static_cast<T>((N >> 1) ^ (~(N & 1) + 1));
    } else if constexpr (std::is_integral_v<T>)
      V = static_cast<T>(number());
    else if constexpr (detail::IsOptional<T>::value) {
      V.reset();
      if (number())
        get(V.emplace());
    } else if constexpr (detail::IsVector<T>::value) {
      uint64_t N = number();
      V.clear();
      if (N > Rest.size())
        Bad = true;
      for (uint64_t I = 0; I < N && !Bad; ++I)
        get(V.emplace_back());
    } else
      fields(V, *this);
  }

  /// True when all bytes were read and none was wrong.
  bool finished() const { return !Bad && Rest.empty(); }

private:
  uint64_t number();
  uint64_t fixed();
  Symbol symbol();
  llvm::StringRef bytes(uint64_t N);

  llvm::StringRef Rest;
  std::vector<Symbol> Table;
  bool Bad = false;
};

template <class T> std::string toBinary(const T &V, uint32_t Schema) {
  BinaryWriter W;
  W.put(V);
  return W.finish(Schema);
}

template <class T> llvm::Expected<T> fromBinary(llvm::StringRef File, uint32_t Schema) {
  llvm::Expected<BinaryReader> R = BinaryReader::open(File, Schema);
  if (!R)
    return R.takeError();
  T V;
  R->get(V);
  if (!R->finished())
    return llvm::createStringError("the body is damaged");
  return V;
}

} // namespace heddle
