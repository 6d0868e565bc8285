// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tokens of PTX text.

#include "Lexer.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace mmc::emulator {

static bool isWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c == '%';
}
static bool isDigit(char c) { return c >= '0' && c <= '9'; }
static bool isWordPart(char c) { return (isWordStart(c) && c != '%') || isDigit(c); }

static int digitValue(char c) {
  if (isDigit(c))
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return 99;
}

void Lexer::advance() {
  if (text[at] == '\n') {
    ++here.line;
    here.column = 1;
  } else {
    ++here.column;
  }
  ++at;
}

void Lexer::skipSpace() {
  while (at < text.size()) {
    char c = text[at];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f') {
      advance();
    } else if (c == '/' && peek(1) == '/') {
      while (at < text.size() && text[at] != '\n')
        advance();
    } else if (c == '/' && peek(1) == '*') {
      size_t end = text.find("*/", at + 2);
      openComment = end == std::string_view::npos;
      size_t stop = openComment ? text.size() : end + 2;
      while (at < stop)
        advance();
    } else if (c == '\0' && at + 1 == text.size()) {
      advance(); // images are often passed with their terminating zero
    } else {
      return;
    }
  }
}

Token Lexer::bad(Token token, std::string_view why) {
  token.kind = TokenKind::Bad;
  token.text = why;
  return token;
}

Token Lexer::word(Token token) {
  size_t begin = at;
  advance();
  while (isWordPart(peek()))
    advance();
  token.kind = TokenKind::Word;
  token.text = text.substr(begin, at - begin);
  return token;
}

Token Lexer::number(Token token) {
  size_t begin = at;
  if (peek() == '0' && std::strchr("fFdD", peek(1)) && peek(1)) {
    token.isSingle = peek(1) == 'f' || peek(1) == 'F';
    unsigned digits = token.isSingle ? 8 : 16;
    advance(), advance();
    unsigned count = 0;
    for (; digitValue(peek()) < 16; ++count, advance())
      token.value = token.value << 4 | digitValue(peek());
    if (count != digits || isWordPart(peek()))
      return bad(token, token.isSingle ? "0f needs exactly 8 hexadecimal digits"
                                       : "0d needs exactly 16 hexadecimal digits");
    if (token.isSingle) {
      uint32_t bits = static_cast<uint32_t>(token.value);
      float single;
      std::memcpy(&single, &bits, 4);
      double wide = single;
      std::memcpy(&token.value, &wide, 8);
      // Widening makes a signalling NaN quiet and moves its payload: keep the 32 bits themselves.
      if (single != single)
        token.value =
            0x7ff0000000000000u | uint64_t(bits >> 31) << 63 | uint64_t(bits & 0x7fffff) << 29;
    }
    token.kind = TokenKind::Float;
    token.text = text.substr(begin, at - begin);
    return token;
  }
  int base = 10;
  if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X'))
    base = 16, advance(), advance();
  else if (peek() == '0' && (peek(1) == 'b' || peek(1) == 'B'))
    base = 2, advance(), advance();
  size_t digits = at;
  size_t scan = at;
  while (scan < text.size() && isDigit(text[scan]))
    ++scan;
  bool isReal = base == 10 && scan < text.size() &&
                ((text[scan] == '.' && scan + 1 < text.size() && isDigit(text[scan + 1])) ||
                 text[scan] == 'e' || text[scan] == 'E');
  if (isReal) {
    std::string copy(text.substr(begin, 64));
    char *end = nullptr;
    double value = std::strtod(copy.c_str(), &end);
    for (size_t i = 0; i < static_cast<size_t>(end - copy.c_str()); ++i)
      advance();
    if (isWordPart(peek()))
      return bad(token, "a number ends with a letter");
    std::memcpy(&token.value, &value, 8);
    token.kind = TokenKind::Float;
    token.text = text.substr(begin, at - begin);
    return token;
  }
  if (base == 10 && peek() == '0' && isDigit(peek(1)))
    base = 8;
  bool overflow = false;
  for (; digitValue(peek()) < base; advance()) {
    if (token.value > (~uint64_t(0) - digitValue(peek())) / base)
      overflow = true;
    token.value = token.value * base + digitValue(peek());
  }
  bool any = at > digits;
  if (peek() == 'U')
    token.isUnsigned = true, advance();
  if (overflow)
    return bad(token, "an integer does not fit into 64 bits");
  if (!any || isWordPart(peek()))
    return bad(token, "a number has a digit that its base does not have");
  token.isUnsigned |= token.value >> 63 != 0;
  token.kind = TokenKind::Integer;
  token.text = text.substr(begin, at - begin);
  return token;
}

Token Lexer::next() {
  skipSpace();
  Token token;
  token.at = here;
  if (openComment)
    return openComment = false, bad(token, "a comment is not closed");
  if (at >= text.size())
    return token;
  char c = peek();
  if (isWordStart(c))
    return word(token);
  if (isDigit(c))
    return number(token);
  if (c == '.' && (isWordPart(peek(1)))) {
    advance();
    size_t begin = at;
    while (isWordPart(peek()) ||
           (peek() == ':' && peek(1) == ':' && isWordPart(peek(2)) && (advance(), true)))
      advance();
    token.kind = TokenKind::DotWord;
    token.text = text.substr(begin, at - begin);
    return token;
  }
  if (c == '"') {
    advance();
    size_t begin = at;
    while (at < text.size() && text[at] != '"' && text[at] != '\n') {
      if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] != '\n')
        advance();
      advance();
    }
    if (peek() != '"')
      return bad(token, "a string is not closed on its line");
    token.kind = TokenKind::String;
    token.text = text.substr(begin, at - begin);
    advance();
    return token;
  }
  if (std::strchr("{}[]()<>,;:@!+-*/|&^~?=#.", c) && c) {
    token.kind = TokenKind::Punctuation;
    token.text = text.substr(at, 1);
    advance();
    return token;
  }
  advance();
  return bad(token, "a character that PTX does not have");
}

bool Lexer::skipBraces() {
  for (unsigned depth = 1; at < text.size(); advance()) {
    depth += text[at] == '{';
    depth -= text[at] == '}';
    if (!depth) {
      advance();
      return true;
    }
  }
  return false;
}

std::string describe(const Token &token) {
  std::string quoted(token.text.substr(0, 60));
  switch (token.kind) {
  case TokenKind::End:
    return "the end of the text";
  case TokenKind::DotWord:
    return "'." + quoted + "'";
  case TokenKind::String:
    return "\"" + quoted + "\"";
  case TokenKind::Bad:
    return quoted;
  default:
    return "'" + quoted + "'";
  }
}

} // namespace mmc::emulator
