// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs kernels that tests write in PTX.

#include "Table.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iomanip>
#include <set>

namespace mmc::emulator::test {

static std::string moduleText(const std::string &statements, const KernelSetup &setup) {
  return ".version " + setup.version + "\n.target " + setup.chip + "\n.address_size 64\n" +
         setup.declarations +
         "\n.visible .entry k(.param .u64 source, .param .u64 target) {\n"
         ".reg .pred p<9>;\n.reg .b8 b<17>;\n.reg .b16 h<17>;\n.reg .b32 r<17>;\n.reg .b64 d<17>;\n"
         ".reg .b128 o<5>;\n.reg .f32 f<9>;\n.reg .f64 e<9>;\n.reg .b64 in, out, policy;\n.reg "
         ".b32 tid;\n"
         "ld.param.u64 in, [source];\nld.param.u64 out, [target];\nmov.u32 tid, %tid.x;\n" +
         statements + "\nret;\n}\n";
}

void keepForAssembler(const std::string &text, const std::string &chip) {
  const char *folder = std::getenv("MMC_KEEP_PTX");
  static std::set<std::string> seen;
  if (!folder || !seen.insert(text).second)
    return;
  std::ofstream file(std::string(folder) + "/" + std::to_string(seen.size()) + "." + chip + ".ptx");
  file << text;
  EXPECT_TRUE(file.good()) << folder;
}

std::string loadError(const std::string &statements, const KernelSetup &setup) {
  Device device(**findChip(setup.chip));
  StatusOr<std::shared_ptr<Module>> module = device.load(moduleText(statements, setup), "test");
  return module.isOk() ? std::string() : module.status().message();
}

Outcome runKernel(const std::string &statements, const KernelSetup &setup) {
  std::string text = moduleText(statements, setup);
  keepForAssembler(text, setup.chip);
  Outcome outcome;
  Device device(**findChip(setup.chip));
  StatusOr<std::shared_ptr<Module>> module = device.load(text, "test");
  if (!module.isOk()) {
    ADD_FAILURE() << module.status().message() << "\n" << text;
    return outcome;
  }
  uint64_t in = *device.memory().allocate(std::max<size_t>(setup.source.size(), 16), "source"),
           out = *device.memory().allocate(setup.targetBytes, "target");
  if (!setup.source.empty())
    EXPECT_TRUE(device.memory().write(in, setup.source.data(), setup.source.size()).isOk());
  EXPECT_TRUE(device.memory().fill(out, 0xee, 1, setup.targetBytes).isOk());
  LaunchConfig config;
  config.grid = setup.grid;
  config.block = setup.block;
  config.dynamicShared = setup.dynamicShared;
  LaunchOptions options;
  options.threads = 1;
  options.maxInstructions = 1 << 22;
  options.checkRaces = setup.checkRaces;
  options.schedule = setup.schedule;
  LaunchResult result = device.launch(*(*module)->kernel("k"), config, {&in, &out}, options);
  outcome.status = result.status;
  outcome.report = result.report;
  outcome.target.resize(setup.targetBytes);
  EXPECT_TRUE(device.memory().read(out, outcome.target.data(), setup.targetBytes).isOk());
  return outcome;
}

Outcome runClean(const std::string &statements, const KernelSetup &setup) {
  Outcome outcome = runKernel(statements, setup);
  EXPECT_TRUE(outcome.status.isOk()) << outcome.status.message();
  EXPECT_TRUE(outcome.report.violations.empty()) << toText(outcome.report) << statements;
  return outcome;
}

uint64_t countOf(const Outcome &outcome, ViolationKind kind) {
  uint64_t count = 0;
  for (const Violation &violation : outcome.report.violations)
    count += violation.kind == kind ? violation.count : 0;
  return count;
}

Bytes bytesOf(unsigned __int128 value) {
  Bytes bytes;
  for (uint8_t &byte : bytes) {
    byte = static_cast<uint8_t>(value);
    value >>= 8;
  }
  return bytes;
}

uint64_t numberAt(const Bytes &bytes, size_t first, size_t count) {
  uint64_t value = 0;
  for (size_t i = count; i-- > 0;)
    value = value << 8 | bytes[first + i];
  return value;
}

const std::vector<Bytes> &laneOperands() {
  static const std::vector<Bytes> list = [] {
    std::vector<Bytes> made(32);
    for (unsigned lane = 0; lane < 32; ++lane)
      for (unsigned i = 0; i < 16; ++i) {
        uint8_t patterns[] = {
            0x00,
            0xff,
            static_cast<uint8_t>(i % 2 ? 0x80 : 0x00), // the lowest of 16 bits
            static_cast<uint8_t>(i % 4 == 3 ? 0x80 : 0x00),
            static_cast<uint8_t>(i % 8 == 7 ? 0x7f : 0xff), // the highest of 64 bits
            static_cast<uint8_t>(i % 4 == 3 ? 0x7f : 0xff),
            static_cast<uint8_t>(i + 1),
            static_cast<uint8_t>(0x80 + i)};
        made[lane][i] =
            lane < 8 ? patterns[lane] : static_cast<uint8_t>((lane * 37 + i * 101) * 5 >> 2);
      }
    return made;
  }();
  return list;
}

static unsigned sizeOfRegister(char kind) {
  switch (kind) {
  case 'b':
    return 1;
  case 'h':
    return 2;
  case 'r':
  case 'f':
  case 'p':
    return 4;
  case 'o':
    return 16;
  default:
    return 8;
  }
}

/// Gives the registers known values, runs the text and stores them.
static std::string around(const Form &form, const std::string &text, size_t slot) {
  std::string code, stores;
  size_t at = slot;
  for (const std::string &result : form.results) {
    unsigned bytes = sizeOfRegister(result[0]);
    std::string type = ".b" + std::to_string(8 * bytes), where = "[d0+" + std::to_string(at) + "]";
    if (result[0] == 'p') {
      code += "mov.pred " + result + ", 0;\n";
      stores += "selp.u32 r0, 1, 0, " + result + ";\nst.global.u32 " + where + ", r0;\n";
    } else {
      code += "ld.global" + type + " " + result + ", [in+512];\n";
      stores += "st.global" + type + " " + where + ", " + result + ";\n";
    }
    at += bytes;
  }
  return code + text + "\n" + stores;
}

void checkForms(const std::vector<Form> &forms, KernelSetup setup, const std::string &before) {
  setup.source.clear();
  for (const Bytes &bytes : laneOperands())
    setup.source.insert(setup.source.end(), bytes.begin(), bytes.end());
  setup.source.insert(setup.source.end(), 16, 0xaa);
  size_t perLane = forms.size() * 32;
  setup.targetBytes = perLane * 32;
  std::string code =
      "mul.lo.u32 r1, tid, 16;\ncvt.u64.u32 d0, r1;\nadd.u64 d3, in, d0;\n"
      "mul.lo.u32 r1, tid, " +
      std::to_string(perLane) +
      ";\ncvt.u64.u32 d0, r1;\nadd.u64 d0, out, d0;\n"
      "and.b32 r1, tid, 1;\nsetp.ne.u32 p1, r1, 0;\n"
      "ld.global.b128 o1, [d3];\nld.global.v2.b64 {d1, d2}, [d3];\nld.global.f32 f1, "
      "[d3];\nld.global.f64 e1, [d3];\n"
      "ld.global.v4.b16 {h1, h2, h3, h4}, [d3];\nld.global.v4.b16 {h5, h6, h7, h8}, [d3+8];\n"
      "ld.global.v4.b8 {b1, b2, b3, b4}, [d3];\nld.global.v4.b8 {b5, b6, b7, b8}, [d3+4];\n"
      "ld.global.v4.b32 {r1, r2, r3, r4}, [d3];\n" +
      before;
  for (size_t i = 0; i < forms.size(); ++i)
    code += around(forms[i], forms[i].text, 32 * i) +
            around(forms[i], "@p1 " + forms[i].text, 32 * i + 16);
  Outcome outcome = runClean(code, setup);
  if (outcome.target.size() != setup.targetBytes)
    return;
  unsigned shown = 0;
  for (unsigned lane = 0; lane < 32; ++lane)
    for (size_t i = 0; i < 2 * forms.size() && shown < 10; ++i) {
      const Form &form = forms[i / 2];
      size_t bytes = 0;
      for (const std::string &result : form.results)
        bytes += sizeOfRegister(result[0]);
      Bytes want = form.model(laneOperands()[lane], lane);
      if (i % 2 && lane % 2 == 0)
        want.fill(form.results[0][0] == 'p' ? 0 : 0xaa);
      const uint8_t *got = &outcome.target[lane * perLane + 16 * i];
      if (std::equal(got, got + bytes, want.begin()))
        continue;
      ++shown;
      std::ostringstream text;
      text << std::hex << std::setfill('0');
      for (size_t k = bytes; k-- > 0;)
        text << std::setw(2) << unsigned(got[k]);
      text << " != ";
      for (size_t k = bytes; k-- > 0;)
        text << std::setw(2) << unsigned(want[k]);
      ADD_FAILURE() << (i % 2 ? "@p1 " : "") << form.text << " in lane " << lane << ": got 0x"
                    << text.str();
    }
}

} // namespace mmc::emulator::test
