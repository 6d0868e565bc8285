// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Normalizers of tokenizer.json, and what all its components share.

#include "TextSteps.h"

#include "mmc/Runtime/Data/JsonFile.h"

using namespace mmc;
using nlohmann::json;

StatusOr<std::string> mmc::componentType(const json &field, const char *what) {
  if (!field.is_object())
    return Status::badInput(std::string("a ") + what +
                            " must be an object, got: " + field.type_name());
  auto type = requiredString(field, "type");
  return type.isOk() ? type : type.status().context(what);
}

StatusOr<SplitPattern> mmc::componentPattern(const json &field) {
  auto pattern = field.find("pattern");
  if (pattern == field.end())
    return Status::badInput("field 'pattern' is missing");
  if (pattern->is_object() && pattern->contains("String")) {
    MMC_ASSIGN_OR_RETURN(std::string text, requiredString(*pattern, "String"));
    return SplitPattern::literal(text);
  }
  if (pattern->is_object() && pattern->contains("Regex")) {
    MMC_ASSIGN_OR_RETURN(std::string text, requiredString(*pattern, "Regex"));
    return SplitPattern::regex(text);
  }
  return Status::badInput("a pattern must be {\"String\": …} or {\"Regex\": …}");
}

StatusOr<bool> mmc::componentFlag(const json &field, const char *key, bool fallback) {
  auto value = field.find(key);
  if (value == field.end() || value->is_null())
    return fallback;
  if (!value->is_boolean())
    return Status::badInput(std::string("field '") + key +
                            "' must be true or false, got: " + value->type_name());
  return *value->get_ptr<const bool *>();
}

StatusOr<Normalizer> Normalizer::parse(const json &field) {
  Normalizer normalizer;
  if (!field.is_null())
    MMC_RETURN_IF_ERROR(normalizer.add(field));
  return normalizer;
}

Status Normalizer::add(const json &field) {
  MMC_ASSIGN_OR_RETURN(std::string type, componentType(field, "normalizer"));
  if (type == "Sequence") {
    auto list = field.find("normalizers");
    if (list == field.end() || !list->is_array())
      return Status::badInput("a Sequence of normalizers must have a list 'normalizers'");
    for (const json &element : *list)
      MMC_RETURN_IF_ERROR(add(element));
    return Status::ok();
  }
  Step step{};
  if (type == "NFC" || type == "NFD" || type == "NFKC" || type == "NFKD") {
    step.kind = Kind::Form;
    step.form = type == "NFC"    ? NormalForm::C
                : type == "NFD"  ? NormalForm::D
                : type == "NFKC" ? NormalForm::KC
                                 : NormalForm::KD;
  } else if (type == "Prepend") {
    step.kind = Kind::Prepend;
    MMC_ASSIGN_OR_RETURN(step.content, requiredString(field, "prepend"));
  } else if (type == "Replace") {
    step.kind = Kind::Replace;
    MMC_ASSIGN_OR_RETURN(step.content, requiredString(field, "content"));
    MMC_ASSIGN_OR_RETURN(SplitPattern pattern, componentPattern(field));
    step.pattern.push_back(std::move(pattern));
  } else if (type == "Lowercase") {
    step.kind = Kind::Lowercase;
  } else if (type == "Strip") {
    step.kind = Kind::Strip;
    MMC_ASSIGN_OR_RETURN(step.left, componentFlag(field, "strip_left", true));
    MMC_ASSIGN_OR_RETURN(step.right, componentFlag(field, "strip_right", true));
  } else if (type == "StripAccents") {
    step.kind = Kind::StripAccents;
  } else {
    return Status::badInput("the normalizer '" + type +
                            "' is not known; NFC, NFD, NFKC, NFKD, Prepend, Replace, Lowercase, "
                            "Strip, StripAccents and Sequence are");
  }
  steps.push_back(std::move(step));
  return Status::ok();
}

static std::string stripped(std::string_view text, bool left, bool right) {
  size_t begin = 0, end = text.size();
  while (left && begin < end) {
    size_t next = begin;
    if (!isWhiteSpace(nextCharacter(text, next)))
      break;
    begin = next;
  }
  while (right && end > begin) {
    size_t before = previousCharacter(text, end), at = before;
    if (!isWhiteSpace(nextCharacter(text, at)))
      break;
    end = before;
  }
  return std::string(text.substr(begin, end - begin));
}

StatusOr<std::string> Normalizer::apply(std::string_view source) const {
  std::string text(source);
  std::vector<TextSpan> matches;
  for (const Step &step : steps) {
    std::string next;
    switch (step.kind) {
    case Kind::Form: {
      MMC_ASSIGN_OR_RETURN(next, normalizeUnicode(text, step.form));
      break;
    }
    case Kind::Prepend:
      next = text.empty() ? text : step.content + text;
      break;
    case Kind::Replace: {
      MMC_RETURN_IF_ERROR(step.pattern[0].findAll(text, matches));
      size_t done = 0;
      for (TextSpan match : matches) {
        next.append(text, done, match.begin - done);
        next += step.content;
        done = match.end;
      }
      next.append(text, done, std::string::npos);
      break;
    }
    case Kind::Lowercase:
      for (size_t i = 0; i < text.size();)
        appendLowercase(next, nextCharacter(text, i));
      break;
    case Kind::Strip:
      next = stripped(text, step.left, step.right);
      break;
    case Kind::StripAccents:
      for (size_t i = 0; i < text.size();) {
        uint32_t character = nextCharacter(text, i);
        if (!isCombiningMark(character))
          appendUtf8(next, character);
      }
      break;
    }
    text = std::move(next);
  }
  return text;
}
