// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Chooses between the Unigram model, BPE of words or of the whole text, and models of whole words.

#include "SentencePieceEncoder.h"

#include <algorithm>

using namespace mmc;

static constexpr std::string_view kBlank = kSentencePieceBlank;
/// Longer words are rare and are not kept; a cache that has grown to this is emptied.
static constexpr size_t kLongestCached = 64, kMostCached = 1 << 16;
/// sentencepiece counts bytes in int, and its normalizer may make three of one.
static constexpr size_t kLongestText = 1 << 30;

Status SentencePieceEncoder::open(const std::string &serialised) {
  SentencePieceModel model(serialised);
  MMC_RETURN_IF_ERROR(model.check());
  auto status = processor.LoadFromSerializedProto(withoutSelfTest(serialised));
  if (!status.ok())
    return Status::badInput(status.ToString());
  if (static_cast<size_t>(processor.GetPieceSize()) != model.pieces.size())
    return Status::badInput(
        "its pieces cannot be told apart, got: " + std::to_string(model.pieces.size()) +
        " != " + std::to_string(processor.GetPieceSize()));
  MMC_RETURN_IF_ERROR(normalizer.open(model));
  if (model.kind == SentencePieceModel::Kind::Unigram) {
    unigram = std::make_unique<UnigramModel>(model);
    return Status::ok();
  }
  if (model.kind != SentencePieceModel::Kind::Bpe) {
    whole = std::make_unique<WholePieceModel>(model);
    return Status::ok();
  }
  bpe = std::make_unique<SentencePieceBpe>(model);
  // Where nothing but the prefix is added, words are taken from the text as it is, and only those
  // that are not remembered are normalized.
  wordsAsTheyAre =
      bpe->treatsWordsAlone() && model.characterMap.empty() && !model.removeExtraBlanks;
  dummyPrefix = model.addDummyPrefix;
  model.addDummyPrefix = false;
  return wordNormalizer.open(model);
}

void SentencePieceEncoder::encodeWord(std::string_view word, Scratch &scratch,
                                      std::vector<int32_t> &ids) const {
  uint64_t hash = hashBytes(word);
  bool cached = word.size() <= kLongestCached;
  if (cached)
    if (int64_t entry = scratch.words.find(word, hash); entry >= 0) {
      const int32_t *first = scratch.ids.data() + (entry >> 16);
      ids.insert(ids.end(), first, first + (entry & 0xffff));
      return;
    }
  size_t before = ids.size();
  if (wordsAsTheyAre) {
    // There are no rules: a blank becomes three bytes at most.
    (void)wordNormalizer.normalize(word, scratch.word);
    bpe->encode(scratch.word, ids);
  } else {
    bpe->encode(word, ids);
  }
  if (!cached)
    return;
  if (scratch.words.size() >= kMostCached) {
    scratch.words.clear();
    scratch.ids.clear();
  }
  scratch.words.add(word, hash,
                    static_cast<int64_t>(scratch.ids.size()) << 16 |
                        static_cast<int64_t>(ids.size() - before));
  scratch.ids.insert(scratch.ids.end(), ids.begin() + static_cast<std::ptrdiff_t>(before),
                     ids.end());
}

/// Where the word that starts at `begin` ends: before a blank that follows something else.
static size_t endOfWord(std::string_view text, size_t begin, std::string_view blank) {
  size_t end = text.find(blank, begin + 1);
  while (end != std::string_view::npos &&
         (text[end - 1] == ' ' || (end >= 3 && text.substr(end - 3, 3) == kBlank)))
    end = text.find(blank, end + 1);
  return std::min(end, text.size());
}

StatusOr<std::vector<int32_t>> SentencePieceEncoder::encode(std::string_view source) const {
  std::vector<int32_t> ids;
  if (source.empty())
    return ids;
  auto fail = [&](const std::string &reason) {
    return Status::badInput("tokenizer: cannot encode a text of " + std::to_string(source.size()) +
                            " bytes: " + reason);
  };
  if (source.size() > kLongestText)
    return fail("it is longer than " + std::to_string(kLongestText) + " bytes");
  auto scratch = scratches.borrow();
  std::string &text = scratch->text;
  if (wordsAsTheyAre)
    text.assign(dummyPrefix ? " " : "").append(source);
  else if (!normalizer.normalize(source, text))
    return fail("the model's rules make more than 64 bytes of one");
  if (text.size() > kLongestText)
    return fail("it is longer than " + std::to_string(kLongestText) + " bytes when normalized");
  ids.reserve(text.size() / 3 + 4);
  if (unigram) {
    unigram->encode(text, ids);
  } else if (whole) {
    whole->encode(text, ids);
  } else if (!bpe->treatsWordsAlone()) {
    bpe->encode(text, ids);
  } else {
    // What the normalizer has made has no other blanks than U+2581. In text as it is, a literal
    // U+2581 is a blank too, but rare, and nothing has to be cut there.
    std::string_view blank = wordsAsTheyAre ? " " : kBlank;
    for (size_t begin = 0, end; begin < text.size(); begin = end) {
      end = endOfWord(text, begin, blank);
      encodeWord(std::string_view(text).substr(begin, end - begin), *scratch, ids);
    }
  }
  return ids;
}
