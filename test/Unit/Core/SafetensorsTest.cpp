// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files built byte by byte here: good ones, unaligned ones, huge ones, and every way to be damaged.

#include "mmc/Runtime/Core/Safetensors.h"
#include "TemporaryDirectory.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace mmc;

namespace {

std::string fileBytes(const std::string &header, const std::string &data) {
  uint64_t length = header.size();
  return std::string(reinterpret_cast<const char *>(&length), 8) + header + data;
}

template <typename T>
std::string bytesOf(std::vector<T> values) {
  return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)};
}

class Safetensors : public testing::Test {
protected:
  TemporaryDirectory directory;
  std::string file = directory / "x.safetensors";

  StatusOr<SafetensorsFile> open(const std::string &header, const std::string &data) {
    writeBytes(file, fileBytes(header, data));
    return SafetensorsFile::open(file);
  }
  void expectRefused(const std::string &header, const std::string &data, const char *message) {
    StatusOr<SafetensorsFile> opened = open(header, data);
    ASSERT_FALSE(opened.isOk()) << header;
    EXPECT_EQ(opened.status().code(), StatusCode::BadInput);
    EXPECT_NE(opened.status().message().find(message), std::string::npos)
        << opened.status().message();
    EXPECT_EQ(opened.status().message().find(file), 0u) << opened.status().message();
  }
};

TEST_F(Safetensors, Reads) {
  auto opened = open(R"({"__metadata__":{"format":"pt","a":"b"},)"
                     R"("late":{"dtype":"I32","shape":[],"data_offsets":[16,20]},)"
                     R"("early":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
                     R"("none":{"dtype":"BF16","shape":[0,3],"data_offsets":[16,16]}}  )",
                     bytesOf<float>({1, 2, 3, 4}) + bytesOf<int32_t>({-7}));
  ASSERT_TRUE(opened.isOk()) << opened.status().message();
  EXPECT_EQ(opened->names(), (std::vector<std::string>{"early", "none", "late"}));
  EXPECT_EQ(opened->metadata(), (SafetensorsMetadata{{"a", "b"}, {"format", "pt"}}));
  std::optional<TensorView> early = opened->find("early");
  ASSERT_TRUE(early);
  EXPECT_EQ(early->dtype, DType::F32);
  EXPECT_EQ(early->shape, (Shape{2, 2}));
  EXPECT_EQ(early->as<float>()[3], 4);
  EXPECT_EQ(opened->find("late")->as<int32_t>()[0], -7);
  EXPECT_EQ(opened->find("late")->shape, Shape{});
  EXPECT_EQ(opened->find("none")->count(), 0);
  EXPECT_FALSE(opened->find("absent"));
  EXPECT_FALSE(opened->contains("absent"));
}

TEST_F(Safetensors, AlignsUnalignedData) {
  // The header's length puts the data on an odd address, and the U8 shifts the F64 once more.
  std::string header = R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                       R"("b":{"dtype":"F64","shape":[2],"data_offsets":[2,18]}})";
  header.resize((header.size() + 7) / 8 * 8 + 3, ' ');
  auto opened = open(header, bytesOf<uint8_t>({5, 6}) + bytesOf<double>({1.5, -2.5}));
  ASSERT_TRUE(opened.isOk()) << opened.status().message();
  TensorView b = *opened->find("b");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(b.data) % 8, 0u);
  EXPECT_EQ(b.as<double>()[0], 1.5);
  EXPECT_EQ(b.as<double>()[1], -2.5);
  EXPECT_EQ(opened->find("b")->data, b.data) << "copied once only";
  EXPECT_EQ(opened->find("a")->as<uint8_t>()[1], 6);
}

TEST_F(Safetensors, ViewsOutliveTheObjectTheyWereAskedOf) {
  std::optional<SafetensorsFile> kept;
  {
    auto opened =
        open(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", bytesOf<float>({3}));
    ASSERT_TRUE(opened.isOk());
    kept = *opened;
  }
  EXPECT_EQ(kept->find("a")->as<float>()[0], 3);
}

TEST_F(Safetensors, ForeignTypesDoNoHarm) {
  auto opened = open(R"({"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]},)"
                     R"("b":{"dtype":"U32","shape":[1],"data_offsets":[4,8]},)"
                     R"("c":{"dtype":"F4","shape":[2,2],"data_offsets":[8,10]}})",
                     std::string(10, 'x'));
  ASSERT_TRUE(opened.isOk()) << opened.status().message();
  EXPECT_FALSE(opened->find("a"));
  EXPECT_TRUE(opened->contains("a"));
  EXPECT_EQ(opened->foreignDType("a"), "F8_E4M3");
  EXPECT_FALSE(opened->foreignDType("absent"));
}

TEST_F(Safetensors, RefusesDamage) {
  std::string four(4, '\0'), eight(8, '\0');
  std::string good = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  ASSERT_TRUE(open(good, four).isOk());
  expectRefused(good, std::string(3, '\0'), "truncated");
  expectRefused(good, eight, "end at byte 4");
  expectRefused("[]", "", "not a JSON object");
  expectRefused("{", "", "not a JSON object");
  expectRefused("", "", "not a JSON object");
  expectRefused(R"({"a":5})", "", "not an object");
  expectRefused(R"({"a":{"dtype":"F32","shape":[1]}})", four, "needs exactly");
  expectRefused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", four, "needs exactly");
  expectRefused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})", four,
                "needs exactly");
  expectRefused(R"({"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})", four,
                "unknown dtype 'F33'");
  expectRefused(R"({"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}})", four, "needs exactly");
  expectRefused(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", four, "whole number");
  expectRefused(R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", four,
                "whole number");
  expectRefused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,-4]}})", four,
                "whole numbers");
  expectRefused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", four,
                "must not decrease");
  expectRefused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", four,
                "needs 8 bytes, got: 4");
  expectRefused(R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}})", "x", "needs 2 bytes");
  expectRefused(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,4]}})",
                four, "too large");
  expectRefused(R"({"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", four,
                "too large");
  expectRefused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                R"("b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
                std::string(6, '\0'), "overlaps");
  expectRefused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", eight, "gap");
  expectRefused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                R"("a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                eight, "'a' twice");
  expectRefused(R"({"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}})", four,
                "'dtype' twice");
  expectRefused(R"({"__metadata__":{"a":1}})", "", "not a string");
  expectRefused(R"({"__metadata__":[]})", "", "object of strings");
}

TEST_F(Safetensors, RefusesShortFilesAndWildLengths) {
  writeBytes(file, "1234567");
  EXPECT_EQ(SafetensorsFile::open(file).status().code(), StatusCode::BadInput);
  writeBytes(file, "");
  EXPECT_EQ(SafetensorsFile::open(file).status().code(), StatusCode::BadInput);
  writeBytes(file, std::string("\x10\0\0\0\0\0\0\0{}", 10));
  EXPECT_NE(SafetensorsFile::open(file).status().message().find("truncated"), std::string::npos);
  writeBytes(file, std::string(8, '\xff') + "{}");
  EXPECT_EQ(SafetensorsFile::open(file).status().code(), StatusCode::BadInput);
  EXPECT_EQ(SafetensorsFile::open(directory / "absent").status().code(), StatusCode::Io);
  EXPECT_EQ(SafetensorsFile::open(directory.path()).status().code(), StatusCode::BadInput);
}

TEST_F(Safetensors, EveryTruncationIsNoticed) {
  std::string header = R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})";
  std::string whole = fileBytes(header, bytesOf<float>({1, 2, 3}));
  for (size_t size = 0; size < whole.size(); ++size) {
    writeBytes(file, whole.substr(0, size));
    ASSERT_FALSE(SafetensorsFile::open(file).isOk()) << size;
  }
}

TEST_F(Safetensors, SixteenGigabytesAreNotRead) {
  const uint64_t count = uint64_t(4) << 30;
  std::string header = R"({"a":{"dtype":"F32","shape":[)" + std::to_string(count) +
                       R"(],"data_offsets":[0,)" + std::to_string(4 * count) + "]}}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  writeBytes(file, fileBytes(header, ""));
  uint64_t end = 8 + header.size() + 4 * count;
  int descriptor = ::open(file.c_str(), O_WRONLY);
  ASSERT_GE(descriptor, 0);
  float last = 42;
  ASSERT_EQ(pwrite(descriptor, &last, 4, end - 4), 4) << "the file system must hold sparse files";
  close(descriptor);
  auto opened = SafetensorsFile::open(file);
  ASSERT_TRUE(opened.isOk()) << opened.status().message();
  EXPECT_EQ(opened->find("a")->as<float>()[count - 1], 42);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LT(usage.ru_maxrss, 1 << 20) << "KiB";
}

TEST_F(Safetensors, WritesWhatTheFormatSays) {
  std::vector<float> wide = {1, 2};
  std::vector<uint8_t> narrow = {7};
  std::vector<NamedTensorView> tensors = {{"b\"\n", {DType::U8, {1}, narrow.data()}},
                                          {"z", {DType::F32, {2, 1}, wide.data()}},
                                          {"a", {DType::U8, {}, narrow.data()}},
                                          {"e", {DType::F32, {0}, nullptr}}};
  ASSERT_TRUE(writeSafetensors(file, tensors, {{"format", "pt"}}).isOk());
  std::string header = R"({"__metadata__":{"format":"pt"},)"
                       R"("e":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},)"
                       R"("z":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
                       R"("a":{"dtype":"U8","shape":[],"data_offsets":[8,9]},)"
                       R"("b\"\n":{"dtype":"U8","shape":[1],"data_offsets":[9,10]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  EXPECT_EQ(readBytes(file), fileBytes(header, bytesOf(wide) + "\x07\x07"));
  EXPECT_EQ(directory.names(), std::vector<std::string>{"x.safetensors"});
  auto opened = SafetensorsFile::open(file);
  ASSERT_TRUE(opened.isOk()) << opened.status().message();
  EXPECT_TRUE(opened->contains("b\"\n"));
}

TEST_F(Safetensors, WritesTheReferenceImplementationsBytes) {
  // A file that Hugging Face's library wrote, read and written again.
  std::string golden = MMC_TEST_DATA "/lavin/lavin-tiny/text.lavin.inputs.safetensors";
  auto opened = SafetensorsFile::open(golden);
  ASSERT_TRUE(opened.isOk()) << opened.status().message();
  std::vector<NamedTensorView> tensors;
  for (const std::string &name : opened->names())
    tensors.insert(tensors.begin(), {name, *opened->find(name)});
  ASSERT_GE(tensors.size(), 2u);
  ASSERT_TRUE(writeSafetensors(file, tensors, opened->metadata()).isOk());
  EXPECT_EQ(readBytes(file), readBytes(golden));
}

TEST_F(Safetensors, WriterRefusesBadNames) {
  std::vector<float> value = {1};
  TensorView view{DType::F32, {1}, value.data()};
  EXPECT_EQ(writeSafetensors(file, {{"a", view}, {"a", view}}).code(), StatusCode::BadInput);
  EXPECT_EQ(writeSafetensors(file, {{"\xff", view}}).code(), StatusCode::BadInput);
  EXPECT_EQ(writeSafetensors(file, {{"__metadata__", view}}).code(), StatusCode::BadInput);
  EXPECT_EQ(writeSafetensors(file, {}, {{"a", "\xc3"}}).code(), StatusCode::BadInput);
  EXPECT_TRUE(directory.names().empty());
}

TEST_F(Safetensors, FullDiskLeavesTheOldFileAndNothingElse) {
  // A limit on the file size fails like a full disk: in the middle of a write.
  writeBytes(file, "old");
  std::vector<char> data(1 << 20);
  struct rlimit before, small;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 1 << 16;
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  Status status = writeSafetensors(file, {{"a", {DType::U8, {int64_t(data.size())}, data.data()}}});
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(status.code(), StatusCode::Io);
  EXPECT_NE(status.message().find("cannot write " + file + ": " + std::strerror(EFBIG)),
            std::string::npos)
      << status.message();
  EXPECT_EQ(readBytes(file), "old");
  EXPECT_EQ(directory.names(), std::vector<std::string>{"x.safetensors"});
}

TEST_F(Safetensors, UnwritablePlaces) {
  writeBytes(file, "a file");
  EXPECT_EQ(writeSafetensors(file + "/below-a-file", {}).code(), StatusCode::Io);
  EXPECT_EQ(writeSafetensors(directory / "absent/x", {}).code(), StatusCode::Io);
  EXPECT_EQ(writeSafetensors(directory.path() + "/", {}).code(), StatusCode::BadInput);
  EXPECT_EQ(directory.names(), std::vector<std::string>{"x.safetensors"});
  std::filesystem::create_directory(directory / "occupied");
  EXPECT_EQ(writeSafetensors(directory / "occupied", {}).code(), StatusCode::Io);
  EXPECT_EQ(directory.names(), (std::vector<std::string>{"occupied", "x.safetensors"}));
}

class WeightsTest : public testing::Test {
protected:
  TemporaryDirectory directory;

  void write(const std::string &name, std::vector<std::pair<std::string, float>> values) {
    std::vector<NamedTensorView> tensors;
    for (auto &[tensor, value] : values)
      tensors.push_back({tensor, {DType::F32, {1}, &value}});
    ASSERT_TRUE(writeSafetensors(directory / name, tensors).isOk());
  }
  void expectRefused(const std::string &argument, const char *message) {
    StatusOr<Weights> weights = Weights::open({argument});
    ASSERT_FALSE(weights.isOk());
    EXPECT_NE(weights.status().message().find(message), std::string::npos)
        << weights.status().message();
  }
};

TEST_F(WeightsTest, LaterWins) {
  write("one.safetensors", {{"a", 1}, {"b", 2}});
  write("model.safetensors", {{"b", 3}, {"c", 4}});
  auto weights = Weights::open({directory / "one.safetensors", directory.path()});
  ASSERT_TRUE(weights.isOk()) << weights.status().message();
  EXPECT_EQ(weights->names(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(weights->find("a")->as<float>()[0], 1);
  EXPECT_EQ(weights->find("b")->as<float>()[0], 3);
  EXPECT_EQ(weights->fileOf("b"), directory / "model.safetensors");
  EXPECT_FALSE(weights->find("d"));
  weights = Weights::open({directory.path(), directory / "one.safetensors"});
  ASSERT_TRUE(weights.isOk());
  EXPECT_EQ(weights->find("b")->as<float>()[0], 2);
}

TEST_F(WeightsTest, Shards) {
  write("s1.safetensors", {{"a", 1}, {"b", 2}});
  write("s2.safetensors", {{"b", 3}});
  std::string index = directory / "model.safetensors.index.json";
  writeBytes(index, R"({"metadata":{"total_size":12},)"
                    R"("weight_map":{"a":"s1.safetensors","b":"s2.safetensors"}})");
  auto weights = Weights::open({directory.path()});
  ASSERT_TRUE(weights.isOk()) << weights.status().message();
  EXPECT_EQ(weights->find("a")->as<float>()[0], 1);
  EXPECT_EQ(weights->find("b")->as<float>()[0], 3) << "the weight_map decides";

  writeBytes(index, R"({"weight_map":{"c":"s1.safetensors"}})");
  expectRefused(directory.path(), "has no such tensor");
  writeBytes(index, R"({"weight_map":{"a":"s3.safetensors"}})");
  expectRefused(directory.path(), "s3.safetensors: No such file");
  writeBytes(index, R"({"weight_map":{"a":"../s1.safetensors"}})");
  expectRefused(directory.path(), "plain file name");
  writeBytes(index, R"({"weight_map":{"a":1}})");
  expectRefused(directory.path(), "not a file name");
  writeBytes(index, R"({"weight_map":[]})");
  expectRefused(directory.path(), "weight_map");
  writeBytes(index, R"([1])");
  expectRefused(directory.path(), "weight_map");
  writeBytes(index, "{");
  expectRefused(directory.path(), "weight_map");
}

TEST_F(WeightsTest, MissingArguments) {
  expectRefused(directory.path(), "neither model.safetensors nor");
  expectRefused(directory / "absent", "No such file");
}

} // namespace
