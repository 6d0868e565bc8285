// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Text to token ids and back: one interface over the kinds of tokenizer that checkpoints come with.

#ifndef MMC_RUNTIME_DATA_TOKENIZER_H
#define MMC_RUNTIME_DATA_TOKENIZER_H

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mmc {

/// A trained tokenizer. Const members may be called from several threads at once.
class Tokenizer {
public:
  /// An id that a tokenizer does not have.
  static constexpr int32_t kNone = -1;

  virtual ~Tokenizer() = default;

  /// Opens a file or a Hugging Face directory.
  ///   tokenizer.model  a file: sentencepiece by itself, as LaVIN reads it
  ///   tokenizer.json   a file: BPE as the tokenizers library runs it
  ///   a directory      of both, tokenizer.model is taken where tokenizer_config.json says
  ///                    LlamaTokenizer or does not say, as LLaVA does (use_fast=False); with a
  ///                    tokenizer_config.json around it transformers' rules for added tokens and
  ///                    "legacy" hold (version 4.37), without one it is sentencepiece by itself
  /// BadInput that names what is missing, malformed or not known.
  static StatusOr<std::unique_ptr<Tokenizer>> load(const std::string &path);

  /// As load(), but a directory with a tokenizer.model is sentencepiece by itself whatever lies
  /// around it: what LaVIN's rows are made with.
  static StatusOr<std::unique_ptr<Tokenizer>> loadPlain(const std::string &path);

  /// The ids of `text` (UTF-8; parts of it that are not are read as U+FFFD), without any special
  /// token around them.
  virtual StatusOr<std::vector<int32_t>> encode(std::string_view text) const = 0;

  /// The same with what this tokenizer puts around a text by itself: for LLaMA a BOS in front.
  virtual StatusOr<std::vector<int32_t>> encodeWithSpecials(std::string_view text) const = 0;

  /// The text of `ids`; bytes that make no valid character become U+FFFD. `skipSpecials` leaves
  /// special tokens out where the tokenizer would show them (sentencepiece never shows them).
  /// An id outside [0, vocabSize) is an error.
  virtual StatusOr<std::string> decode(const std::vector<int32_t> &ids,
                                       bool skipSpecials) const = 0;

  /// Special ids, or kNone.
  virtual int32_t bosId() const = 0;
  virtual int32_t eosId() const = 0;
  virtual int32_t unkId() const = 0;
  virtual int32_t padId() const = 0;

  /// Ids run from 0 to vocabSize() - 1.
  virtual int64_t vocabSize() const = 0;

  /// The id of a token by its name, or kNone.
  virtual int32_t idOf(const std::string &token) const { return kNone; }
  /// Whether Hugging Face's tokenizer has `legacy` set, which LLaVA's label masks depend on.
  virtual bool legacy() const { return false; }
  /// A checksum of the files that the tokenizer was read from: caches of token counts go by it.
  uint32_t checksum() const { return filesChecksum; }

protected:
  uint32_t filesChecksum = 0;
};

} // namespace mmc

#endif // MMC_RUNTIME_DATA_TOKENIZER_H
