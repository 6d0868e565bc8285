// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A compiled module: the one bridge between the runtime and the compiler. No MLIR in this header.

#ifndef MMC_RUNTIME_JIT_PROGRAM_H
#define MMC_RUNTIME_JIT_PROGRAM_H

#include "mmc/Runtime/Core/ProgramTensor.h"
#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Core/Tensor.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mmc {

/// The optimizer that the entry `update` is compiled for: AdamW as torch's. Weight decay applies to
/// parameters of two or more dimensions.
struct UpdateSettings {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weightDecay = 0;
  /// "PATTERN:X": the learning rate of parameters whose name the glob pattern matches is X times
  /// the common one; the last match wins.
  std::vector<std::string> lrScales;
};

/// What is to be compiled, and for which shapes.
struct CompileRequest {
  /// Path of the model file.
  std::string modelFile;
  /// Functions to compile: those of the file ("logits", "loss", "hidden_states", …), "gradients"
  /// (what Autodiff makes of @loss), "update" (the optimizer's step over all trainable parameters),
  /// "prefill" and "decode" (what it makes of @logits for one row: generation with a key/value
  /// cache).
  std::vector<std::string> entries;
  /// Shapes of arguments by their mmc.name; these win over `batch`, `seqLen` and `images` (0: not
  /// given).
  std::map<std::string, Shape> shapes;
  int64_t batch = 0, seqLen = 0, images = 0;
  /// Shapes that parameters have in their files; they decide sizes that the model leaves open
  /// (`mmc.sizes`).
  std::map<std::string, Shape> fileShapes;
  /// F32 or BF16: weights and activations. Trainable parameters are F32 in either. F64 for checks.
  DType dtype = DType::BF16;
  /// Adapters to insert, as text: "lora rank=8 alpha=16 targets=q_proj,v_proj"; empty: none.
  std::string adapter;
  /// Which parameters train: "adapters,connector", "all", a pattern, …; empty: none.
  std::string train;
  UpdateSettings update;
  /// Whether results may be written over operands that nobody reads afterwards; results are the
  /// same either way. False for checks.
  bool inPlace = true;
  /// native, avx2, avx512, avx512-bf16 or amx.
  std::string cpuFeatures = "native";
  /// Where each phase's result is written ("04-autodiff.mlir"); empty: nowhere.
  std::string dumpDir;
  /// Where compiled code is kept between processes; empty: the user's cache directory; "none": not
  /// kept.
  std::string cacheDir;
};

/// A parameter, as compiled code wants it in memory: row-major, aligned to its elements.
struct ProgramParameter {
  std::string name; ///< its key in the checkpoint
  DType dtype = DType::F32;
  Shape shape;
  bool trainable = false;
  std::string group; ///< llm, vision, connector, adapters; empty where the file says nothing
  std::string
      init; ///< how it starts when no checkpoint provides it (see Initialize.h); may be empty
};

/// Arithmetic of one class of ops, and the bytes that its kernels read and write.
struct CostLine {
  std::string name; ///< "products, frozen weights", "attention", …
  int64_t flops = 0, bytes = 0;
};

/// Values of a program that are told together: "rms_norm_3 : tensor<32x256xf32>".
struct ValueLine {
  std::string name;
  int64_t count = 1, bytes = 0; ///< bytes of all of them
};

/// What an entry computes and needs, as the Plan phase found it.
struct EntrySummary {
  std::vector<CostLine> classes;
  std::vector<ValueLine>
      kept; ///< of `gradients`: made in the forward pass, read in the backward pass
  std::vector<ValueLine> peak; ///< the largest values that live when most of the arena is in use
  int64_t liveBytes = 0;       ///< how much of the arena is in use then
};

/// One compiled function.
struct ProgramEntry {
  std::string name;
  std::vector<size_t> parameters; ///< those it reads, as indices in Program::parameters()
  std::vector<ProgramTensor> inputs, outputs;
  int64_t arenaBytes = 0; ///< its temporaries, the exact peak
  EntrySummary summary;
};

/// Where an entry finds its data. Arena, inputs and outputs are 64-byte aligned; an output may be
/// the same buffer as the input or parameter of its name, which it updates element by element
/// (entry `update`).
struct Bindings {
  void *arena = nullptr;          ///< at least arenaBytes
  std::vector<void *> parameters; ///< one per Program::parameters()
  std::vector<void *> inputs;     ///< one per ProgramEntry::inputs
  std::vector<void *> outputs;    ///< one per ProgramEntry::outputs
};

class Program {
public:
  /// Compiles, or finds the result of an earlier compilation in the cache. BadInput carries the
  /// compiler's diagnostics; BadUsage is an option that names no entry, phase or instruction set.
  static StatusOr<std::unique_ptr<Program>> compile(const CompileRequest &request);
  /// Compiles up to the plan: parameters, entries and their summaries are those of compile(), but
  /// there is no code, and run() must not be called. Costs a small part of the time. Errors as
  /// compile()'s, of these phases.
  static StatusOr<std::unique_ptr<Program>> plan(const CompileRequest &request);
  /// The inputs, with their limits, of the one entry of the request, a function of the file, for
  /// the request's shapes. Runs the first phase only: what decides a shape can be asked before
  /// anything is compiled for it.
  static StatusOr<std::vector<ProgramTensor>> inputs(const CompileRequest &request);
  ~Program();

  /// Parameters of all entries, each once, in the order of the model file.
  const std::vector<ProgramParameter> &parameters() const;
  /// The compiled entry of that name, or null.
  const ProgramEntry *find(const std::string &entry) const;
  /// Runs an entry on `threads` threads. Results do not depend on their number.
  void run(const ProgramEntry &entry, const Bindings &bindings, int threads) const;
  /// Whether the code came from the cache, and how long compiling or loading it took.
  bool fromCache() const;
  double seconds() const;

private:
  struct Content;
  explicit Program(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content;
};

} // namespace mmc

#endif // MMC_RUNTIME_JIT_PROGRAM_H
