// A program that knows nothing of the emulator: it is written against cuda.h and the driver API.
// It computes y = a x + y in two streams and in a graph, and prints "correct". With "late" as an argument it forgets to
// wait for the copy whose result it reads.

#include <cuda.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#define CHECK(call)                                                                                \
  do {                                                                                             \
    CUresult result = (call);                                                                      \
    if (result != CUDA_SUCCESS) {                                                                  \
      const char *name = "?";                                                                      \
      cuGetErrorName(result, &name);                                                               \
      std::fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, name);                    \
      std::exit(1);                                                                                \
    }                                                                                              \
  } while (0)

static const char ptx[] = ".version 8.0\n.target sm_80\n.address_size 64\n"
                          ".visible .entry axpy(.param .u64 y, .param .u64 x, .param .f32 a, .param .u32 n) {\n"
                          "  .reg .pred %p; .reg .b32 %i, %n, %t, %b; .reg .f32 %a, %x, %y; .reg .b64 %py, %px, %o;\n"
                          "  ld.param.u64 %py, [y]; ld.param.u64 %px, [x]; ld.param.f32 %a, [a]; ld.param.u32 %n, [n];\n"
                          "  mov.u32 %t, %tid.x; mov.u32 %b, %ctaid.x; mov.u32 %i, %ntid.x; mad.lo.u32 %i, %b, %i, %t;\n"
                          "  setp.ge.u32 %p, %i, %n;\n"
                          "  @%p bra $end;\n"
                          "  mul.wide.u32 %o, %i, 4; add.u64 %py, %py, %o; add.u64 %px, %px, %o;\n"
                          "  ld.global.f32 %x, [%px]; ld.global.f32 %y, [%py]; fma.rn.f32 %y, %a, %x, %y;\n"
                          "  st.global.f32 [%py], %y;\n"
                          "$end: ret;\n"
                          "}\n";

int main(int count, char **arguments) {
  bool isLate = count > 1 && std::strcmp(arguments[1], "late") == 0;
  CHECK(cuInit(0));
  CUdevice device;
  CUcontext context;
  CHECK(cuDeviceGet(&device, 0));
  CHECK(cuDevicePrimaryCtxRetain(&context, device));
  CHECK(cuCtxSetCurrent(context));
  CUmodule module;
  CUfunction axpy;
  char log[1024] = "";
  CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES};
  void *values[] = {log, (void *)sizeof log};
  CHECK(cuModuleLoadDataEx(&module, ptx, 2, options, values));
  CHECK(cuModuleGetFunction(&axpy, module, "axpy"));

  unsigned n = 1000;
  size_t bytes = n * sizeof(float);
  CUdeviceptr x, y;
  float *hostX, *hostY, a = 3;
  CHECK(cuMemAlloc(&x, bytes));
  CHECK(cuMemAlloc(&y, bytes));
  CHECK(cuMemAllocHost((void **)&hostX, bytes));
  CHECK(cuMemHostAlloc((void **)&hostY, bytes, 0));
  for (unsigned i = 0; i < n; ++i) {
    hostX[i] = (float)i;
    hostY[i] = 1;
  }
  CUstream copies, work;
  CUevent there;
  CHECK(cuStreamCreate(&copies, CU_STREAM_NON_BLOCKING));
  CHECK(cuStreamCreate(&work, CU_STREAM_NON_BLOCKING));
  CHECK(cuEventCreate(&there, CU_EVENT_DISABLE_TIMING));
  CHECK(cuMemcpyHtoDAsync(x, hostX, bytes, copies));
  CHECK(cuMemcpyHtoDAsync(y, hostY, bytes, copies));
  CHECK(cuEventRecord(there, copies));
  CHECK(cuStreamWaitEvent(work, there, 0));
  void *parameters[] = {&y, &x, &a, &n};
  CHECK(cuLaunchKernel(axpy, (n + 127) / 128, 1, 1, 128, 1, 1, 0, work, parameters, nullptr));

  CUgraph graph;
  CUgraphExec exec;
  CHECK(cuStreamBeginCapture(work, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  CHECK(cuLaunchKernel(axpy, (n + 127) / 128, 1, 1, 128, 1, 1, 0, work, parameters, nullptr));
  CHECK(cuMemcpyDtoHAsync(hostY, y, bytes, work));
  CHECK(cuStreamEndCapture(work, &graph));
  CHECK(cuGraphInstantiate(&exec, graph, 0));
  CHECK(cuStreamSynchronize(copies));
  CHECK(cuGraphLaunch(exec, work));
  volatile float first = 0;
  if (isLate)
    first = hostY[0];
  CHECK(cuStreamSynchronize(work));
  bool isRight = true;
  for (unsigned i = 0; i < n; ++i)
    isRight &= hostY[i] == 6 * (float)i + 1;
  std::puts(isRight ? "correct" : "wrong");

  CHECK(cuGraphExecDestroy(exec));
  CHECK(cuGraphDestroy(graph));
  CHECK(cuEventDestroy(there));
  CHECK(cuStreamDestroy(work));
  CHECK(cuStreamDestroy(copies));
  CHECK(cuMemFreeHost(hostX));
  CHECK(cuMemFreeHost(hostY));
  CHECK(cuMemFree(x));
  CHECK(cuMemFree(y));
  CHECK(cuModuleUnload(module));
  CHECK(cuDevicePrimaryCtxRelease(device));
  return !isRight;
}
