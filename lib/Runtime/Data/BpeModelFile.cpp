// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads the BPE model of a tokenizer.json.

#include "BpeModel.h"

#include "ByteAlphabet.h"
#include "UnicodeText.h"

#include "mmc/Runtime/Data/JsonFile.h"

#include <cstdio>

using namespace mmc;
using nlohmann::json;

/// Ids beyond this would only be a way to ask for memory.
static constexpr int64_t kLargestId = 1 << 24;

static StatusOr<bool> flag(const json &object, const char *key) {
  auto field = object.find(key);
  if (field == object.end() || field->is_null())
    return false;
  if (!field->is_boolean())
    return Status::badInput(std::string("model field '") + key +
                            "' must be true or false, got: " + field->type_name());
  return *field->get_ptr<const bool *>();
}

StatusOr<BpeModel> BpeModel::parse(const json &model, bool byteLevel) {
  if (!model.is_object())
    return Status::badInput("'model' must be an object");
  // Files before tokenizers 0.7 do not name the type.
  MMC_ASSIGN_OR_RETURN(std::string type, stringField(model, "type", "BPE"));
  if (type != "BPE")
    return Status::badInput("the model type '" + type + "' is not known; BPE is");
  BpeModel result;
  MMC_RETURN_IF_ERROR(result.readVocabulary(model, byteLevel));
  MMC_RETURN_IF_ERROR(result.readSettings(model));
  MMC_RETURN_IF_ERROR(result.readMerges(model));
  return result;
}

Status BpeModel::readVocabulary(const json &model, bool byteLevel) {
  auto vocabulary = model.find("vocab");
  if (vocabulary == model.end() || !vocabulary->is_object())
    return Status::badInput("the model must have an object 'vocab'");
  bytes = byteLevel;
  std::string piece;
  for (auto &[token, value] : vocabulary->items()) {
    if (!value.is_number_integer())
      return Status::badInput("the id of token '" + token + "' must be a whole number");
    int64_t id = value.get<int64_t>();
    if (id < 0 || id > kLargestId)
      return Status::badInput("the id of token '" + token + "' must lie in [0, " +
                              std::to_string(kLargestId) + "], got: " + value.dump());
    if (static_cast<size_t>(id) >= tokens.size()) {
      tokens.resize(id + 1);
      present.resize(id + 1);
    }
    if (present[id])
      return Status::badInput("tokens '" + tokens[id] + "' and '" + token +
                              "' have the same id, got: " + std::to_string(id));
    tokens[id] = token;
    present[id] = true;
    written.add(token, id);
    piece.clear();
    // A token outside of the byte alphabet cannot come up in a text.
    if (!byteLevel)
      pieces.add(token, id);
    else if (appendFromByteAlphabet(token, piece))
      pieces.add(piece, id);
  }
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", byte);
    char content = static_cast<char>(byte);
    byteIds[byte] = byteLevel ? static_cast<int32_t>(pieces.find({&content, 1})) : idOf(name);
  }
  return Status::ok();
}

Status BpeModel::readSettings(const json &model) {
  MMC_ASSIGN_OR_RETURN(prefix, stringField(model, "continuing_subword_prefix", ""));
  MMC_ASSIGN_OR_RETURN(suffix, stringField(model, "end_of_word_suffix", ""));
  MMC_ASSIGN_OR_RETURN(unknownName, stringField(model, "unk_token", ""));
  MMC_ASSIGN_OR_RETURN(fuseUnknown, flag(model, "fuse_unk"));
  MMC_ASSIGN_OR_RETURN(byteFallback, flag(model, "byte_fallback"));
  MMC_ASSIGN_OR_RETURN(ignoreMerges, flag(model, "ignore_merges"));
  if (!unknownName.empty())
    unknownToken = idOf(unknownName);
  if (auto dropout = model.find("dropout");
      dropout != model.end() && !dropout->is_null() && *dropout != 0.0)
    return Status::badInput("the model's dropout makes ids random and must be null, got: " +
                            dropout->dump());
  if (bytes && byteFallback)
    return Status::badInput("byte_fallback and a ByteLevel pre-tokenizer do not go together");
  return Status::ok();
}

/// The two halves of a merge, written "a b" or ["a", "b"].
static Status halves(const json &merge, std::string &left, std::string &right) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    left = *merge[0].get_ptr<const std::string *>();
    right = *merge[1].get_ptr<const std::string *>();
    return Status::ok();
  }
  if (merge.is_string()) {
    const std::string &text = *merge.get_ptr<const std::string *>();
    size_t blank = text.find(' ');
    if (blank != std::string::npos && text.find(' ', blank + 1) == std::string::npos) {
      left = text.substr(0, blank);
      right = text.substr(blank + 1);
      return Status::ok();
    }
  }
  return Status::badInput("a merge must be two tokens, \"a b\" or [\"a\", \"b\"], got: " +
                          merge.dump(-1, ' ', false, json::error_handler_t::replace));
}

Status BpeModel::readMerges(const json &model) {
  auto list = model.find("merges");
  if (list == model.end() || !list->is_array())
    return Status::badInput("the model must have a list 'merges'");
  size_t size = 64;
  while (size < 2 * list->size())
    size *= 2;
  merges.assign(size, {0, {-1, 0}});
  cutsAtBlanks =
      !bytes && !ignoreMerges && prefix.empty() && suffix.empty() && idOf("\xe2\x96\x81") >= 0;
  int32_t rank = 0;
  std::string left, right;
  for (const json &merge : *list) {
    MMC_RETURN_IF_ERROR(halves(merge, left, right));
    if (right.compare(0, prefix.size(), prefix) != 0)
      return Status::badInput("the right half of merge '" + left + " " + right +
                              "' must begin with '" + prefix + "'");
    std::string joined = left + right.substr(prefix.size());
    for (const std::string *token : {&left, &right, &joined})
      if (idOf(*token) < 0)
        return Status::badInput("merge '" + left + " " + right + "' needs the token '" + *token +
                                "', which is not in the vocabulary");
    addMerge(idOf(left), idOf(right), {rank++, idOf(joined)});
    for (size_t at = joined.find("\xe2\x96\x81", 1); cutsAtBlanks && at != std::string::npos;
         at = joined.find("\xe2\x96\x81", at + 3))
      cutsAtBlanks = at >= 3 && joined.compare(at - 3, 3, "\xe2\x96\x81") == 0;
  }
  return Status::ok();
}
