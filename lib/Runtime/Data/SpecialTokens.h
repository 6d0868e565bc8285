// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the small JSON files around a tokenizer say: special tokens, added tokens, flags.

#ifndef MMC_LIB_RUNTIME_DATA_SPECIALTOKENS_H
#define MMC_LIB_RUNTIME_DATA_SPECIALTOKENS_H

#include "AddedTokens.h"

#include "mmc/Runtime/Core/Status.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace mmc {

/// tokenizer_config.json, special_tokens_map.json and added_tokens.json of a directory. The first
/// wins where it has `added_tokens_decoder` (transformers 4.34 on).
struct SpecialTokens {
  /// Names; absent where no file says.
  std::optional<std::string> bos, eos, unk, pad;
  /// sep_token, cls_token, mask_token and additional_special_tokens.
  std::vector<std::string> others;
  /// From added_tokens_decoder, else from added_tokens.json.
  std::vector<AddedToken> added;
  std::string tokenizerClass;
  bool addBos = true, addEos = false, legacy = true;
  /// Whether there is a tokenizer_config.json.
  bool configured = false;
  /// CRC-32C of the files' bytes.
  uint32_t checksum = 0;

  /// Reads what lies in `directory`; nothing there is no failure.
  static StatusOr<SpecialTokens> read(const std::string &directory);
  /// The name in null, "…" or {"content": "…"}.
  static StatusOr<std::optional<std::string>> name(const nlohmann::json &value);
};

/// The token that an entry of added_tokens or added_tokens_decoder describes.
StatusOr<AddedToken> parseAddedToken(const nlohmann::json &entry, int64_t id);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_SPECIALTOKENS_H
