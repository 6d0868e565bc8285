// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads the chosen option out of generated text and counts what was right.

#include "mmc/Runtime/Data/MultipleChoice.h"

using namespace mmc;

std::optional<int64_t> mmc::parseAnswer(std::string_view text, int64_t choices) {
  constexpr std::string_view kLead = "The answer is ";
  for (size_t at = text.find(kLead); at != std::string_view::npos; at = text.find(kLead, at + 1)) {
    std::string_view rest = text.substr(at + kLead.size());
    if (rest.size() < 2 || rest[0] < 'A' || rest[0] > 'Z' || rest[1] == '\n')
      continue;
    // Only the first match counts, even when a later one would name an option.
    int64_t option = rest[0] - 'A';
    if (option >= choices)
      return std::nullopt;
    return option;
  }
  return std::nullopt;
}

void MultipleChoiceScore::add(std::optional<int64_t> chosen, int64_t answer, bool hasImage) {
  Tally &tally = hasImage ? image : text;
  ++tally.asked;
  tally.right += chosen && *chosen == answer;
  tally.unread += !chosen;
}

Tally MultipleChoiceScore::all() const {
  return {image.asked + text.asked, image.right + text.right, image.unread + text.unread};
}
