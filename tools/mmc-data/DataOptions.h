// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The options that encode and inspect share, and the data set that they name.

#ifndef MMC_TOOLS_MMC_DATA_DATAOPTIONS_H
#define MMC_TOOLS_MMC_DATA_DATAOPTIONS_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Data/Sample.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <llvm/Support/CommandLine.h>

#include <cstdint>
#include <memory>
#include <string>

namespace mmc::data {

/// The subcommands. They are defined beside their options: an option must not be made before its
/// subcommand.
extern llvm::cl::SubCommand encodeSubCommand, inspectSubCommand;

/// Of encode.
const std::string &encodeOutput();

struct InspectOptions {
  int64_t count, seed;
  bool order, histogram;
  /// "auto", "always" or "never".
  std::string color;
  /// Places for images of a packed row; 0: as many as there are.
  int64_t imagesPerRow;
  int64_t seqLen;
};
InspectOptions inspectOptions();

/// What the options of encode or inspect name.
struct OpenedDataset {
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<Dataset> data;
};
StatusOr<OpenedDataset> openDataset();

} // namespace mmc::data

#endif // MMC_TOOLS_MMC_DATA_DATAOPTIONS_H
