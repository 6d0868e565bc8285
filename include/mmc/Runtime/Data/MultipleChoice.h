// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads the chosen option out of generated text and counts what was right.

#ifndef MMC_RUNTIME_DATA_MULTIPLECHOICE_H
#define MMC_RUNTIME_DATA_MULTIPLECHOICE_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace mmc {

/// The option (from 0) that the first "The answer is X." of `text` names, X one capital letter: the
/// regular expression `The answer is ([A-Z]).` of LaVIN's evaluation, whose last dot is any
/// character but a newline. Nothing without a match, or when the letter is none of `choices`
/// options; LaVIN then picks at random, here it counts as wrong.
std::optional<int64_t> parseAnswer(std::string_view text, int64_t choices);

/// Right answers among those asked.
struct Tally {
  int64_t asked = 0, right = 0;
  /// Answers that parseAnswer could not read; they count as asked, not as right.
  int64_t unread = 0;
  /// In [0, 1]; 0 before the first question.
  double accuracy() const { return asked ? static_cast<double>(right) / asked : 0.0; }
};

/// Accuracy on problems with picture, without, and on all.
class MultipleChoiceScore {
public:
  /// Counts one answer: `chosen` as parseAnswer gives it, `answer` the right option.
  void add(std::optional<int64_t> chosen, int64_t answer, bool hasImage);

  const Tally &withImage() const { return image; }
  const Tally &textOnly() const { return text; }
  Tally all() const;

private:
  Tally image, text;
};

} // namespace mmc

#endif // MMC_RUNTIME_DATA_MULTIPLECHOICE_H
