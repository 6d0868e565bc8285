// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-data pixels: image files as the vision tower sees them, in a safetensors file.

#include "Command.h"
#include "TensorFile.h"

#include "mmc/Runtime/Core/Log.h"
#include "mmc/Runtime/Data/Image.h"
#include "mmc/Runtime/Data/ImageTiles.h"
#include "mmc/Runtime/Data/ImageTransform.h"
#include "mmc/Runtime/Data/PictureStore.h"

#include <cstring>
#include <filesystem>
#include <functional>

namespace cl = llvm::cl;

namespace mmc::data {

static cl::SubCommand
    pixels("pixels", "Writes PNG, JPEG, WebP, GIF and BMP files as a vision tower sees them\n"
                     "  (safetensors)");
static cl::list<std::string> files(cl::Positional, cl::OneOrMore, cl::desc("FILE..."),
                                   cl::sub(pixels));
static cl::opt<std::string>
    preprocessing("preprocess",
                  cl::desc("clip, clip-pad, siglip, siglip-pad, lavin, eva-clip; with S2's three "
                           "scales clip-s2, clip-pad-s2, siglip-s2, siglip-pad-s2; or none: the "
                           "decoded pixels"),
                  cl::value_desc("name"), cl::sub(pixels));
static cl::opt<int64_t> size("size",
                             cl::desc("Side of the result in pixels (not with none). With S2, "
                                      "side of a tile: the scales are N, 2N and 3N"),
                             cl::value_desc("N"), cl::sub(pixels));
static cl::opt<std::string>
    config("preprocessor-config",
           cl::desc("Instead of --preprocess and --size: a Hugging Face preprocessor_config.json, "
                    "or the directory that holds it"),
           cl::value_desc("path"), cl::sub(pixels));
static cl::opt<std::string>
    onBadImage("on-bad-image",
               cl::desc("What a file that cannot be read does: stop, or skip, counted (default: "
                        "stop)"),
               cl::value_desc("what"), cl::init("stop"), cl::sub(pixels));
static cl::opt<std::string>
    output("o",
           cl::desc("Output file: pixel_values:<file name>, f32 [3, N, N], for each FILE; with "
                    "S2 [14, 3, N, N]: 1, 4 and 9 tiles of the scales, row by row; with none "
                    "rgb:<file name>, u8 [height, width, 3]; - is standard output"),
           cl::value_desc("file"), cl::init("-"), cl::sub(pixels));

/// What becomes of a decoded image.
using Preprocessing = std::function<StatusOr<Tensor>(const Image &)>;

static Tensor rgbTensor(const Image &image) {
  Tensor tensor(DType::U8, {image.height, image.width, 3});
  std::memcpy(tensor.data(), image.pixels.data(), image.pixels.size());
  return tensor;
}

/// `transform` is an ImageTransform or a TiledTransform.
template <typename Transform>
static StatusOr<Preprocessing> namedPreprocessing(const StatusOr<Transform> &transform) {
  if (!transform.isOk())
    return Status::badUsage(transform.status().message() +
                            (size.getNumOccurrences() ? "" : " (--size is not given)"));
  return Preprocessing(
      [transform = *transform](const Image &image) { return preprocess(image, transform); });
}

/// What the options ask for.
static StatusOr<Preprocessing> chosenPreprocessing() {
  bool hasSize = size.getNumOccurrences() > 0;
  if ((preprocessing.getNumOccurrences() > 0) == (config.getNumOccurrences() > 0))
    return Status::badUsage("one of --preprocess and --preprocessor-config must be given");
  if (config.getNumOccurrences()) {
    if (hasSize)
      return Status::badUsage("--size must not be given with --preprocessor-config, which says it");
    MMC_ASSIGN_OR_RETURN(ImageTransform transform, readImageTransform(config));
    return Preprocessing([transform](const Image &image) { return preprocess(image, transform); });
  }
  if (preprocessing == "none") {
    if (hasSize)
      return Status::badUsage("--size must not be given with --preprocess=none, which keeps sizes");
    return Preprocessing([](const Image &image) { return StatusOr<Tensor>(rgbTensor(image)); });
  }
  // Every name that asks for S2, so that an unknown one is told of those.
  if (llvm::StringRef(preprocessing).ends_with("-s2"))
    return namedPreprocessing(tiledTransform(preprocessing, size));
  return namedPreprocessing(imageTransform(preprocessing, size));
}

static StatusOr<Tensor> tensorOf(const std::string &file, const Preprocessing &preprocessed,
                                 PictureStore &store) {
  MMC_ASSIGN_OR_RETURN(std::string bytes, store.read(file));
  MMC_ASSIGN_OR_RETURN(Image image, decodeImage(bytes, file));
  StatusOr<Tensor> values = preprocessed(image);
  return values.isOk() ? std::move(values) : values.status().context(file);
}

static Status run() {
  MMC_ASSIGN_OR_RETURN(Preprocessing preprocessed, chosenPreprocessing());
  TensorMap tensors;
  if (onBadImage != "stop" && onBadImage != "skip")
    return Status::badUsage("--on-bad-image must be stop or skip, got: '" + onBadImage + "'");
  PictureStore store;
  int64_t bad = 0;
  for (const std::string &file : files) {
    std::string key = (preprocessing == "none" ? "rgb:" : "pixel_values:") +
                      std::filesystem::path(file).filename().string();
    if (tensors.count(key))
      return Status::badInput(file + ": results are named by file name, so every FILE must have "
                                     "another one, got: two of this name; run mmc-data twice");
    StatusOr<Tensor> values = tensorOf(file, preprocessed, store);
    if (values.isOk()) {
      tensors.emplace(key, std::move(*values));
      continue;
    }
    if (onBadImage == "stop")
      return values.status();
    warning(values.status().message() + "; skipped");
    ++bad;
  }
  if (bad > 0)
    note(std::to_string(bad) + " of " + std::to_string(files.size()) + " images skipped");
  return writeTensors(tensors, output);
}

Command pixelsCommand() { return {&pixels, run}; }

} // namespace mmc::data
