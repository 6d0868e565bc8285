// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a warp and its lanes know of the accesses of others: Memory/Race.h.

#include "Block.h"

#include <algorithm>

namespace mmc::emulator {

static void raise(LaneClocks &clocks, const LaneClocks &other) {
  for (unsigned i = 0; i < clocks.size(); ++i)
    clocks[i] = std::max(clocks[i], other[i]);
}

/// Adds what is known of the lanes of a warp, shortly if all are known alike.
static void addLanes(Knowledge &to, uint32_t block, uint32_t warp, uint32_t lanes,
                     const LaneClocks &clocks) {
  uint32_t lowest = maxClock, highest = 0;
  for (uint32_t rest = lanes; rest; rest &= rest - 1) {
    lowest = std::min(lowest, clocks[__builtin_ctz(rest)]);
    highest = std::max(highest, clocks[__builtin_ctz(rest)]);
  }
  uint32_t &whole = to.blocks.try_emplace(block).first->second[warp];
  whole = std::max(whole, lowest);
  if (highest > whole)
    raise(to.lanes[{block, warp}], clocks);
}

bool Warp::isKnownApart(Stamp earlier, unsigned lane) const {
  auto isIn = [&](const std::shared_ptr<const Knowledge> &knowledge) {
    return knowledge &&
           knowledge->clockOfThread(earlier.block(), earlier.thread()) > earlier.clock();
  };
  return isIn(external) || (laneNews && isIn((*laneNews)[lane]));
}

void Warp::advanceClock() {
  if (clock < maxClock)
    ++clock;
}

static LaneTable &tableOf(std::unique_ptr<LaneTable> &table) {
  if (!table)
    table = std::make_unique<LaneTable>();
  return *table;
}

void Warp::synchronizeLanes(uint32_t met) {
  uint32_t before = clock;
  advanceClock();
  if (laneNews)
    shareNews(met);
  if ((met & live) == live) {
    laneBase = clock;
    return;
  }
  // Everybody learns what anybody of them knows, and that all of them have come this far.
  LaneTable &table = tableOf(laneClocks);
  LaneClocks joined{};
  forLanes(met, [&](unsigned lane) { raise(joined, table[lane]); });
  forLanes(met, [&](unsigned lane) { joined[lane] = before + 1; });
  forLanes(met, [&](unsigned lane) { table[lane] = joined; });
}

Knowledge Warp::knowledge() const {
  Knowledge all;
  if (external)
    all = *external;
  if (laneNews)
    for (const auto &news : *laneNews)
      if (news)
        all.join(*news);
  BlockClocks mine = known;
  mine[index] = clock + 1;
  Knowledge own;
  own.blocks[number] = mine;
  all.join(own);
  return all;
}

Knowledge Warp::knowledge(uint32_t publishing) const {
  if ((publishing & live) == live)
    return knowledge();
  Knowledge all;
  if (external)
    all = *external;
  LaneClocks clocks{};
  forLanes(publishing, [&](unsigned lane) {
    if (laneNews && (*laneNews)[lane])
      all.join(*(*laneNews)[lane]);
    for (unsigned other = 0; other < 32; ++other)
      clocks[other] = std::max(clocks[other], knownOfLane(lane, other));
  });
  forLanes(publishing, [&](unsigned lane) { clocks[lane] = clock + 1; });
  Knowledge own;
  own.blocks[number] = known;
  addLanes(own, number, index, lanes, clocks);
  all.join(own);
  return all;
}

void Warp::fence(uint32_t fencing, bool forAll) {
  Knowledge all = knowledge();
  all.blocks[number][index] = 0;
  auto others = std::make_shared<const Knowledge>(std::move(all));
  for (std::unique_ptr<Fenced> *fenced : {&this->fenced, forAll ? &fencedForAll : nullptr}) {
    if (!fenced)
      continue;
    if (!*fenced)
      *fenced = std::make_unique<Fenced>();
    (*fenced)->others = others;
    (*fenced)->hasNews = true;
    forLanes(fencing, [&](unsigned lane) {
      LaneClocks &covered = (*fenced)->lanes[lane];
      for (unsigned other = 0; other < 32; ++other)
        covered[other] = std::max(covered[other], knownOfLane(lane, other));
      covered[lane] = clock + 1;
    });
  }
  advanceClock();
}

Knowledge Warp::fencedKnowledge(const Fenced &by, uint32_t publishing) const {
  // A lane's own fence, and those of others that it knows to have been executed.
  LaneClocks clocks{};
  forLanes(publishing, [&](unsigned lane) {
    forLanes(lanes, [&](unsigned other) {
      const LaneClocks &covered = by.lanes[other];
      if (covered[other] && (other == lane || knownOfLane(lane, other) >= covered[other]))
        raise(clocks, covered);
    });
  });
  Knowledge all = *by.others, own;
  addLanes(own, number, index, lanes, clocks);
  all.join(own);
  return all;
}

std::shared_ptr<const Knowledge> Warp::fencedByAll(const std::unique_ptr<Fenced> &by) const {
  if (!by || !by->hasNews)
    return by ? by->others : nullptr;
  return std::make_shared<const Knowledge>(fencedKnowledge(*by, lanes));
}

void Warp::takeFenced(std::unique_ptr<Fenced> &by, const std::shared_ptr<const Knowledge> &joined) {
  if (!joined)
    return;
  if (!by)
    by = std::make_unique<Fenced>();
  by->others = joined;
  by->hasNews = false;
}

/// Learns of the warps of its own block. True if there is something else.
static bool learnOfBlock(Warp &warp, const Knowledge &news) {
  auto own = news.blocks.find(warp.number);
  if (own == news.blocks.end())
    return !news.blocks.empty() || !news.lanes.empty();
  for (unsigned i = 0; i < 32; ++i)
    if (i != warp.index)
      warp.known[i] = std::max(warp.known[i], own->second[i]);
  return news.blocks.size() > 1 || !news.lanes.empty();
}

void Warp::learn(const std::shared_ptr<const Knowledge> &news) {
  if (external && !news->covers(*external))
    return learn(*news);
  // What it has of this block is the same as `known` or less.
  if (!learnOfBlock(*this, *news))
    return;
  external = news;
  knowsApart = true;
}

void Warp::learn(const Knowledge &news) {
  if (!learnOfBlock(*this, news))
    return;
  Knowledge all = external ? *external : Knowledge();
  all.join(news);
  all.blocks.erase(number);
  external = std::make_shared<const Knowledge>(std::move(all));
  knowsApart = true;
}

/// What news say of the lanes of this very warp.
static void learnOfOwnLanes(Warp &warp, const Knowledge &news, uint32_t learning) {
  LaneClocks own;
  own.fill(news.clock(warp.number, warp.index));
  if (auto found = news.lanes.find({warp.number, warp.index}); found != news.lanes.end())
    raise(own, found->second);
  if (*std::max_element(own.begin(), own.end()) <= warp.laneBase)
    return;
  LaneTable &table = tableOf(warp.laneClocks);
  forLanes(learning, [&](unsigned lane) { raise(table[lane], own); });
}

void Warp::learn(const Knowledge &news, uint32_t learning) {
  learn(news);
  learnOfOwnLanes(*this, news, learning);
}

void Warp::learnAlone(const std::shared_ptr<const Knowledge> &news, uint32_t learning) {
  learnOfOwnLanes(*this, *news, learning);
  if ((learning & live) == live)
    return learn(news);
  if (!laneNews)
    laneNews = std::make_unique<std::array<std::shared_ptr<const Knowledge>, 32>>();
  knowsApart = true;
  // Lanes that had the same news before have the same afterwards.
  std::shared_ptr<const Knowledge> before, after;
  forLanes(learning, [&](unsigned lane) {
    std::shared_ptr<const Knowledge> &mine = (*laneNews)[lane];
    if (!after || mine != before) {
      before = mine;
      after = news;
      if (mine && !news->covers(*mine)) {
        Knowledge all = *mine;
        all.join(*news);
        after = std::make_shared<const Knowledge>(std::move(all));
      }
    }
    mine = after;
  });
}

void Warp::shareNews(uint32_t from) {
  std::shared_ptr<const Knowledge> all;
  bool isSame = true;
  forLanes(from, [&](unsigned lane) {
    const std::shared_ptr<const Knowledge> &mine = (*laneNews)[lane];
    isSame &= mine == (*laneNews)[__builtin_ctz(from)];
    if (!mine || mine == all)
      return;
    if (!all) {
      all = mine;
      return;
    }
    Knowledge both = *all;
    both.join(*mine);
    all = std::make_shared<const Knowledge>(std::move(both));
  });
  if ((from & live) == live) {
    if (all)
      learn(all);
    laneNews = nullptr;
  } else if (!isSame) {
    forLanes(from, [&](unsigned lane) { (*laneNews)[lane] = all; });
  }
}

} // namespace mmc::emulator
