// Compares our declarations of the driver API with cuda.h: it compiles, and returns 0, if they agree.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <tuple>
#include <type_traits>

// All versions of every function, each by the name of its symbol.
#define __CUDA_API_VERSION_INTERNAL
#include <cuda.h>

// Macros of cuda.h, before ours take their place.
namespace theirs {
#define KEEP(name) static const uint64_t value_##name = (uint64_t)(name);
KEEP(CU_STREAM_LEGACY)
KEEP(CU_STREAM_PER_THREAD)
KEEP(CU_LAUNCH_PARAM_END)
KEEP(CU_LAUNCH_PARAM_BUFFER_POINTER)
KEEP(CU_LAUNCH_PARAM_BUFFER_SIZE)
KEEP(CU_MEMHOSTALLOC_PORTABLE)
KEEP(CU_MEMHOSTALLOC_DEVICEMAP)
KEEP(CU_MEMHOSTALLOC_WRITECOMBINED)
KEEP(CU_MEMHOSTREGISTER_PORTABLE)
KEEP(CU_MEMHOSTREGISTER_DEVICEMAP)
KEEP(CU_MEMHOSTREGISTER_IOMEMORY)
KEEP(CU_MEMHOSTREGISTER_READ_ONLY)
} // namespace theirs
#undef CU_STREAM_LEGACY
#undef CU_STREAM_PER_THREAD
#undef CU_LAUNCH_PARAM_END
#undef CU_LAUNCH_PARAM_BUFFER_POINTER
#undef CU_LAUNCH_PARAM_BUFFER_SIZE
#undef CU_MEMHOSTALLOC_PORTABLE
#undef CU_MEMHOSTALLOC_DEVICEMAP
#undef CU_MEMHOSTALLOC_WRITECOMBINED
#undef CU_MEMHOSTREGISTER_PORTABLE
#undef CU_MEMHOSTREGISTER_DEVICEMAP
#undef CU_MEMHOSTREGISTER_IOMEMORY
#undef CU_MEMHOSTREGISTER_READ_ONLY

namespace ours {
#include "mmc/Runtime/Emulator/Driver/Types.h"
#include "mmc/Runtime/Emulator/Driver/Functions.h"
} // namespace ours

/// Whether two types are the same to a caller: one type, two of a pair below, or made of such.
template <typename A, typename B>
struct Same : std::is_same<A, B> {};
template <typename A, typename B>
struct Same<A *, B *> : Same<A, B> {};
template <typename A, typename B>
struct Same<const A, const B> : Same<A, B> {};
template <typename A, typename B>
struct SameList : std::false_type {};
template <>
struct SameList<std::tuple<>, std::tuple<>> : std::true_type {};
template <typename A, typename... As, typename B, typename... Bs>
struct SameList<std::tuple<A, As...>, std::tuple<B, Bs...>>
    : std::bool_constant<Same<A, B>::value && SameList<std::tuple<As...>, std::tuple<Bs...>>::value> {};
template <typename A, typename... As, typename B, typename... Bs>
struct Same<A(As...), B(Bs...)>
    : std::bool_constant<Same<A, B>::value && SameList<std::tuple<As...>, std::tuple<Bs...>>::value> {};

#define PAIR(name)                                                                                 \
  template <>                                                                                      \
  struct Same<ours::name, ::name> : std::true_type {};

// Types of which only pointers are passed are those of cuda.h here, so pointers to them are compared as they are.

// Structures, checked member by member below; and enumerations.
#define STRUCTURE(name)                                                                            \
  PAIR(name)                                                                                       \
  static_assert(sizeof(ours::name) == sizeof(::name) && alignof(ours::name) == alignof(::name), #name);
#define ENUMERATION(name)                                                                          \
  PAIR(name)                                                                                       \
  static_assert(sizeof(ours::name) == sizeof(::name), #name);

STRUCTURE(CUuuid)
STRUCTURE(CUDA_MEMCPY2D)
STRUCTURE(CUlaunchAttributeValue)
STRUCTURE(CUlaunchAttribute)
STRUCTURE(CUlaunchConfig)
STRUCTURE(CUctxCreateParams)
STRUCTURE(CUgraphExecUpdateResultInfo)
STRUCTURE(CUgraphEdgeData)
ENUMERATION(CUresult)
ENUMERATION(CUdevice_attribute)
ENUMERATION(CUfunction_attribute)
ENUMERATION(CUjit_option)
ENUMERATION(CUlibraryOption)
ENUMERATION(CUpointer_attribute)
ENUMERATION(CUmemorytype)
ENUMERATION(CUlimit)
ENUMERATION(CUctx_flags)
ENUMERATION(CUstream_flags)
ENUMERATION(CUevent_flags)
ENUMERATION(CUstreamCaptureStatus)
ENUMERATION(CUstreamCaptureMode)
ENUMERATION(CUgraphNodeType)
ENUMERATION(CUgraphExecUpdateResult)
ENUMERATION(CUdriverProcAddressQueryResult)
ENUMERATION(CUfunc_cache)
ENUMERATION(CUmoduleLoadingMode)
ENUMERATION(CUlaunchAttributeID)

#define MEMBER(type, member)                                                                       \
  static_assert(offsetof(ours::type, member) == offsetof(::type, member), #type " " #member);      \
  static_assert(sizeof(ours::type::member) == sizeof(::type::member), #type " " #member);

MEMBER(CUDA_MEMCPY2D, srcXInBytes)
MEMBER(CUDA_MEMCPY2D, srcY)
MEMBER(CUDA_MEMCPY2D, srcMemoryType)
MEMBER(CUDA_MEMCPY2D, srcHost)
MEMBER(CUDA_MEMCPY2D, srcDevice)
MEMBER(CUDA_MEMCPY2D, srcArray)
MEMBER(CUDA_MEMCPY2D, srcPitch)
MEMBER(CUDA_MEMCPY2D, dstXInBytes)
MEMBER(CUDA_MEMCPY2D, dstY)
MEMBER(CUDA_MEMCPY2D, dstMemoryType)
MEMBER(CUDA_MEMCPY2D, dstHost)
MEMBER(CUDA_MEMCPY2D, dstDevice)
MEMBER(CUDA_MEMCPY2D, dstArray)
MEMBER(CUDA_MEMCPY2D, dstPitch)
MEMBER(CUDA_MEMCPY2D, WidthInBytes)
MEMBER(CUDA_MEMCPY2D, Height)
MEMBER(CUctxCreateParams, execAffinityParams)
MEMBER(CUctxCreateParams, numExecAffinityParams)
MEMBER(CUctxCreateParams, cigParams)
MEMBER(CUlaunchConfig, gridDimX)
MEMBER(CUlaunchConfig, gridDimY)
MEMBER(CUlaunchConfig, gridDimZ)
MEMBER(CUlaunchConfig, blockDimX)
MEMBER(CUlaunchConfig, blockDimY)
MEMBER(CUlaunchConfig, blockDimZ)
MEMBER(CUlaunchConfig, sharedMemBytes)
MEMBER(CUlaunchConfig, hStream)
MEMBER(CUlaunchConfig, attrs)
MEMBER(CUlaunchConfig, numAttrs)
MEMBER(CUlaunchAttribute, id)
MEMBER(CUlaunchAttribute, value)
MEMBER(CUlaunchAttributeValue, cooperative)
MEMBER(CUlaunchAttributeValue, clusterDim)
MEMBER(CUlaunchAttributeValue, priority)
MEMBER(CUgraphExecUpdateResultInfo, result)
MEMBER(CUgraphExecUpdateResultInfo, errorNode)
MEMBER(CUgraphExecUpdateResultInfo, errorFromNode)
MEMBER(CUgraphEdgeData, from_port)
MEMBER(CUgraphEdgeData, to_port)
MEMBER(CUgraphEdgeData, type)
MEMBER(CUgraphEdgeData, reserved)
MEMBER(CUuuid, bytes)

// Enumerators.
#define VALUE(name) static_assert(int(ours::name) == int(::name), #name);
#define MMC_CUDA_RESULT(name, value, text) VALUE(name)
#include "mmc/Runtime/Emulator/Driver/Results.def"
#define MMC_CUDA_DEVICE_ATTRIBUTE(name, number, value) VALUE(CU_DEVICE_ATTRIBUTE_##name)
#include "mmc/Runtime/Emulator/Driver/DeviceAttributes.def"
VALUE(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK)
VALUE(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES)
VALUE(CU_FUNC_ATTRIBUTE_CONST_SIZE_BYTES)
VALUE(CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES)
VALUE(CU_FUNC_ATTRIBUTE_NUM_REGS)
VALUE(CU_FUNC_ATTRIBUTE_PTX_VERSION)
VALUE(CU_FUNC_ATTRIBUTE_BINARY_VERSION)
VALUE(CU_FUNC_ATTRIBUTE_CACHE_MODE_CA)
VALUE(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)
VALUE(CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT)
VALUE(CU_FUNC_ATTRIBUTE_CLUSTER_SIZE_MUST_BE_SET)
VALUE(CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_WIDTH)
VALUE(CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_HEIGHT)
VALUE(CU_FUNC_ATTRIBUTE_REQUIRED_CLUSTER_DEPTH)
VALUE(CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED)
VALUE(CU_FUNC_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE)
VALUE(CU_JIT_MAX_REGISTERS)
VALUE(CU_JIT_THREADS_PER_BLOCK)
VALUE(CU_JIT_WALL_TIME)
VALUE(CU_JIT_INFO_LOG_BUFFER)
VALUE(CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES)
VALUE(CU_JIT_ERROR_LOG_BUFFER)
VALUE(CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES)
VALUE(CU_JIT_OPTIMIZATION_LEVEL)
VALUE(CU_JIT_TARGET_FROM_CUCONTEXT)
VALUE(CU_JIT_TARGET)
VALUE(CU_JIT_FALLBACK_STRATEGY)
VALUE(CU_JIT_GENERATE_DEBUG_INFO)
VALUE(CU_JIT_LOG_VERBOSE)
VALUE(CU_JIT_GENERATE_LINE_INFO)
VALUE(CU_JIT_CACHE_MODE)
VALUE(CU_JIT_NUM_OPTIONS)
VALUE(CU_LIBRARY_BINARY_IS_PRESERVED)
VALUE(CU_POINTER_ATTRIBUTE_CONTEXT)
VALUE(CU_POINTER_ATTRIBUTE_MEMORY_TYPE)
VALUE(CU_POINTER_ATTRIBUTE_DEVICE_POINTER)
VALUE(CU_POINTER_ATTRIBUTE_HOST_POINTER)
VALUE(CU_POINTER_ATTRIBUTE_BUFFER_ID)
VALUE(CU_POINTER_ATTRIBUTE_IS_MANAGED)
VALUE(CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL)
VALUE(CU_POINTER_ATTRIBUTE_RANGE_START_ADDR)
VALUE(CU_POINTER_ATTRIBUTE_RANGE_SIZE)
VALUE(CU_POINTER_ATTRIBUTE_MAPPED)
VALUE(CU_MEMORYTYPE_HOST)
VALUE(CU_MEMORYTYPE_DEVICE)
VALUE(CU_MEMORYTYPE_ARRAY)
VALUE(CU_MEMORYTYPE_UNIFIED)
VALUE(CU_LIMIT_STACK_SIZE)
VALUE(CU_LIMIT_PRINTF_FIFO_SIZE)
VALUE(CU_LIMIT_MALLOC_HEAP_SIZE)
VALUE(CU_CTX_SCHED_AUTO)
VALUE(CU_CTX_SCHED_SPIN)
VALUE(CU_CTX_SCHED_YIELD)
VALUE(CU_CTX_SCHED_BLOCKING_SYNC)
VALUE(CU_CTX_SCHED_MASK)
VALUE(CU_CTX_MAP_HOST)
VALUE(CU_CTX_LMEM_RESIZE_TO_MAX)
VALUE(CU_CTX_FLAGS_MASK)
VALUE(CU_STREAM_DEFAULT)
VALUE(CU_STREAM_NON_BLOCKING)
VALUE(CU_EVENT_DEFAULT)
VALUE(CU_EVENT_BLOCKING_SYNC)
VALUE(CU_EVENT_DISABLE_TIMING)
VALUE(CU_EVENT_INTERPROCESS)
VALUE(CU_STREAM_CAPTURE_STATUS_NONE)
VALUE(CU_STREAM_CAPTURE_STATUS_ACTIVE)
VALUE(CU_STREAM_CAPTURE_STATUS_INVALIDATED)
VALUE(CU_STREAM_CAPTURE_MODE_GLOBAL)
VALUE(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)
VALUE(CU_STREAM_CAPTURE_MODE_RELAXED)
VALUE(CU_GRAPH_NODE_TYPE_KERNEL)
VALUE(CU_GRAPH_NODE_TYPE_MEMCPY)
VALUE(CU_GRAPH_NODE_TYPE_MEMSET)
VALUE(CU_GRAPH_NODE_TYPE_HOST)
VALUE(CU_GRAPH_NODE_TYPE_GRAPH)
VALUE(CU_GRAPH_NODE_TYPE_EMPTY)
VALUE(CU_GRAPH_NODE_TYPE_WAIT_EVENT)
VALUE(CU_GRAPH_NODE_TYPE_EVENT_RECORD)
VALUE(CU_GRAPH_NODE_TYPE_MEM_ALLOC)
VALUE(CU_GRAPH_NODE_TYPE_MEM_FREE)
VALUE(CU_GRAPH_EXEC_UPDATE_SUCCESS)
VALUE(CU_GRAPH_EXEC_UPDATE_ERROR)
VALUE(CU_GRAPH_EXEC_UPDATE_ERROR_TOPOLOGY_CHANGED)
VALUE(CU_GRAPH_EXEC_UPDATE_ERROR_NODE_TYPE_CHANGED)
VALUE(CU_GRAPH_EXEC_UPDATE_ERROR_FUNCTION_CHANGED)
VALUE(CU_GRAPH_EXEC_UPDATE_ERROR_PARAMETERS_CHANGED)
VALUE(CU_GET_PROC_ADDRESS_SUCCESS)
VALUE(CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND)
VALUE(CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT)
VALUE(CU_FUNC_CACHE_PREFER_NONE)
VALUE(CU_FUNC_CACHE_PREFER_SHARED)
VALUE(CU_FUNC_CACHE_PREFER_L1)
VALUE(CU_FUNC_CACHE_PREFER_EQUAL)
VALUE(CU_MODULE_EAGER_LOADING)
VALUE(CU_MODULE_LAZY_LOADING)
VALUE(CU_LAUNCH_ATTRIBUTE_IGNORE)
VALUE(CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW)
VALUE(CU_LAUNCH_ATTRIBUTE_COOPERATIVE)
VALUE(CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY)
VALUE(CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION)
VALUE(CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE)
VALUE(CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION)
VALUE(CU_LAUNCH_ATTRIBUTE_PRIORITY)

// Functions.
#define MMC_CUDA_ENTRY_POINT(name, symbol, since)                                                  \
  static_assert(Same<decltype(ours::symbol), decltype(::symbol)>::value, #symbol);
#include "mmc/Runtime/Emulator/Driver/EntryPoints.def"

int main() {
  using namespace ours; // for the casts within the macros
  int wrong = 0;
  auto compare = [&](const char *name, uint64_t our, uint64_t their) {
    if (our == their)
      return;
    std::printf("%s: %llu here, %llu in cuda.h\n", name, (unsigned long long)our, (unsigned long long)their);
    wrong = 1;
  };
#define MACRO(name) compare(#name, (uint64_t)(name), theirs::value_##name);
  MACRO(CU_LAUNCH_PARAM_END)
  MACRO(CU_LAUNCH_PARAM_BUFFER_POINTER)
  MACRO(CU_LAUNCH_PARAM_BUFFER_SIZE)
  MACRO(CU_MEMHOSTALLOC_PORTABLE)
  MACRO(CU_MEMHOSTALLOC_DEVICEMAP)
  MACRO(CU_MEMHOSTALLOC_WRITECOMBINED)
  MACRO(CU_MEMHOSTREGISTER_PORTABLE)
  MACRO(CU_MEMHOSTREGISTER_DEVICEMAP)
  MACRO(CU_MEMHOSTREGISTER_IOMEMORY)
  MACRO(CU_MEMHOSTREGISTER_READ_ONLY)
  compare("CU_STREAM_LEGACY", (uint64_t)(ours::CUstream)0x1, theirs::value_CU_STREAM_LEGACY);
  compare("CU_STREAM_PER_THREAD", (uint64_t)(ours::CUstream)0x2, theirs::value_CU_STREAM_PER_THREAD);
  return wrong;
}
