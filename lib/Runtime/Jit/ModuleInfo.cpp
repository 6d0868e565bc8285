// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "ModuleInfo.h"

#include "mmc/Runtime/Core/Json.h"

#include <nlohmann/json.hpp>

using namespace mmc;
using nlohmann::json;

static json write(const ProgramTensor &tensor) {
  return {{"name", tensor.name},
          {"dtype", std::string(nameOf(tensor.dtype))},
          {"shape", tensor.shape},
          {"limit", tensor.limit}};
}

static json write(const ProgramParameter &parameter) {
  return {{"name", parameter.name},   {"dtype", std::string(nameOf(parameter.dtype))},
          {"shape", parameter.shape}, {"trainable", parameter.trainable},
          {"group", parameter.group}, {"init", parameter.init}};
}

static json write(const CostLine &line) {
  return {{"name", line.name}, {"flops", line.flops}, {"bytes", line.bytes}};
}

static json write(const ValueLine &line) {
  return {{"name", line.name}, {"count", line.count}, {"bytes", line.bytes}};
}

static json write(const ProgramEntry &entry);

template <typename T>
static json writeAll(const std::vector<T> &items) {
  json array = json::array();
  for (const T &item : items)
    array.push_back(write(item));
  return array;
}

static json write(const ProgramEntry &entry) {
  return {{"name", entry.name},
          {"parameters", entry.parameters},
          {"inputs", writeAll(entry.inputs)},
          {"outputs", writeAll(entry.outputs)},
          {"arena_bytes", entry.arenaBytes},
          {"classes", writeAll(entry.summary.classes)},
          {"kept", writeAll(entry.summary.kept)},
          {"peak", writeAll(entry.summary.peak)},
          {"live_bytes", entry.summary.liveBytes}};
}

std::string mmc::toJson(const ModuleInfo &info) {
  return json{{"parameters", writeAll(info.parameters)}, {"entries", writeAll(info.entries)}}
      .dump();
}

/// Reads members by name; remembers whether all were there with the right type.
class MemberReader {
public:
  explicit MemberReader(bool &good) : good(good) {}

  template <typename T>
  void operator()(const json &object, const char *key, T &value) {
    auto found = object.find(key);
    if (found == object.end())
      good = false;
    else if constexpr (std::is_same_v<T, std::string>)
      (good &= found->is_string()) ? value = found->get<std::string>() : value;
    else if constexpr (std::is_same_v<T, bool>)
      (good &= found->is_boolean()) ? value = found->get<bool>() : value;
    else if constexpr (std::is_integral_v<T>)
      (good &= found->is_number_integer()) ? value = found->get<T>() : value;
    else if constexpr (std::is_same_v<T, DType>)
      dtype(*found, value);
    else
      numbers(*found, value);
  }

private:
  void dtype(const json &text, DType &value) {
    std::optional<DType> parsed =
        text.is_string() ? parseDType(text.get_ref<const std::string &>()) : std::nullopt;
    good &= parsed.has_value();
    value = parsed.value_or(DType::F32);
  }
  template <typename T>
  void numbers(const json &array, std::vector<T> &value) {
    good &= array.is_array();
    for (const json &item : array) {
      good &= item.is_number_integer();
      if (good)
        value.push_back(item.get<T>());
    }
  }
  bool &good;
};

std::optional<ModuleInfo> mmc::parseModuleInfo(const std::string &text) {
  json root = parseJson(text);
  if (!root.is_object() || !root.contains("parameters") || !root.contains("entries"))
    return std::nullopt;
  bool good = true;
  MemberReader read(good);
  auto tensors = [&](const json &array) {
    std::vector<ProgramTensor> result;
    for (const json &item : array) {
      ProgramTensor &tensor = result.emplace_back();
      read(item, "name", tensor.name);
      read(item, "dtype", tensor.dtype);
      read(item, "shape", tensor.shape);
      read(item, "limit", tensor.limit);
    }
    return result;
  };
  auto costs = [&](const json &array) {
    std::vector<CostLine> result;
    for (const json &item : array) {
      CostLine &line = result.emplace_back();
      read(item, "name", line.name);
      read(item, "flops", line.flops);
      read(item, "bytes", line.bytes);
    }
    return result;
  };
  auto values = [&](const json &array) {
    std::vector<ValueLine> result;
    for (const json &item : array) {
      ValueLine &line = result.emplace_back();
      read(item, "name", line.name);
      read(item, "count", line.count);
      read(item, "bytes", line.bytes);
    }
    return result;
  };
  ModuleInfo info;
  for (const json &item : root["parameters"]) {
    ProgramParameter &parameter = info.parameters.emplace_back();
    read(item, "name", parameter.name);
    read(item, "dtype", parameter.dtype);
    read(item, "shape", parameter.shape);
    read(item, "trainable", parameter.trainable);
    read(item, "group", parameter.group);
    read(item, "init", parameter.init);
  }
  for (const json &item : root["entries"]) {
    ProgramEntry &entry = info.entries.emplace_back();
    read(item, "name", entry.name);
    read(item, "parameters", entry.parameters);
    read(item, "arena_bytes", entry.arenaBytes);
    read(item, "live_bytes", entry.summary.liveBytes);
    for (const char *list : {"inputs", "outputs", "classes", "kept", "peak"})
      if (!item.contains(list))
        return std::nullopt;
    entry.summary.classes = costs(item["classes"]);
    entry.summary.kept = values(item["kept"]);
    entry.summary.peak = values(item["peak"]);
    entry.inputs = tensors(item["inputs"]);
    entry.outputs = tensors(item["outputs"]);
    for (size_t index : entry.parameters)
      good &= index < info.parameters.size();
  }
  if (!good)
    return std::nullopt;
  return info;
}
