// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The cache of compiled code: what was stored comes back, and no damage to an entry is ever executed.

#include "EntryRun.h"

#include "../../../lib/Runtime/Jit/CodeCache.h"
#include "../Core/TemporaryDirectory.h"

using namespace mmc;
using namespace mmc::test;

namespace {

const char *const kModel = R"(
func.func @twice(%x: tensor<7xf32> {mmc.name = "x"}) -> (tensor<7xf32> {mmc.name = "y"}) {
  %y = mmc.scale %x by(2.0) : tensor<7xf32>
  return %y : tensor<7xf32>
}
)";

class CodeCacheTest : public testing::Test {
protected:
  void SetUp() override {
    request.modelFile = work / "model.mlir";
    request.cacheDir = work / "cache";
    request.entries = {"twice"};
    request.dtype = DType::F32;
    writeBytes(request.modelFile, kModel);
  }

  /// Compiles and runs; whether the code came from the cache.
  bool compile() {
    StatusOr<std::unique_ptr<Program>> program = Program::compile(request);
    EXPECT_TRUE(program.isOk()) << program.status().message();
    if (!program.isOk())
      return false;
    std::vector<Tensor> none;
    EntryRun run(**program, "twice", none);
    for (int i = 0; i < 7; ++i)
      run.inputs[0].as<float>()[i] = i + 0.5f;
    run.run();
    for (int i = 0; i < 7; ++i)
      EXPECT_EQ(run.outputs[0].as<float>()[i], 2 * i + 1.0f);
    return (*program)->fromCache();
  }

  /// The only file of the cache.
  std::string entry() {
    std::vector<std::string> files;
    for (const auto &file : std::filesystem::directory_iterator(request.cacheDir))
      files.push_back(file.path());
    EXPECT_EQ(files.size(), 1u);
    return files.empty() ? "" : files[0];
  }

  TemporaryDirectory work;
  CompileRequest request;
};

TEST_F(CodeCacheTest, ComesBack) {
  EXPECT_FALSE(compile());
  EXPECT_TRUE(compile());
  request.cacheDir = "none";
  EXPECT_FALSE(compile());
}

TEST_F(CodeCacheTest, KnowsWhatCodeDependsOn) {
  EXPECT_FALSE(compile());
  request.cpuFeatures = "avx2";
  EXPECT_FALSE(compile());
  EXPECT_TRUE(compile());
  writeBytes(request.modelFile, std::string("// the same again\n") + kModel);
  EXPECT_FALSE(compile());
}

TEST_F(CodeCacheTest, RecompilesWhatIsDamaged) {
  EXPECT_FALSE(compile());
  const std::string file = entry(), good = readBytes(file);
  std::string flipped = good;
  flipped[good.size() / 2] ^= 1;
  for (const std::string &bad : {std::string(), good.substr(0, 20), good.substr(0, good.size() / 2), good.substr(0, good.size() - 1),
                                 flipped, good + "x", std::string(good.size(), '\0')}) {
    writeBytes(file, bad);
    EXPECT_FALSE(compile()) << "of " << bad.size() << " bytes";
    EXPECT_EQ(entry(), file);
    EXPECT_TRUE(compile()) << "the entry must have been replaced";
  }
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  EXPECT_FALSE(compile()) << "a cache that cannot be written is no error";
}

/// Every byte, and every length: no change of either is taken for code.
TEST_F(CodeCacheTest, SeesEveryChange) {
  EXPECT_FALSE(compile());
  StatusOr<CpuTarget> target = selectCpuTarget(request.cpuFeatures);
  ASSERT_TRUE(target.isOk());
  CodeCache cache(request, kModel, *target);
  const std::string file = entry(), good = readBytes(file);
  ASSERT_TRUE(cache.load().has_value());
  // A file as long as this is written quickly; every third byte of a longer one is enough.
  const size_t step = 1 + good.size() / 4000;
  for (size_t at = 0; at < good.size(); at += at < 64 ? 1 : step) {
    std::string bad = good;
    bad[at] ^= 1 << at % 8;
    writeBytes(file, bad);
    ASSERT_FALSE(cache.load().has_value()) << "byte " << at;
    writeBytes(file, good.substr(0, at));
    ASSERT_FALSE(cache.load().has_value()) << "the first " << at << " bytes";
  }
  writeBytes(file, good);
  EXPECT_TRUE(cache.load().has_value());
}

} // namespace
