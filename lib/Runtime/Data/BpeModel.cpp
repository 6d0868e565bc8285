// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Words to ids: first symbols, then merges from the lowest rank up, the leftmost first.

#include "BpeModel.h"

#include "UnicodeText.h"

#include <algorithm>

using namespace mmc;

/// Longer words are rare: they are not kept, and their merges are found by a queue.
static constexpr size_t kLongestCached = 64;
static constexpr size_t kLongestScanned = 24;
/// A cache that has grown to this is emptied.
static constexpr size_t kMostCached = 1 << 16;

static constexpr std::string_view kBlank = "\xe2\x96\x81";

static uint64_t pairKey(int32_t left, int32_t right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

static size_t slotOf(uint64_t pair, size_t size) {
  uint64_t hash = pair * 0x9e3779b97f4a7c15;
  return (hash ^ hash >> 32) & (size - 1);
}

BpeModel::BpeModel()
    : scratches(
          std::make_unique<ScratchPool<Scratch>>([] { return std::make_unique<Scratch>(); })) {}

const BpeModel::Merge *BpeModel::mergeOf(int32_t left, int32_t right) const {
  if (merges.empty())
    return nullptr;
  uint64_t pair = pairKey(left, right);
  for (size_t at = slotOf(pair, merges.size());; at = (at + 1) & (merges.size() - 1)) {
    const MergeSlot &slot = merges[at];
    if (slot.pair == pair)
      return slot.merge.rank < 0 ? nullptr : &slot.merge;
    if (slot.merge.rank < 0)
      return nullptr;
  }
}

void BpeModel::addMerge(int32_t left, int32_t right, Merge merge) {
  uint64_t pair = pairKey(left, right);
  size_t at = slotOf(pair, merges.size());
  while (merges[at].merge.rank >= 0 && merges[at].pair != pair)
    at = (at + 1) & (merges.size() - 1);
  merges[at] = {pair, merge};
}

Status BpeModel::encode(const std::vector<Piece> &words, std::vector<int32_t> &ids) const {
  auto scratch = scratches->borrow();
  for (const Piece &word : words)
    MMC_RETURN_IF_ERROR(cutsAtBlanks ? encodeParts(word.text, *scratch, ids)
                                     : encodeWord(word.text, *scratch, ids));
  return Status::ok();
}

Status BpeModel::encodeParts(std::string_view word, Scratch &scratch,
                             std::vector<int32_t> &ids) const {
  size_t begin = 0;
  for (size_t at = word.find(kBlank, 1); at != std::string_view::npos;) {
    bool behindBlank =
        at >= kBlank.size() && word.substr(at - kBlank.size(), kBlank.size()) == kBlank;
    if (!behindBlank) {
      MMC_RETURN_IF_ERROR(encodeWord(word.substr(begin, at - begin), scratch, ids));
      begin = at;
    }
    at = word.find(kBlank, at + kBlank.size());
  }
  return encodeWord(word.substr(begin), scratch, ids);
}

Status BpeModel::encodeWord(std::string_view word, Scratch &scratch,
                            std::vector<int32_t> &ids) const {
  if (word.empty())
    return Status::ok();
  uint64_t hash = hashBytes(word);
  if (ignoreMerges)
    if (int64_t id = pieces.find(word, hash); id >= 0) {
      ids.push_back(static_cast<int32_t>(id));
      return Status::ok();
    }
  bool cached = word.size() <= kLongestCached;
  if (cached)
    if (int64_t entry = scratch.cache.find(word, hash); entry >= 0) {
      const int32_t *first = scratch.cachedIds.data() + (entry >> 16);
      ids.insert(ids.end(), first, first + (entry & 0xffff));
      return Status::ok();
    }
  MMC_RETURN_IF_ERROR(firstSymbols(word, scratch));
  size_t before = ids.size();
  if (scratch.symbols.size() <= kLongestScanned)
    mergeShort(scratch.symbols, ids);
  else
    mergeLong(scratch, ids);
  if (!cached)
    return Status::ok();
  if (scratch.cache.size() >= kMostCached) {
    scratch.cache.clear();
    scratch.cachedIds.clear();
  }
  scratch.cache.add(word, hash,
                    static_cast<int64_t>(scratch.cachedIds.size()) << 16 |
                        static_cast<int64_t>(ids.size() - before));
  scratch.cachedIds.insert(scratch.cachedIds.end(), ids.begin() + before, ids.end());
  return Status::ok();
}

Status BpeModel::firstSymbols(std::string_view word, Scratch &scratch) const {
  std::vector<Symbol> &symbols = scratch.symbols;
  symbols.clear();
  if (bytes && prefix.empty() && suffix.empty()) {
    bool all = true;
    for (unsigned char byte : word) {
      symbols.push_back({byteIds[byte], 0, 0});
      all &= byteIds[byte] >= 0;
    }
    if (all)
      return Status::ok();
    symbols.clear();
  }
  return characterSymbols(word, scratch);
}

/// Character by character; what the vocabulary lacks becomes its bytes, or the unknown token.
Status BpeModel::characterSymbols(std::string_view word, Scratch &scratch) const {
  std::vector<Symbol> &symbols = scratch.symbols;
  bool pendingUnknown = false;
  std::string decorated;
  for (size_t i = 0; i < word.size();) {
    size_t length = bytes ? 1 : characterBytes(word[i]);
    std::string_view character = word.substr(i, length), lookup = character;
    if ((i > 0 && !prefix.empty()) || (i + length == word.size() && !suffix.empty())) {
      decorated = i > 0 ? prefix : std::string();
      decorated += character;
      if (i + length == word.size())
        decorated += suffix;
      lookup = decorated;
    }
    i += length;
    if (int64_t id = pieces.find(lookup); id >= 0) {
      if (pendingUnknown)
        symbols.push_back({unknownToken, 0, 0});
      pendingUnknown = false;
      symbols.push_back({static_cast<int32_t>(id), 0, 0});
      continue;
    }
    if (byteFallback) {
      bool all = true;
      for (unsigned char byte : lookup)
        all &= byteIds[byte] >= 0;
      if (all) {
        // The library does not put a pending unknown token in front of the bytes, but behind them.
        for (unsigned char byte : lookup)
          symbols.push_back({byteIds[byte], 0, 0});
        continue;
      }
    }
    if (unknownName.empty())
      continue; // without an unknown token the library drops the character
    if (unknownToken < 0)
      return Status::badInput("tokenizer: the unknown token '" + unknownName +
                              "' is needed and is not in the vocabulary");
    if (pendingUnknown && !fuseUnknown)
      symbols.push_back({unknownToken, 0, 0});
    pendingUnknown = true;
  }
  if (pendingUnknown)
    symbols.push_back({unknownToken, 0, 0});
  return Status::ok();
}

/// For few symbols looking at all pairs again is the fastest.
void BpeModel::mergeShort(std::vector<Symbol> &symbols, std::vector<int32_t> &ids) const {
  size_t count = symbols.size();
  // `previous` holds the rank of a symbol with its right neighbour, `next` what the two become.
  constexpr int32_t kNoMerge = INT32_MAX;
  auto look = [&](size_t i) {
    const Merge *merge = i + 1 < count ? mergeOf(symbols[i].id, symbols[i + 1].id) : nullptr;
    symbols[i].previous = merge ? merge->rank : kNoMerge;
    symbols[i].next = merge ? merge->result : 0;
  };
  for (size_t i = 0; i < count; ++i)
    look(i);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i)
      if (symbols[i].previous < symbols[best].previous)
        best = i;
    if (symbols[best].previous == kNoMerge)
      break;
    symbols[best].id = symbols[best].next;
    std::move(symbols.begin() + best + 2, symbols.begin() + count, symbols.begin() + best + 1);
    --count;
    look(best);
    if (best > 0)
      look(best - 1);
  }
  for (size_t i = 0; i < count; ++i)
    ids.push_back(symbols[i].id);
}

void BpeModel::mergeLong(Scratch &scratch, std::vector<int32_t> &ids) const {
  std::vector<Symbol> &symbols = scratch.symbols;
  std::vector<Candidate> &queue = scratch.queue;
  int32_t count = static_cast<int32_t>(symbols.size());
  queue.clear();
  auto look = [&](int32_t left) {
    int32_t right = symbols[left].next;
    if (right < 0)
      return;
    if (const Merge *merge = mergeOf(symbols[left].id, symbols[right].id)) {
      queue.push_back({merge->rank, left, merge->result});
      std::push_heap(queue.begin(), queue.end());
    }
  };
  for (int32_t i = 0; i < count; ++i) {
    symbols[i].previous = i - 1;
    symbols[i].next = i + 1 < count ? i + 1 : -1;
  }
  for (int32_t i = 0; i + 1 < count; ++i)
    look(i);
  while (!queue.empty()) {
    Candidate best = queue.front();
    std::pop_heap(queue.begin(), queue.end());
    queue.pop_back();
    Symbol &left = symbols[best.position];
    if (left.id < 0 || left.next < 0)
      continue;
    Symbol &right = symbols[left.next];
    const Merge *merge = mergeOf(left.id, right.id);
    if (!merge || merge->result != best.result)
      continue; // one of the two has been merged since
    left.id = best.result;
    right.id = -1;
    left.next = right.next;
    if (left.next >= 0)
      symbols[left.next].previous = best.position;
    look(best.position);
    if (left.previous >= 0)
      look(left.previous);
  }
  for (const Symbol &symbol : symbols)
    if (symbol.id >= 0)
      ids.push_back(symbol.id);
}
