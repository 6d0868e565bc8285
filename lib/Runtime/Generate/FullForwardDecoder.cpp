// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decoding by whole rows.

#include "BoundEntry.h"

#include "mmc/Runtime/Data/InputCheck.h"
#include "mmc/Runtime/Generate/Decoders.h"

using namespace mmc;

int64_t mmc::bucketOf(int64_t length) {
  int64_t step = 16;
  while (step <= length / 8)
    step *= 2;
  return (length + step - 1) / step * step;
}

namespace {

class FullForwardDecoder final : public DecodingModel {
public:
  FullForwardDecoder(const DecoderRequest &request, Parameters parameters, BoundEntry logits)
      : layout(request.layout), pixels(request.pixels), threads(request.threads),
        parameters(std::move(parameters)), entry(std::move(logits)) {}

  int64_t capacity() const override { return entry.input("input_ids").shape()[1]; }

  StatusOr<Tensor> begin(const Sample &prompt) override {
    row = prompt;
    return compute();
  }

  StatusOr<Tensor> append(int32_t token) override {
    row.inputIds.push_back(token);
    row.labels.push_back(kIgnoredLabel);
    row.positionIds.push_back(row.positionIds.back() + 1);
    row.segmentIds.push_back(row.segmentIds.back());
    row.imageSlots.push_back(-1);
    return compute();
  }

private:
  StatusOr<Tensor> compute() {
    MMC_ASSIGN_OR_RETURN(Batch batch, makeBatch(layout, capacity(), {{row}}, pixels));
    MMC_RETURN_IF_ERROR(entry.setInputs(batch.tensors));
    entry.run(threads);
    const Tensor &all = entry.output("logits");
    const int64_t vocabulary = all.shape().back();
    Tensor last(DType::F32, {vocabulary});
    const char *from = static_cast<const char *>(all.data()) +
                       (row.length() - 1) * vocabulary * sizeOf(all.dtype());
    convert(all.dtype(), from, DType::F32, last.data(), vocabulary);
    return last;
  }

  BatchLayout layout;
  PixelLoader pixels;
  int threads;
  Parameters parameters;
  mutable BoundEntry entry;
  Sample row;
};

} // namespace

StatusOr<std::unique_ptr<DecodingModel>> mmc::fullForwardDecoder(const DecoderRequest &request) {
  CompileRequest compile = request.base;
  compile.entries = {"logits"};
  compile.batch = 1;
  compile.seqLen = bucketOf(request.capacity);
  compile.images = request.layout.imagesPerRow;
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<Program> program, Program::compile(compile));
  const std::vector<ProgramParameter> wanted = program->parameters();
  MMC_ASSIGN_OR_RETURN(Parameters parameters, Parameters::load(wanted, request.sources));
  MMC_ASSIGN_OR_RETURN(BoundEntry entry,
                       BoundEntry::create(std::move(program), "logits", wanted, parameters));
  return std::unique_ptr<DecodingModel>(
      std::make_unique<FullForwardDecoder>(request, std::move(parameters), std::move(entry)));
}
