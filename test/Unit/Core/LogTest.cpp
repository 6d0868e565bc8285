// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Each message is one line of standard error.

#include "mmc/Runtime/Core/Log.h"

#include <gtest/gtest.h>

TEST(Log, OneLineEach) {
  testing::internal::CaptureStderr();
  mmc::note("a");
  mmc::warning("b c");
  mmc::error("");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "note: a\nwarning: b c\nerror: \n");
}
