// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Settings from text and JSON, to JSON, and their rules.

#include "mmc/Runtime/Train/TrainSettings.h"
#include "NearestName.h"

#include <cmath>
#include <cstdlib>

namespace mmc {

using nlohmann::json;

namespace {

std::vector<std::string> splitAt(const std::string &text, char separator) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

bool parseNumber(const std::string &text, double &value) {
  char *end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return !text.empty() && end == text.c_str() + text.size() && std::isfinite(value);
}

bool parseNumber(const std::string &text, int64_t &value) {
  char *end = nullptr;
  errno = 0;
  value = std::strtoll(text.c_str(), &end, 10);
  return !text.empty() && end == text.c_str() + text.size() && errno == 0;
}

/// Writes the value of one flag; one overload per type of member.
class Setter {
public:
  Setter(TrainSettings &settings, const TrainSetting &setting,
         const std::vector<std::string> &texts)
      : settings(settings), setting(setting), texts(texts) {}

  Status operator()(std::vector<std::string> TrainSettings::*field) {
    settings.*field = texts;
    return Status::ok();
  }
  Status operator()(std::string TrainSettings::*field) {
    MMC_RETURN_IF_ERROR(single());
    const std::string allowed = setting.value;
    // "DIR|SPEC" names kinds of values, "f32|bf16" the values themselves.
    bool lists = allowed == "cpu" ||
                 (allowed.find('|') != std::string::npos &&
                  allowed.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos);
    bool found = !lists;
    for (const std::string &choice : splitAt(allowed, '|'))
      found |= choice == text();
    if (!found)
      return bad("must be one of " + allowed);
    settings.*field = text();
    return Status::ok();
  }
  Status operator()(std::optional<std::string> TrainSettings::*field) {
    MMC_RETURN_IF_ERROR(single());
    settings.*field = text() == "true" ? "" : text();
    return Status::ok();
  }
  Status operator()(bool TrainSettings::*field) {
    MMC_RETURN_IF_ERROR(single());
    if (text() != "true" && text() != "false")
      return bad("must be true or false");
    settings.*field = text() == "true";
    return Status::ok();
  }
  Status operator()(int64_t TrainSettings::*field) { return number(settings.*field, text()); }
  Status operator()(double TrainSettings::*field) { return number(settings.*field, text()); }
  Status operator()(std::optional<double> TrainSettings::*field) {
    double value = 0;
    MMC_RETURN_IF_ERROR(number(value, text()));
    settings.*field = value;
    return Status::ok();
  }
  Status operator()(std::vector<int64_t> TrainSettings::*field) { return list(settings.*field); }
  Status operator()(std::vector<double> TrainSettings::*field) { return list(settings.*field); }

private:
  const std::string &text() const { return texts.back(); }
  Status bad(const std::string &rule) const {
    return Status::badInput(std::string(setting.name) + " " + rule + ", got: '" + text() + "'");
  }
  Status single() const {
    return texts.size() == 1 ? Status::ok() : bad("is given more than once");
  }
  template <typename T>
  Status number(T &value, const std::string &from) const {
    MMC_RETURN_IF_ERROR(single());
    T parsed{};
    if (!parseNumber(from, parsed))
      return bad(std::is_integral_v<T> ? "must be a whole number" : "must be a finite number");
    if (parsed < setting.lowest)
      return bad("must be at least " + std::to_string(static_cast<int64_t>(setting.lowest)));
    value = parsed;
    return Status::ok();
  }
  template <typename T>
  Status list(std::vector<T> &values) const {
    std::vector<T> parsed;
    for (const std::string &part : splitAt(text(), ','))
      MMC_RETURN_IF_ERROR(number(parsed.emplace_back(), part));
    values = std::move(parsed);
    return Status::ok();
  }

  TrainSettings &settings;
  const TrainSetting &setting;
  const std::vector<std::string> &texts;
};

struct Getter {
  const TrainSettings &settings;
  template <typename T>
  json operator()(T TrainSettings::*field) const {
    return settings.*field;
  }
  template <typename T>
  json operator()(std::optional<T> TrainSettings::*field) const {
    return settings.*field ? json(*(settings.*field)) : json();
  }
};

/// A JSON value as the texts that a command line would give. Empty for null; false for an object.
bool textsOf(const json &value, bool repeatable, std::vector<std::string> &texts) {
  auto one = [](const json &item) {
    return item.is_string() ? item.get<std::string>() : item.dump();
  };
  if (value.is_null())
    return true;
  if (value.is_object())
    return false;
  if (!value.is_array()) {
    texts.push_back(one(value));
    return true;
  }
  std::string joined;
  for (const json &item : value) {
    if (item.is_structured() || item.is_null())
      return false;
    if (repeatable)
      texts.push_back(one(item));
    else
      joined += (joined.empty() ? "" : ",") + one(item);
  }
  if (!repeatable)
    texts.push_back(joined);
  return true;
}

} // namespace

Status setSetting(TrainSettings &settings, const TrainSetting &setting,
                  const std::vector<std::string> &texts) {
  return std::visit(Setter(settings, setting, texts), setting.field);
}

json toJson(const TrainSettings &settings) {
  json result = json::object();
  result["model"] = settings.model;
  for (const TrainSetting &setting : trainSettings())
    result[setting.key()] = std::visit(Getter{settings}, setting.field);
  return result;
}

Status mergeJson(TrainSettings &settings, const json &config, const std::string &origin) {
  if (!config.is_object())
    return Status::badInput(origin + ": must be a JSON object of settings");
  for (const auto &[key, value] : config.items()) {
    if (key == "model_hash" || key == "versions")
      continue; // what a run's config.json says about itself
    if (key == "model") {
      if (!value.is_string())
        return Status::badInput(origin + ": model must be the path of a model file");
      settings.model = value.get<std::string>();
      continue;
    }
    const TrainSetting *found = nullptr;
    std::vector<std::string> keys = {"model"};
    for (const TrainSetting &setting : trainSettings()) {
      keys.push_back(setting.key());
      if (key == keys.back())
        found = &setting;
    }
    if (!found)
      return Status::badInput(origin + ": unknown setting '" + key + "'" + didYouMean(key, keys));
    bool repeatable =
        std::holds_alternative<std::vector<std::string> TrainSettings::*>(found->field);
    std::vector<std::string> texts;
    if (!textsOf(value, repeatable, texts))
      return Status::badInput(origin + ": " + key + " cannot be " + value.dump());
    if (value.is_null() || (texts.empty() && !repeatable))
      continue;
    MMC_RETURN_IF_ERROR(setSetting(settings, *found, texts).context(origin));
  }
  return Status::ok();
}

std::vector<std::string> differences(const json &before, const json &now) {
  std::vector<std::string> result;
  // A run of before a setting existed had what is now its default.
  const json defaults = toJson(TrainSettings());
  auto compare = [&](const std::string &key) {
    json old = before.value(key, defaults.value(key, json())), given = now.value(key, json());
    if (old != given)
      result.push_back(key + ": was " + old.dump() + ", is " + given.dump());
  };
  for (const TrainSetting &setting : trainSettings())
    if (!setting.mayChange)
      compare(setting.key());
  return result;
}

Status checkSettings(const TrainSettings &s) {
  auto bad = [](const std::string &rule) { return Status::badUsage(rule); };
  if (s.model.empty())
    return bad("a model file must be given: mmc-train model.mlir --data=... --output=...");
  if (s.evalOnly && (s.explain || s.resume))
    return bad(
        "--eval-only cannot be given with --explain or --resume; --adapter=DIR evaluates the "
        "adapter that a run has written");
  if (s.evalBlankImages && s.evalData.empty() && s.evalSplit.empty())
    return bad("--eval-blank-images needs --eval-data or --eval-split");
  if (s.evalOnly && (!s.output.empty() || s.steps > 0))
    return bad("--eval-only trains nothing and writes nothing: --steps and --output cannot be "
               "given with it");
  if (s.evalOnly && s.evalData.empty() && s.evalSplit.empty())
    return bad("--eval-only needs --eval-data or --eval-split");
  if (s.data.empty() && !(s.evalOnly && !s.evalData.empty()))
    return bad("--data must be given");
  const bool trains = !s.explain && !s.evalOnly;
  if (s.steps == 0 && s.epochs == 0 && trains)
    return bad("--epochs or --steps must be given");
  if (s.output.empty() && trains)
    return bad("--output must be given");
  if (s.weights.empty() && !s.explain)
    return bad("--weights must be given; --weights=init:0 is random values, for trying out");
  if ((s.warmupSteps > 0) + (s.warmupRatio > 0) + (s.warmupEpochs > 0) > 1)
    return bad("only one of --warmup-steps, --warmup-ratio and --warmup-epochs can be given");
  if (s.betas.size() != 2 || s.betas[0] >= 1 || s.betas[1] >= 1)
    return bad("--betas must be two numbers below 1");
  for (size_t i = 1; i < s.seqLen.size(); ++i)
    if (s.seqLen[i] <= s.seqLen[i - 1])
      return bad("--seq-len must ascend");
  if (s.dropout && *s.dropout >= 1)
    return bad("--dropout must be below 1, got: " + std::to_string(*s.dropout));
  if (s.evalEvery > 0 && s.evalData.empty() && s.evalSplit.empty())
    return bad("--eval-every needs --eval-data or --eval-split");
  for (const std::string &scale : s.lrScale) {
    size_t colon = scale.rfind(':');
    double value = 0;
    if (colon == std::string::npos || colon == 0 || !parseNumber(scale.substr(colon + 1), value) ||
        value < 0)
      return bad("--lr-scale must be PATTERN:X with X at least 0, got: '" + scale + "'");
  }
  return Status::ok();
}

} // namespace mmc
