// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Streamed pieces make the text of all tokens, and none ends within a character.

#include "mmc/Runtime/Generate/TextStream.h"

#include "../Data/Golden.h"

#include <gtest/gtest.h>

using namespace mmc;
using namespace mmc::test;

/// The pieces of the tokens of `text`, the last from finish().
static std::vector<std::string> pieces(const std::vector<int32_t> &tokens) {
  TextStream stream(llamaTokenizer());
  std::vector<std::string> result;
  for (int32_t token : tokens) {
    StatusOr<std::string> piece = stream.add(token);
    EXPECT_TRUE(piece.isOk()) << piece.status().message();
    result.push_back(*piece);
  }
  result.push_back(*stream.finish());
  return result;
}

TEST(TextStream, PiecesMakeTheText) {
  for (const std::string text : {"A plant, or a tool?", "two\nlines", "naïve – 世界 🙂 end", ""}) {
    const std::vector<int32_t> tokens = *llamaTokenizer().encode(text);
    std::string whole;
    for (const std::string &piece : pieces(tokens))
      whole += piece;
    EXPECT_EQ(whole, *llamaTokenizer().decode(tokens, true)) << text;
  }
}

TEST(TextStream, WaitsForTheBytesOfACharacter) {
  // Not in the vocabulary: four byte tokens behind the blank.
  const std::vector<int32_t> tokens = *llamaTokenizer().encode("🙂");
  ASSERT_GE(tokens.size(), 4u);
  const std::vector<std::string> got = pieces(tokens);
  for (size_t i = 0; i + 1 < tokens.size(); ++i)
    EXPECT_EQ(got[i], "") << i;
  EXPECT_EQ(got[tokens.size() - 1], "🙂");
  EXPECT_EQ(got.back(), "");
}

TEST(TextStream, FinishGivesWhatNeverBecameACharacter) {
  std::vector<int32_t> tokens = *llamaTokenizer().encode("🙂");
  tokens.pop_back();
  const std::vector<std::string> got = pieces(tokens);
  EXPECT_EQ(got.back(), *llamaTokenizer().decode(tokens, true));
  EXPECT_NE(got.back(), "");
}

TEST(TextStream, RefusesAnUnknownId) {
  TextStream stream(llamaTokenizer());
  EXPECT_FALSE(stream.add(1 << 30).isOk());
}
