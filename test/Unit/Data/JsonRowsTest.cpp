// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Rows of a JSON list are found, kept, and found again only while the file is the same.

#include "Golden.h"

#include "mmc/Runtime/Data/JsonFile.h"
#include "mmc/Runtime/Data/JsonRows.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

using namespace mmc;
using namespace mmc::test;
using nlohmann::json;

static std::unique_ptr<JsonRows> open(const std::string &path) {
  auto rows = JsonRows::open(path);
  EXPECT_TRUE(rows.isOk()) << rows.status().message();
  return rows.isOk() ? std::move(*rows) : nullptr;
}

TEST(JsonRows, FindsRowsWhateverIsInThem) {
  TempDir dir;
  json list = json::array();
  list.push_back({{"id", "a\"]}\\"}, {"x", {1, {{"y", "[{"}}}}, {"split", "train"}});
  list.push_back({{"id", 7}, {"text", std::string(3 << 20, 'x')}, {"split", "test"}});
  list.push_back({{"inner", {{"id", "not mine"}}}});
  list.push_back({{"id", nullptr}, {"split", "train"}});
  for (const std::string &text :
       {list.dump(), list.dump(2), "\xef\xbb\xbf " + list.dump() + "\n"}) {
    dir.write("data.json", text);
    auto rows = open(dir.path("data.json"));
    ASSERT_EQ(rows->size(), 4);
    for (int64_t i = 0; i < 4; ++i)
      EXPECT_EQ(*rows->row(i), list[i]);
    EXPECT_EQ(rows->split(0), "train");
    EXPECT_EQ(rows->split(1), "test");
    EXPECT_EQ(rows->split(2), "");
    ASSERT_EQ(rows->splits().size(), 3u);
    EXPECT_EQ(rows->splits()[0].rows, 2);
    EXPECT_EQ(JsonRows::idOf(*rows->row(1), 1), "7");
    EXPECT_EQ(JsonRows::idOf(*rows->row(2), 2), "#2");
    EXPECT_EQ(JsonRows::idOf(*rows->row(3), 3), "#3");
  }
}

TEST(JsonRows, KeepsTheIndexWhileTheFileIsTheSame) {
  TempDir dir;
  std::string path = dir.path("data.json");
  dir.write("data.json", R"([{"id": "a"}, {"id": "b", "split": "s"}])");
  auto first = open(path);
  EXPECT_FALSE(first->reopened());
  auto second = open(path);
  EXPECT_TRUE(second->reopened());
  EXPECT_EQ(second->size(), 2);
  EXPECT_EQ(second->split(1), "s");
  EXPECT_EQ(second->idsChecksum(), first->idsChecksum());
  EXPECT_EQ((*second->row(1))["id"], "b");
  // The same size, another time.
  dir.write("data.json", R"([{"id": "c"}, {"id": "b", "split": "s"}])");
  std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() +
                                             std::chrono::seconds(5));
  auto third = open(path);
  EXPECT_FALSE(third->reopened());
  EXPECT_EQ((*third->row(0))["id"], "c");
  EXPECT_NE(third->idsChecksum(), first->idsChecksum());
  EXPECT_FALSE(first->row(0).isOk() && (*first->row(0))["id"] == "b");
}

TEST(JsonRows, ADamagedIndexIsMadeAgain) {
  TempDir dir;
  dir.write("data.json", R"([{"id": "a"}, {"id": "b"}])");
  open(dir.path("data.json"));
  int damaged = 0;
  for (auto &file : std::filesystem::directory_iterator(dir.path("cache"))) {
    std::fstream stream(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(70);
    stream.put('\x7f');
    ++damaged;
  }
  ASSERT_EQ(damaged, 1);
  auto rows = open(dir.path("data.json"));
  EXPECT_FALSE(rows->reopened());
  EXPECT_EQ((*rows->row(1))["id"], "b");
}

TEST(JsonRows, WorksWithoutACacheFolder) {
  TempDir dir;
  dir.write("data.json", R"([{"id": "a"}])");
  dir.write("file", "");
  setenv("MMC_CACHE_DIR", dir.path("file/no").c_str(), 1);
  EXPECT_EQ(open(dir.path("data.json"))->size(), 1);
  EXPECT_EQ(open(dir.path("data.json"))->size(), 1);
}

TEST(JsonRows, RefusesDeepNesting) {
  TempDir dir;
  dir.write("data.json", "[{\"a\": " + std::string(100000, '[') + std::string(100000, ']') + "}]");
  auto rows = JsonRows::open(dir.path("data.json"));
  ASSERT_FALSE(rows.isOk());
  EXPECT_NE(rows.status().message().find("nested deeper"), std::string::npos);
}

TEST(JsonFile, RefusesDeepNesting) {
  TempDir dir;
  dir.write("data.json", std::string(1000000, '[') + std::string(1000000, ']'));
  nlohmann::json value;
  Status status = readJsonFile(dir.path("data.json"), value);
  EXPECT_EQ(status.message(), "'" + dir.path("data.json") +
                                  "' has lists or objects in each other deeper than 512 levels");
}

TEST(JsonRows, SaysThatTheFileHasChanged) {
  TempDir dir;
  const std::string text = R"([{"id": "a", "x": 1}, {"id": "b", "x": 2}])";
  // Cut off behind the first row, and another row where the second was.
  for (const std::string &other :
       {text.substr(0, 30), std::string(R"([{"id": "a", "x": 1}, {"id": "c", "x": 3}]  )")}) {
    dir.write("rows.json", text);
    auto rows = JsonRows::open(dir.path("rows.json"));
    ASSERT_TRUE(rows.isOk());
    EXPECT_TRUE((*rows)->row(1).isOk());
    dir.write("rows.json", other);
    auto row = (*rows)->row(1);
    ASSERT_FALSE(row.isOk());
    EXPECT_EQ(row.status().code(), StatusCode::Io);
    EXPECT_NE(row.status().message().find("rows.json' has changed since it was opened, at entry 1"),
              std::string::npos)
        << row.status().message();
  }
}
