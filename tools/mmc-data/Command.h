// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a subcommand of mmc-data is: its options and what it does.

#ifndef MMC_TOOLS_MMC_DATA_COMMAND_H
#define MMC_TOOLS_MMC_DATA_COMMAND_H

#include "mmc/Runtime/Core/Status.h"

#include <llvm/Support/CommandLine.h>

namespace mmc::data {

struct Command {
  /// Carries name and help; the command's options are static objects with cl::sub(*options).
  llvm::cl::SubCommand *options;
  /// Does the work with the parsed options. The Status decides the exit status.
  Status (*run)();
};

/// One function per subcommand, each in the file of its name. mmc-data.cpp lists them.
Command detokenizeCommand();
Command encodeCommand();
Command inspectCommand();
Command pixelsCommand();
Command tokenizeCommand();

} // namespace mmc::data

#endif // MMC_TOOLS_MMC_DATA_COMMAND_H
