// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Image captions in LLaVA's JSON, by its "plain" template.

#include "mmc/Runtime/Data/CaptionData.h"

#include "mmc/Runtime/Data/JsonFile.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

using namespace mmc;
using nlohmann::json;

namespace fs = std::filesystem;

static const char *const kImageMark = "<image>";

/// An id may be a string or a number; entries without one go by their place.
static std::string idOf(const json &entry, size_t index) {
  auto id = entry.find("id");
  if (id == entry.end() || id->is_null())
    return "#" + std::to_string(index);
  return id->is_string() ? *id->get_ptr<const std::string *>() : id->dump();
}

static Status readTurns(const json &entry, std::vector<std::string> &turns) {
  auto list = entry.find("conversations");
  if (list == entry.end() || !list->is_array())
    return Status::badInput("field 'conversations' must be a list of turns");
  for (const json &turn : *list) {
    if (!turn.is_object())
      return Status::badInput(std::string("a turn must be an object, got: ") + turn.type_name());
    MMC_ASSIGN_OR_RETURN(std::string value, requiredString(turn, "value"));
    turns.push_back(std::move(value));
  }
  return Status::ok();
}

StatusOr<std::unique_ptr<CaptionDataset>> CaptionDataset::load(const std::string &file,
                                                               const Tokenizer &tokenizer,
                                                               const CaptionOptions &options) {
  if (options.seqLen < 1 || options.imageTokens < 1)
    return Status::badUsage("a row and an image have at least one token, got: seq-len " +
                            std::to_string(options.seqLen) + ", image tokens " +
                            std::to_string(options.imageTokens));
  json entries;
  MMC_RETURN_IF_ERROR(readJsonFile(file, entries));
  if (!entries.is_array())
    return Status::badInput("'" + file +
                            "' must be a list of conversations, got: " + entries.type_name());
  std::unique_ptr<CaptionDataset> data(new CaptionDataset(tokenizer, options));
  fs::path root =
      options.imageRoot.empty() ? fs::path(file).parent_path() : fs::path(options.imageRoot);
  for (size_t i = 0; i < entries.size(); ++i) {
    const json &entry = entries[i];
    std::string where = "'" + file + "': entry ";
    if (!entry.is_object())
      return Status::badInput(where + std::to_string(i) +
                              " must be an object, got: " + entry.type_name());
    Item item;
    item.id = idOf(entry, i);
    where += "'" + item.id + "'";
    auto split = stringField(entry, "split", "");
    if (!split.isOk())
      return split.status().context(where);
    if (!options.split.empty() && *split != options.split)
      continue;
    auto image = stringField(entry, "image", "");
    if (!image.isOk())
      return image.status().context(where);
    if (!image->empty()) {
      item.image = (root / *image).string();
      std::error_code error;
      if (options.checkImages && !fs::is_regular_file(item.image, error))
        return Status::badInput(where + ": its image is missing: no such file: '" + item.image +
                                "'");
    }
    if (Status status = readTurns(entry, item.turns); !status.isOk())
      return status.context(where);
    data->items.push_back(std::move(item));
  }
  if (data->items.empty())
    return Status::badInput("'" + file + "' has no entry" +
                            (options.split.empty() ? "" : " of split '" + options.split + "'"));
  return data;
}

StatusOr<Sample> CaptionDataset::sample(int64_t index) const {
  const Item &item = items[index];
  auto refuse = [&](const std::string &why) {
    return Status::badInput("sample '" + item.id + "': the plain template takes " + why);
  };
  if (item.turns.size() != 2)
    return refuse("two turns, got: " + std::to_string(item.turns.size()));
  if (item.image.empty())
    return refuse("an image, got: none");
  if (item.turns[0].find(kImageMark) == std::string::npos)
    return refuse("a first turn with <image>, got: '" + item.turns[0] + "'");
  if (item.turns[1].find(kImageMark) != std::string::npos)
    return refuse("a second turn without <image>, got: '" + item.turns[1] + "'");
  if (tokens.bosId() == Tokenizer::kNone)
    return refuse("a tokenizer with BOS, got: none");
  MMC_ASSIGN_OR_RETURN(std::vector<int32_t> caption, tokens.encode(item.turns[1] + "\n"));

  Sample row;
  row.id = item.id;
  row.images.push_back(item.image);
  row.promptTokens = 1;
  row.uncutTokens = static_cast<int64_t>(caption.size()) + 1;
  row.inputIds.push_back(tokens.bosId());
  row.inputIds.insert(row.inputIds.end(), settings.imageTokens, 0);
  row.labels.assign(row.inputIds.size(), kIgnoredLabel);
  row.inputIds.insert(row.inputIds.end(), caption.begin(), caption.end());
  row.labels.insert(row.labels.end(), caption.begin(), caption.end());
  row.imageSlots.assign(row.inputIds.size(), -1);
  std::iota(row.imageSlots.begin() + 1, row.imageSlots.begin() + 1 + settings.imageTokens, 0);

  size_t length = std::min(row.inputIds.size(), static_cast<size_t>(settings.seqLen));
  row.inputIds.resize(length);
  row.labels.resize(length);
  row.imageSlots.resize(length);
  row.positionIds.resize(length);
  std::iota(row.positionIds.begin(), row.positionIds.end(), 0);
  row.segmentIds.assign(length, 1);
  return row;
}
