// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The progress line.

#include "mmc/Runtime/Train/Progress.h"

#include <cmath>
#include <unistd.h>

namespace mmc {

std::string formatDuration(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9)
    return "?";
  long long whole = std::llround(seconds);
  long long days = whole / 86400, hours = whole / 3600 % 24;
  int minutes = whole / 60 % 60, rest = whole % 60;
  char text[64];
  if (days)
    std::snprintf(text, sizeof(text), "%lld d %02lld:%02d:%02d", days, hours, minutes, rest);
  else if (hours)
    std::snprintf(text, sizeof(text), "%lld:%02d:%02d", hours, minutes, rest);
  else
    std::snprintf(text, sizeof(text), "%d:%02d", minutes, rest);
  return text;
}

Progress::Progress(std::FILE *stream, int64_t totalSteps, int64_t doneSteps)
    : Progress(stream, isatty(fileno(stream)) == 1, totalSteps, doneSteps) {}

Progress::Progress(std::FILE *stream, bool isTerminal, int64_t totalSteps, int64_t doneSteps)
    : stream(stream), isTerminal(isTerminal), totalSteps(totalSteps), startSteps(doneSteps) {}

void Progress::update(int64_t doneSteps, double loss, double learningRate, double tokensPerSecond,
                      double seconds) {
  constexpr double plainInterval = 10;
  const bool last = doneSteps >= totalSteps;
  if (!isTerminal && printedAny && !last && seconds - lastPrinted < plainInterval)
    return;
  const double left = seconds / (doneSteps - startSteps) * (totalSteps - doneSteps);
  char text[256];
  std::snprintf(text, sizeof(text), "step %lld/%lld  loss %.4f  lr %.3g  %.0f tokens/s  %s %s",
                static_cast<long long>(doneSteps), static_cast<long long>(totalSteps), loss,
                learningRate, tokensPerSecond, formatDuration(last ? seconds : left).c_str(),
                last ? "in all" : "left");
  if (isTerminal)
    std::fprintf(stream, "\r%s\x1b[K", text); // the escape clears what a longer line left behind
  else
    std::fprintf(stream, "%s\n", text);
  std::fflush(stream);
  lineOpen = isTerminal;
  printedAny = true;
  lastPrinted = seconds;
}

void Progress::finish() {
  if (lineOpen)
    std::fputc('\n', stream);
  std::fflush(stream);
  lineOpen = false;
}

} // namespace mmc
