// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pre-tokenizers of tokenizer.json.

#include "TextSteps.h"

#include "ByteAlphabet.h"

#include "mmc/Runtime/Data/JsonFile.h"

#include <algorithm>

using namespace mmc;
using nlohmann::json;

/// GPT-2's split rule, which ByteLevel applies by itself.
static const char *const kGpt2Rule =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

StatusOr<PreTokenizer> PreTokenizer::parse(const json &field) {
  PreTokenizer result;
  if (!field.is_null())
    MMC_RETURN_IF_ERROR(result.add(field));
  result.endsInBytes = !result.steps.empty() && result.steps.back().kind == Kind::Bytes;
  return result;
}

Status PreTokenizer::add(const json &field) {
  MMC_ASSIGN_OR_RETURN(std::string type, componentType(field, "pre-tokenizer"));
  if (type == "Sequence") {
    auto list = field.find("pretokenizers");
    if (list == field.end() || !list->is_array())
      return Status::badInput("a Sequence of pre-tokenizers must have a list 'pretokenizers'");
    for (const json &element : *list)
      MMC_RETURN_IF_ERROR(add(element));
    return Status::ok();
  }
  if (type == "Split")
    return addSplit(field);
  if (type == "ByteLevel")
    return addByteLevel(field);
  if (type == "Metaspace")
    return addMetaspace(field);
  Step step{};
  if (type == "Digits") {
    step.kind = Kind::Predicate;
    step.predicate = isNumeric;
    MMC_ASSIGN_OR_RETURN(bool individual, componentFlag(field, "individual_digits", false));
    step.behavior = individual ? Behavior::Isolated : Behavior::Contiguous;
  } else if (type == "Punctuation") {
    step.kind = Kind::Predicate;
    step.predicate = isPunctuation;
    MMC_ASSIGN_OR_RETURN(std::string behavior, stringField(field, "behavior", "Isolated"));
    if (behavior != "Isolated")
      return Status::badInput("the Punctuation pre-tokenizer's behavior must be Isolated, got: '" +
                              behavior + "'");
  } else if (type == "WhitespaceSplit") {
    step.kind = Kind::Predicate;
    step.predicate = isWhiteSpace;
    step.behavior = Behavior::Removed;
  } else if (type == "Whitespace") {
    step.kind = Kind::Split;
    step.behavior = Behavior::Removed;
    step.invert = true;
    MMC_ASSIGN_OR_RETURN(SplitPattern words, SplitPattern::regex("\\w+|[^\\w\\s]+"));
    step.pattern.push_back(std::move(words));
  } else {
    return Status::badInput("the pre-tokenizer '" + type +
                            "' is not known; ByteLevel, Split, Metaspace, Digits, Punctuation, "
                            "Whitespace, WhitespaceSplit and Sequence are");
  }
  steps.push_back(std::move(step));
  return Status::ok();
}

Status PreTokenizer::addSplit(const json &field) {
  Step step{};
  step.kind = Kind::Split;
  MMC_ASSIGN_OR_RETURN(SplitPattern pattern, componentPattern(field));
  step.pattern.push_back(std::move(pattern));
  MMC_ASSIGN_OR_RETURN(step.invert, componentFlag(field, "invert", false));
  MMC_ASSIGN_OR_RETURN(std::string behavior, requiredString(field, "behavior"));
  if (behavior == "Removed")
    step.behavior = Behavior::Removed;
  else if (behavior == "Isolated")
    step.behavior = Behavior::Isolated;
  else if (behavior == "MergedWithPrevious")
    step.behavior = Behavior::MergedWithPrevious;
  else if (behavior == "MergedWithNext")
    step.behavior = Behavior::MergedWithNext;
  else if (behavior == "Contiguous")
    step.behavior = Behavior::Contiguous;
  else
    return Status::badInput("the Split behavior '" + behavior + "' is not known");
  steps.push_back(std::move(step));
  return Status::ok();
}

Status PreTokenizer::addByteLevel(const json &field) {
  MMC_ASSIGN_OR_RETURN(bool rule, componentFlag(field, "use_regex", true));
  Step bytes{};
  bytes.kind = Kind::Bytes;
  MMC_ASSIGN_OR_RETURN(bytes.prefixBlank, componentFlag(field, "add_prefix_space", true));
  if (rule) {
    MMC_ASSIGN_OR_RETURN(SplitPattern pattern, SplitPattern::regex(kGpt2Rule));
    bytes.pattern.push_back(std::move(pattern));
  }
  steps.push_back(std::move(bytes));
  return Status::ok();
}

Status PreTokenizer::addMetaspace(const json &field) {
  Step step{};
  step.kind = Kind::Metaspace;
  MMC_ASSIGN_OR_RETURN(step.replacement, requiredString(field, "replacement"));
  if (step.replacement.empty())
    return Status::badInput("the Metaspace replacement must not be empty");
  MMC_ASSIGN_OR_RETURN(step.split, componentFlag(field, "split", true));
  // Files before tokenizers 0.15 have add_prefix_space instead of prepend_scheme.
  MMC_ASSIGN_OR_RETURN(bool prefix, componentFlag(field, "add_prefix_space", true));
  MMC_ASSIGN_OR_RETURN(std::string scheme,
                       stringField(field, "prepend_scheme", prefix ? "always" : "never"));
  if (scheme == "always")
    step.prepend = Prepend::Always;
  else if (scheme == "first")
    step.prepend = Prepend::First;
  else if (scheme == "never")
    step.prepend = Prepend::Never;
  else
    return Status::badInput("the Metaspace prepend_scheme '" + scheme +
                            "' is not known; always, first and never are");
  if (step.split) {
    MMC_ASSIGN_OR_RETURN(SplitPattern pattern, SplitPattern::literal(step.replacement));
    step.pattern.push_back(std::move(pattern));
    step.behavior = Behavior::MergedWithNext;
  }
  steps.push_back(std::move(step));
  return Status::ok();
}

/// Cuts a piece at matches and the gaps between them, as NormalizedString::split does.
void PreTokenizer::cut(const Piece &piece, const std::vector<TextSpan> &matches, const Step &step,
                       std::vector<Piece> &result) {
  auto emit = [&](size_t begin, size_t end) {
    if (begin < end)
      result.push_back({piece.text.substr(begin, end - begin), piece.first && begin == 0});
  };
  if (step.behavior == Behavior::Isolated) {
    size_t done = 0;
    for (TextSpan match : matches) {
      emit(done, match.begin);
      emit(match.begin, match.end);
      done = match.end;
    }
    emit(done, piece.text.size());
    return;
  }
  std::vector<Marked> spans;
  size_t done = 0;
  for (TextSpan match : matches) {
    if (done != match.begin)
      spans.push_back({{done, match.begin}, step.invert});
    spans.push_back({match, !step.invert});
    done = match.end;
  }
  if (done != piece.text.size())
    spans.push_back({{done, piece.text.size()}, step.invert});
  if (step.behavior == Behavior::Removed) {
    for (const Marked &part : spans)
      if (!part.match)
        emit(part.span.begin, part.span.end);
    return;
  }
  bool backwards = step.behavior == Behavior::MergedWithNext;
  if (backwards)
    std::reverse(spans.begin(), spans.end());
  std::vector<TextSpan> merged;
  bool before = false;
  for (const Marked &part : spans) {
    bool joins =
        step.behavior == Behavior::Contiguous ? part.match == before : part.match && !before;
    if (joins && !merged.empty())
      (backwards ? merged.back().begin : merged.back().end) =
          backwards ? part.span.begin : part.span.end;
    else
      merged.push_back(part.span);
    before = part.match;
  }
  if (backwards)
    std::reverse(merged.begin(), merged.end());
  for (TextSpan span : merged)
    emit(span.begin, span.end);
}

static std::string replaced(std::string_view text, char from, std::string_view to) {
  std::string result;
  for (char c : text)
    if (c == from)
      result += to;
    else
      result += c;
  return result;
}

Status PreTokenizer::apply(const Step &step, std::vector<Piece> &pieces, Arena &arena) const {
  std::vector<Piece> result;
  std::vector<TextSpan> matches;
  result.reserve(pieces.size());
  for (Piece piece : pieces) {
    if (step.kind == Kind::Metaspace) {
      std::string text = replaced(piece.text, ' ', step.replacement);
      bool prepend =
          step.prepend == Prepend::Always || (step.prepend == Prepend::First && piece.first);
      if (prepend && text.compare(0, step.replacement.size(), step.replacement) != 0)
        text.insert(0, step.replacement);
      piece.text = arena.emplace_back(std::move(text));
    } else if (step.kind == Kind::Bytes && step.prefixBlank && piece.text[0] != ' ') {
      piece.text = arena.emplace_back(" " + std::string(piece.text));
    }
    if (step.kind == Kind::Predicate) {
      matches.clear();
      for (size_t i = 0; i < piece.text.size();) {
        size_t begin = i;
        if (step.predicate(nextCharacter(piece.text, i)))
          matches.push_back({begin, i});
      }
      cut(piece, matches, step, result);
    } else if (!step.pattern.empty()) {
      MMC_RETURN_IF_ERROR(step.pattern[0].findAll(piece.text, matches));
      cut(piece, matches, step, result);
    } else {
      result.push_back(piece);
    }
  }
  pieces = std::move(result);
  return Status::ok();
}

Status PreTokenizer::apply(std::vector<Piece> &pieces, Arena &arena) const {
  for (const Step &step : steps) {
    MMC_RETURN_IF_ERROR(apply(step, pieces, arena));
    // The last step's mapping is the model's business; see byteLevel().
    if (step.kind == Kind::Bytes && &step != &steps.back())
      for (Piece &piece : pieces)
        piece.text = arena.emplace_back(toByteAlphabet(piece.text));
  }
  return Status::ok();
}
