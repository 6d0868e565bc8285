// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Finds the rows of a JSON list in a stream of bytes.

#ifndef MMC_LIB_RUNTIME_DATA_JSONROWSCAN_H
#define MMC_LIB_RUNTIME_DATA_JSONROWSCAN_H

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mmc {

/// A row as the scan finds it.
struct ScannedRow {
  /// Where its '{' lies in the file, and its bytes.
  uint64_t offset;
  std::string_view text;
  /// The fields `id` and `split` as text; an id that is absent or null is "#index".
  std::string id, split;
};

/// Takes the bytes of a file in order and calls `found` for each row of its list, checked to be
/// JSON. A byte order mark in front is skipped.
class JsonRowScan {
public:
  explicit JsonRowScan(std::function<Status(const ScannedRow &)> found) : found(std::move(found)) {}
  Status feed(std::string_view bytes);
  /// After the last byte: BadInput if the list is not closed.
  Status finish();

private:
  enum class State { Start, FirstOrEnd, Row, CommaOrEnd, NextRow, Done };
  Status outside(char c);
  Status fail(const std::string &what) const;
  Status emit();

  std::function<Status(const ScannedRow &)> found;
  State state = State::Start;
  uint64_t position = 0, rowOffset = 0;
  int64_t index = 0;
  int64_t depth = 0;
  bool inString = false, escaped = false;
  std::string row;
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_JSONROWSCAN_H
