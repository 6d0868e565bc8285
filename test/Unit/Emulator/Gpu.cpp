// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs kernels of the corpus in tests.

#include "Gpu.h"

#include "mmc/Runtime/Core/File.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>

namespace mmc::emulator::test {

size_t Gpu::space(uint64_t bytes) {
  StatusOr<uint64_t> address =
      device.memory().allocate(bytes, "argument " + std::to_string(arguments.size()));
  EXPECT_TRUE(address.isOk()) << address.status().message();
  allocations.push_back(*address);
  value(*address);
  return allocations.size() - 1;
}

LaunchResult Gpu::report(Dim3 grid, Dim3 block, uint64_t shared) {
  LaunchConfig config;
  config.grid = grid;
  config.block = block;
  config.dynamicShared = shared;
  config.isCooperative = isCooperative;
  std::vector<const void *> pointers;
  for (const std::vector<uint8_t> &argument : arguments)
    pointers.push_back(argument.data());
  return device.launch(kernel, config, pointers, options);
}

void Gpu::run(Dim3 grid, Dim3 block, uint64_t shared) {
  LaunchResult result = report(grid, block, shared);
  ASSERT_TRUE(result.status.isOk()) << result.status.message();
  ASSERT_TRUE(result.report.violations.empty()) << toText(result.report);
}

std::vector<std::string> variants(const std::string &folder, const std::string &file) {
  const char *other = std::getenv("MMC_TEST_PTX");
  std::filesystem::path place = std::filesystem::path(other ? other : MMC_TEST_PTX) / folder;
  std::vector<std::string> paths;
  std::error_code none;
  for (const auto &entry : std::filesystem::directory_iterator(place, none))
    if (entry.path().extension() == ".ptx" &&
        entry.path().filename().string().rfind(file + ".", 0) == 0)
      paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  EXPECT_FALSE(paths.empty()) << place << " has no " << file << ".*.ptx";
  return paths;
}

Loaded &load(const std::string &path) {
  static std::map<std::string, Loaded> loaded;
  Loaded &entry = loaded[path];
  if (entry.module)
    return entry;
  StatusOr<std::string> text = readFile(path);
  EXPECT_TRUE(text.isOk()) << text.status().message();
  std::smatch target;
  if (!text.isOk() ||
      !std::regex_search(*text, target, std::regex("\\.target\\s+(sm_\\d+[af]?)"))) {
    ADD_FAILURE() << path << " has no .target";
    return entry;
  }
  StatusOr<const Chip *> chip = findChip(target[1].str());
  EXPECT_TRUE(chip.isOk()) << chip.status().message();
  if (!chip.isOk())
    return entry;
  entry.device = std::make_unique<Device>(**chip);
  StatusOr<std::shared_ptr<Module>> module = entry.device->load(*text, path);
  EXPECT_TRUE(module.isOk()) << module.status().message();
  if (module.isOk())
    entry.module = *module;
  return entry;
}

static void runAll(const std::vector<std::string> &paths, const std::string &kernel,
                   const std::function<void(Gpu &)> &test) {
  for (const std::string &path : paths) {
    Loaded &loaded = load(path);
    ASSERT_TRUE(loaded.module);
    const Kernel *found = loaded.module->kernel(kernel);
    ASSERT_TRUE(found) << path << " has no kernel " << kernel;
    for (unsigned seed = 0; seed <= 20; ++seed) {
      SCOPED_TRACE(path + ", schedule " +
                   (seed ? std::to_string(seed) : std::string("as it comes")));
      LaunchOptions options;
      options.threads = 2;
      options.maxInstructions = 20000000;
      if (seed)
        options.schedule = seed;
      Gpu gpu(*loaded.device, *found, options);
      test(gpu);
      if (testing::Test::HasFailure())
        return;
    }
  }
}

void corpus(const std::string &file, const std::string &kernel,
            const std::function<void(Gpu &)> &test) {
  runAll(variants("corpus", file), kernel, test);
}

void corpusOfTriton(const std::string &kernel, const std::function<void(Gpu &)> &test) {
  runAll(variants("triton", kernel), kernel, test);
}

void expectClose(const std::vector<float> &got, const std::vector<double> &want, double tolerance) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    double error = std::fabs(got[i] - want[i]);
    if (!(error <= tolerance * std::fmax(1.0, std::fabs(want[i])))) {
      ADD_FAILURE() << "element " << i << ": got " << got[i] << " != " << want[i];
      return;
    }
  }
}

} // namespace mmc::emulator::test
