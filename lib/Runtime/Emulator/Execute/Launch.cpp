// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The host threads that run the blocks of a launch.

#include "Launch.h"

#include "Block.h"

#include "mmc/Runtime/Core/StartThread.h"

#include <algorithm>
#include <cstdio>
#include <random>

#include <immintrin.h>

namespace mmc::emulator {

static constexpr uint64_t blockBudget = uint64_t(1)
                                        << 16; ///< instructions before another block is begun
static constexpr size_t seededWindow = 8;      ///< blocks that are interleaved by a seed
static constexpr uint64_t seededPatience =
    1 << 12; ///< turns without a finished block before one more is begun

bool Worker::account(uint64_t executed) {
  uint64_t total = launch.instructions.fetch_add(executed) + executed;
  if (launch.options.maxInstructions && total > launch.options.maxInstructions)
    launch.isHung = true;
  return !launch.isHung && !launch.isStopped;
}

void Worker::run() {
  std::vector<std::unique_ptr<Block>> resident, spare;
  uint64_t count = launch.blockCount(), told = 0;
  auto begin = [&] {
    uint64_t number = launch.nextBlock.fetch_add(1);
    if (number >= count)
      return false;
    std::unique_ptr<Block> block;
    if (spare.empty()) {
      block = std::make_unique<Block>();
    } else {
      block = std::move(spare.back());
      spare.pop_back();
    }
    block->start(launch, *this, number);
    resident.push_back(std::move(block));
    return true;
  };
  while (!resident.empty() || begin()) {
    for (size_t i = 0; i < resident.size();) {
      bool goesOn = resident[i]->run(blockBudget * resident.size());
      if (!account(issued - told))
        return;
      told = issued;
      if (goesOn) {
        ++i;
        continue;
      }
      spare.push_back(std::move(resident[i]));
      resident.erase(resident.begin() + i);
    }
    // A block that takes long may wait for one that has not begun.
    if (!resident.empty())
      begin();
  }
}

void Worker::runSeeded(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::unique_ptr<Block>> resident;
  uint64_t count = launch.blockCount(), next = 0, told = 0, idle = 0;
  std::vector<uint64_t> drawn; // numbers that come next, in an order of their own
  auto begin = [&] {
    while (drawn.size() < seededWindow && next < count)
      drawn.push_back(next++);
    if (drawn.empty())
      return;
    size_t pick = random() % drawn.size();
    resident.push_back(std::make_unique<Block>());
    resident.back()->start(launch, *this, drawn[pick]);
    drawn.erase(drawn.begin() + pick);
  };
  for (size_t i = 0; i < seededWindow; ++i)
    begin();
  while (!resident.empty()) {
    size_t pick = random() % resident.size();
    Block &block = *resident[pick];
    uint32_t warp = static_cast<uint32_t>(random() % block.warps.size());
    // Mostly short turns, sometimes long ones.
    uint32_t budget = 1u << random() % 10;
    bool goesOn = block.runWarp(warp, budget);
    if (++idle > seededPatience) {
      idle = 0;
      begin();
    }
    if (!account(issued - told))
      return;
    told = issued;
    if (goesOn)
      continue;
    idle = 0;
    resident.erase(resident.begin() + pick);
    begin();
  }
}

static void runWorker(Worker &worker) {
  // PTX has subnormals and rounds to nearest unless an instruction says otherwise.
  unsigned control = _mm_getcsr();
  _mm_setcsr(0x1f80);
  if (worker.launch.options.schedule)
    worker.runSeeded(*worker.launch.options.schedule);
  else
    worker.run();
  _mm_setcsr(control);
}

void Launch::print(bool isError, const std::string &text) const {
  if (options.print)
    options.print(isError, text);
  else
    std::fwrite(text.data(), 1, text.size(), isError ? stderr : stdout);
}

void Launch::run() {
  unsigned threads =
      options.threads ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  if (options.schedule)
    threads = 1;
  threads = static_cast<unsigned>(std::min<uint64_t>(threads, blockCount()));
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < threads; ++i)
    workers.push_back(std::make_unique<Worker>(*this));
  std::vector<std::thread> pool;
  for (unsigned i = 1; i < threads; ++i) // without those that the system does not give
    startThread(pool, [&workers, i] { runWorker(*workers[i]); });
  runWorker(*workers[0]);
  for (std::thread &thread : pool)
    thread.join();
  for (std::unique_ptr<Worker> &worker : workers) {
    for (size_t pc = 0; pc < program.code.size(); ++pc) {
      worker->counters.threadInstructions += worker->threadCounts[pc];
      worker->counters.warpInstructions += worker->warpCounts[pc];
      worker->counters.byClass[static_cast<unsigned>(program.sites[pc].kind)] +=
          worker->threadCounts[pc];
    }
    total += worker->counters;
  }
}

} // namespace mmc::emulator
