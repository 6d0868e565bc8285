// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// GPT-2's byte alphabet.

#include "ByteAlphabet.h"

#include "UnicodeText.h"

#include <array>
#include <vector>

using namespace mmc;

namespace {

struct Alphabet {
  Alphabet() : bytes(0x200, -1) {
    uint32_t next = 0x100;
    for (int byte = 0; byte < 256; ++byte) {
      bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
      uint32_t character = printable ? byte : next++;
      appendUtf8(characters[byte], character);
      bytes[character] = byte;
    }
  }
  std::array<std::string, 256> characters;
  std::vector<int> bytes;
};

const Alphabet &alphabet() {
  static const Alphabet table;
  return table;
}

} // namespace

std::string mmc::toByteAlphabet(std::string_view bytes) {
  const Alphabet &table = alphabet();
  std::string text;
  text.reserve(bytes.size() * 2);
  for (unsigned char byte : bytes)
    text += table.characters[byte];
  return text;
}

bool mmc::appendFromByteAlphabet(std::string_view text, std::string &bytes) {
  const Alphabet &table = alphabet();
  size_t before = bytes.size();
  for (size_t i = 0; i < text.size();) {
    uint32_t character = nextCharacter(text, i);
    int byte = character < table.bytes.size() ? table.bytes[character] : -1;
    if (byte < 0) {
      bytes.resize(before);
      return false;
    }
    bytes += static_cast<char>(byte);
  }
  return true;
}
