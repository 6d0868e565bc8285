// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Arguments that no program means: nulls, handles that are none, numbers at the ends of their
// range.

#ifndef MMC_TEST_EMULATOR_BADARGUMENTS_H
#define MMC_TEST_EMULATOR_BADARGUMENTS_H

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <type_traits>

namespace mmc::emulator::test {

/// Calls C functions with such arguments, always the same ones. Pointers to data are null or point
/// to zeros: an interface in C can tell no others from good ones.
class BadArguments {
public:
  template <typename Result, typename... Parameters>
  Result call(Result (*function)(Parameters...)) {
    std::memset(zeros, 0, sizeof zeros);
    return function(argument<Parameters>()...);
  }

private:
  template <typename T, typename = void>
  struct IsComplete : std::false_type {};
  template <typename T>
  struct IsComplete<T, std::enable_if_t<(sizeof(T) > 0)>> : std::true_type {};

  template <typename T, size_t count>
  T oneOf(const T (&values)[count]) {
    return values[random() % count];
  }

  template <typename T>
  T argument() {
    if constexpr (std::is_pointer_v<T>) {
      using Target = std::remove_cv_t<std::remove_pointer_t<T>>;
      if constexpr (std::is_function_v<Target> || std::is_same_v<Target, FILE>)
        return nullptr;
      else if constexpr (std::is_void_v<Target>)
        return oneOf<T>({nullptr, zeros});
      else if constexpr (IsComplete<Target>::value)
        return oneOf<T>({nullptr, reinterpret_cast<T>(zeros)});
      else // a handle, which is not followed
        return reinterpret_cast<T>(
            oneOf<uintptr_t>({0, 0x1230, 0x00e5000000000010, ~uintptr_t(15)}));
    } else if constexpr (std::is_class_v<T>) {
      return T{};
    } else {
      return static_cast<T>(
          oneOf<uint64_t>({0, 1, 2, 4, 4096, 0x7fffffff, 0x80000000, ~uint64_t(0),
                           ~uint64_t(0) >> 1, uint64_t(1) << 47, uint64_t(1) << 32}));
    }
  }

  std::mt19937 random{1};
  alignas(64) char zeros[1 << 16];
};

} // namespace mmc::emulator::test

#endif // MMC_TEST_EMULATOR_BADARGUMENTS_H
