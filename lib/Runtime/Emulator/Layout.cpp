// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decoding of a kernel: which functions it needs, and where their registers and variables lie.

#include "Builder.h"

#include "Instructions/SystemCall.h"
#include "Instructions/Table.h"

#include <algorithm>
#include <set>

namespace mmc::emulator {

static constexpr uint64_t guard = 16; ///< bytes between variables, to notice what runs over
static constexpr uint64_t maxLocal = 512 * 1024;
static constexpr uint32_t recursiveStack = 64 * 1024;
static constexpr uint32_t dynamicStack = 64 * 1024; ///< for alloca

static uint64_t roundUp(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

/// Calls f with every operand, elements included.
template <typename F>
static void forOperands(const Function &function, F f) {
  for (const Instruction &instruction : function.body)
    for (const Operand &operand : instruction.operands) {
      f(operand);
      for (const Operand &element : operand.elements)
        f(element);
    }
}

/// Numbers the kernel and all functions that it may call.
bool Builder::collect(const Function &kernel) {
  std::vector<const Function *> work = {&kernel};
  auto add = [&](const Function *function) {
    if (indices.count(function))
      return;
    indices[function] = static_cast<uint32_t>(program.functions.size());
    DecodedFunction decoded;
    decoded.source = function;
    program.functions.push_back(std::move(decoded));
    work.push_back(function);
  };
  work.clear();
  add(&kernel);
  for (size_t i = 0; i < work.size(); ++i) {
    for (const Instruction &instruction : work[i]->body)
      if (instruction.opcode == "call" && instruction.operands[1].kind == OperandKind::Register)
        hasIndirectCalls = true;
    forOperands(*work[i], [&](const Operand &operand) {
      if (operand.kind != OperandKind::Function)
        return;
      if (operand.function->hasBody && !operand.function->isKernel)
        add(operand.function);
      else if (const SystemFunction *system = findSystemFunction(operand.name);
               system && !operand.function->hasBody)
        program.usesHeap |= system->usesHeap;
      else
        error(operand, "function '" + operand.name + "' has no body in this module");
    });
    // Addresses of functions may lie in variables.
    if (hasIndirectCalls)
      for (const auto &function : module.functions)
        if (function->hasBody && !function->isKernel)
          add(function.get());
  }
  program.functionsByNumber.assign(1, noOperand);
  for (const auto &function : module.functions) {
    auto found = indices.find(function.get());
    program.functionsByNumber.push_back(found == indices.end() ? noOperand : found->second);
  }
  return diagnostics.empty();
}

void Builder::layShared() {
  std::vector<const Variable *> used;
  std::set<const Variable *> seen;
  const Variable *dynamic = nullptr;
  bool usesReserved = false;
  for (const DecodedFunction &decoded : program.functions)
    forOperands(*decoded.source, [&](const Operand &operand) {
      usesReserved |= operand.kind == OperandKind::Special && operand.name == reservedForGroups;
      const Variable *variable = operand.kind == OperandKind::Variable ? operand.variable : nullptr;
      if (!variable || variable->space != Space::Shared || !seen.insert(variable).second)
        return;
      if (variable->isExtern || variable->bytes == 0) {
        dynamic = variable;
        program.dynamicAlignment = std::max(program.dynamicAlignment, variable->alignment);
      } else {
        used.push_back(variable);
      }
    });
  uint64_t at = sharedBegin, real = 0;
  if (usesReserved) {
    program.reservedShared = at;
    at += reservedForGroupsBytes + guard;
  }
  for (const Variable *variable : used) {
    at = roundUp(at, variable->alignment);
    real = roundUp(real, variable->alignment) + variable->bytes;
    places[variable] = {variable, at, variable->bytes};
    program.shared.push_back({variable, at, variable->bytes});
    at += variable->bytes + guard;
    if (real > (uint64_t(1) << 24))
      return error(variable->at, "'" + variable->name + "' does not fit into shared memory");
  }
  program.staticShared = real;
  program.sharedEnd = roundUp(at, std::max<uint64_t>(program.dynamicAlignment, 16));
  if (!dynamic)
    return;
  // All of them begin at the same place.
  for (const Variable *variable : seen)
    if (!places.count(variable))
      places[variable] = {variable, program.sharedEnd, 0};
}

void Builder::layParameters(const Function &kernel) {
  uint64_t at = kernelParameterBase;
  for (const Function::Formal &formal : kernel.parameters) {
    const Variable &variable = *formal.variable;
    at = roundUp(at, variable.alignment);
    // A place without a variable marks a kernel's parameter (see symbolValue).
    places[&variable] = {nullptr, at, variable.bytes};
    program.parameters.push_back({&variable, at, variable.bytes});
    at += variable.bytes;
  }
  if (at - kernelParameterBase > 32764)
    error(kernel.at, "the parameters of a kernel may have 32764 bytes, got: " +
                         std::to_string(at - kernelParameterBase));
}

void Builder::layFrame(DecodedFunction &decoded) {
  uint64_t at = 0, alignment = 16;
  for (const std::unique_ptr<Variable> &variable : decoded.source->variables) {
    bool isParameter = variable->space == Space::Param && !places.count(variable.get());
    if (variable->space != Space::Local && !isParameter)
      continue;
    at = roundUp(at, variable->alignment);
    alignment = std::max(alignment, variable->alignment);
    places[variable.get()] = {variable.get(), at, variable->bytes};
    decoded.frame.push_back({variable.get(), at, variable->bytes});
    at += variable->bytes + guard;
    if (at > maxLocal || alignment > localBegin)
      return error(variable->at, "'" + variable->name + "' does not fit into local memory");
  }
  decoded.frameBytes = static_cast<uint32_t>(roundUp(at, std::max<uint64_t>(alignment, 16)));
  auto offsets = [&](const std::vector<Function::Formal> &formals, std::vector<uint32_t> &out) {
    for (const Function::Formal &formal : formals)
      out.push_back(formal.isRegister ? formal.registerIndex
                                      : static_cast<uint32_t>(places[formal.variable].offset));
  };
  if (!decoded.source->isKernel) {
    offsets(decoded.source->parameters, decoded.parameterOffsets);
    offsets(decoded.source->results, decoded.resultOffsets);
  }
}

/// The deepest chain of frames; recursion gets a fixed stack.
void Builder::layStack() {
  size_t count = program.functions.size();
  std::vector<std::set<uint32_t>> callees(count);
  uint64_t alignment = 16, widest = 0, sum = 0;
  for (size_t i = 0; i < count; ++i) {
    forOperands(*program.functions[i].source, [&](const Operand &operand) {
      if (operand.kind == OperandKind::Function)
        callees[i].insert(indices[operand.function]);
    });
    for (const Placed &placed : program.functions[i].frame)
      alignment = std::max(alignment, placed.variable->alignment);
    widest = std::max<uint64_t>(widest, program.functions[i].frameBytes);
  }
  for (DecodedFunction &decoded : program.functions) {
    decoded.frameBytes = static_cast<uint32_t>(roundUp(decoded.frameBytes, alignment));
    sum += decoded.frameBytes;
  }
  // Longest path by repeated relaxation; no end after `count` rounds means a cycle.
  std::vector<uint64_t> depth(count, 0);
  bool changed = true;
  for (size_t round = 0; changed && round <= count; ++round) {
    changed = false;
    for (size_t i = 0; i < count; ++i) {
      uint64_t below = 0;
      for (uint32_t callee : callees[i])
        below = std::max(below, depth[callee] + 1 + program.functions[callee].frameBytes);
      changed |= below > depth[i];
      depth[i] = std::max(depth[i], below);
    }
  }
  program.usesRecursion = changed || hasIndirectCalls;
  uint64_t total = program.functions[0].frameBytes + depth[0];
  if (program.usesRecursion)
    total = std::max<uint64_t>(sum, widest) + recursiveStack;
  bool isDynamic = false;
  for (const DecodedFunction &decoded : program.functions)
    for (const Instruction &instruction : decoded.source->body)
      isDynamic |= instruction.opcode == "alloca" || instruction.opcode == "stacksave" ||
                   instruction.opcode == "stackrestore";
  program.stackBytes = program.dynamicStackBegin = 0;
  if (!widest && !isDynamic)
    return;
  program.dynamicStackBegin = static_cast<uint32_t>(roundUp(localBegin + total + guard, 32));
  program.stackBytes = program.dynamicStackBegin + (isDynamic ? dynamicStack : 0);
  if (program.dynamicStackBegin > maxLocal + recursiveStack)
    error(program.functions[0].source->at, "the stack of a thread does not fit into local memory");
}

void Builder::layRegisters(DecodedFunction &decoded) {
  decoded.registerBegin = program.registerBytes;
  std::vector<uint32_t> offsets;
  // Only registers that occur take room.
  std::vector<bool> used(decoded.source->registers.size());
  auto mark = [&](const Operand &operand) {
    if (operand.kind == OperandKind::Register || operand.kind == OperandKind::Predicate)
      used[operand.index] = true;
  };
  forOperands(*decoded.source, mark);
  for (const Instruction &instruction : decoded.source->body)
    if (instruction.guard)
      mark(*instruction.guard);
  for (const auto *formals : {&decoded.source->parameters, &decoded.source->results})
    for (const Function::Formal &formal : *formals)
      if (formal.isRegister)
        used[formal.registerIndex] = true;
  uint64_t at = program.registerBytes;
  for (size_t i = 0; i < used.size(); ++i) {
    Type type = decoded.source->registers[i].type;
    unsigned bytes = type == Type::Pred ? 4 : 32 * sizeOf(type);
    if (bytes >= 64)
      at = roundUp(at, 64);
    offsets.push_back(static_cast<uint32_t>(at));
    at += used[i] ? bytes : 0;
    if (at >= constantBit / 2) {
      error(decoded.source->at, "a function has too many registers");
      at = 0;
    }
  }
  program.registerBytes = static_cast<uint32_t>(roundUp(at, 64));
  for (size_t i = 0; i < used.size(); ++i)
    decoded.registerPlaces.push_back(used[i] ? offsets[i] : noOperand);
  decoded.registerEnd = program.registerBytes;
  registerOffsets.push_back(std::move(offsets));
}

} // namespace mmc::emulator
