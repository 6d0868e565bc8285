// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled models that are decoded from: by whole rows, or with a key/value cache.

#ifndef MMC_RUNTIME_GENERATE_DECODERS_H
#define MMC_RUNTIME_GENERATE_DECODERS_H

#include "mmc/Runtime/Data/Batch.h"
#include "mmc/Runtime/Generate/Generate.h"
#include "mmc/Runtime/Jit/Program.h"
#include "mmc/Runtime/Model/Parameters.h"

#include <cstdint>
#include <memory>

namespace mmc {

struct DecoderRequest {
  /// Model, types, adapter, instruction set; entries and shapes are set by the decoder.
  CompileRequest base;
  ParameterSources sources;
  /// Of one row, as promptLayout() (Prompt.h) says.
  BatchLayout layout;
  PixelLoader pixels;
  /// Tokens of the longest prompt, and of the longest row. Both are rounded up, so that one
  /// compiled program serves many.
  int64_t promptLength = 0, capacity = 0;
  int threads = 1;
};

/// `length` rounded up to the next of …, 64, 80, 96, 112, 128, 160, …: at most a quarter more, at
/// least 16.
int64_t bucketOf(int64_t length);

/// Computes the whole row for every token (entry `logits`). Works for every model with `input_ids`;
/// what the cache is checked against.
StatusOr<std::unique_ptr<DecodingModel>> fullForwardDecoder(const DecoderRequest &request);

/// Computes the prompt once (entry `prefill`) and then one token at a time (entry `decode`); what
/// attention needs of earlier tokens is kept. The same tokens as by whole rows, but for rounding.
/// BadInput, with the compiler's reason, for a model that cannot be decoded so.
StatusOr<std::unique_ptr<DecodingModel>> cachedDecoder(const DecoderRequest &request);

} // namespace mmc

#endif // MMC_RUNTIME_GENERATE_DECODERS_H
