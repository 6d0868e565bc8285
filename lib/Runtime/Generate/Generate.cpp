// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Runtime/Generate/Generate.h"

#include <algorithm>

using namespace mmc;

StatusOr<std::vector<int32_t>> mmc::generate(DecodingModel &model, const Sample &prompt,
                                             const Sampler &sampler, const GenerateOptions &options,
                                             const std::function<Status(int32_t token)> &onToken) {
  if (prompt.length() < 1 || prompt.length() > model.capacity())
    return Status::badInput("the prompt must have 1 to " + std::to_string(model.capacity()) +
                            " tokens, got: " + std::to_string(prompt.length()));
  std::vector<int32_t> tokens;
  // The last token that is chosen need not fit: nothing is asked behind it.
  const int64_t most = std::min(options.maxNewTokens, model.capacity() - prompt.length() + 1);
  Tensor logits;
  while (static_cast<int64_t>(tokens.size()) < most) {
    MMC_ASSIGN_OR_RETURN(logits,
                         tokens.empty() ? model.begin(prompt) : model.append(tokens.back()));
    int64_t count = logits.count();
    if (options.vocabSize > 0)
      count = std::min(count, options.vocabSize);
    MMC_ASSIGN_OR_RETURN(int32_t token, sampler.pick(logits.as<float>(), count, tokens.size()));
    if (token == options.eosId)
      break;
    tokens.push_back(token);
    if (onToken)
      MMC_RETURN_IF_ERROR(onToken(token));
  }
  return tokens;
}
