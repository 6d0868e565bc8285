// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// printf in kernels: vprintf(format, arguments), the arguments side by side as C passes them.

#include "SystemCall.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace mmc::emulator {

namespace {

/// Wider ones are cut to it.
constexpr int widest = 4096;

/// The arguments of one lane: each at a multiple of its size.
struct Arguments {
  Warp &warp;
  const Op &op;
  unsigned lane;
  uint64_t address;
  uint64_t offset = 0;
  uint32_t count = 0;

  uint64_t next(unsigned bytes) {
    offset = (offset + bytes - 1) / bytes * bytes;
    uint64_t value = loadFor(warp, op, lane, address + offset, bytes);
    offset += bytes;
    ++count;
    return value;
  }
};

/// One conversion: flags, width and precision as the host's printf takes them.
struct Conversion {
  std::string flags;
  int width = -1, precision = -1;
  std::string size; ///< h, hh, l, ll, j, z, t
  char type = 0;

  bool isLong() const { return !size.empty() && size[0] != 'h'; }
  std::string format(const char *hostSize) const {
    std::string text = "%" + flags;
    if (width >= 0)
      text += std::to_string(width);
    if (precision >= 0)
      text += "." + std::to_string(precision);
    return text + hostSize + type;
  }
};

template <typename T>
std::string print(const std::string &format, T value) {
  char text[2 * widest];
  int length = std::snprintf(text, sizeof text, format.c_str(), value);
  return std::string(text, static_cast<size_t>(std::clamp<int>(length, 0, sizeof text - 1)));
}

/// A number, or `*`: the next argument.
int parseCount(const char *&at, Arguments &arguments) {
  if (*at == '*') {
    ++at;
    return static_cast<int>(arguments.next(4));
  }
  int value = 0;
  for (; *at >= '0' && *at <= '9'; ++at)
    value = std::min(10 * value + (*at - '0'), widest);
  return value;
}

/// What stands behind a `%`. False, with `at` where it was, when it is no conversion.
bool parse(const char *&at, Conversion &conversion, Arguments &arguments) {
  const char *begin = at;
  while (*at && std::strchr("-+ #0", *at))
    conversion.flags += *at++;
  if (*at == '*' || (*at >= '1' && *at <= '9')) {
    conversion.width = std::clamp(parseCount(at, arguments), -widest, widest);
    if (conversion.width < 0) {
      conversion.flags += '-';
      conversion.width = -conversion.width;
    }
  }
  if (*at == '.') {
    ++at;
    conversion.precision = std::min(parseCount(at, arguments), widest);
  }
  while (*at && std::strchr("hljzt", *at) && conversion.size.size() < 2)
    conversion.size += *at++;
  if (!*at || !std::strchr("diouxXcpsfFeEgGaA", *at)) {
    at = begin;
    return false;
  }
  conversion.type = *at++;
  return true;
}

std::string convert(const Conversion &conversion, Arguments &arguments) {
  uint64_t bits = 0;
  switch (conversion.type) {
  case 'd':
  case 'i':
    bits = arguments.next(conversion.isLong() ? 8 : 4);
    if (conversion.isLong())
      return print(conversion.format("ll"), static_cast<long long>(bits));
    return print(conversion.format(conversion.size.c_str()), static_cast<int>(bits));
  case 'o':
  case 'u':
  case 'x':
  case 'X':
    bits = arguments.next(conversion.isLong() ? 8 : 4);
    if (conversion.isLong())
      return print(conversion.format("ll"), static_cast<unsigned long long>(bits));
    return print(conversion.format(conversion.size.c_str()), static_cast<unsigned>(bits));
  case 'c':
    return print(conversion.format(""), static_cast<int>(arguments.next(4)));
  case 'p':
    return print(conversion.format(""), reinterpret_cast<void *>(arguments.next(8)));
  case 's': {
    bits = arguments.next(8);
    std::string text =
        bits ? textFor(arguments.warp, arguments.op, arguments.lane, bits) : "(null)";
    return print(conversion.format(""), text.c_str());
  }
  default:
    bits = arguments.next(8);
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return print(conversion.format(""), value);
  }
}

std::string formatted(const std::string &format, Arguments &arguments) {
  std::string text;
  for (const char *at = format.c_str(); *at;) {
    if (*at != '%') {
      text += *at++;
      continue;
    }
    ++at;
    Conversion conversion;
    if (*at == '%') {
      text += *at++;
    } else if (parse(at, conversion, arguments)) {
      text += convert(conversion, arguments);
    } else {
      text += '%';
    }
  }
  return text;
}

} // namespace

Step callPrintf(Warp &warp, const Op &op, uint32_t mask) {
  std::array<uint64_t, 32> results{};
  std::string text;
  forLanes(mask, [&](unsigned lane) {
    uint64_t format = argumentOf(warp, op, 0, lane);
    if (!format) {
      results[lane] = ~uint64_t(0);
      return;
    }
    Arguments arguments{warp, op, lane, argumentOf(warp, op, 1, lane)};
    text += formatted(textFor(warp, op, lane, format), arguments);
    results[lane] = arguments.count;
  });
  warp.block->launch->print(/*isError=*/false, text);
  returnValues(warp, op, mask, results);
  return Step::Next;
}

} // namespace mmc::emulator
