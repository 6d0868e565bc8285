// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Driver.h"

#include <nlohmann/json.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

namespace mmc::emulator::test {

const char *const driverKernels = R"(
.version 8.0
.target sm_80
.address_size 64
.visible .global .align 4 .u32 factor = 5;
.visible .const .align 4 .u32 three = 3;
.extern .shared .align 4 .b8 dynamic[];
.visible .entry axpy(.param .u64 y, .param .u64 x, .param .f32 a, .param .u32 n) {
  .reg .pred %p; .reg .b32 %i, %n, %t, %b; .reg .f32 %a, %x, %y; .reg .b64 %py, %px, %o;
  ld.param.u64 %py, [y]; ld.param.u64 %px, [x]; ld.param.f32 %a, [a]; ld.param.u32 %n, [n];
  mov.u32 %t, %tid.x; mov.u32 %b, %ctaid.x; mov.u32 %i, %ntid.x; mad.lo.u32 %i, %b, %i, %t;
  setp.ge.u32 %p, %i, %n;
  @%p bra $end;
  mul.wide.u32 %o, %i, 4; add.u64 %py, %py, %o; add.u64 %px, %px, %o;
  ld.global.f32 %x, [%px]; ld.global.f32 %y, [%py]; fma.rn.f32 %y, %a, %x, %y; st.global.f32 [%py], %y;
$end:
  ret;
}
.visible .entry await(.param .u64 flag) {
  .reg .pred %p; .reg .b32 %v; .reg .b64 %f;
  ld.param.u64 %f, [flag];
$again:
  ld.volatile.global.u32 %v, [%f]; setp.eq.u32 %p, %v, 0;
  @%p bra $again;
  ret;
}
.visible .entry past(.param .u64 p, .param .u32 n) {
  .reg .b32 %n; .reg .b64 %p, %o;
  ld.param.u64 %p, [p]; ld.param.u32 %n, [n]; cvt.u64.u32 %o, %n; add.u64 %p, %p, %o; st.global.u32 [%p], %n;
  ret;
}
.visible .entry reverse(.param .u64 p) {
  .reg .b32 %t, %n, %v, %s; .reg .b64 %p, %q, %o;
  ld.param.u64 %p, [p]; mov.u32 %t, %tid.x; mov.u32 %n, %ntid.x;
  mul.wide.u32 %o, %t, 4; add.u64 %q, %p, %o; ld.global.u32 %v, [%q];
  mov.u32 %s, dynamic; mad.lo.u32 %s, %t, 4, %s; st.shared.u32 [%s], %v;
  bar.sync 0;
  sub.u32 %n, %n, %t; sub.u32 %n, %n, 1;
  mov.u32 %s, dynamic; mad.lo.u32 %s, %n, 4, %s; ld.shared.u32 %v, [%s]; st.global.u32 [%q], %v;
  ret;
}
.visible .entry trap() { trap; ret; }
.visible .entry scaled(.param .u64 p) {
  .reg .b32 %f, %t; .reg .b64 %p;
  ld.param.u64 %p, [p]; ld.global.u32 %f, [factor]; ld.const.u32 %t, [three]; mul.lo.u32 %f, %f, %t;
  st.global.u32 [%p], %f;
  ret;
}
)";

void Driver::SetUp() {
  ASSERT_CU(cuInit(0));
  ASSERT_CU(cuDevicePrimaryCtxRetain(&context, 0));
  ASSERT_CU(cuCtxSetCurrent(context));
  ASSERT_CU(cuModuleLoadData(&module, driverKernels));
}

void Driver::TearDown() {
  for (CUstream stream : streams)
    cuStreamDestroy_v2(stream);
  for (CUdeviceptr address : memory)
    cuMemFree_v2(address);
  for (void *host : hosts)
    cuMemFreeHost(host);
  cuModuleUnload(module);
  cuCtxSetCurrent(nullptr);
  cuDevicePrimaryCtxRelease_v2(0);
}

CUfunction Driver::function(const char *name) {
  CUfunction function = nullptr;
  EXPECT_CU(cuModuleGetFunction(&function, module, name));
  return function;
}

CUdeviceptr Driver::allocate(size_t bytes) {
  CUdeviceptr address = 0;
  EXPECT_CU(cuMemAlloc_v2(&address, bytes));
  memory.push_back(address);
  return address;
}

CUstream Driver::stream(unsigned flags) {
  CUstream stream = nullptr;
  EXPECT_CU(cuStreamCreate(&stream, flags));
  streams.push_back(stream);
  return stream;
}

void *Driver::pinned(size_t bytes) {
  void *pointer = nullptr;
  EXPECT_CU(cuMemHostAlloc(&pointer, bytes, 0));
  hosts.push_back(pointer);
  return pointer;
}

CUresult Driver::launch(const char *name, unsigned threads, std::vector<void *> parameters,
                        CUstream stream, unsigned shared) {
  return cuLaunchKernel(function(name), 1, 1, 1, threads, 1, 1, shared, stream, parameters.data(),
                        nullptr);
}

uint32_t *Driver::gate(CUstream stream) {
  auto *flag = static_cast<uint32_t *>(pinned(4));
  *flag = 0;
  EXPECT_CU(launch("await", 1, {&flag}, stream));
  return flag;
}

void Driver::open(uint32_t *gate) { __atomic_store_n(gate, 1, __ATOMIC_RELEASE); }

std::map<std::string, ProgramBody> &programs() {
  static std::map<std::string, ProgramBody> all;
  return all;
}

static std::string readFile(const std::string &file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Outcome runProgram(const std::string &name, const std::vector<std::string> &environment) {
  static std::atomic<int> last{0};
  std::string stem = ::testing::TempDir() + "mmc-driver-" + std::to_string(getpid()) + "-" +
                     std::to_string(++last);
  std::string command =
      "exec env MMC_EMULATOR_QUIET=0 MMC_EMULATOR_DEVICES=1 MMC_EMULATOR_REPORT=" + stem + ".json";
  for (const std::string &variable : environment)
    command += " '" + variable + "'";
  command += " '" +
             readFile("/proc/self/cmdline").substr(0, readFile("/proc/self/cmdline").find('\0')) +
             "' --program=" + name + " 2>" + stem + ".err";
  Outcome outcome;
  int status = std::system(command.c_str());
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  outcome.report = readFile(stem + ".json");
  outcome.error = readFile(stem + ".err");
  auto report = nlohmann::json::parse(outcome.report, nullptr, /*allow_exceptions=*/false);
  if (report.is_object())
    for (const auto &finding : report["findings"])
      outcome.kinds.insert(finding["kind"].get<std::string>());
  else
    outcome.kinds.insert("no report");
  std::remove((stem + ".json").c_str());
  std::remove((stem + ".err").c_str());
  return outcome;
}

} // namespace mmc::emulator::test

int main(int count, char **arguments) {
  using namespace mmc::emulator::test;
  std::string program;
  for (int i = 1; i < count; ++i)
    if (std::string(arguments[i]).rfind("--program=", 0) == 0)
      program = arguments[i] + 10;
  ::testing::InitGoogleTest(&count, arguments);
  if (!program.empty()) {
    if (!programs().count(program))
      return 99;
    Program run;
    bool isBare = program.rfind("bare", 0) == 0;
    if (!isBare)
      run.begin();
    programs()[program](run);
    if (!isBare)
      run.end();
    return ::testing::Test::HasFailure() ? 98 : 0;
  }
  // The tests are written for these.
  setenv("MMC_EMULATOR_CHIP", "sm_80", 1);
  setenv("MMC_EMULATOR_MEMORY", "64M", 1);
  setenv("MMC_EMULATOR_DEVICES", "2", 1);
  setenv("MMC_EMULATOR_QUIET", "1", 1);
  return RUN_ALL_TESTS();
}
