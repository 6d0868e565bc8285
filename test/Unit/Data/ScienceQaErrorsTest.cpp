// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A damaged ScienceQA directory is refused with a message that names the problem.

#include "Golden.h"

#include "mmc/Runtime/Data/ScienceQa.h"

#include <gtest/gtest.h>

using namespace mmc;
using namespace mmc::test;

/// The message that loading a directory of these files fails with.
static std::string failure(const std::string &problems, const std::string &splits,
                           const ScienceQaOptions &options = {}, const std::string &captions = "") {
  TempDir dir;
  if (!problems.empty())
    dir.write("problems.json", problems);
  if (!splits.empty())
    dir.write("pid_splits.json", splits);
  if (!captions.empty())
    dir.write("captions.json", captions);
  auto loaded = loadScienceQa(dir.path(), options);
  EXPECT_FALSE(loaded.isOk());
  return loaded.isOk() ? "" : loaded.status().message();
}

static testing::AssertionResult contains(const std::string &text, const std::string &part) {
  if (text.find(part) != std::string::npos)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << "'" << text << "' lacks '" << part << "'";
}

/// problems.json with one problem "7", whose fields are `fields`.
static std::string one(const std::string &fields) { return "{\"7\": {" + fields + "}}"; }
static const char *const kSplits = R"({"train": ["7"], "test": []})";
static const char *const kGood = R"("question": "Q?", "choices": ["x", "y"], "answer": 1)";

TEST(ScienceQaErrors, AGoodOneLoads) {
  TempDir dir;
  dir.write("problems.json", one(kGood));
  dir.write("pid_splits.json", kSplits);
  auto loaded = loadScienceQa(dir.path(), {});
  ASSERT_TRUE(loaded.isOk()) << loaded.status().message();
  EXPECT_EQ(loaded->size(), 1u);
}

TEST(ScienceQaErrors, Files) {
  EXPECT_TRUE(contains(failure("", kSplits), "problems.json: No such file"));
  EXPECT_TRUE(contains(failure(one(kGood), ""), "pid_splits.json: No such file"));
  EXPECT_TRUE(contains(failure("{\"7\": nil}", kSplits), "problems.json' is not JSON: at byte 8"));
  EXPECT_TRUE(contains(failure("[]", kSplits), "must be an object"));
  EXPECT_TRUE(contains(failure(one(kGood), kSplits, {"val", false}),
                       "has no split 'val'; it has: test, train"));
  EXPECT_TRUE(contains(failure(one(kGood), kSplits, {"test", false}), "is empty"));
  EXPECT_TRUE(contains(failure(one(kGood), kSplits, {"train", true}), "captions.json"));
  EXPECT_TRUE(
      contains(failure(one(kGood), kSplits, {"train", true}, "[]"), "{\"captions\": {id: text}}"));
}

TEST(ScienceQaErrors, Problems) {
  EXPECT_TRUE(contains(failure("{}", kSplits), "problem '7' is missing"));
  EXPECT_TRUE(contains(failure("{\"7\": 3}", kSplits), "problem '7': must be an object"));
  EXPECT_TRUE(contains(failure(one(""), kSplits), "problem '7': field 'question' is missing"));
  EXPECT_TRUE(contains(failure(one(R"("question": 1)"), kSplits), "must be a string, got: number"));
  EXPECT_TRUE(contains(failure(one(R"("question": "Q", "choices": [])"), kSplits), "'choices'"));
  EXPECT_TRUE(contains(failure(one(R"("question": "Q", "choices": ["x", 2])"), kSplits),
                       "choices must be strings"));
  for (const char *answer : {"2", "-1"})
    EXPECT_TRUE(contains(
        failure(one(R"("question": "Q", "choices": ["x", "y"], "answer": )" + std::string(answer)),
                kSplits),
        "problem '7': field 'answer' counts choices from 0, got: " + std::string(answer) +
            " with 2 choices"));
  EXPECT_TRUE(contains(failure(one(R"("question": "Q", "choices": ["x"], "answer": "A")"), kSplits),
                       "'answer' must be an integer"));
  EXPECT_TRUE(contains(failure(one(std::string(kGood) + R"(, "image": "image.png")"), kSplits),
                       "images/train/7/image.png'"));
}
