// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parses variables and registers.

#include "ParserImpl.h"

namespace mmc::emulator {

static constexpr uint64_t maxVariableBytes = uint64_t(1) << 34;
static constexpr size_t maxRegisters = 1 << 20;

bool Parser::parseLinkage(Linkage &linkage) {
  for (;;) {
    if (acceptDot("extern"))
      linkage.isExtern = true;
    else if (acceptDot("visible"))
      linkage.isVisible = true;
    else if (acceptDot("weak"))
      linkage.isWeak = true;
    else if (acceptDot("common"))
      linkage.isCommon = true;
    else
      return true;
  }
}

bool Parser::parseArraySuffix(Variable &variable) {
  while (accept('[')) {
    variable.isArray = true;
    if (accept(']')) {
      variable.bytes = 0;
      continue;
    }
    int64_t count = 0;
    bool isUnsigned = false;
    Location at = token.at;
    if (!parseConstant(count, isUnsigned) || !expect(']', "after the size of an array"))
      return false;
    if (count < 0 || (count && variable.bytes > maxVariableBytes / static_cast<uint64_t>(count)))
      return fail(at, "the size of '" + variable.name + "' is out of range");
    variable.bytes *= static_cast<uint64_t>(count);
  }
  return true;
}

bool Parser::addVariable(std::unique_ptr<Variable> variable) {
  const Variable *added = variable.get();
  if (function) {
    if (!scopes[scope].variables.emplace(variable->name, added).second)
      return fail(variable->at, "'" + variable->name + "' is declared twice");
    variable->owner = function;
    function->variables.push_back(std::move(variable));
    return true;
  }
  auto [place, isNew] = globals.emplace(variable->name, added);
  // An extern declaration may be followed by the definition.
  if (!isNew && !place->second->isExtern && !variable->isExtern)
    return fail(variable->at, "'" + variable->name + "' is declared twice");
  if (!isNew && place->second->isExtern && !variable->isExtern) {
    Variable &earlier = const_cast<Variable &>(*place->second);
    earlier = *variable;
    return true;
  }
  if (isNew)
    module.variables.push_back(std::move(variable));
  return true;
}

bool Parser::parseVariables(Space space, const Linkage &linkage) {
  uint64_t alignment = 0, vector = 1;
  Type type = Type::None;
  while (token.kind == TokenKind::DotWord) {
    Location at = token.at;
    if (acceptDot("align")) {
      if (!parseNumber(alignment, 1 << 20, "an alignment"))
        return false;
      if (!isPowerOfTwo(alignment))
        return fail(at, "an alignment must be a power of two, got: " + std::to_string(alignment));
    } else if (acceptDot("v2")) {
      vector = 2;
    } else if (acceptDot("v4")) {
      vector = 4;
    } else if (acceptDot("attribute")) {
      if (!expect('(', "after '.attribute'"))
        return false;
      while (!token.is(')') && token.kind != TokenKind::End && !token.is(';'))
        consume();
      if (!expect(')', "after '.attribute('"))
        return false;
    } else if (acceptDot("ptr") || acceptDot("global") || acceptDot("shared") ||
               acceptDot("const") || acceptDot("local")) {
      continue; // .param .u64 .ptr .global: what a pointer points to
    } else if (std::optional<Type> parsed = parseType(token.text)) {
      if (type != Type::None)
        return fail(at, "a variable has two types");
      type = *parsed;
      consume();
    } else {
      return failHere("a type, '.align' or a name");
    }
  }
  if (type == Type::None || type == Type::Pred)
    return failHere("the type of a variable");
  do {
    auto variable = std::make_unique<Variable>();
    variable->at = token.at;
    if (token.kind != TokenKind::Word)
      return failHere("the name of a variable");
    variable->name = token.text;
    consume();
    variable->space = space;
    variable->type = type;
    variable->bytes = sizeOf(type) * vector;
    variable->alignment = alignment ? alignment : variable->bytes;
    uint64_t count = 0;
    if (token.is('<')) {
      consume();
      if (!parseNumber(count, 4096, "a number of variables") ||
          !expect('>', "after a number of variables"))
        return false;
      for (uint64_t i = 0; i < count; ++i) {
        auto copy = std::make_unique<Variable>(*variable);
        copy->name += std::to_string(i);
        if (!addVariable(std::move(copy)))
          return false;
      }
      continue;
    }
    if (!parseArraySuffix(*variable))
      return false;
    bool sizeFromInitial = variable->isArray && variable->bytes == 0;
    variable->isExtern = linkage.isExtern;
    if (accept('=')) {
      if (space != Space::Global && space != Space::Const)
        return fail(variable->at, "only .global and .const variables have initial values");
      if (!parseInitializer(*variable))
        return false;
      if (sizeFromInitial)
        variable->bytes = variable->initial.size();
      if (variable->initial.size() > variable->bytes)
        return fail(variable->at, "'" + variable->name + "' has more initial values than elements");
    } else if (sizeFromInitial && !linkage.isExtern) {
      return fail(variable->at,
                  "'" + variable->name + "' has no size; only .extern variables may have none");
    }
    if (!addVariable(std::move(variable)))
      return false;
  } while (accept(','));
  return expect(';', "after a variable");
}

bool Parser::parseRegisters() {
  if (token.kind != TokenKind::DotWord)
    return failHere("the type of registers");
  std::optional<Type> type = parseType(token.text);
  if (!type)
    return failHere("the type of registers (vectors are not supported)");
  consume();
  do {
    if (token.kind != TokenKind::Word)
      return failHere("the name of a register");
    std::string name(token.text);
    Location at = token.at;
    consume();
    uint64_t count = 1;
    uint32_t first = static_cast<uint32_t>(function->registers.size());
    bool isRange = accept('<');
    if (isRange && (!parseNumber(count, maxRegisters, "a number of registers") ||
                    !expect('>', "after a number of registers")))
      return false;
    if (function->registers.size() + count > maxRegisters)
      return fail(at, "a function has more than " + std::to_string(maxRegisters) + " registers");
    bool isNew =
        isRange ? scopes[scope].ranges.emplace(name, std::make_pair(first, uint32_t(count))).second
                : scopes[scope].registers.emplace(name, first).second;
    if (!isNew)
      return fail(at, "register '" + name + "' is declared twice");
    for (uint64_t i = 0; i < count; ++i)
      function->registers.push_back({isRange ? name + std::to_string(i) : name, *type});
  } while (accept(','));
  return expect(';', "after registers");
}

} // namespace mmc::emulator
