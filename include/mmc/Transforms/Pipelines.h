// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All phases strung together: what mmc-opt --mmc-compile and the other tools run.

#ifndef MMC_TRANSFORMS_PIPELINES_H
#define MMC_TRANSFORMS_PIPELINES_H

#include "mmc/Transforms/Phases.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mmc {

/// The settings of a compilation, declared once for all tools.
struct CompileOptions : mlir::PassPipelineOptions<CompileOptions> {
  Option<std::string> from{*this, "from",
                           llvm::cl::desc("phase that the module has passed already (input: none)"),
                           llvm::cl::init("input")};
  Option<std::string> to{
      *this, "to",
      llvm::cl::desc("last phase to run: specialize, adapters, autodiff, fuse, plan or lower"),
      llvm::cl::init("lower")};
  ListOption<std::string> entries{
      *this, "entries",
      llvm::cl::desc(
          "functions to compile: logits, loss, gradients, update, …; none: all of the file")};
  ListOption<std::string> shapes{*this, "shapes",
                                 llvm::cl::desc("name:AxBxC of arguments, by their mmc.name")};
  ListOption<std::string> sizes{
      *this, "sizes",
      llvm::cl::desc(
          "name:N of the module's mmc.sizes: sizes of parameters that a model leaves open")};
  Option<int64_t> batch{*this, "batch", llvm::cl::desc("rows of a batch"), llvm::cl::init(0)};
  Option<int64_t> seqLen{*this, "seq-len", llvm::cl::desc("tokens of a row"), llvm::cl::init(0)};
  Option<int64_t> images{*this, "images",
                         llvm::cl::desc("pictures of a batch (0: as many as rows)"),
                         llvm::cl::init(0)};
  Option<std::string> dtype{*this, "dtype", llvm::cl::desc("bf16, f32 or f64"),
                            llvm::cl::init("bf16")};
  Option<std::string> adapter{
      *this, "adapter", llvm::cl::desc("adapter to insert: 'lora rank=8 alpha=16 targets=q_proj'"),
      llvm::cl::init("")};
  Option<std::string> train{
      *this, "train",
      llvm::cl::desc("parameters that train: adapters, connector, llm, vision, all or patterns"),
      llvm::cl::init("")};
  Option<double> beta1{*this, "beta1", llvm::cl::desc("of entry update"), llvm::cl::init(0.9)};
  Option<double> beta2{*this, "beta2", llvm::cl::desc("of entry update"), llvm::cl::init(0.999)};
  Option<double> eps{*this, "eps", llvm::cl::desc("of entry update"), llvm::cl::init(1e-8)};
  Option<double> weightDecay{*this, "weight-decay", llvm::cl::desc("of entry update"),
                             llvm::cl::init(0)};
  ListOption<std::string> lrScales{*this, "lr-scales",
                                   llvm::cl::desc("of entry update: PATTERN:X")};
  Option<bool> fuse{*this, "fuse", llvm::cl::desc("group ops into kernels"), llvm::cl::init(true)};
  Option<bool> inPlace{*this, "in-place",
                       llvm::cl::desc("write results over operands that nobody reads afterwards"),
                       llvm::cl::init(true)};
  Option<std::string> target{*this, "target", llvm::cl::desc("cpu or cuda"), llvm::cl::init("cpu")};
  Option<std::string> features{
      *this, "features",
      llvm::cl::desc("instruction set of target=cpu: avx2, avx512, avx512-bf16 or amx"),
      llvm::cl::init("avx2")};
  Option<std::string> chip{*this, "chip", llvm::cl::desc("GPU of target=cuda: sm_80, sm_90, …"),
                           llvm::cl::init("sm_80")};
  Option<std::string> dumpPtx{*this, "dump-ptx",
                              llvm::cl::desc("file to write the PTX of target=cuda to"),
                              llvm::cl::init("")};
  Option<bool> verifyContracts{*this, "verify-contracts",
                               llvm::cl::desc("check each phase's contract after it"),
                               llvm::cl::init(true)};
};

/// The function of the file that Autodiff derives an entry from (`gradients`: loss); empty for one
/// of the file.
llvm::StringRef sourceOf(llvm::StringRef entry);

/// Adds one phase and, where `options` asks for it, the check of its contract. `options` must be
/// valid, as populateCompilePipeline checks.
void populatePhase(mlir::OpPassManager &manager, Phase phase, const CompileOptions &options);

/// Adds the phases after `from` up to `to`; fails, with a message, on an option that names no phase
/// or target.
llvm::LogicalResult populateCompilePipeline(mlir::OpPassManager &manager,
                                            const CompileOptions &options,
                                            llvm::function_ref<void(const llvm::Twine &)> error);

/// Registers `--mmc-compile`.
void registerCompilePipeline();

} // namespace mmc

#endif // MMC_TRANSFORMS_PIPELINES_H
