// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Decoding with a key/value cache.

#include "BoundEntry.h"

#include "mmc/Runtime/Generate/Decoders.h"

#include <cstring>

using namespace mmc;

namespace {

class CachedDecoder final : public DecodingModel {
public:
  CachedDecoder(const DecoderRequest &request, Parameters parameters, BoundEntry prefill,
                BoundEntry decode)
      : layout(request.layout), pixels(request.pixels), threads(request.threads),
        parameters(std::move(parameters)), prefill(std::move(prefill)), decode(std::move(decode)) {}

  /// Ties the two entries together: what the prompt leaves, and the rows that grow.
  Status connect() {
    for (const ProgramTensor &input : decode.entry().inputs) {
      const std::string &name = input.name;
      if (name.rfind("state:", 0) == 0) {
        MMC_RETURN_IF_ERROR(decode.shareInput(name, prefill));
      } else if (name.rfind("past:", 0) == 0) {
        rows = input.shape[1];
        kept.push_back(name.substr(5));
      } else if (name != "past_length" && name != "input_ids" && name != "position_ids" &&
                 name != "segment_ids" && name != "image_slots") {
        return Status::internal("entry 'decode' takes what no token has: " + name);
      }
    }
    // Without attention every row stands alone, and there is no limit.
    if (kept.empty())
      rows = INT32_MAX;
    return Status::ok();
  }

  /// One more than the rows that are kept: nothing reads those of the last token.
  int64_t capacity() const override { return rows + (kept.empty() ? 0 : 1); }

  StatusOr<Tensor> begin(const Sample &prompt) override {
    const int64_t most = prefill.input("input_ids").shape()[1];
    if (prompt.length() > most || prompt.length() > rows)
      return Status::internal("the prompt has more tokens than the decoder was made for, got: " +
                              std::to_string(prompt.length()) + " > " +
                              std::to_string(std::min(most, rows)));
    MMC_ASSIGN_OR_RETURN(Batch batch, makeBatch(layout, most, {{prompt}}, pixels));
    MMC_RETURN_IF_ERROR(prefill.setInputs(batch.tensors));
    length = prompt.length();
    position = prompt.positionIds.back();
    segment = prompt.segmentIds.back();
    *prefill.input("last_token").as<int32_t>() = static_cast<int32_t>(length - 1);
    prefill.run(threads);
    for (const std::string &index : kept)
      keep(prefill.output("new:" + index), decode.input("past:" + index), 0, length);
    return logitsOf(prefill);
  }

  StatusOr<Tensor> append(int32_t token) override {
    set("input_ids", token);
    set("position_ids", ++position);
    set("segment_ids", segment);
    set("image_slots", -1);
    set("past_length", static_cast<int32_t>(length));
    decode.run(threads);
    if (length < rows)
      for (const std::string &index : kept)
        keep(decode.output("new:" + index), decode.input("past:" + index), length, 1);
    ++length;
    return logitsOf(decode);
  }

private:
  void set(const char *name, int32_t value) {
    if (decode.hasInput(name))
      *decode.input(name).as<int32_t>() = value;
  }

  /// Copies the first `count` rows [1, T, …] to the rows from `at` on.
  static void keep(const Tensor &from, Tensor &to, int64_t at, int64_t count) {
    const size_t row = to.bytes() / to.shape()[1];
    std::memcpy(static_cast<char *>(to.data()) + at * row, from.data(), count * row);
  }

  static Tensor logitsOf(BoundEntry &entry) {
    const Tensor &logits = entry.output("logits");
    Tensor result(DType::F32, {logits.count()});
    convert(logits.dtype(), logits.data(), DType::F32, result.data(), result.count());
    return result;
  }

  BatchLayout layout;
  PixelLoader pixels;
  int threads;
  Parameters parameters;
  BoundEntry prefill, decode;
  std::vector<std::string> kept; ///< indices of `past:` and `new:`
  int64_t rows = 0, length = 0;
  int32_t position = 0, segment = 0;
};

} // namespace

/// The entry compiled for one row of `tokens`.
static StatusOr<std::unique_ptr<Program>> compileRow(const DecoderRequest &request,
                                                     const char *entry, int64_t tokens) {
  CompileRequest compile = request.base;
  compile.entries = {entry};
  compile.batch = 1;
  compile.seqLen = tokens;
  compile.images = request.layout.imagesPerRow;
  if (!compile.dumpDir.empty())
    compile.dumpDir += std::string("/") + entry;
  return Program::compile(compile);
}

StatusOr<std::unique_ptr<DecodingModel>> mmc::cachedDecoder(const DecoderRequest &request) {
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<Program> first,
                       compileRow(request, "prefill", bucketOf(request.promptLength)));
  MMC_ASSIGN_OR_RETURN(std::unique_ptr<Program> next,
                       compileRow(request, "decode", bucketOf(request.capacity)));
  // The decoded token needs nothing that the prompt does not.
  const std::vector<ProgramParameter> wanted = first->parameters();
  MMC_ASSIGN_OR_RETURN(Parameters parameters, Parameters::load(wanted, request.sources));
  MMC_ASSIGN_OR_RETURN(BoundEntry prefill,
                       BoundEntry::create(std::move(first), "prefill", wanted, parameters));
  MMC_ASSIGN_OR_RETURN(BoundEntry decode,
                       BoundEntry::create(std::move(next), "decode", wanted, parameters));
  auto decoder = std::make_unique<CachedDecoder>(request, std::move(parameters), std::move(prefill),
                                                 std::move(decode));
  MMC_RETURN_IF_ERROR(decoder->connect());
  return std::unique_ptr<DecodingModel>(std::move(decoder));
}
