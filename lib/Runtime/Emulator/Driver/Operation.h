// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Work in streams: what a copy, a launch or a library call hands to enqueue().

#ifndef MMC_EMULATOR_DRIVER_OPERATION_H
#define MMC_EMULATOR_DRIVER_OPERATION_H

#include "mmc/Runtime/Emulator/Driver/Cuda.h"
#include "mmc/Runtime/Emulator/Memory.h"
#include "mmc/Runtime/Emulator/Report.h"

#include <functional>
#include <string>
#include <vector>

namespace mmc::emulator::driver {

class Context;

/// [address, address + bytes) of device memory, or of pinned host memory (by its host address).
struct ByteRange {
  uint64_t address = 0, bytes = 0;
};

/// One run of an operation.
struct Execution {
  Context &context;
  /// What was accessed beyond the operation's `reads` and `writes`, where only running it tells.
  std::vector<AccessRange> accesses;
};

/// Work of a stream. It must be copyable: a captured operation runs at each launch of its graph.
struct Operation {
  std::string name; ///< the entry point, for reports: "cuMemcpyHtoDAsync", "cublasLtMatmul"
  /// The bytes it reads and writes. Order between streams is checked on them.
  std::vector<ByteRange> reads, writes;
  /// Runs on the stream's thread after all earlier work of the stream. It must not call anything
  /// that enqueues or waits for work. What it returns other than CUDA_SUCCESS becomes the error
  /// of the context, which all later calls return. Empty: nothing is to be done.
  std::function<CUresult(Execution &)> work;
  /// Reports `uninitialized` for bytes of `reads` that nobody has written.
  bool checkInitialized = true;
  /// Marks the bytes of `writes` as written afterwards.
  bool initializes = true;
  /// It runs code of the host, which thereby knows that all before it is done.
  bool tellsHost = false;
  bool evenAfterFault = false;                      ///< runs in a context with an error too
  CUgraphNodeType type = CU_GRAPH_NODE_TYPE_KERNEL; ///< of the node when it is captured
};

/// Puts the operation into the stream (null, CU_STREAM_LEGACY and CU_STREAM_PER_THREAD are streams
/// of the current context), or into the graph that the stream is capturing; returns at once.
/// CUDA_ERROR_INVALID_CONTEXT, CUDA_ERROR_INVALID_HANDLE, the context's error, or those of
/// capturing.
CUresult enqueue(CUstream stream, Operation operation);
/// The same, and waits until it is done. Refused while capturing.
CUresult enqueueAndWait(CUstream stream, Operation operation);

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_OPERATION_H
