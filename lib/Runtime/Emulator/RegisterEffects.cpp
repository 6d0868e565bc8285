// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which operands decide something, and which results have a value when operands have none.

#include "RegisterEffects.h"

#include "Instructions/Table.h"

#include <algorithm>

namespace mmc::emulator {

static bool isOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

RegisterEffect effectOf(const Instruction &in, const Op &op, const OpRegisters &registers) {
  using Results = TrackedOp::Results;
  RegisterEffect effect;
  // Hints may point anywhere.
  effect.usesAddresses =
      !isOneOf(in.opcode, {"prefetch", "prefetchu", "applypriority", "createpolicy"});
  switch (in.row->kind) {
  case InstructionClass::Store:
    // A structure that is passed may have parts that nobody reads, and blocks exchange items that
    // only some threads have.
    effect.usesReads = op.space != Space::Param && op.space != Space::Shared;
    break;
  case InstructionClass::Atomic:
  case InstructionClass::AsyncCopy:
  case InstructionClass::Barrier:
    effect.usesReads = true;
    effect.results = Results::NeedNothing;
    break;
  case InstructionClass::Control:
    // The index of a table, the address of a function; registers that are passed are not.
    effect.usesReads =
        in.opcode == "brx" || (in.opcode == "call" && in.operands[1].kind == OperandKind::Register);
    effect.results = Results::NeedNothing;
    break;
  case InstructionClass::Load:
  case InstructionClass::Warp: // of other lanes
    effect.results = Results::NeedNothing;
    break;
  case InstructionClass::Matrix:
    effect.usesReads = in.opcode == "stmatrix" || in.has("store");
    if (isOneOf(in.opcode, {"ldmatrix", "movmatrix"}) || in.has("load"))
      effect.results = Results::NeedNothing;
    break;
  default:
    break;
  }
  // x ^ x and x - x are 0 whatever x is.
  if (isOneOf(in.opcode, {"xor", "sub"}) && registers.reads.size() == 2 &&
      registers.reads[0] == registers.reads[1])
    effect.results = Results::NeedNothing;
  // An operand that is not chosen, or that the other one overrules, decides nothing.
  if (in.opcode == "selp")
    effect.results = Results::NeedChosen;
  if (isOneOf(in.opcode, {"and", "or"}) && registers.reads.size() <= 2 &&
      effect.results == Results::NeedAll)
    effect.results = Results::NeedUndecided;
  // {a, b} with a half that nobody wants; a constant half is a value.
  if (in.opcode == "mov" && in.operands[1].kind == OperandKind::Vector)
    effect.results = registers.reads.size() == in.operands[1].elements.size()
                         ? Results::NeedOne
                         : Results::NeedNothing;
  // Fields are put together, one of which nobody wants: one with a value is enough.
  auto isConstant = [&](size_t i) { return in.operands[i].kind == OperandKind::Integer; };
  if ((in.opcode == "prmt" && isConstant(3)) ||
      (in.opcode == "bfi" && isConstant(3) && isConstant(4)))
    effect.results = Results::NeedOne;
  return effect;
}

} // namespace mmc::emulator
