// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parses operands of instructions and constant expressions.

#include "ParserImpl.h"

#include <cstring>

namespace mmc::emulator {

static constexpr unsigned maxDepth = 32;

bool Parser::parseNumber(uint64_t &value, uint64_t maximum, const char *what) {
  if (token.kind != TokenKind::Integer)
    return failHere(what);
  if (token.value > maximum)
    return fail(token.at, std::string(what) + " is at most " + std::to_string(maximum) +
                              ", got: " + std::to_string(token.value));
  value = token.value;
  consume();
  return true;
}

bool Parser::parseUnary(int64_t &value, bool &isUnsigned, unsigned depth) {
  if (depth > maxDepth)
    return fail(token.at, "a constant expression is nested too deeply");
  if (accept('-')) {
    if (!parseUnary(value, isUnsigned, depth + 1))
      return false;
    value = static_cast<int64_t>(0 - static_cast<uint64_t>(value));
    return true;
  }
  if (accept('+'))
    return parseUnary(value, isUnsigned, depth + 1);
  if (accept('~')) {
    if (!parseUnary(value, isUnsigned, depth + 1))
      return false;
    value = ~value;
    return true;
  }
  if (accept('!')) {
    if (!parseUnary(value, isUnsigned, depth + 1))
      return false;
    value = !value;
    return true;
  }
  if (accept('('))
    return parseConstant(value, isUnsigned, depth + 1) &&
           expect(')', "after a constant expression");
  if (token.isWord("WARP_SZ")) {
    value = 32;
    consume();
    return true;
  }
  if (token.kind != TokenKind::Integer)
    return failHere("an integer");
  value = static_cast<int64_t>(token.value);
  isUnsigned = token.isUnsigned;
  consume();
  return true;
}

/// The operators of C that constant expressions have, by precedence; 0 for other tokens.
static int precedenceOf(const Token &token, const Token &ahead, std::string &op) {
  if (token.kind != TokenKind::Punctuation)
    return 0;
  char c = token.text[0];
  op = c;
  switch (c) {
  case '*':
  case '/':
    return 6;
  case '+':
  case '-':
    return 5;
  case '<':
  case '>':
    if (!ahead.is(c))
      return 0;
    op += c;
    return 4;
  case '&':
    return 3;
  case '^':
    return 2;
  case '|':
    return 1;
  }
  return 0;
}

bool Parser::parseConstant(int64_t &value, bool &isUnsigned, unsigned depth, int minimum) {
  if (!parseUnary(value, isUnsigned, depth))
    return false;
  std::string op;
  for (int precedence; (precedence = precedenceOf(token, ahead, op)) > minimum;) {
    Location at = token.at;
    consume();
    if (op.size() == 2)
      consume();
    int64_t right = 0;
    bool rightUnsigned = false;
    if (!parseConstant(right, rightUnsigned, depth + 1, precedence))
      return false;
    isUnsigned |= rightUnsigned;
    uint64_t a = static_cast<uint64_t>(value), b = static_cast<uint64_t>(right), result = 0;
    if (op == "*")
      result = a * b;
    else if (op == "+")
      result = a + b;
    else if (op == "-")
      result = a - b;
    else if (op == "<<")
      result = b < 64 ? a << b : 0;
    else if (op == ">>")
      result = b < 64 ? (isUnsigned ? a >> b : static_cast<uint64_t>(value >> b)) : 0;
    else if (op == "&")
      result = a & b;
    else if (op == "^")
      result = a ^ b;
    else if (op == "|")
      result = a | b;
    else if (b == 0 || (b == ~uint64_t(0) && a == uint64_t(1) << 63))
      return fail(at, "a constant expression divides by zero or overflows");
    else
      result = isUnsigned ? a / b : static_cast<uint64_t>(value / right);
    value = static_cast<int64_t>(result);
  }
  return true;
}

/// "+ 8", "-8", "+-8", or nothing.
bool Parser::parseOffset(int64_t &value) {
  if (!token.is('+') && !token.is('-'))
    return true;
  bool isUnsigned = false;
  int64_t offset = 0;
  if (!parseConstant(offset, isUnsigned, 0, 5))
    return false;
  value = static_cast<int64_t>(static_cast<uint64_t>(value) + static_cast<uint64_t>(offset));
  return true;
}

bool Parser::parseName(Operand &operand) {
  operand.name = token.text;
  if (operand.name == "_") {
    operand.kind = OperandKind::Sink;
    consume();
    return true;
  }
  if (findRegister(operand.name, operand.index)) {
    operand.kind = function->registers[operand.index].type == Type::Pred ? OperandKind::Predicate
                                                                         : OperandKind::Register;
    consume();
    if (token.kind == TokenKind::DotWord)
      return failHere(
          "',' or ';' after a register (elements of vector registers are not supported)");
    return true;
  }
  if (const Variable *variable = findVariable(operand.name)) {
    operand.kind = OperandKind::Variable;
    operand.variable = variable;
    consume();
    return parseOffset(operand.value);
  }
  if (const Function *callee = findFunction(operand.name)) {
    operand.kind = OperandKind::Function;
    operand.function = callee;
    consume();
    return true;
  }
  if (operand.name[0] == '%') {
    operand.kind = OperandKind::Special;
    Location at = token.at;
    consume();
    if (token.kind == TokenKind::DotWord) {
      operand.name += "." + std::string(token.text);
      consume();
    }
    static constexpr std::string_view specials[] = {"%tid",
                                                    "%ntid",
                                                    "%ctaid",
                                                    "%nctaid",
                                                    "%laneid",
                                                    "%warpid",
                                                    "%nwarpid",
                                                    "%smid",
                                                    "%nsmid",
                                                    "%gridid",
                                                    "%clock",
                                                    "%clock_hi",
                                                    "%clock64",
                                                    "%globaltimer",
                                                    "%globaltimer_lo",
                                                    "%globaltimer_hi",
                                                    "%dynamic_smem_size",
                                                    "%total_smem_size",
                                                    "%aggr_smem_size",
                                                    "%lanemask_eq",
                                                    "%lanemask_le",
                                                    "%lanemask_lt",
                                                    "%lanemask_ge",
                                                    "%lanemask_gt",
                                                    "%clusterid",
                                                    "%nclusterid",
                                                    "%cluster_ctaid",
                                                    "%cluster_nctaid",
                                                    "%cluster_ctarank",
                                                    "%cluster_nctarank",
                                                    "%is_explicit_cluster",
                                                    "%reserved_smem_offset_begin",
                                                    "%reserved_smem_offset_cap",
                                                    "%reserved_smem_offset_end",
                                                    "%reserved_smem_offset_0",
                                                    "%reserved_smem_offset_1"};
    std::string stem = operand.name.substr(0, operand.name.find('.'));
    for (std::string_view special : specials)
      if (special == stem)
        return true;
    // %envreg0 … %envreg31
    if (stem.compare(0, 7, "%envreg") == 0 && stem.size() <= 9)
      for (unsigned i = 0; i < 32; ++i)
        if (stem.substr(7) == std::to_string(i))
          return true;
    // %pm0 … %pm7, %pm0_64 … %pm7_64
    if (stem.compare(0, 3, "%pm") == 0 && stem.size() >= 4 && stem[3] >= '0' && stem[3] <= '7' &&
        (stem.size() == 4 || stem.substr(4) == "_64"))
      return true;
    return fail(at, "register '" + operand.name + "' is not declared");
  }
  operand.kind = OperandKind::Label;
  operand.index = scope;
  consume();
  return true;
}

bool Parser::parseElements(Operand &operand, char close) {
  if (accept(close))
    return true;
  do {
    if (operand.elements.size() >= 256)
      return fail(token.at, "a list has more than 256 elements");
    if (token.is('{') || token.is('(') || token.is('['))
      return failHere("a register or a constant");
    if (!parseOperand(operand.elements.emplace_back()))
      return false;
  } while (accept(','));
  return expect(close, "at the end of a list");
}

bool Parser::parseAddress(Operand &operand) {
  operand.kind = OperandKind::Address;
  bool isUnsigned = false;
  if (token.kind == TokenKind::Word && !token.isWord("WARP_SZ")) {
    Operand base;
    base.at = token.at;
    if (!parseName(base))
      return false;
    if (base.kind == OperandKind::Variable)
      std::swap(operand.value, base.value);
    else if (base.kind != OperandKind::Register)
      return fail(base.at,
                  base.kind == OperandKind::Label
                      ? "'" + base.name + "' is not declared"
                      : "an address needs a register or a variable, got: '" + base.name + "'");
    operand.elements.push_back(std::move(base));
    if (!parseOffset(operand.value))
      return false;
  } else if (!parseConstant(operand.value, isUnsigned)) {
    return false;
  }
  return expect(']', "after an address");
}

bool Parser::parseOperand(Operand &operand) {
  operand.at = token.at;
  if (accept('['))
    return parseAddress(operand);
  if (accept('{')) {
    operand.kind = OperandKind::Vector;
    return parseElements(operand, '}');
  }
  if (token.is('!') && ahead.kind == TokenKind::Word) {
    consume();
    if (!parseName(operand))
      return false;
    if (operand.kind != OperandKind::Predicate)
      return fail(operand.at, "'!' needs a predicate, got: '" + operand.name + "'");
    operand.negated = true;
    return true;
  }
  if (token.kind == TokenKind::Word && !token.isWord("WARP_SZ")) {
    if (!parseName(operand))
      return false;
    if (!token.is('|'))
      return true;
    consume();
    Operand first = std::move(operand);
    operand = Operand();
    operand.at = first.at;
    operand.kind = OperandKind::Pair;
    operand.elements.push_back(std::move(first));
    Operand &second = operand.elements.emplace_back();
    second.at = token.at;
    if (token.kind != TokenKind::Word)
      return failHere("a register after '|'");
    return parseName(second);
  }
  bool negative = token.is('-') && ahead.kind == TokenKind::Float;
  if (negative)
    consume();
  if (token.kind == TokenKind::Float) {
    operand.kind = OperandKind::Float;
    operand.isSingle = token.isSingle;
    operand.value = static_cast<int64_t>(token.value ^ (negative ? uint64_t(1) << 63 : 0));
    consume();
    return true;
  }
  if (token.kind != TokenKind::Integer && !token.is('-') && !token.is('(') && !token.is('~') &&
      !token.is('!') && !token.is('+') && !token.isWord("WARP_SZ"))
    return failHere("an operand");
  operand.kind = OperandKind::Integer;
  bool isUnsigned = false;
  return parseConstant(operand.value, isUnsigned);
}

} // namespace mmc::emulator
