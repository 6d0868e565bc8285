// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Handles of streams, default streams, and the end of streams.

#include "StreamTable.h"

#include "Graph.h"

namespace mmc::emulator::driver {

HandleTable<CUstream, Stream> &streamTable() {
  static auto &table = *new HandleTable<CUstream, Stream>;
  return table;
}

/// Streams that the program has destroyed and whose work may not be done. Under orderMutex().
static std::vector<StreamRef> &retired() {
  static auto &list = *new std::vector<StreamRef>;
  return list;
}

std::vector<StreamRef> streamsOf(const Context &context) {
  std::vector<StreamRef> list;
  if (context.legacy)
    list.push_back(context.legacy);
  for (auto &[handle, stream] : streamTable().all())
    if (&stream->context == &context)
      list.push_back(stream);
  for (const StreamRef &stream : retired())
    if (&stream->context == &context)
      list.push_back(stream);
  return list;
}

void retire(StreamRef stream) {
  std::vector<StreamRef> ended;
  {
    std::lock_guard<std::mutex> lock(orderMutex());
    std::vector<StreamRef> &list = retired();
    list.push_back(std::move(stream));
    for (size_t i = 0; i < list.size();) {
      StreamRef one = list[i];
      if (one->last && !one->ended) {
        ++i;
        continue;
      }
      // The default stream is ordered behind it still.
      if (one->isBlocking() && one->context.legacy)
        one->context.legacy->clock.join(one->clock);
      one->context.ended.join(one->clock);
      one->returnLane();
      list.erase(list.begin() + i);
      ended.push_back(std::move(one));
    }
  }
  // Threads end here, outside the lock that they take.
  ended.clear();
}

void endStreams(Context &context) {
  std::vector<StreamRef> list;
  {
    std::lock_guard<std::mutex> lock(orderMutex());
    list = streamsOf(context);
    for (const StreamRef &stream : list) {
      if (std::shared_ptr<Capture> capture = stream->capture)
        endCapture(*capture);
      stream->close();
    }
    std::vector<StreamRef> &others = retired();
    others.erase(
        std::remove_if(others.begin(), others.end(),
                       [&](const StreamRef &stream) { return &stream->context == &context; }),
        others.end());
  }
  for (const StreamRef &stream : list)
    stream->join();
  {
    std::lock_guard<std::mutex> lock(orderMutex());
    hostLearns(context.ended);
    for (const StreamRef &stream : list) {
      hostLearns(stream->clock);
      stream->returnLane();
    }
  }
  for (auto &[handle, stream] : streamTable().all())
    if (&stream->context == &context)
      streamTable().take(handle);
}

StreamRef makeLegacyStream(Context &context) {
  auto stream = std::make_shared<Stream>(context, CU_STREAM_DEFAULT, 0, "the default stream");
  stream->legacy = true;
  return stream;
}

/// The calling thread's own default stream of the context.
static StreamRef perThreadStream(Context &context) {
  // Without a destructor, as ContextStack. A thread that works in more contexts gets another stream
  // for the oldest.
  thread_local struct {
    CUstream streams[16];
    unsigned next;
  } mine = {};
  for (CUstream handle : mine.streams)
    if (StreamRef stream = handle ? streamTable().find(handle) : nullptr)
      if (&stream->context == &context)
        return stream;
  auto stream =
      std::make_shared<Stream>(context, CU_STREAM_DEFAULT, 0, "a thread's default stream");
  stream->isImplicit = true;
  mine.streams[mine.next++ % 16] = streamTable().add(stream);
  return stream;
}

CUresult findStream(CUstream handle, StreamRef &stream) {
  Context *context = nullptr;
  if (CUresult result = currentContext(context))
    return result;
  if (!handle || handle == CU_STREAM_LEGACY)
    stream = context->legacy;
  else if (handle == CU_STREAM_PER_THREAD)
    stream = perThreadStream(*context);
  else
    stream = streamTable().find(handle);
  if (!stream)
    return CUDA_ERROR_INVALID_HANDLE;
  return stream->context.error();
}

CUresult contextOf(CUstream handle, Context *&context) {
  StreamRef stream;
  if (CUresult result = findStream(handle, stream))
    return result;
  context = &stream->context;
  return CUDA_SUCCESS;
}

} // namespace mmc::emulator::driver
