// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs PTX statements that a test has written.

#include "Statements.h"

#include "Table.h"

#include "mmc/Runtime/Emulator/Device.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mmc::emulator::test {

static std::string kernelOf(const std::string &statements, unsigned sm) {
  return ".version 8.7\n.target sm_" + std::to_string(sm) +
         "\n.address_size 64\n.visible .entry k(.param .u64 results, .param .u64 words) {\n.reg "
         ".b64 out, in;\n.reg .b32 lane;\n"
         "ld.param.u64 out, [results];\nld.param.u64 in, [words];\nmov.u32 lane, %tid.x;\n" +
         statements + "ret;\n}\n";
}

static Device deviceOf(unsigned sm) { return Device(**findChip("sm_" + std::to_string(sm))); }

std::vector<uint64_t> runStatements(const std::string &statements, size_t results, unsigned threads,
                                    unsigned sm, const std::vector<uint64_t> &in) {
  std::string ptx = kernelOf(statements, sm);
  Device device = deviceOf(sm);
  StatusOr<std::shared_ptr<Module>> module = device.load(ptx, "statements");
  std::vector<uint64_t> got(results);
  if (!module.isOk()) {
    ADD_FAILURE() << module.status().message() << "\n" << ptx;
    return got;
  }
  keepForAssembler(ptx, "sm_" + std::to_string(sm));
  uint64_t out = *device.memory().allocate(8 * std::max<size_t>(results, 1), "out"),
           words = *device.memory().allocate(8 * std::max<size_t>(in.size(), 1), "in");
  EXPECT_TRUE(device.memory().fill(out, 0, 4, 2 * results).isOk());
  EXPECT_TRUE(device.memory().write(words, in.data(), 8 * in.size()).isOk());
  LaunchConfig config;
  config.block.x = threads;
  LaunchOptions options;
  options.threads = 1;
  options.maxInstructions = 10000000;
  LaunchResult result = device.launch(*(*module)->kernel("k"), config, {&out, &words}, options);
  EXPECT_TRUE(result.status.isOk()) << result.status.message();
  EXPECT_TRUE(result.report.violations.empty()) << toText(result.report) << ptx;
  EXPECT_TRUE(device.memory().read(out, got.data(), 8 * results).isOk());
  return got;
}

std::string loadError(const std::string &statements, unsigned sm) {
  StatusOr<std::shared_ptr<Module>> module =
      deviceOf(sm).load(kernelOf(statements, sm), "statements");
  if (!module.isOk())
    return module.status().message();
  // Operands are checked when the kernel is decoded.
  ADD_FAILURE() << "accepted: " << statements;
  return "";
}

} // namespace mmc::emulator::test
