// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads and amends serialised sentencepiece models.

#include "SentencePieceModel.h"

#include <cstdlib>
#include <cstring>

using namespace mmc;

std::string mmc::withoutDummyPrefix(std::string model) {
  // Messages merge when one is appended to the other: field 3 { field 3: false }.
  return std::move(model) + std::string("\x1a\x02\x18\x00", 4);
}

namespace {

/// Walks the fields of a protocol buffer message.
class Fields {
public:
  explicit Fields(std::string_view bytes) : rest(bytes) {}
  /// The next field; false at the end or where the bytes are no message.
  bool next() {
    uint64_t key = 0, size = 0;
    if (rest.empty() || !varint(key))
      return false;
    number = key >> 3;
    text = {};
    value = 0;
    switch (key & 7) {
    case 0:
      return varint(value);
    case 1:
      return take(8);
    case 2:
      return varint(size) && take(size);
    case 5:
      return take(4);
    default:
      return false;
    }
  }
  /// The value of a field of type float.
  float asFloat() const {
    float result = 0;
    if (text.size() == sizeof(result))
      std::memcpy(&result, text.data(), sizeof(result));
    return result;
  }
  uint64_t number = 0, value = 0;
  std::string_view text;

private:
  bool varint(uint64_t &result) {
    result = 0;
    for (int shift = 0; shift < 64 && !rest.empty(); shift += 7) {
      unsigned char byte = rest[0];
      rest.remove_prefix(1);
      result |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80)
        return true;
    }
    return false;
  }
  bool take(uint64_t size) {
    if (size > rest.size())
      return false;
    text = rest.substr(0, size);
    rest.remove_prefix(size);
    return true;
  }
  std::string_view rest;
};

} // namespace

static SentencePieceModel::Piece readPiece(std::string_view bytes) {
  SentencePieceModel::Piece piece;
  for (Fields field(bytes); field.next();) {
    if (field.number == 1)
      piece.text = field.text;
    else if (field.number == 2)
      piece.score = field.asFloat();
    else if (field.number == 3)
      piece.type = static_cast<SentencePieceModel::PieceType>(field.value);
  }
  return piece;
}

static void readTrainer(std::string_view bytes, SentencePieceModel &model) {
  for (Fields field(bytes); field.next();) {
    if (field.number == 3)
      model.kind = static_cast<SentencePieceModel::Kind>(field.value);
    else if (field.number == 24)
      model.blankIsSuffix = field.value != 0;
    else if (field.number == 35)
      model.byteFallback = field.value != 0;
  }
}

static void readNormalizer(std::string_view bytes, SentencePieceModel &model) {
  for (Fields field(bytes); field.next();) {
    if (field.number == 2)
      model.characterMap = field.text;
    else if (field.number == 3)
      model.addDummyPrefix = field.value != 0;
    else if (field.number == 4)
      model.removeExtraBlanks = field.value != 0;
    else if (field.number == 5)
      model.escapeBlanks = field.value != 0;
  }
}

SentencePieceModel::SentencePieceModel(std::string_view bytes) {
  for (Fields field(bytes); field.next();) {
    if (field.number == 1)
      pieces.push_back(readPiece(field.text));
    else if (field.number == 2)
      readTrainer(field.text, *this);
    else if (field.number == 3)
      readNormalizer(field.text, *this);
  }
}

UnknownPiece::UnknownPiece(const SentencePieceModel &model) : byteFallback(model.byteFallback) {
  for (size_t i = 0; i < model.pieces.size(); ++i) {
    const SentencePieceModel::Piece &piece = model.pieces[i];
    if (piece.type == SentencePieceModel::PieceType::Unknown)
      id = static_cast<int32_t>(i);
    // "<0x41>"
    else if (piece.type == SentencePieceModel::PieceType::Byte && piece.text.size() == 6)
      byteIds[std::strtoul(piece.text.c_str() + 3, nullptr, 16) & 0xff] = static_cast<int32_t>(i);
  }
}
