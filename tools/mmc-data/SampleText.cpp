// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Renders a sample: runs of tokens that are alike, each by what it adds to the text before it.

#include "SampleText.h"

#include <cstdio>

namespace mmc::data {

namespace {

enum class Kind { Text, Learnt, Picture, Modality };

Kind kindOf(const Sample &sample, size_t i) {
  if (sample.imageSlots[i] >= 0)
    return Kind::Picture;
  if (sample.modality >= 0 && i == 0)
    return Kind::Modality;
  return sample.labels[i] == kIgnoredLabel ? Kind::Text : Kind::Learnt;
}

/// Terminals must not obey the text.
std::string printable(const std::string &text) {
  std::string result;
  for (unsigned char c : text)
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", c);
      result += escape;
    } else {
      result += static_cast<char>(c);
    }
  return result;
}

} // namespace

std::string renderSample(const Sample &sample, const Tokenizer &tokenizer, bool colors) {
  std::string result, before;
  std::vector<int32_t> seen; // text tokens since the last picture
  size_t size = sample.inputIds.size();
  for (size_t begin = 0; begin < size;) {
    Kind kind = kindOf(sample, begin);
    size_t end = begin + 1;
    while (end < size && kindOf(sample, end) == kind)
      ++end;
    if (kind == Kind::Picture || kind == Kind::Modality) {
      result += kind == Kind::Modality ? "<modality>"
                                       : "<picture: " + std::to_string(end - begin) + " tokens>";
      seen.clear();
      before.clear();
      begin = end;
      continue;
    }
    seen.insert(seen.end(), sample.inputIds.begin() + begin, sample.inputIds.begin() + end);
    StatusOr<std::string> decoded = tokenizer.decode(seen, false);
    std::string whole = decoded.isOk() ? *decoded : "<" + decoded.status().message() + ">";
    std::string text = printable(
        whole.compare(0, before.size(), before) == 0 ? whole.substr(before.size()) : whole);
    before = std::move(whole);
    if (kind == Kind::Learnt)
      text = colors ? "\x1b[32m" + text + "\x1b[0m" : "[[" + text + "]]";
    result += text;
    begin = end;
  }
  return result;
}

} // namespace mmc::data
