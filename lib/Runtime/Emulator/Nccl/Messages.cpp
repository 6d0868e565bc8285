// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Messages.h"

#include <algorithm>
#include <cstring>

namespace mmc::emulator::nccl {

Outcome checkOwnMessages(const std::vector<Message> &messages, int rank) {
  std::vector<const Message *> sent, received;
  for (const Message &message : messages)
    if (message.call.root == rank)
      (message.call.kind == CallKind::Send ? sent : received).push_back(&message);
  for (size_t i = 0; i < std::max(sent.size(), received.size()); ++i) {
    if (i >= sent.size() || i >= received.size())
      return {ncclInvalidUsage, "rank " + std::to_string(rank) + ": " +
                                    describe((i < sent.size() ? sent : received)[i]->call) +
                                    " is to itself, without its counterpart in the group"};
    if (sent[i]->call.count != received[i]->call.count ||
        sent[i]->call.type != received[i]->call.type)
      return mismatch(rank, sent[i]->call, rank, received[i]->call);
  }
  return {};
}

Outcome runMessages(Mesh &mesh, const std::vector<Message> &messages) {
  const int rank = mesh.rank();
  MMC_NCCL_TRY(checkOwnMessages(messages, rank));
  std::vector<Call> headers(messages.size());
  std::vector<Outgoing> outgoing;
  std::vector<Incoming> incoming;
  std::vector<const Message *> own;
  for (size_t i = 0; i < messages.size(); ++i) {
    const Message &message = messages[i];
    const size_t bytes = message.call.count * bytesOf(message.call.type);
    const int peer = message.call.root;
    if (message.call.kind == CallKind::Send) {
      if (peer == rank) {
        own.push_back(&message);
        continue;
      }
      outgoing.push_back({peer, &message.call, sizeof(Call)});
      outgoing.push_back({peer, message.data, bytes});
    } else if (peer != rank) {
      incoming.push_back(
          {peer, &headers[i], sizeof(Call), [&messages, &headers, i, rank, peer]() -> Outcome {
             const Call &theirs = headers[i], &ours = messages[i].call;
             if (theirs.kind == CallKind::Send && theirs.type == ours.type &&
                 theirs.count == ours.count)
               return {};
             return mismatch(rank, ours, peer, theirs);
           }});
      incoming.push_back({peer, message.data, bytes, nullptr});
    }
  }
  size_t next = 0;
  for (const Message &message : messages)
    if (message.call.kind == CallKind::Receive && message.call.root == rank) {
      const Message &source = *own[next++];
      if (source.call.count != 0)
        std::memmove(message.data, source.data, source.call.count * bytesOf(source.call.type));
    }
  return mesh.exchange(outgoing, incoming);
}

} // namespace mmc::emulator::nccl
