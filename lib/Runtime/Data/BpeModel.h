// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The BPE model of tokenizer.json files: words to ids by merges.

#ifndef MMC_LIB_RUNTIME_DATA_BPEMODEL_H
#define MMC_LIB_RUNTIME_DATA_BPEMODEL_H

#include "ByteTable.h"
#include "ScratchPool.h"
#include "TextSteps.h"

#include "mmc/Runtime/Core/Status.h"

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mmc {

/// Const members may be called from several threads at once.
class BpeModel {
public:
  /// Reads the `model` object. With `byteLevel`, pieces are handed to encode() as the bytes they
  /// stand for, not in GPT-2's byte alphabet. BadInput for another type, merges of unknown tokens,
  /// dropout, and settings of the wrong kind.
  static StatusOr<BpeModel> parse(const nlohmann::json &model, bool byteLevel);

  /// Appends the ids of pre-tokens. BadInput only where the unknown token is needed and is not in
  /// the vocabulary.
  Status encode(const std::vector<Piece> &words, std::vector<int32_t> &ids) const;

  /// The token of an id as the file writes it, or null.
  const std::string *token(int32_t id) const {
    return id >= 0 && static_cast<size_t>(id) < tokens.size() && present[id] ? &tokens[id]
                                                                             : nullptr;
  }
  /// The id of a token as the file writes it, or -1.
  int32_t idOf(std::string_view token) const { return static_cast<int32_t>(written.find(token)); }
  int32_t unknownId() const { return unknownToken; }
  /// One more than the largest id.
  int64_t size() const { return static_cast<int64_t>(tokens.size()); }

private:
  struct Merge {
    int32_t rank, result;
  };
  struct MergeSlot {
    uint64_t pair;
    Merge merge;
  };
  struct Symbol {
    int32_t id, previous, next;
  };
  struct Candidate {
    int32_t rank, position, result;
    bool operator<(const Candidate &other) const {
      return rank != other.rank ? rank > other.rank : position > other.position;
    }
  };
  /// A caller's working memory and what it has seen before.
  struct Scratch {
    std::vector<Symbol> symbols;
    std::vector<Candidate> queue;
    /// Words to offset << 16 | count in `cachedIds`.
    ByteTable cache;
    std::vector<int32_t> cachedIds;
  };

  BpeModel();
  Status readVocabulary(const nlohmann::json &model, bool byteLevel);
  Status readMerges(const nlohmann::json &model);
  Status readSettings(const nlohmann::json &model);
  void addMerge(int32_t left, int32_t right, Merge merge);
  const Merge *mergeOf(int32_t left, int32_t right) const;
  Status encodeParts(std::string_view word, Scratch &scratch, std::vector<int32_t> &ids) const;
  Status encodeWord(std::string_view word, Scratch &scratch, std::vector<int32_t> &ids) const;
  Status firstSymbols(std::string_view word, Scratch &scratch) const;
  Status characterSymbols(std::string_view word, Scratch &scratch) const;
  void mergeShort(std::vector<Symbol> &symbols, std::vector<int32_t> &ids) const;
  void mergeLong(Scratch &scratch, std::vector<int32_t> &ids) const;

  std::vector<std::string> tokens;
  std::vector<bool> present;
  /// Tokens as the file writes them, and as pieces are given to encode().
  ByteTable written, pieces;
  std::vector<MergeSlot> merges;
  std::array<int32_t, 256> byteIds;
  std::string prefix, suffix;
  int32_t unknownToken = -1;
  std::string unknownName;
  bool bytes = false, fuseUnknown = false, byteFallback = false, ignoreMerges = false;
  /// Whether no merge reaches over the place before a U+2581 that follows another character, so
  /// that a text may be cut there first.
  bool cutsAtBlanks = false;
  mutable std::unique_ptr<ScratchPool<Scratch>> scratches;
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_BPEMODEL_H
