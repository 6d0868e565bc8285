// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the loads that guess for a compare-and-swap.

#include "AtomicGuesses.h"

#include "Execute/AccessPlan.h"
#include "Instructions/Table.h"

#include <algorithm>

namespace mmc::emulator {

namespace {
/// What an address counts from: a register, a variable or nothing, and how much it adds.
struct Base {
  const Variable *variable = nullptr;
  int64_t offset = 0;
  uint32_t registerIndex = noOperand;
  bool operator==(const Base &other) const {
    return variable == other.variable && offset == other.offset &&
           registerIndex == other.registerIndex;
  }
};
} // namespace

/// A register that only one instruction writes, with the address of a variable, stands for that.
static Base baseOf(const Operand &address, const std::vector<Instruction> &body,
                   const OpRegisters *registers) {
  Base base;
  base.offset = address.value;
  if (address.elements.empty())
    return base;
  const Operand &place = address.elements[0];
  base.variable = place.variable;
  if (place.kind != OperandKind::Register)
    return base;
  const Operand *written = nullptr;
  base.registerIndex = place.index;
  for (size_t i = 0; i < body.size(); ++i) {
    const std::vector<uint32_t> &writes = registers[i].writes;
    if (std::find(writes.begin(), writes.end(), place.index) == writes.end())
      continue;
    if (written || body[i].opcode != "mov" || body[i].operands[1].kind != OperandKind::Variable)
      return base;
    written = &body[i].operands[1];
  }
  if (written) {
    base.registerIndex = noOperand;
    base.variable = written->variable;
    base.offset += written->value;
  }
  return base;
}

/// What may stand between the guess and the comparison: copies, and the bits of a smaller type.
static bool passesOn(std::string_view opcode) {
  for (std::string_view mover : {"mov", "selp", "and", "or", "shl", "shr", "cvt"})
    if (opcode == mover)
      return true;
  return false;
}

static void relaxGuessesOf(Program &program, const DecodedFunction &decoded,
                           const Instruction &swap, const std::vector<OpRegisters> &registers) {
  const std::vector<Instruction> &body = decoded.source->body;
  const Operand &expected = swap.operands[2];
  if (expected.kind != OperandKind::Register)
    return;
  std::vector<bool> isCompared(decoded.source->registers.size());
  isCompared[expected.index] = true;
  auto reachesSwap = [&](size_t i) {
    const std::vector<uint32_t> &writes = registers[decoded.entry + i].writes;
    return std::any_of(writes.begin(), writes.end(), [&](uint32_t r) { return isCompared[r]; });
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < body.size(); ++i)
      if (passesOn(body[i].opcode) && reachesSwap(i))
        for (uint32_t r : registers[decoded.entry + i].reads)
          if (!isCompared[r])
            isCompared[r] = changed = true;
  }
  const OpRegisters *mine = &registers[decoded.entry];
  const Base swapped = baseOf(swap.operands[1], body, mine);
  for (size_t i = 0; i < body.size(); ++i)
    if (body[i].opcode == "ld" && !body[i].has("nc") && reachesSwap(i) &&
        baseOf(body[i].operands[1], body, mine) == swapped)
      program.code[decoded.entry + i].flags |= accessStrong;
}

void relaxGuesses(Program &program, const std::vector<OpRegisters> &registers) {
  for (const DecodedFunction &decoded : program.functions)
    for (const Instruction &instruction : decoded.source->body)
      if (instruction.opcode == "atom" && instruction.has("cas"))
        relaxGuessesOf(program, decoded, instruction, registers);
}

} // namespace mmc::emulator
