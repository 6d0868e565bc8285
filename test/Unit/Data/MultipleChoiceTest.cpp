// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading options out of generated text, and counting.

#include "mmc/Runtime/Data/MultipleChoice.h"

#include <gtest/gtest.h>

using namespace mmc;

TEST(MultipleChoice, ReadsTheFirstAnswer) {
  EXPECT_EQ(parseAnswer("The answer is C.", 5), 2);
  EXPECT_EQ(parseAnswer("Because so. The answer is A. The answer is B.", 5), 0);
  EXPECT_EQ(parseAnswer("The answer is b. The answer is B.", 5), 1);
  EXPECT_EQ(parseAnswer("The answer is The answer is D.", 5),
            std::nullopt); // T is the first letter, and no option
}

TEST(MultipleChoice, TheDotIsAnyCharacterButANewline) {
  EXPECT_EQ(parseAnswer("The answer is B, because", 5), 1);
  EXPECT_EQ(parseAnswer("The answer is B", 5), std::nullopt);
  EXPECT_EQ(parseAnswer("The answer is B\nThe answer is C.", 5), 2);
}

TEST(MultipleChoice, FailsWithoutAnOption) {
  EXPECT_EQ(parseAnswer("", 5), std::nullopt);
  EXPECT_EQ(parseAnswer("the answer is A.", 5), std::nullopt);
  EXPECT_EQ(parseAnswer("The answer is  A.", 5), std::nullopt);
  // The first match counts even if it names no option.
  EXPECT_EQ(parseAnswer("The answer is E. The answer is A.", 4), std::nullopt);
}

TEST(MultipleChoice, CountsByPicture) {
  MultipleChoiceScore score;
  EXPECT_EQ(score.all().accuracy(), 0.0);
  score.add(1, 1, true);
  score.add(0, 1, true);
  score.add(std::nullopt, 0, true);
  score.add(2, 2, false);
  EXPECT_EQ(score.withImage().asked, 3);
  EXPECT_EQ(score.withImage().right, 1);
  EXPECT_EQ(score.withImage().unread, 1);
  EXPECT_EQ(score.textOnly().asked, 1);
  EXPECT_EQ(score.textOnly().accuracy(), 1.0);
  EXPECT_EQ(score.all().right, 2);
  EXPECT_EQ(score.all().accuracy(), 0.5);
}
