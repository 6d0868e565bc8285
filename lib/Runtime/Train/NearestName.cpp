// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Levenshtein distance.

#include "NearestName.h"

#include <algorithm>
#include <numeric>

using namespace mmc;

static size_t editsBetween(const std::string &a, const std::string &b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string mmc::didYouMean(const std::string &typed, const std::vector<std::string> &names) {
  const std::string *best = nullptr;
  size_t fewest = std::max<size_t>(2, typed.size() / 2) + 1;
  for (const std::string &name : names)
    if (size_t edits = editsBetween(typed, name); edits < fewest) {
      fewest = edits;
      best = &name;
    }
  return best ? "; did you mean '" + *best + "'?" : "";
}
