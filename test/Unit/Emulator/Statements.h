// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs PTX statements that a test has written.

#ifndef MMC_TEST_EMULATOR_STATEMENTS_H
#define MMC_TEST_EMULATOR_STATEMENTS_H

#include <cstdint>
#include <string>
#include <vector>

namespace mmc::emulator::test {

/// Runs statements in one block; register `out` (.b64) holds the address of `results` 64-bit words,
/// `in` that of the words given, `lane` (.b32) is %tid.x. A violation fails the test. The words of
/// `out` are 0 at first.
std::vector<uint64_t> runStatements(const std::string &statements, size_t results, unsigned threads,
                                    unsigned sm, const std::vector<uint64_t> &in = {});
/// Why a module of these statements is refused; empty and a failure if it is not.
std::string loadError(const std::string &statements, unsigned sm);

} // namespace mmc::emulator::test

#endif // MMC_TEST_EMULATOR_STATEMENTS_H
