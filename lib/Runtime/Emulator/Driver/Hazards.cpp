// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The last accesses of every byte that work has touched, and whether the next one is ordered behind
// them.

#include "Hazards.h"

#include "../Memory/Describe.h"
#include "Driver.h"
#include "Stream.h"

#include <map>
#include <memory>
#include <mutex>

namespace mmc::emulator::driver {

namespace {

/// Who did it; shared by the ranges that it touched.
struct Who {
  std::string name, stream;
  uint64_t serial = 0; ///< the order in which work was enqueued
};

struct Access {
  uint32_t lane = 0;
  uint64_t time = 0; ///< 0: none
  std::shared_ptr<const Who> who;
  bool operator==(const Access &other) const { return lane == other.lane && time == other.time; }
};

/// Bytes with the same past: the last write, and the reads since, one per lane.
struct Segment {
  uint64_t end = 0;
  Access write;
  std::vector<Access> reads;
  bool samePast(const Segment &other) const { return write == other.write && reads == other.reads; }
};

class Past {
public:
  /// Cuts so that segments begin or end at both places.
  void cut(uint64_t at) {
    auto place = segments.upper_bound(at);
    if (place == segments.begin())
      return;
    --place;
    if (place->first >= at || place->second.end <= at)
      return;
    Segment upper = place->second;
    place->second.end = at;
    segments.emplace(at, std::move(upper));
  }

  /// Calls f(segment) for what is known of [begin, end).
  template <typename F>
  void visit(uint64_t begin, uint64_t end, F f) {
    auto place = segments.upper_bound(begin);
    if (place != segments.begin() && std::prev(place)->second.end > begin)
      --place;
    for (; place != segments.end() && place->first < end; ++place)
      f(place->first, place->second);
  }

  void write(uint64_t begin, uint64_t end, const Access &access) {
    erase(begin, end);
    Segment segment;
    segment.end = end;
    segment.write = access;
    merge(segments.emplace(begin, std::move(segment)).first);
  }

  void read(uint64_t begin, uint64_t end, const Access &access, const Clock &clock) {
    cut(begin);
    cut(end);
    uint64_t at = begin;
    std::vector<std::pair<uint64_t, uint64_t>> gaps;
    visit(begin, end, [&](uint64_t from, Segment &segment) {
      if (from > at)
        gaps.emplace_back(at, from);
      at = segment.end;
      // Reads that are known to be done are covered by this one.
      auto &reads = segment.reads;
      reads.erase(
          std::remove_if(reads.begin(), reads.end(),
                         [&](const Access &other) { return clock.knows(other.lane, other.time); }),
          reads.end());
      reads.push_back(access);
    });
    if (at < end)
      gaps.emplace_back(at, end);
    for (auto [from, to] : gaps) {
      Segment segment;
      segment.end = to;
      segment.reads.push_back(access);
      segments.emplace(from, std::move(segment));
    }
    // Neighbours that have become alike are one again.
    for (auto place = segments.lower_bound(begin); place != segments.end() && place->first <= end;)
      place = std::next(merge(place));
  }

  void erase(uint64_t begin, uint64_t end) {
    cut(begin);
    cut(end);
    segments.erase(segments.lower_bound(begin), segments.lower_bound(end));
  }

private:
  using Map = std::map<uint64_t, Segment>;
  /// Joins a segment with the one before it if they are alike.
  Map::iterator merge(Map::iterator place) {
    if (place == segments.begin())
      return place;
    auto before = std::prev(place);
    if (before->second.end != place->first || !before->second.samePast(place->second))
      return place;
    before->second.end = place->second.end;
    segments.erase(place);
    return before;
  }
  Map segments;
};

struct State {
  std::mutex mutex;
  Past past;
};
State &state() {
  static State &all = *new State;
  return all;
}

/// The finding is the later call's, whichever of the two happened to run first.
void reportRace(const Who &one, bool oneWrites, const Who &two, bool twoWrites, uint64_t begin,
                uint64_t end) {
  bool isOne = one.serial > two.serial;
  const Who &later = isOne ? one : two, &earlier = isOne ? two : one;
  Finding finding;
  finding.kind = kind::streamRace;
  finding.operation = later.name;
  finding.other = earlier.name;
  finding.address = begin;
  finding.bytes = end - begin;
  finding.message = "in " + later.stream + " " +
                    ((isOne ? oneWrites : twoWrites) ? "writes" : "reads") + " " +
                    std::to_string(end - begin) + " bytes " + driver::describeAddress(begin) +
                    ", which " + earlier.name + " in " + earlier.stream + " " +
                    ((isOne ? twoWrites : oneWrites) ? "writes" : "reads") +
                    ", and nothing orders the two: no event, no synchronisation between them";
  report(std::move(finding));
}

} // namespace

/// One race of a step with each earlier operation is enough.
static void checkAccess(Past &past, const Step &step, const std::shared_ptr<const Who> &who,
                        uint64_t begin, uint64_t end, bool writes, std::vector<Access> &seen) {
  past.visit(begin, end, [&](uint64_t from, const Segment &segment) {
    auto check = [&](const Access &before, bool wrote) {
      if (!before.time || before.lane == step.lane || step.clock.knows(before.lane, before.time) ||
          std::find(seen.begin(), seen.end(), before) != seen.end())
        return;
      seen.push_back(before);
      reportRace(*who, writes, *before.who, wrote, std::max(begin, from),
                 std::min(end, segment.end));
    };
    check(segment.write, true);
    if (writes)
      for (const Access &read : segment.reads)
        check(read, false);
  });
}

void recordAccesses(const Step &step, const std::vector<AccessRange> &found) {
  const Operation &operation = step.operation;
  if (operation.reads.empty() && operation.writes.empty() && found.empty())
    return;
  auto who = std::make_shared<const Who>(Who{operation.name, step.place, step.serial});
  std::vector<AccessRange> ranges = found;
  for (const ByteRange &range : operation.reads)
    ranges.push_back({range.address, range.address + range.bytes, false});
  for (const ByteRange &range : operation.writes)
    ranges.push_back({range.address, range.address + range.bytes, true});
  State &all = state();
  std::lock_guard<std::mutex> lock(all.mutex);
  std::vector<Access> seen;
  Access access{step.lane, step.time, who};
  for (const AccessRange &range : ranges)
    if (range.begin < range.end)
      checkAccess(all.past, step, who, range.begin, range.end, range.written, seen);
  // What it writes is remembered last: its own reads of the same bytes matter no more.
  for (bool written : {false, true})
    for (const AccessRange &range : ranges) {
      if (range.written != written || range.begin >= range.end)
        continue;
      if (written)
        all.past.write(range.begin, range.end, access);
      else
        all.past.read(range.begin, range.end, access, step.clock);
    }
}

void forgetAccesses(uint64_t address, uint64_t bytes) {
  State &all = state();
  std::lock_guard<std::mutex> lock(all.mutex);
  all.past.erase(address, address + bytes);
}

std::vector<std::string> accessesBeyond(const Clock &clock, uint64_t address, uint64_t bytes) {
  State &all = state();
  std::lock_guard<std::mutex> lock(all.mutex);
  std::vector<std::string> names;
  all.past.visit(address, address + bytes, [&](uint64_t, const Segment &segment) {
    auto check = [&](const Access &access) {
      if (!access.time || clock.knows(access.lane, access.time))
        return;
      std::string name = access.who->name + " in " + access.who->stream;
      if (std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
    };
    check(segment.write);
    for (const Access &read : segment.reads)
      check(read);
  });
  return names;
}

} // namespace mmc::emulator::driver
