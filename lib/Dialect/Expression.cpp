// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "mmc/Dialect/Expression.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace mmc;

namespace {

/// Recursive descent, one function per level of precedence; the first error stops everything.
class Evaluator {
public:
  static bool isWordCharacter(char c) { return llvm::isAlnum(c) || c == '_' || c == '.'; }

  Evaluator(llvm::StringRef text, const Variables &variables) : rest(text), variables(variables) {}

  std::optional<double> run(std::string &error) {
    double value = choice();
    skip();
    if (message.empty() && !rest.empty())
      message = ("unexpected '" + rest + "'").str();
    error = message;
    return message.empty() ? std::optional<double>(value) : std::nullopt;
  }

private:
  void skip() { rest = rest.ltrim(); }
  bool accept(llvm::StringRef token) {
    skip();
    return rest.consume_front(token);
  }
  double fail(const llvm::Twine &why) {
    if (message.empty())
      message = why.str();
    rest = "";
    return 0;
  }

  double choice() {
    double condition = sum();
    if (!accept("?"))
      return condition;
    double yes = choice();
    if (!accept(":"))
      return fail("expected ':' after '?'");
    double no = choice();
    return condition != 0 ? yes : no;
  }
  double sum() {
    double value = product();
    while (true) {
      if (accept("+"))
        value += product();
      else if (accept("-"))
        value -= product();
      else
        return value;
    }
  }
  double product() {
    double value = factor();
    while (true) {
      if (accept("*")) {
        value *= factor();
      } else if (accept("/")) {
        double divisor = factor();
        if (divisor == 0)
          return fail("division by zero");
        value /= divisor;
      } else {
        return value;
      }
    }
  }
  double factor() {
    if (accept("(")) {
      double value = choice();
      return accept(")") ? value : fail("expected ')'");
    }
    if (accept("-"))
      return -factor();
    skip();
    llvm::StringRef word = rest.take_while(isWordCharacter);
    if (word.empty())
      return fail(rest.empty() ? "unexpected end" : "unexpected '" + rest + "'");
    rest = rest.drop_front(word.size());
    double value;
    if (llvm::isDigit(word.front()))
      return word.getAsDouble(value) ? fail("'" + word + "' is not a number") : value;
    if (word == "sqrt") {
      if (!accept("("))
        return fail("expected '(' after sqrt");
      double argument = choice();
      return accept(")") ? std::sqrt(argument) : fail("expected ')'");
    }
    auto found = variables.find(word);
    return found == variables.end() ? fail("'" + word + "' is not defined here") : found->second;
  }

  llvm::StringRef rest;
  const Variables &variables;
  std::string message;
};

} // namespace

std::optional<double> mmc::evaluate(llvm::StringRef text, const Variables &variables,
                                    std::string &error) {
  return Evaluator(text, variables).run(error);
}

/// `expression` with the variables that are known replaced by their values: `{4*j+i}` of two
/// repeats is filled by one after the other.
static std::string substitute(llvm::StringRef expression, const Variables &variables) {
  std::string result;
  while (!expression.empty()) {
    llvm::StringRef word = expression.take_while(Evaluator::isWordCharacter);
    auto found = variables.find(word);
    if (found != variables.end())
      result += std::to_string(static_cast<int64_t>(found->second));
    else
      result += word.empty() ? expression.take_front() : word;
    expression = expression.drop_front(std::max<size_t>(word.size(), 1));
  }
  return result;
}

std::optional<std::string> mmc::fillPlaceholders(llvm::StringRef text, const Variables &variables,
                                                 bool partial, std::string &error) {
  std::string result;
  while (!text.empty()) {
    auto [before, after] = text.split('{');
    result += before;
    if (before.size() == text.size())
      break;
    if (!after.contains('}')) {
      error = "'{" + after.str() + "' has no '}'";
      return std::nullopt;
    }
    auto [expression, tail] = after.split('}');
    std::string why;
    std::optional<double> value = evaluate(expression, variables, why);
    if (value) {
      result += std::to_string(static_cast<int64_t>(*value));
    } else if (partial) {
      result += "{" + substitute(expression, variables) + "}";
    } else {
      error = "in '{" + expression.str() + "}': " + why;
      return std::nullopt;
    }
    text = tail;
  }
  return result;
}
