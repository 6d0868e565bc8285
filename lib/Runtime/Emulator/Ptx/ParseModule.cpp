// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parses what stands outside functions.

#include "ParserImpl.h"

#include <cmath>
#include <cstring>

namespace mmc::emulator {

void Parser::parseModule() {
  while (token.kind != TokenKind::End && !stopped) {
    if (!module.ptxVersion && !token.isDot("version") && token.kind != TokenKind::Bad) {
      failHere("'.version' at the begin of the module");
      return;
    }
    if (parseTopLevel())
      continue;
    function = nullptr;
    scope = 0;
    recover();
    accept('}');
  }
  resolveAliases();
  if (!module.ptxVersion && diagnostics.empty())
    fail(token.at, "expected '.version' at the begin of the module, got: an empty text");
  else if (!module.sm && diagnostics.empty())
    fail(token.at, "the module has no '.target'");
}

bool Parser::parseTopLevel() {
  if (acceptDot("version"))
    return parseVersion();
  if (acceptDot("target"))
    return parseTarget();
  if (acceptDot("address_size")) {
    uint64_t bits = 0;
    Location at = token.at;
    if (!parseNumber(bits, 64, "the number of bits of an address"))
      return false;
    if (bits != 64)
      return fail(at, "only 64-bit addresses are supported, got: .address_size " +
                          std::to_string(bits));
    return true;
  }
  if (acceptDot("file"))
    return parseFile();
  if (acceptDot("section"))
    return parseSection();
  if (acceptDot("pragma"))
    return skipPragma();
  if (accept(';'))
    return true;
  Linkage linkage;
  if (!parseLinkage(linkage))
    return false;
  if (acceptDot("entry"))
    return parseFunction(true, linkage);
  if (acceptDot("func"))
    return parseFunction(false, linkage);
  if (acceptDot("alias"))
    return parseAlias();
  if (acceptDot("global"))
    return parseVariables(Space::Global, linkage);
  if (acceptDot("const"))
    return parseVariables(Space::Const, linkage);
  if (acceptDot("shared"))
    return parseVariables(Space::Shared, linkage);
  return failHere("a declaration (.entry, .func, .global, .const, .shared) or a directive");
}

bool Parser::parseVersion() {
  if (token.kind != TokenKind::Float)
    return failHere("a version as 8.0 after '.version'");
  double value;
  std::memcpy(&value, &token.value, 8);
  if (!(value >= 1.0 && value < 100.0))
    return failHere("a version as 8.0 after '.version'");
  module.ptxVersion = static_cast<unsigned>(std::lround(value * 10));
  consume();
  return true;
}

bool Parser::parseTarget() {
  do {
    if (token.kind != TokenKind::Word)
      return failHere("a chip as sm_80 after '.target'");
    std::string word(token.text);
    if (word.rfind("sm_", 0) == 0) {
      unsigned sm = 0;
      size_t i = 3;
      for (; i < word.size() && i < 7 && word[i] >= '0' && word[i] <= '9'; ++i)
        sm = 10 * sm + (word[i] - '0');
      bool suffix = i + 1 == word.size() && (word[i] == 'a' || word[i] == 'f');
      if (!sm || (i != word.size() && !suffix))
        return failHere("a chip as sm_80 after '.target'");
      if (suffix && sm < (word[i] == 'a' ? 90u : 100u))
        return fail(token.at, "there is no " + word + ": 'a' is from sm_90 on, 'f' from sm_100");
      module.sm = sm;
      module.target = word;
    } else if (word == "texmode_unified" || word == "texmode_independent" || word == "debug" ||
               word == "map_f64_to_f32") {
      if (word[0] == 'm')
        return fail(token.at, "map_f64_to_f32 is not supported");
    } else {
      return failHere("a chip as sm_80 or an option of '.target'");
    }
    consume();
  } while (accept(','));
  return true;
}

bool Parser::parseFile() {
  uint64_t index = 0, ignored = 0;
  if (!parseNumber(index, 0xffffffff, "the number of a file"))
    return false;
  if (token.kind != TokenKind::String)
    return failHere("the name of a file in quotes");
  module.files[static_cast<uint32_t>(index)] = std::string(token.text);
  consume();
  while (accept(','))
    if (!parseNumber(ignored, ~uint64_t(0), "a time stamp or a size"))
      return false;
  return true;
}

bool Parser::parseSection() {
  Location at = token.at;
  if (token.kind != TokenKind::DotWord && token.kind != TokenKind::Word)
    return failHere("the name of a section");
  consume();
  if (!token.is('{'))
    return failHere("'{' after the name of a section");
  // Debugging data may have any directives. One token has been read beyond the brace.
  unsigned depth = 1;
  consume();
  while (token.kind != TokenKind::End) {
    depth += token.is('{');
    depth -= token.is('}');
    consume();
    if (!depth)
      return true;
  }
  return fail(at, "a section is not closed");
}

bool Parser::skipPragma() {
  do {
    if (token.kind != TokenKind::String)
      return failHere("a string after '.pragma'");
    consume();
  } while (accept(','));
  return expect(';', "after '.pragma'");
}

} // namespace mmc::emulator
