// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PTX text to a parsed module, or diagnostics.

#ifndef MMC_EMULATOR_PTX_PARSER_H
#define MMC_EMULATOR_PTX_PARSER_H

#include "Ast.h"

namespace mmc::emulator {

struct Diagnostic {
  Location at;
  std::string message;
};

/// The module, or null with at least one diagnostic (at most 20, in the order of the text).
std::unique_ptr<ParsedModule> parsePtx(std::string_view text, std::vector<Diagnostic> &diagnostics);

} // namespace mmc::emulator

#endif // MMC_EMULATOR_PTX_PARSER_H
