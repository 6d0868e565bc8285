// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// test/PTX/violations: each wrong kernel is caught, with its kind; none of the right ones is
// reported.

#include "Gpu.h"

namespace mmc::emulator::test {

struct Case {
  const char *name;
  ViolationKind kind;
  const char *file = "violations";
};
constexpr Case cases[] = {
    {"global_read_past", ViolationKind::OutOfBounds},
    {"global_read_before", ViolationKind::OutOfBounds},
    {"global_write_past", ViolationKind::OutOfBounds},
    {"global_null", ViolationKind::OutOfBounds},
    {"shared_past", ViolationKind::OutOfBounds},
    {"shared_negative", ViolationKind::OutOfBounds},
    {"shared_other_array", ViolationKind::OutOfBounds},
    {"dynamic_shared_past", ViolationKind::OutOfBounds},
    {"local_past", ViolationKind::LocalOutOfBounds},
    {"local_negative", ViolationKind::LocalOutOfBounds},
    {"const_past", ViolationKind::OutOfBounds},
    {"misaligned_global", ViolationKind::Misaligned},
    {"misaligned_vector", ViolationKind::Misaligned},
    {"misaligned_shared", ViolationKind::Misaligned},
    {"uninitialized_shared", ViolationKind::Uninitialized},
    {"uninitialized_local", ViolationKind::Uninitialized},
    {"uninitialized_global", ViolationKind::Uninitialized},
    {"race_no_barrier", ViolationKind::SharedRace},
    {"race_write_after_read", ViolationKind::SharedRace},
    {"race_write_write", ViolationKind::SharedRace},
    {"race_bytes", ViolationKind::SharedRace},
    {"race_same_warp", ViolationKind::SharedRace},
    {"race_reduction", ViolationKind::SharedRace},
    {"race_atomic_plain", ViolationKind::SharedRace},
    {"race_named_barrier", ViolationKind::SharedRace},
    {"race_blocks", ViolationKind::GlobalRace},
    {"race_block_read", ViolationKind::GlobalRace},
    {"read_only_written", ViolationKind::GlobalRace},
    {"race_threads", ViolationKind::GlobalRace},
    {"race_flag", ViolationKind::GlobalRace},
    {"race_flag_scope", ViolationKind::GlobalRace},
    {"race_counter_scope", ViolationKind::GlobalRace},
    {"race_counter", ViolationKind::GlobalRace},
    {"barrier_half_warp", ViolationKind::DivergentBarrier},
    {"barrier_one_warp", ViolationKind::DivergentBarrier},
    {"barrier_loop", ViolationKind::DivergentBarrier},
    {"barrier_count", ViolationKind::DivergentBarrier},
    {"shuffle_half", ViolationKind::DivergentShuffle},
    {"shuffle_lane_gone", ViolationKind::DivergentShuffle},
    {"shuffle_not_named", ViolationKind::DivergentShuffle},
    {"vote_half", ViolationKind::DivergentShuffle},
    {"async_early", ViolationKind::SharedRace},
    {"async_wrong_group", ViolationKind::SharedRace},
    {"async_no_barrier", ViolationKind::SharedRace},
    {"trap", ViolationKind::InvalidInstruction},
    {"unwritten_register", ViolationKind::UninitializedRegister},
    {"assertion", ViolationKind::InvalidInstruction},
    {"mbarrier_no_wait", ViolationKind::SharedRace, "mbarrier"},
    {"mbarrier_wrong_parity", ViolationKind::SharedRace, "mbarrier"},
    {"mbarrier_arrive_early", ViolationKind::SharedRace, "mbarrier"},
    {"mbarrier_free_early", ViolationKind::SharedRace, "mbarrier"},
    {"mbarrier_init_race", ViolationKind::SharedRace, "mbarrier"},
    {"mbarrier_one_short", ViolationKind::DivergentBarrier, "mbarrier"},
    {"mbarrier_one_missing", ViolationKind::DivergentBarrier, "mbarrier"},
    {"mbarrier_and_barrier", ViolationKind::DivergentBarrier, "mbarrier"},
    {"mbarrier_crossed", ViolationKind::DivergentBarrier, "mbarrier"},
    {"mbarrier_two_phases", ViolationKind::DivergentBarrier, "mbarrier"},
    {"mbarrier_not_initialised", ViolationKind::Uninitialized, "mbarrier"},
    {"mbarrier_invalidated", ViolationKind::Uninitialized, "mbarrier"},
    {"mbarrier_misaligned", ViolationKind::Misaligned, "mbarrier"},
    {"mbarrier_outside", ViolationKind::OutOfBounds, "mbarrier"},
    {"mbarrier_too_many", ViolationKind::InvalidInstruction, "mbarrier"},
    {"mbarrier_count_zero", ViolationKind::InvalidInstruction, "mbarrier"},
    {"mbarrier_completes", ViolationKind::InvalidInstruction, "mbarrier"},
    {"mbarrier_written_over", ViolationKind::InvalidInstruction, "mbarrier"},
    {"mbarrier_read", ViolationKind::InvalidInstruction, "mbarrier"},
    {"mbarrier_again", ViolationKind::InvalidInstruction, "mbarrier"},
    {"mbarrier_old_state", ViolationKind::InvalidInstruction, "mbarrier"},
    {"mbarrier_parity", ViolationKind::InvalidInstruction, "mbarrier"},
    {"mbarrier_dropped", ViolationKind::InvalidInstruction, "mbarrier"},
    {"mbarrier_copies", ViolationKind::SharedRace, "mbarrier"},
    {"mbarrier_later_copies", ViolationKind::SharedRace, "mbarrier"},
    {"mbarrier_noinc", ViolationKind::DivergentBarrier, "mbarrier"},
    {"bulk_no_wait", ViolationKind::SharedRace, "bulk"},
    {"bulk_no_expect", ViolationKind::SharedRace, "bulk"},
    {"bulk_expects_more", ViolationKind::DivergentBarrier, "bulk"},
    {"bulk_expects_less", ViolationKind::SharedRace, "bulk"},
    {"bulk_free_early", ViolationKind::SharedRace, "bulk"},
    {"bulk_misaligned_source", ViolationKind::Misaligned, "bulk"},
    {"bulk_misaligned_destination", ViolationKind::Misaligned, "bulk"},
    {"bulk_odd_size", ViolationKind::InvalidInstruction, "bulk"},
    {"bulk_past_source", ViolationKind::OutOfBounds, "bulk"},
    {"bulk_past_destination", ViolationKind::OutOfBounds, "bulk"},
    {"bulk_no_object", ViolationKind::Uninitialized, "bulk"},
    {"bulk_overlap", ViolationKind::SharedRace, "bulk"},
    {"bulk_no_proxy_fence", ViolationKind::SharedRace, "bulk"},
    {"bulk_fence_too_early", ViolationKind::SharedRace, "bulk"},
    {"bulk_fence_of_another", ViolationKind::SharedRace, "bulk"},
    {"bulk_store_race", ViolationKind::SharedRace, "bulk"},
    {"bulk_write_while_read", ViolationKind::SharedRace, "bulk"},
    {"bulk_read_early", ViolationKind::GlobalRace, "bulk"},
    {"bulk_store_uninitialised", ViolationKind::Uninitialized, "bulk"},
    {"bulk_store_past", ViolationKind::OutOfBounds, "bulk"},
    {"bulk_store_misaligned", ViolationKind::Misaligned, "bulk"},
    {"bulk_store_blocks", ViolationKind::GlobalRace, "bulk"},
    {"cluster_one_missing", ViolationKind::DivergentBarrier, "bulk"},
    {"cluster_no_wait", ViolationKind::SharedRace, "bulk"},
    {"cluster_arrives_twice", ViolationKind::DivergentBarrier, "bulk"},
    {"cluster_rank", ViolationKind::InvalidInstruction, "bulk"},
    {"heap_past", ViolationKind::OutOfBounds, "heap"},
    {"heap_before", ViolationKind::OutOfBounds, "heap"},
    {"heap_freed", ViolationKind::UseAfterFree, "heap"},
    {"heap_uninitialised", ViolationKind::Uninitialized, "heap"},
    {"heap_freed_twice", ViolationKind::InvalidInstruction, "heap"},
    {"heap_freed_within", ViolationKind::InvalidInstruction, "heap"},
    {"heap_race", ViolationKind::GlobalRace, "heap"},
    {"heap_reuse", ViolationKind::Uninitialized, "heap"},
    {"print_text", ViolationKind::Uninitialized, "heap"},
    {"wmma_half_warp", ViolationKind::DivergentShuffle, "wmma"},
    {"wmma_different", ViolationKind::InvalidInstruction, "wmma"},
    {"wmma_misaligned", ViolationKind::Misaligned, "wmma"},
    {"wmma_stride", ViolationKind::Misaligned, "wmma"},
    {"wmma_past", ViolationKind::OutOfBounds, "wmma"},
    {"wmma_uninitialised", ViolationKind::Uninitialized, "wmma"},
    {"wmma_race", ViolationKind::SharedRace, "wmma"},
    {"order_counter_begin", ViolationKind::SharedRace, "order"},
    {"order_counter_begin_global", ViolationKind::GlobalRace, "order"},
    {"order_write_then_atomic", ViolationKind::SharedRace, "order"},
    {"order_read_then_atomic", ViolationKind::SharedRace, "order"},
    {"order_guess", ViolationKind::GlobalRace, "order"},
    {"order_guess_shared", ViolationKind::SharedRace, "order"},
    {"order_guess_elsewhere", ViolationKind::GlobalRace, "order"},
    {"order_sizes", ViolationKind::GlobalRace, "order"},
    {"order_sizes_shared", ViolationKind::SharedRace, "order"},
    {"order_arrive", ViolationKind::SharedRace, "order"},
    {"order_lanes_lock", ViolationKind::SharedRace, "order"},
    {"order_lanes_lock_global", ViolationKind::GlobalRace, "order"},
    {"order_lanes_publish", ViolationKind::GlobalRace, "order"},
    {"order_lanes_acquire", ViolationKind::GlobalRace, "order"},
    {"order_lanes_fence", ViolationKind::GlobalRace, "order"},
    {"arrive_and_end", ViolationKind::DivergentBarrier, "order"},
    {"shuffle_outside", ViolationKind::DivergentShuffle, "order"},
    {"shuffle_outside_xor", ViolationKind::DivergentShuffle, "order"},
    {"shuffle_dropped", ViolationKind::DivergentShuffle, "order"},
};

class Violations : public testing::TestWithParam<Case> {};

static LaunchResult launch(const std::string &path, const std::string &kernel, unsigned seed) {
  Loaded &loaded = load(path);
  const Kernel *found = loaded.module ? loaded.module->kernel(kernel) : nullptr;
  if (!found) {
    ADD_FAILURE() << path << " has no kernel " << kernel;
    return {};
  }
  LaunchOptions options;
  options.threads = 2;
  options.maxInstructions = 5000000;
  options.print = [](bool, std::string_view) {};
  if (seed)
    options.schedule = seed;
  Gpu gpu(*loaded.device, *found, options);
  std::vector<int> x(128);
  for (int i = 0; i < 128; ++i)
    x[i] = i + 1;
  gpu.buffer(x);
  std::string name = kernel.substr(kernel.find('_') + 1);
  if (name.rfind("race_flag", 0) == 0 || name.rfind("race_counter", 0) == 0 ||
      path.find("/order.") != std::string::npos)
    gpu.buffer(std::vector<int>(128));
  else
    gpu.empty<int>(128);
  return gpu.report({2}, {64}, name == "dynamic_shared_past" ? 64 * sizeof(int) : 0);
}

TEST_P(Violations, AreCaughtAndNothingElse) {
  for (const std::string &path : variants("violations", GetParam().file))
    for (unsigned seed = 0; seed <= 20; ++seed) {
      SCOPED_TRACE(path + ", schedule " + std::to_string(seed));
      LaunchResult bad = launch(path, std::string("bad_") + GetParam().name, seed);
      bool caught = false;
      for (const Violation &violation : bad.report.violations) {
        caught |= violation.kind == GetParam().kind;
        EXPECT_GT(violation.line, 0u);
        EXPECT_FALSE(violation.message.empty());
      }
      ASSERT_TRUE(caught) << toText(bad.report);
      LaunchResult good = launch(path, std::string("good_") + GetParam().name, seed);
      ASSERT_TRUE(good.status.isOk()) << good.status.message();
      ASSERT_TRUE(good.report.violations.empty()) << toText(good.report);
    }
}

// What a flag publishes must be there as soon as another host thread sees the flag.
TEST(ParallelBlocks, FlagsOrderBlocksOnSeveralThreads) {
  const std::string path = variants("violations", "violations").front();
  for (int i = 0; i < 400; ++i) {
    LaunchResult good = launch(path, "good_race_flag", 0);
    ASSERT_TRUE(good.status.isOk()) << good.status.message();
    ASSERT_TRUE(good.report.violations.empty()) << toText(good.report);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Violations, testing::ValuesIn(cases),
                         [](const testing::TestParamInfo<Case> &info) { return info.param.name; });

} // namespace mmc::emulator::test
