// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decoding of a kernel: its instructions, and the basic blocks that they form.

#include "AtomicGuesses.h"
#include "Builder.h"

#include "Instructions/Table.h"

#include <algorithm>

namespace mmc::emulator {

static constexpr size_t maxBlocksForOrder = 4096;

static Step unsupported(Warp &, const Op &, uint32_t) { return Step::Next; }

bool Builder::requireClusters(Location at) {
  if (module.sm < 90)
    error(at, "clusters need .target sm_90 or newer, got: " + module.target);
  return module.sm >= 90;
}

void Builder::decodeInstruction(const Instruction &instruction) {
  parsed = &instruction;
  pending = Op();
  current = &pending;
  registers = OpRegisters();
  if (instruction.guard) {
    pending.guard = registerOffset(*instruction.guard);
    pending.guardNegated = instruction.guard->negated;
  }
  const InstructionRow &row = *instruction.row;
  if (row.minimumSm > module.sm || (row.isSpecific && !module.isSpecific()))
    error("'" + instruction.text + "' needs .target sm_" + std::to_string(row.minimumSm) +
          (row.isSpecific ? "a or newer, with 'a' or 'f'" : " or newer") +
          ", got: " + module.target);
  if (instruction.has("cluster") || instruction.has("shared::cluster"))
    requireClusters(instruction.at);
  instruction.row->build(*this, instruction);
  if (!pending.run)
    pending.run = unsupported; // an error has been reported
  program.code.push_back(pending);
  if (instruction.guard)
    registers.guard = instruction.guard->index;
  allRegisters.push_back(std::move(registers));
  Site site;
  site.line = instruction.at.line;
  site.source = instruction.source;
  site.kind = instruction.row->kind;
  site.text = instruction.text;
  site.function = currentIndex;
  program.sites.push_back(site);
}

static const Instruction &implicitReturn() {
  static const Instruction instruction = [] {
    Instruction made;
    made.opcode = "ret";
    made.text = "ret";
    MatchError ignored;
    matchInstruction(made, {}, ignored);
    return made;
  }();
  return instruction;
}

void Builder::decode(uint32_t index) {
  currentIndex = index;
  currentFunction = program.functions[index].source;
  for (const Instruction &instruction : currentFunction->body)
    decodeInstruction(instruction);
  decodeInstruction(implicitReturn());
  findBlocks(index);
}

/// Basic blocks: where lanes may meet, and which blocks every way to the end passes.
void Builder::findBlocks(uint32_t index) {
  DecodedFunction &decoded = program.functions[index];
  const std::vector<Instruction> &body = decoded.source->body;
  size_t count = body.size() + 1;
  std::vector<bool> begins(count + 1, false);
  begins[0] = true;
  for (uint32_t label : decoded.source->labels) {
    begins[label] = true;
    program.code[decoded.entry + label].isLeader = true;
  }
  auto isBranch = [&](size_t i) { return body[i].opcode == "bra" || body[i].opcode == "brx"; };
  auto isEnd = [&](size_t i) {
    return i == body.size() || body[i].opcode == "ret" || body[i].opcode == "exit";
  };
  for (size_t i = 0; i < body.size(); ++i) {
    if (isBranch(i) || isEnd(i))
      begins[i + 1] = true;
    if (body[i].opcode == "call" || isBranch(i) || body[i].guard)
      program.code[decoded.entry + i + 1].isLeader = true;
  }
  std::vector<uint32_t> blockOf(count);
  std::vector<size_t> firsts;
  for (size_t i = 0; i < count; ++i) {
    if (begins[i])
      firsts.push_back(i);
    blockOf[i] = static_cast<uint32_t>(firsts.size() - 1);
    program.sites[decoded.entry + i].block = blockOf[i];
  }
  size_t blocks = firsts.size();
  decoded.blockHasEffect.assign(blocks, false);
  bool needsOrder = false;
  for (size_t i = 0; i < body.size(); ++i) {
    InstructionClass kind = body[i].row->kind;
    bool waits = kind == InstructionClass::Barrier || kind == InstructionClass::Warp;
    needsOrder |= waits || body[i].opcode == "call";
    if (waits || kind == InstructionClass::Store || kind == InstructionClass::Atomic ||
        kind == InstructionClass::AsyncCopy || body[i].opcode == "call")
      decoded.blockHasEffect[blockOf[i]] = true;
  }
  decoded.postDominators.assign(blocks, std::vector<bool>());
  if (index != 0 || !needsOrder || blocks > maxBlocksForOrder) {
    for (auto &row : decoded.postDominators)
      row.assign(blocks, false);
    return;
  }
  std::vector<std::vector<uint32_t>> successors(blocks);
  for (size_t b = 0; b < blocks; ++b) {
    size_t last = (b + 1 < blocks ? firsts[b + 1] : count) - 1;
    bool fallsThrough = true;
    if (last < body.size() && isBranch(last)) {
      const Op &op = program.code[decoded.entry + last];
      fallsThrough = body[last].guard.has_value();
      if (body[last].opcode == "bra")
        successors[b].push_back(blockOf[op.target - decoded.entry]);
      else
        for (uint32_t i = 0; i < op.target; ++i)
          successors[b].push_back(blockOf[program.lists[op.list + i] - decoded.entry]);
    } else if (isEnd(last)) {
      fallsThrough = last < body.size() && body[last].guard.has_value();
    }
    if (fallsThrough && b + 1 < blocks)
      successors[b].push_back(static_cast<uint32_t>(b + 1));
  }
  std::vector<std::vector<bool>> &order = decoded.postDominators;
  for (size_t b = 0; b < blocks; ++b) {
    order[b].assign(blocks, !successors[b].empty());
    order[b][b] = true;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t b = blocks; b-- > 0;) {
      if (successors[b].empty())
        continue;
      std::vector<bool> common = order[successors[b][0]];
      for (size_t s = 1; s < successors[b].size(); ++s)
        for (size_t i = 0; i < blocks; ++i)
          common[i] = common[i] && order[successors[b][s]][i];
      common[b] = true;
      if (common != order[b]) {
        order[b] = std::move(common);
        changed = true;
      }
    }
  }
}

bool Builder::build(const Function &kernel) {
  if (!collect(kernel))
    return false;
  layParameters(kernel);
  layShared();
  for (DecodedFunction &decoded : program.functions) {
    layFrame(decoded);
    layRegisters(decoded);
  }
  layStack();
  if (!diagnostics.empty())
    return false;
  // Formals in registers were numbered before registers had places.
  for (size_t i = 1; i < program.functions.size(); ++i) {
    DecodedFunction &decoded = program.functions[i];
    auto place = [&](const std::vector<Function::Formal> &formals, std::vector<uint32_t> &offsets) {
      for (size_t f = 0; f < formals.size(); ++f)
        if (formals[f].isRegister)
          offsets[f] = registerOffsets[i][formals[f].registerIndex];
    };
    place(decoded.source->parameters, decoded.parameterOffsets);
    place(decoded.source->results, decoded.resultOffsets);
  }
  uint32_t entry = 0;
  for (DecodedFunction &decoded : program.functions) {
    decoded.entry = entry;
    entry += static_cast<uint32_t>(decoded.source->body.size()) + 1;
    decoded.end = entry;
  }
  for (uint32_t i = 0; i < program.functions.size(); ++i)
    decode(i);
  if (diagnostics.empty())
    relaxGuesses(program, allRegisters);
  if (diagnostics.empty())
    trackUnwritten(program, allRegisters);
  program.constants.resize(program.constants.size() + 64);
  return diagnostics.empty();
}

} // namespace mmc::emulator
