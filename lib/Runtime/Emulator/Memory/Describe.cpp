// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Looking up addresses, and saying where they lie.

#include "Describe.h"

#include "Allocation.h"

#include <algorithm>

namespace mmc::emulator {

std::shared_ptr<Allocation> findAllocation(const AllocationTable &table, uint64_t address) {
  auto place =
      std::upper_bound(table.begin(), table.end(), address,
                       [](uint64_t a, const auto &allocation) { return a < allocation->base; });
  if (place == table.begin())
    return nullptr;
  --place;
  return address < (*place)->end() ? *place : nullptr;
}

std::string hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

std::string describeRange(const std::string &name, uint64_t base, uint64_t bytes,
                          uint64_t address) {
  std::string where;
  if (address < base)
    where = std::to_string(base - address) + " bytes before ";
  else if (address >= base + bytes)
    where = address == base + bytes
                ? "just past the end of "
                : std::to_string(address - base - bytes) + " bytes past the end of ";
  else
    where = "at byte " + std::to_string(address - base) + " of ";
  return where + "'" + name + "' (" + std::to_string(bytes) + " bytes at " + hex(base) + ")";
}

std::string describeAddress(const AllocationTable &table, uint64_t address) {
  const Allocation *best = nullptr;
  uint64_t distance = ~uint64_t(0);
  for (const auto &allocation : table) {
    uint64_t d = address < allocation->base     ? allocation->base - address
                 : address >= allocation->end() ? address - allocation->end()
                                                : 0;
    if (d < distance)
      distance = d, best = allocation.get();
  }
  if (address < 4096)
    return "a null pointer";
  if (!best)
    return "nothing is allocated";
  if (distance > (uint64_t(1) << 32))
    return "far from every allocation";
  return describeRange(best->name, best->base, best->bytes, address) +
         (best->isFreed ? ", freed" : "");
}

} // namespace mmc::emulator
