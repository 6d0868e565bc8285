// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mbarrier instructions, one thread, in random order, against a model of the PTX manual's
// description of the object.

#include "Statements.h"

#include <gtest/gtest.h>

#include <random>

namespace mmc::emulator::test {

namespace {

/// An mbarrier object as the manual describes it.
struct Model {
  int64_t expected, pending, bytes = 0;
  uint64_t phase = 0;
  explicit Model(int64_t count) : expected(count), pending(count) {}
  void test() {
    if (pending == 0 && bytes == 0) {
      ++phase;
      pending = expected;
    }
  }
};

/// Statements with what each leaves in the results, when it leaves something.
struct Script {
  std::string text;
  std::vector<uint64_t> wants;
  void result(const std::string &reg, uint64_t want) {
    text += "st.global.b64 [out+" + std::to_string(8 * wants.size()) + "], " + reg + ";\n";
    wants.push_back(want);
  }
};

/// A random program that the manual allows.
Script randomScript(unsigned seed, const std::string &space, const std::string &address,
                    bool isOld) {
  std::mt19937 random(seed);
  auto below = [&](int64_t n) { return static_cast<int64_t>(random() % static_cast<uint64_t>(n)); };
  // The object is in this block's part of the cluster's shared memory too.
  auto anyCluster = [&] { return space.empty() || below(3) ? space : ".shared::cluster"; };
  const std::string weak[] = {"", ".relaxed.cta", ".relaxed.cluster"};
  int64_t count = 1 + below(6);
  Script script;
  script.text =
      "mbarrier.init" + space + ".b64 [" + address + "], " + std::to_string(count) + ";\n";
  Model model(count);
  uint64_t statePhase = 0, statePending = 0;
  bool hasState = false, keptPhase = false;
  for (int step = 0; step < 60; ++step) {
    std::string object = "[" + address + "]";
    switch (below(isOld ? 6 : 10)) {
    case 0:
    case 1: { // an arrival
      if (!model.pending)
        break;
      bool drops = below(4) == 0 && model.expected > 1;
      int64_t n = isOld || below(2) ? 1 : 1 + below(model.pending);
      std::string order[] = {"", ".release.cta", ".relaxed.cta", ".release.cluster"};
      if (drops && n >= model.expected)
        break;
      std::string where = isOld ? space : anyCluster();
      bool givesState = where != ".shared::cluster";
      script.text += std::string("mbarrier.arrive") + (drops ? "_drop" : "") +
                     (isOld ? "" : order[below(4)]) + where +
                     (givesState ? ".b64 state, " : ".b64 _, ") + object +
                     (n > 1 || (!isOld && below(2)) ? ", " + std::to_string(n) : "") + ";\n";
      if (givesState) {
        statePhase = model.phase;
        hasState = true;
        keptPhase = false;
      }
      if (drops)
        model.expected -= n;
      model.pending -= n;
      model.test();
      break;
    }
    case 2: { // one that must not complete the phase
      if (model.pending < 2)
        break;
      int64_t n = 1 + below(model.pending - 1);
      bool drops = n < model.expected && below(3) == 0;
      script.text += std::string("mbarrier.arrive") + (drops ? "_drop" : "") + ".noComplete" +
                     (below(2) ? ".release.cta" : "") + space + ".b64 state, " + object + ", " +
                     std::to_string(n) + ";\n";
      if (drops)
        model.expected -= n;
      statePhase = model.phase;
      statePending = static_cast<uint64_t>(model.pending);
      hasState = keptPhase = true;
      model.pending -= n;
      break;
    }
    case 3:
    case 4: { // waits by parity
      uint64_t parity = random() % 2;
      std::string kind = isOld || below(2) ? "test_wait" : "try_wait";
      std::string order[] = {"", ".acquire.cta", ".relaxed.cluster"};
      script.text += "mbarrier." + kind + ".parity" + (isOld ? "" : order[below(3)]) + space +
                     ".b64 p, " + object + ", " + std::to_string(parity) +
                     (kind == "try_wait" && below(2) ? ", 20" : "") +
                     ";\nselp.b64 value, 1, 0, p;\n";
      script.result("value", parity != model.phase % 2);
      break;
    }
    case 5: // waits by state, and what it holds
      if (hasState && statePhase + 1 >= model.phase) {
        script.text += "mbarrier.test_wait" + space + ".b64 p, " + object +
                       ", state;\nselp.b64 value, 1, 0, p;\n";
        script.result("value", statePhase != model.phase);
      }
      if (keptPhase) {
        script.text += "mbarrier.pending_count.b64 n, state;\ncvt.u64.u32 value, n;\n";
        script.result("value", statePending);
      }
      break;
    case 6:
    case 7: { // bytes are expected
      int64_t n = below(5000);
      if (model.bytes + n > 1048575 || !model.pending)
        break;
      bool arrives = below(2), drops = arrives && model.expected > 1 && below(4) == 0;
      std::string order[] = {"", ".release.cta", ".relaxed.cta", ".relaxed.cluster"};
      script.text += arrives ? std::string("mbarrier.arrive") + (drops ? "_drop" : "") +
                                   ".expect_tx" + order[below(4)] + anyCluster() + ".b64 _, " +
                                   object + ", " + std::to_string(n) + ";\n"
                             : "mbarrier.expect_tx" + weak[below(3)] + anyCluster() + ".b64 " +
                                   object + ", " + std::to_string(n) + ";\n";
      if (drops)
        --model.expected;
      model.bytes += n;
      model.pending -= arrives;
      model.test();
      break;
    }
    default: { // bytes come: all that are expected, or some
      int64_t n =
          below(2) || model.bytes <= 0 ? std::max<int64_t>(model.bytes, 0) : below(model.bytes + 1);
      if (below(8) == 0)
        n += 1 + below(100);
      script.text += "mbarrier.complete_tx" + weak[below(3)] + anyCluster() + ".b64 " + object +
                     ", " + std::to_string(n) + ";\n";
      model.bytes -= n;
      model.test();
    }
    }
  }
  script.text += "mbarrier.inval" + space + ".b64 [" + address + "];\n";
  return script;
}

} // namespace

TEST(MbarrierInstruction, RandomSequencesAgreeWithTheManual) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    bool isOld = seed % 4 == 0;
    const char *spaces[] = {".shared", "", ".shared::cta"};
    std::string space = spaces[seed % 3];
    std::string address = space.empty() ? "generic" : seed % 2 ? "object" : "s";
    Script script = randomScript(seed, space, address, isOld && space != ".shared::cta");
    std::string setup = ".shared .align 8 .b64 object;\n.reg .b32 s, n;\n.reg .b64 state, value, "
                        "generic, wide;\n.reg .pred p;\nmov.u32 s, object;\n"
                        "cvta.shared.u64 generic, object;\n";
    std::vector<uint64_t> got = runStatements(setup + script.text, script.wants.size(), 1,
                                              isOld && space != ".shared::cta" ? 80 : 90);
    ASSERT_EQ(got, script.wants) << "seed " << seed << "\n" << script.text;
  }
}

/// The count of arrivals that cp.async.mbarrier.arrive takes: added first, or not.
TEST(MbarrierInstruction, CopiesArriveByThemselves) {
  for (unsigned form = 0; form < 4; ++form) {
    bool noinc = form % 2;
    std::string text = ".shared .align 16 .b8 tile[32];\n.shared .b64 object;\n.reg .b64 state, "
                       "value;\n.reg .b32 word;\n.reg .pred p;\n"
                       "st.global.b64 [out], 77;\nmbarrier.init.shared.b64 [object], "
                       "1;\ncp.async.ca.shared.global [tile], [out], 8;\n"
                       "cp.async.mbarrier.arrive" +
                       std::string(noinc ? ".noinc" : "") +
                       (form < 2 ? ".shared" : ".shared::cta") + ".b64 [object];\n" +
                       (noinc ? "" : "mbarrier.arrive.shared.b64 state, [object];\n") +
                       "mbarrier.test_wait.parity.shared.b64 p, [object], 0;\nselp.b64 value, 1, "
                       "0, p;\nst.global.b64 [out+8], value;\n"
                       "ld.shared.b64 value, [tile];\nst.global.b64 [out+16], value;\n"
                       "mbarrier.test_wait.parity.shared.b64 p, [object], 1;\nselp.b64 value, 1, "
                       "0, p;\nst.global.b64 [out+24], value;\n";
    EXPECT_EQ(runStatements(text, 4, 1, 80), (std::vector<uint64_t>{77, 1, 77, 0})) << text;
  }
}

TEST(MbarrierInstruction, RefusesWhatTheManualDoes) {
  const char *head = ".shared .b64 object;\n.reg .b64 state;\n.reg .b32 n;\n.reg .pred p;\n";
  auto refused = [&](const std::string &line, unsigned sm, const std::string &why) {
    std::string message = loadError(head + line, sm);
    EXPECT_NE(message.find(why), std::string::npos) << line << ": " << message;
  };
  refused("mbarrier.init.shared.b64 [object], 0;", 80, "from 1 to 1048575, got: 0");
  refused("mbarrier.arrive.shared.b64 state, [object], 2;", 80, "needs .target sm_90");
  refused("mbarrier.arrive.expect_tx.shared.b64 state, [object], 16;", 80, "needs .target sm_90");
  refused("mbarrier.try_wait.parity.shared.b64 p, [object], 0;", 80, "needs .target sm_90");
  refused("mbarrier.arrive.shared::cluster.b64 state, [object];", 90, "expected '_'");
  refused("mbarrier.test_wait.shared.b64 p, [object], n;", 80, "expected a register of type .b64");
  for (const char *half : {".release", ".relaxed", ".cta", ".cluster"})
    refused(std::string("mbarrier.arrive") + half + ".shared.b64 _, [object];", 90,
            "an order needs a scope, and a scope an order");
  refused("mbarrier.test_wait.acquire.shared.b64 p, [object], state;", 90,
          "an order needs a scope");
  refused("mbarrier.expect_tx.relaxed.shared.b64 [object], 16;", 90, "an order needs a scope");
  refused("mbarrier.arrive.noComplete.cta.shared.b64 _, [object], 1;", 80, "needs a scope");
  refused("mbarrier.arrive.relaxed.cta.shared.b64 _, [object];", 80,
          ".relaxed needs .target sm_90");
  refused("mbarrier.arrive.release.cluster.shared.b64 _, [object];", 80,
          "clusters need .target sm_90");
  refused("mbarrier.init.global.b64 [object], 1;", 80, "got: .global");
}

} // namespace mmc::emulator::test
