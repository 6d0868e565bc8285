// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LLaVA's JSON: conversations about pictures, captions and plain conversations.

#ifndef MMC_RUNTIME_DATA_CONVERSATIONDATA_H
#define MMC_RUNTIME_DATA_CONVERSATIONDATA_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Data/ConversationTemplate.h"
#include "mmc/Runtime/Data/JsonRows.h"
#include "mmc/Runtime/Data/PictureStore.h"
#include "mmc/Runtime/Data/Sample.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <memory>
#include <string>
#include <vector>

namespace mmc {

struct ConversationDataOptions {
  /// A name that findTemplate knows.
  std::string templateName = "plain";
  /// Most tokens of a row. Rows without a picture are cut to it before labels are made, as LLaVA
  /// does; rows with pictures lose their end, image tokens counted.
  int64_t seqLen = 2048;
  /// Rows that an image takes; 0: each counts one and rows with pictures are not cut (what LLaVA's
  /// preprocessing gives before the model is asked).
  int64_t imageTokens = 1;
  /// LLaVA's mm_use_im_start_end: <im_start> and <im_end> around each picture.
  bool imageStartEnd = false;
  /// Where image names start from: a folder or a tar file; empty: the folder of the JSON file.
  std::string imageRoot;
  /// Only entries whose field `split` is this; empty: all.
  std::string split;
  /// Whether a picture's place shows the label that LLaVA's preprocessing gives it (its id, -200,
  /// where an answer or v0's drifting mask has it). For showing only: LLaVA's model masks it later.
  bool showImageLabels = false;
  /// Whether a missing picture refuses its sample (false where only ids are looked at).
  bool checkImages = true;
};

/// `[{"id", "image", "conversations": [{"from": "human"|"gpt", "value"}, …]}, …]`. `image` is a
/// name, a list of names, or absent; with one name every <image> of the conversation is that
/// picture, with a list the marks count through it. As in LLaVA each message's marks move to its
/// front, several of one picture becoming one.
///
/// sample() refuses, by id and with the reason, what the template cannot take: a wrong form of the
/// entry, unknown speakers, roles that do not alternate, as many marks as there are no pictures
/// for.
class ConversationDataset final : public Dataset {
public:
  /// Opens `file`. `tokenizer` must outlive the data set. Fails as JsonRows::open, on an unknown
  /// template, on <im_start> missing from the vocabulary where it is needed, and when no entry is
  /// of the split.
  static StatusOr<std::unique_ptr<ConversationDataset>>
  load(const std::string &file, const Tokenizer &tokenizer, const ConversationDataOptions &options);

  int64_t size() const override;
  std::string id(int64_t index) const override;
  StatusOr<Sample> sample(int64_t index) const override;
  bool mayRefuse() const override { return true; }
  std::string lengthsKey() const override;
  uint32_t idsChecksum() const override;

  const JsonRows &rows() const { return *entries; }

private:
  ConversationDataset(const Tokenizer &tokenizer, ConversationDataOptions options)
      : tokens(tokenizer), settings(std::move(options)) {}
  int64_t entryOf(int64_t index) const { return chosen.empty() ? index : chosen[index]; }
  Status fill(const nlohmann::json &entry, Sample &sample) const;
  Status readImages(const nlohmann::json &entry, std::vector<std::string> &images) const;
  Status expand(const struct EncodedConversation &row, Sample &sample) const;
  Status readTurns(const nlohmann::json &entry, size_t images, bool isList,
                   std::vector<Turn> &turns) const;

  const Tokenizer &tokens;
  ConversationDataOptions settings;
  const ConversationTemplate *form = nullptr;
  std::unique_ptr<JsonRows> entries;
  std::unique_ptr<PictureStore> pictures;
  /// Entries of the split that was asked for; empty: all.
  std::vector<uint32_t> chosen;
};

} // namespace mmc

#endif // MMC_RUNTIME_DATA_CONVERSATIONDATA_H
