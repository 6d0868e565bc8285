// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A compiled model in memory, ready to be trained.

#ifndef MMC_RUNTIME_TRAIN_PROGRAMMODEL_H
#define MMC_RUNTIME_TRAIN_PROGRAMMODEL_H

#include "mmc/Runtime/Jit/Program.h"
#include "mmc/Runtime/Model/Parameters.h"
#include "mmc/Runtime/Train/TrainModel.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mmc {

/// Shapes that one program is compiled for: by input name, or by numbers (0: not given).
struct BatchShapes {
  std::map<std::string, Shape> shapes;
  int64_t batch = 0, seqLen = 0, images = 0;
  bool operator==(const BatchShapes &other) const {
    return shapes == other.shapes && batch == other.batch && seqLen == other.seqLen &&
           images == other.images;
  }
};

class ProgramModel final : public TrainModel {
public:
  struct Request {
    /// What all programs share; entries and shapes are set here.
    CompileRequest base;
    std::vector<BatchShapes> train, eval;
    /// Whether logits() will be called, with the shapes of `eval`.
    bool logits = false;
    int threads = 1;
    /// Stop at the plan: what explain() tells is known, and nothing can be run.
    bool planOnly = false;
  };

  /// One program per shape, all on one arena. Allocates nothing else yet.
  static StatusOr<std::unique_ptr<ProgramModel>> compile(const Request &request);

  /// Every parameter of all programs, once.
  const std::vector<ProgramParameter> &modelParameters() const { return infos; }
  /// The inputs of entry `gradients` (else `loss`) of the first program.
  const std::vector<ProgramTensor> &inputs() const;
  /// Planned memory of a program's step: its `gradients`, and the `update` of all.
  struct StepMemory {
    BatchShapes shapes;
    int64_t gradientBytes, updateBytes;
    const EntrySummary *gradients, *update; ///< null where the program has no such entry
    int64_t peak() const { return std::max(gradientBytes, updateBytes); }
  };
  std::vector<StepMemory> stepMemory() const;
  double compileSeconds() const;

  /// Loads parameters and allocates arena and moments. Returns what the files said.
  Status load(const ParameterSources &sources);
  const Parameters &values() const { return *loaded; }

  StatusOr<LossSum> gradients(MicroBatch &batch, RandomKey key, GradientSum &sum) override;
  void update(const UpdateNumbers &numbers, GradientSum &sum) override;
  StatusOr<LossSum> loss(MicroBatch &batch) override;
  StatusOr<Tensor> logits(MicroBatch &batch,
                          const std::vector<std::array<int64_t, 2>> &positions) override;
  int64_t peakBytes() const override { return peak; }

private:
  struct Compiled {
    BatchShapes shapes;
    std::unique_ptr<Program> program;
    std::vector<size_t> parameters; ///< of the program, as indices in `infos`
  };
  struct Call {
    const Compiled *compiled;
    const ProgramEntry *entry;
    Bindings bindings;
  };

  Status add(const Request &request, const BatchShapes &shapes, std::vector<std::string> entries);
  /// The program whose `entry` takes these tensors, with inputs bound. BadInput when none does.
  StatusOr<Call> prepare(const char *entry, MicroBatch &batch);
  void *trainableTensor(const std::string &name, GradientSum &sum);
  void bindParameters(Call &call);
  LossSum readLoss() const;

  std::vector<Compiled> programs;
  std::vector<ProgramParameter> infos;
  std::optional<Parameters> loaded;
  std::map<std::string, size_t> trainableIndex;
  Tensor arena, lossTensor, countTensor, keyTensor, settingsTensor, logitsTensor;
  int threads = 1;
  int64_t peak = 0;
  bool stepBegins = true;
};

} // namespace mmc

#endif // MMC_RUNTIME_TRAIN_PROGRAMMODEL_H
