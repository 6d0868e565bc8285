// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The parser's state, shared by the files that parse modules, declarations, statements and
// operands. Every parse function returns false after having reported an error.

#ifndef MMC_EMULATOR_PTX_PARSERIMPL_H
#define MMC_EMULATOR_PTX_PARSERIMPL_H

#include "Parser.h"

#include <unordered_map>

namespace mmc::emulator {

inline bool isPowerOfTwo(uint64_t value) { return value && !(value & (value - 1)); }

class Parser {
public:
  Parser(ParsedModule &module, std::vector<Diagnostic> &diagnostics);
  void parseModule();

private:
  // ParseModule.cpp
  bool parseTopLevel();
  bool parseVersion();
  bool parseTarget();
  bool parseFile();
  bool parseSection();
  bool skipPragma();

  // ParseDeclaration.cpp
  struct Linkage {
    bool isExtern = false, isVisible = false, isWeak = false, isCommon = false;
  };
  bool parseLinkage(Linkage &linkage);
  bool parseVariables(Space space, const Linkage &linkage);
  bool parseArraySuffix(Variable &variable);
  bool parseInitializer(Variable &variable);
  bool parseInitialList(Variable &variable, unsigned depth);
  bool parseInitialValue(Variable &variable);
  bool parseInitialAddress(Variable &variable, uint64_t mask);
  bool parseRegisters();
  bool parseFunction(bool isKernel, const Linkage &linkage);
  bool parseAlias();
  void resolveAliases();
  bool parseFormals(Function &function, std::vector<Function::Formal> &formals,
                    bool allowRegisters);
  bool parseFormal(Function &function, std::vector<Function::Formal> &formals, bool allowRegisters);
  bool parseFunctionDirectives(Function &function);
  bool parseDims(uint32_t (&dims)[3]);
  bool addVariable(std::unique_ptr<Variable> variable);

  // ParseStatement.cpp
  bool parseBody(Function &function);
  bool parseStatement();
  bool parseLabel();
  bool parseLoc();
  bool parseInstruction();
  bool parseCallOperands(Instruction &instruction);
  bool parseTargetList(const std::string &name);
  bool skipPrototype();
  void resolveLabels(Function &function);
  bool resolveLabel(Operand &operand);
  void openScope();
  void closeScope() { scope = scopes[scope].parent; }

  // ParseOperand.cpp
  bool parseOperand(Operand &operand);
  bool parseAddress(Operand &operand);
  bool parseElements(Operand &operand, char close);
  bool parseName(Operand &operand);
  bool parseConstant(int64_t &value, bool &isUnsigned, unsigned depth = 0, int precedence = 0);
  bool parseUnary(int64_t &value, bool &isUnsigned, unsigned depth);
  bool parseOffset(int64_t &value);
  bool parseNumber(uint64_t &value, uint64_t maximum, const char *what);

  // Tokens and errors: Parser.cpp
  void consume();
  bool accept(char c);
  bool acceptDot(std::string_view word);
  bool expect(char c, const char *where);
  bool fail(Location at, std::string message);
  bool failHere(const std::string &expected);
  void recover();
  std::string *newText(std::string_view text);

  struct Scope {
    uint32_t parent = 0;
    std::unordered_map<std::string, uint32_t> registers;
    /// %r<100>: prefix to (first index, count).
    std::unordered_map<std::string, std::pair<uint32_t, uint32_t>> ranges;
    std::unordered_map<std::string, const Variable *> variables;
    std::unordered_map<std::string, uint32_t> labels;
  };
  const Variable *findVariable(const std::string &name) const;
  const Function *findFunction(const std::string &name) const;
  bool findRegister(const std::string &name, uint32_t &index) const;

  ParsedModule &module;
  std::vector<Diagnostic> &diagnostics;
  Lexer lexer;
  Token token, ahead;
  Function *function = nullptr;
  std::vector<Scope> scopes;
  uint32_t scope = 0;
  SourcePlace source;
  unsigned depth = 0; ///< of braces within the body
  std::unordered_map<std::string, const Variable *> globals;
  std::unordered_map<std::string, Function *> functions;
  bool stopped = false;
};

} // namespace mmc::emulator

#endif // MMC_EMULATOR_PTX_PARSERIMPL_H
