// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs kernels that tests write in PTX, and tables of instructions whose 32 lanes have operands of
// their own.

#ifndef MMC_TEST_EMULATOR_TABLE_H
#define MMC_TEST_EMULATOR_TABLE_H

#include "mmc/Runtime/Emulator/Device.h"

#include <array>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace mmc::emulator::test {

/// What stands around a kernel's statements, and how it is launched.
struct KernelSetup {
  std::string chip = "sm_90", version = "8.8";
  std::string declarations; ///< of the module: variables, functions
  Dim3 grid, block = {32};
  uint64_t dynamicShared = 0;
  std::vector<uint8_t> source; ///< what `in` points to
  size_t targetBytes = 4096;   ///< what `out` points to; filled with 0xee before
  bool checkRaces = true;
  std::optional<uint64_t> schedule;
};

struct Outcome {
  Status status;
  LaunchReport report;
  std::vector<uint8_t> target;
  template <typename T>
  T at(size_t index) const {
    T value{};
    std::memcpy(&value, target.data() + index * sizeof(T), sizeof(T));
    return value;
  }
};

/// With MMC_KEEP_PTX=FOLDER: writes a module there, once per text, for an assembler that shall take
/// what the tests run.
void keepForAssembler(const std::string &text, const std::string &chip);

/// Runs statements that find `in` and `out` (.b64), `tid` (.b32) and registers p<9>, b<17> (.b8),
/// h<17>
/// (.b16), r<17> (.b32), d<17> (.b64), o<5> (.b128), f<9>, e<9> (.f32, .f64) and `policy`. The
/// module must load.
Outcome runKernel(const std::string &statements, const KernelSetup &setup = {});
/// The same, and nothing may be reported.
Outcome runClean(const std::string &statements, const KernelSetup &setup = {});
/// What loading says, empty when it succeeds.
std::string loadError(const std::string &statements, const KernelSetup &setup = {});
/// How many threads were reported with this kind.
uint64_t countOf(const Outcome &outcome, ViolationKind kind);

/// 16 bytes, least significant first.
using Bytes = std::array<uint8_t, 16>;
/// The low bytes of a number, the rest 0.
Bytes bytesOf(unsigned __int128 value);
/// A number from some of the bytes.
uint64_t numberAt(const Bytes &bytes, size_t first, size_t count);
/// What the lanes have as operands: zeros, ones, borders of signs, all bytes different.
const std::vector<Bytes> &laneOperands();

/// One row: a statement, the registers that it sets, and what they then have, side by side.
struct Form {
  std::string text;
  std::vector<std::string> results;
  std::function<Bytes(const Bytes &operands, unsigned lane)> model;
};
/// Runs every form in all lanes, and in those of odd number only: the others keep what the results
/// had. Before, lane i has laneOperands()[i] in o1, in {d1, d2}, {r1 … r4}, {h1 … h8}, {b1 … b8}
/// (the low bytes), f1 = r1, e1 = d1.
void checkForms(const std::vector<Form> &forms, KernelSetup setup = {},
                const std::string &before = "");

} // namespace mmc::emulator::test

#endif // MMC_TEST_EMULATOR_TABLE_H
