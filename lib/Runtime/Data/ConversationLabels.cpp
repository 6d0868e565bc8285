// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LLaVA's and Bunny's label masks, and what replaces them where they fail.

#include "ConversationLabels.h"

#include "mmc/Runtime/Data/Sample.h"

#include <algorithm>
#include <cstdint>

using namespace mmc;

using Style = ConversationTemplate::Style;
using Rules = ConversationTemplate::Rules;

namespace {

using Ids = std::vector<int32_t>;

/// Python's text.split(separator).
std::vector<std::string> split(const std::string &text, std::string_view separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t at = text.find(separator); at != std::string::npos;
       at = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, at - begin));
    begin = at + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

/// labels[begin:end] = ignored, with Python's meaning of ends below zero and beyond the list.
void ignore(Ids &labels, int64_t begin, int64_t end) {
  int64_t size = static_cast<int64_t>(labels.size());
  if (end < 0)
    end = std::max<int64_t>(end + size, 0);
  for (int64_t i = begin; i < std::min(end, size); ++i)
    labels[i] = kIgnoredLabel;
}

class Encoder {
public:
  Encoder(const Tokenizer &tokenizer, const ConversationOptions &options, bool hasImage)
      : tokenizer(tokenizer), form(*options.form), maxLength(options.maxLength),
        hasImage(hasImage) {}

  StatusOr<EncodedConversation> run(std::vector<Turn> turns);

private:
  /// How lengths of rounds are counted.
  struct Count {
    /// Tokens before the first round, and the begin tokens that an instruction's length counts.
    int64_t first, back;
    /// Added to both lengths of every round but the first.
    int64_t later;
    /// Tokens behind a round that tokenising it alone does not give.
    int64_t end;
  };

  StatusOr<EncodedConversation> runPlain(const std::vector<Turn> &turns);
  StatusOr<EncodedConversation> runSingle(const std::vector<Turn> &turns);
  StatusOr<Ids> withImages(const std::string &text) const;
  StatusOr<Ids> tokens(const std::string &text) const {
    return hasImage ? withImages(text) : tokenizer.encodeWithSpecials(text);
  }
  int64_t padId() const;
  bool bunnyCountsEnds() const;
  Count llavaCount() const;
  std::vector<std::string> rounds(const std::string &prompt) const;
  /// Labels by counted lengths; false when the counts contradict the whole.
  StatusOr<bool> maskByCounts(const std::string &prompt, const Count &count, Ids &labels) const;
  Status maskByPlaces(const std::string &prompt, const std::vector<Turn> &turns,
                      EncodedConversation &row) const;

  const Tokenizer &tokenizer;
  const ConversationTemplate &form;
  int64_t maxLength;
  bool hasImage;
};

/// The text between pictures is tokenised piece by piece; of their begin tokens the first stays.
StatusOr<Ids> Encoder::withImages(const std::string &text) const {
  Ids ids;
  bool first = true;
  size_t cut = 0;
  for (const std::string &part : split(text, kImageMark)) {
    MMC_ASSIGN_OR_RETURN(Ids piece, tokenizer.encodeWithSpecials(part));
    if (first) {
      cut =
          !piece.empty() && tokenizer.bosId() != Tokenizer::kNone && piece[0] == tokenizer.bosId();
      ids.assign(piece.begin(), piece.begin() + cut);
    } else {
      ids.push_back(kImageId);
    }
    first = false;
    ids.insert(ids.end(), piece.begin() + std::min(cut, piece.size()), piece.end());
  }
  return ids;
}

/// The padding token that the originals set: LLaVA's is the unknown one, Bunny's only if there is
/// none, and for Llama-3 the end token.
int64_t Encoder::padId() const {
  if (form.rules == Rules::Llava)
    return tokenizer.unkId();
  if (form.name == "llama")
    return tokenizer.idOf(form.separator2);
  return tokenizer.padId() == Tokenizer::kNone ? tokenizer.unkId() : tokenizer.padId();
}

StatusOr<EncodedConversation> Encoder::runPlain(const std::vector<Turn> &turns) {
  if (turns.size() != 2)
    return Status::badInput("the template plain takes two turns, got: " +
                            std::to_string(turns.size()));
  if (turns[0].text.find(kImageMark) == std::string::npos)
    return Status::badInput("the template plain takes a first turn with <image>, got: '" +
                            turns[0].text + "'");
  // The question is dropped.
  EncodedConversation row;
  MMC_ASSIGN_OR_RETURN(row.ids,
                       withImages(std::string(kImageMark) + turns[1].text + form.separator));
  MMC_ASSIGN_OR_RETURN(Ids prompt, withImages(std::string(kImageMark)));
  row.uncut = static_cast<int64_t>(row.ids.size());
  row.labels = row.ids;
  ignore(row.labels, 0, static_cast<int64_t>(prompt.size()));
  return row;
}

/// Every length counts a begin token, so the mask drifts by one per turn; there is no check.
StatusOr<EncodedConversation> Encoder::runSingle(const std::vector<Turn> &turns) {
  std::string header = form.system + "\n\n", text = header;
  std::vector<std::string> said;
  for (const Turn &turn : turns) {
    said.push_back("### " + form.role(turn.role) + ": " + turn.text + "\n");
    text += said.back();
  }
  EncodedConversation row;
  MMC_ASSIGN_OR_RETURN(row.ids, tokens(text + "### "));
  row.uncut = static_cast<int64_t>(row.ids.size());
  if (!hasImage && row.uncut > maxLength)
    row.ids.resize(maxLength);
  auto length = [&](const std::string &part) -> StatusOr<int64_t> {
    MMC_ASSIGN_OR_RETURN(Ids ids, tokens(part));
    if (hasImage)
      return static_cast<int64_t>(ids.size());
    ids.resize(std::min<size_t>(ids.size(), maxLength));
    return static_cast<int64_t>(ids.size() - std::count(ids.begin(), ids.end(), padId()));
  };
  row.labels = row.ids;
  MMC_ASSIGN_OR_RETURN(int64_t at, length(header));
  ignore(row.labels, 0, at);
  for (size_t i = 0; i < turns.size(); ++i) {
    MMC_ASSIGN_OR_RETURN(int64_t count, length(said[i]));
    if (turns[i].role == 0)
      ignore(row.labels, at + 2, at + count);
    at += count;
  }
  return row;
}

bool Encoder::bunnyCountsEnds() const {
  // For Llama-3 Bunny makes the two the same.
  return form.rules != Rules::Llava && padId() != Tokenizer::kNone &&
         (form.name == "llama" || padId() == tokenizer.eosId());
}

Encoder::Count Encoder::llavaCount() const {
  bool legacy = tokenizer.legacy();
  switch (form.style) {
  case Style::Mpt:
    return {0, 1, legacy ? 1 : 0, 0};
  case Style::Two:
    return {1, 2, legacy ? 0 : -1, 0};
  default:
    return {1, 2, 0, 0};
  }
}

std::vector<std::string> Encoder::rounds(const std::string &prompt) const {
  if (form.style != Style::Mpt)
    return split(prompt, form.separator2);
  // The first round is system, question and answer; each later one question and answer.
  std::vector<std::string> pieces = split(prompt, form.separator), result;
  for (size_t i = 0; i < pieces.size();) {
    size_t end = std::min(i + (i == 0 ? 3 : 2), pieces.size());
    std::string joined = pieces[i];
    for (size_t j = i + 1; j < end; ++j)
      joined += form.separator + pieces[j];
    result.push_back(std::move(joined));
    i = end;
  }
  return result;
}

StatusOr<bool> Encoder::maskByCounts(const std::string &prompt, const Count &count,
                                     Ids &labels) const {
  std::string opening = form.style == Style::Mpt      ? form.separator + form.assistant
                        : form.style == Style::Llama2 ? "[/INST] "
                                                      : form.separator + form.assistant + ": ";
  int64_t total =
      static_cast<int64_t>(labels.size()) - std::count(labels.begin(), labels.end(), padId());
  int64_t at = count.first, seen = 0;
  ignore(labels, 0, at);
  for (const std::string &text : rounds(prompt)) {
    if (text.empty())
      break;
    std::vector<std::string> parts = split(text, opening);
    if (parts.size() != 2)
      break;
    int64_t shift = seen > 0 ? count.later : 0;
    MMC_ASSIGN_OR_RETURN(Ids round, tokens(text));
    MMC_ASSIGN_OR_RETURN(Ids instruction, tokens(parts[0] + opening));
    ignore(labels, at, at + static_cast<int64_t>(instruction.size()) - count.back + shift);
    at += static_cast<int64_t>(round.size()) + count.end + shift;
    ++seen;
  }
  ignore(labels, at, static_cast<int64_t>(labels.size()));
  if (bunnyCountsEnds())
    at -= seen;
  return at >= maxLength || at == total;
}

/// Where answers lie in the text, and with it among the tokens: as many tokens as the text up to
/// there has in common with the whole.
Status Encoder::maskByPlaces(const std::string &prompt, const std::vector<Turn> &turns,
                             EncodedConversation &row) const {
  row.labels.assign(row.ids.size(), kIgnoredLabel);
  auto tokensUpTo = [&](size_t end) -> StatusOr<size_t> {
    MMC_ASSIGN_OR_RETURN(Ids ids, tokens(prompt.substr(0, end)));
    size_t limit = std::min(ids.size(), row.ids.size());
    return static_cast<size_t>(
        std::mismatch(ids.begin(), ids.begin() + limit, row.ids.begin()).first - ids.begin());
  };
  std::vector<Turn> shown;
  for (const Turn &turn : turns) {
    shown.push_back({turn.role, ""});
    std::string opened = form.render(shown);
    shown.back().text = turn.text;
    if (turn.role == 0 || turn.text.empty())
      continue;
    MMC_ASSIGN_OR_RETURN(size_t begin, tokensUpTo(opened.size()));
    MMC_ASSIGN_OR_RETURN(size_t end, tokensUpTo(form.render(shown).size()));
    for (size_t i = begin; i < end; ++i)
      if (row.ids[i] != kImageId)
        row.labels[i] = row.ids[i];
  }
  return Status::ok();
}

StatusOr<EncodedConversation> Encoder::run(std::vector<Turn> turns) {
  if (turns.empty())
    return Status::badInput("a conversation must have turns, got: none");
  if (form.style == Style::Plain)
    return runPlain(turns);
  if (form.style == Style::Single)
    return runSingle(turns);
  if (turns[0].role == 1)
    turns.erase(turns.begin());
  for (size_t i = 0; i < turns.size(); ++i)
    if (turns[i].role != static_cast<int>(i % 2))
      return Status::badInput(
          "turns must alternate between human and gpt, got: two in a row from " +
          std::string(i % 2 ? "human" : "gpt"));
  std::string prompt = form.render(turns);
  EncodedConversation row;
  MMC_ASSIGN_OR_RETURN(row.ids, tokens(prompt));
  row.uncut = static_cast<int64_t>(row.ids.size());
  if (!hasImage && row.uncut > maxLength)
    row.ids.resize(maxLength);
  Count count = llavaCount();
  if (form.rules != Rules::Llava) {
    bool bos = form.rules == Rules::BunnyBos;
    if (form.rules == Rules::BunnyAuto) {
      MMC_ASSIGN_OR_RETURN(Ids nothing, tokenizer.encodeWithSpecials(""));
      bos = !nothing.empty();
    }
    count = bos ? Count{1, 2, 0, 0} : Count{0, 1, 0, 1};
  }
  row.labels = row.ids;
  MMC_ASSIGN_OR_RETURN(bool fits, maskByCounts(prompt, count, row.labels));
  if (!fits && form.style == Style::Mpt) {
    MMC_ASSIGN_OR_RETURN(Ids separator, tokens(form.separator));
    row.labels = row.ids;
    row.mended = true;
    MMC_ASSIGN_OR_RETURN(
        fits, maskByCounts(prompt, {0, 0, 0, static_cast<int64_t>(separator.size())}, row.labels));
  }
  if (!fits) {
    row.mended = true;
    MMC_RETURN_IF_ERROR(maskByPlaces(prompt, turns, row));
  }
  return row;
}

} // namespace

StatusOr<EncodedConversation> mmc::encodeConversation(std::vector<Turn> turns, bool hasImage,
                                                      const Tokenizer &tokenizer,
                                                      const ConversationOptions &options) {
  return Encoder(tokenizer, options, hasImage).run(std::move(turns));
}
