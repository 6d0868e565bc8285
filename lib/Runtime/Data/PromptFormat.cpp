// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LaVIN's prompt and answer strings of a ScienceQA problem.

#include "UnicodeText.h"

#include "mmc/Runtime/Data/ScienceQa.h"

#include <algorithm>

using namespace mmc;

static const char *const kInputs[] = {"CQM",   "QCM",  "QCML", "QCME",
                                      "QCMLE", "QCLM", "QCEM", "QCLEM"};
static const char *const kOutputs[] = {"A", "AL", "AE", "ALE", "AEL", "LA", "EA", "LEA", "ELA"};

StatusOr<PromptFormat> PromptFormat::parse(const std::string &name) {
  PromptFormat format;
  size_t dash = name.find('-');
  format.input = name.substr(0, dash);
  format.output = dash == std::string::npos ? "" : name.substr(dash + 1);
  auto has = [](const auto &list, const std::string &what) {
    return std::find(std::begin(list), std::end(list), what) != std::end(list);
  };
  if (has(kInputs, format.input) && has(kOutputs, format.output))
    return format;
  std::string message = "prompt format must be INPUT-OUTPUT with INPUT one of";
  for (const char *item : kInputs)
    message += std::string(" ") + item;
  message += " and OUTPUT one of";
  for (const char *item : kOutputs)
    message += std::string(" ") + item;
  return Status::badUsage(message + ", got: '" + name + "'");
}

/// The bytes that Python's str.strip() takes away: Unicode's White_Space and the separators
/// 0x1C to 0x1F. Returns the length of such a character at `at`, or 0.
static size_t blankAt(const std::string &text, size_t at) {
  static const char *const kWide[] = {
      "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
      "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
      "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
      "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};
  unsigned char byte = text[at];
  if (byte == ' ' || (byte >= 0x09 && byte <= 0x0D) || (byte >= 0x1C && byte <= 0x1F))
    return 1;
  for (const char *blank : kWide)
    if (std::string_view wide = blank; text.compare(at, wide.size(), wide) == 0)
      return wide.size();
  return 0;
}

/// Python's str.strip().
static std::string strip(const std::string &text) {
  size_t begin = 0;
  while (begin < text.size()) {
    size_t blank = blankAt(text, begin);
    if (blank == 0)
      break;
    begin += blank;
  }
  size_t end = begin;
  for (size_t at = begin; at < text.size();) {
    size_t blank = blankAt(text, at);
    at += std::max<size_t>(blank, 1);
    if (blank == 0)
      end = at;
  }
  return text.substr(begin, end - begin);
}

/// One pass, as Python's replace: three blanks become two.
static std::string tidy(const std::string &text) { return strip(replaceAll(text, "  ", " ")); }

PromptText PromptFormat::build(const ScienceQaProblem &problem) const {
  std::string lecture = replaceAll(problem.lecture, "\n", "\\n");
  std::string solution = replaceAll(problem.solution, "\n", "\\n");
  std::string context = strip(problem.hint + " " + problem.caption);
  if (context.empty())
    context = "N/A";

  std::string options;
  for (size_t i = 0; i < problem.choices.size(); ++i)
    options += std::string(i ? " (" : "(") + static_cast<char>('A' + i) + ") " + problem.choices[i];
  std::string answer =
      std::string("The answer is ") + static_cast<char>('A' + problem.answer) + ".";

  PromptText text;
  std::string grounds; // what stands behind BECAUSE in the prompt
  bool groundsFirst = false;
  for (char part : input)
    switch (part) {
    case 'Q':
      text.prompt += "Question: " + problem.question + "\n";
      break;
    case 'C':
      text.prompt += "Context: " + context + "\n";
      break;
    case 'M':
      groundsFirst = !grounds.empty();
      break;
    case 'L':
      grounds += (grounds.empty() ? "BECAUSE: " : " ") + lecture;
      break;
    case 'E':
      grounds += (grounds.empty() ? "BECAUSE: " : " ") + solution;
      break;
    }
  if (!grounds.empty())
    grounds += "\n";
  options = "Options: " + options + "\n";
  text.prompt += groundsFirst ? grounds + options : options + grounds;
  text.prompt = tidy(text.prompt + "Response:");

  // AL and AE are swapped in LaVIN's code, the longer forms are not.
  if (output == "A")
    text.answer = answer;
  else if (output == "AL")
    text.answer = answer + " BECAUSE: " + solution;
  else if (output == "AE")
    text.answer = answer + " BECAUSE: " + lecture;
  else if (output == "ALE")
    text.answer = answer + " BECAUSE: " + lecture + " " + solution;
  else if (output == "AEL")
    text.answer = answer + " BECAUSE: " + solution + " " + lecture;
  else if (output == "LA")
    text.answer = lecture + " " + answer;
  else if (output == "EA")
    text.answer = solution + " " + answer;
  else if (output == "LEA")
    text.answer = lecture + " " + solution + " " + answer;
  else
    text.answer = solution + " " + lecture + " " + answer;
  text.answer = tidy(text.answer);
  return text;
}
