// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs kernels of the corpus in tests: every compiler and chip, many schedules, no violation
// allowed.

#ifndef MMC_TEST_EMULATOR_GPU_H
#define MMC_TEST_EMULATOR_GPU_H

#include "mmc/Runtime/Emulator/Device.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace mmc::emulator::test {

/// A kernel with its arguments, in the order in which they are given.
class Gpu {
public:
  Gpu(Device &device, const Kernel &kernel, LaunchOptions options)
      : device(device), kernel(kernel), options(options) {}
  ~Gpu() {
    for (uint64_t address : allocations)
      EXPECT_TRUE(device.memory().free(address).isOk());
  }

  /// A buffer with these values; gives its number for get().
  template <typename T>
  size_t buffer(const std::vector<T> &values) {
    size_t index = space(values.size() * sizeof(T));
    EXPECT_TRUE(
        device.memory().write(allocations[index], values.data(), values.size() * sizeof(T)).isOk());
    return index;
  }
  /// A buffer that nothing has been written to.
  template <typename T>
  size_t empty(size_t count) {
    return space(count * sizeof(T));
  }
  template <typename T>
  void value(T scalar) {
    std::vector<uint8_t> bytes(sizeof scalar);
    std::memcpy(bytes.data(), &scalar, sizeof scalar);
    arguments.push_back(std::move(bytes));
  }
  /// Runs; a violation or a refusal fails the test.
  void run(Dim3 grid, Dim3 block, uint64_t shared = 0);
  /// Runs and gives the report.
  LaunchResult report(Dim3 grid, Dim3 block, uint64_t shared = 0);
  template <typename T>
  std::vector<T> get(size_t index, size_t count) {
    std::vector<T> values(count);
    EXPECT_EQ(device.memory().countUninitialized(allocations[index], count * sizeof(T)), 0u)
        << "not all was written";
    EXPECT_TRUE(device.memory().read(allocations[index], values.data(), count * sizeof(T)).isOk());
    return values;
  }

  bool isCooperative = false; ///< of the launch

private:
  size_t space(uint64_t bytes);
  Device &device;
  const Kernel &kernel;
  LaunchOptions options;
  std::vector<uint64_t> allocations;
  std::vector<std::vector<uint8_t>> arguments;
};

/// What FOLDER/FILE.cu was compiled to, sorted. The folder is in test/PTX, or where the variable
/// MMC_TEST_PTX says (test/PTX/variants compiles in many more ways).
std::vector<std::string> variants(const std::string &folder, const std::string &file);
/// Calls the test for each variant of `file` in corpus: as blocks come, and under 20 schedules.
void corpus(const std::string &file, const std::string &kernel,
            const std::function<void(Gpu &)> &test);
/// The same with test/PTX/triton/KERNEL.*.ptx.
void corpusOfTriton(const std::string &kernel, const std::function<void(Gpu &)> &test);
/// Loads a file on the chip that it is for.
struct Loaded {
  std::unique_ptr<Device> device;
  std::shared_ptr<Module> module;
};
Loaded &load(const std::string &path);

/// Small pseudo-random values, the same on every machine.
template <typename T>
std::vector<T> numbers(size_t count, double low, double high, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<T> values(count);
  for (T &value : values)
    value = static_cast<T>(low + (high - low) * (random() / 4294967296.0));
  return values;
}

/// |got - want| <= tolerance · max(1, |want|), NaN refused.
void expectClose(const std::vector<float> &got, const std::vector<double> &want, double tolerance);

} // namespace mmc::emulator::test

#endif // MMC_TEST_EMULATOR_GPU_H
