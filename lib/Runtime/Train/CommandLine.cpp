// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// mmc-train's command line and its help text.

#include "NearestName.h"
#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Core/Json.h"
#include "mmc/Runtime/Train/ResumePlace.h"
#include "mmc/Runtime/Train/TrainSettings.h"

#include <algorithm>

namespace mmc {

using nlohmann::json;

namespace {

constexpr size_t kHelpColumn = 30, kHelpWidth = 100;

/// Whether the flag stands alone: `--pack`, `--resume`.
bool needsNoValue(const TrainSetting &setting) {
  return setting.value[0] == '\0' || setting.value[0] == '[';
}

struct GivenFlag {
  const TrainSetting *setting;
  std::vector<std::string> texts;
};

StatusOr<json> readConfig(const std::string &path) {
  MMC_ASSIGN_OR_RETURN(std::string text, readFile(path));
  json config = parseJson(text, /*comments=*/true);
  if (config.is_discarded())
    return Status::badInput(path + ": not JSON");
  return config;
}

/// Continues `out`, which stands in `column`, with `text` broken into lines that start at
/// kHelpColumn.
void wrap(std::string &out, const std::string &text, size_t column) {
  out.append(column < kHelpColumn ? kHelpColumn - column : 0, ' ');
  if (column >= kHelpColumn)
    out += "\n" + std::string(kHelpColumn, ' ');
  column = kHelpColumn;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find(' ', at), text.size());
    if (column > kHelpColumn && column + 1 + end - at > kHelpWidth) {
      out += "\n" + std::string(kHelpColumn, ' ');
      column = kHelpColumn;
    } else if (column > kHelpColumn) {
      out += ' ';
      ++column;
    }
    out.append(text, at, end - at);
    column += end - at;
    at = end + 1;
  }
  out += '\n';
}

/// A default as a command line would say it; empty where there is none.
std::string defaultText(const json &value) {
  if (value.is_null() || value == "" || value == json::array() || value == false)
    return "";
  if (!value.is_array())
    return value.is_string() ? value.get<std::string>() : value.dump();
  std::string text;
  for (const json &item : value)
    text += (text.empty() ? "" : ",") + item.dump();
  return text;
}

} // namespace

StatusOr<TrainCommand> parseCommandLine(const std::vector<std::string> &arguments) {
  TrainCommand command;
  std::vector<GivenFlag> given;
  std::vector<std::string> names = {"config", "help", "version"};
  for (const TrainSetting &setting : trainSettings())
    names.push_back(setting.name);
  std::string model, config;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string &argument = arguments[i];
    if (argument.substr(0, 2) != "--") {
      if (argument.empty() || argument[0] == '-' || !model.empty())
        return Status::badUsage(model.empty() ? "flags start with --, got: '" + argument + "'"
                                              : "one model file is expected, got: '" + model +
                                                    "' and '" + argument + "'");
      model = argument;
      continue;
    }
    size_t equals = std::min(argument.find('='), argument.size());
    const std::string name = argument.substr(2, equals - 2);
    std::optional<std::string> value;
    if (equals < argument.size())
      value = argument.substr(equals + 1);
    if (name == "help" || name == "version") {
      command.action = name == "help" ? TrainCommand::Action::Help : TrainCommand::Action::Version;
      return command;
    }
    auto known = std::find_if(trainSettings().begin(), trainSettings().end(),
                              [&](const TrainSetting &setting) { return setting.name == name; });
    if (known == trainSettings().end() && name != "config")
      return Status::badUsage("unknown flag '--" + name + "'" + didYouMean(name, names));
    if (!value && known != trainSettings().end() && needsNoValue(*known))
      value = "true";
    if (!value && i + 1 < arguments.size())
      value = arguments[++i];
    if (!value)
      return Status::badUsage("--" + name + " needs a value: --" + name + "=...");
    if (name == "config") {
      config = *value;
      continue;
    }
    auto before = std::find_if(given.begin(), given.end(),
                               [&](const GivenFlag &flag) { return flag.setting == &*known; });
    if (before == given.end())
      given.push_back({&*known, {*value}});
    else
      before->texts.push_back(*value);
  }

  TrainSettings told;
  json configuration = json::object();
  if (!config.empty()) {
    MMC_ASSIGN_OR_RETURN(configuration, readConfig(config));
    MMC_RETURN_IF_ERROR(mergeJson(told, configuration, config));
  }
  auto applyFlags = [&](TrainSettings &settings) {
    for (const GivenFlag &flag : given) {
      Status status = setSetting(settings, *flag.setting, flag.texts);
      if (!status.isOk())
        return Status::badUsage("--" + status.message());
    }
    if (!model.empty())
      settings.model = model;
    return Status::ok();
  };
  MMC_RETURN_IF_ERROR(applyFlags(told));
  if (told.resume) {
    MMC_ASSIGN_OR_RETURN(std::optional<json> before, settingsOfResumed(told));
    if (before) {
      TrainSettings base;
      MMC_RETURN_IF_ERROR(mergeJson(base, *before, "the checkpoint's settings"));
      // What belongs to one process, not to the training.
      base.explain = base.evalOnly = false;
      base.resume.reset();
      base.dumpDir.clear();
      MMC_RETURN_IF_ERROR(mergeJson(base, configuration, config));
      MMC_RETURN_IF_ERROR(applyFlags(base));
      told = std::move(base);
    }
  }
  command.settings = std::move(told);
  MMC_RETURN_IF_ERROR(checkSettings(command.settings));
  return command;
}

std::string helpText() {
  std::string out =
      "usage: mmc-train MODEL.mlir --weights=PATH --data=PATH --output=DIR (--epochs=X|--steps=N) "
      "[flags]\n\n"
      "Compiles a model and trains it. Every flag is also a key of the JSON file that --config "
      "names\n(underscores for dashes); the command line wins.\n";
  const json defaults = toJson(TrainSettings());
  std::string section;
  for (const TrainSetting &setting : trainSettings()) {
    if (section != setting.section)
      out += "\n" + (section = setting.section) + "\n";
    std::string value = setting.value;
    std::string flag = "  --" + std::string(setting.name) +
                       (value.empty() || value[0] == '[' ? value : "=" + value);
    std::string help = setting.help;
    std::string fallback = defaultText(defaults[setting.key()]);
    if (!fallback.empty() && fallback != "0" && fallback != "0.0")
      help += " (default: " + fallback + ")";
    out += flag;
    wrap(out, help, flag.size());
  }
  out += "\n";
  for (const auto &[flag, help] :
       {std::pair("  --config=FILE", "settings as JSON; a run's config.json is one"),
        std::pair("  --help", "this text"), std::pair("  --version", "the version")}) {
    out += flag;
    wrap(out, help, std::string(flag).size());
  }
  out +=
      "\nEvaluation on ScienceQA also reports accuracy: the answer's opening \"The answer is\" is "
      "given, and\nthe option counts whose letter is then the most likely to follow. Prompt "
      "formats whose answer\ndoes not begin with it have no accuracy.\n"
      "\nCtrl-C (or SIGTERM) finishes the step, writes a checkpoint and exits; a second one ends "
      "at once.\n"
      "\nExit status: 0 success, 1 bad input or a failed run, 2 wrong usage, 130 (Ctrl-C) or 143 "
      "(SIGTERM)\ninterrupted, with a checkpoint to go on from.\n";
  return out;
}

} // namespace mmc
