// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the emulator can execute.

#ifndef MMC_RUNTIME_EMULATOR_INSTRUCTIONS_H
#define MMC_RUNTIME_EMULATOR_INSTRUCTIONS_H

#include <string>

namespace mmc::emulator {

/// Every supported form of every instruction, by class, as Markdown: the table that the parser and
/// the executor use, printed. `{.a,.b}` is at most one of them, `{.a,.b}!` exactly one.
std::string supportedInstructions();

} // namespace mmc::emulator

#endif // MMC_RUNTIME_EMULATOR_INSTRUCTIONS_H
