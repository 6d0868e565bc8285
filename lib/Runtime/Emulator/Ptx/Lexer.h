// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The tokens of PTX text.

#ifndef MMC_EMULATOR_PTX_LEXER_H
#define MMC_EMULATOR_PTX_LEXER_H

#include <cstdint>
#include <string>
#include <string_view>

namespace mmc::emulator {

/// A place in the text, both from 1.
struct Location {
  uint32_t line = 0, column = 0;
};

enum class TokenKind : uint8_t {
  End,
  Word,        ///< add, %r1, $L__BB0_1, foo
  DotWord,     ///< .f32, .entry, .L2::128B; the text is without the first dot
  Integer,     ///< value has it
  Float,       ///< 0f3F800000, 0d…, 1.5; value has the bits of a double
  String,      ///< the text is what stands between the quotes
  Punctuation, ///< one character
  Bad,         ///< the text says what is wrong
};

struct Token {
  TokenKind kind = TokenKind::End;
  std::string_view text;
  Location at;
  uint64_t value = 0;
  bool isSingle = false;   ///< Float: written as 0f…
  bool isUnsigned = false; ///< Integer: with U, or above 2^63 - 1

  bool is(char c) const { return kind == TokenKind::Punctuation && text[0] == c; }
  bool isWord(std::string_view word) const { return kind == TokenKind::Word && text == word; }
  bool isDot(std::string_view word) const { return kind == TokenKind::DotWord && text == word; }
};

/// Splits text, which must outlive it, into tokens.
class Lexer {
public:
  explicit Lexer(std::string_view text) : text(text) {}
  Token next();
  /// Skips to the brace that closes the one just read; false at the end of the text. For sections
  /// of debugging data.
  bool skipBraces();

private:
  void skipSpace();
  void advance();
  Token number(Token token);
  Token word(Token token);
  char peek(size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }
  Token bad(Token token, std::string_view why);

  std::string_view text;
  size_t at = 0;
  Location here{1, 1};
  bool openComment = false;
};

/// A token as messages show it.
std::string describe(const Token &token);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_PTX_LEXER_H
