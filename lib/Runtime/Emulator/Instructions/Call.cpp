// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// call and ret: frames, arguments, results.

#include "../Execute/Block.h"
#include "Control.h"
#include "SystemCall.h"

#include <algorithm>

namespace mmc::emulator {

const Passed *passedArguments(const Warp &warp, const Op &op, uint32_t &count) {
  const uint32_t *list = &warp.block->launch->program.lists[op.list];
  count = list[0];
  return reinterpret_cast<const Passed *>(list + 1);
}
const Passed *passedResults(const Warp &warp, const Op &op, uint32_t &count) {
  const uint32_t *list = &warp.block->launch->program.lists[op.list];
  list += 1 + 3 * list[0];
  count = list[0];
  return reinterpret_cast<const Passed *>(list + 1);
}

namespace {

constexpr uint32_t maxCallDepth = 1024;

void copyRegister(Warp &warp, uint32_t to, uint32_t from, uint32_t bytes, uint32_t mask) {
  if (!bytes)
    return warp.setPredicate(to, *warp.source<uint32_t>(from), mask);
  forLanes(mask, [&](unsigned lane) {
    std::memcpy(warp.destination<uint8_t>(to) + lane * bytes,
                warp.source<uint8_t>(from) + lane * bytes, bytes);
  });
}
/// Bytes of the stack, with what is known of them.
void copyStack(Warp &warp, uint32_t to, uint32_t from, uint32_t bytes, uint32_t mask) {
  forLanes(mask, [&](unsigned lane) {
    size_t base = size_t(lane) * warp.stackBytes;
    std::memcpy(warp.local + base + to, warp.local + base + from, bytes);
    std::memcpy(warp.localState + base + to, warp.localState + base + from, bytes);
  });
}
void setFrameState(Warp &warp, const DecodedFunction &function, uint32_t base, uint8_t state,
                   uint32_t mask) {
  for (const Placed &placed : function.frame)
    forLanes(mask, [&](unsigned lane) {
      std::memset(warp.localState + size_t(lane) * warp.stackBytes + base + placed.offset, state,
                  placed.bytes);
    });
}

bool isActive(const Warp &warp, uint32_t function) {
  for (uint32_t node = warp.frame; node; node = warp.frames[node].parent)
    if (warp.frames[node].function == function)
      return true;
  return false;
}

/// Copies the registers of a function for some lanes, to or from where they are kept.
void keepRegisters(Warp &warp, const DecodedFunction &function, std::vector<uint8_t> &kept,
                   uint32_t mask, bool restore) {
  size_t size = function.registerEnd - function.registerBegin;
  kept.resize(size);
  for (size_t i = 0; i < function.source->registers.size(); ++i) {
    uint32_t offset = function.registerPlaces[i];
    unsigned bytes = function.source->registers[i].type == Type::Pred
                         ? 0
                         : sizeOf(function.source->registers[i].type);
    if (offset == noOperand)
      continue;
    uint8_t *mine = warp.registers + offset,
            *saved = kept.data() + (offset - function.registerBegin);
    uint8_t *to = restore ? mine : saved, *from = restore ? saved : mine;
    if (!bytes) {
      uint32_t a, b;
      std::memcpy(&a, to, 4);
      std::memcpy(&b, from, 4);
      a = (a & ~mask) | (b & mask);
      std::memcpy(to, &a, 4);
      continue;
    }
    forLanes(mask,
             [&](unsigned lane) { std::memcpy(to + lane * bytes, from + lane * bytes, bytes); });
  }
}

Step giveUp(Warp &warp, uint32_t mask, ViolationKind kind, const std::string &why) {
  warp.block->launch->violations.add(warp, warp.pc, kind, __builtin_ctz(mask), 0,
                                     [&] { return why; });
  return warp.exitLanes(mask);
}

Step callFunction(Warp &warp, const Op &op, uint32_t mask, uint32_t index) {
  const Program &program = warp.block->launch->program;
  const DecodedFunction &callee = program.functions[index];
  uint32_t passed = 0;
  const Passed *list = passedArguments(warp, op, passed);
  if (passed != callee.parameterOffsets.size())
    return giveUp(warp, mask, ViolationKind::InvalidInstruction,
                  "'" + callee.source->name + "' takes another number of arguments");
  warp.split(warp.mask & ~mask, warp.pc + 1);
  uint32_t callerBase = warp.localBase;
  bool isRecursive = isActive(warp, index);
  uint32_t node = warp.enterFrame(op, index, warp.pc);
  FrameNode &frame = warp.frames[node];
  if (frame.depth > maxCallDepth ||
      (program.stackBytes && frame.localBase + callee.frameBytes > program.dynamicStackBegin))
    return giveUp(warp, mask, ViolationKind::LocalOutOfBounds,
                  "the stack overflows in '" + callee.source->name + "'");
  if (isRecursive)
    keepRegisters(warp, callee, frame.savedRegisters, mask, /*restore=*/false);
  if (program.stackBytes)
    setFrameState(warp, callee, frame.localBase, stateUnknown, mask);
  if (program.dynamicStackBegin < program.stackBytes)
    enterDynamicStack(warp, frame.depth, mask);
  for (uint32_t shadow : callee.shadows)
    *warp.destination<uint32_t>(shadow) &= ~mask;
  for (uint32_t i = 0; i < passed; ++i) {
    if (list[i].isRegister)
      copyRegister(warp, callee.parameterOffsets[i], list[i].place, list[i].bytes, mask);
    else
      copyStack(warp, frame.localBase + callee.parameterOffsets[i], callerBase + list[i].place,
                list[i].bytes, mask);
  }
  warp.setFrame(node);
  warp.pc = callee.entry;
  return Step::Jump;
}

Step callDirect(Warp &warp, const Op &op, uint32_t mask) {
  return callFunction(warp, op, mask, op.target);
}

Step callIndirect(Warp &warp, const Op &op, uint32_t mask) {
  const uint64_t *address = warp.source<uint64_t>(op.a);
  unsigned first = __builtin_ctz(mask);
  uint32_t same = 0;
  forLanes(mask, [&](unsigned lane) { same |= uint32_t(address[lane] == address[first]) << lane; });
  // The others call when it is their turn.
  warp.split(mask & ~same, warp.pc);
  const Program &program = warp.block->launch->program;
  uint64_t number = (address[first] - functionWindow) / functionStride;
  if (address[first] < functionWindow || number >= program.functionsByNumber.size() ||
      program.functionsByNumber[number] == noOperand)
    return giveUp(warp, same, ViolationKind::InvalidInstruction,
                  "the register does not hold the address of a function");
  return callFunction(warp, op, same, program.functionsByNumber[number]);
}

Step returnFrom(Warp &warp, const Op &, uint32_t mask) {
  if (!warp.frame)
    return warp.exitLanes(mask);
  const Program &program = warp.block->launch->program;
  FrameNode &frame = warp.frames[warp.frame];
  const DecodedFunction &callee = program.functions[frame.function];
  warp.split(warp.mask & ~mask, warp.pc + 1);
  uint32_t callerBase = warp.frames[frame.parent].localBase, count = 0;
  const Passed *list = passedResults(warp, warp.code[frame.call], count);
  uint32_t parent = frame.parent, calleeBase = frame.localBase, returnPc = frame.returnPc;
  bool isRecursive = !frame.savedRegisters.empty();
  // Results in registers are taken out before the caller's registers come back.
  std::vector<uint8_t> taken;
  for (uint32_t i = 0; i < count && i < callee.resultOffsets.size(); ++i) {
    if (!list[i].isRegister) {
      copyStack(warp, callerBase + list[i].place, calleeBase + callee.resultOffsets[i],
                list[i].bytes, mask);
      continue;
    }
    const uint8_t *from = warp.registers + callee.resultOffsets[i];
    size_t bytes = list[i].bytes ? 32 * list[i].bytes : 4;
    taken.insert(taken.end(), from, from + bytes);
  }
  if (isRecursive)
    keepRegisters(warp, callee, frame.savedRegisters, mask, /*restore=*/true);
  size_t at = 0;
  for (uint32_t i = 0; i < count; ++i) {
    if (!list[i].isRegister)
      continue;
    uint32_t bytes = list[i].bytes;
    if (!bytes) {
      uint32_t value;
      std::memcpy(&value, &taken[at], 4);
      warp.setPredicate(list[i].place, value, mask);
      at += 4;
      continue;
    }
    forLanes(mask, [&](unsigned lane) {
      std::memcpy(warp.destination<uint8_t>(list[i].place) + lane * bytes,
                  &taken[at + lane * bytes], bytes);
    });
    at += 32 * bytes;
  }
  if (program.stackBytes)
    setFrameState(warp, callee, calleeBase, stateNone, mask);
  if (program.dynamicStackBegin < program.stackBytes)
    leaveDynamicStack(warp, warp.frames[warp.frame].depth, mask);
  warp.setFrame(parent);
  warp.pc = returnPc;
  return Step::Jump;
}

/// Where an argument or a result lies with the caller.
bool takePassed(Builder &b, const Operand &operand, bool isResult, std::vector<uint32_t> &list,
                const Function::Formal *formal) {
  if (operand.kind == OperandKind::Variable && operand.variable->space == Space::Param &&
      !operand.value) {
    if (formal && (formal->isRegister || formal->variable->bytes != operand.variable->bytes))
      return b.error(operand, "'" + operand.name + "' does not fit the parameter of the function"),
             false;
    bool frameRelative = false;
    int64_t value = 0;
    if (!b.symbolValue(operand, value, frameRelative))
      return false;
    if (!frameRelative)
      return b.error(operand, "a kernel's own parameter cannot be passed on: load it first"), false;
    list.insert(list.end(),
                {0, static_cast<uint32_t>(value), static_cast<uint32_t>(operand.variable->bytes)});
    return true;
  }
  if (!formal)
    return b.error(operand, "an indirect call passes .param variables"), false;
  if (!formal->isRegister)
    return b.error(operand, "the function has a .param variable here"), false;
  return list.insert(list.end(), {1, 0, 0}), true;
}

/// A function that the module only declares: Layout.cpp has let no other than CUDA's pass.
void buildSystemCall(Builder &b, const Operand &callee, const std::vector<uint32_t> &list) {
  const SystemFunction &system = *findSystemFunction(callee.name);
  std::vector<uint32_t> wanted = {static_cast<uint32_t>(system.parameters.size())},
                        have = {list[0]};
  wanted.insert(wanted.end(), system.parameters.begin(), system.parameters.end());
  for (size_t i = 0; i < list[0]; ++i)
    have.push_back(list[3 + 3 * i]);
  size_t results = 1 + 3 * size_t(list[0]);
  wanted.push_back(system.result);
  have.push_back(list[results] ? list[results + 3] : 0);
  if (wanted != have || list[results] > 1)
    return b.error(callee, "'" + callee.name + "' is declared with other parameters than CUDA's");
  b.run(system.run);
}

void buildCall(Builder &b, const Instruction &in) {
  Op &op = b.op();
  const Operand &callee = in.operands[1];
  const Function *function = callee.kind == OperandKind::Function ? callee.function : nullptr;
  std::vector<uint32_t> list;
  for (bool isResult : {false, true}) {
    const std::vector<Operand> &passed = in.operands[isResult ? 0 : 2].elements;
    const std::vector<Function::Formal> *formals =
        function ? (isResult ? &function->results : &function->parameters) : nullptr;
    if (formals && formals->size() != passed.size())
      return b.error(callee, "'" + callee.name + "' has " + std::to_string(formals->size()) +
                                 (isResult ? " results" : " parameters") +
                                 ", got: " + std::to_string(passed.size()));
    list.push_back(static_cast<uint32_t>(passed.size()));
    for (size_t i = 0; i < passed.size(); ++i) {
      const Function::Formal *formal = formals ? &(*formals)[i] : nullptr;
      if (!takePassed(b, passed[i], isResult, list, formal))
        return;
      if (!formal || !formal->isRegister)
        continue;
      Type type = function->registers[formal->registerIndex].type;
      bool negated = false;
      uint32_t place = type == Type::Pred ? (isResult ? b.predicateDestination(passed[i])
                                                      : b.predicateSource(passed[i], negated))
                       : isResult         ? b.destination(passed[i], type)
                                          : b.source(passed[i], type);
      list[list.size() - 2] = place;
      list[list.size() - 1] = type == Type::Pred ? 0 : sizeOf(type);
    }
  }
  op.list = b.addList(list);
  if (function && !function->hasBody)
    return buildSystemCall(b, callee, list);
  if (function) {
    op.target = b.functionIndex(*function);
    return b.run(callDirect);
  }
  op.a = b.source(callee, Type::B64);
  b.run(callIndirect);
}

void buildReturn(Builder &b, const Instruction &) { b.run(returnFrom); }

} // namespace

void addCallRows(Rows &rows) {
  constexpr InstructionClass c = InstructionClass::Control;
  Rows mine = {
      {"call", "[uni]", "(results), function, (arguments), prototype", c, buildCall},
      {"ret", "[uni]", "", c, buildReturn},
  };
  rows.insert(rows.end(), mine.begin(), mine.end());
}

} // namespace mmc::emulator
