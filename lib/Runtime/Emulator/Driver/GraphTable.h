// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The graphs there are, and what is done with them.

#ifndef MMC_EMULATOR_DRIVER_GRAPHTABLE_H
#define MMC_EMULATOR_DRIVER_GRAPHTABLE_H

#include "Graph.h"

namespace mmc::emulator::driver {

HandleTable<CUgraph, Graph> &graphTable();
HandleTable<CUgraphExec, GraphExec> &graphExecTable();

// Under orderMutex():
/// Puts nodes that follow one another into branches, with a lane each.
void splitIntoBranches(GraphExec &exec);
/// The nodes that no other depends on.
std::vector<size_t> leavesOf(const std::vector<GraphNode> &nodes);
/// Puts a launch into the stream, or its nodes into the graph that the stream is capturing.
CUresult launchGraph(GraphExec &exec, Stream &stream);

} // namespace mmc::emulator::driver

#endif // MMC_EMULATOR_DRIVER_GRAPHTABLE_H
