// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parses variables, registers and the heads of functions.

#include "ParserImpl.h"

#include <cstring>

namespace mmc::emulator {

static constexpr uint64_t maxVariableBytes = uint64_t(1) << 34;
static constexpr size_t maxInitialBytes = size_t(1) << 28;
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

static bool isPowerOfTwo(uint64_t value) { return value && !(value & (value - 1)); }

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
    } else if (acceptDot("ptr") || acceptDot("global") || acceptDot("shared") || acceptDot("const") ||
               acceptDot("local")) {
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
      if (!parseNumber(count, 4096, "a number of variables") || !expect('>', "after a number of variables"))
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
      return fail(variable->at, "'" + variable->name + "' has no size; only .extern variables may have none");
    }
    if (!addVariable(std::move(variable)))
      return false;
  } while (accept(','));
  return expect(';', "after a variable");
}

bool Parser::parseInitializer(Variable &variable) {
  if (token.is('{'))
    return parseInitialList(variable, 0);
  return parseInitialValue(variable);
}

bool Parser::parseInitialList(Variable &variable, unsigned depth) {
  if (depth > 8)
    return fail(token.at, "initial values are nested too deeply");
  consume();
  if (accept('}'))
    return true;
  do {
    if (token.is('{')) {
      if (!parseInitialList(variable, depth + 1))
        return false;
    } else if (!parseInitialValue(variable)) {
      return false;
    }
  } while (accept(','));
  return expect('}', "after initial values");
}

/// generic(x)+4, x+4; the name or 'generic' is the token.
bool Parser::parseInitialAddress(Variable &variable, uint64_t mask) {
  AddressFixup fixup;
  fixup.at = token.at;
  fixup.offset = variable.initial.size();
  fixup.bytes = mask ? 1 : sizeOf(variable.type);
  for (; mask > 0xff; mask >>= 8)
    fixup.shift += 8;
  if (token.isWord("generic") && ahead.is('(')) {
    consume(), consume();
    fixup.generic = true;
  }
  if (token.kind != TokenKind::Word)
    return failHere("the name of a variable or a function");
  fixup.symbol = token.text;
  consume();
  if (fixup.generic && !expect(')', "after 'generic('"))
    return false;
  if (!parseOffset(fixup.addend))
    return false;
  variable.initial.resize(variable.initial.size() + sizeOf(variable.type));
  variable.fixups.push_back(std::move(fixup));
  return true;
}

bool Parser::parseInitialValue(Variable &variable) {
  unsigned size = sizeOf(variable.type);
  if (variable.initial.size() + size > maxInitialBytes)
    return fail(token.at, "'" + variable.name + "' has too many initial values");
  if (token.kind == TokenKind::Word && !token.isWord("WARP_SZ"))
    return parseInitialAddress(variable, 0);
  if (token.kind == TokenKind::Integer && ahead.is('(')) {
    uint64_t mask = token.value;
    consume(), consume();
    bool isByte = mask && !(mask & (mask - 1)) ? false : true;
    uint64_t low = mask;
    while (isByte && low > 0xff && !(low & 0xff))
      low >>= 8;
    if (low != 0xff)
      return fail(token.at, "a mask of an address selects one byte, as 0xFF00(name)");
    return parseInitialAddress(variable, mask) && expect(')', "after a masked address");
  }
  Operand value;
  if (!parseOperand(value))
    return false;
  uint64_t bits = static_cast<uint64_t>(value.value);
  if (value.kind == OperandKind::Float) {
    if (variable.type == Type::F32) {
      double wide;
      std::memcpy(&wide, &bits, 8);
      float single = static_cast<float>(wide);
      uint32_t narrow;
      std::memcpy(&narrow, &single, 4);
      bits = narrow;
    } else if (variable.type != Type::F64) {
      return fail(value.at, "a floating-point value needs a variable of type .f32 or .f64");
    }
  } else if (value.kind != OperandKind::Integer) {
    return fail(value.at, "expected an initial value");
  } else if (variable.type == Type::F32 || variable.type == Type::F64) {
    return fail(value.at, "a variable of a floating-point type needs floating-point values");
  }
  for (unsigned i = 0; i < size; ++i)
    variable.initial.push_back(i < 8 ? static_cast<uint8_t>(bits >> 8 * i) : 0);
  return true;
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
    bool isNew = isRange ? scopes[scope].ranges.emplace(name, std::make_pair(first, uint32_t(count))).second
                         : scopes[scope].registers.emplace(name, first).second;
    if (!isNew)
      return fail(at, "register '" + name + "' is declared twice");
    for (uint64_t i = 0; i < count; ++i)
      function->registers.push_back({isRange ? name + std::to_string(i) : name, *type});
  } while (accept(','));
  return expect(';', "after registers");
}

bool Parser::parseFormal(Function &owner, std::vector<Function::Formal> &formals, bool allowRegisters) {
  if (acceptDot("reg")) {
    if (!allowRegisters)
      return fail(token.at, "a kernel's parameters lie in .param, not in registers");
    std::optional<Type> type;
    if (token.kind == TokenKind::DotWord)
      type = parseType(token.text);
    if (!type)
      return failHere("the type of a register");
    consume();
    if (token.kind != TokenKind::Word)
      return failHere("the name of a register");
    uint32_t index = static_cast<uint32_t>(owner.registers.size());
    scopes[scope].registers[std::string(token.text)] = index;
    owner.registers.push_back({std::string(token.text), *type});
    formals.push_back({nullptr, index, true});
    consume();
    return true;
  }
  if (!acceptDot("param"))
    return failHere(allowRegisters ? "'.param' or '.reg'" : "'.param'");
  auto variable = std::make_unique<Variable>();
  variable->space = Space::Param;
  Type type = Type::None;
  uint64_t alignment = 0, ignored = 0;
  bool pointee = false;
  while (token.kind == TokenKind::DotWord) {
    Location at = token.at;
    if (acceptDot("align")) {
      uint64_t &value = pointee ? ignored : alignment;
      if (!parseNumber(value, 1 << 20, "an alignment"))
        return false;
      if (!isPowerOfTwo(value))
        return fail(at, "an alignment must be a power of two, got: " + std::to_string(value));
    } else if (acceptDot("ptr")) {
      pointee = true;
    } else if (acceptDot("global") || acceptDot("shared") || acceptDot("const") || acceptDot("local")) {
      if (!pointee)
        return fail(at, "a space of a parameter stands behind '.ptr'");
    } else if (std::optional<Type> parsed = parseType(token.text)) {
      type = *parsed;
      consume();
    } else {
      return failHere("a type, '.align' or '.ptr'");
    }
  }
  if (type == Type::None || type == Type::Pred)
    return failHere("the type of a parameter");
  variable->at = token.at;
  if (token.kind != TokenKind::Word)
    return failHere("the name of a parameter");
  variable->name = token.text;
  consume();
  variable->type = type;
  variable->bytes = sizeOf(type);
  variable->alignment = alignment ? alignment : sizeOf(type);
  if (!parseArraySuffix(*variable))
    return false;
  if (variable->bytes > 65536)
    return fail(variable->at, "parameter '" + variable->name + "' is larger than 64 KiB");
  const Variable *added = variable.get();
  formals.push_back({added, 0, false});
  if (variable->name == "_") {
    owner.variables.push_back(std::move(variable));
    return true;
  }
  return addVariable(std::move(variable));
}

bool Parser::parseFormals(Function &owner, std::vector<Function::Formal> &formals, bool allowRegisters) {
  if (accept(')'))
    return true;
  do {
    if (!parseFormal(owner, formals, allowRegisters))
      return false;
  } while (accept(','));
  return expect(')', "after parameters");
}

bool Parser::parseDims(uint32_t (&dims)[3]) {
  dims[0] = dims[1] = dims[2] = 1;
  unsigned i = 0;
  do {
    uint64_t value = 0;
    if (i == 3)
      return failHere("at most three sizes");
    if (!parseNumber(value, 0x7fffffff, "a number of threads"))
      return false;
    dims[i++] = static_cast<uint32_t>(value);
  } while (accept(','));
  return true;
}

bool Parser::parseFunctionDirectives(Function &owner) {
  for (;;) {
    uint64_t value = 0;
    uint32_t ignored[3];
    if (acceptDot("maxntid")) {
      if (!parseDims(owner.maxThreads))
        return false;
    } else if (acceptDot("reqntid")) {
      if (!parseDims(owner.requiredThreads))
        return false;
    } else if (acceptDot("maxnreg")) {
      if (!parseNumber(value, 65536, "a number of registers"))
        return false;
      owner.maxRegisters = static_cast<uint32_t>(value);
    } else if (acceptDot("minnctapersm") || acceptDot("maxnctapersm") || acceptDot("maxclusterrank")) {
      if (!parseDims(ignored))
        return false;
    } else if (token.isDot("explicitcluster") || token.isDot("reqnctapercluster") ||
               token.isDot("blocksareclusters")) {
      return fail(token.at, "clusters of blocks ('." + std::string(token.text) + "') are not supported");
    } else if (acceptDot("noreturn") || acceptDot("unique")) {
      continue;
    } else if (acceptDot("abi_preserve") || acceptDot("abi_preserve_control")) {
      if (!parseNumber(value, 65536, "a number of registers"))
        return false;
    } else if (acceptDot("pragma")) {
      if (!skipPragma())
        return false;
    } else {
      return true;
    }
  }
}

bool Parser::parseFunction(bool isKernel, const Linkage &linkage) {
  auto owned = std::make_unique<Function>();
  Function *created = owned.get();
  created->isKernel = isKernel;
  created->isExtern = linkage.isExtern;
  scopes.clear();
  scopes.emplace_back();
  scope = 0;
  function = created;
  if (!isKernel && accept('(') && !parseFormals(*created, created->results, true))
    return false;
  created->at = token.at;
  if (token.kind != TokenKind::Word)
    return failHere("the name of a function");
  created->name = token.text;
  consume();
  if (accept('(') && !parseFormals(*created, created->parameters, !isKernel))
    return false;
  if (!parseFunctionDirectives(*created))
    return false;
  auto found = functions.find(created->name);
  if (token.is('{')) {
    if (found != functions.end() && found->second->hasBody)
      return fail(created->at, "function '" + created->name + "' is defined twice");
    created->hasBody = true;
    Function *target = created;
    if (found != functions.end()) {
      // Calls may already refer to the declaration: it becomes the definition.
      *found->second = std::move(*created);
      target = function = found->second;
      for (std::unique_ptr<Variable> &variable : target->variables)
        variable->owner = target;
    } else {
      functions[created->name] = created;
      module.functions.push_back(std::move(owned));
    }
    bool ok = parseBody(*target);
    function = nullptr;
    scope = 0;
    return ok;
  }
  if (!expect(';', "or '{' after the head of a function"))
    return false;
  if (found == functions.end()) {
    functions[created->name] = created;
    module.functions.push_back(std::move(owned));
  }
  function = nullptr;
  return true;
}

} // namespace mmc::emulator
