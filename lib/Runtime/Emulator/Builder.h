// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Turns parsed instructions into operations: operands checked against types, constants and
// addresses resolved. The rows of the instruction table are written with this.

#ifndef MMC_EMULATOR_BUILDER_H
#define MMC_EMULATOR_BUILDER_H

#include "Program.h"
#include "Ptx/Parser.h"
#include "RegisterFlow.h"

#include <functional>
#include <map>
#include <unordered_map>

namespace mmc::emulator {

/// Device addresses of the module's variables.
using AddressOf = std::function<uint64_t(const Variable &)>;

class Builder {
public:
  Builder(Program &program, const ParsedModule &module, AddressOf addressOf,
          std::vector<Diagnostic> &diagnostics)
      : program(program), module(module), addressOf(std::move(addressOf)),
        diagnostics(diagnostics) {}

  /// Decodes the kernel and every function that it may call.
  bool build(const Function &kernel);

  // For the rows of the table. Each reports what does not fit and then gives something harmless.
  Op &op() { return *current; }
  const Instruction &instruction() const { return *parsed; }
  /// The operation's function for a type, or an error that the combination is not supported.
  void run(OpFn fn);
  /// A register to write, of exactly this size; `_` only where `sink` allows it (noOperand then).
  uint32_t destination(size_t i, Type type, bool sink = false);
  uint32_t destination(const Operand &operand, Type type, bool sink = false);
  /// A register or constant to read.
  uint32_t source(size_t i, Type type);
  uint32_t source(const Operand &operand, Type type);
  /// The same of one whose value has no influence: it is checked, and 0 is read in its place.
  uint32_t unreadSource(size_t i, Type type);
  /// A predicate register to write; `_` gives noOperand.
  uint32_t predicateDestination(const Operand &operand);
  /// A predicate to read; `negated` says whether with `!`. Constants are not allowed.
  uint32_t predicateSource(const Operand &operand, bool &negated);
  /// A register at least as wide as the type: of ld, st, cvt. Gives its bytes in `width`.
  uint32_t wideDestination(const Operand &operand, Type type, uint8_t &width);
  uint32_t wideSource(const Operand &operand, Type type, uint8_t &width);
  /// [base + offset] in a space: fills a, imm, flags and space of the operation.
  void address(size_t i, Space space);
  void address(const Operand &operand, Space space, Op &op);
  /// The elements of {a, b}, or the operand itself, when there are `count`.
  std::vector<const Operand *> elements(size_t i, size_t count);
  /// An integer constant.
  int64_t constant(size_t i, int64_t minimum, int64_t maximum);
  uint32_t constantBits(uint64_t low, unsigned bytes, uint64_t high = 0);
  uint32_t addList(const std::vector<uint32_t> &entries);
  /// Of a label: filled in when all code is laid out.
  void branchTo(const Operand &label);
  void branchTable(const std::string &name, const Operand &at);
  uint32_t functionIndex(const Function &function);
  const DecodedFunction &decoded(uint32_t index) const { return program.functions[index]; }
  /// The value of &name as an integer: address of a variable or a function.
  bool symbolValue(const Operand &operand, int64_t &value, bool &frameRelative,
                   bool generic = false);
  bool isRegisterOrConstant(const Operand &operand) const;
  Type registerType(const Operand &operand) const;
  const Function &function() const { return *currentFunction; }
  const ParsedModule &parsedModule() const { return module; }
  /// Whether the chip has clusters; reports that it does not.
  bool requireClusters(Location at);
  void error(const Operand &operand, const std::string &message) { error(operand.at, message); }
  void error(Location at, const std::string &message);
  void error(const std::string &message) { error(parsed->at, message); }

private:
  bool collect(const Function &function);
  void layShared();
  void layFrame(DecodedFunction &decoded);
  void layStack();
  void layRegisters(DecodedFunction &decoded);
  void layParameters(const Function &kernel);
  void decode(uint32_t index);
  void decodeInstruction(const Instruction &instruction);
  void findBlocks(uint32_t index);
  uint32_t registerOffset(const Operand &operand) const;
  /// The same for operands that are read or written, which is noted for RegisterFlow.h.
  uint32_t readOffset(const Operand &operand, bool isAddress = false);
  uint32_t writtenOffset(const Operand &operand);
  const Placed *placed(const Variable &variable) const;

  Program &program;
  const ParsedModule &module;
  AddressOf addressOf;
  std::vector<Diagnostic> &diagnostics;
  const Function *currentFunction = nullptr;
  uint32_t currentIndex = 0;
  const Instruction *parsed = nullptr;
  Op *current = nullptr;
  Op pending;
  OpRegisters registers;                 ///< of the operation that is being decoded
  std::vector<OpRegisters> allRegisters; ///< of each operation of the program
  std::unordered_map<const Function *, uint32_t> indices;
  std::unordered_map<const Variable *, Placed> places;
  std::vector<std::vector<uint32_t>> registerOffsets; ///< by function and register
  std::map<std::pair<uint64_t, std::pair<uint64_t, unsigned>>, uint32_t> pool;
  struct LabelUse {
    uint32_t op;
    uint32_t list; ///< entry of lists, or noOperand: the operation's target
    int64_t statement;
  };
  std::vector<LabelUse> uses;
  bool hasIndirectCalls = false;
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_BUILDER_H
