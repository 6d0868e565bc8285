// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The checked header of a safetensors file.

#ifndef MMC_LIB_RUNTIME_CORE_SAFETENSORSHEADER_H
#define MMC_LIB_RUNTIME_CORE_SAFETENSORSHEADER_H

#include "mmc/Runtime/Core/Safetensors.h"

namespace mmc {

struct SafetensorsEntry {
  std::string name;
  std::string dtypeName;
  /// Nothing for a type that mmc does not know.
  std::optional<DType> dtype;
  Shape shape;
  /// Relative to the first byte after the header.
  uint64_t begin = 0, end = 0;
};

struct SafetensorsHeader {
  /// By position in the file.
  std::vector<SafetensorsEntry> entries;
  SafetensorsMetadata metadata;
};

/// Parses the JSON `text` of a file with `dataBytes` bytes after it. BadInput, without the path.
StatusOr<SafetensorsHeader> parseSafetensorsHeader(std::string_view text, uint64_t dataBytes);

} // namespace mmc

#endif // MMC_LIB_RUNTIME_CORE_SAFETENSORSHEADER_H
