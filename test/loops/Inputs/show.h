/// What the programs of this folder share: data that is the same in every run, and
/// one line of output for each labelled function. Not part of what is analysed.
///
///     static void prepare() { fill(a, 1); fill(b, 2); }
///     static auto state() { return std::tie(a, b); }
///     int main(int argc, char **argv) {
///       only(argc, argv);
///       SHOW(scale_bad(a, N));
///     }
///
/// prints `scale_bad` and a digest of its result and of the state. With a name as
/// its argument the program runs that function alone, which changes nothing: every
/// function begins with prepared data.
#pragma once
#pragma GCC system_header

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <iterator>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

inline const char *wantedCase = nullptr;
inline void only(int argc, char **argv) { wantedCase = argc > 1 ? argv[1] : nullptr; }

/// The function's name in `matrix.scale_bad(2)`.
inline std::string caseName(const char *call) {
  std::string name(call, std::strcspn(call, "(<"));
  return name.substr(name.find('.') + 1); // npos + 1 is 0
}
inline bool wanted(const char *call) { return !wantedCase || caseName(call) == wantedCase; }

inline std::uint64_t mix(std::uint64_t h, std::uint64_t x) {
  h = (h ^ x) * 0x9E3779B97F4A7C15u;
  return h ^ (h >> 29);
}

template <class T> std::uint64_t digest(std::uint64_t h, const T &x) {
  if constexpr (std::is_floating_point_v<T>) {
    double d = static_cast<double>(x);
    std::uint64_t bits;
    std::memcpy(&bits, &d, sizeof bits);
    return mix(h, bits);
  } else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>)
    return mix(h, static_cast<std::uint64_t>(x));
  else if constexpr (requires { x.digest(h); })
    return x.digest(h);
  else if constexpr (requires { std::begin(x); }) {
    for (const auto &each : x)
      h = digest(h, each);
    return mix(h, std::size(x));
  } else if constexpr (requires { std::tuple_size<T>::value; })
    return std::apply([h](const auto &...each) mutable { return ((h = digest(h, each)), ..., h); }, x);
  else {
    auto [p, q] = x; // a struct with two members
    return digest(digest(h, p), q);
  }
}

inline unsigned nextDigit(unsigned &seed) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 16) % 10;
}

/// Digits: sums of them are exact in any order.
template <class R> void fill(R &range, unsigned seed) {
  for (auto &&each : range) {
    using T = std::remove_cvref_t<decltype(each)>;
    if constexpr (requires { std::begin(each); })
      fill(each, seed++);
    else if constexpr (std::is_arithmetic_v<T> || !std::is_class_v<T>)
      each = static_cast<T>(nextDigit(seed));
    else if constexpr (requires { each.fill(seed); })
      each.fill(seed++);
    else if constexpr (requires { each = true; })
      each = nextDigit(seed) > 4;
  }
}
template <class R> void fill(R &range, std::size_t size, unsigned seed) {
  range.clear();
  range.resize(size);
  fill(range, seed);
}

template <class T, std::size_t N>
void fillFrom(T (&range)[N], std::initializer_list<std::type_identity_t<T>> values) {
  std::size_t k = 0;
  for (auto &each : range)
    each = *(values.begin() + k++ % values.size());
}
template <std::size_t N> void fillText(char (&text)[N], unsigned seed) {
  for (char &each : text)
    each = static_cast<char>('a' + nextDigit(seed));
  text[N - 1] = 0;
}

/// The numbers below the size, each once, in some order.
template <class R> void permutation(R &range) {
  std::size_t n = std::size(range), k = 0;
  for (auto &each : range)
    each = static_cast<std::remove_reference_t<decltype(each)>>(k++ * 7 % n);
}

template <class T, std::size_t N> void addresses(T *(&range)[N], T (&of)[N]) {
  for (std::size_t k = 0; k < N; ++k)
    range[k] = &of[k * 7 % N];
}

/// Every number one or two more than the one before.
template <class R> void ascending(R &range) {
  int k = 0;
  for (auto &each : range)
    each = k, k += 1 + k % 2;
}

template <class Call, class Result> void show(const char *call, Call run, Result state) {
  std::uint64_t h = 0;
  if constexpr (std::is_void_v<decltype(run())>)
    run();
  else
    h = digest(h, run());
  std::printf("%s %016llx\n", caseName(call).c_str(),
              static_cast<unsigned long long>(digest(h, state())));
}

#define SHOW(...)                                                                                  \
  if (wanted(#__VA_ARGS__)) {                                                                      \
    prepare();                                                                                     \
    show(#__VA_ARGS__, [&] { return __VA_ARGS__; }, [] { return state(); });                       \
  }
