// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the loads that guess for a compare-and-swap.

#include "AtomicGuesses.h"

#include "Execute/AccessPlan.h"
#include "Instructions/Table.h"

#include <algorithm>

namespace mmc::emulator {

static bool isSameAddress(const Operand &a, const Operand &b) {
  if (a.value != b.value || a.elements.size() != b.elements.size())
    return false;
  if (a.elements.empty())
    return true;
  const Operand &x = a.elements[0], &y = b.elements[0];
  return x.kind == y.kind &&
         (x.kind == OperandKind::Register ? x.index == y.index : x.variable == y.variable);
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
  for (size_t i = 0; i < body.size(); ++i)
    if (body[i].opcode == "ld" && !body[i].has("nc") && reachesSwap(i) &&
        isSameAddress(body[i].operands[1], swap.operands[1]))
      program.code[decoded.entry + i].flags |= accessStrong;
}

void relaxGuesses(Program &program, const std::vector<OpRegisters> &registers) {
  for (const DecodedFunction &decoded : program.functions)
    for (const Instruction &instruction : decoded.source->body)
      if (instruction.opcode == "atom" && instruction.has("cas"))
        relaxGuessesOf(program, decoded, instruction, registers);
}

} // namespace mmc::emulator
