// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Whether two declarations are the same to a caller: what a compiler passes where, not what types
// are called.

#ifndef MMC_TEST_EMULATOR_HEADERABI_H
#define MMC_TEST_EMULATOR_HEADERABI_H

#include <gtest/gtest.h>

#include <cstddef>
#include <type_traits>
#include <vector>

namespace mmc::emulator::test {

/// How a value is passed.
struct PassedAs {
  char kind; ///< v(oid), p(ointer), i(nteger or enumeration), f(loat), c(lass)
  size_t bytes;
  bool operator==(const PassedAs &other) const {
    return kind == other.kind && bytes == other.bytes;
  }
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

/// An enumerator of our declarations, which are in namespace `ours`, has NVIDIA's value.
#define MMC_SAME_VALUE(name) EXPECT_EQ(long(ours::name), long(::name)) << #name
/// And a field of a structure its place.
#define MMC_SAME_OFFSET(type, field)                                                               \
  EXPECT_EQ(offsetof(ours::type, field), offsetof(::type, field)) << #field
/// For programs of NVIDIA's headers: 0 is success in all of their interfaces.
#define MMC_OK(call) ASSERT_EQ(int(call), 0) << #call

#endif // MMC_TEST_EMULATOR_HEADERABI_H
