// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Small sentencepiece models of every setting give the ids that sentencepiece's Python binding
// 0.2.3 gave for the same model.

#include "Golden.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace mmc;
using namespace mmc::test;
using Ids = std::vector<int32_t>;

namespace {

enum Kind { Unigram = 1, Bpe = 2 };
enum Type { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5 };
struct Piece {
  const char *text;
  float score;
  Type type;
};

} // namespace

/// A field of a protocol buffer message: a number of less than 128 or a short string.
static std::string field(int number, int value) {
  return std::string(1, static_cast<char>(number << 3 | (number > 15 ? 0x80 : 0))) +
         (number > 15 ? std::string(1, static_cast<char>(number >> 4)) : "") +
         std::string(1, static_cast<char>(value));
}
static std::string field(int number, const std::string &text) {
  return std::string(1, static_cast<char>(number << 3 | 2)) +
         std::string(1, static_cast<char>(text.size())) + text;
}
static std::string scoreField(float score) {
  std::string bytes("\x15\0\0\0\0", 5);
  std::memcpy(&bytes[1], &score, sizeof(score));
  return bytes;
}

static std::unique_ptr<Tokenizer> build(Kind kind, bool blankIsSuffix, bool removeExtraBlanks,
                                        std::vector<Piece> pieces) {
  std::string model;
  pieces.insert(pieces.begin(), {{"<unk>", 0, Unknown}, {"<s>", 0, Control}, {"</s>", 0, Control}});
  for (const Piece &piece : pieces)
    model += field(1, field(1, piece.text) + scoreField(piece.score) + field(3, piece.type));
  model += field(2, field(3, kind) + field(24, blankIsSuffix));
  model += field(3, field(4, removeExtraBlanks));
  std::string path =
      std::filesystem::path(testing::TempDir()) / ("pieces-" + std::to_string(getpid()) + ".model");
  std::ofstream(path, std::ios::binary) << model;
  auto tokenizer = Tokenizer::load(path);
  std::filesystem::remove(path);
  EXPECT_TRUE(tokenizer.isOk()) << tokenizer.status().message();
  return tokenizer.isOk() ? std::move(*tokenizer) : nullptr;
}

static const std::vector<Piece> kUnigramPieces = {
    {"▁", -3, Normal},    {"a", -2, Normal},   {"b", -2.5, Normal},  {"0", -2.1, Normal},
    {"00", -3.3, Normal}, {"▁a", -4, Normal},  {"ab", -4.1, Normal}, {"<i>", 0, UserDefined},
    {"c", -1, Unused},    {"1", -2.2, Normal}, {",", -1.7, Normal}};

static const std::vector<Piece> kBpePieces = {
    {"▁", -5, Normal},    {"a", -6, Normal},  {"b", -7, Normal},    {"ab", 0, Normal},
    {"▁ab", -1, Normal},  {"b▁", -2, Normal}, {"a▁a", -3, Normal},  {"<i>", 0, UserDefined},
    {"cab", -2, Unused},  {"c", -9, Normal},  {"ca", -0.5, Unused}, {"x", 0, Control},
    {"ba", -0.25, Normal}};

static Ids encode(const Tokenizer &tokenizer, const char *text) {
  auto ids = tokenizer.encode(text);
  EXPECT_TRUE(ids.isOk()) << ids.status().message();
  return ids.isOk() ? *ids : Ids();
}

TEST(SentencePieceModels, EqualSumsOfAUnigramModelAreToldApartInSinglePrecision) {
  auto tokenizer = loadGolden("tokenizer/spm-unigram/model");
  ASSERT_NE(tokenizer, nullptr);
  EXPECT_EQ(encode(*tokenizer, "x1,000,000"), (Ids{264, 379, 474, 378, 580, 959, 378, 580, 959}));
}

TEST(SentencePieceModels, UnigramPiecesUserDefinedUnusedAndUnknown) {
  auto tokenizer = build(Unigram, false, true, kUnigramPieces);
  ASSERT_NE(tokenizer, nullptr);
  EXPECT_EQ(encode(*tokenizer, "a000,000"), (Ids{8, 6, 7, 13, 6, 7}));
  EXPECT_EQ(encode(*tokenizer, "10000000"), (Ids{3, 12, 6, 7, 7, 7}));
  EXPECT_EQ(encode(*tokenizer, "a ab  b "), (Ids{8, 8, 5, 3, 5}));
  EXPECT_EQ(encode(*tokenizer, "<i>zz<i>z ab"), (Ids{3, 10, 0, 10, 0, 8, 5}));
  EXPECT_EQ(encode(*tokenizer, "cc"), (Ids{3, 0}));
}

TEST(SentencePieceModels, UnigramWithBlanksBehindWordsAndNoneRemoved) {
  auto tokenizer = build(Unigram, true, false, kUnigramPieces);
  ASSERT_NE(tokenizer, nullptr);
  EXPECT_EQ(encode(*tokenizer, "  ab a"), (Ids{3, 8, 5, 8, 3}));
}

TEST(SentencePieceModels, BpeOverBlanksWithUnusedAndControlPieces) {
  auto tokenizer = build(Bpe, false, true, kBpePieces);
  ASSERT_NE(tokenizer, nullptr);
  EXPECT_EQ(encode(*tokenizer, "ab ab"), (Ids{7, 7}));
  EXPECT_EQ(encode(*tokenizer, "cab cabab"), (Ids{3, 12, 6, 3, 12, 6, 6}));
  EXPECT_EQ(encode(*tokenizer, "b a a  ab"), (Ids{3, 8, 4, 3, 4, 7}));
  // The name of a control piece is an unknown character in texts.
  EXPECT_EQ(encode(*tokenizer, "x<i>xx"), (Ids{3, 0, 10, 0}));
  EXPECT_EQ(encode(*tokenizer, "abababa"), (Ids{7, 6, 6, 4}));
  EXPECT_EQ(encode(*tokenizer, "zzab"), (Ids{3, 0, 6}));
}

TEST(SentencePieceModels, BpeWithBlanksBehindWords) {
  auto tokenizer = build(Bpe, true, true, kBpePieces);
  ASSERT_NE(tokenizer, nullptr);
  EXPECT_EQ(encode(*tokenizer, "ab b a"), (Ids{6, 3, 8, 4, 3}));
  EXPECT_EQ(encode(*tokenizer, "a a"), (Ids{4, 3, 4, 3}));
}
