// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ranks as threads of the test, each with a device, a stream and a communicator.

#ifndef MMC_TEST_EMULATOR_NCCLRANKS_H
#define MMC_TEST_EMULATOR_NCCLRANKS_H

#include "mmc/Runtime/Emulator/Driver/Cuda.h"
#include "mmc/Runtime/Emulator/Nccl/Nccl.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace mmc::emulator::test {

/// Number of emulated devices in these tests. One for each rank: what waits for a device
/// (cuMemFree) would wait for the collectives of all ranks on it.
inline constexpr int ncclDevices = 5;

/// Makes a device current for the calling thread.
void useDevice(int device);

/// Device memory of `count` elements.
template <typename T>
class Buffer {
public:
  explicit Buffer(const std::vector<T> &values) : count(values.size()) {
    EXPECT_EQ(cuMemAlloc_v2(&address, std::max<size_t>(count, 1) * sizeof(T)), CUDA_SUCCESS);
    if (count)
      EXPECT_EQ(cuMemcpyHtoD_v2(address, values.data(), count * sizeof(T)), CUDA_SUCCESS);
  }
  explicit Buffer(size_t count) : Buffer(std::vector<T>(count)) {}
  ~Buffer() { EXPECT_EQ(cuMemFree_v2(address), CUDA_SUCCESS); }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  T *at(size_t index = 0) const { return reinterpret_cast<T *>(address) + index; }
  std::vector<T> read() const {
    std::vector<T> values(count);
    if (count)
      EXPECT_EQ(cuMemcpyDtoH_v2(values.data(), address, count * sizeof(T)), CUDA_SUCCESS);
    return values;
  }

private:
  CUdeviceptr address = 0;
  size_t count;
};

/// One rank, in its own thread.
struct Rank {
  int rank = 0, ranks = 0;
  ncclComm_t comm = nullptr;
  CUstream stream = nullptr;
  /// Waits for the stream; the communicator must be without an error.
  void wait();
  /// Waits for the stream and gives the communicator's error.
  ncclResult_t waitForError();
};

/// An id for ranks to meet under.
ncclUniqueId newId();
/// A configuration with which calls return before the communicator is made.
ncclConfig_t inTheBackground();
/// Waits until a communicator is made in the background, and gives its state.
ncclResult_t waitUntilMade(ncclComm_t comm);

/// Runs `body` on so many ranks, and destroys what it had.
void runRanks(int ranks, const std::function<void(Rank &)> &body);

} // namespace mmc::emulator::test

#endif // MMC_TEST_EMULATOR_NCCLRANKS_H
