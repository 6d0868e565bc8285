// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A kernel decoded for execution: operations with their handlers, constants and memory layout.

#ifndef MMC_EMULATOR_PROGRAM_H
#define MMC_EMULATOR_PROGRAM_H

#include "Ptx/Ast.h"

#include "mmc/Runtime/Emulator/Report.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace mmc::emulator {

struct Warp;
struct Op;

/// What a handler has done with the program counter.
enum class Step : uint8_t {
  Next,  ///< nothing: the next instruction follows
  Jump,  ///< set it, perhaps switched to other lanes
  Yield, ///< no lane of the warp can go on now
};

/// Executes one instruction for the lanes of `mask`, which is not 0.
using OpFn = Step (*)(Warp &, const Op &, uint32_t mask);

/// Operands are byte offsets into the registers of a warp, or with constantBit into the constants.
/// A register is 32 values side by side, one of each lane; a predicate is a mask.
constexpr uint32_t noOperand = ~0u;
constexpr uint32_t constantBit = 1u << 31;

struct Op {
  OpFn run = nullptr;
  uint32_t guard = noOperand;
  bool guardNegated = false;
  bool isLeader = false; ///< a branch may come here: lanes that wait here are taken along
  Space space = Space::Generic;
  uint8_t flags = 0; ///< of the family of the instruction
  uint32_t dst = noOperand, dst2 = noOperand;
  uint32_t a = noOperand, b = noOperand, c = noOperand, d = noOperand;
  uint32_t list = 0;   ///< first entry of Program::lists, when operands are many
  uint32_t target = 0; ///< of a branch; or a small number
  int64_t imm = 0;     ///< offset of an address; or a small number
  uint8_t size = 0;    ///< bytes of an element in memory
  uint8_t count = 0;   ///< elements
  uint8_t width = 0;   ///< bytes of a register's lane
  bool isSigned = false;
};

/// Where an operation stands in the text.
struct Site {
  uint32_t line = 0;
  SourcePlace source;
  InstructionClass kind = InstructionClass::Move;
  std::string_view text;
  uint32_t function = 0; ///< index of Program::functions
  uint32_t block = 0;    ///< basic block within the function
};

/// A variable's place: an offset in shared memory, a stack frame or the parameters.
struct Placed {
  const Variable *variable = nullptr;
  uint64_t offset = 0, bytes = 0;
};

struct DecodedFunction {
  const Function *source = nullptr;
  uint32_t entry = 0, end = 0;                 ///< operations
  uint32_t registerBegin = 0, registerEnd = 0; ///< bytes of the register file
  std::vector<uint32_t> registerPlaces;        ///< of each register; noOperand: it does not occur
  uint32_t frameBytes = 0;
  std::vector<Placed> frame; ///< local variables and .param variables
  /// Of the basic blocks: whether a block does more than branch and return, and which blocks every
  /// way from it to the end of the function passes.
  std::vector<bool> blockHasEffect;
  std::vector<std::vector<bool>> postDominators;
  std::vector<uint32_t> parameterOffsets, resultOffsets; ///< of formals: frame or register offsets
  std::vector<uint32_t>
      shadows; ///< of the registers that are tracked: cleared when the function is entered
};

/// Shared memory begins here, as on chips that keep the first KiB for themselves.
constexpr uint64_t sharedBegin = 1024;
/// Local addresses begin here.
constexpr uint64_t localBegin = 256;
/// Addresses in .param: those of the kernel's parameters begin here, those of calls are local
/// addresses.
constexpr uint64_t kernelParameterBase = 1 << 20;
/// Windows of the generic address space.
constexpr uint64_t sharedWindow = uint64_t(1) << 48;
constexpr uint64_t localWindow = sharedWindow + (uint64_t(1) << 32);
constexpr uint64_t parameterWindow = localWindow + (uint64_t(1) << 32);
constexpr uint64_t functionWindow = parameterWindow + (uint64_t(1) << 32);
constexpr uint64_t windowsEnd = functionWindow + (uint64_t(1) << 32);
constexpr uint64_t functionStride = 16;

/// A register that an operation reads where perhaps nothing has written it.
struct TrackedRead {
  uint32_t shadow = 0; ///< where the lanes that have a value are: 32 bits among the registers
  uint32_t registerIndex = 0; ///< of the function, for messages
  bool isUse = false;         ///< the value decides something: an address, what is stored, a branch
  uint8_t elements = 0;       ///< of a store: which elements are this register
  bool fromStack = false;     ///< the register may have been loaded from unwritten local memory
};

/// An element of a load that is only carried on to stores: RegisterCopies.h.
struct CarriedElement {
  uint8_t element = 0;
  uint32_t shadow = noOperand; ///< noOperand: nobody needs to know
};

/// An operation that handles registers without a value, besides what it does otherwise.
struct TrackedOp {
  OpFn run = nullptr;
  uint32_t guard =
      noOperand; ///< when it is the guard that may have no value; Op::guard is noOperand then
  bool guardNegated = false;
  TrackedRead guardRead;
  std::vector<TrackedRead> reads;
  std::vector<uint32_t> writes; ///< shadows
  std::vector<CarriedElement> carried;
  /// What the results are without a value for: any read, all reads of the operation (of which
  /// `reads` are some), none, the operand that selp chooses, what another operand of and (0) or or
  /// (all ones) does not decide.
  enum class Results : uint8_t {
    NeedAll,
    NeedOne,
    NeedNothing,
    NeedChosen,
    NeedUndecided,
  } results = Results::NeedAll;
  /// Of the last two: the registers of the operands, noOperand for constants, and bytes (0:
  /// predicates).
  std::array<uint32_t, 3> operands{noOperand, noOperand, noOperand};
  uint8_t operandBytes = 0;
  bool isOr = false;
};

/// Of shared memory, for CUDA's cooperative groups: zeros at the begin of a block.
constexpr std::string_view reservedForGroups = "%reserved_smem_offset_1";
constexpr uint64_t reservedForGroupsBytes = 512;

struct Program {
  std::shared_ptr<const ParsedModule> module;
  std::string kernel;
  std::vector<Op> code;
  std::vector<Site> sites; ///< one per operation
  std::vector<uint32_t> lists;
  std::vector<uint8_t> constants;
  std::vector<DecodedFunction> functions; ///< [0] is the kernel
  std::vector<Placed> shared;             ///< static variables; guard bytes lie between them
  std::vector<Placed> parameters;
  /// From the number in a function's address to the index in `functions`; noOperand: not reachable.
  std::vector<uint32_t> functionsByNumber;
  uint64_t sharedEnd = sharedBegin; ///< where dynamic shared memory begins
  uint64_t staticShared = 0;        ///< bytes without guards
  uint64_t reservedShared = 0;      ///< where reservedForGroups lies; 0: it is not used
  uint64_t dynamicAlignment = 16;
  uint32_t registerBytes = 0;
  uint32_t stackBytes = 0; ///< of a thread
  uint32_t dynamicStackBegin = 0; ///< stackBytes, unless alloca may take what follows
  bool usesRecursion = false;
  bool usesHeap = false;                           ///< malloc or free
  std::unordered_map<uint32_t, TrackedOp> tracked; ///< by operation: RegisterFlow.h
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_PROGRAM_H
