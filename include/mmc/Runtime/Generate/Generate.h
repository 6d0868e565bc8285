// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The loop of generation: a model that is asked token by token, and what stops it.

#ifndef MMC_RUNTIME_GENERATE_GENERATE_H
#define MMC_RUNTIME_GENERATE_GENERATE_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Core/Tensor.h"
#include "mmc/Runtime/Data/Sample.h"
#include "mmc/Runtime/Generate/Sampler.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace mmc {

/// A row of tokens that grows, and what the model expects behind it.
class DecodingModel {
public:
  virtual ~DecodingModel() = default;
  /// Begins with a prompt of at least one token: the logits of the token behind it, f32 [V].
  virtual StatusOr<Tensor> begin(const Sample &prompt) = 0;
  /// Appends a text token: the logits of the one behind it. Not called on a full row.
  virtual StatusOr<Tensor> append(int32_t token) = 0;
  /// Tokens that a row may have, prompt included.
  virtual int64_t capacity() const = 0;
};

struct GenerateOptions {
  int64_t maxNewTokens = 128;
  /// The token that ends the text; it is not among the result. Below 0: none does.
  int32_t eosId = -1;
  /// Tokens from here on are never chosen (a table with more rows than the tokenizer has ids); 0:
  /// none are left out.
  int64_t vocabSize = 0;
};

/// The tokens behind `prompt`: until EOS, maxNewTokens or a full row. `onToken`, when given, is
/// told each as it is chosen; what it fails on ends the loop.
StatusOr<std::vector<int32_t>>
generate(DecodingModel &model, const Sample &prompt, const Sampler &sampler,
         const GenerateOptions &options,
         const std::function<Status(int32_t token)> &onToken = nullptr);

} // namespace mmc

#endif // MMC_RUNTIME_GENERATE_GENERATE_H
