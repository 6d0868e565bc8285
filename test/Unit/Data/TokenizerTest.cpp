// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tokenizers give what sentencepiece, transformers and tokenizers gave.

#include "Golden.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace mmc;
using namespace mmc::test;
using nlohmann::json;

/// Bytes of a hexadecimal string.
static std::string unhex(const std::string &hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

class TokenizerGolden : public ::testing::TestWithParam<const char *> {};

TEST_P(TokenizerGolden, EncodesAndDecodesExactly) {
  std::string folder = std::string("tokenizer/") + GetParam();
  auto tokenizer = loadGolden(folder + "/model");
  ASSERT_NE(tokenizer, nullptr);
  json table = goldenJson(folder + "/table.json");
  EXPECT_EQ(tokenizer->vocabSize(), goldenJson(folder + "/case.json")["vocab_size"]);
  int encoded = 0, decoded = 0;
  for (const json &row : table["rows"]) {
    std::string text = row.contains("text") ? row["text"].get<std::string>() : unhex(row["bytes"]);
    auto ids = tokenizer->encode(text);
    ASSERT_TRUE(ids.isOk()) << ids.status().message();
    EXPECT_EQ(*ids, row["ids"].get<std::vector<int32_t>>()) << row;
    if (row.contains("ids_special")) {
      auto special = tokenizer->encodeWithSpecials(text);
      ASSERT_TRUE(special.isOk());
      EXPECT_EQ(*special, row["ids_special"].get<std::vector<int32_t>>()) << row;
    }
    ++encoded;
  }
  for (const char *list : {"rows", "decode_only"})
    for (const json &row : table[list])
      for (auto [key, skip] : {std::pair("decoded", false), std::pair("decoded_skip", true)})
        if (row.contains(key)) {
          auto text = tokenizer->decode(row["ids"].get<std::vector<int32_t>>(), skip);
          ASSERT_TRUE(text.isOk()) << text.status().message();
          EXPECT_EQ(*text, row[key].get<std::string>()) << row;
          ++decoded;
        }
  EXPECT_GE(encoded, 214);
  EXPECT_GT(decoded, 490);
}

INSTANTIATE_TEST_SUITE_P(Kinds, TokenizerGolden,
                         ::testing::Values("spm-llama", "spm-unigram", "llama-slow",
                                           "llama-slow-legacy", "llama-fast",
                                           "llama-fast-metaspace", "llama-phi3", "bpe-llama3",
                                           "bpe-llama3-merges", "bpe-qwen2", "bpe-phi", "bpe-neox"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Tokenizer, SpecialIds) {
  EXPECT_EQ(llamaTokenizer().unkId(), 0);
  EXPECT_EQ(llamaTokenizer().bosId(), 1);
  EXPECT_EQ(llamaTokenizer().eosId(), 2);
  EXPECT_EQ(llamaTokenizer().padId(), Tokenizer::kNone);
}

TEST(Tokenizer, LoadsAFileOrItsDirectory) {
  EXPECT_NE(loadGolden("tokenizer/spm-llama/model/tokenizer.model"), nullptr);
  EXPECT_NE(loadGolden("tokenizer/spm-llama/model"), nullptr);
}

TEST(Tokenizer, RefusesIdsOutsideOfTheVocabulary) {
  for (int32_t id : {-1, 2000, 1 << 30}) {
    auto text = llamaTokenizer().decode({1, id}, true);
    ASSERT_FALSE(text.isOk()) << id;
    EXPECT_EQ(text.status().message(),
              "tokenizer: ids must lie in [0, 2000), got: " + std::to_string(id));
  }
}

TEST(Tokenizer, RefusesWhatIsNoModel) {
  TempDir dir;
  dir.write("empty.model", "");
  dir.write("text.model", "this is text\n");
  dir.write("tokenizer.json", "{}");
  for (const char *file : {"empty.model", "text.model", "tokenizer.json", "absent", ""}) {
    auto tokenizer = Tokenizer::load(dir.path(file));
    ASSERT_FALSE(tokenizer.isOk()) << file;
    EXPECT_EQ(tokenizer.status().code(), StatusCode::BadInput);
    EXPECT_NE(tokenizer.status().message().find(dir.path(file)), std::string::npos)
        << tokenizer.status().message();
  }
}
