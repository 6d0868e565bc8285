// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A tree of byte strings that is walked a byte at a time.

#ifndef MMC_LIB_RUNTIME_DATA_BYTETRIE_H
#define MMC_LIB_RUNTIME_DATA_BYTETRIE_H

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace mmc {

/// A double array (Aoe, "An efficient digital search algorithm by using a double-array structure",
/// 1989): the child of node n by byte b is node base[n] ^ b, if that one's parent is n.
class ByteTrie {
public:
  static constexpr int32_t kNone = -1;
  using Node = int32_t;
  static constexpr Node kRoot = 0;

  ByteTrie() = default;
  /// Keys must be different and not empty, values not negative.
  explicit ByteTrie(std::vector<std::pair<std::string_view, int32_t>> keys);

  bool isEmpty() const { return nodes.empty(); }
  /// Steps to the child by `byte`; false where there is none. The tree must not be empty.
  bool step(Node &node, unsigned char byte) const {
    Node child = nodes[node].base ^ byte;
    if (nodes[child].parent != node)
      return false;
    node = child;
    return true;
  }
  /// The value of the key that ends here, or kNone.
  int32_t value(Node node) const { return nodes[node].value; }

private:
  struct Entry {
    /// A free entry has no parent. Entries come in blocks of 256, so that base ^ byte is always
    /// one.
    int32_t base = 0, parent = kNone, value = kNone;
  };
  int32_t findBase(const std::vector<unsigned char> &bytes);
  std::vector<Entry> nodes;
  /// While it is built: free entries of each block, and the blocks where places are looked for.
  std::vector<int> freeEntries;
  std::vector<int32_t> openBlocks;
};

} // namespace mmc

#endif // MMC_LIB_RUNTIME_DATA_BYTETRIE_H
