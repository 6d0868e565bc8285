// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parses the bodies of functions.

#include "../Instructions/Table.h"
#include "ParserImpl.h"

namespace mmc::emulator {

static constexpr size_t maxStatements = 1 << 22;

void Parser::openScope() {
  scopes.emplace_back();
  scopes.back().parent = scope;
  scope = static_cast<uint32_t>(scopes.size() - 1);
}

bool Parser::parseBody(Function &owner) {
  Location open = token.at;
  consume();
  source = {};
  depth = 1;
  openScope();
  while (depth && !stopped) {
    if (token.kind == TokenKind::End)
      return fail(open, "the body of '" + owner.name + "' is not closed");
    if (accept('}')) {
      --depth;
      closeScope();
    } else if (!parseStatement()) {
      recover();
    }
  }
  scope = 0;
  resolveLabels(owner);
  return true;
}

bool Parser::parseStatement() {
  if (token.is('{')) {
    if (depth >= 64)
      return fail(token.at, "blocks are nested too deeply"), consume(), false;
    consume();
    ++depth;
    openScope();
    return true;
  }
  if (accept(';'))
    return true;
  if (token.kind == TokenKind::Word && ahead.is(':'))
    return parseLabel();
  if (token.kind == TokenKind::DotWord) {
    if (acceptDot("reg"))
      return parseRegisters();
    if (acceptDot("loc"))
      return parseLoc();
    if (acceptDot("local"))
      return parseVariables(Space::Local, {});
    if (acceptDot("shared"))
      return parseVariables(Space::Shared, {});
    if (acceptDot("param"))
      return parseVariables(Space::Param, {});
    if (acceptDot("pragma"))
      return skipPragma();
    if (token.isDot("global") || token.isDot("const")) {
      // Module variables may be declared in a function: they are the module's.
      Space space = token.isDot("global") ? Space::Global : Space::Const;
      consume();
      return parseVariables(space, {});
    }
    if (acceptDot("extern")) {
      if (!acceptDot("shared"))
        return failHere("'.shared' after '.extern' in a function");
      Linkage linkage;
      linkage.isExtern = true;
      return parseVariables(Space::Shared, linkage);
    }
    return failHere("a statement");
  }
  return parseInstruction();
}

bool Parser::parseLabel() {
  std::string name(token.text);
  Location at = token.at;
  consume(), consume();
  if (acceptDot("branchtargets") || acceptDot("calltargets"))
    return parseTargetList(name);
  if (acceptDot("callprototype"))
    return skipPrototype();
  uint32_t index = static_cast<uint32_t>(function->body.size());
  if (!scopes[scope].labels.emplace(name, index).second)
    return fail(at, "label '" + name + "' is declared twice");
  function->labels.push_back(index);
  return true;
}

bool Parser::parseTargetList(const std::string &name) {
  TargetList list;
  list.name = name;
  do {
    Operand target;
    target.at = token.at;
    if (token.kind != TokenKind::Word)
      return failHere("a label or a function");
    if (!parseName(target))
      return false;
    list.targets.push_back(std::move(target));
  } while (accept(','));
  function->targetLists.push_back(std::move(list));
  return expect(';', "after targets");
}

/// The types of an indirect call follow from what is passed; only the end is looked for.
bool Parser::skipPrototype() {
  while (!token.is(';')) {
    if (token.kind == TokenKind::End || token.kind == TokenKind::Bad || token.is('{') ||
        token.is('}'))
      return failHere("';' after '.callprototype'");
    consume();
  }
  consume();
  return true;
}

bool Parser::parseLoc() {
  uint64_t file = 0, line = 0, column = 0;
  if (!parseNumber(file, 0xffffffff, "the number of a file") ||
      !parseNumber(line, 0xffffffff, "a line") || !parseNumber(column, 0xffffffff, "a column"))
    return false;
  source = {static_cast<uint32_t>(file), static_cast<uint32_t>(line)};
  while (accept(',')) {
    if (token.isWord("function_name")) {
      consume();
      if (token.kind != TokenKind::Word)
        return failHere("a label after 'function_name'");
      consume();
      int64_t ignored = 0;
      if (!parseOffset(ignored))
        return false;
    } else if (token.isWord("inlined_at")) {
      consume();
      if (!parseNumber(file, 0xffffffff, "the number of a file") ||
          !parseNumber(line, 0xffffffff, "a line") || !parseNumber(column, 0xffffffff, "a column"))
        return false;
    } else {
      return failHere("'function_name' or 'inlined_at'");
    }
  }
  return true;
}

bool Parser::parseInstruction() {
  if (function->body.size() >= maxStatements)
    return fail(token.at, "a function has too many instructions");
  Instruction instruction;
  instruction.source = source;
  if (accept('@')) {
    Operand guard;
    guard.at = token.at;
    guard.negated = accept('!');
    if (token.kind != TokenKind::Word)
      return failHere("a predicate after '@'");
    bool negated = guard.negated;
    if (!parseName(guard))
      return false;
    guard.negated = negated;
    if (guard.kind != OperandKind::Predicate)
      return fail(guard.at, "'@' needs a predicate, got: '" + guard.name + "'");
    instruction.guard = std::move(guard);
  }
  instruction.at = token.at;
  if (token.kind != TokenKind::Word)
    return failHere("an instruction");
  instruction.opcode = token.text;
  instruction.text = token.text;
  consume();
  std::vector<Token> modifiers;
  while (token.kind == TokenKind::DotWord) {
    instruction.text += "." + std::string(token.text);
    modifiers.push_back(token);
    consume();
  }
  MatchError error;
  if (!matchInstruction(instruction, modifiers, error))
    return fail(error.at.line ? error.at : instruction.at, error.message);
  if (instruction.opcode == "call") {
    if (!parseCallOperands(instruction))
      return false;
  } else if (!token.is(';')) {
    do {
      if (instruction.operands.size() >= 16)
        return failHere("';' after the operands of '" + instruction.text + "'");
      if (!parseOperand(instruction.operands.emplace_back()))
        return false;
    } while (accept(','));
  }
  if (!token.is(';'))
    return failHere("',' or ';' after an operand of '" + instruction.text + "'");
  std::string problem = instruction.opcode == "call" ? "" : settleOperandCount(instruction);
  if (!problem.empty())
    return fail(instruction.at, "'" + instruction.text + "' " + problem);
  consume();
  function->body.push_back(std::move(instruction));
  return true;
}

/// Four operands, whatever is written: results, callee, arguments, targets.
bool Parser::parseCallOperands(Instruction &instruction) {
  instruction.operands.resize(4);
  for (size_t i : {size_t(0), size_t(2)})
    instruction.operands[i].kind = OperandKind::List, instruction.operands[i].at = token.at;
  if (accept('(')) {
    if (!parseElements(instruction.operands[0], ')') || !expect(',', "after the results of a call"))
      return false;
  }
  instruction.operands[1].at = token.at;
  if (token.kind != TokenKind::Word)
    return failHere("the function that is called");
  if (!parseName(instruction.operands[1]))
    return false;
  Operand &callee = instruction.operands[1];
  if (callee.kind == OperandKind::Label)
    return fail(callee.at, "function '" + callee.name + "' is not declared");
  if (callee.kind != OperandKind::Function && callee.kind != OperandKind::Register)
    return fail(callee.at, "a call needs a function or a register, got: '" + callee.name + "'");
  if (!accept(','))
    return true;
  if (accept('(')) {
    if (!parseElements(instruction.operands[2], ')'))
      return false;
    if (!accept(','))
      return true;
  }
  instruction.operands[3].at = token.at;
  if (token.kind != TokenKind::Word)
    return failHere("a prototype or a list of targets");
  instruction.operands[3].name = token.text;
  consume();
  return true;
}

bool Parser::resolveLabel(Operand &operand) {
  if (operand.kind != OperandKind::Label)
    return true;
  for (const TargetList &list : function->targetLists)
    if (list.name == operand.name)
      return true;
  for (uint32_t s = operand.index;; s = scopes[s].parent) {
    if (auto found = scopes[s].labels.find(operand.name); found != scopes[s].labels.end()) {
      operand.value = found->second;
      return true;
    }
    if (!s)
      return fail(operand.at, "'" + operand.name + "' is not declared");
  }
}

void Parser::resolveLabels(Function &owner) {
  for (TargetList &list : owner.targetLists)
    for (Operand &target : list.targets)
      resolveLabel(target);
  for (Instruction &instruction : owner.body)
    for (Operand &operand : instruction.operands) {
      resolveLabel(operand);
      for (Operand &element : operand.elements)
        resolveLabel(element);
    }
}

} // namespace mmc::emulator
