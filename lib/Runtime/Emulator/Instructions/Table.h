// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The one table of supported instructions: what the parser accepts, what the executor runs and what
// the documentation lists.

#ifndef MMC_EMULATOR_INSTRUCTIONS_TABLE_H
#define MMC_EMULATOR_INSTRUCTIONS_TABLE_H

#include "../Ptx/Ast.h"

#include "mmc/Runtime/Emulator/Report.h"

#include <string>
#include <vector>

namespace mmc::emulator {

class Builder;

/// One form of an instruction.
struct InstructionRow {
  const char *opcode;
  /// Words separated by spaces: `ftz` must be there, `[ftz]` may be, `<u32|s32>` is one of them and
  /// `[rn|rz]` at most one of them; in this order, or in another that keeps types and state spaces
  /// in theirs.
  const char *modifiers;
  /// For people and for the number of operands: "d, a, b[, c]".
  const char *operands;
  InstructionClass kind;
  /// Makes the decoded instruction from a parsed one; reports operands that do not fit.
  void (*build)(Builder &, const Instruction &);
  unsigned minimumSm = 0;
  /// Not of sm_100 itself, say, but of sm_100a and sm_100f.
  bool isSpecific = false;
};

/// All rows, those of an opcode together.
const std::vector<InstructionRow> &instructionTable();

struct MatchError {
  Location at;
  std::string message;
};

/// Finds the row of `instruction.opcode` and these modifiers, and fills row, modifiers (in the
/// row's order) and types.
bool matchInstruction(Instruction &instruction, const std::vector<Token> &modifiers,
                      MatchError &error);

/// Goes on to the row with these modifiers that takes as many operands as the instruction has.
/// Empty, or "takes 3 operands (d, a, b), got: 2".
std::string settleOperandCount(Instruction &instruction);

/// The rows of each family, in the file of that name.
using Rows = std::vector<InstructionRow>;
void addIntegerRows(Rows &rows);
void addCarryRows(Rows &rows);
void addShortProductRows(Rows &rows);
void addFloatRows(Rows &rows);
void addExtremeRows(Rows &rows);
void addMixedRows(Rows &rows);
void addHalfRows(Rows &rows);
void addApproximateRows(Rows &rows);
void addLogicRows(Rows &rows);
void addBitRows(Rows &rows);
void addCompareRows(Rows &rows);
void addSelectRows(Rows &rows);
void addMoveRows(Rows &rows);
void addAddressRows(Rows &rows);
void addConvertRows(Rows &rows);
void addPackedConvertRows(Rows &rows);
void addNarrowConvertRows(Rows &rows);
void addLoadStoreRows(Rows &rows);
void addAtomicRows(Rows &rows);
void addAtomicVectorRows(Rows &rows);
void addAsyncRows(Rows &rows);
void addControlRows(Rows &rows);
void addCallRows(Rows &rows);
void addStackRows(Rows &rows);
void addBarrierRows(Rows &rows);
void addWarpRows(Rows &rows);
void addReduxRows(Rows &rows);
void addMatrixRows(Rows &rows);
void addMatrixAccessRows(Rows &rows);
void addMbarrierRows(Rows &rows);
void addBulkRows(Rows &rows);
void addBulkStoreRows(Rows &rows);
void addBulkMemoryRows(Rows &rows);
void addClusterRows(Rows &rows);
void addWmmaRows(Rows &rows);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_INSTRUCTIONS_TABLE_H
