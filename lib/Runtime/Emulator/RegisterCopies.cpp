// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the registers that only carry bytes from memory to memory.

#include "RegisterCopies.h"

#include "Instructions/Table.h"

namespace mmc::emulator {

static bool mayBeLocal(Space space) {
  return space == Space::Local || space == Space::Generic || space == Space::Param;
}

/// Instructions that move bits about and decide nothing.
static bool carries(std::string_view opcode) {
  for (std::string_view mover : {"mov", "selp", "and", "or", "shl", "shr", "cvt", "bfi", "prmt"})
    if (opcode == mover)
      return true;
  return false;
}

RegisterCopies::RegisterCopies(const Program &program, const DecodedFunction &decoded,
                               const std::vector<OpRegisters> &registers)
    : program(program), registers(registers), entry(decoded.entry),
      isUsed(decoded.source->registers.size()), isRead(isUsed.size()), fromStack(isUsed.size()),
      masked(isUsed.size()), loads(decoded.end - decoded.entry) {
  findHardUses(decoded);
  findMasked(decoded);
  findLoads(decoded);
  if (hasLoads)
    followLoads(decoded);
}

void RegisterCopies::findHardUses(const DecodedFunction &decoded) {
  const std::vector<Instruction> &body = decoded.source->body;
  for (size_t i = 0; i < body.size(); ++i) {
    const OpRegisters &mine = registers[entry + i];
    bool isStore = body[i].opcode == "st" && mayBeLocal(program.code[entry + i].space);
    for (uint32_t r : mine.reads) {
      isRead[r] = true;
      if (!isStore && !carries(body[i].opcode))
        isUsed[r] = true;
    }
    for (uint32_t r : mine.addresses)
      isRead[r] = isUsed[r] = true;
    if (mine.guard != noOperand)
      isRead[mine.guard] = isUsed[mine.guard] = true;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = body.size(); i-- > 0;) {
      const OpRegisters &mine = registers[entry + i];
      if (!carries(body[i].opcode) || std::none_of(mine.writes.begin(), mine.writes.end(),
                                                   [&](uint32_t r) { return bool(isUsed[r]); }))
        continue;
      for (uint32_t r : mine.reads)
        if (!isUsed[r])
          isUsed[r] = changed = true;
    }
  }
}

void RegisterCopies::findMasked(const DecodedFunction &decoded) {
  const std::vector<Instruction> &body = decoded.source->body;
  for (size_t i = 0; i < body.size(); ++i) {
    bool masks = body[i].opcode == "and" && registers[entry + i].reads.size() == 1;
    for (uint32_t r : registers[entry + i].writes)
      masked[r] |= masks ? 1 : 2;
  }
}

void RegisterCopies::findLoads(const DecodedFunction &decoded) {
  const std::vector<Instruction> &body = decoded.source->body;
  for (size_t i = 0; i < body.size(); ++i) {
    if (body[i].opcode != "ld" || !mayBeLocal(program.code[entry + i].space))
      continue;
    // An element that nobody reads is padding if another one is read.
    const std::vector<uint32_t> &writes = registers[entry + i].writes;
    if (std::none_of(writes.begin(), writes.end(), [&](uint32_t r) { return bool(isRead[r]); }))
      continue;
    for (uint32_t r : writes)
      if (!isUsed[r])
        loads[i].push_back(r);
    hasLoads |= !loads[i].empty();
  }
}

void RegisterCopies::followLoads(const DecodedFunction &decoded) {
  const std::vector<Instruction> &body = decoded.source->body;
  for (const std::vector<uint32_t> &carried : loads)
    for (uint32_t r : carried)
      fromStack[r] = true;
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < body.size(); ++i) {
      const OpRegisters &mine = registers[entry + i];
      if (!carries(body[i].opcode) || std::none_of(mine.reads.begin(), mine.reads.end(),
                                                   [&](uint32_t r) { return bool(fromStack[r]); }))
        continue;
      for (uint32_t r : mine.writes)
        if (!fromStack[r])
          fromStack[r] = changed = true;
    }
  }
}

} // namespace mmc::emulator
