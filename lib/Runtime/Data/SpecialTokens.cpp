// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads the JSON files around a tokenizer.

#include "SpecialTokens.h"

#include "TextSteps.h"

#include "mmc/Runtime/Core/Crc32c.h"
#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Data/JsonFile.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

using namespace mmc;
using nlohmann::json;

/// Ids beyond this would only be a way to ask for memory.
static constexpr int64_t kLargestId = 1 << 24;

StatusOr<AddedToken> mmc::parseAddedToken(const json &entry, int64_t id) {
  if (!entry.is_object())
    return Status::badInput(std::string("an added token must be an object, got: ") +
                            entry.type_name());
  AddedToken token;
  if (id < 0 || id > kLargestId)
    return Status::badInput("the id of an added token must lie in [0, " +
                            std::to_string(kLargestId) + "], got: " + std::to_string(id));
  token.id = static_cast<int32_t>(id);
  MMC_ASSIGN_OR_RETURN(token.content, requiredString(entry, "content"));
  MMC_ASSIGN_OR_RETURN(token.singleWord, componentFlag(entry, "single_word", false));
  MMC_ASSIGN_OR_RETURN(token.leftStrip, componentFlag(entry, "lstrip", false));
  MMC_ASSIGN_OR_RETURN(token.rightStrip, componentFlag(entry, "rstrip", false));
  MMC_ASSIGN_OR_RETURN(token.special, componentFlag(entry, "special", false));
  MMC_ASSIGN_OR_RETURN(token.normalized, componentFlag(entry, "normalized", !token.special));
  return token;
}

StatusOr<std::optional<std::string>> SpecialTokens::name(const json &value) {
  if (value.is_null())
    return std::optional<std::string>();
  if (value.is_string())
    return std::optional(*value.get_ptr<const std::string *>());
  if (value.is_object()) {
    MMC_ASSIGN_OR_RETURN(std::string content, requiredString(value, "content"));
    return std::optional(content);
  }
  return Status::badInput(std::string("a special token must be a string or an object, got: ") +
                          value.type_name());
}

/// Names that `object` has, put over those that are known.
static Status readNames(const json &object, SpecialTokens &tokens) {
  for (auto [key, place] :
       {std::pair("bos_token", &tokens.bos), std::pair("eos_token", &tokens.eos),
        std::pair("unk_token", &tokens.unk), std::pair("pad_token", &tokens.pad)})
    if (auto field = object.find(key); field != object.end()) {
      MMC_ASSIGN_OR_RETURN(*place, SpecialTokens::name(*field));
    }
  auto addOther = [&](const json &value) {
    auto other = SpecialTokens::name(value);
    if (!other.isOk())
      return other.status();
    if (*other &&
        std::find(tokens.others.begin(), tokens.others.end(), **other) == tokens.others.end())
      tokens.others.push_back(**other);
    return Status::ok();
  };
  for (const char *key : {"sep_token", "cls_token", "mask_token"})
    if (auto field = object.find(key); field != object.end())
      MMC_RETURN_IF_ERROR(addOther(*field));
  auto list = object.find("additional_special_tokens");
  if (list != object.end() && list->is_array())
    for (const json &element : *list)
      MMC_RETURN_IF_ERROR(addOther(element));
  return Status::ok();
}

static Status readConfig(const json &config, SpecialTokens &tokens) {
  MMC_RETURN_IF_ERROR(readNames(config, tokens));
  MMC_ASSIGN_OR_RETURN(tokens.tokenizerClass, stringField(config, "tokenizer_class", ""));
  MMC_ASSIGN_OR_RETURN(tokens.addBos, componentFlag(config, "add_bos_token", true));
  MMC_ASSIGN_OR_RETURN(tokens.addEos, componentFlag(config, "add_eos_token", false));
  MMC_ASSIGN_OR_RETURN(tokens.legacy, componentFlag(config, "legacy", true));
  auto added = config.find("added_tokens_decoder");
  if (added == config.end())
    return Status::ok();
  if (!added->is_object())
    return Status::badInput("added_tokens_decoder must be an object");
  for (auto &[key, entry] : added->items()) {
    int64_t id = -1;
    auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    if (error != std::errc() || end != key.data() + key.size())
      return Status::badInput("added_tokens_decoder: '" + key + "' is no id");
    MMC_ASSIGN_OR_RETURN(AddedToken token, parseAddedToken(entry, id));
    tokens.added.push_back(std::move(token));
  }
  return Status::ok();
}

/// {"<image>": 32000}, of files before transformers 4.34.
static Status readAddedTokens(const json &map, SpecialTokens &tokens) {
  for (const auto &entry : map.items()) {
    const std::string &content = entry.key();
    const json &id = entry.value();
    if (!id.is_number_integer())
      return Status::badInput("the id of '" + content + "' must be a whole number");
    MMC_ASSIGN_OR_RETURN(AddedToken token,
                         parseAddedToken({{"content", content}}, id.get<int64_t>()));
    auto is = [&](const std::optional<std::string> &name) { return name && *name == content; };
    token.special =
        is(tokens.bos) || is(tokens.eos) || is(tokens.unk) || is(tokens.pad) ||
        std::find(tokens.others.begin(), tokens.others.end(), content) != tokens.others.end();
    token.normalized = !token.special;
    tokens.added.push_back(std::move(token));
  }
  return Status::ok();
}

StatusOr<SpecialTokens> SpecialTokens::read(const std::string &directory) {
  SpecialTokens tokens;
  bool decoder = false;
  auto load = [&](const char *name, auto &&use) -> Status {
    std::string path = (std::filesystem::path(directory) / name).string();
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
      return Status::ok();
    MMC_ASSIGN_OR_RETURN(std::string text, readFile(path));
    tokens.checksum = crc32c(text.data(), text.size(), tokens.checksum);
    json content;
    MMC_RETURN_IF_ERROR(readJsonFile(path, content));
    if (!content.is_object())
      return Status::badInput("'" + path + "' must be an object, got: " + content.type_name());
    return use(content).context("'" + path + "'");
  };
  MMC_RETURN_IF_ERROR(load("tokenizer_config.json", [&](const json &config) {
    tokens.configured = true;
    decoder = config.contains("added_tokens_decoder");
    return readConfig(config, tokens);
  }));
  if (decoder)
    return tokens;
  MMC_RETURN_IF_ERROR(
      load("special_tokens_map.json", [&](const json &map) { return readNames(map, tokens); }));
  MMC_RETURN_IF_ERROR(
      load("added_tokens.json", [&](const json &map) { return readAddedTokens(map, tokens); }));
  return tokens;
}
