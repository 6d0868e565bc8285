// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A parsed PTX module: names resolved, instructions matched with the table.

#ifndef MMC_EMULATOR_PTX_AST_H
#define MMC_EMULATOR_PTX_AST_H

#include "Lexer.h"
#include "Type.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mmc::emulator {

struct InstructionRow;

enum class Space : uint8_t { Generic, Global, Shared, Local, Param, Const };
std::string_view nameOf(Space space);

struct Function;
struct Variable;

/// What an initialiser of a variable puts at an offset: the address of something.
struct AddressFixup {
  uint64_t offset = 0;
  unsigned bytes = 8;
  std::string symbol;
  int64_t addend = 0;
  bool generic = false;
  unsigned shift = 0; ///< which byte of the address a mask like 0xFF00(x) selects
  Location at;
};

/// A variable in memory. Kernel parameters are variables of space Param.
struct Variable {
  std::string name;
  Space space = Space::Global;
  Type type = Type::B8;
  uint64_t bytes = 0;
  uint64_t alignment = 1;
  bool isExtern = false; ///< of shared memory without a size: the dynamic part
  bool isArray = false;
  std::vector<uint8_t> initial; ///< empty, or `bytes` long
  std::vector<AddressFixup> fixups;
  Location at;
  const Function *owner = nullptr; ///< the function in which it is declared
};

struct Register {
  std::string name;
  Type type = Type::B32;
};

enum class OperandKind : uint8_t {
  Register,  ///< index
  Predicate, ///< index of a predicate register, perhaps negated
  Integer,   ///< value
  Float,     ///< value: bits of a double
  Special,   ///< name, as %tid.x
  Variable,  ///< variable + value
  Function,  ///< function
  Label,     ///< value: index of a statement
  Address,   ///< [base + value]
  Vector,    ///< {a, b}: elements
  Pair,      ///< a|b: elements
  List,      ///< (a, b): elements
  Sink,      ///< _
};

struct Operand {
  OperandKind kind = OperandKind::Sink;
  Location at;
  bool negated = false;
  bool isSingle = false; ///< Float written as 0f…
  uint32_t index = 0;
  int64_t value = 0;
  std::string name; ///< as it stands in the text, for messages and forward references
  const Variable *variable = nullptr;
  const Function *function = nullptr;
  std::vector<Operand> elements; ///< Address: its base, if any
};

/// Where the source was: .loc.
struct SourcePlace {
  uint32_t file = 0, line = 0;
};

struct Instruction {
  const InstructionRow *row = nullptr;
  std::string_view opcode;                 ///< "add"; lives as long as the module
  std::string text;                        ///< "add.rn.f32"
  std::vector<std::string_view> modifiers; ///< without dots, as matched
  std::vector<Type> types;                 ///< those of the modifiers that are types, in order
  std::vector<Operand> operands;
  std::optional<Operand> guard;
  Location at;
  SourcePlace source;

  bool has(std::string_view modifier) const {
    for (std::string_view m : modifiers)
      if (m == modifier)
        return true;
    return false;
  }
  Type type(size_t i = 0) const { return i < types.size() ? types[i] : Type::None; }
};

/// A list of labels or functions that brx.idx and indirect calls refer to.
struct TargetList {
  std::string name;
  std::vector<Operand> targets;
};

struct Function {
  std::string name;
  bool isKernel = false, hasBody = false, isExtern = false;
  const Function *aliasee = nullptr; ///< what .alias says that this name stands for
  Location at;
  std::vector<Register> registers;
  std::vector<std::unique_ptr<Variable>> variables; ///< local, shared and parameter variables
  /// Formal parameters and results, either variables of space Param or registers.
  struct Formal {
    const Variable *variable = nullptr;
    uint32_t registerIndex = 0;
    bool isRegister = false;
  };
  std::vector<Formal> parameters, results;
  std::vector<Instruction> body;
  std::vector<TargetList> targetLists;
  /// Statement indices that labels stand before: where blocks begin.
  std::vector<uint32_t> labels;
  uint32_t maxThreads[3] = {0, 0, 0}, requiredThreads[3] = {0, 0, 0};
  uint32_t maxRegisters = 0;
};

/// The prototype of an indirect call.
struct Prototype {
  std::string name;
  size_t results = 0, parameters = 0;
};

struct ParsedModule {
  std::string text;        ///< what the string views of the instructions point into
  unsigned ptxVersion = 0; ///< 10 × major + minor
  unsigned sm = 0;
  std::string target;
  /// sm_90a, sm_100f: has instructions that later chips need not have.
  bool isSpecific() const { return target.back() == 'a' || target.back() == 'f'; }
  bool address64 = true;
  std::vector<std::unique_ptr<Variable>> variables;
  std::vector<std::unique_ptr<Function>> functions;
  std::map<uint32_t, std::string> files;
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_PTX_AST_H
