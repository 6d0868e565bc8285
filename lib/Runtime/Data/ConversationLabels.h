// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Token ids and label masks of one conversation.

#ifndef MMC_LIB_RUNTIME_DATA_CONVERSATIONLABELS_H
#define MMC_LIB_RUNTIME_DATA_CONVERSATIONLABELS_H

#include "mmc/Runtime/Data/ConversationTemplate.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <cstdint>
#include <vector>

namespace mmc {

/// How LLaVA writes a picture among token ids.
inline constexpr int32_t kImageId = -200;

/// A conversation as ids, kImageId for each picture, and its labels, kIgnoredLabel where the loss
/// looks away.
struct EncodedConversation {
  std::vector<int32_t> ids, labels;
  /// Tokens before the cut.
  int64_t uncut = 0;
  /// Whether the original's lengths do not add up for it, so that it would have masked all of it.
  bool mended = false;
};

struct ConversationOptions {
  const ConversationTemplate *form = nullptr;
  /// LLaVA's model_max_length: rows without pictures are cut to it before labels are made.
  int64_t maxLength = 2048;
};

/// Ids and labels of `turns` as LLaVA's and Bunny's `preprocess` make them, exactly: each round is
/// tokenised again and its length taken as its place. Where these lengths contradict the whole, the
/// original masks the sample and trains on nothing; here the labels are those of the answers, their
/// end token included, found by their place in the text (and for ChatML by the rule of LLaVA
/// 1.1.3, which counts the end tokens that later versions forget).
///
/// BadInput, in words that go behind "sample '…': ", for what the original's assertions refuse: no
/// turns, roles that do not alternate, and for "plain" anything but two turns with a picture in the
/// first.
StatusOr<EncodedConversation> encodeConversation(std::vector<Turn> turns, bool hasImage,
                                                 const Tokenizer &tokenizer,
                                                 const ConversationOptions &options);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_CONVERSATIONLABELS_H
