// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-data: shows and converts what training will see. Parses the command line and dispatches.

#include "Command.h"

#include "mmc/Runtime/Core/File.h"

#include <cstdio>
#include <llvm/Support/raw_ostream.h>

namespace cl = llvm::cl;

static void printVersion(llvm::raw_ostream &out) { out << "mmc-data " MMC_VERSION "\n"; }

int main(int argc, char **argv) {
  mmc::failBeyondFileSizeLimit();
  const mmc::data::Command commands[] = {
      mmc::data::inspectCommand(),    mmc::data::encodeCommand(), mmc::data::tokenizeCommand(),
      mmc::data::detokenizeCommand(), mmc::data::pixelsCommand(),
  };
  cl::SetVersionPrinter(printVersion);
  // libLLVM registers hundreds of options of its own for use without a subcommand.
  cl::OptionCategory none("mmc-data options");
  cl::HideUnrelatedOptions(none);
  if (!cl::ParseCommandLineOptions(argc, argv,
                                   "mmc-data: shows and converts what training will see\n\n"
                                   "Exit status: 0 success, 1 bad input, 2 wrong usage.\n",
                                   &llvm::errs()))
    return 2;
  for (const mmc::data::Command &command : commands)
    if (*command.options) {
      mmc::Status status = command.run();
      if (status.isOk())
        status = mmc::flushStandardOutput();
      if (!status.isOk())
        std::fprintf(stderr, "mmc-data %s: %s\n", command.options->getName().str().c_str(),
                     status.message().c_str());
      return status.exitCode();
    }
  std::fprintf(stderr, "mmc-data: a subcommand must be given:");
  for (const mmc::data::Command &command : commands)
    std::fprintf(stderr, " %s", command.options->getName().str().c_str());
  std::fprintf(stderr, "; see mmc-data --help\n");
  return 2;
}
