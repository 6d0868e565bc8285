// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Post-processors and decoders of tokenizer.json.

#include "ByteAlphabet.h"
#include "TextSteps.h"
#include "UnicodeText.h"

#include "mmc/Runtime/Data/JsonFile.h"

#include <optional>

using namespace mmc;
using nlohmann::json;

StatusOr<PostProcessor> PostProcessor::parse(const json &field) {
  PostProcessor result;
  if (!field.is_null())
    MMC_RETURN_IF_ERROR(result.add(field));
  return result;
}

/// The id of ["<s>", 1].
static StatusOr<int32_t> pairedId(const json &field, const char *key) {
  auto pair = field.find(key);
  if (pair == field.end() || !pair->is_array() || pair->size() != 2 ||
      !(*pair)[1].is_number_integer())
    return Status::badInput(std::string("field '") + key + "' must be a token and its id");
  return (*pair)[1].get<int32_t>();
}

Status PostProcessor::add(const json &field) {
  MMC_ASSIGN_OR_RETURN(std::string type, componentType(field, "post-processor"));
  if (type == "ByteLevel")
    return Status::ok(); // moves offsets only
  if (type == "TemplateProcessing")
    return addTemplate(field);
  if (type == "BertProcessing" || type == "RobertaProcessing") {
    MMC_ASSIGN_OR_RETURN(int32_t before, pairedId(field, "cls"));
    MMC_ASSIGN_OR_RETURN(int32_t behind, pairedId(field, "sep"));
    around.push_back({{before}, {behind}});
    return Status::ok();
  }
  if (type != "Sequence")
    return Status::badInput("the post-processor '" + type +
                            "' is not known; TemplateProcessing, ByteLevel, BertProcessing, "
                            "RobertaProcessing and Sequence are");
  auto list = field.find("processors");
  if (list == field.end() || !list->is_array())
    return Status::badInput("a Sequence of post-processors must have a list 'processors'");
  for (const json &element : *list)
    MMC_RETURN_IF_ERROR(add(element));
  return Status::ok();
}

Status PostProcessor::addTemplate(const json &field) {
  auto pieces = field.find("single");
  if (pieces == field.end() || !pieces->is_array())
    return Status::badInput("a TemplateProcessing must have a list 'single'");
  std::pair<std::vector<int32_t>, std::vector<int32_t>> ids;
  bool behind = false;
  for (const json &piece : *pieces) {
    if (piece.is_object() && piece.contains("Sequence")) {
      if (behind)
        return Status::badInput("a TemplateProcessing for one text must have it once");
      behind = true;
      continue;
    }
    if (!piece.is_object() || !piece.contains("SpecialToken") || !piece["SpecialToken"].is_object())
      return Status::badInput(
          "the pieces of a TemplateProcessing must be Sequence or SpecialToken");
    MMC_ASSIGN_OR_RETURN(std::string name, requiredString(piece["SpecialToken"], "id"));
    auto tokens = field.find("special_tokens");
    if (tokens == field.end() || !tokens->is_object() || !tokens->contains(name) ||
        !(*tokens)[name].is_object() || !(*tokens)[name].contains("ids") ||
        !(*tokens)[name]["ids"].is_array())
      return Status::badInput("the TemplateProcessing does not say the ids of '" + name + "'");
    for (const json &id : (*tokens)[name]["ids"]) {
      if (!id.is_number_integer())
        return Status::badInput("the ids of '" + name + "' must be whole numbers");
      (behind ? ids.second : ids.first).push_back(id.get<int32_t>());
    }
  }
  if (!behind)
    return Status::badInput("a TemplateProcessing for one text must have it once");
  around.push_back(std::move(ids));
  return Status::ok();
}

std::vector<int32_t> PostProcessor::apply(std::vector<int32_t> ids) const {
  for (const auto &[before, behind] : around) {
    ids.insert(ids.begin(), before.begin(), before.end());
    ids.insert(ids.end(), behind.begin(), behind.end());
  }
  return ids;
}

StatusOr<TokenDecoder> TokenDecoder::parse(const json &field) {
  TokenDecoder result;
  result.joined = field.is_null();
  if (!field.is_null())
    MMC_RETURN_IF_ERROR(result.add(field));
  return result;
}

static StatusOr<int64_t> count(const json &field, const char *key) {
  auto value = field.find(key);
  if (value == field.end() || !value->is_number_integer() || value->get<int64_t>() < 0)
    return Status::badInput(std::string("field '") + key + "' must be a whole number");
  return value->get<int64_t>();
}

Status TokenDecoder::add(const json &field) {
  MMC_ASSIGN_OR_RETURN(std::string type, componentType(field, "decoder"));
  if (type == "Sequence") {
    auto list = field.find("decoders");
    if (list == field.end() || !list->is_array())
      return Status::badInput("a Sequence of decoders must have a list 'decoders'");
    for (const json &element : *list)
      MMC_RETURN_IF_ERROR(add(element));
    return Status::ok();
  }
  Step step{};
  if (type == "ByteLevel") {
    step.kind = Kind::ByteLevel;
  } else if (type == "ByteFallback") {
    step.kind = Kind::ByteFallback;
  } else if (type == "Fuse") {
    step.kind = Kind::Fuse;
  } else if (type == "Replace") {
    step.kind = Kind::Replace;
    MMC_ASSIGN_OR_RETURN(step.content, requiredString(field, "content"));
    MMC_ASSIGN_OR_RETURN(SplitPattern pattern, componentPattern(field));
    step.pattern.push_back(std::move(pattern));
  } else if (type == "Strip") {
    step.kind = Kind::Strip;
    MMC_ASSIGN_OR_RETURN(step.content, requiredString(field, "content"));
    MMC_ASSIGN_OR_RETURN(step.start, count(field, "start"));
    MMC_ASSIGN_OR_RETURN(step.stop, count(field, "stop"));
    if (step.content.empty() || characterBytes(step.content[0]) != step.content.size())
      return Status::badInput("the Strip decoder's content must be one character, got: '" +
                              step.content + "'");
  } else if (type == "Metaspace") {
    step.kind = Kind::Metaspace;
    MMC_ASSIGN_OR_RETURN(step.content, requiredString(field, "replacement"));
    MMC_ASSIGN_OR_RETURN(bool prefix, componentFlag(field, "add_prefix_space", true));
    MMC_ASSIGN_OR_RETURN(std::string scheme,
                         stringField(field, "prepend_scheme", prefix ? "always" : "never"));
    step.dropFirst = scheme != "never";
    if (step.content.empty())
      return Status::badInput("the Metaspace replacement must not be empty");
  } else {
    return Status::badInput("the decoder '" + type +
                            "' is not known; ByteLevel, Replace, ByteFallback, Fuse, Strip, "
                            "Metaspace and Sequence are");
  }
  steps.push_back(std::move(step));
  return Status::ok();
}

static std::string joinedTokens(const std::vector<std::string> &tokens, const char *between) {
  std::string text;
  for (size_t i = 0; i < tokens.size(); ++i)
    (text += i ? between : "") += tokens[i];
  return text;
}

/// The byte of "<0x41>".
static std::optional<char> byteOf(const std::string &token) {
  if (token.size() != 6 || token.compare(0, 3, "<0x") != 0 || token[5] != '>')
    return std::nullopt;
  int value = 0;
  for (char digit : {token[3], token[4]}) {
    int number = digit >= '0' && digit <= '9'   ? digit - '0'
                 : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                 : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                                                : -1;
    if (number < 0)
      return std::nullopt;
    value = value * 16 + number;
  }
  return static_cast<char>(value);
}

static std::vector<std::string> bytesToText(const std::vector<std::string> &tokens) {
  std::vector<std::string> result;
  std::string run;
  auto flush = [&] {
    if (run.empty())
      return;
    if (isValidUtf8(run))
      result.push_back(run);
    else
      result.insert(result.end(), run.size(), "\xef\xbf\xbd");
    run.clear();
  };
  for (const std::string &token : tokens) {
    if (std::optional<char> byte = byteOf(token)) {
      run += *byte;
      continue;
    }
    flush();
    result.push_back(token);
  }
  flush();
  return result;
}

static std::string strippedToken(std::string token, const std::string &content, int64_t start,
                                 int64_t stop) {
  for (; start > 0 && token.compare(0, content.size(), content) == 0; --start)
    token.erase(0, content.size());
  for (; stop > 0 && token.size() >= content.size() &&
         token.compare(token.size() - content.size(), content.size(), content) == 0;
       --stop)
    token.resize(token.size() - content.size());
  return token;
}

Status TokenDecoder::apply(const Step &step, std::vector<std::string> &tokens) {
  switch (step.kind) {
  case Kind::ByteLevel: {
    std::string bytes;
    for (const std::string &token : tokens)
      if (!appendFromByteAlphabet(token, bytes))
        bytes += token;
    tokens = {toValidUtf8(bytes)};
    break;
  }
  case Kind::Replace: {
    std::vector<TextSpan> matches;
    for (std::string &token : tokens) {
      MMC_RETURN_IF_ERROR(step.pattern[0].findAll(token, matches));
      std::string replaced;
      size_t done = 0;
      for (const TextSpan &match : matches) {
        replaced.append(token, done, match.begin - done).append(step.content);
        done = match.end;
      }
      token = replaced.append(token, done);
    }
    break;
  }
  case Kind::ByteFallback:
    tokens = bytesToText(tokens);
    break;
  case Kind::Fuse:
    tokens = {joinedTokens(tokens, "")};
    break;
  case Kind::Strip:
    for (std::string &token : tokens)
      token = strippedToken(std::move(token), step.content, step.start, step.stop);
    break;
  case Kind::Metaspace:
    for (size_t i = 0; i < tokens.size(); ++i)
      tokens[i] = replaceAll(tokens[i], step.content, i == 0 && step.dropFirst ? "" : " ");
    break;
  }
  return Status::ok();
}

StatusOr<std::string> TokenDecoder::apply(std::vector<std::string> tokens) const {
  if (joined)
    return joinedTokens(tokens, " ");
  for (const Step &step : steps)
    MMC_RETURN_IF_ERROR(apply(step, tokens));
  return joinedTokens(tokens, "");
}
