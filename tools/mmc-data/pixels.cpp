// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-data pixels: image files as the vision tower sees them, in a safetensors file.

#include "Command.h"
#include "TensorFile.h"

#include "mmc/Runtime/Data/Image.h"
#include "mmc/Runtime/Data/ImageTransform.h"

#include <cstring>
#include <filesystem>

namespace cl = llvm::cl;

namespace mmc::data {

static cl::SubCommand pixels("pixels",
                             "Writes PNG and JPEG files as a vision tower sees them (safetensors)");
static cl::list<std::string> files(cl::Positional, cl::OneOrMore, cl::desc("FILE..."),
                                   cl::sub(pixels));
static cl::opt<std::string>
    preprocessing("preprocess",
                  cl::desc("clip, clip-pad, siglip, siglip-pad, lavin, eva-clip, or none: "
                           "the decoded pixels"),
                  cl::value_desc("name"), cl::sub(pixels));
static cl::opt<int64_t> size("size", cl::desc("Side of the result in pixels (not with none)"),
                             cl::value_desc("N"), cl::sub(pixels));
static cl::opt<std::string>
    config("preprocessor-config",
           cl::desc("Instead of --preprocess and --size: a Hugging Face preprocessor_config.json, "
                    "or the directory that holds it"),
           cl::value_desc("path"), cl::sub(pixels));
static cl::opt<std::string>
    output("o",
           cl::desc("Output file: pixel_values:<file name>, f32 [3, N, N], for each FILE; with "
                    "none rgb:<file name>, u8 [height, width, 3]; - is standard output"),
           cl::value_desc("file"), cl::init("-"), cl::sub(pixels));

/// The transform that the options ask for; none for --preprocess=none.
static StatusOr<std::optional<ImageTransform>> chosenTransform() {
  bool hasSize = size.getNumOccurrences() > 0;
  if ((preprocessing.getNumOccurrences() > 0) == (config.getNumOccurrences() > 0))
    return Status::badUsage("one of --preprocess and --preprocessor-config must be given");
  if (config.getNumOccurrences()) {
    if (hasSize)
      return Status::badUsage("--size must not be given with --preprocessor-config, which says it");
    MMC_ASSIGN_OR_RETURN(ImageTransform transform, readImageTransform(config));
    return std::optional(transform);
  }
  if (preprocessing == "none") {
    if (hasSize)
      return Status::badUsage("--size must not be given with --preprocess=none, which keeps sizes");
    return std::optional<ImageTransform>();
  }
  StatusOr<ImageTransform> transform = imageTransform(preprocessing, size);
  if (!transform.isOk())
    return Status::badUsage(transform.status().message() +
                            (hasSize ? "" : " (--size is not given)"));
  return std::optional(*transform);
}

static Tensor rgbTensor(const Image &image) {
  Tensor tensor(DType::U8, {image.height, image.width, 3});
  std::memcpy(tensor.data(), image.pixels.data(), image.pixels.size());
  return tensor;
}

static Status run() {
  MMC_ASSIGN_OR_RETURN(std::optional<ImageTransform> transform, chosenTransform());
  TensorMap tensors;
  for (const std::string &file : files) {
    std::string key =
        (transform ? "pixel_values:" : "rgb:") + std::filesystem::path(file).filename().string();
    if (tensors.count(key))
      return Status::badInput(file + ": results are named by file name, so every FILE must have "
                                     "another one, got: two of this name; run mmc-data twice");
    MMC_ASSIGN_OR_RETURN(Image image, readImage(file));
    if (!transform) {
      tensors.emplace(key, rgbTensor(image));
      continue;
    }
    StatusOr<Tensor> values = preprocess(image, *transform);
    if (!values.isOk())
      return values.status().context(file);
    tensors.emplace(key, std::move(*values));
  }
  return writeTensors(tensors, output);
}

Command pixelsCommand() { return {&pixels, run}; }

} // namespace mmc::data
