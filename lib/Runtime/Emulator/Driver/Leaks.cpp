// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Handles that a program still has when it ends, in contexts that it has not given up either.

#include "Leaks.h"

#include "Event.h"
#include "GraphTable.h"
#include "Modules.h"
#include "StreamTable.h"

namespace mmc::emulator::driver {

static void leak(const char *entry, size_t count) {
  if (!count)
    return;
  Finding finding;
  finding.kind = kind::leak;
  finding.operation = entry;
  finding.message = "made " + std::to_string(count) +
                    (count == 1 ? " handle that was" : " handles that were") + " never destroyed";
  report(std::move(finding));
}

/// Of what lives in a context: with the context it is gone.
template <typename Table>
static size_t countLive(const Table &table) {
  size_t count = 0;
  for (const auto &[handle, object] : table.all())
    count += !object->context->isDestroyed && object->context->error() == CUDA_SUCCESS;
  return count;
}

void reportHandleLeaks() {
  size_t streams = 0;
  for (const auto &[handle, stream] : streamTable().all())
    streams += !stream->isImplicit && stream->context.error() == CUDA_SUCCESS;
  leak("cuStreamCreate", streams);
  leak("cuEventCreate", countLive(eventTable()));
  leak("cuGraphCreate or cuStreamEndCapture", countLive(graphTable()));
  leak("cuGraphInstantiate", countLive(graphExecTable()));
  size_t modules = 0;
  for (const auto &[handle, module] : moduleTable().all())
    modules += !module->isOfLibrary && module->context->error() == CUDA_SUCCESS;
  leak("cuModuleLoadData", modules);
  leak("cuLibraryLoadData", libraryTable().all().size());
}

} // namespace mmc::emulator::driver
