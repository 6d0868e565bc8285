// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads an ImageTransform from a Hugging Face preprocessor_config.json.

#include "mmc/Runtime/Data/ImageTiles.h"

#include "mmc/Runtime/Core/Json.h"
#include "mmc/Runtime/Data/ImageTransform.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace mmc {

namespace {

using nlohmann::json;

Status wrong(const std::string &key, const std::string &rule, const json &got) {
  return Status::badInput("\"" + key + "\" must be " + rule + ", got: " +
                          got.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace));
}

/// The value of a key, or null where it is absent.
const json &valueOf(const json &config, const char *key) {
  static const json null;
  auto found = config.find(key);
  return found == config.end() ? null : *found;
}

Status readBool(const json &config, const char *key, bool &value) {
  const json &found = valueOf(config, key);
  if (found.is_null())
    return Status::ok();
  if (!found.is_boolean())
    return wrong(key, "true or false", found);
  value = found.get<bool>();
  return Status::ok();
}

Status readExtent(const json &found, const std::string &key, int64_t &value) {
  if (!found.is_number_integer() || found < 1 || found > maxTransformSize)
    return wrong(key, "a whole number between 1 and " + std::to_string(maxTransformSize), found);
  value = found.get<int64_t>();
  return Status::ok();
}

/// A number, or {"height": N, "width": N}.
Status readSquare(const json &found, const std::string &key, int64_t &value) {
  if (!found.is_object())
    return readExtent(found, key, value);
  const json &height = valueOf(found, "height");
  if (found.size() != 2 || height != valueOf(found, "width"))
    return wrong(key, "{\"height\": N, \"width\": N}, both the same", found);
  return readExtent(height, key, value);
}

Status readChannels(const json &config, const char *key, std::array<float, 3> &values,
                    bool positive) {
  const json &found = valueOf(config, key);
  if (found.is_null())
    return Status::ok();
  auto good = [&](const json &x) { return x.is_number() && (!positive || x > 0); };
  if (!found.is_array() || found.size() != 3 || !good(found[0]) || !good(found[1]) ||
      !good(found[2]))
    return wrong(key, positive ? "three numbers above 0" : "three numbers", found);
  for (int channel = 0; channel < 3; ++channel)
    values[channel] = found[channel].get<float>();
  return Status::ok();
}

/// The defaults of the processor that the file names.
StatusOr<ImageTransform> defaultsOf(const json &config, bool &centreCrop) {
  const char *key =
      config.contains("image_processor_type") ? "image_processor_type" : "feature_extractor_type";
  const json &type = valueOf(config, key);
  std::string family = type.is_string() ? type.get<std::string>() : "";
  bool clip = family == "CLIPImageProcessor" || family == "CLIPImageProcessorFast" ||
              family == "CLIPFeatureExtractor";
  bool siglip = family == "SiglipImageProcessor" || family == "SiglipImageProcessorFast";
  if (!clip && !siglip)
    return wrong(key, "CLIPImageProcessor or SiglipImageProcessor", type);
  centreCrop = clip;
  return imageTransform(clip ? "clip" : "siglip", 224);
}

Status readGeometry(const json &config, bool centreCrop, ImageTransform &transform) {
  using Resize = ImageTransform::Resize;
  if (const json &size = valueOf(config, "size"); size.is_object() && size.size() == 1) {
    MMC_RETURN_IF_ERROR(
        readExtent(valueOf(size, "shortest_edge"), "size.shortest_edge", transform.resizeTo));
    transform.resize = Resize::ShortestEdge;
  } else if (!size.is_null()) {
    // A plain number means what the processor does by default.
    MMC_RETURN_IF_ERROR(readSquare(size, "size", transform.resizeTo));
    if (size.is_object())
      transform.resize = Resize::Exact;
  }
  MMC_RETURN_IF_ERROR(readBool(config, "do_center_crop", centreCrop));
  if (!centreCrop) {
    if (transform.resize == Resize::ShortestEdge)
      return Status::badInput("\"do_center_crop\" must be true where \"size\" is the shortest edge "
                              "(mmc makes square images only), got: false");
    transform.size = transform.resizeTo;
    return Status::ok();
  }
  if (const json &crop = valueOf(config, "crop_size"); !crop.is_null())
    MMC_RETURN_IF_ERROR(readSquare(crop, "crop_size", transform.size));
  if (transform.size > transform.resizeTo)
    return Status::badInput(
        "\"crop_size\" must be at most \"size\", got: " + std::to_string(transform.size) + " > " +
        std::to_string(transform.resizeTo));
  return Status::ok();
}

Status readValues(const json &config, ImageTransform &transform) {
  MMC_RETURN_IF_ERROR(readChannels(config, "image_mean", transform.mean, /*positive=*/false));
  MMC_RETURN_IF_ERROR(readChannels(config, "image_std", transform.std, /*positive=*/true));
  bool normalize = true, rescale = true;
  MMC_RETURN_IF_ERROR(readBool(config, "do_normalize", normalize));
  MMC_RETURN_IF_ERROR(readBool(config, "do_rescale", rescale));
  if (const json &factor = valueOf(config, "rescale_factor"); !factor.is_null()) {
    if (!factor.is_number())
      return wrong("rescale_factor", "a number", factor);
    transform.rescaleFactor = factor.get<double>();
  }
  if (!rescale)
    transform.rescaleFactor = 1.0;
  if (!normalize) {
    transform.mean.fill(0.0f);
    transform.std.fill(1.0f);
  }
  return Status::ok();
}

StatusOr<ImageTransform> parse(std::string_view text) {
  json config = parseJson(text);
  if (!config.is_object())
    return Status::badInput(
        "a preprocessor_config.json must hold one JSON object, got: " +
        std::string(config.is_discarded() ? "malformed JSON" : "another value"));
  bool centreCrop = false;
  MMC_ASSIGN_OR_RETURN(ImageTransform transform, defaultsOf(config, centreCrop));
  bool resize = true;
  MMC_RETURN_IF_ERROR(readBool(config, "do_resize", resize));
  if (!resize)
    return Status::badInput("\"do_resize\" must be true (a vision tower needs one size), "
                            "got: false");
  constexpr int bicubic = 3; // PIL.Image.BICUBIC
  if (const json &resample = valueOf(config, "resample");
      !resample.is_null() && resample != bicubic)
    return wrong("resample", "3 (bicubic, the only one that mmc implements)", resample);
  MMC_RETURN_IF_ERROR(readGeometry(config, centreCrop, transform));
  MMC_RETURN_IF_ERROR(readValues(config, transform));
  return transform;
}

} // namespace

StatusOr<ImageTransform> parseImageTransform(std::string_view json, const std::string &name) {
  StatusOr<ImageTransform> transform = parse(json);
  if (!transform.isOk())
    return transform.status().context(name);
  return transform;
}

StatusOr<ImageTransform> readImageTransform(const std::string &path) {
  std::error_code ignored;
  std::string file = path;
  if (std::filesystem::is_directory(path, ignored))
    file = (std::filesystem::path(path) / "preprocessor_config.json").string();
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf()))
    return Status::io(file + ": cannot read the image preprocessing: " + std::strerror(errno));
  return parseImageTransform(text.str(), file);
}

StatusOr<ImageTransform> imageTransformFor(const std::string &nameOrPath, int64_t size) {
  const std::vector<std::string> &names = imageTransformNames();
  if (std::find(names.begin(), names.end(), nameOrPath) != names.end())
    return imageTransform(nameOrPath, size);
  if (isTiledTransform(nameOrPath))
    return Status::badInput(
        "a model takes one picture of one size for each image, got: " + nameOrPath +
        ", which makes 14 tiles of three scales; name the transform without -s2 (mmc-data pixels "
        "writes the tiles)");
  MMC_ASSIGN_OR_RETURN(ImageTransform transform, readImageTransform(nameOrPath));
  if (transform.size != size)
    return Status::badInput(nameOrPath +
                            " makes images of another size than the model takes, got: " +
                            std::to_string(transform.size) + " != " + std::to_string(size));
  return transform;
}

} // namespace mmc
