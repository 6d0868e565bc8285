// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of folders and members of tar files; damaged archives are refused.

#include "Golden.h"

#include "mmc/Runtime/Data/PictureStore.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/resource.h>
#include <unistd.h>

using namespace mmc;
using namespace mmc::test;

/// One member with its header.
static std::string member(const std::string &name, const std::string &content, char type = '0',
                          const std::string &prefix = "") {
  std::string header(512, '\0');
  std::memcpy(header.data(), name.data(), std::min<size_t>(name.size(), 100));
  std::snprintf(&header[100], 8, "%07o", 0644);
  std::snprintf(&header[124], 12, "%011zo", content.size());
  std::snprintf(&header[136], 12, "%011o", 0);
  header[156] = type;
  std::memcpy(&header[257],
              "ustar\0"
              "00",
              8);
  std::memcpy(&header[345], prefix.data(), prefix.size());
  unsigned sum = 0;
  std::memset(&header[148], ' ', 8);
  for (unsigned char byte : header)
    sum += byte;
  std::snprintf(&header[148], 8, "%06o", sum);
  return header + content + std::string((512 - content.size() % 512) % 512, '\0');
}

static std::string longName() { return std::string(150, 'd') + "/long.png"; }

static std::string archive() {
  std::string pax = " path=pax/name.png\n";
  pax = std::to_string(pax.size() + 2) + pax;
  return member("./a/x.png", "one") + member("a/x.png", "two") + member("dir/", "", '5') +
         member("././@LongLink", longName() + '\0', 'L') + member("cut", "three") +
         member("PaxHeader", pax, 'x') + member("other", "four") +
         member("tail.png", "five", '0', "front") + std::string(1024, '\0');
}

TEST(PictureStore, ReadsMembersOfTarFiles) {
  TempDir dir;
  dir.write("pictures.tar", archive());
  dir.write("folder/y.png", "plain");
  PictureStore store;
  auto text = [&](const std::string &name) {
    auto bytes = store.read(dir.path(name));
    return bytes.isOk() ? *bytes : bytes.status().message();
  };
  EXPECT_EQ(text("pictures.tar/a/x.png"), "two"); // of equal names the last
  EXPECT_EQ(text("pictures.tar/" + longName()), "three");
  EXPECT_EQ(text("pictures.tar/pax/name.png"), "four");
  EXPECT_EQ(text("pictures.tar/front/tail.png"), "five");
  EXPECT_EQ(text("folder/y.png"), "plain");
  EXPECT_TRUE(*store.exists(dir.path("pictures.tar/a/x.png")));
  EXPECT_FALSE(*store.exists(dir.path("pictures.tar/dir/")));
  EXPECT_FALSE(*store.exists(dir.path("pictures.tar/cut")));
  EXPECT_TRUE(*store.exists(dir.path("folder/y.png")));
  EXPECT_FALSE(*store.exists(dir.path("folder/no.png")));
  EXPECT_NE(text("pictures.tar/no.png").find("no such member"), std::string::npos);
}

TEST(PictureStore, RefusesDamagedArchives) {
  TempDir dir;
  std::string good = archive();
  std::string wrongSum = good, text(2000, 'x');
  wrongSum[0] ^= 1;
  for (const std::string &bytes :
       {wrongSum, text, member("a", std::string(2000, 'x')).substr(0, 1500)}) {
    dir.write("bad.tar", bytes);
    PictureStore store;
    auto read = store.read(dir.path("bad.tar/a/x.png"));
    ASSERT_FALSE(read.isOk());
    EXPECT_NE(read.status().message().find("no tar file, or damaged"), std::string::npos)
        << read.status().message();
    EXPECT_EQ(store.exists(dir.path("bad.tar/a/x.png")).status().code(), StatusCode::BadInput);
  }
}

namespace {

/// While it lives, so many file handles beyond those that are open can be had.
class FewHandles {
public:
  explicit FewHandles(int count) {
    getrlimit(RLIMIT_NOFILE, &before);
    int next = ::open("/dev/null", O_RDONLY);
    ::close(next);
    rlimit few = before;
    few.rlim_cur = static_cast<rlim_t>(next + count);
    setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewHandles() { setrlimit(RLIMIT_NOFILE, &before); }
  FewHandles(const FewHandles &) = delete;

private:
  rlimit before;
};

} // namespace

// Pictures were taken for missing, and their samples left out, when handles ran out.
TEST(PictureStore, TakesNoHandlesForArchivesAndSaysWhenThereAreNone) {
  TempDir dir;
  for (int i = 0; i < 8; ++i)
    dir.write(std::to_string(i) + ".tar", member("x.png", std::to_string(i)));
  PictureStore store;
  {
    FewHandles one(1);
    for (int i = 0; i < 8; ++i) {
      std::string name = dir.path(std::to_string(i) + ".tar/x.png");
      auto exists = store.exists(name);
      ASSERT_TRUE(exists.isOk()) << exists.status().message();
      EXPECT_TRUE(*exists);
      EXPECT_EQ(*store.read(name), std::to_string(i));
    }
  }
  FewHandles none(0);
  PictureStore another;
  auto exists = another.exists(dir.path("0.tar/x.png"));
  EXPECT_EQ(exists.status().code(), StatusCode::Io);
  EXPECT_NE(exists.status().message().find("Too many open files"), std::string::npos)
      << exists.status().message();
  EXPECT_EQ(store.read(dir.path("0.tar/x.png")).status().code(), StatusCode::Io);
}

TEST(PictureStore, SaysThatAnArchiveHasChanged) {
  TempDir dir;
  std::string name = dir.path("a.tar/x.png");
  auto message = [&](PictureStore &store) { return store.read(name).status().message(); };
  for (bool replaced : {false, true}) {
    dir.write("a.tar", member("x.png", "one"));
    PictureStore store;
    EXPECT_EQ(*store.read(name), "one");
    dir.write("b.tar", member("x.png", "another"));
    if (replaced)
      std::filesystem::rename(dir.path("b.tar"), dir.path("a.tar"));
    else
      std::filesystem::resize_file(dir.path("a.tar"), 600);
    EXPECT_NE(message(store).find("a.tar' has changed since it was first read"), std::string::npos)
        << message(store);
  }
}
