// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Whether two declarations are the same to a caller: what a compiler passes where, not what types are called.

#ifndef MMC_TEST_EMULATOR_HEADERABI_H
#define MMC_TEST_EMULATOR_HEADERABI_H

#include <cstddef>
#include <type_traits>
#include <vector>

namespace mmc::emulator::test {

/// How a value is passed.
struct PassedAs {
  char kind; ///< v(oid), p(ointer), i(nteger or enumeration), f(loat), c(lass)
  size_t bytes;
  bool operator==(const PassedAs &other) const { return kind == other.kind && bytes == other.bytes; }
};

template <typename T>
PassedAs passedAs() {
  if constexpr (std::is_void_v<T>)
    return {'v', 0};
  else if constexpr (std::is_pointer_v<T>)
    return {'p', sizeof(T)};
  else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
    return {'i', sizeof(T)};
  else if constexpr (std::is_floating_point_v<T>)
    return {'f', sizeof(T)};
  else
    return {'c', sizeof(T)};
}

/// The result and the parameters of a function.
template <typename Result, typename... Parameters>
std::vector<PassedAs> signatureOf(Result (*)(Parameters...)) {
  return {passedAs<Result>(), passedAs<Parameters>()...};
}

} // namespace mmc::emulator::test

#endif // MMC_TEST_EMULATOR_HEADERABI_H
