// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// sentencepiece's word and character models: each word or character is a piece, or unknown.

#ifndef MMC_LIB_RUNTIME_DATA_WHOLEPIECEMODEL_H
#define MMC_LIB_RUNTIME_DATA_WHOLEPIECEMODEL_H

#include "ByteTable.h"
#include "ByteTrie.h"
#include "SentencePieceModel.h"

namespace mmc {

/// The rules of sentencepiece 0.2.3; the library takes time with the square of a run of unknown
/// pieces. Const members may be called from several threads at once.
class WholePieceModel {
public:
  explicit WholePieceModel(const SentencePieceModel &model);

  /// Appends the ids of a normalized text of less than 2^31 bytes.
  void encode(std::string_view normalized, std::vector<int32_t> &ids) const;

private:
  /// Bytes of the first word, or of the first character or user-defined piece.
  size_t firstPart(std::string_view text) const;

  bool words;
  ByteTable table;
  ByteTrie userDefined;
  UnknownPiece unknown;
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_WHOLEPIECEMODEL_H
