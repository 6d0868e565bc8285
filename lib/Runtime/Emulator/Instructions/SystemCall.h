// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The functions that CUDA provides to kernels, and modules only declare: printf, assert, malloc.

#ifndef MMC_EMULATOR_INSTRUCTIONS_SYSTEMCALL_H
#define MMC_EMULATOR_INSTRUCTIONS_SYSTEMCALL_H

#include "../Execute/Block.h"

#include <string>
#include <string_view>
#include <vector>

namespace mmc::emulator {

/// What a call passes, or gets back: of each where it lies with the caller, and its bytes. Bytes of
/// 0 mark a predicate. In Program::lists: count of arguments, arguments, count of results, results.
struct Passed {
  uint32_t isRegister, place, bytes;
};
const Passed *passedArguments(const Warp &warp, const Op &op, uint32_t &count);
const Passed *passedResults(const Warp &warp, const Op &op, uint32_t &count);

/// A function of CUDA's: the bytes of its parameters and of its result (0: none), and what runs it.
struct SystemFunction {
  std::string_view name;
  std::vector<unsigned> parameters;
  unsigned result;
  OpFn run;
  bool usesHeap;
};
/// Null when CUDA has none of that name.
const SystemFunction *findSystemFunction(std::string_view name);

/// An argument of a lane's call, as one number.
uint64_t argumentOf(const Warp &warp, const Op &op, unsigned index, unsigned lane);
/// Gives each lane of the mask the result of the call.
void returnValues(Warp &warp, const Op &op, uint32_t mask, const std::array<uint64_t, 32> &values);
/// N bytes at a generic address, read as a kernel's load does it; 0 for what is reported.
uint64_t loadFor(Warp &warp, const Op &op, unsigned lane, uint64_t address, unsigned bytes);
/// Characters from a generic address up to a zero.
std::string textFor(Warp &warp, const Op &op, unsigned lane, uint64_t address);

// Printf.cpp, SystemCall.cpp, Heap.cpp
Step callPrintf(Warp &warp, const Op &op, uint32_t mask);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_SYSTEMCALL_H
