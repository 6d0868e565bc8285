// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Page protection of pinned memory, and the signal handler that finds out who touched it too early.

#include "HostWatch.h"

#include "Stream.h"

#include <csignal>
#include <cstdlib>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

namespace mmc::emulator::driver {

namespace {

// What the signal handler looks at lies in arrays of atomics: it must not lock or allocate.
constexpr size_t maxRegions = 4096, maxFlights = 4096, maxFaults = 1024;

struct Region {
  std::atomic<uint64_t> begin{0}, end{0}; ///< of the program's addresses; end 0: free
};

/// Work that is not known to be done, and the bytes that it reads or writes.
struct Flight {
  std::atomic<uint64_t> begin{0}, end{0}; ///< end 0: free
  std::atomic<bool> writes{false};
  std::atomic<uint64_t> number{0};
  // Not for the handler:
  uint32_t lane = 0;
  uint64_t time = 0;
};

struct Fault {
  std::atomic<uint64_t> address{0}, number{0};
  std::atomic<bool> isWrite{false}, isReady{false};
};

struct State {
  Region regions[maxRegions];
  Flight flights[maxFlights];
  Fault faults[maxFaults];
  std::atomic<size_t> regionCount{0}, flightCount{0}; ///< slots that were ever used
  std::atomic<size_t> nextFault{0};
  std::mutex mutex;                      ///< for all but the handler
  size_t faultsTaken = 0;                ///< that are findings already
  std::map<uint64_t, std::string> names; ///< of flights, by number: "cuMemcpyDtoHAsync in stream 1"
  uint64_t lastNumber = 0;
  bool isInstalled = false;
  struct sigaction before = {};
};
State &state() {
  static State &all = *new State;
  return all;
}

uint64_t pageBytes() {
  static const uint64_t bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

/// The region that contains the address, or null.
Region *findRegion(State &all, uint64_t address) {
  for (size_t i = 0, count = all.regionCount.load(); i < count; ++i)
    if (address < all.regions[i].end.load() && address >= all.regions[i].begin.load())
      return &all.regions[i];
  return nullptr;
}

/// Hands the signal to whoever had it before.
void chain(State &all, int signal, siginfo_t *info, void *context) {
  if (all.before.sa_flags & SA_SIGINFO) {
    all.before.sa_sigaction(signal, info, context);
  } else if (all.before.sa_handler != SIG_DFL && all.before.sa_handler != SIG_IGN) {
    all.before.sa_handler(signal);
  } else {
    // The access faults again, and ends the process.
    struct sigaction byDefault = {};
    byDefault.sa_handler = SIG_DFL;
    sigaction(signal, &byDefault, nullptr);
  }
}

void onFault(int signal, siginfo_t *info, void *context) {
  State &all = state();
  int savedError = errno;
  uint64_t address = reinterpret_cast<uint64_t>(info->si_addr);
  Region *region = info->si_code == SEGV_ACCERR ? findRegion(all, address) : nullptr;
  if (!region) {
    chain(all, signal, info, context);
    return;
  }
  // Bit 1 of the page fault's error code: it was a store.
  bool isWrite = static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_ERR] & 2;
  for (size_t i = 0, count = all.flightCount.load(); i < count; ++i) {
    const Flight &flight = all.flights[i];
    if (address >= flight.end.load() || address < flight.begin.load() ||
        (!isWrite && !flight.writes.load()))
      continue;
    size_t index = all.nextFault.fetch_add(1);
    if (index < maxFaults) {
      Fault &fault = all.faults[index];
      fault.address = address;
      fault.isWrite = isWrite;
      fault.number = flight.number.load();
      fault.isReady = true;
    }
    break;
  }
  // Let through, as hardware would; the page is watched again from the next copy on.
  mprotect(reinterpret_cast<void *>(address & ~(pageBytes() - 1)), pageBytes(),
           PROT_READ | PROT_WRITE);
  errno = savedError;
}

void install(State &all) {
  if (all.isInstalled)
    return;
  all.isInstalled = true;
  struct sigaction action = {};
  action.sa_sigaction = onFault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, &all.before);
}

/// Protects the pages of which the flight has every byte that belongs to the region: other bytes of
/// a page may be used meanwhile, by the program or by system calls, which would fail.
void protect(const Flight &flight, const Region &region) {
  uint64_t mask = pageBytes() - 1, begin = flight.begin, end = flight.end;
  uint64_t first = begin == region.begin ? begin : (begin + mask) & ~mask;
  uint64_t last = end == region.end ? (end + mask) & ~mask : end & ~mask;
  if (first < last)
    mprotect(reinterpret_cast<void *>(first), last - first, flight.writes ? PROT_NONE : PROT_READ);
}

void unprotect(State &all, uint64_t begin, uint64_t end) {
  uint64_t mask = pageBytes() - 1;
  begin &= ~mask;
  end = (end + mask) & ~mask;
  mprotect(reinterpret_cast<void *>(begin), end - begin, PROT_READ | PROT_WRITE);
  // Others may still need some of it.
  for (bool writes : {false, true})
    for (size_t i = 0, count = all.flightCount; i < count; ++i) {
      const Flight &other = all.flights[i];
      if (other.end && other.writes == writes && other.begin < end && begin < other.end)
        if (Region *region = findRegion(all, other.begin))
          protect(other, *region);
    }
}

/// Under the state's mutex.
void takeFaults(State &all) {
  size_t count = std::min(all.nextFault.load(), maxFaults);
  for (; all.faultsTaken < count && all.faults[all.faultsTaken].isReady; ++all.faultsTaken) {
    const Fault &fault = all.faults[all.faultsTaken];
    const std::string &name = all.names[fault.number];
    Finding finding;
    finding.kind = kind::hostAccessInFlight;
    finding.operation = fault.isWrite ? "a store of the host" : "a load of the host";
    finding.other = name;
    finding.address = fault.address;
    finding.message =
        describeAddress(fault.address) + ", which " + name +
        " may not be done with: wait for the stream, or for an event behind it, first";
    report(std::move(finding));
  }
}

void begin(State &all, const Step &step, const ByteRange &range, bool writes) {
  if (!range.bytes || isDeviceAddress(range.address))
    return;
  Region *region = findRegion(all, range.address);
  if (!region)
    return;
  size_t slot = 0, count = all.flightCount;
  while (slot < count && all.flights[slot].end)
    ++slot;
  if (slot == maxFlights)
    return; // so many at once are not watched
  Flight &flight = all.flights[slot];
  flight.number = ++all.lastNumber;
  all.names[flight.number] = step.operation.name + " in " + step.place;
  flight.lane = step.lane;
  flight.time = step.time;
  flight.writes = writes;
  flight.begin = range.address;
  flight.end = std::min<uint64_t>(range.address + range.bytes, region->end);
  if (slot == count)
    all.flightCount = count + 1;
  protect(flight, *region);
}

void end(State &all, Flight &flight) {
  uint64_t begin = flight.begin, end = flight.end;
  flight.end = 0;
  all.names.erase(flight.number);
  unprotect(all, begin, end);
}

} // namespace

void watchHostMemory(const Step &step) {
  State &all = state();
  if (!all.regionCount)
    return;
  std::lock_guard<std::mutex> lock(all.mutex);
  for (const ByteRange &range : step.operation.reads)
    begin(all, step, range, /*writes=*/false);
  for (const ByteRange &range : step.operation.writes)
    begin(all, step, range, /*writes=*/true);
}

void releaseHostMemory(const Clock &known) {
  State &all = state();
  if (!all.flightCount)
    return;
  std::lock_guard<std::mutex> lock(all.mutex);
  takeFaults(all);
  for (size_t i = 0; i < all.flightCount; ++i)
    if (all.flights[i].end && known.knows(all.flights[i].lane, all.flights[i].time))
      end(all, all.flights[i]);
}

void addWatched(void *address, void *, size_t bytes) {
  State &all = state();
  std::lock_guard<std::mutex> lock(all.mutex);
  size_t slot = 0, count = all.regionCount;
  while (slot < count && all.regions[slot].end)
    ++slot;
  if (slot == maxRegions)
    return; // so many at once are not watched
  install(all);
  all.regions[slot].begin = reinterpret_cast<uint64_t>(address);
  all.regions[slot].end = reinterpret_cast<uint64_t>(address) + bytes;
  if (slot == count)
    all.regionCount = count + 1;
}

void removeWatched(void *address) {
  State &all = state();
  std::lock_guard<std::mutex> lock(all.mutex);
  takeFaults(all);
  for (size_t i = 0; i < all.regionCount; ++i) {
    Region &region = all.regions[i];
    if (!region.end || region.begin != reinterpret_cast<uint64_t>(address))
      continue;
    for (size_t f = 0; f < all.flightCount; ++f)
      if (all.flights[f].end && all.flights[f].begin >= region.begin &&
          all.flights[f].begin < region.end)
        end(all, all.flights[f]);
    region.end = 0;
  }
}

void reportHostFaults() {
  State &all = state();
  std::lock_guard<std::mutex> lock(all.mutex);
  takeFaults(all);
}

} // namespace mmc::emulator::driver
