// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The GPUs that PTX is made for. LLVM aborts on a chip or a PTX version that do not fit; this table
// decides before it sees them. bf16 conversions need sm_80.

#include "mmc/Transforms/Lower/Cuda/Passes.h"

#include "llvm/ADT/STLExtras.h"

using namespace mmc;

static constexpr CudaChip kChips[] = {
    {"sm_80", 70},  {"sm_86", 71},  {"sm_87", 74},  {"sm_89", 78},  {"sm_90", 78},
    {"sm_100", 86}, {"sm_103", 88}, {"sm_110", 90}, {"sm_120", 87}, {"sm_121", 88},
};

const CudaChip *mmc::findCudaChip(llvm::StringRef name) {
  const auto *found =
      llvm::find_if(kChips, [&](const CudaChip &chip) { return chip.name == name; });
  return found == std::end(kChips) ? nullptr : found;
}

std::string mmc::unknownCudaChip(llvm::StringRef name) {
  std::string message = "no chip is named '" + name.str() + "'; chips are ";
  for (const CudaChip &chip : kChips)
    message += (&chip == kChips ? "" : ", ") + chip.name.str();
  return message;
}
