// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuGraph….

#include "EntryPoint.h"
#include "GraphTable.h"

using namespace mmc::emulator::driver;

using GraphRef = std::shared_ptr<Graph>;
using ExecRef = std::shared_ptr<GraphExec>;

static CUresult findGraph(CUgraph handle, GraphRef &graph) {
  MMC_TRY(checkReady());
  graph = graphTable().find(handle);
  return graph ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

static CUresult findExec(CUgraphExec handle, ExecRef &exec) {
  MMC_TRY(checkReady());
  exec = graphExecTable().find(handle);
  return exec ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

/// CUDA_ERROR_INVALID_VALUE for a graph that a capture still adds to. Under orderMutex().
static CUresult refuseUnfinished(const GraphRef &graph) {
  for (const std::shared_ptr<Capture> &capture : activeCaptures())
    MMC_REQUIRE(capture->graph != graph, CUDA_ERROR_INVALID_VALUE);
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuGraphCreate(CUgraph *handle, unsigned int flags) {
  Context *context = nullptr;
  MMC_TRY(currentContext(context));
  MMC_REQUIRE(handle && !flags, CUDA_ERROR_INVALID_VALUE);
  auto graph = std::make_shared<Graph>();
  graph->context = context;
  *handle = graphTable().add(std::move(graph));
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuGraphDestroy(CUgraph handle) {
  GraphRef graph;
  MMC_TRY(findGraph(handle, graph));
  std::lock_guard<std::mutex> lock(orderMutex());
  MMC_TRY(refuseUnfinished(graph));
  graphTable().take(handle);
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuGraphClone(CUgraph *clone, CUgraph handle) {
  GraphRef graph;
  MMC_TRY(findGraph(handle, graph));
  MMC_REQUIRE(clone, CUDA_ERROR_INVALID_VALUE);
  std::lock_guard<std::mutex> lock(orderMutex());
  auto copy = std::make_shared<Graph>(*graph);
  for (GraphNode &node : copy->nodes)
    node.handle = reinterpret_cast<CUgraphNode>(newHandle());
  *clone = graphTable().add(std::move(copy));
  return CUDA_SUCCESS;
}

/// Gives `list` out as the driver does: with no array the number, otherwise as many as fit, the
/// rest null.
static CUresult give(const std::vector<CUgraphNode> &list, CUgraphNode *nodes, size_t *count) {
  if (nodes)
    for (size_t i = 0; i < *count; ++i)
      nodes[i] = i < list.size() ? list[i] : nullptr;
  *count = nodes ? std::min(*count, list.size()) : list.size();
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuGraphGetNodes(CUgraph handle, CUgraphNode *nodes, size_t *count) {
  GraphRef graph;
  MMC_TRY(findGraph(handle, graph));
  MMC_REQUIRE(count, CUDA_ERROR_INVALID_VALUE);
  std::lock_guard<std::mutex> lock(orderMutex());
  std::vector<CUgraphNode> list;
  for (const GraphNode &node : graph->nodes)
    list.push_back(node.handle);
  return give(list, nodes, count);
}

MMC_EXPORT CUresult cuGraphGetRootNodes(CUgraph handle, CUgraphNode *nodes, size_t *count) {
  GraphRef graph;
  MMC_TRY(findGraph(handle, graph));
  MMC_REQUIRE(count, CUDA_ERROR_INVALID_VALUE);
  std::lock_guard<std::mutex> lock(orderMutex());
  std::vector<CUgraphNode> list;
  for (const GraphNode &node : graph->nodes)
    if (node.dependencies.empty())
      list.push_back(node.handle);
  return give(list, nodes, count);
}

MMC_EXPORT CUresult cuGraphGetEdges_v2(CUgraph handle, CUgraphNode *from, CUgraphNode *to,
                                       CUgraphEdgeData *data, size_t *count) {
  GraphRef graph;
  MMC_TRY(findGraph(handle, graph));
  MMC_REQUIRE(count && !from == !to, CUDA_ERROR_INVALID_VALUE);
  std::lock_guard<std::mutex> lock(orderMutex());
  std::vector<CUgraphNode> begins, ends;
  for (const GraphNode &node : graph->nodes)
    for (size_t dependency : node.dependencies) {
      begins.push_back(graph->nodes[dependency].handle);
      ends.push_back(node.handle);
    }
  if (data && from)
    std::fill_n(data, *count, CUgraphEdgeData{});
  size_t capacity = *count;
  MMC_TRY(give(begins, from, count));
  return give(ends, to, from ? &capacity : count);
}

MMC_EXPORT CUresult cuGraphNodeGetType(CUgraphNode handle, CUgraphNodeType *type) {
  MMC_TRY(checkReady());
  MMC_REQUIRE(handle && type, CUDA_ERROR_INVALID_VALUE);
  std::lock_guard<std::mutex> lock(orderMutex());
  for (const auto &[graphHandle, graph] : graphTable().all())
    for (const GraphNode &node : graph->nodes)
      if (node.handle == handle) {
        *type = node.operation.type;
        return CUDA_SUCCESS;
      }
  return CUDA_ERROR_INVALID_VALUE;
}

MMC_EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec *handle, CUgraph graphHandle,
                                                unsigned long long flags) {
  GraphRef graph;
  MMC_TRY(findGraph(graphHandle, graph));
  // Launching from the device (4) would need device code that launches; the other flags change
  // nothing here.
  MMC_REQUIRE(handle && !(flags & ~15ull), CUDA_ERROR_INVALID_VALUE);
  MMC_REQUIRE(!(flags & 4), CUDA_ERROR_NOT_SUPPORTED);
  auto exec = std::make_shared<GraphExec>();
  exec->context = graph->context;
  std::lock_guard<std::mutex> lock(orderMutex());
  MMC_TRY(refuseUnfinished(graph));
  exec->nodes = graph->nodes;
  splitIntoBranches(*exec);
  *handle = graphExecTable().add(std::move(exec));
  return CUDA_SUCCESS;
}

MMC_EXPORT CUresult cuGraphExecUpdate_v2(CUgraphExec execHandle, CUgraph graphHandle,
                                         CUgraphExecUpdateResultInfo *info) {
  ExecRef exec;
  GraphRef graph;
  MMC_TRY(findExec(execHandle, exec));
  MMC_TRY(findGraph(graphHandle, graph));
  MMC_REQUIRE(info, CUDA_ERROR_INVALID_VALUE);
  *info = {CU_GRAPH_EXEC_UPDATE_SUCCESS, nullptr, nullptr};
  std::lock_guard<std::mutex> lock(orderMutex());
  MMC_TRY(refuseUnfinished(graph));
  const std::vector<GraphNode> &now = exec->nodes, &next = graph->nodes;
  if (now.size() != next.size())
    info->result = CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
  for (size_t i = 0; info->result == CU_GRAPH_EXEC_UPDATE_SUCCESS && i < now.size(); ++i) {
    if (now[i].dependencies != next[i].dependencies)
      info->result = CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED;
    else if (now[i].operation.type != next[i].operation.type)
      info->result = CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED;
    if (info->result != CU_GRAPH_EXEC_UPDATE_SUCCESS)
      info->errorNode = next[i].handle;
  }
  if (info->result != CU_GRAPH_EXEC_UPDATE_SUCCESS)
    return CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE;
  exec->nodes = next;
  return CUDA_SUCCESS;
}

/// Launches an executable graph, or only checks that it could be.
static CUresult launchOrUpload(CUgraphExec handle, CUstream streamHandle, bool isLaunch) {
  StreamRef stream;
  ExecRef exec;
  MMC_TRY(findStream(streamHandle, stream));
  MMC_TRY(findExec(handle, exec));
  MMC_REQUIRE(exec->context == &stream->context, CUDA_ERROR_INVALID_VALUE);
  std::lock_guard<std::mutex> lock(orderMutex());
  MMC_REQUIRE(!exec->isDestroyed, CUDA_ERROR_INVALID_VALUE);
  return isLaunch ? launchGraph(*exec, *stream) : refuseCapturing(*stream);
}

MMC_EXPORT CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  return launchOrUpload(exec, stream, true);
}

MMC_EXPORT CUresult cuGraphUpload(CUgraphExec exec, CUstream stream) {
  return launchOrUpload(exec, stream, false);
}

MMC_EXPORT CUresult cuGraphExecDestroy(CUgraphExec handle) {
  ExecRef exec;
  MMC_TRY(findExec(handle, exec));
  MMC_REQUIRE(graphExecTable().take(handle), CUDA_ERROR_INVALID_VALUE);
  std::lock_guard<std::mutex> lock(orderMutex());
  exec->isDestroyed = true;
  for (const Lane &lane : exec->lanes)
    returnLane(lane);
  return CUDA_SUCCESS;
}
