// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Oniguruma's syntax to PCRE2's, and the search for all matches.

#include "SplitPattern.h"

#include "ScratchPool.h"
#include "UnicodeText.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

using namespace mmc;

/// The pattern in PCRE2's words. Oniguruma's \s is the property White_Space and its \w Alphabetic,
/// M, Nd and Pc; PCRE2's own differ from these (U+180E, U+0085, No and Nl).
static StatusOr<std::string> translate(const std::string &pattern) {
  std::string result;
  int classDepth = 0;
  auto refuse = [&](const std::string &what) {
    return Status::badInput("the regular expression '" + pattern + "' uses " + what +
                            ", which cannot be read as the tokenizers library does");
  };
  static const char *const kWord = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
  for (size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      char next = pattern[++i];
      if (next == 's' || next == 'S')
        result += next == 's' ? "\\p{White_Space}" : "\\P{White_Space}";
      else if (next == 'w')
        result += classDepth ? kWord : std::string("[") + kWord + "]";
      else if (next == 'W' && !classDepth)
        result += std::string("[^") + kWord + "]";
      else if (next == 'W')
        return refuse("\\W inside of a class");
      else if (std::string_view("hHRXGKyYOQEcCM").find(next) != std::string_view::npos)
        return refuse(std::string("\\") + next);
      else
        (result += '\\') += next;
      continue;
    }
    if (c == '[') {
      if (classDepth && pattern.compare(i, 2, "[:") != 0)
        return refuse("a class inside of a class");
      if (classDepth) { // a POSIX class
        size_t end = pattern.find(":]", i);
        if (end == std::string::npos)
          return refuse("an open POSIX class");
        result += pattern.substr(i, end + 2 - i);
        i = end + 1;
        continue;
      }
      ++classDepth;
      result += c;
      // A ']' right behind the opening belongs to the class.
      if (i + 1 < pattern.size() && pattern[i + 1] == '^')
        result += pattern[++i];
      if (i + 1 < pattern.size() && pattern[i + 1] == ']') {
        result += "\\]";
        ++i;
      }
      continue;
    }
    if (c == ']' && classDepth)
      --classDepth;
    if (c == '&' && classDepth && pattern.compare(i, 2, "&&") == 0)
      return refuse("a class intersection");
    if (c == '(' && !classDepth && pattern.compare(i, 3, "(?~") == 0)
      return refuse("an absent operator");
    result += c;
  }
  return result;
}

namespace {

/// PCRE2's working memory for one caller.
struct Matcher {
  explicit Matcher(const pcre2_code *code)
      : data(pcre2_match_data_create_from_pattern(code, nullptr)),
        context(pcre2_match_context_create(nullptr)),
        stack(pcre2_jit_stack_create(32 * 1024, 1024 * 1024, nullptr)) {
    pcre2_jit_stack_assign(context, nullptr, stack);
  }
  Matcher(const Matcher &) = delete;
  ~Matcher() {
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    pcre2_jit_stack_free(stack);
  }
  pcre2_match_data *data;
  pcre2_match_context *context;
  pcre2_jit_stack *stack;
};

} // namespace

struct SplitPattern::Compiled {
  explicit Compiled(pcre2_code *code)
      : code(code), matchers([code] { return std::make_unique<Matcher>(code); }) {}
  ~Compiled() { pcre2_code_free(code); }
  pcre2_code *code;
  ScratchPool<Matcher> matchers;
};

SplitPattern::SplitPattern() = default;
SplitPattern::SplitPattern(SplitPattern &&) noexcept = default;
SplitPattern &SplitPattern::operator=(SplitPattern &&) noexcept = default;
SplitPattern::~SplitPattern() = default;

static std::string errorText(int error) {
  PCRE2_UCHAR text[160];
  pcre2_get_error_message(error, text, sizeof text);
  return reinterpret_cast<const char *>(text);
}

StatusOr<SplitPattern> SplitPattern::literal(const std::string &text) {
  if (text.empty())
    return Status::badInput("a pattern must not be empty");
  SplitPattern pattern;
  pattern.word = text;
  return pattern;
}

StatusOr<SplitPattern> SplitPattern::regex(const std::string &source) {
  MMC_ASSIGN_OR_RETURN(std::string translated, translate(source));
  int error = 0;
  PCRE2_SIZE position = 0;
  // Ruby's ^ and $ stand at every line.
  uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE;
  pcre2_code *code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.data()),
                                   translated.size(), options, &error, &position, nullptr);
  if (!code)
    return Status::badInput("the regular expression '" + source +
                            "' does not compile: " + errorText(error) + " at byte " +
                            std::to_string(position) + " of '" + translated + "'");
  // Without a just-in-time compiler (an odd host) pcre2_match interprets.
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  SplitPattern pattern;
  pattern.compiled = std::make_unique<Compiled>(code);
  return pattern;
}

static void findLiteral(std::string_view text, std::string_view word,
                        std::vector<TextSpan> &matches) {
  for (size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + word.size()))
    matches.push_back({at, at + word.size()});
}

Status SplitPattern::findAll(std::string_view text, std::vector<TextSpan> &matches) const {
  matches.clear();
  if (!compiled) {
    findLiteral(text, word, matches);
    return Status::ok();
  }
  auto matcher = compiled->matchers.borrow();
  const auto *subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  const PCRE2_SIZE *span = pcre2_get_ovector_pointer(matcher->data);
  size_t position = 0, lastEnd = static_cast<size_t>(-1);
  while (position <= text.size()) {
    int count = pcre2_match(compiled->code, subject, text.size(), position, PCRE2_NO_UTF_CHECK,
                            matcher->data, matcher->context);
    if (count == PCRE2_ERROR_JIT_STACKLIMIT)
      count = pcre2_match(compiled->code, subject, text.size(), position,
                          PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, matcher->data, matcher->context);
    if (count == PCRE2_ERROR_NOMATCH)
      break;
    if (count < 0)
      return Status::badInput("a split rule cannot be applied to a text of " +
                              std::to_string(text.size()) + " bytes: " + errorText(count));
    TextSpan match{span[0], span[1]};
    if (match.begin == match.end) {
      if (match.begin != lastEnd)
        matches.push_back(match);
      if (match.end == text.size())
        break;
      position = match.end + characterBytes(text[match.end]);
    } else {
      matches.push_back(match);
      position = match.end;
    }
    lastEnd = match.end;
  }
  return Status::ok();
}
