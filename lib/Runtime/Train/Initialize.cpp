// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Parsing of initialiser texts and filling of tensors.

#include "mmc/Runtime/Train/Initialize.h"
#include "mmc/Runtime/Core/Random.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace mmc {

namespace {

using Kind = Initializer::Kind;

struct Form {
  std::string_view name;
  Kind kind;
  size_t arguments;
};

constexpr Form forms[] = {
    {"zeros", Kind::Constant, 0},
    {"ones", Kind::Constant, 0},
    {"constant", Kind::Constant, 1},
    {"normal", Kind::Normal, 2},
    {"uniform", Kind::Uniform, 2},
    {"uniform_fan", Kind::FanUniform, 1},
    {"fan_in_uniform", Kind::FanInUniform, 0},
    {"xavier_uniform", Kind::Xavier, 0},
    {"kaiming_uniform", Kind::Kaiming, 1},
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

/// The numbers between the parentheses; false if one is not a finite number.
bool parseArguments(std::string_view text, std::vector<double> &numbers) {
  while (true) {
    size_t comma = text.find(',');
    std::string number(trim(text.substr(0, comma)));
    char *end = nullptr;
    double value = std::strtod(number.c_str(), &end);
    if (number.empty() || *end != '\0' || !std::isfinite(value))
      return false;
    numbers.push_back(value);
    if (comma == std::string_view::npos)
      return true;
    text.remove_prefix(comma + 1);
  }
}

/// `value` as the nearest float within [low, high]: rounding must not carry it past a bound.
double withinBounds(double value, double low, double high, DType dtype) {
  if (dtype != DType::F32)
    return value;
  float rounded = static_cast<float>(value);
  if (static_cast<double>(rounded) > high)
    rounded = std::nextafterf(rounded, -HUGE_VALF);
  if (static_cast<double>(rounded) < low)
    rounded = std::nextafterf(rounded, HUGE_VALF);
  return rounded;
}

/// Fills by element, a buffer at a time so that the conversion is one loop over arrays. Elements do
/// not depend on each other, so large tensors are shared out among threads.
template <typename Function>
void fill(Tensor &tensor, Function valueOf) {
  constexpr int64_t bufferSize = 1024;
  auto *out = static_cast<char *>(tensor.data());
  const int64_t count = tensor.count();
#pragma omp parallel for schedule(static) if (count >= 16 * bufferSize)
  for (int64_t start = 0; start < count; start += bufferSize) {
    std::array<double, bufferSize> buffer;
    int64_t size = std::min(bufferSize, count - start);
    for (int64_t i = 0; i < size; ++i)
      buffer[i] = valueOf(start + i);
    convert(DType::F64, buffer.data(), tensor.dtype(), out + start * sizeOf(tensor.dtype()), size);
  }
}

} // namespace

StatusOr<Initializer> parseInitializer(std::string_view text) {
  auto bad = [&](const std::string &rule) {
    return Status::badInput("initialiser '" + std::string(text) + "': " + rule);
  };
  std::string_view rest = trim(text);
  size_t open = rest.find('(');
  std::string_view name = trim(rest.substr(0, open));
  const Form *form = std::find_if(std::begin(forms), std::end(forms),
                                  [&](const Form &candidate) { return candidate.name == name; });
  if (form == std::end(forms)) {
    std::string known;
    for (const Form &candidate : forms)
      known += (known.empty() ? "" : ", ") + std::string(candidate.name);
    return bad("unknown, must be one of " + known);
  }
  Initializer initializer{form->kind, {}};
  if (open != std::string_view::npos) {
    if (rest.back() != ')' ||
        !parseArguments(rest.substr(open + 1, rest.size() - open - 2), initializer.arguments))
      return bad("wants numbers in parentheses, separated by commas");
  }
  std::vector<double> &arguments = initializer.arguments;
  if (arguments.size() != form->arguments)
    return bad("takes " + std::to_string(form->arguments) +
               " arguments, got: " + std::to_string(arguments.size()));
  if (form->kind == Kind::Constant && arguments.empty())
    arguments.push_back(name == "ones" ? 1 : 0);
  if (form->kind == Kind::Normal && arguments[1] < 0)
    return bad("the standard deviation must not be negative");
  if (form->kind == Kind::Uniform && arguments[0] > arguments[1])
    return bad("the bounds must not decrease");
  if (form->kind == Kind::FanUniform && !(arguments[0] > 0))
    return bad("the fan must be positive");
  return initializer;
}

Status initialize(Tensor &tensor, std::string_view spec, uint64_t seed, std::string_view name) {
  MMC_ASSIGN_OR_RETURN(Initializer initializer, parseInitializer(spec));
  auto bad = [&](const std::string &rule) {
    return Status::badInput("parameter '" + std::string(name) + "' with initialiser '" +
                            std::string(spec) + "': " + rule);
  };
  if (!isFloat(tensor.dtype()))
    return bad("needs a float type, got: " + std::string(nameOf(tensor.dtype())));
  const std::vector<double> &arguments = initializer.arguments;
  RandomStream random{deriveSeed(seed, "initialize:" + std::string(name))};
  if (initializer.kind == Kind::Constant) {
    fill(tensor, [&](int64_t) { return arguments[0]; });
    return Status::ok();
  }
  if (initializer.kind == Kind::Normal) {
    fill(tensor, [&](int64_t i) { return arguments[0] + arguments[1] * random.normal(i); });
    return Status::ok();
  }

  double low, high;
  const Shape &shape = tensor.shape();
  if (initializer.kind == Kind::Uniform) {
    low = arguments[0];
    high = arguments[1];
  } else if (initializer.kind == Kind::FanUniform) {
    high = 1 / std::sqrt(arguments[0]);
    low = -high;
  } else {
    if (shape.size() < 2)
      return bad("a fan needs two or more dimensions, got: " + toString(shape));
    if (tensor.count() == 0)
      return Status::ok();
    double fanIn = static_cast<double>(tensor.count()) / shape[0];
    double fanOut = static_cast<double>(tensor.count()) / shape[1];
    if (initializer.kind == Kind::FanInUniform)
      high = 1 / std::sqrt(fanIn);
    else if (initializer.kind == Kind::Xavier)
      high = std::sqrt(6 / (fanIn + fanOut));
    else
      high = std::sqrt(6 / ((1 + arguments[0] * arguments[0]) * fanIn));
    low = -high;
  }
  fill(tensor, [&](int64_t i) {
    return withinBounds(low + (high - low) * random.uniformF64(i), low, high, tensor.dtype());
  });
  return Status::ok();
}

} // namespace mmc
