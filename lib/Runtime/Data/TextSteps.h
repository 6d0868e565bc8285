// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The steps of a tokenizer.json around its model: normalizers, pre-tokenizers, post-processors and
// decoders, as Hugging Face's tokenizers library runs them.

#ifndef MMC_LIB_RUNTIME_DATA_TEXTSTEPS_H
#define MMC_LIB_RUNTIME_DATA_TEXTSTEPS_H

#include "SplitPattern.h"
#include "UnicodeText.h"

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>
#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace mmc {

/// Text to text. Const members may be called from several threads at once.
class Normalizer {
public:
  /// Reads the field `normalizer`; null is none. Known: NFC, NFD, NFKC, NFKD, Prepend, Replace,
  /// Lowercase, Strip, StripAccents, Sequence. BadInput that names any other.
  static StatusOr<Normalizer> parse(const nlohmann::json &field);
  bool empty() const { return steps.empty(); }
  StatusOr<std::string> apply(std::string_view text) const;

private:
  enum class Kind { Form, Prepend, Replace, Lowercase, Strip, StripAccents };
  struct Step {
    Kind kind;
    NormalForm form = NormalForm::C;
    std::string content;
    std::vector<SplitPattern> pattern;
    bool left = false, right = false;
  };
  Status add(const nlohmann::json &field);
  std::vector<Step> steps;
};

/// A part of a normalised text on its way to the model.
struct Piece {
  std::string_view text;
  /// Whether it is the beginning of what was given to the tokenizer.
  bool first;
};

/// A normalised text to pre-tokens. Const members may be called from several threads at once.
class PreTokenizer {
public:
  /// Reads the field `pre_tokenizer`; null is none. Known: ByteLevel, Split, Metaspace, Digits,
  /// Punctuation, Whitespace, WhitespaceSplit, Sequence. BadInput that names any other.
  static StatusOr<PreTokenizer> parse(const nlohmann::json &field);
  /// Whether the pieces are to be read as bytes instead of in GPT-2's byte alphabet: ByteLevel is
  /// the last step, and its mapping is left to the model's vocabulary.
  bool byteLevel() const { return endsInBytes; }

  /// What pieces point into, apart from the text.
  using Arena = std::deque<std::string>;
  /// Replaces `pieces` by what the steps make of them.
  Status apply(std::vector<Piece> &pieces, Arena &arena) const;

private:
  enum class Behavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };
  enum class Prepend { Always, First, Never };
  enum class Kind { Split, Predicate, Metaspace, Bytes };
  struct Step {
    Kind kind;
    std::vector<SplitPattern> pattern;
    Behavior behavior = Behavior::Isolated;
    bool invert = false;
    /// Predicate: each character for which it holds is a match.
    bool (*predicate)(uint32_t) = nullptr;
    std::string replacement;
    Prepend prepend = Prepend::Never;
    bool split = true;
    /// Bytes: a blank goes in front of a piece that has none.
    bool prefixBlank = false;
  };
  struct Marked {
    TextSpan span;
    bool match;
  };
  Status add(const nlohmann::json &field);
  Status addSplit(const nlohmann::json &field);
  Status addByteLevel(const nlohmann::json &field);
  Status addMetaspace(const nlohmann::json &field);
  Status apply(const Step &step, std::vector<Piece> &pieces, Arena &arena) const;
  static void cut(const Piece &piece, const std::vector<TextSpan> &matches, const Step &step,
                  std::vector<Piece> &result);
  std::vector<Step> steps;
  bool endsInBytes = false;
};

/// What goes around the ids of a text. Const members may be called from several threads at once.
class PostProcessor {
public:
  /// Reads the field `post_processor`; null is none. Known: TemplateProcessing, ByteLevel,
  /// BertProcessing, RobertaProcessing, Sequence. BadInput that names any other.
  static StatusOr<PostProcessor> parse(const nlohmann::json &field);
  std::vector<int32_t> apply(std::vector<int32_t> ids) const;

private:
  /// Ids before and behind, of one processor after the other.
  std::vector<std::pair<std::vector<int32_t>, std::vector<int32_t>>> around;
  Status add(const nlohmann::json &field);
  Status addTemplate(const nlohmann::json &field);
};

/// Tokens to text. Const members may be called from several threads at once.
class TokenDecoder {
public:
  /// Reads the field `decoder`; null joins the tokens with blanks, as the library does. Known:
  /// ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace, Sequence. BadInput that names any
  /// other.
  static StatusOr<TokenDecoder> parse(const nlohmann::json &field);
  StatusOr<std::string> apply(std::vector<std::string> tokens) const;

private:
  enum class Kind { ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace };
  struct Step {
    Kind kind;
    std::vector<SplitPattern> pattern;
    std::string content;
    int64_t start = 0, stop = 0;
    bool dropFirst = false;
  };
  Status add(const nlohmann::json &field);
  static Status apply(const Step &step, std::vector<std::string> &tokens);
  std::vector<Step> steps;
  bool joined = false;
};

/// The string `type` of a component, or what is wrong with it.
StatusOr<std::string> componentType(const nlohmann::json &field, const char *what);
/// The pattern {"String": …} or {"Regex": …} of a component.
StatusOr<SplitPattern> componentPattern(const nlohmann::json &field);
/// The boolean `key` of a component.
StatusOr<bool> componentFlag(const nlohmann::json &field, const char *key, bool fallback);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_TEXTSTEPS_H
