// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// config.json of a Hugging Face model directory, read with types, bounds and defaults.

#ifndef MMC_TOOLS_MMC_IMPORT_CONFIG_H
#define MMC_TOOLS_MMC_IMPORT_CONFIG_H

#include "mmc/Runtime/Core/Status.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>

namespace mmc::import {

/// A model directory and its config.json.
struct ModelDirectory {
  std::string path;
  nlohmann::json config;

  std::string configPath() const { return path + "/config.json"; }
  /// The class that the checkpoint was saved from: `architectures[0]`, or what `model_type` stands
  /// for
  /// ("LlamaForCausalLM"); a model_type that mmc does not know is returned as it is.
  std::string architecture() const;
};

/// Reads DIR/config.json. Io if there is none, BadInput where it is not an object, is broken, or
/// says neither `architectures` nor `model_type`.
StatusOr<ModelDirectory> openModel(const std::string &path);

/// The fields of an object. A field that is absent or null has the default given; one of another
/// type or out of bounds is an error, of which status() keeps the first.
class ConfigReader {
public:
  /// `where` begins the messages: the file, and the object within it.
  ConfigReader(const nlohmann::json &object, std::string where)
      : object(object), where(std::move(where)) {}

  /// A whole number from 1 to `most`; noteDefaults() tells of one that is not given.
  int64_t size(const char *key, int64_t fallback, int64_t most = int64_t(1) << 30);
  /// The same, of a size that files leave out because it follows from others.
  int64_t derivedSize(const char *key, int64_t fallback, int64_t most = int64_t(1) << 30);
  /// A finite number above 0.
  double positive(const char *key, double fallback);
  bool flag(const char *key, bool fallback);
  std::string text(const char *key, const std::string &fallback);
  /// Records `message` as the failure unless `holds`.
  void require(bool holds, const std::string &message);
  bool has(const char *key) const { return object.contains(key) && !object[key].is_null(); }

  const Status &status() const { return failure; }
  /// Notes, in one line, the sizes that were not given and what was taken for them: a file cut
  /// short makes another model than its weights are of, and nobody would see why they do not fit.
  void noteDefaults() const;

private:
  const nlohmann::json &object;
  std::string where, defaults;
  Status failure;
};

} // namespace mmc::import

#endif // MMC_TOOLS_MMC_IMPORT_CONFIG_H
