// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What needs a newer chip, or one by its exact name, is refused for others; the assembler agrees
// (test/PTX/assembler_agreement.py --chips).

#include "Table.h"

#include <gtest/gtest.h>

namespace mmc::emulator::test {

TEST(TargetInstruction, NeedsAChip) {
  struct Row {
    const char *text;
    const char *refusing, *taking;
    const char *why;
  };
  const Row rows[] = {
      {"min.xorsign.abs.f32 f1, f2, f3;", "sm_80", "sm_86", "needs .target sm_86"},
      {"max.xorsign.abs.f16x2 r1, r2, r3;", "sm_80", "sm_86", "needs .target sm_86"},
      {"min.NaN.xorsign.abs.bf16 h1, h2, h3;", "sm_80", "sm_86", "needs .target sm_86"},
      {"cvt.rn.satfinite.tf32.f32 r1, f1;", "sm_90", "sm_100", "needs .target sm_100"},
      {"cvt.rn.tf32.f32 r1, f1;", "sm_89", "sm_90", "needs .target sm_90"},
      {"cvt.ftz.f32.bf16 f1, h1;", "sm_89", "sm_90", "needs .target sm_90"},
      {"redux.sync.min.f32 f1, f2, 0xffffffff;", "sm_100", "sm_100a", "needs .target sm_100a"},
      {"redux.sync.max.NaN.f32 f1, f2, 0xffffffff;", "sm_120a", "sm_100f", "needs .target sm_100a"},
      {"setmaxnreg.inc.sync.aligned.u32 64;", "sm_90", "sm_90a", "needs .target sm_90a"},
      {"setmaxnreg.dec.sync.aligned.u32 64;", "sm_120", "sm_120f", "needs .target sm_90a"},
      {"cvt.rn.satfinite.e2m1x2.f32 b1, f1, f2;", "sm_100", "sm_100a", "needs .target sm_100a"},
      {"cvt.rn.f16x2.e3m2x2 r1, h1;", "sm_120", "sm_120f", "needs .target sm_100a"},
      {"cvt.rz.ue8m0x2.bf16x2 h1, r1;", "sm_100", "sm_100f", "needs .target sm_100a"},
      {"mma.sync.aligned.m16n8k32.row.col.kind::f8f6f4.f16.e2m3.e2m1.f16 {r1, r2}, {r1, r2, r3, "
       "r4}, {r1, r2}, {r1, r2};",
       "sm_120", "sm_120a", "needs .target sm_120a"},
      {"mma.sync.aligned.m16n8k32.row.col.kind::f8f6f4.f16.e4m3.e5m2.f16 {r1, r2}, {r1, r2, r3, "
       "r4}, {r1, r2}, {r1, r2};",
       "sm_100", "sm_100a", "needs .target sm_100a"},
      {"mov.u32 r1, %clusterid.x;", "sm_80", "sm_90", "clusters need .target sm_90"},
      {"mov.u32 r1, %cluster_ctarank;", "sm_89", "sm_90", "clusters need .target sm_90"},
      {"mov.pred p1, %is_explicit_cluster;", "sm_80", "sm_90", "clusters need .target sm_90"},
      {"isspacep.shared::cluster p1, in;", "sm_80", "sm_90", "clusters need .target sm_90"},
      {"cvta.shared::cluster.u64 d1, d2;", "sm_80", "sm_90", "clusters need .target sm_90"},
      {"atom.cluster.global.add.u32 r1, [in], r2;", "sm_80", "sm_90", "clusters need"},
      {"fence.sc.cluster;", "sm_80", "sm_90", "clusters need .target sm_90"},
  };
  for (const Row &row : rows) {
    KernelSetup setup;
    setup.chip = row.refusing;
    EXPECT_NE(loadError(row.text, setup).find(row.why), std::string::npos)
        << row.text << loadError(row.text, setup);
    setup.chip = row.taking;
    EXPECT_EQ(loadError(row.text, setup), "") << row.text;
  }
}

} // namespace mmc::emulator::test
