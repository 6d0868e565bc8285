// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Builds double arrays.

#include "ByteTrie.h"

#include <algorithm>

using namespace mmc;

static constexpr int32_t kBlock = 256;
/// Places are looked for in so many blocks at most: an older block is given up.
static constexpr size_t kOpenBlocks = 16;
static constexpr int32_t kRootParent = -2;

int32_t ByteTrie::findBase(const std::vector<unsigned char> &bytes) {
  for (int32_t block : openBlocks) {
    if (freeEntries[block] < static_cast<int>(bytes.size()))
      continue;
    for (int32_t base = block * kBlock; base < (block + 1) * kBlock; ++base)
      if (std::all_of(bytes.begin(), bytes.end(),
                      [&](unsigned char byte) { return nodes[base ^ byte].parent == kNone; }))
        return base;
  }
  int32_t block = static_cast<int32_t>(freeEntries.size());
  nodes.resize(nodes.size() + kBlock);
  freeEntries.push_back(kBlock);
  if (openBlocks.size() == kOpenBlocks)
    openBlocks.erase(openBlocks.begin());
  openBlocks.push_back(block);
  return block * kBlock;
}

ByteTrie::ByteTrie(std::vector<std::pair<std::string_view, int32_t>> keys) {
  if (keys.empty())
    return;
  std::sort(keys.begin(), keys.end());
  nodes.resize(kBlock);
  freeEntries.push_back(kBlock - 1);
  openBlocks.push_back(0);
  // Neither free nor anyone's child.
  nodes[kRoot].parent = kRootParent;

  struct Range {
    Node node;
    size_t begin, end, depth;
  };
  std::vector<Range> rest{{kRoot, 0, keys.size(), 0}};
  std::vector<unsigned char> bytes;
  std::vector<size_t> begins;
  while (!rest.empty()) {
    Range range = rest.back();
    rest.pop_back();
    if (keys[range.begin].first.size() == range.depth)
      nodes[range.node].value = keys[range.begin++].second;
    bytes.clear();
    begins.clear();
    for (size_t i = range.begin; i < range.end; ++i) {
      unsigned char byte = keys[i].first[range.depth];
      if (bytes.empty() || bytes.back() != byte) {
        bytes.push_back(byte);
        begins.push_back(i);
      }
    }
    begins.push_back(range.end);
    if (bytes.empty()) {
      // A leaf: its base points at the root's block, where no entry has it as its parent.
      nodes[range.node].base = 0;
      continue;
    }
    int32_t base = findBase(bytes);
    nodes[range.node].base = base;
    for (size_t i = 0; i < bytes.size(); ++i) {
      Node child = base ^ bytes[i];
      nodes[child].parent = range.node;
      --freeEntries[base / kBlock];
      rest.push_back({child, begins[i], begins[i + 1], range.depth + 1});
    }
  }
  freeEntries = {};
  openBlocks = {};
}
