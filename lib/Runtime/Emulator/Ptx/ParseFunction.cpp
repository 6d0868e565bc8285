// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parses functions and kernels: parameters, directives, bodies.

#include "ParserImpl.h"

namespace mmc::emulator {

bool Parser::parseFormal(Function &owner, std::vector<Function::Formal> &formals,
                         bool allowRegisters) {
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
    } else if (acceptDot("global") || acceptDot("shared") || acceptDot("const") ||
               acceptDot("local")) {
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

bool Parser::parseFormals(Function &owner, std::vector<Function::Formal> &formals,
                          bool allowRegisters) {
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
    } else if (acceptDot("minnctapersm") || acceptDot("maxnctapersm") ||
               acceptDot("maxclusterrank")) {
      if (!parseDims(ignored))
        return false;
    } else if (token.isDot("blocksareclusters")) {
      return fail(token.at, "clusters of blocks ('.blocksareclusters') are not supported");
    } else if (token.isDot("reqnctapercluster")) {
      Location at = token.at;
      consume();
      if (!parseDims(ignored))
        return false;
      if (ignored[0] != 1 || ignored[1] != 1 || ignored[2] != 1)
        return fail(at, "clusters of several blocks ('.reqnctapercluster') are not supported");
    } else if (acceptDot("noreturn") || acceptDot("unique") || acceptDot("explicitcluster")) {
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

/// .alias name, aliasee; — both declared, the aliasee with a body.
bool Parser::parseAlias() {
  Function *named[2] = {nullptr, nullptr};
  Location at[2];
  for (unsigned i = 0; i < 2; ++i) {
    at[i] = token.at;
    if (token.kind != TokenKind::Word)
      return failHere("the name of a function after '.alias'");
    std::string name(token.text);
    auto found = functions.find(name);
    if (found == functions.end())
      return fail(token.at, "function '" + name + "' is not declared");
    named[i] = found->second;
    consume();
    if (i == 0 && !expect(',', "between an alias and what it stands for"))
      return false;
  }
  while (named[1]->aliasee)
    named[1] = const_cast<Function *>(named[1]->aliasee);
  if (named[0]->hasBody || named[0]->aliasee)
    return fail(at[0], "function '" + named[0]->name + "' is defined twice");
  if (named[1]->isKernel || named[0]->isKernel)
    return fail(at[1], "a kernel has no alias");
  if (!named[1]->hasBody)
    return fail(at[1], "function '" + named[1]->name + "' has no body in this module");
  auto isLike = [](const std::vector<Function::Formal> &a, const std::vector<Function::Formal> &b) {
    bool like = a.size() == b.size();
    for (size_t i = 0; like && i < a.size(); ++i)
      like = a[i].isRegister == b[i].isRegister &&
             (a[i].isRegister || a[i].variable->bytes == b[i].variable->bytes);
    return like;
  };
  if (!isLike(named[0]->parameters, named[1]->parameters) ||
      !isLike(named[0]->results, named[1]->results))
    return fail(at[0], "'" + named[0]->name + "' and '" + named[1]->name +
                           "' differ in their parameters or results");
  named[0]->aliasee = named[1];
  return expect(';', "after '.alias'");
}

/// Whoever names an alias means what it stands for.
void Parser::resolveAliases() {
  auto resolve = [](Operand &operand) {
    if (operand.function && operand.function->aliasee)
      operand.function = operand.function->aliasee;
  };
  for (std::unique_ptr<Function> &owner : module.functions) {
    for (TargetList &list : owner->targetLists)
      for (Operand &target : list.targets)
        resolve(target);
    for (Instruction &instruction : owner->body)
      for (Operand &operand : instruction.operands) {
        resolve(operand);
        for (Operand &element : operand.elements)
          resolve(element);
      }
  }
  for (std::unique_ptr<Variable> &variable : module.variables)
    for (AddressFixup &fixup : variable->fixups)
      if (auto found = functions.find(fixup.symbol);
          found != functions.end() && found->second->aliasee)
        fixup.symbol = found->second->aliasee->name;
}

} // namespace mmc::emulator
