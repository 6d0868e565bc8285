// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The parser's entry, tokens, errors and name lookup.

#include "ParserImpl.h"

namespace mmc::emulator {

static constexpr size_t maxDiagnostics = 20;

std::string_view nameOf(Space space) {
  static constexpr std::string_view names[] = {"generic", "global", "shared",
                                               "local",   "param",  "const"};
  return names[static_cast<unsigned>(space)];
}

std::unique_ptr<ParsedModule> parsePtx(std::string_view text,
                                       std::vector<Diagnostic> &diagnostics) {
  auto module = std::make_unique<ParsedModule>();
  module->text = text;
  Parser(*module, diagnostics).parseModule();
  if (!diagnostics.empty())
    return nullptr;
  return module;
}

Parser::Parser(ParsedModule &module, std::vector<Diagnostic> &diagnostics)
    : module(module), diagnostics(diagnostics), lexer(module.text) {
  token = lexer.next();
  ahead = lexer.next();
  scopes.emplace_back();
}

void Parser::consume() {
  if (token.kind == TokenKind::End)
    return;
  token = ahead;
  ahead = lexer.next();
}

bool Parser::accept(char c) {
  if (!token.is(c))
    return false;
  consume();
  return true;
}

bool Parser::acceptDot(std::string_view word) {
  if (!token.isDot(word))
    return false;
  consume();
  return true;
}

bool Parser::expect(char c, const char *where) {
  if (accept(c))
    return true;
  return failHere(std::string("'") + c + "' " + where);
}

bool Parser::fail(Location at, std::string message) {
  if (diagnostics.size() < maxDiagnostics)
    diagnostics.push_back({at, std::move(message)});
  else
    stopped = true;
  return false;
}

bool Parser::failHere(const std::string &expected) {
  if (token.kind == TokenKind::Bad)
    return fail(token.at, std::string(token.text));
  return fail(token.at, "expected " + expected + ", got: " + describe(token));
}

/// Goes behind the next semicolon, or before the brace that ends the block. Operands may have
/// braces of their own.
void Parser::recover() {
  unsigned open = 0;
  while (token.kind != TokenKind::End && (open || !token.is('}'))) {
    if (accept(';'))
      return;
    open += token.is('{') ? 1 : 0;
    open -= token.is('}') ? 1 : 0;
    consume();
  }
}

const Variable *Parser::findVariable(const std::string &name) const {
  for (uint32_t s = scope;; s = scopes[s].parent) {
    if (auto found = scopes[s].variables.find(name); found != scopes[s].variables.end())
      return found->second;
    if (!s)
      break;
  }
  auto found = globals.find(name);
  return found == globals.end() ? nullptr : found->second;
}

const Function *Parser::findFunction(const std::string &name) const {
  auto found = functions.find(name);
  return found == functions.end() ? nullptr : found->second;
}

bool Parser::findRegister(const std::string &name, uint32_t &index) const {
  size_t digits = name.size();
  while (digits && name[digits - 1] >= '0' && name[digits - 1] <= '9')
    --digits;
  bool canBeInRange = digits < name.size() && name.size() - digits <= 9 &&
                      (name[digits] != '0' || digits + 1 == name.size());
  std::string prefix = canBeInRange ? name.substr(0, digits) : std::string();
  uint32_t number = canBeInRange ? static_cast<uint32_t>(std::stoul(name.substr(digits))) : 0;
  for (uint32_t s = scope;; s = scopes[s].parent) {
    if (auto found = scopes[s].registers.find(name); found != scopes[s].registers.end())
      return index = found->second, true;
    if (canBeInRange) {
      auto found = scopes[s].ranges.find(prefix);
      if (found != scopes[s].ranges.end() && number < found->second.second)
        return index = found->second.first + number, true;
    }
    if (!s)
      return false;
  }
}

} // namespace mmc::emulator
