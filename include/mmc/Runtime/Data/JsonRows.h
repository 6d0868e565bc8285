// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A JSON list of objects that is read row by row and never held in memory.

#ifndef MMC_RUNTIME_DATA_JSONROWS_H
#define MMC_RUNTIME_DATA_JSONROWS_H

#include "mmc/Runtime/Core/Status.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mmc {

/// A file `[{…}, {…}, …]`. Where its rows lie is found in one pass and kept in the cache folder
/// (cacheFolder()), so that opening it again costs no pass; the index holds for the file's size and
/// time of last change. Const members may be called from several threads at once.
class JsonRows {
public:
  /// Opens or indexes `file`. BadInput with the byte for what is not JSON, not a list or a row that
  /// is no object, and for a row beyond 256 MiB; Io if it cannot be read.
  static StatusOr<std::unique_ptr<JsonRows>> open(const std::string &file);
  ~JsonRows();

  int64_t size() const;
  /// The object at `index`; Io when the file has changed since.
  StatusOr<nlohmann::json> row(int64_t index) const;
  /// The field `split` of a row, "" where there is none.
  const std::string &split(int64_t index) const;
  /// The different values of `split`, and how many rows have each: without reading rows.
  struct Split {
    std::string name;
    int64_t rows;
  };
  const std::vector<Split> &splits() const;

  /// CRC-32C of the rows' ids, each ended by a zero byte: what tells the data on resume.
  uint32_t idsChecksum() const;
  /// Whether the index was found instead of made.
  bool reopened() const;
  /// Size and time of last change of the file, for caches that go with it.
  std::string stamp() const;
  const std::string &path() const;

  /// What messages call a row: its field `id`, a string or number, else "#index".
  static std::string idOf(const nlohmann::json &row, int64_t index);

private:
  JsonRows();
  struct State;
  std::unique_ptr<State> state;
};

/// Where indices and token counts are kept: $MMC_CACHE_DIR, else $XDG_CACHE_HOME/mmc, else
/// $HOME/.cache/mmc; made if it is not there. "" if there is no such place: then nothing is kept.
std::string cacheFolder();

/// The file of the cache folder for `key`, "" without a folder. `kind` ends its name.
std::string cacheFile(const std::string &key, const char *kind);

} // namespace mmc

#endif // MMC_RUNTIME_DATA_JSONROWS_H
