// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The streams there are.

#ifndef MMC_EMULATOR_DRIVER_STREAMTABLE_H
#define MMC_EMULATOR_DRIVER_STREAMTABLE_H

#include "Stream.h"

namespace mmc::emulator::driver {

HandleTable<CUstream, Stream> &streamTable();
/// Ends a closed stream once its work is done; does not wait.
void retire(StreamRef stream);
/// Ends all streams of a context: waits for their work.
void endStreams(Context &context);
/// The default stream of a new context.
StreamRef makeLegacyStream(Context &context);

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_STREAMTABLE_H
