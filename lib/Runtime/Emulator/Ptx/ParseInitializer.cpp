// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parses the initial values of variables.

#include "ParserImpl.h"

#include <cstring>

namespace mmc::emulator {

static constexpr size_t maxInitialBytes = size_t(1) << 28;

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

} // namespace mmc::emulator
