// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a launch is reported to have done: violations and counters.

#ifndef MMC_RUNTIME_EMULATOR_REPORT_H
#define MMC_RUNTIME_EMULATOR_REPORT_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mmc::emulator {

enum class ViolationKind : uint8_t {
  OutOfBounds,           ///< beyond every allocation or variable of the space
  LocalOutOfBounds,      ///< the same in a thread's own stack frame
  Misaligned,            ///< an address that is no multiple of the access
  UseAfterFree,          ///< within an allocation that has been freed
  Uninitialized,         ///< bytes that nobody has written
  SharedRace,            ///< conflicting accesses to shared memory without a barrier between them
  GlobalRace,            ///< the same in global memory, within a launch
  DivergentBarrier,      ///< a barrier that not all of its threads reach
  DivergentShuffle,      ///< a shuffle, vote or match whose lanes do not all take part
  LaunchConfiguration,   ///< a launch that the chip would refuse
  InvalidInstruction,    ///< an operand that the instruction does not allow; trap
  UninitializedRegister, ///< a register that nothing has written decides an address, a branch or
                         ///< what is stored
};

/// The name in reports: "out-of-bounds", "shared-race", ….
std::string_view nameOf(ViolationKind kind);

/// Violations of one kind at one line are one entry: the first thread that was seen, and how many.
struct Violation {
  ViolationKind kind = ViolationKind::OutOfBounds;
  uint32_t line = 0;       ///< of the PTX text, from 1; 0 when there is no instruction (launches)
  std::string source;      ///< "kernel.cu:12" where the PTX has .loc, else empty
  std::string instruction; ///< the opcode as it stands in the text
  std::array<uint32_t, 3> block{}, thread{};
  uint64_t address = 0; ///< as the kernel had it; 0 where there is none
  uint64_t count = 0;   ///< how many threads did the same at this line
  std::string message;  ///< what happened, for people
};

/// What an instruction is counted as.
enum class InstructionClass : uint8_t {
  Integer,
  Float,
  Half,
  Conversion,
  Logic,
  Comparison,
  Move,
  Load,
  Store,
  Atomic,
  AsyncCopy,
  Control,
  Barrier,
  Warp,
  Matrix,
};
inline constexpr unsigned instructionClassCount = 15;
std::string_view nameOf(InstructionClass kind);

/// Counts over all threads of a launch.
struct Counters {
  uint64_t threadInstructions = 0; ///< executed, per thread whose guard was true
  uint64_t warpInstructions = 0;   ///< issued, per warp
  std::array<uint64_t, instructionClassCount> byClass{}; ///< thread instructions
  uint64_t globalBytesRead = 0, globalBytesWritten = 0;
  uint64_t sharedBytesRead = 0, sharedBytesWritten = 0;
  uint64_t localBytesRead = 0, localBytesWritten = 0;
  uint64_t constBytesRead = 0, paramBytesRead = 0;
  uint64_t globalRequests = 0; ///< warp instructions that access global memory
  uint64_t globalSectors = 0;  ///< distinct 32-byte sectors of those requests, summed
  uint64_t sharedRequests = 0;
  uint64_t bankConflicts = 0;     ///< passes over shared memory beyond the first of each request
  uint64_t divergentBranches = 0; ///< branches at which a warp split
  uint64_t atomics = 0;           ///< thread instructions
  uint64_t barriers = 0;          ///< block barriers completed
  uint64_t blocks = 0, warps = 0;

  Counters &operator+=(const Counters &other);
};

/// Bytes of one allocation that a launch has read or written: [begin, end) device addresses.
struct AccessRange {
  uint64_t begin = 0, end = 0;
  bool written = false;
};

/// Everything about one launch.
struct LaunchReport {
  std::string kernel, chip;
  std::vector<Violation> violations; ///< by line
  bool truncated = false;            ///< more kinds and lines than are kept
  Counters counters;
};

/// {"kernel", "chip", "violations": [{"kind", "line", "block", "thread", "address", …}],
/// "counters"}.
std::string toJson(const LaunchReport &report);
/// The same for people, several lines.
std::string toText(const LaunchReport &report);

} // namespace mmc::emulator

#endif // MMC_RUNTIME_EMULATOR_REPORT_H
