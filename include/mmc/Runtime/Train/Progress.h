// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How far training is, for people: one line that is redrawn on a terminal, else now and then a
// line.

#ifndef MMC_RUNTIME_TRAIN_PROGRESS_H
#define MMC_RUNTIME_TRAIN_PROGRESS_H

#include <cstdint>
#include <cstdio>
#include <string>

namespace mmc {

class Progress {
public:
  /// `stream` is not owned. `doneSteps` are done before this process starts (on resume); of
  /// `totalSteps` in all.
  Progress(std::FILE *stream, int64_t totalSteps, int64_t doneSteps = 0);
  /// For tests: says what stream it is instead of asking it.
  Progress(std::FILE *stream, bool isTerminal, int64_t totalSteps, int64_t doneSteps);
  ~Progress() { finish(); }
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  /// After a step: `doneSteps` are done now, `seconds` after this process began its first step. On
  /// a terminal redraws the line. Elsewhere prints the first step, the last, and one line per ten
  /// seconds between them, so that logs stay short.
  void update(int64_t doneSteps, double loss, double learningRate, double tokensPerSecond,
              double seconds);
  /// Ends the redrawn line, so that other output starts on its own.
  void finish();

private:
  std::FILE *stream;
  bool isTerminal;
  int64_t totalSteps, startSteps;
  bool lineOpen = false, printedAny = false;
  double lastPrinted = 0;
};

/// "0:07", "12:34", "3:02:01", "5 d 03:02:01"; "?" if not finite or negative.
std::string formatDuration(double seconds);

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_PROGRESS_H
