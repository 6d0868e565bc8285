// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Deep nesting is refused before anything recurses over it.

#include "mmc/Runtime/Core/Json.h"
#include "mmc/Runtime/Core/Safetensors.h"

#include "TemporaryDirectory.h"

#include <gtest/gtest.h>

using namespace mmc;

static std::string nested(int levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST(Json, IsNestedAtMost512Levels) {
  EXPECT_TRUE(parseJson(nested(512)).is_array());
  EXPECT_TRUE(parseJson(nested(513)).is_discarded());
  EXPECT_TRUE(parseJson(nested(1000000)).is_discarded());
  EXPECT_TRUE(parseJson(std::string(1000000, '[')).is_discarded());
  std::string objects;
  for (int i = 0; i < 100000; ++i)
    objects += "{\"a\":[";
  EXPECT_TRUE(isNestedTooDeep(objects));
}

TEST(Json, BracketsInStringsAndCommentsAreNone) {
  std::string open(600, '[');
  EXPECT_TRUE(parseJson("[\"" + open + "\\\"" + open + "\"]").is_array());
  EXPECT_FALSE(isNestedTooDeep("[\"\\"));
  EXPECT_TRUE(parseJson("[ // \" " + open + "\n]", true).is_array());
  EXPECT_TRUE(parseJson("[ /* \" " + open + "*/]", true).is_array());
  // A quote in a comment begins no string.
  EXPECT_TRUE(isNestedTooDeep("// \"\n" + open, true));
  EXPECT_TRUE(isNestedTooDeep("/*/ \" */" + open, true));
  EXPECT_FALSE(isNestedTooDeep("/*", true));
}

TEST(Json, OfASafetensorsHeaderToo) {
  TemporaryDirectory directory;
  std::string header = "{\"__metadata__\":" + nested(1000000) + "}", size;
  for (int i = 0; i < 8; ++i)
    size += static_cast<char>(header.size() >> 8 * i);
  writeBytes(directory / "a.safetensors", size + header);
  auto file = SafetensorsFile::open(directory / "a.safetensors");
  ASSERT_FALSE(file.isOk());
  EXPECT_NE(file.status().message().find("the header is nested deeper than 512 levels"),
            std::string::npos)
      << file.status().message();
}
