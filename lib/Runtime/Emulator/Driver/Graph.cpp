// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Graphs made ready and launched.

#include "Graph.h"

#include "GraphTable.h"
#include "HostWatch.h"

namespace mmc::emulator::driver {

HandleTable<CUgraph, Graph> &graphTable() {
  static auto &table = *new HandleTable<CUgraph, Graph>;
  return table;
}

HandleTable<CUgraphExec, GraphExec> &graphExecTable() {
  static auto &table = *new HandleTable<CUgraphExec, GraphExec>;
  return table;
}

void splitIntoBranches(GraphExec &exec) {
  std::vector<size_t> tails; // the last node of each branch
  exec.branches.clear();
  for (size_t i = 0; i < exec.nodes.size(); ++i) {
    size_t branch = tails.size();
    for (size_t dependency : exec.nodes[i].dependencies)
      if (tails[exec.branches[dependency]] == dependency) {
        branch = exec.branches[dependency];
        break;
      }
    if (branch == tails.size())
      tails.push_back(i);
    tails[branch] = i;
    exec.branches.push_back(branch);
  }
  while (exec.lanes.size() < tails.size())
    exec.lanes.push_back(takeLane());
}

std::vector<size_t> leavesOf(const std::vector<GraphNode> &nodes) {
  std::vector<bool> isInner(nodes.size());
  for (const GraphNode &node : nodes)
    for (size_t dependency : node.dependencies)
      isInner[dependency] = true;
  std::vector<size_t> leaves;
  for (size_t i = 0; i < nodes.size(); ++i)
    if (!isInner[i])
      leaves.push_back(i);
  return leaves;
}

/// A launch in a stream that is capturing: the nodes become nodes of its graph.
static CUresult captureLaunch(Stream &stream, const GraphExec &exec) {
  if (stream.capture->isInvalidated)
    return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  Graph &graph = *stream.capture->graph;
  size_t first = graph.nodes.size();
  for (const GraphNode &node : exec.nodes) {
    std::vector<size_t> dependencies = stream.captureTail;
    if (!node.dependencies.empty())
      dependencies.clear();
    for (size_t dependency : node.dependencies)
      dependencies.push_back(first + dependency);
    graph.add(node.operation, std::move(dependencies));
  }
  std::vector<size_t> leaves = leavesOf(exec.nodes);
  if (leaves.empty())
    return CUDA_SUCCESS;
  stream.captureTail.clear();
  for (size_t leaf : leaves)
    stream.captureTail.push_back(first + leaf);
  return CUDA_SUCCESS;
}

CUresult launchGraph(GraphExec &exec, Stream &stream) {
  if (stream.capture)
    return captureLaunch(stream, exec);
  if (CUresult result = checkUse(stream))
    return result;
  auto task = std::make_shared<Task>();
  Clock before = orderBehind(stream, task->waits);
  if (exec.last) {
    before.join(exec.last->clock);
    if (!exec.last->isDone)
      task->waits.push_back(exec.last);
  }
  Clock after = before;
  for (size_t i = 0; i < exec.nodes.size(); ++i) {
    const GraphNode &node = exec.nodes[i];
    size_t branch = exec.branches[i];
    Step step;
    step.operation = node.operation;
    step.place = "a graph in " + stream.name;
    if (exec.lanes.size() > 1)
      step.place = "branch " + std::to_string(branch + 1) + " of " + step.place;
    step.clock = before;
    for (size_t dependency : node.dependencies)
      step.clock.join(task->steps[dependency].clock);
    step.lane = exec.lanes[branch].number;
    step.time = ++exec.lanes[branch].time;
    step.clock.set(step.lane, step.time);
    after.join(step.clock);
    if (settings().watchHost)
      watchHostMemory(step);
    task->steps.push_back(std::move(step));
  }
  after.set(stream.lane.number, ++stream.lane.time);
  stream.clock = task->clock = after;
  exec.last = task;
  push(stream, task);
  return CUDA_SUCCESS;
}

} // namespace mmc::emulator::driver
