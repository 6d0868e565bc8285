// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LaVIN: a language model that sees class tokens of a CLIP tower behind a modality token.

#ifndef MMC_TOOLS_MMC_IMPORT_LAVIN_H
#define MMC_TOOLS_MMC_IMPORT_LAVIN_H

#include "ClipVision.h"
#include "Llama.h"

namespace mmc::import {

struct Lavin {
  Llama llm;
  ClipVision vision;
  /// The class token of every `every`-th block is an image token.
  int64_t every = 4;
  /// Hidden width of the neck where the adapter file does not say otherwise.
  int64_t neckWidth = 128;

  /// Image tokens per picture.
  int64_t imageTokens() const { return vision.layers / every; }
};

/// The whole file. BadInput where the tower has fewer than `every` blocks.
Status writeLavin(ModelWriter &writer, const Lavin &lavin);

} // namespace mmc::import

#endif // MMC_TOOLS_MMC_IMPORT_LAVIN_H
