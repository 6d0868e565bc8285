// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operands of operations: registers, constants, addresses, labels.

#include "Builder.h"

#include "Instructions/Table.h"

#include <cstring>

namespace mmc::emulator {

void Builder::error(Location at, const std::string &message) {
  if (diagnostics.size() < 20)
    diagnostics.push_back({at, message});
}

void Builder::run(OpFn fn) {
  if (!fn)
    error("'" + parsed->text + "' is not supported for this type");
  current->run = fn;
}

/// Whether a register may stand where an instruction has a type of the same size.
static bool fits(Type wanted, Type have) {
  if (wanted == have || isBits(wanted) || isBits(have))
    return true;
  return isInteger(wanted) && isInteger(have);
}

static std::string quoted(Type type) { return "." + std::string(nameOf(type)); }

Type Builder::registerType(const Operand &operand) const {
  return currentFunction->registers[operand.index].type;
}

bool Builder::isRegisterOrConstant(const Operand &operand) const {
  return operand.kind == OperandKind::Register || operand.kind == OperandKind::Integer ||
         operand.kind == OperandKind::Float;
}

uint32_t Builder::registerOffset(const Operand &operand) const {
  return registerOffsets[currentIndex][operand.index];
}

uint32_t Builder::readOffset(const Operand &operand, bool isAddress) {
  (isAddress ? registers.addresses : registers.reads).push_back(operand.index);
  return registerOffset(operand);
}

uint32_t Builder::writtenOffset(const Operand &operand) {
  registers.writes.push_back(operand.index);
  return registerOffset(operand);
}

uint32_t Builder::destination(const Operand &operand, Type type, bool sink) {
  if (operand.kind == OperandKind::Sink && sink)
    return noOperand;
  if (operand.kind != OperandKind::Register)
    return error(operand, "expected a register of type " + quoted(type)), noOperand;
  Type have = registerType(operand);
  if (sizeOf(have) != sizeOf(type) || !fits(type, have))
    return error(operand, "expected a register of type " + quoted(type) + ", '" + operand.name +
                              "' is " + quoted(have)),
           noOperand;
  return writtenOffset(operand);
}

uint32_t Builder::destination(size_t i, Type type, bool sink) {
  return destination(parsed->operands[i], type, sink);
}

uint32_t Builder::constantBits(uint64_t low, unsigned bytes, uint64_t high) {
  uint32_t &place =
      pool.emplace(std::make_pair(low, std::make_pair(high, bytes)), noOperand).first->second;
  if (place != noOperand)
    return place;
  size_t begin = program.constants.size();
  program.constants.resize(begin + 32 * bytes);
  for (unsigned lane = 0; lane < 32; ++lane) {
    std::memcpy(&program.constants[begin + lane * bytes], &low, bytes < 8 ? bytes : 8);
    if (bytes > 8)
      std::memcpy(&program.constants[begin + lane * bytes + 8], &high, bytes - 8);
  }
  return place = static_cast<uint32_t>(begin) | constantBit;
}

/// The bits of a floating-point constant as f32; NaNs of 0f… keep theirs.
static uint32_t singleBits(uint64_t wide) {
  if ((wide >> 52 & 0x7ff) == 0x7ff && (wide & 0xfffffffffffff))
    return static_cast<uint32_t>(wide >> 63 << 31 | 0x7f800000 | (wide >> 29 & 0x7fffff));
  double value;
  std::memcpy(&value, &wide, 8);
  float single = static_cast<float>(value);
  uint32_t bits;
  std::memcpy(&bits, &single, 4);
  return bits;
}

uint32_t Builder::source(const Operand &operand, Type type) {
  unsigned bytes = sizeOf(type);
  switch (operand.kind) {
  case OperandKind::Register: {
    Type have = registerType(operand);
    if (sizeOf(have) != bytes || !fits(type, have))
      return error(operand, "expected a register of type " + quoted(type) + ", '" + operand.name +
                                "' is " + quoted(have)),
             constantBits(0, bytes);
    return readOffset(operand);
  }
  case OperandKind::Float: {
    uint64_t bits = static_cast<uint64_t>(operand.value);
    if (type == Type::F64 || (bytes == 8 && isBits(type)))
      return constantBits(bits, 8);
    if (type == Type::F32 || type == Type::TF32 || (bytes == 4 && isBits(type)))
      return constantBits(singleBits(bits), 4);
    return error(operand, "a floating-point constant does not fit " + quoted(type)),
           constantBits(0, bytes);
  }
  case OperandKind::Integer: {
    if (type == Type::F32 || type == Type::F64)
      return error(operand, "expected a floating-point constant (0f… or 0d…) or a register"),
             constantBits(0, bytes);
    if (bytes < 8) {
      int64_t limit = int64_t(1) << 8 * bytes;
      if (operand.value >= limit || operand.value < -limit / 2)
        return error(operand, "the constant " + std::to_string(operand.value) + " does not fit " +
                                  quoted(type)),
               constantBits(0, bytes);
    }
    uint64_t high = bytes > 8 && operand.value < 0 ? ~uint64_t(0) : 0;
    uint64_t low = static_cast<uint64_t>(operand.value);
    if (bytes < 8)
      low &= (uint64_t(1) << 8 * bytes) - 1;
    return constantBits(low, bytes, high);
  }
  default:
    return error(operand, "expected a register or a constant of type " + quoted(type)),
           constantBits(0, bytes);
  }
}

uint32_t Builder::source(size_t i, Type type) { return source(parsed->operands[i], type); }

uint32_t Builder::unreadSource(size_t i, Type type) {
  std::vector<uint32_t> reads = registers.reads;
  source(i, type);
  registers.reads = std::move(reads);
  return constantBits(0, sizeOf(type));
}

uint32_t Builder::predicateDestination(const Operand &operand) {
  if (operand.kind == OperandKind::Sink)
    return noOperand;
  if (operand.kind != OperandKind::Predicate || operand.negated)
    return error(operand, "expected a predicate register to write"), noOperand;
  return writtenOffset(operand);
}

uint32_t Builder::predicateSource(const Operand &operand, bool &negated) {
  negated = operand.negated;
  if (operand.kind != OperandKind::Predicate)
    return error(operand, "expected a predicate"), constantBits(0, 4);
  return readOffset(operand);
}

uint32_t Builder::wideDestination(const Operand &operand, Type type, uint8_t &width) {
  width = static_cast<uint8_t>(sizeOf(type));
  if (operand.kind == OperandKind::Sink)
    return noOperand;
  if (operand.kind != OperandKind::Register)
    return error(operand, "expected a register of type " + quoted(type)), noOperand;
  Type have = registerType(operand);
  width = static_cast<uint8_t>(sizeOf(have));
  if (sizeOf(have) < sizeOf(type) || (sizeOf(have) == sizeOf(type) && !fits(type, have)) ||
      (sizeOf(have) > sizeOf(type) && (isFloating(have) || sizeOf(type) == 16)))
    error(operand, "expected a register of type " + quoted(type) + " or wider, '" + operand.name +
                       "' is " + quoted(have));
  return writtenOffset(operand);
}

uint32_t Builder::wideSource(const Operand &operand, Type type, uint8_t &width) {
  if (operand.kind == OperandKind::Register) {
    Type have = registerType(operand);
    width = static_cast<uint8_t>(sizeOf(have));
    if (sizeOf(have) < sizeOf(type) || (sizeOf(have) == sizeOf(type) && !fits(type, have)))
      return error(operand, "expected a register of type " + quoted(type) + " or wider, '" +
                                operand.name + "' is " + quoted(have)),
             constantBits(0, 16);
    return readOffset(operand);
  }
  width = static_cast<uint8_t>(sizeOf(type));
  return source(operand, type);
}

const Placed *Builder::placed(const Variable &variable) const {
  auto found = places.find(&variable);
  return found == places.end() ? nullptr : &found->second;
}

bool Builder::symbolValue(const Operand &operand, int64_t &value, bool &frameRelative,
                          bool generic) {
  frameRelative = false;
  if (operand.kind == OperandKind::Function) {
    uint64_t number = 1;
    for (const auto &function : module.functions) {
      if (function.get() == operand.function)
        break;
      ++number;
    }
    value = static_cast<int64_t>(functionWindow + functionStride * number);
    return true;
  }
  const Variable &variable = *operand.variable;
  if (variable.space == Space::Global || variable.space == Space::Const) {
    value = static_cast<int64_t>(addressOf(variable)) + operand.value;
    return true;
  }
  const Placed *place = placed(variable);
  if (!place)
    return error(operand, "'" + variable.name + "' is not a variable of this kernel"), false;
  value = static_cast<int64_t>(place->offset) + operand.value;
  bool isKernelParameter = variable.space == Space::Param && variable.owner &&
                           variable.owner->isKernel && place->variable == nullptr;
  if (variable.space == Space::Local) {
    frameRelative = true;
    value += generic ? static_cast<int64_t>(localWindow) : 0;
  } else if (variable.space == Space::Param && !isKernelParameter) {
    frameRelative = true;
    value += generic ? static_cast<int64_t>(localWindow) : 0;
  } else if (generic) {
    value += static_cast<int64_t>(variable.space == Space::Shared ? sharedWindow : parameterWindow);
  }
  return true;
}

void Builder::address(const Operand &operand, Space space, Op &op) {
  enum : uint8_t { frameRelativeFlag = 1, narrowBaseFlag = 16 }; // as in Execute/Access.h
  op.space = space;
  if (operand.kind != OperandKind::Address)
    return error(operand, "expected an address in brackets");
  op.imm = operand.value;
  if (operand.elements.empty())
    return;
  const Operand &base = operand.elements[0];
  if (base.kind == OperandKind::Register) {
    Type have = registerType(base);
    if (sizeOf(have) != 4 && sizeOf(have) != 8)
      return error(base, "an address needs a register of 32 or 64 bits, '" + base.name + "' is " +
                             quoted(have));
    if (sizeOf(have) == 4) {
      if (space == Space::Generic || space == Space::Global)
        return error(base, "an address of " + std::string(nameOf(space)) +
                               " memory needs a register of 64 bits");
      op.flags |= narrowBaseFlag;
    }
    op.a = readOffset(base, /*isAddress=*/true);
    return;
  }
  Space have = base.variable->space;
  if (space != Space::Generic && have != space)
    return error(base, "'" + base.name + "' lies in " + std::string(nameOf(have)) +
                           " memory, the instruction accesses " + std::string(nameOf(space)));
  // A variable by its name in a generic access: its own space is meant.
  if (space == Space::Generic)
    op.space = have;
  bool frameRelative = false;
  int64_t value = 0;
  if (!symbolValue(base, value, frameRelative))
    return;
  op.imm += value;
  if (frameRelative)
    op.flags |= frameRelativeFlag;
}

void Builder::address(size_t i, Space space) { address(parsed->operands[i], space, *current); }

std::vector<const Operand *> Builder::elements(size_t i, size_t count) {
  const Operand &operand = parsed->operands[i];
  std::vector<const Operand *> list;
  if (operand.kind == OperandKind::Vector)
    for (const Operand &element : operand.elements)
      list.push_back(&element);
  else
    list.push_back(&operand);
  if (list.size() != count) {
    error(operand,
          "expected " + std::to_string(count) + " elements, got: " + std::to_string(list.size()));
    static const Operand missing;
    list.resize(count, &missing);
  }
  return list;
}

int64_t Builder::constant(size_t i, int64_t minimum, int64_t maximum) {
  const Operand &operand = parsed->operands[i];
  if (operand.kind != OperandKind::Integer)
    return error(operand, "expected an integer constant"), minimum;
  if (operand.value < minimum || operand.value > maximum)
    return error(operand, "expected a constant from " + std::to_string(minimum) + " to " +
                              std::to_string(maximum) + ", got: " + std::to_string(operand.value)),
           minimum;
  return operand.value;
}

uint32_t Builder::addList(const std::vector<uint32_t> &entries) {
  uint32_t begin = static_cast<uint32_t>(program.lists.size());
  program.lists.insert(program.lists.end(), entries.begin(), entries.end());
  return begin;
}

void Builder::branchTo(const Operand &label) {
  if (label.kind != OperandKind::Label)
    return error(label, "expected a label");
  for (const TargetList &list : currentFunction->targetLists)
    if (list.name == label.name)
      return error(label, "'" + label.name + "' is a list of targets, not a label");
  current->target = program.functions[currentIndex].entry + static_cast<uint32_t>(label.value);
}

void Builder::branchTable(const std::string &name, const Operand &at) {
  for (const TargetList &list : currentFunction->targetLists) {
    if (list.name != name)
      continue;
    std::vector<uint32_t> entries;
    for (const Operand &target : list.targets) {
      if (target.kind != OperandKind::Label)
        return error(target, "expected a label");
      entries.push_back(program.functions[currentIndex].entry +
                        static_cast<uint32_t>(target.value));
    }
    current->list = addList(entries);
    current->target = static_cast<uint32_t>(entries.size());
    return;
  }
  error(at, "'" + name + "' is not a list of targets");
}

uint32_t Builder::functionIndex(const Function &function) {
  auto found = indices.find(&function);
  return found == indices.end() ? 0 : found->second;
}

} // namespace mmc::emulator
