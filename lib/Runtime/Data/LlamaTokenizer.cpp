// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// transformers' LlamaTokenizer 4.37, the "slow" one: sentencepiece between added tokens.

#include "SentencePieceEncoder.h"
#include "SentencePieceTokenizer.h"
#include "UnicodeText.h"

#include "mmc/Runtime/Core/Crc32c.h"
#include "mmc/Runtime/Core/File.h"

#include <algorithm>
#include <set>
#include <unordered_map>

using namespace mmc;

static constexpr std::string_view kBlank = "\xe2\x96\x81";

namespace {

class LlamaTokenizer final : public Tokenizer {
public:
  explicit LlamaTokenizer(SpecialTokens tokens) : settings(std::move(tokens)) {}
  Status open(const std::string &file);

  StatusOr<std::vector<int32_t>> encode(std::string_view text) const override;
  StatusOr<std::vector<int32_t>> encodeWithSpecials(std::string_view text) const override;
  StatusOr<std::string> decode(const std::vector<int32_t> &ids, bool skipSpecials) const override;

  int32_t bosId() const override { return idOfName(settings.bos); }
  int32_t eosId() const override { return idOfName(settings.eos); }
  int32_t unkId() const override { return idOfName(settings.unk); }
  int32_t padId() const override { return idOfName(settings.pad); }
  int64_t vocabSize() const override { return size; }
  int32_t idOf(const std::string &token) const override {
    if (auto found = addedByName.find(token); found != addedByName.end())
      return added[found->second].id;
    int32_t id = processor.PieceToId(token);
    return processor.IsUnknown(id) && token != processor.IdToPiece(id) ? kNone : id;
  }
  bool legacy() const override { return settings.legacy; }

private:
  int32_t idOfName(const std::optional<std::string> &name) const {
    return name ? idOf(*name) : kNone;
  }
  void add(AddedToken token);
  void addSpecials();
  /// The text cut at added tokens, after what their flags do to their neighbours.
  std::vector<std::string> split(std::string_view text) const;
  /// The ids of a part without added tokens.
  Status encodePart(const std::string &text, std::vector<int32_t> &ids) const;
  StatusOr<std::string> joinTokens(std::vector<std::string> tokens) const;

  SpecialTokens settings;
  SentencePieceEncoder encoder;
  const sentencepiece::SentencePieceProcessor &processor = encoder.library();
  std::vector<AddedToken> added;
  std::unordered_map<std::string, size_t> addedByName;
  std::unordered_map<int32_t, size_t> addedById;
  WordFinder finder;
  /// Names and ids of bos, eos, unk, pad, … and the additional special tokens.
  std::set<std::string> specialNames;
  std::set<int32_t> specialIds;
  std::set<std::string> additionalNames;
  /// Pieces that "<unk>" by itself is cut into.
  size_t unknownPieces = 0;
  int64_t size = 0;
};

} // namespace

static bool isIn(const std::set<std::string> &names, const std::string &name) {
  return names.count(name) > 0;
}

void LlamaTokenizer::add(AddedToken token) {
  if (token.content.empty() || addedByName.count(token.content))
    return;
  size = std::max<int64_t>(size, token.id + int64_t(1));
  finder.add(token.content, static_cast<int32_t>(added.size()));
  addedByName.emplace(token.content, added.size());
  addedById[token.id] = added.size();
  added.push_back(std::move(token));
}

/// Special tokens are added tokens too; one that the vocabulary lacks gets the next id.
void LlamaTokenizer::addSpecials() {
  auto use = [&](const std::string &name) {
    specialNames.insert(name);
    if (addedByName.count(name))
      return;
    AddedToken token;
    token.content = name;
    token.special = true;
    token.id = idOf(name);
    if (token.id == kNone)
      token.id = static_cast<int32_t>(size);
    add(std::move(token));
  };
  for (const auto *name : {&settings.bos, &settings.eos, &settings.unk, &settings.pad})
    if (*name)
      use(**name);
  for (const std::string &name : settings.others) {
    use(name);
    additionalNames.insert(name);
  }
  for (const std::string &name : specialNames)
    specialIds.insert(idOf(name));
}

Status LlamaTokenizer::open(const std::string &file) {
  MMC_ASSIGN_OR_RETURN(std::string model, readFile(file));
  filesChecksum = crc32c(model.data(), model.size(), settings.checksum);
  // Without "legacy" transformers sets normalizer_spec.add_dummy_prefix to false.
  if (!settings.legacy)
    model = withoutDummyPrefix(std::move(model));
  if (Status status = encoder.open(model); !status.isOk())
    return Status::badInput("tokenizer: '" + file +
                            "' is no sentencepiece model: " + status.message());
  size = processor.GetPieceSize();
  // The class's own defaults.
  if (!settings.bos)
    settings.bos = "<s>";
  if (!settings.eos)
    settings.eos = "</s>";
  if (!settings.unk)
    settings.unk = "<unk>";
  for (const AddedToken &token : settings.added)
    add(token);
  addSpecials();
  auto unknown = encoder.encode(*settings.unk);
  if (!unknown.isOk())
    return unknown.status().context("tokenizer: '" + file + "'");
  unknownPieces = unknown->size();
  return Status::ok();
}

Status LlamaTokenizer::encodePart(const std::string &text, std::vector<int32_t> &ids) const {
  bool blank = text[0] == ' ' || text.compare(0, kBlank.size(), kBlank) == 0;
  size_t dropped = 0;
  std::string whole = text;
  if (!settings.legacy && blank) {
    // Without a dummy prefix sentencepiece would lose the blank; behind "<unk>" it stays.
    whole = *settings.unk + text;
    dropped = unknownPieces;
  }
  MMC_ASSIGN_OR_RETURN(std::vector<int32_t> part, encoder.encode(whole));
  if (part.size() < dropped)
    dropped = 0;
  ids.insert(ids.end(), part.begin() + dropped, part.end());
  return Status::ok();
}

std::vector<std::string> LlamaTokenizer::split(std::string_view text) const {
  std::vector<std::string> parts;
  size_t done = 0;
  while (true) {
    WordFinder::Match match = finder.next(text, done);
    if (match.begin > done)
      parts.emplace_back(text.substr(done, match.begin - done));
    if (match.index < 0)
      break;
    parts.emplace_back(text.substr(match.begin, match.end - match.begin));
    done = match.end;
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    auto found = addedByName.find(parts[i]);
    if (found == addedByName.end())
      continue;
    const AddedToken &token = added[found->second];
    std::string *left = i > 0 ? &parts[i - 1] : nullptr;
    std::string *right = i + 1 < parts.size() ? &parts[i + 1] : nullptr;
    // Python looks at the neighbours as they were before the strips.
    std::string leftWas = left ? *left : "", rightWas = right ? *right : "";
    if (token.rightStrip && right)
      *right = std::string(pythonStrip(*right, true, false));
    if (token.leftStrip && left)
      *left = std::string(pythonStrip(*left, false, true));
    if (token.singleWord && !leftWas.empty() && leftWas.back() != ' ') {
      *left += token.content;
      parts[i].clear();
    } else if (token.singleWord && !rightWas.empty() && rightWas[0] != ' ') {
      *right = token.content + *right;
      parts[i].clear();
    }
  }
  return parts;
}

StatusOr<std::vector<int32_t>> LlamaTokenizer::encode(std::string_view source) const {
  std::vector<int32_t> ids;
  if (source.empty())
    return ids;
  std::string text = isValidUtf8(source) ? std::string(source) : toValidUtf8(source);
  if (!settings.legacy) {
    text = std::string(kBlank) + replaceAll(text, kBlank, " ");
  }
  bool secondIsSpecial = false;
  size_t taken = 0;
  for (const std::string &part : split(text)) {
    if (part.empty())
      continue;
    size_t before = ids.size();
    auto found = addedByName.find(part);
    if (found != addedByName.end())
      ids.push_back(added[found->second].id);
    else
      MMC_RETURN_IF_ERROR(encodePart(part, ids));
    if (before == 1 && taken == 1)
      secondIsSpecial = found != addedByName.end() && isIn(specialNames, part);
    taken += ids.size() - before;
  }
  if (!settings.legacy && ids.size() > 1 && secondIsSpecial &&
      ids[0] == processor.PieceToId(std::string(kBlank)))
    ids.erase(ids.begin());
  return ids;
}

StatusOr<std::vector<int32_t>> LlamaTokenizer::encodeWithSpecials(std::string_view text) const {
  MMC_ASSIGN_OR_RETURN(std::vector<int32_t> ids, encode(text));
  if (settings.addBos)
    ids.insert(ids.begin(), bosId());
  if (settings.addEos)
    ids.push_back(eosId());
  return ids;
}

/// convert_tokens_to_string: sentencepiece decodes what lies between special tokens.
StatusOr<std::string> LlamaTokenizer::joinTokens(std::vector<std::string> tokens) const {
  if (tokens[0].compare(0, kBlank.size(), kBlank) == 0)
    tokens[0].erase(0, kBlank.size());
  std::string text;
  std::vector<std::string> open;
  auto flush = [&]() -> Status {
    std::string part;
    auto status = processor.Decode(open, &part);
    if (!status.ok())
      return Status::badInput("tokenizer: cannot decode: " + status.ToString());
    text += part;
    open.clear();
    return Status::ok();
  };
  bool behindSpecial = false;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!isIn(specialNames, tokens[i])) {
      open.push_back(tokens[i]);
      behindSpecial = false;
      continue;
    }
    if (!behindSpecial && i != 0 && settings.legacy)
      text += " ";
    MMC_RETURN_IF_ERROR(flush());
    text += tokens[i];
    behindSpecial = true;
  }
  MMC_RETURN_IF_ERROR(flush());
  return text;
}

StatusOr<std::string> LlamaTokenizer::decode(const std::vector<int32_t> &ids,
                                             bool skipSpecials) const {
  std::vector<std::string> parts, open;
  auto flush = [&](bool keepEmpty) -> Status {
    if (open.empty())
      return Status::ok();
    MMC_ASSIGN_OR_RETURN(std::string text, joinTokens(std::move(open)));
    open.clear();
    if (keepEmpty || !text.empty())
      parts.push_back(std::move(text));
    return Status::ok();
  };
  for (int32_t id : ids) {
    auto found = addedById.find(id);
    if (found == addedById.end() && (id < 0 || id >= processor.GetPieceSize()))
      return Status::badInput("tokenizer: ids must be tokens, and lie in [0, " +
                              std::to_string(size) + "), got: " + std::to_string(id));
    if (skipSpecials && specialIds.count(id))
      continue;
    std::string token =
        found != addedById.end() ? added[found->second].content : processor.IdToPiece(id);
    // Added tokens that are not special, and special ones beyond the model, stand by themselves.
    bool standsAlone = found != addedById.end() &&
                       (!isIn(specialNames, token) ||
                        (isIn(additionalNames, token) && id >= processor.GetPieceSize()));
    if (!standsAlone) {
      open.push_back(std::move(token));
      continue;
    }
    MMC_RETURN_IF_ERROR(flush(false));
    parts.push_back(std::move(token));
  }
  MMC_RETURN_IF_ERROR(flush(true));
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i)
    (text += i ? " " : "") += parts[i];
  return text;
}

StatusOr<std::unique_ptr<Tokenizer>> mmc::loadLlamaTokenizer(const std::string &file,
                                                             SpecialTokens tokens) {
  auto tokenizer = std::make_unique<LlamaTokenizer>(std::move(tokens));
  MMC_RETURN_IF_ERROR(tokenizer->open(file));
  return std::unique_ptr<Tokenizer>(std::move(tokenizer));
}
