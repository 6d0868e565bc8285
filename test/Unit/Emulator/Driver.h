// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the tests of the emulated driver share: a context, kernels, and programs that run as
// processes of their own.

#ifndef MMC_TEST_EMULATOR_DRIVER_H
#define MMC_TEST_EMULATOR_DRIVER_H

#include "mmc/Runtime/Emulator/Driver/Cuda.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace mmc::emulator::test {

#define EXPECT_CU(call) EXPECT_EQ(call, CUDA_SUCCESS)
#define ASSERT_CU(call) ASSERT_EQ(call, CUDA_SUCCESS)

/// Kernels for the tests:
///   axpy(u64 y, u64 x, f32 a, u32 n)   y[i] += a x[i]
///   await(u64 flag)                    ends when the word is not zero
///   past(u64 p, u32 n)                 stores a word at p + n
///   reverse(u64 p)                     reverses as many words as a block has threads, through
///   dynamic shared memory trap() scaled(u64 p)                      p[0] = variable "factor" ×
///   constant "three"
extern const char *const driverKernels;

/// The primary context of device 0, current, with the kernels loaded; all released at the end.
class Driver : public ::testing::Test {
protected:
  void SetUp() override;
  void TearDown() override;

  CUfunction function(const char *name);
  CUdeviceptr allocate(size_t bytes);
  CUstream stream(unsigned flags = CU_STREAM_NON_BLOCKING);
  void *pinned(size_t bytes);
  /// A launch of one block.
  CUresult launch(const char *name, unsigned threads, std::vector<void *> parameters,
                  CUstream stream = nullptr, unsigned shared = 0);
  /// Puts a kernel into the stream that runs until open() is called for what is returned.
  uint32_t *gate(CUstream stream);
  static void open(uint32_t *gate);

  CUcontext context = nullptr;
  CUmodule module = nullptr;
  std::vector<CUdeviceptr> memory;
  std::vector<CUstream> streams;
  std::vector<void *> hosts;
};

/// What a program of tests does; it runs with a context as Driver's, unless its name begins with
/// "bare".
class Program : public Driver {
public:
  void TestBody() override {}
  void begin() { SetUp(); }
  void end() { TearDown(); }
  using Driver::allocate;
  using Driver::context;
  using Driver::function;
  using Driver::gate;
  using Driver::hosts;
  using Driver::launch;
  using Driver::memory;
  using Driver::module;
  using Driver::open;
  using Driver::pinned;
  using Driver::stream;
};
using ProgramBody = void (*)(Program &);
std::map<std::string, ProgramBody> &programs();
struct RegisterProgram {
  RegisterProgram(const char *name, ProgramBody body) { programs()[name] = body; }
};
#define DRIVER_PROGRAM(name)                                                                       \
  static void name(Program &program);                                                              \
  static RegisterProgram register_##name(#name, name);                                             \
  static void name([[maybe_unused]] Program &program)

/// How a program ended.
struct Outcome {
  int status = 0;
  std::set<std::string> kinds; ///< of the report's findings
  std::string report;          ///< the JSON
  std::string error;           ///< stderr
};
/// Runs a program as a process of its own, with `environment` ("NAME=VALUE").
Outcome runProgram(const std::string &name, const std::vector<std::string> &environment = {});

} // namespace mmc::emulator::test

#endif // MMC_TEST_EMULATOR_DRIVER_H
