// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Small sentencepiece models of every setting give the ids of sentencepiece's Python binding 0.2.3,
// and damaged models are refused.
//
// Models, texts and ids are made by test/golden/make/make_sentencepiece.py, which also says how to
// compare thousands of random models.

#include "Golden.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>

using namespace mmc;
using namespace mmc::test;
using Ids = std::vector<int32_t>;

static std::string fromHex(const std::string &digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

static std::string readAll(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(SentencePieceModels, GiveTheIdsOfTheBinding) {
  const char *other = std::getenv("MMC_SENTENCEPIECE_MODELS");
  nlohmann::json models = nlohmann::json::parse(
      readAll(other ? other : golden("sentencepiece/models.json")), nullptr, false);
  ASSERT_TRUE(models.is_array());
  ASSERT_GT(models.size(), 30u);
  TempDir folder;
  size_t texts = 0;
  for (const nlohmann::json &model : models) {
    std::string base = model["base"];
    folder.write("x.model", (base.empty() ? "" : readAll(golden(base))) + fromHex(model["model"]));
    auto tokenizer = Tokenizer::load(folder.path("x.model"));
    ASSERT_TRUE(tokenizer.isOk()) << model["name"] << ": " << tokenizer.status().message();
    for (const nlohmann::json &row : model["rows"]) {
      ++texts;
      std::string text = row.contains("hex") ? fromHex(row["hex"]) : row["text"].get<std::string>();
      auto ids = (*tokenizer)->encode(text);
      if (row["ids"].is_null()) {
        EXPECT_FALSE(ids.isOk()) << model["name"] << ": " << row;
      } else {
        ASSERT_TRUE(ids.isOk()) << model["name"] << ": " << ids.status().message();
        EXPECT_EQ(*ids, row["ids"].get<Ids>()) << model["name"] << ": " << row;
      }
    }
  }
  RecordProperty("texts", std::to_string(texts));
}

namespace {

enum Type { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Byte = 6 };

} // namespace

static std::string varint(size_t value) {
  std::string bytes;
  for (; value > 0x7f; value >>= 7)
    bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}
static std::string field(unsigned number, const std::string &text) {
  return varint(number << 3 | 2) + varint(text.size()) + text;
}
static std::string piece(const std::string &text, float score, Type type) {
  std::string bytes(4, '\0');
  std::memcpy(bytes.data(), &score, sizeof(score));
  return field(1, field(1, text) + "\x15" + bytes + "\x18" + static_cast<char>(type));
}
/// A model of one letter, and what is wrong with it.
static std::string model(const std::string &more) {
  return piece("<unk>", 0, Unknown) + piece("a", -1, Normal) + more;
}
/// A character map of one block: entries of {index, unit}, and the texts.
static std::string characterMap(std::vector<std::pair<uint32_t, uint32_t>> entries,
                                const std::string &texts = std::string("b\0", 2)) {
  uint32_t units[256], size = sizeof(units);
  // Free entries are children of a base that is not used.
  for (uint32_t i = 0; i < 256; ++i)
    units[i] = i ^ 255;
  for (auto [index, unit] : entries)
    units[index] = unit;
  std::string map(sizeof(size) + sizeof(units), '\0');
  std::memcpy(map.data(), &size, sizeof(size));
  std::memcpy(map.data() + sizeof(size), units, sizeof(units));
  return map + texts;
}
/// An entry for a byte whose children stand at `base` ^ their bytes.
static uint32_t unit(uint32_t at, uint32_t base, char label, bool ends = false) {
  return (at ^ base) << 10 | static_cast<uint32_t>(ends) << 8 | static_cast<unsigned char>(label);
}

/// Why the model cannot be loaded; "" when it can.
static std::string refusal(const std::string &bytes) {
  TempDir folder;
  folder.write("x.model", bytes);
  auto tokenizer = Tokenizer::load(folder.path("x.model"));
  if (tokenizer.isOk()) {
    EXPECT_TRUE((*tokenizer)->encode("a b c\xff").isOk());
    return "";
  }
  std::string message = tokenizer.status().message();
  EXPECT_NE(message.find("x.model'"), std::string::npos) << message;
  return message;
}

static bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

TEST(SentencePieceModels, RefuseDamagedPieces) {
  EXPECT_EQ(refusal(model("")), "");
  EXPECT_NE(refusal(""), "");
  EXPECT_NE(refusal(piece("a", -1, Normal)), "");
  EXPECT_TRUE(has(refusal(model(piece("<u>", 0, Unknown))), "unk is already defined"));
  EXPECT_NE(refusal(model(piece("a", -2, Normal))), "");
  EXPECT_NE(refusal(model(piece("", -2, Normal))), "");
  EXPECT_NE(refusal(model(piece("<0x41>", 0, Byte))), "");
  // A length beyond the end, of 2^63.
  EXPECT_NE(refusal(model("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"
                          "ab")),
            "");
  EXPECT_TRUE(has(refusal(model(piece(std::string("\0b", 2), -1, Normal))),
                  "the text of piece 2 has a zero byte"));
  EXPECT_TRUE(has(refusal(model(piece(std::string("b\0", 2), 0, UserDefined))), "zero byte"));
  for (float score :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()})
    EXPECT_TRUE(has(refusal(model(piece("b", score, Normal))),
                    "the score of piece 2, 'b', must be finite, got: "));
  EXPECT_EQ(refusal(model(piece(std::string(7999, 'b'), -1, Normal))), "");
  EXPECT_TRUE(has(refusal(model(piece(std::string(8000, 'b'), -1, Normal))),
                  "the text of piece 2 has at most 7999 bytes, got: 8000"));
}

TEST(SentencePieceModels, RefuseDamagedCharacterMaps) {
  // Of the normalizer, and of the denormalizer.
  for (unsigned number : {3u, 5u}) {
    auto refused = [&](const std::string &map) {
      return refusal(model(field(number, field(2, map))));
    };
    const uint32_t root = unit(0, 1, 0), a = 1 ^ 'a', value = 1u << 31;
    EXPECT_EQ(refused(characterMap({{0, root}, {a, unit(a, 2, 'a', true)}, {2, value}})), "");
    EXPECT_TRUE(has(refused("abc"), "precompiled_charsmap is damaged"));
    EXPECT_TRUE(has(refused(std::string("\xff\xff\xff\x7f"
                                        "abcd\0",
                                        9)),
                    "an array of 2147483647"));
    // Texts that do not end.
    EXPECT_TRUE(has(refused(characterMap({{0, root}}, "b")), "texts that end with a zero byte"));
    EXPECT_TRUE(has(refused(characterMap({{0, unit(0, 300, 0)}})),
                    "entry 0 of the array leads to entry 511 of 256"));
    EXPECT_TRUE(has(refused(characterMap({{0, root}, {a, unit(a, 70000, 'a')}})),
                    "of the array leads to entry "));
    EXPECT_TRUE(has(refused(characterMap({{0, root}, {a, unit(a, 2, 'a', true)}, {2, value | 2}})),
                    "entry 2 of the array points at byte 2 of 2 bytes of texts"));
    EXPECT_TRUE(
        has(refused(characterMap({{0, root}, {a, unit(a, 1, 'a')}})), "leads back to itself"));
    // "a", "aa", "aaa", …: more than the library takes.
    auto run = [&](uint32_t length) {
      std::vector<std::pair<uint32_t, uint32_t>> entries{{0, root}};
      for (uint32_t base = 1, i = 0; i < length; ++i) {
        // Bases whose children do not meet: multiples of 2 apart from the letter.
        uint32_t at = base ^ 'a', next = 2 + 2 * i;
        while (next == ('a' ^ 1u) || (next ^ 'a') == 1)
          ++next;
        entries.push_back({at, unit(at, next, 'a', true)});
        entries.push_back({next, value});
        base = next;
      }
      return characterMap(entries);
    };
    EXPECT_EQ(refused(run(32)), "");
    EXPECT_TRUE(has(refused(run(33)), "more than 32 rules that begin with each other"));
  }
}

// What a version of the library made of a text when it was trained does not matter here.
TEST(SentencePieceModels, SelfTestsAreNotRun) {
  EXPECT_EQ(refusal(model(field(4, field(1, field(1, "a") + field(2, "something else"))))), "");
}

TEST(SentencePieceModels, RulesMayNotFillTheMemory) {
  const uint32_t a = 1 ^ 'a';
  TempDir folder;
  std::string map = characterMap({{0, unit(0, 1, 0)}, {a, unit(a, 2, 'a', true)}, {2, 1u << 31}},
                                 std::string(100000, 'b') + '\0');
  folder.write("x.model", model(field(3, field(2, map))));
  auto tokenizer = Tokenizer::load(folder.path("x.model"));
  ASSERT_TRUE(tokenizer.isOk()) << tokenizer.status().message();
  EXPECT_TRUE((*tokenizer)->encode("b").isOk());
  auto ids = (*tokenizer)->encode(std::string(100000, 'a'));
  ASSERT_FALSE(ids.isOk());
  EXPECT_TRUE(has(ids.status().message(), "the model's rules make more than 64 bytes of one"));
}

TEST(SentencePieceModels, LongTexts) {
  for (const char *path : {"tokenizer/spm-unigram/model", "tokenizer/spm-llama/model"}) {
    auto tokenizer = loadGolden(path);
    ASSERT_NE(tokenizer, nullptr);
    for (const char *part : {" ", "a", "the frog ", "\xff", "\xe4\xb8\xad"}) {
      std::string text;
      while (text.size() < 2000000)
        text += part;
      EXPECT_TRUE(tokenizer->encode(text).isOk()) << part;
    }
  }
}

// "<unk>" stands for no other name, whatever the model calls its unknown piece.
TEST(SentencePieceModels, UnknownNamesHaveNoId) {
  TempDir folder;
  folder.write("x.model", piece("<?>", 0, Unknown) + piece("a", -1, Normal));
  auto tokenizer = Tokenizer::load(folder.path("x.model"));
  ASSERT_TRUE(tokenizer.isOk()) << tokenizer.status().message();
  EXPECT_EQ((*tokenizer)->idOf("a"), 1);
  EXPECT_EQ((*tokenizer)->idOf("<?>"), 0);
  EXPECT_EQ((*tokenizer)->idOf("b"), Tokenizer::kNone);
}
