// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// TensorBoard's event files: TFRecord-framed Event messages with scalar summaries.

#ifndef MMC_RUNTIME_TRAIN_EVENTFILE_H
#define MMC_RUNTIME_TRAIN_EVENTFILE_H

#include "mmc/Runtime/Core/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mmc {

/// One events.out.tfevents.<seconds>.<host>.<process>. Each record is handed to the operating
/// system as it is written.
class EventFile {
public:
  /// Creates a file of its own in `directory`. With `resumedStep`, the last step that the resumed
  /// state contains, it tells TensorBoard to forget what older files say about later steps.
  static StatusOr<EventFile> create(const std::string &directory,
                                    std::optional<int64_t> resumedStep = std::nullopt);

  EventFile(EventFile &&other) noexcept;
  EventFile &operator=(EventFile &&) = delete;
  ~EventFile();

  /// One event that gives each name its value (rounded to f32, as TensorBoard keeps them) at
  /// `step`.
  Status write(int64_t step, const std::vector<std::pair<std::string, double>> &scalars);
  const std::string &path() const { return filePath; }

private:
  EventFile(std::string path, int descriptor);
  Status writeRecord(const std::string &message);
  std::string filePath;
  int descriptor = -1;
};

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_EVENTFILE_H
