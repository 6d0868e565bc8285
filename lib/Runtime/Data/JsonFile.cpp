// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// JSON files of data sets: reading with a position on error, and fields with a type.

#include "mmc/Runtime/Data/JsonFile.h"

#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Core/Json.h"

using namespace mmc;
using nlohmann::json;

namespace {

/// Looks only for where the parser stops: json::parse without exceptions does not tell.
struct ErrorPosition : json::json_sax_t {
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t &) override { return true; }
  bool string(string_t &) override { return true; }
  bool binary(binary_t &) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(string_t &) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t at, const std::string &, const json::exception &error) override {
    position = at;
    reason = error.what();
    // The library's own prefix repeats the position: "[json.exception…] parse error at …: text".
    if (size_t colon = reason.find(": "); colon != std::string::npos)
      reason.erase(0, colon + 2);
    return false;
  }
  size_t position = 0;
  std::string reason;
};

} // namespace

Status mmc::readJsonFile(const std::string &path, json &result) {
  MMC_ASSIGN_OR_RETURN(std::string text, readFile(path));
  if (isNestedTooDeep(text))
    return Status::badInput("'" + path + "' has lists or objects in each other deeper than " +
                            std::to_string(kDeepestJson) + " levels");
  result = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!result.is_discarded())
    return Status::ok();
  ErrorPosition error;
  json::sax_parse(text, &error);
  return Status::badInput("'" + path + "' is not JSON: at byte " + std::to_string(error.position) +
                          " of " + std::to_string(text.size()) + ": " + error.reason);
}

StatusOr<std::string> mmc::stringField(const json &object, const char *key,
                                       const std::string &fallback) {
  auto field = object.find(key);
  if (field == object.end() || field->is_null())
    return fallback;
  if (!field->is_string())
    return Status::badInput(std::string("field '") + key +
                            "' must be a string, got: " + field->type_name());
  return *field->get_ptr<const std::string *>();
}

StatusOr<std::string> mmc::requiredString(const json &object, const char *key) {
  auto field = object.find(key);
  if (field == object.end())
    return Status::badInput(std::string("field '") + key + "' is missing");
  if (!field->is_string())
    return Status::badInput(std::string("field '") + key +
                            "' must be a string, got: " + field->type_name());
  return *field->get_ptr<const std::string *>();
}
