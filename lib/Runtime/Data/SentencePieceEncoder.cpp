// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds out whether a model treats words by themselves, and remembers them.

#include "SentencePieceEncoder.h"

using namespace mmc;

static constexpr std::string_view kBlank = "\xe2\x96\x81";
/// Longer words are rare and are not kept; a cache that has grown to this is emptied.
static constexpr size_t kLongestCached = 64, kMostCached = 1 << 16;

std::string mmc::withoutDummyPrefix(std::string model) {
  // Field 3 { field 3: false } is merged into the normalizer_spec that is there.
  return std::move(model) + std::string("\x1a\x02\x18\x00", 4);
}

namespace {

/// Walks the fields of a protocol buffer message; the model's own header is not installed.
class Fields {
public:
  explicit Fields(std::string_view bytes) : rest(bytes) {}
  /// The next field; false at the end or where the bytes are no message.
  bool next() {
    uint64_t key = 0, size = 0;
    if (rest.empty() || !varint(key))
      return false;
    number = key >> 3;
    text = {};
    value = 0;
    switch (key & 7) {
    case 0:
      return varint(value);
    case 1:
      return take(8);
    case 2:
      return varint(size) && take(size);
    case 5:
      return take(4);
    default:
      return false;
    }
  }
  uint64_t number = 0, value = 0;
  std::string_view text;

private:
  bool varint(uint64_t &result) {
    result = 0;
    for (int shift = 0; shift < 64 && !rest.empty(); shift += 7) {
      unsigned char byte = rest[0];
      rest.remove_prefix(1);
      result |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80)
        return true;
    }
    return false;
  }
  bool take(uint64_t size) {
    if (size > rest.size())
      return false;
    text = rest.substr(0, size);
    rest.remove_prefix(size);
    return true;
  }
  std::string_view rest;
};

/// What sentencepiece_model.proto says of a model, with its defaults.
struct ModelFacts {
  bool bpe = false, blankSuffix = false;
  bool changesText = false, dummyPrefix = true, removesBlanks = true, escapesBlanks = true;

  explicit ModelFacts(std::string_view model) {
    for (Fields outer(model); outer.next();) {
      if (outer.number == 2) // trainer_spec
        for (Fields field(outer.text); field.next();) {
          if (field.number == 3)
            bpe = field.value == 2;
          else if (field.number == 24)
            blankSuffix = field.value != 0;
        }
      if (outer.number == 3) // normalizer_spec
        for (Fields field(outer.text); field.next();) {
          if (field.number == 2)
            changesText |= !field.text.empty();
          else if (field.number == 3)
            dummyPrefix = field.value != 0;
          else if (field.number == 4)
            removesBlanks = field.value != 0;
          else if (field.number == 5)
            escapesBlanks = field.value != 0;
        }
    }
  }
};

} // namespace

/// Whether a blank stands in a piece behind another character.
static bool reachesOverBlanks(const std::string &piece) {
  for (size_t at = piece.find(kBlank, 1); at != std::string::npos; at = piece.find(kBlank, at + 3))
    if (at < 3 || piece.compare(at - 3, 3, kBlank) != 0)
      return true;
  return false;
}

Status SentencePieceEncoder::open(const std::string &model) {
  auto status = processor.LoadFromSerializedProto(model);
  if (!status.ok())
    return Status::badInput(status.ToString());
  ModelFacts facts(model);
  dummyPrefix = facts.dummyPrefix;
  bool byWords = facts.bpe && !facts.blankSuffix && !facts.changesText && !facts.removesBlanks &&
                 facts.escapesBlanks &&
                 processor.PieceToId(std::string(kBlank)) != processor.unk_id();
  for (int id = 0; byWords && id < processor.GetPieceSize(); ++id)
    byWords = !reachesOverBlanks(processor.IdToPiece(id));
  if (!byWords)
    return Status::ok();
  words = std::make_unique<sentencepiece::SentencePieceProcessor>();
  if (!words->LoadFromSerializedProto(withoutDummyPrefix(model)).ok())
    words = nullptr;
  return Status::ok();
}

Status SentencePieceEncoder::encodeWord(std::string_view word, Scratch &scratch,
                                        std::vector<int32_t> &ids) const {
  uint64_t hash = hashBytes(word);
  bool cached = word.size() <= kLongestCached;
  if (cached)
    if (int64_t entry = scratch.words.find(word, hash); entry >= 0) {
      const int32_t *first = scratch.ids.data() + (entry >> 16);
      ids.insert(ids.end(), first, first + (entry & 0xffff));
      return Status::ok();
    }
  std::vector<int> made;
  auto status = words->Encode({word.data(), word.size()}, &made);
  if (!status.ok())
    return Status::badInput(status.ToString());
  ids.insert(ids.end(), made.begin(), made.end());
  if (!cached)
    return Status::ok();
  if (scratch.words.size() >= kMostCached)
    scratch = {};
  scratch.words.add(word, hash,
                    static_cast<int64_t>(scratch.ids.size()) << 16 |
                        static_cast<int64_t>(made.size()));
  scratch.ids.insert(scratch.ids.end(), made.begin(), made.end());
  return Status::ok();
}

StatusOr<std::vector<int32_t>> SentencePieceEncoder::encode(std::string_view source) const {
  std::vector<int32_t> ids;
  if (source.empty())
    return ids;
  auto fail = [&](const std::string &reason) {
    return Status::badInput("tokenizer: cannot encode a text of " + std::to_string(source.size()) +
                            " bytes: " + reason);
  };
  if (!words) {
    std::vector<int> made;
    auto status = processor.Encode({source.data(), source.size()}, &made);
    if (!status.ok())
      return fail(status.ToString());
    ids.assign(made.begin(), made.end());
    return ids;
  }
  std::string prefixed;
  std::string_view text = source;
  if (dummyPrefix) {
    prefixed.reserve(source.size() + 1);
    prefixed += ' ';
    prefixed += source;
    text = prefixed;
  }
  auto scratch = scratches.borrow();
  ids.reserve(text.size() / 3 + 4);
  for (size_t begin = 0; begin < text.size();) {
    // A word ends before a blank that follows something else; a literal U+2581 is a blank too.
    size_t end = text.find(' ', begin + 1);
    while (end != std::string_view::npos &&
           (text[end - 1] == ' ' || (end >= 3 && text.substr(end - 3, 3) == kBlank)))
      end = text.find(' ', end + 1);
    if (end == std::string_view::npos)
      end = text.size();
    Status status = encodeWord(text.substr(begin, end - begin), *scratch, ids);
    if (!status.isOk())
      return fail(status.message());
    begin = end;
  }
  return ids;
}
