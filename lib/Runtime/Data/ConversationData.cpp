// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Entries of LLaVA's JSON as samples.

#include "mmc/Runtime/Data/ConversationData.h"

#include "ConversationLabels.h"
#include "UnicodeText.h"

#include "mmc/Runtime/Core/Crc32c.h"
#include "mmc/Runtime/Data/JsonFile.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

using namespace mmc;
using nlohmann::json;

namespace fs = std::filesystem;

StatusOr<std::unique_ptr<ConversationDataset>>
ConversationDataset::load(const std::string &file, const Tokenizer &tokenizer,
                          const ConversationDataOptions &options) {
  if (options.seqLen < 1 || options.imageTokens < 0)
    return Status::badUsage(
        "a row has at least one token and an image at least none, got: seq-len " +
        std::to_string(options.seqLen) + ", image tokens " + std::to_string(options.imageTokens));
  std::unique_ptr<ConversationDataset> data(new ConversationDataset(tokenizer, options));
  MMC_ASSIGN_OR_RETURN(data->form, findTemplate(options.templateName));
  for (const char *token : {"<im_start>", "<im_end>"})
    if (options.imageStartEnd && tokenizer.idOf(token) == Tokenizer::kNone)
      return Status::badInput(std::string("pictures between <im_start> and <im_end> need both in "
                                          "the tokenizer, got: no ") +
                              token);
  MMC_ASSIGN_OR_RETURN(data->entries, JsonRows::open(file));
  data->pictures = std::make_unique<PictureStore>();
  if (data->settings.imageRoot.empty())
    data->settings.imageRoot = fs::path(file).parent_path().string();
  if (!options.split.empty()) {
    for (int64_t i = 0; i < data->entries->size(); ++i)
      if (data->entries->split(i) == options.split)
        data->chosen.push_back(static_cast<uint32_t>(i));
    if (data->chosen.empty())
      return Status::badInput("'" + file + "' has no entry of split '" + options.split + "'");
  }
  if (data->entries->size() == 0)
    return Status::badInput("'" + file + "' has no entry");
  return data;
}

int64_t ConversationDataset::size() const {
  return settings.split.empty() ? entries->size() : static_cast<int64_t>(chosen.size());
}

std::string ConversationDataset::id(int64_t index) const {
  auto entry = entries->row(entryOf(index));
  return entry.isOk() ? JsonRows::idOf(*entry, entryOf(index))
                      : "#" + std::to_string(entryOf(index));
}

uint32_t ConversationDataset::idsChecksum() const {
  return chosen.empty() ? entries->idsChecksum() : Dataset::idsChecksum();
}

std::string ConversationDataset::lengthsKey() const {
  std::error_code error;
  return fs::absolute(entries->path(), error).string() + "|" + entries->stamp() + "|tokenizer " +
         std::to_string(tokens.checksum()) + "|template " + form->name + "|seq-len " +
         std::to_string(settings.seqLen) + "|image tokens " + std::to_string(settings.imageTokens) +
         (settings.imageStartEnd ? "|start-end" : "") + "|split " + settings.split +
         (settings.checkImages ? "|images " + settings.imageRoot : "");
}

Status ConversationDataset::readImages(const json &entry, std::vector<std::string> &images) const {
  auto field = entry.find("image");
  if (field == entry.end() || field->is_null())
    return Status::ok();
  auto add = [&](const json &name) -> Status {
    if (!name.is_string())
      return Status::badInput(
          std::string("field 'image' must be a string or a list of them, got: ") +
          name.type_name());
    const std::string &text = *name.get_ptr<const std::string *>();
    if (text.empty())
      return Status::badInput("field 'image' must not be empty");
    images.push_back((fs::path(settings.imageRoot) / text).string());
    if (!settings.checkImages)
      return Status::ok();
    MMC_ASSIGN_OR_RETURN(bool exists, pictures->exists(images.back()));
    return exists ? Status::ok()
                  : Status::badInput("its image is missing: no such file: '" + images.back() + "'");
  };
  if (!field->is_array())
    return add(*field);
  for (const json &name : *field)
    MMC_RETURN_IF_ERROR(add(name));
  return Status::ok();
}

static size_t countMarks(const std::string &text) {
  size_t count = 0;
  for (size_t at = text.find(kImageMark); at != std::string::npos;
       at = text.find(kImageMark, at + kImageMark.size()))
    ++count;
  return count;
}

Status ConversationDataset::readTurns(const json &entry, size_t images, bool isList,
                                      std::vector<Turn> &turns) const {
  auto list = entry.find("conversations");
  if (list == entry.end() || !list->is_array())
    return Status::badInput("field 'conversations' must be a list of turns");
  for (const json &element : *list) {
    if (!element.is_object())
      return Status::badInput(std::string("a turn must be an object, got: ") + element.type_name());
    MMC_ASSIGN_OR_RETURN(std::string from, requiredString(element, "from"));
    if (from != "human" && from != "gpt")
      return Status::badInput("a turn must be from 'human' or 'gpt', got: '" + from + "'");
    Turn turn{from == "human" ? 0 : 1, ""};
    MMC_ASSIGN_OR_RETURN(turn.text, requiredString(element, "value"));
    size_t marks = images > 0 ? countMarks(turn.text) : 0;
    if (marks > 0) {
      std::string mark(kImageMark), front;
      for (size_t i = 0; i < (isList ? marks : 1); ++i)
        front += mark + "\n";
      turn.text = replaceAll(turn.text, kImageMark, "");
      front += pythonStrip(turn.text);
      turn.text = std::string(pythonStrip(front));
      if (form->imageTags)
        turn.text = replaceAll(turn.text, kImageMark, "<Image>" + mark + "</Image>");
      if (settings.imageStartEnd)
        turn.text = replaceAll(turn.text, kImageMark, "<im_start>" + mark + "<im_end>");
    }
    turns.push_back(std::move(turn));
  }
  return Status::ok();
}

/// Pictures take their tokens' places.
Status ConversationDataset::expand(const EncodedConversation &row, Sample &sample) const {
  int64_t count = 0;
  const int64_t images = static_cast<int64_t>(sample.images.size());
  const int64_t perImage = std::max<int64_t>(settings.imageTokens, 1);
  for (size_t i = 0; i < row.ids.size(); ++i) {
    if (row.ids[i] != kImageId) {
      sample.inputIds.push_back(row.ids[i]);
      sample.labels.push_back(row.labels[i]);
      sample.imageSlots.push_back(-1);
      continue;
    }
    int64_t image = images == 1 ? 0 : count;
    if (image >= images)
      return Status::badInput("each <image> needs a picture, got: more than " +
                              std::to_string(images));
    ++count;
    for (int64_t token = 0; token < perImage; ++token) {
      sample.inputIds.push_back(0);
      sample.labels.push_back(settings.showImageLabels ? row.labels[i] : kIgnoredLabel);
      sample.imageSlots.push_back(static_cast<int32_t>(image * perImage + token));
    }
  }
  if (images > 1 && count != images)
    return Status::badInput(
        "each picture of a list needs an <image>, got: " + std::to_string(images) + " pictures, " +
        std::to_string(count) + " marks");
  if (count == 0)
    sample.images.clear(); // a picture that nothing mentions is not read
  return Status::ok();
}

Status ConversationDataset::fill(const json &entry, Sample &sample) const {
  MMC_RETURN_IF_ERROR(readImages(entry, sample.images));
  std::vector<Turn> turns;
  bool isList = !sample.images.empty() && entry["image"].is_array();
  MMC_RETURN_IF_ERROR(readTurns(entry, sample.images.size(), isList, turns));
  if (form->style == ConversationTemplate::Style::Plain && sample.images.empty())
    return Status::badInput("the template plain takes a picture, got: none");
  MMC_ASSIGN_OR_RETURN(EncodedConversation row,
                       encodeConversation(std::move(turns), !sample.images.empty(), tokens,
                                          {form, settings.seqLen}));
  sample.uncutTokens = row.uncut - std::count(row.ids.begin(), row.ids.end(), kImageId);
  sample.mended = row.mended;
  bool hasImage = !sample.images.empty();
  MMC_RETURN_IF_ERROR(expand(row, sample));
  size_t length = sample.inputIds.size();
  if (!hasImage || settings.imageTokens > 0)
    length = std::min<size_t>(length, settings.seqLen);
  sample.inputIds.resize(length);
  sample.labels.resize(length);
  sample.imageSlots.resize(length);
  sample.positionIds.resize(length);
  std::iota(sample.positionIds.begin(), sample.positionIds.end(), 0);
  sample.segmentIds.assign(length, 1);
  auto firstLabel = std::find_if(sample.labels.begin(), sample.labels.end(),
                                 [](int32_t label) { return label != kIgnoredLabel; });
  sample.promptTokens = firstLabel - sample.labels.begin();
  return Status::ok();
}

StatusOr<Sample> ConversationDataset::sample(int64_t index) const {
  MMC_ASSIGN_OR_RETURN(json entry, entries->row(entryOf(index)));
  Sample result;
  result.id = JsonRows::idOf(entry, entryOf(index));
  Status status = fill(entry, result);
  return status.isOk() ? StatusOr<Sample>(std::move(result))
                       : status.context("sample '" + result.id + "'");
}
