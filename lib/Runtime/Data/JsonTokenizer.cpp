// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tokenizer.json: added tokens, normalizer, pre-tokenizer, model, post-processor and decoder.

#include "JsonTokenizer.h"

#include "AddedTokens.h"
#include "BpeModel.h"
#include "SpecialTokens.h"
#include "TextSteps.h"

#include "mmc/Runtime/Core/Crc32c.h"
#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Data/JsonFile.h"

#include <filesystem>
#include <unordered_map>

using namespace mmc;
using nlohmann::json;

namespace {

class JsonTokenizer final : public Tokenizer {
public:
  static StatusOr<std::unique_ptr<Tokenizer>> create(const json &file, const SpecialTokens &names,
                                                     uint32_t checksum);

  StatusOr<std::vector<int32_t>> encode(std::string_view text) const override;
  StatusOr<std::vector<int32_t>> encodeWithSpecials(std::string_view text) const override {
    MMC_ASSIGN_OR_RETURN(std::vector<int32_t> ids, encode(text));
    return postProcessor.apply(std::move(ids));
  }
  StatusOr<std::string> decode(const std::vector<int32_t> &ids, bool skipSpecials) const override;

  int32_t bosId() const override { return bos; }
  int32_t eosId() const override { return eos; }
  int32_t unkId() const override { return unk; }
  int32_t padId() const override { return pad; }
  int64_t vocabSize() const override { return size; }
  int32_t idOf(const std::string &token) const override {
    if (auto found = addedByName.find(token); found != addedByName.end())
      return added[found->second].id;
    return model.idOf(token);
  }
  bool legacy() const override { return legacyFlag; }

private:
  JsonTokenizer(BpeModel model) : model(std::move(model)) {}
  Status readAdded(const json &file);
  /// The ids of what lies between added tokens. `first`: it begins the text.
  Status encodePart(std::string_view text, bool first, std::vector<int32_t> &ids) const;
  Status encodePieces(std::string_view text, bool first, std::vector<int32_t> &ids) const;

  Normalizer normalizer;
  PreTokenizer preTokenizer;
  BpeModel model;
  PostProcessor postProcessor;
  TokenDecoder decoder;
  std::vector<AddedToken> added;
  std::unordered_map<std::string, size_t> addedByName;
  std::unordered_map<int32_t, size_t> addedById;
  /// Tokens looked for in the raw text and in the normalised one.
  WordFinder rawTokens, normalizedTokens;
  int32_t bos = kNone, eos = kNone, unk = kNone, pad = kNone;
  int64_t size = 0;
  bool legacyFlag = false;
};

} // namespace

static json fieldOf(const json &file, const char *key) {
  auto field = file.find(key);
  return field == file.end() ? json() : *field;
}

StatusOr<std::unique_ptr<Tokenizer>>
JsonTokenizer::create(const json &file, const SpecialTokens &names, uint32_t checksum) {
  if (!file.is_object() || !file.contains("model"))
    return Status::badInput("it must be an object with a 'model'");
  MMC_ASSIGN_OR_RETURN(PreTokenizer pre, PreTokenizer::parse(fieldOf(file, "pre_tokenizer")));
  MMC_ASSIGN_OR_RETURN(BpeModel bpe, BpeModel::parse(file["model"], pre.byteLevel()));
  std::unique_ptr<JsonTokenizer> result(new JsonTokenizer(std::move(bpe)));
  result->preTokenizer = std::move(pre);
  MMC_ASSIGN_OR_RETURN(result->normalizer, Normalizer::parse(fieldOf(file, "normalizer")));
  MMC_ASSIGN_OR_RETURN(result->postProcessor,
                       PostProcessor::parse(fieldOf(file, "post_processor")));
  MMC_ASSIGN_OR_RETURN(result->decoder, TokenDecoder::parse(fieldOf(file, "decoder")));
  MMC_RETURN_IF_ERROR(result->readAdded(file));
  auto id = [&](const std::optional<std::string> &name) {
    return name ? result->idOf(*name) : kNone;
  };
  result->bos = id(names.bos);
  result->eos = id(names.eos);
  result->unk = names.unk ? id(names.unk) : result->model.unknownId();
  result->pad = id(names.pad);
  result->legacyFlag =
      names.configured && names.legacy && names.tokenizerClass.rfind("LlamaTokenizer", 0) == 0;
  result->filesChecksum = checksum;
  return std::unique_ptr<Tokenizer>(std::move(result));
}

Status JsonTokenizer::readAdded(const json &file) {
  size = model.size();
  json list = fieldOf(file, "added_tokens");
  if (list.is_null())
    return Status::ok();
  if (!list.is_array())
    return Status::badInput("'added_tokens' must be a list");
  for (const json &entry : list) {
    if (!entry.is_object() || !entry.contains("id") || !entry["id"].is_number_integer())
      return Status::badInput("each of 'added_tokens' must have an 'id'");
    MMC_ASSIGN_OR_RETURN(AddedToken token, parseAddedToken(entry, entry["id"].get<int64_t>()));
    if (token.content.empty() || addedByName.count(token.content))
      continue;
    // The vocabulary knows better which id a token has that it holds.
    if (int32_t known = model.idOf(token.content); known >= 0)
      token.id = known;
    size = std::max<int64_t>(size, token.id + int64_t(1));
    int32_t index = static_cast<int32_t>(added.size());
    if (token.normalized) {
      MMC_ASSIGN_OR_RETURN(std::string content, normalizer.apply(token.content));
      normalizedTokens.add(content, index);
    } else {
      rawTokens.add(token.content, index);
    }
    addedByName.emplace(token.content, added.size());
    addedById.emplace(token.id, added.size());
    added.push_back(std::move(token));
  }
  return Status::ok();
}

StatusOr<std::vector<int32_t>> JsonTokenizer::encode(std::string_view source) const {
  std::string repaired;
  std::string_view text = source;
  if (!isValidUtf8(source))
    text = repaired = toValidUtf8(source);
  std::vector<int32_t> ids;
  ids.reserve(text.size() / 3 + 4);
  for (const TextPart &part : splitAtTokens(text, rawTokens, added)) {
    if (part.id >= 0)
      ids.push_back(part.id);
    else
      MMC_RETURN_IF_ERROR(
          encodePart(text.substr(part.begin, part.end - part.begin), part.begin == 0, ids));
  }
  return ids;
}

Status JsonTokenizer::encodePart(std::string_view source, bool first,
                                 std::vector<int32_t> &ids) const {
  std::string normalized;
  std::string_view text = source;
  if (!normalizer.empty()) {
    MMC_ASSIGN_OR_RETURN(normalized, normalizer.apply(source));
    text = normalized;
  }
  if (normalizedTokens.empty())
    return encodePieces(text, first, ids);
  for (const TextPart &part : splitAtTokens(text, normalizedTokens, added)) {
    if (part.id >= 0)
      ids.push_back(part.id);
    else
      MMC_RETURN_IF_ERROR(encodePieces(text.substr(part.begin, part.end - part.begin),
                                       first && part.begin == 0, ids));
  }
  return Status::ok();
}

Status JsonTokenizer::encodePieces(std::string_view text, bool first,
                                   std::vector<int32_t> &ids) const {
  if (text.empty())
    return Status::ok();
  std::vector<Piece> pieces = {{text, first}};
  PreTokenizer::Arena arena;
  MMC_RETURN_IF_ERROR(preTokenizer.apply(pieces, arena));
  return model.encode(pieces, ids);
}

StatusOr<std::string> JsonTokenizer::decode(const std::vector<int32_t> &ids,
                                            bool skipSpecials) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (int32_t id : ids) {
    if (auto found = addedById.find(id); found != addedById.end()) {
      const AddedToken &token = added[found->second];
      if (!skipSpecials || !token.special)
        tokens.push_back(token.content);
    } else if (const std::string *token = model.token(id)) {
      tokens.push_back(*token);
    } else {
      return Status::badInput("tokenizer: ids must be tokens, and lie in [0, " +
                              std::to_string(size) + "), got: " + std::to_string(id));
    }
  }
  return decoder.apply(std::move(tokens));
}

StatusOr<std::unique_ptr<Tokenizer>> mmc::loadTokenizerJson(const std::string &file) {
  json content;
  MMC_RETURN_IF_ERROR(readJsonFile(file, content));
  MMC_ASSIGN_OR_RETURN(std::string bytes, readFile(file));
  std::string directory = parentDirectory(file);
  MMC_ASSIGN_OR_RETURN(SpecialTokens names, SpecialTokens::read(directory));
  auto result =
      JsonTokenizer::create(content, names, crc32c(bytes.data(), bytes.size(), names.checksum));
  return result.isOk() ? std::move(result) : result.status().context("tokenizer: '" + file + "'");
}
