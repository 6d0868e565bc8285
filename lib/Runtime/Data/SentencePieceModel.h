// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a sentencepiece model file holds; the message's own header (sentencepiece_model.proto) is
// not installed with the library.

#ifndef MMC_LIB_RUNTIME_DATA_SENTENCEPIECEMODEL_H
#define MMC_LIB_RUNTIME_DATA_SENTENCEPIECEMODEL_H

#include "mmc/Runtime/Core/Status.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mmc {

struct SentencePieceModel {
  enum class Kind : uint64_t { Unigram = 1, Bpe = 2, Word = 3, Char = 4 };
  enum class PieceType : uint64_t {
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6
  };
  struct Piece {
    std::string text;
    float score = 0;
    PieceType type = PieceType::Normal;
    /// Whether the piece is found in texts.
    bool isText() const {
      return type == PieceType::Normal || type == PieceType::UserDefined ||
             type == PieceType::Unused;
    }
  };

  /// Reads the fields that are known here, up to the first byte that is none.
  explicit SentencePieceModel(std::string_view bytes);
  /// BadInput, which names no file, for what the library would load, but not survive, and what its
  /// version 0.2.3 refuses: texts of pieces that have zero bytes or are very long, scores that are
  /// not finite, character maps that lead outside of themselves.
  Status check() const;

  Kind kind = Kind::Unigram;
  bool byteFallback = false;
  /// A blank belongs to the word before it.
  bool blankIsSuffix = false;
  /// The compiled rules of the normalizer and of the denormalizer; empty for none.
  std::string characterMap, denormalizerMap;
  bool addDummyPrefix = true, removeExtraBlanks = true, escapeBlanks = true;
  std::vector<Piece> pieces;
};

/// U+2581, which stands for a blank in pieces.
inline constexpr std::string_view kSentencePieceBlank = "\xe2\x96\x81";

/// What stands for characters without a piece: one id, or the ids of their bytes.
struct UnknownPiece {
  explicit UnknownPiece(const SentencePieceModel &model);
  /// -1 where the model has none.
  int32_t id = -1;
  bool byteFallback;
  std::array<int32_t, 256> byteIds{};
};

/// Bytes of the character that `lead` begins, as sentencepiece steps over text.
inline int32_t sentencePieceCharacterSize(unsigned char lead) {
  return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/// A serialised model without its self-test samples. They hold what the version that trained the
/// model made of texts, which the library would make again in its own way.
std::string withoutSelfTest(std::string_view model);

/// A serialised model with normalizer_spec.add_dummy_prefix set to false.
std::string withoutDummyPrefix(std::string model);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_SENTENCEPIECEMODEL_H
