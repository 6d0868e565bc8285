// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Vector clocks: which work of which stream is known to have been done before.

#ifndef MMC_EMULATOR_DRIVER_CLOCK_H
#define MMC_EMULATOR_DRIVER_CLOCK_H

#include <algorithm>
#include <cstdint>
#include <map>

namespace mmc::emulator::driver {

/// A lane is something whose work is done one after the other: a stream, or a branch of a launched
/// graph. Its work is numbered from 1.
struct Lane {
  uint32_t number = 0;
  uint64_t time = 0; ///< of its last work
};

/// The number of the last work known to be done of every lane.
class Clock {
public:
  uint64_t time(uint32_t lane) const {
    auto found = times.find(lane);
    return found == times.end() ? 0 : found->second;
  }
  bool knows(uint32_t lane, uint64_t at) const { return time(lane) >= at; }
  void set(uint32_t lane, uint64_t at) { times[lane] = at; }
  void join(const Clock &other) {
    for (const auto &[lane, at] : other.times) {
      uint64_t &mine = times[lane];
      mine = std::max(mine, at);
    }
  }

private:
  std::map<uint32_t, uint64_t> times;
};

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_CLOCK_H
