// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads and amends serialised sentencepiece models.

#include "SentencePieceModel.h"

#include "CharacterMap.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

using namespace mmc;

std::string mmc::withoutDummyPrefix(std::string model) {
  // Messages merge when one is appended to the other: field 3 { field 3: false }.
  return std::move(model) + std::string("\x1a\x02\x18\x00", 4);
}

namespace {

/// How a field lies in a message.
enum class Wire : uint64_t { Varint, Bytes8, Bytes, GroupBegin, GroupEnd, Bytes4 };

/// Walks the fields of a protocol buffer message. Groups are stepped over: no message here has one.
class Fields {
public:
  explicit Fields(std::string_view bytes) : rest(bytes) {}
  /// The next field; false at the end or where the bytes are no message.
  bool next() {
    for (int groups = 0; !rest.empty();) {
      uint64_t key = 0;
      if (!varint(key))
        return false;
      number = key >> 3;
      wire = static_cast<Wire>(key & 7);
      if (wire == Wire::GroupBegin)
        ++groups;
      else if (wire == Wire::GroupEnd ? --groups < 0 : !content())
        return false;
      else if (wire != Wire::GroupEnd && groups == 0)
        return true;
    }
    return false;
  }
  /// Whether it is field `wanted`. One that lies otherwise than its type says is an unknown field.
  bool is(uint64_t wanted, Wire as) const { return number == wanted && wire == as; }
  /// Sets an enumeration; a number above `last` or of none is an unknown field.
  template <typename Enum>
  void setEnum(Enum &result, Enum last) const {
    auto choice = static_cast<int32_t>(value);
    if (choice >= 1 && choice <= static_cast<int32_t>(last))
      result = static_cast<Enum>(choice);
  }
  /// The value of a field of type float.
  float asFloat() const {
    float result = 0;
    if (text.size() == sizeof(result))
      std::memcpy(&result, text.data(), sizeof(result));
    return result;
  }
  uint64_t value = 0;
  std::string_view text;
  /// What has not been walked yet.
  std::string_view left() const { return rest; }

private:
  bool content() {
    uint64_t size = 0;
    text = {};
    value = 0;
    switch (wire) {
    case Wire::Varint:
      return varint(value);
    case Wire::Bytes8:
      return take(8);
    case Wire::Bytes:
      return varint(size) && take(size);
    case Wire::Bytes4:
      return take(4);
    default:
      return false;
    }
  }
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
  uint64_t number = 0;
  Wire wire = Wire::Varint;
  std::string_view rest;
};

} // namespace

static SentencePieceModel::Piece readPiece(std::string_view bytes) {
  SentencePieceModel::Piece piece;
  for (Fields field(bytes); field.next();) {
    if (field.is(1, Wire::Bytes))
      piece.text = field.text;
    else if (field.is(2, Wire::Bytes4))
      piece.score = field.asFloat();
    else if (field.is(3, Wire::Varint))
      field.setEnum(piece.type, SentencePieceModel::PieceType::Byte);
  }
  return piece;
}

static void readTrainer(std::string_view bytes, SentencePieceModel &model) {
  for (Fields field(bytes); field.next();) {
    if (field.is(3, Wire::Varint))
      field.setEnum(model.kind, SentencePieceModel::Kind::Char);
    else if (field.is(24, Wire::Varint))
      model.blankIsSuffix = field.value != 0;
    else if (field.is(35, Wire::Varint))
      model.byteFallback = field.value != 0;
  }
}

static void readDenormalizer(std::string_view bytes, SentencePieceModel &model) {
  for (Fields field(bytes); field.next();)
    if (field.is(2, Wire::Bytes))
      model.denormalizerMap = field.text;
}

static void readNormalizer(std::string_view bytes, SentencePieceModel &model) {
  for (Fields field(bytes); field.next();) {
    if (field.is(2, Wire::Bytes))
      model.characterMap = field.text;
    else if (field.is(3, Wire::Varint))
      model.addDummyPrefix = field.value != 0;
    else if (field.is(4, Wire::Varint))
      model.removeExtraBlanks = field.value != 0;
    else if (field.is(5, Wire::Varint))
      model.escapeBlanks = field.value != 0;
  }
}

SentencePieceModel::SentencePieceModel(std::string_view bytes) {
  for (Fields field(bytes); field.next();) {
    if (field.is(1, Wire::Bytes))
      pieces.push_back(readPiece(field.text));
    else if (field.is(2, Wire::Bytes))
      readTrainer(field.text, *this);
    else if (field.is(3, Wire::Bytes))
      readNormalizer(field.text, *this);
    else if (field.is(5, Wire::Bytes))
      readDenormalizer(field.text, *this);
  }
}

/// Longer texts of pieces make each step of an encoding long; sentencepiece 0.2.3 refuses them too.
static constexpr size_t kLongestPiece = 7999;

Status SentencePieceModel::check() const {
  for (size_t i = 0; i < pieces.size(); ++i) {
    const Piece &piece = pieces[i];
    if (piece.text.find('\0') != std::string::npos)
      return Status::badInput("the text of piece " + std::to_string(i) + " has a zero byte");
    if (!std::isfinite(piece.score))
      return Status::badInput("the score of piece " + std::to_string(i) + ", '" + piece.text +
                              "', must be finite, got: " + std::to_string(piece.score));
    if (piece.text.size() > kLongestPiece)
      return Status::badInput("the text of piece " + std::to_string(i) + " has at most " +
                              std::to_string(kLongestPiece) +
                              " bytes, got: " + std::to_string(piece.text.size()));
  }
  CharacterMap map;
  MMC_RETURN_IF_ERROR(map.open(denormalizerMap).context("denormalizer_spec"));
  return map.open(characterMap).context("normalizer_spec");
}

std::string mmc::withoutSelfTest(std::string_view model) {
  constexpr uint64_t selfTestData = 4;
  std::string kept;
  std::string_view rest = model;
  for (Fields field(model); field.next(); rest = field.left())
    if (!field.is(selfTestData, Wire::Bytes))
      kept += rest.substr(0, rest.size() - field.left().size());
  // What is no message stays: the library says so.
  return kept.append(rest);
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
