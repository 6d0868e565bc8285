// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every component of a tokenizer.json does what Hugging Face's library does, and what is not known
// is refused by its name.

#include "Golden.h"

#include <gtest/gtest.h>

using namespace mmc;
using namespace mmc::test;
using nlohmann::json;

TEST(JsonTokenizer, ComponentsAreExact) {
  json table = goldenJson("tokenizer/components/table.json");
  ASSERT_EQ(table.size(), 62u);
  TempDir dir;
  for (const json &entry : table) {
    SCOPED_TRACE(entry["name"].get<std::string>());
    dir.write("tokenizer.json", entry["file"].dump());
    auto tokenizer = Tokenizer::load(dir.path("tokenizer.json"));
    ASSERT_TRUE(tokenizer.isOk()) << tokenizer.status().message();
    for (const json &row : entry["rows"]) {
      std::string text = row["text"];
      auto ids = (*tokenizer)->encode(text);
      auto special = (*tokenizer)->encodeWithSpecials(text);
      ASSERT_TRUE(ids.isOk() && special.isOk()) << text;
      EXPECT_EQ(*ids, row["ids"].get<std::vector<int32_t>>()) << text;
      EXPECT_EQ(*special, row["ids_special"].get<std::vector<int32_t>>()) << text;
      for (auto [key, skip] : {std::pair("decoded", false), std::pair("decoded_skip", true)})
        if (row.contains(key)) {
          auto back = (*tokenizer)->decode(row["ids"].get<std::vector<int32_t>>(), skip);
          ASSERT_TRUE(back.isOk()) << back.status().message();
          EXPECT_EQ(*back, row[key].get<std::string>()) << text;
        }
    }
  }
}

/// A tokenizer.json that is good as it is.
static json smallFile() {
  return {{"model",
           {{"type", "BPE"},
            {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}}},
            {"merges", json::array({"a b"})}}},
          {"added_tokens", json::array()}};
}

static std::string refusal(const json &file) {
  TempDir dir;
  dir.write("tokenizer.json", file.dump());
  auto tokenizer = Tokenizer::load(dir.path());
  EXPECT_FALSE(tokenizer.isOk()) << file;
  if (tokenizer.isOk())
    return "";
  EXPECT_EQ(tokenizer.status().code(), StatusCode::BadInput);
  EXPECT_NE(tokenizer.status().message().find("tokenizer.json'"), std::string::npos);
  return tokenizer.status().message();
}

TEST(JsonTokenizer, NamesWhatItDoesNotKnow) {
  const std::pair<const char *, const char *> cases[] = {
      {R"({"normalizer": {"type": "Precompiled"}})", "the normalizer 'Precompiled' is not known"},
      {R"({"normalizer": {"type": "Sequence", "normalizers": [{"type": "Nmt"}]}})",
       "the normalizer 'Nmt'"},
      {R"({"normalizer": {"type": "Replace", "content": "x"}})", "'pattern' is missing"},
      {R"({"normalizer": 3})", "a normalizer must be an object"},
      {R"({"pre_tokenizer": {"type": "UnicodeScripts"}})", "the pre-tokenizer 'UnicodeScripts'"},
      {R"({"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "("}, "behavior": "Removed"}})",
       "does not compile"},
      {R"({"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[a&&b]"}, "behavior": "Removed"}})",
       "a class intersection"},
      {R"({"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "\\h"}, "behavior": "Removed"}})",
       "uses \\h"},
      {R"({"pre_tokenizer": {"type": "Split", "pattern": {"String": "a"}, "behavior": "Odd"}})",
       "the Split behavior 'Odd'"},
      {R"({"pre_tokenizer": {"type": "Metaspace", "replacement": ""}})", "must not be empty"},
      {R"({"post_processor": {"type": "Odd"}})", "the post-processor 'Odd'"},
      {R"({"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}], "special_tokens": {}}})",
       "does not say the ids of '<s>'"},
      {R"({"decoder": {"type": "WordPiece"}})", "the decoder 'WordPiece'"},
      {R"({"model": {"type": "WordPiece"}})", "the model type 'WordPiece' is not known"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0, "b": 0}, "merges": []}})", "the same id"},
      {R"({"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}})", "must lie in [0"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a c"]}})",
       "needs the token 'c'"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}})", "must be two tokens"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}})", "dropout"},
      {R"({"added_tokens": [{"content": "x"}]})", "must have an 'id'"},
      {R"({"added_tokens": [{"id": 99999999, "content": "x"}]})", "must lie in [0"},
  };
  for (auto &[patch, message] : cases) {
    json file = smallFile();
    file.update(json::parse(patch));
    std::string text = refusal(file);
    EXPECT_NE(text.find(message), std::string::npos) << text << " lacks " << message;
  }
  EXPECT_NE(refusal(json::array()).find("'model'"), std::string::npos);
}

TEST(JsonTokenizer, ReplacesBrokenUtf8) {
  TempDir dir;
  json file = smallFile();
  file["model"]["vocab"]["\xef\xbf\xbd"] = 3;
  dir.write("tokenizer.json", file.dump());
  auto tokenizer = Tokenizer::load(dir.path());
  ASSERT_TRUE(tokenizer.isOk()) << tokenizer.status().message();
  // One for each maximal part of a sequence: E4 B8 is one, C0 80 are two.
  for (auto &[text, parts] : {std::pair("\xe4\xb8", 1), std::pair("\xc0\x80", 2),
                              std::pair("\xf0\x9f\x98", 1), std::pair("\xed\xa0\x80", 3)})
    EXPECT_EQ(*(*tokenizer)->encode(text), std::vector<int32_t>(parts, 3)) << parts;
}

TEST(JsonTokenizer, SpecialIdsComeFromTheFilesAround) {
  TempDir dir;
  json file = smallFile();
  file["added_tokens"] = json::array({{{"id", 7}, {"content", "<s>"}, {"special", true}}});
  dir.write("tokenizer.json", file.dump());
  dir.write("tokenizer_config.json", R"({"bos_token": {"content": "<s>"}, "eos_token": "ab"})");
  auto tokenizer = Tokenizer::load(dir.path());
  ASSERT_TRUE(tokenizer.isOk()) << tokenizer.status().message();
  EXPECT_EQ((*tokenizer)->bosId(), 7);
  EXPECT_EQ((*tokenizer)->eosId(), 2);
  EXPECT_EQ((*tokenizer)->padId(), Tokenizer::kNone);
  EXPECT_EQ((*tokenizer)->vocabSize(), 8);
  EXPECT_EQ((*tokenizer)->idOf("<s>"), 7);
  EXPECT_EQ((*tokenizer)->idOf("c"), Tokenizer::kNone);
  EXPECT_FALSE((*tokenizer)->decode({5}, false).isOk()); // a gap
  uint32_t before = (*tokenizer)->checksum();
  dir.write("tokenizer_config.json", R"({"bos_token": "a"})");
  EXPECT_NE((*Tokenizer::load(dir.path()))->checksum(), before);
}

TEST(Tokenizer, ADirectorySaysWhichKindItIs) {
  TempDir dir;
  dir.write("tokenizer.json", smallFile().dump());
  EXPECT_EQ((*Tokenizer::load(dir.path()))->vocabSize(), 3);
  // LLaVA reads tokenizer.model where both are there, unless another class is named.
  std::string model = golden("tokenizer/llama-slow/model/tokenizer.model");
  dir.copy(model, "tokenizer.model");
  EXPECT_EQ((*Tokenizer::load(dir.path()))->vocabSize(), 2000);
  dir.write("tokenizer_config.json", R"({"tokenizer_class": "LlamaTokenizer", "legacy": false})");
  EXPECT_EQ((*Tokenizer::load(dir.path()))->vocabSize(), 2000);
  EXPECT_FALSE((*Tokenizer::load(dir.path()))->legacy());
  EXPECT_EQ(*(*Tokenizer::load(dir.path()))->encode("</s>"), std::vector<int32_t>{2});
  // LaVIN's sentencepiece knows no special tokens in text.
  EXPECT_GT((*Tokenizer::loadPlain(dir.path()))->encode("</s>")->size(), 2u);
  dir.write("tokenizer_config.json", R"({"tokenizer_class": "Qwen2Tokenizer"})");
  EXPECT_EQ((*Tokenizer::load(dir.path()))->vocabSize(), 3);
}
