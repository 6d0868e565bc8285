// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the uses that registers without a value may reach.

#include "RegisterFlow.h"

#include "Execute/Tracking.h"
#include "RegisterCopies.h"
#include "RegisterEffects.h"

#include <algorithm>

namespace mmc::emulator {

namespace {

/// A set of registers.
class RegisterSet {
public:
  explicit RegisterSet(size_t count, bool isFull = false)
      : words((count + 63) / 64, isFull ? ~uint64_t(0) : 0) {}
  bool has(uint32_t i) const { return words[i / 64] >> i % 64 & 1; }
  void add(uint32_t i) { words[i / 64] |= uint64_t(1) << i % 64; }
  void remove(uint32_t i) { words[i / 64] &= ~(uint64_t(1) << i % 64); }
  /// Adds all of another set; whether that changed anything.
  bool join(const RegisterSet &other) {
    uint64_t news = 0;
    for (size_t i = 0; i < words.size(); ++i) {
      news |= other.words[i] & ~words[i];
      words[i] |= other.words[i];
    }
    return news != 0;
  }

private:
  std::vector<uint64_t> words;
};

/// The analysis of one function.
class Flow {
public:
  Flow(Program &program, uint32_t index, const std::vector<OpRegisters> &registers)
      : program(program), decoded(program.functions[index]), body(decoded.source->body),
        registers(registers), count(decoded.source->registers.size()),
        copies(program, decoded, registers), needed(count) {}

  void run() {
    if (!count)
      return;
    findBlocks();
    flow();
    findSuspects();
    if (findNeeded() || copies.any())
      track();
  }
  /// Without following registers: loads that only carry report nothing.
  void runCopiesOnly() {
    if (copies.any())
      track();
  }

private:
  struct Block {
    uint32_t begin = 0, end = 0; ///< operations of the program
    std::vector<uint32_t> successors;
    RegisterSet unwritten; ///< registers that may have no value at the begin
    bool isReached = false;
  };
  struct Suspect {
    uint32_t pc;
    std::vector<uint32_t> reads,
        uses; ///< registers that may have no value; those of them that decide something
  };

  const Instruction *instructionAt(uint32_t pc) const {
    return pc - decoded.entry < body.size() ? &body[pc - decoded.entry]
                                            : nullptr; // else the ret at the end
  }

  RegisterEffect effectAt(uint32_t pc) const {
    const Instruction &in = *instructionAt(pc);
    RegisterEffect effect = effectOf(in, program.code[pc], registers[pc]);
    // A bit field is written: what was there without the field, or the field.
    if (in.opcode == "or" && copies.isMasked(registers[pc].reads))
      effect.results = TrackedOp::Results::NeedOne;
    return effect;
  }

  void findBlocks() {
    for (uint32_t pc = decoded.entry; pc < decoded.end; ++pc) {
      if (pc == decoded.entry || program.sites[pc].block != program.sites[pc - 1].block) {
        Block block{pc, pc, {}, RegisterSet(count), false};
        blocks.push_back(std::move(block));
      }
      blocks.back().end = pc + 1;
    }
    for (uint32_t b = 0; b < blocks.size(); ++b) {
      uint32_t last = blocks[b].end - 1;
      const Op &op = program.code[last];
      const Instruction *in = instructionAt(last);
      bool isTable = in && in->opcode == "brx", isBranch = in && in->opcode == "bra";
      bool ends =
          !in || in->opcode == "ret" || in->opcode == "exit" || in->opcode == "trap" || isBranch;
      if (isBranch)
        blocks[b].successors.push_back(program.sites[op.target].block);
      for (uint32_t i = 0; isTable && i < op.target; ++i)
        blocks[b].successors.push_back(program.sites[program.lists[op.list + i]].block);
      // An index beyond the table goes on behind it, which is reported.
      if ((!ends || (in && in->guard)) && !(isTable && !in->guard) && b + 1 < blocks.size())
        blocks[b].successors.push_back(b + 1);
    }
  }

  void transfer(uint32_t pc, RegisterSet &unwritten) const {
    const OpRegisters &mine = registers[pc];
    if (mine.writes.empty())
      return;
    bool isNone = hasNoValue(pc, unwritten);
    for (uint32_t i : mine.writes) {
      if (isNone)
        unwritten.add(i);
      else if (mine.guard == noOperand)
        unwritten.remove(i);
    }
    for (uint32_t i : copies.carriedBy(pc))
      unwritten.add(i);
  }

  bool hasNoValue(uint32_t pc, const RegisterSet &unwritten) const {
    const OpRegisters &mine = registers[pc];
    auto isIn = [&](uint32_t i) { return unwritten.has(i); };
    switch (effectAt(pc).results) {
    case TrackedOp::Results::NeedNothing:
      return false;
    case TrackedOp::Results::NeedOne:
      return std::all_of(mine.reads.begin(), mine.reads.end(), isIn);
    case TrackedOp::Results::NeedAll:
    case TrackedOp::Results::NeedChosen: // when it runs, it may have a value after all
    case TrackedOp::Results::NeedUndecided:
      return std::any_of(mine.reads.begin(), mine.reads.end(), isIn);
    }
    return false;
  }

  void flow() {
    blocks[0].unwritten = RegisterSet(count, /*isFull=*/true);
    for (const Function::Formal &formal : decoded.source->parameters)
      if (formal.isRegister)
        blocks[0].unwritten.remove(formal.registerIndex);
    blocks[0].isReached = true;
    std::vector<bool> waits(blocks.size(), false);
    waits[0] = true;
    for (bool changed = true; changed;) {
      changed = false;
      for (uint32_t b = 0; b < blocks.size(); ++b) {
        if (!waits[b])
          continue;
        waits[b] = false;
        RegisterSet state = blocks[b].unwritten;
        for (uint32_t pc = blocks[b].begin; pc < blocks[b].end; ++pc)
          transfer(pc, state);
        for (uint32_t next : blocks[b].successors) {
          bool isNew = blocks[next].unwritten.join(state) || !blocks[next].isReached;
          blocks[next].isReached = true;
          if (isNew)
            waits[next] = true, changed = true;
        }
      }
    }
  }

  void findSuspects() {
    for (const Block &block : blocks) {
      if (!block.isReached)
        continue;
      RegisterSet state = block.unwritten;
      for (uint32_t pc = block.begin; pc < block.end; ++pc) {
        if (instructionAt(pc)) {
          const OpRegisters &mine = registers[pc];
          RegisterEffect effect = effectAt(pc);
          Suspect suspect{pc, {}, {}};
          auto look = [&](uint32_t i, bool isUse) {
            if (!state.has(i))
              return;
            suspect.reads.push_back(i);
            if (isUse)
              suspect.uses.push_back(i);
          };
          for (uint32_t i : mine.reads)
            look(i, effect.usesReads);
          for (uint32_t i : mine.addresses)
            look(i, effect.usesAddresses);
          if (mine.guard != noOperand)
            look(mine.guard, /*isUse=*/true);
          if (!suspect.reads.empty())
            suspects.push_back(std::move(suspect));
        }
        transfer(pc, state);
      }
    }
  }

  static void describeOperands(const Instruction &in, TrackedOp &tracked) {
    for (size_t i = 1; i < in.operands.size() && i < 4; ++i)
      if (in.operands[i].kind == OperandKind::Register ||
          in.operands[i].kind == OperandKind::Predicate)
        tracked.operands[i - 1] = in.operands[i].index;
    tracked.operandBytes = in.type() == Type::Pred ? 0 : static_cast<uint8_t>(sizeOf(in.type()));
    tracked.isOr = in.opcode == "or";
  }

  /// The registers whose values reach uses. False if there are none.
  bool findNeeded() {
    bool any = false;
    for (const Suspect &suspect : suspects)
      for (uint32_t i : suspect.uses)
        needed.add(i), any = true;
    for (bool changed = any; changed;) {
      changed = false;
      for (const Suspect &suspect : suspects) {
        const OpRegisters &mine = registers[suspect.pc];
        RegisterEffect effect = effectAt(suspect.pc);
        bool passesOn = effect.results != TrackedOp::Results::NeedNothing &&
                        std::any_of(mine.writes.begin(), mine.writes.end(),
                                    [&](uint32_t i) { return needed.has(i); });
        if (passesOn)
          for (uint32_t i : suspect.reads)
            if (!needed.has(i))
              needed.add(i), changed = true;
      }
    }
    return any;
  }

  /// Which elements of a load or a store a register is.
  uint8_t elementsOf(const Op &op, uint32_t registerIndex) const {
    uint8_t elements = 0;
    for (unsigned i = 0; i < op.count; ++i)
      if (program.lists[op.list + 2 * i] == decoded.registerPlaces[registerIndex])
        elements |= 1u << i;
    return elements;
  }

  void track() {
    std::vector<uint32_t> shadows(count, noOperand);
    for (uint32_t i = 0; i < count; ++i)
      if (needed.has(i)) {
        shadows[i] = program.registerBytes;
        decoded.shadows.push_back(shadows[i]);
        program.registerBytes += 4;
      }
    auto at = suspects.begin();
    for (uint32_t pc = decoded.entry; pc < decoded.end; ++pc) {
      const Suspect *suspect = at != suspects.end() && at->pc == pc ? &*at++ : nullptr;
      const OpRegisters &mine = registers[pc];
      TrackedOp tracked;
      for (uint32_t i : mine.writes)
        if (needed.has(i))
          tracked.writes.push_back(shadows[i]);
      Op &op = program.code[pc];
      bool hasGuard = false;
      if (suspect) {
        RegisterEffect effect = effectAt(pc);
        tracked.results = effect.results;
        bool isStore = instructionAt(pc)->opcode == "st";
        if (effect.results == TrackedOp::Results::NeedChosen ||
            effect.results == TrackedOp::Results::NeedUndecided)
          describeOperands(*instructionAt(pc), tracked);
        for (uint32_t i : suspect->reads) {
          if (!needed.has(i))
            continue;
          bool isUse =
              std::find(suspect->uses.begin(), suspect->uses.end(), i) != suspect->uses.end();
          TrackedRead read{shadows[i], i, isUse, 0, copies.comesFromStack(i)};
          if (isStore)
            read.elements = elementsOf(op, i);
          if (i == mine.guard && !hasGuard) {
            hasGuard = true;
            tracked.guardRead = read;
          } else {
            tracked.reads.push_back(read);
          }
        }
      }
      // With a part that surely has a value the whole has one.
      if (tracked.results == TrackedOp::Results::NeedOne &&
          tracked.reads.size() < mine.reads.size())
        tracked.results = TrackedOp::Results::NeedNothing;
      for (uint32_t i : copies.carriedBy(pc))
        for (unsigned element = 0; element < op.count; ++element)
          if (elementsOf(op, i) >> element & 1)
            tracked.carried.push_back({static_cast<uint8_t>(element), shadows[i]});
      if (tracked.writes.empty() && tracked.reads.empty() && tracked.carried.empty() && !hasGuard)
        continue;
      tracked.run = op.run;
      if (hasGuard) {
        tracked.guard = op.guard;
        tracked.guardNegated = op.guardNegated;
        op.guard = noOperand;
      }
      op.run = runTracked;
      program.tracked.emplace(pc, std::move(tracked));
    }
  }

  Program &program;
  DecodedFunction &decoded;
  const std::vector<Instruction> &body;
  const std::vector<OpRegisters> &registers;
  size_t count;
  RegisterCopies copies;
  std::vector<Block> blocks;
  std::vector<Suspect> suspects;
  RegisterSet needed;
};

} // namespace

void trackUnwritten(Program &program, const std::vector<OpRegisters> &registers) {
  for (uint32_t i = 0; i < program.functions.size(); ++i) {
    Flow flow(program, i, registers);
    if (i == 0 || !program.usesRecursion)
      flow.run();
    else
      flow.runCopiesOnly();
  }
  program.registerBytes = (program.registerBytes + 63) / 64 * 64;
}

} // namespace mmc::emulator
