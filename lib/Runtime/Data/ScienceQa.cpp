// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads the ScienceQA layout.

#include "mmc/Runtime/Data/ScienceQa.h"

#include "mmc/Runtime/Data/JsonFile.h"

#include <filesystem>

using namespace mmc;
using nlohmann::json;

namespace fs = std::filesystem;

/// As many options as there are letters to name them.
static constexpr size_t kMaxChoices = 26;

static Status readChoices(const json &object, ScienceQaProblem &problem) {
  auto choices = object.find("choices");
  if (choices == object.end() || !choices->is_array() || choices->empty())
    return Status::badInput("field 'choices' must be a list of at least one string");
  if (choices->size() > kMaxChoices)
    return Status::badInput(
        "options are named by one letter each, got: " + std::to_string(choices->size()) +
        " choices > " + std::to_string(kMaxChoices));
  for (const json &choice : *choices) {
    if (!choice.is_string())
      return Status::badInput(std::string("choices must be strings, got: ") + choice.type_name());
    problem.choices.push_back(*choice.get_ptr<const std::string *>());
  }
  auto answer = object.find("answer");
  if (answer == object.end() || !answer->is_number_integer())
    return Status::badInput("field 'answer' must be an integer");
  problem.answer = answer->get<int64_t>();
  if (problem.answer < 0 || problem.answer >= static_cast<int64_t>(problem.choices.size()))
    return Status::badInput("field 'answer' counts choices from 0, got: " + answer->dump() +
                            " with " + std::to_string(problem.choices.size()) + " choices");
  return Status::ok();
}

static Status readProblem(const json &object, const fs::path &directory, const std::string &split,
                          ScienceQaProblem &problem) {
  if (!object.is_object())
    return Status::badInput(std::string("must be an object, got: ") + object.type_name());
  MMC_ASSIGN_OR_RETURN(problem.question, requiredString(object, "question"));
  MMC_ASSIGN_OR_RETURN(problem.hint, stringField(object, "hint", ""));
  MMC_ASSIGN_OR_RETURN(problem.lecture, stringField(object, "lecture", ""));
  MMC_ASSIGN_OR_RETURN(problem.solution, stringField(object, "solution", ""));
  MMC_ASSIGN_OR_RETURN(problem.subject, stringField(object, "subject", ""));
  MMC_ASSIGN_OR_RETURN(problem.grade, stringField(object, "grade", ""));
  MMC_RETURN_IF_ERROR(readChoices(object, problem));
  MMC_ASSIGN_OR_RETURN(std::string image, stringField(object, "image", ""));
  if (image.empty())
    return Status::ok();
  // Splits such as "minitrain" share the pictures of the split the problem belongs to.
  MMC_ASSIGN_OR_RETURN(std::string own, stringField(object, "split", split));
  problem.imageFile = (directory / "images" / own / problem.id / image).string();
  std::error_code error;
  if (!fs::is_regular_file(problem.imageFile, error))
    return Status::badInput("its image is missing: no such file: '" + problem.imageFile + "'");
  return Status::ok();
}

static Status readCaptions(const fs::path &directory, json &captions) {
  std::string file = (directory / "captions.json").string();
  json content;
  MMC_RETURN_IF_ERROR(readJsonFile(file, content));
  if (!content.is_object() || !content.contains("captions") || !content["captions"].is_object())
    return Status::badInput("'" + file +
                            "' must be {\"captions\": {id: text}}; leave captions out if it is "
                            "something else");
  captions = std::move(content["captions"]);
  return Status::ok();
}

/// The list of ids of a split, or an error that names the splits there are.
static Status readSplit(const std::string &file, const std::string &split, json &ids) {
  json splits;
  MMC_RETURN_IF_ERROR(readJsonFile(file, splits));
  auto found = splits.is_object() ? splits.find(split) : splits.end();
  if (found == splits.end() || !found->is_array()) {
    std::string known;
    if (splits.is_object())
      for (auto &item : splits.items())
        known += (known.empty() ? "" : ", ") + item.key();
    return Status::badInput("'" + file + "' has no split '" + split + "'; it has: " + known);
  }
  if (found->empty())
    return Status::badInput("split '" + split + "' of '" + file + "' is empty");
  ids = std::move(*found);
  return Status::ok();
}

StatusOr<std::vector<ScienceQaProblem>> mmc::loadScienceQa(const std::string &directory,
                                                           const ScienceQaOptions &options) {
  fs::path root = directory;
  std::string problemsFile = (root / "problems.json").string();
  json problems, ids, captions = json::object();
  MMC_RETURN_IF_ERROR(readJsonFile(problemsFile, problems));
  if (!problems.is_object())
    return Status::badInput("'" + problemsFile +
                            "' must be an object of problems by id, got: " + problems.type_name());
  MMC_RETURN_IF_ERROR(readSplit((root / "pid_splits.json").string(), options.split, ids));
  if (options.useCaptions)
    MMC_RETURN_IF_ERROR(readCaptions(root, captions));

  std::vector<ScienceQaProblem> result;
  for (const json &id : ids) {
    if (!id.is_string())
      return Status::badInput("ids of split '" + options.split +
                              "' must be strings, got: " + id.dump());
    ScienceQaProblem problem;
    problem.id = *id.get_ptr<const std::string *>();
    std::string where = "'" + problemsFile + "': problem '" + problem.id + "'";
    auto found = problems.find(problem.id);
    if (found == problems.end())
      return Status::badInput(where + " is missing, but split '" + options.split + "' lists it");
    Status status = readProblem(*found, root, options.split, problem);
    if (status.isOk()) {
      auto caption = stringField(captions, problem.id.c_str(), "");
      if (caption.isOk())
        problem.caption = *caption;
      else
        status = caption.status();
    }
    if (!status.isOk())
      return status.context(where);
    result.push_back(std::move(problem));
  }
  return result;
}

StatusOr<Sample> ScienceQaDataset::sample(int64_t index) const {
  const ScienceQaProblem &item = items[index];
  PromptText text = promptFormat.build(item);
  auto row = encodeLavinRow(tokens, text.prompt, text.answer, item.imageFile, rowOptions);
  if (!row.isOk())
    return row.status().context("problem '" + item.id + "'");
  row->id = item.id;
  return row;
}
