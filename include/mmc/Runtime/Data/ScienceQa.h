// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ScienceQA layout on disk, and LaVIN's prompts made of it.

#ifndef MMC_RUNTIME_DATA_SCIENCEQA_H
#define MMC_RUNTIME_DATA_SCIENCEQA_H

#include "mmc/Runtime/Core/Status.h"
#include "mmc/Runtime/Data/LavinRow.h"
#include "mmc/Runtime/Data/Sample.h"
#include "mmc/Runtime/Data/Tokenizer.h"

#include <memory>
#include <string>
#include <vector>

namespace mmc {

/// One multiple-choice problem of problems.json.
struct ScienceQaProblem {
  std::string id;
  std::string question, hint, lecture, solution, subject, grade;
  std::vector<std::string> choices;
  /// Index of the right one in `choices`.
  int64_t answer = 0;
  /// Its caption, when captions were asked for.
  std::string caption;
  /// Its picture, or empty.
  std::string imageFile;
};

/// Which problems load() takes, and how.
struct ScienceQaOptions {
  /// A key of pid_splits.json.
  std::string split = "train";
  /// Read captions.json (`{"captions": {id: text}}`), which must then exist.
  bool useCaptions = false;
};

/// Reads DIR/problems.json, DIR/pid_splits.json and, when asked for, DIR/captions.json; the result
/// is in the order of the split. The picture of a problem whose `image` is not null is
/// DIR/images/<its split>/<id>/<image>, and must exist. Fails on an id without a problem, a
/// problem without question or choices, more than 26 choices, an answer outside of its choices, a
/// missing picture and an empty split; each failure names the problem.
StatusOr<std::vector<ScienceQaProblem>> loadScienceQa(const std::string &directory,
                                                      const ScienceQaOptions &options);

/// What LaVIN makes of a problem: the model continues `prompt` with `answer`.
struct PromptText {
  std::string prompt, answer;
};

/// A prompt format INPUT-OUTPUT such as QCM-ALE. INPUT says what stands in the prompt and in which
/// order (Question, Context, Multiple options, Lecture, Explanation): CQM QCM QCML QCME QCMLE QCLM
/// QCEM QCLEM; OUTPUT what the answer is made of: A AL AE ALE AEL LA EA LEA ELA. LaVIN's command
/// line admits 23 of these pairs, all of them are understood here.
class PromptFormat {
public:
  static StatusOr<PromptFormat> parse(const std::string &name);

  /// LaVIN's strings, with its habits kept (spec of the seed systems, 1.6): no blank between
  /// "Response:" and the answer; a newline in lecture or explanation becomes a backslash and an n;
  /// pairs of blanks become one blank in a single pass; a trailing "BECAUSE:" stays; AL gives the
  /// explanation and AE the lecture.
  PromptText build(const ScienceQaProblem &problem) const;

private:
  std::string input, output;
};

/// Problems as LaVIN rows.
class ScienceQaDataset final : public Dataset {
public:
  /// `tokenizer` must outlive the data set.
  ScienceQaDataset(std::vector<ScienceQaProblem> problems, PromptFormat format,
                   const Tokenizer &tokenizer, LavinRowOptions row)
      : items(std::move(problems)), promptFormat(std::move(format)), tokens(tokenizer),
        rowOptions(std::move(row)) {}

  int64_t size() const override { return static_cast<int64_t>(items.size()); }
  std::string id(int64_t index) const override { return items[index].id; }
  StatusOr<Sample> sample(int64_t index) const override;
  const ScienceQaProblem &problem(int64_t index) const { return items[index]; }
  /// The strings that sample(index) is made of: what generation starts from.
  PromptText text(int64_t index) const { return promptFormat.build(items[index]); }

private:
  std::vector<ScienceQaProblem> items;
  PromptFormat promptFormat;
  const Tokenizer &tokens;
  LavinRowOptions rowOptions;
};

} // namespace mmc

#endif // MMC_RUNTIME_DATA_SCIENCEQA_H
