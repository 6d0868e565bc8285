// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Text files as samples: nothing lost, nothing learnt twice.

#include "Golden.h"

#include "mmc/Runtime/Data/TextData.h"

#include <gtest/gtest.h>

using namespace mmc;
using namespace mmc::test;

using Ints = std::vector<int32_t>;

static std::unique_ptr<TextDataset> open(const std::string &path, const TextOptions &options) {
  auto data = TextDataset::load(path, llamaTokenizer(), options);
  EXPECT_TRUE(data.isOk()) << data.status().message();
  return data.isOk() ? std::move(*data) : nullptr;
}

static Sample get(const TextDataset &data, int64_t index) {
  auto sample = data.sample(index);
  EXPECT_TRUE(sample.isOk());
  return *sample;
}

TEST(TextData, LinesAreDocuments) {
  TempDir dir;
  dir.write("a.txt", "Hello world\r\n \t\n\nA frog.");
  auto data = open(dir.path("a.txt"), {});
  ASSERT_EQ(data->size(), 2);
  // Ids are rows of the golden table of spm-llama.
  Sample hello = get(*data, 0), frog = get(*data, 1);
  EXPECT_EQ(hello.id, "a.txt:1");
  EXPECT_EQ(hello.inputIds, (Ints{1, 685, 320, 326, 372, 504, 2}));
  EXPECT_EQ(hello.labels, (Ints{-100, 685, 320, 326, 372, 504, 2}));
  EXPECT_EQ(hello.positionIds, (Ints{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(hello.segmentIds, Ints(7, 1));
  EXPECT_EQ(hello.imageSlots, Ints(7, -1));
  EXPECT_EQ(frog.id, "a.txt:4");
  EXPECT_EQ(frog.inputIds, (Ints{1, 318, 276, 1596, 1851, 2}));
}

TEST(TextData, ALongDocumentIsPredictedOnceAllOver) {
  TempDir dir;
  dir.write("a.txt", "The quick brown fox jumps over the lazy dog.");
  const Ints whole = {1,    304, 530, 922, 1115, 655,  1872, 499,  1202,
                      1843, 769, 282, 689, 1881, 1857, 1628, 1851, 2};
  for (int64_t seqLen = 2; seqLen <= 20; ++seqLen) {
    TextOptions options;
    options.seqLen = seqLen;
    auto data = open(dir.path("a.txt"), options);
    Ints learnt = {1};
    for (int64_t i = 0; i < data->size(); ++i) {
      Sample sample = get(*data, i);
      EXPECT_TRUE(sample.length() >= 2 && sample.length() <= seqLen);
      EXPECT_EQ(sample.inputIds[0], learnt.back());
      EXPECT_EQ(sample.labels[0], kIgnoredLabel);
      EXPECT_EQ(sample.id, i ? "a.txt:1+" + std::to_string(i) : "a.txt:1");
      learnt.insert(learnt.end(), sample.labels.begin() + 1, sample.labels.end());
    }
    EXPECT_EQ(learnt, whole) << seqLen;
  }
}

TEST(TextData, FilesAreDocumentsOfADirectoryInOrder) {
  TempDir dir;
  dir.write("b.txt", "A frog.");
  dir.write("a.txt", "Hello world");
  dir.write("c.md", "not text");
  TextOptions options;
  options.document = TextOptions::Document::File;
  options.bos = options.eos = false;
  auto data = open(dir.path(), options);
  ASSERT_EQ(data->size(), 2);
  EXPECT_EQ(get(*data, 0).inputIds, (Ints{685, 320, 326, 372, 504}));
  EXPECT_EQ(get(*data, 1).inputIds, (Ints{318, 276, 1596, 1851}));
  EXPECT_EQ(data->id(1), "b.txt");
}

TEST(TextData, LinesOfJsonHoldDocumentsWithLineBreaks) {
  TempDir dir;
  dir.write("a.jsonl", "{\"text\": \"Hello\\nworld\", \"source\": 1}\n\n{\"text\": \"A frog.\"}\n");
  TextOptions options;
  options.bos = options.eos = false;
  auto data = open(dir.path("a.jsonl"), options);
  ASSERT_EQ(data->size(), 2);
  EXPECT_EQ(get(*data, 0).inputIds, *llamaTokenizer().encode("Hello\nworld"));
  EXPECT_EQ(get(*data, 1).inputIds, (Ints{318, 276, 1596, 1851}));
  EXPECT_EQ(data->id(1), "a.jsonl:3");

  const std::pair<const char *, const char *> bad[] = {
      {"{\"text\": 1}", "'text'"}, {"{}", "'text'"}, {"text", "must be a JSON object"}};
  for (auto [line, what] : bad) {
    dir.write("bad.jsonl", std::string("{\"text\": \"a frog\"}\n") + line);
    auto refused = TextDataset::load(dir.path("bad.jsonl"), llamaTokenizer(), options);
    ASSERT_FALSE(refused.isOk()) << line;
    EXPECT_NE(refused.status().message().find("bad.jsonl' line 2"), std::string::npos);
    EXPECT_NE(refused.status().message().find(what), std::string::npos)
        << refused.status().message();
  }
}

TEST(TextData, RefusesNothingToLearn) {
  TempDir dir, empty;
  dir.write("blank.txt", "\n \n\t\r\n");
  for (const std::string &path : {dir.path("blank.txt"), empty.path()}) {
    auto data = TextDataset::load(path, llamaTokenizer(), {});
    ASSERT_FALSE(data.isOk());
    EXPECT_NE(data.status().message().find("has no text to learn from"), std::string::npos);
  }
  auto absent = TextDataset::load(dir.path("absent"), llamaTokenizer(), {});
  ASSERT_FALSE(absent.isOk());
  EXPECT_EQ(absent.status().code(), StatusCode::Io);
  TextOptions options;
  options.seqLen = 1;
  EXPECT_EQ(TextDataset::load(dir.path("blank.txt"), llamaTokenizer(), options).status().code(),
            StatusCode::BadUsage);
}
