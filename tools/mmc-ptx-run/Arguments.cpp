// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arguments of a kernel as mmc-ptx-run's command line has them.

#include "Arguments.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace mmc::ptxrun {

using emulator::Dim3;

StatusOr<Dim3> parseDims(const std::string &text, const char *flag) {
  uint32_t sizes[3] = {1, 1, 1};
  size_t at = 0;
  for (unsigned i = 0;; ++i) {
    size_t comma = text.find(',', at);
    std::string part = text.substr(at, comma == std::string::npos ? comma : comma - at);
    bool isNumber = !part.empty() && part.size() <= 10 &&
                    part.find_first_not_of("0123456789") == std::string::npos;
    unsigned long long value = isNumber ? std::strtoull(part.c_str(), nullptr, 10) : 0;
    if (i == 3 || !value || value > std::numeric_limits<uint32_t>::max())
      return Status::badUsage(std::string(flag) +
                              " must be X[,Y[,Z]] with numbers from 1 up, got: '" + text + "'");
    sizes[i] = static_cast<uint32_t>(value);
    if (comma == std::string::npos)
      return Dim3{sizes[0], sizes[1], sizes[2]};
    at = comma + 1;
  }
}

std::vector<const void *> Arguments::pointers() const {
  std::vector<const void *> list;
  for (const std::vector<uint8_t> &value : values)
    list.push_back(value.data());
  return list;
}

template <typename T>
static std::vector<uint8_t> bytesOf(T value) {
  std::vector<uint8_t> bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

static Status notAnArgument(const std::string &text, const std::string &why) {
  return Status::badUsage("--arg=" + text + ": " + why);
}

/// A signed or unsigned number of so many bits.
static StatusOr<std::vector<uint8_t>> parseInteger(const std::string &text,
                                                   const std::string &value, unsigned bits) {
  errno = 0;
  char *end = nullptr;
  bool negative = !value.empty() && value[0] == '-';
  unsigned long long magnitude = std::strtoull(value.c_str() + negative, &end, 0);
  bool isDigit =
      value.size() > size_t(negative) && value[negative] >= '0' && value[negative] <= '9';
  uint64_t largest = bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1;
  if (!isDigit || *end || errno || magnitude > (negative ? uint64_t(1) << (bits - 1) : largest))
    return notAnArgument(text, "expected an integer of " + std::to_string(bits) + " bits, got: '" +
                                   value + "'");
  uint64_t number = negative ? 0 - static_cast<uint64_t>(magnitude) : magnitude;
  std::vector<uint8_t> bytes = bytesOf(number);
  bytes.resize(bits / 8);
  return bytes;
}

static StatusOr<std::vector<uint8_t>> parseFloat(const std::string &text, const std::string &kind,
                                                 const std::string &value) {
  char *end = nullptr;
  double wide = std::strtod(value.c_str(), &end);
  if (value.empty() || *end)
    return notAnArgument(text, "expected a number, got: '" + value + "'");
  if (kind == "f64")
    return bytesOf(wide);
  float single = std::strtof(value.c_str(), nullptr);
  if (kind == "f32")
    return bytesOf(single);
  return bytesOf(kind == "f16" ? f16FromFloat(single) : bf16FromFloat(single));
}

static StatusOr<std::vector<uint8_t>> parseBytes(const std::string &text,
                                                 const std::string &value) {
  std::vector<uint8_t> bytes;
  if (value.size() % 2 || value.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
    return notAnArgument(text, "expected pairs of hexadecimal digits, got: '" + value + "'");
  for (size_t i = 0; i < value.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoul(value.substr(i, 2), nullptr, 16)));
  return bytes;
}

static StatusOr<uint64_t> placeTensor(Arguments &arguments, const std::string &name,
                                      const std::optional<SafetensorsFile> &inputs,
                                      emulator::DeviceMemory &memory) {
  if (auto found = arguments.buffers.find(name); found != arguments.buffers.end())
    return found->second.address;
  if (!inputs)
    return Status::badUsage("--arg=buffer:" + name + " needs --inputs");
  std::optional<TensorView> view = inputs->find(name);
  if (!view) {
    if (std::optional<std::string> foreign = inputs->foreignDType(name))
      return Status::badInput(inputs->path() + ": tensor '" + name + "' has the type " + *foreign +
                              ", which mmc does not know");
    std::string known;
    for (const std::string &other : inputs->names())
      known += (known.empty() ? "" : ", ") + other;
    return Status::badInput(inputs->path() + " has no tensor '" + name + "'; it has: " + known);
  }
  if (!view->bytes())
    return Status::badInput(inputs->path() + ": tensor '" + name + "' is empty");
  MMC_ASSIGN_OR_RETURN(uint64_t address, memory.allocate(view->bytes(), name));
  MMC_RETURN_IF_ERROR(memory.write(address, view->data, view->bytes()));
  arguments.buffers[name] = {address, view->dtype, view->shape};
  return address;
}

static StatusOr<std::vector<uint8_t>> readOne(Arguments &arguments, const std::string &text,
                                              const std::optional<SafetensorsFile> &inputs,
                                              emulator::DeviceMemory &memory) {
  size_t colon = text.find(':');
  std::string kind = text.substr(0, colon),
              value = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (kind == "buffer") {
    MMC_ASSIGN_OR_RETURN(uint64_t address, placeTensor(arguments, value, inputs, memory));
    return bytesOf(address);
  }
  if (kind == "scratch") {
    MMC_ASSIGN_OR_RETURN(std::vector<uint8_t> number, parseInteger(text, value, 64));
    uint64_t bytes;
    std::memcpy(&bytes, number.data(), 8);
    MMC_ASSIGN_OR_RETURN(uint64_t address, memory.allocate(bytes, "scratch"));
    return bytesOf(address);
  }
  if (kind == "null" && colon == std::string::npos)
    return bytesOf(uint64_t(0));
  for (unsigned bits : {8, 16, 32, 64})
    if (kind == "i" + std::to_string(bits) || kind == "u" + std::to_string(bits))
      return parseInteger(text, value, bits);
  if (kind == "f64" || kind == "f32" || kind == "f16" || kind == "bf16")
    return parseFloat(text, kind, value);
  if (kind == "bytes")
    return parseBytes(text, value);
  return notAnArgument(text,
                       "expected buffer:TENSOR, i32:V, i64:V, f32:V (or i8, i16, f64, f16, bf16), "
                       "scratch:BYTES, bytes:HEX or null");
}

StatusOr<Arguments> readArguments(const std::vector<std::string> &texts,
                                  const std::optional<SafetensorsFile> &inputs,
                                  const emulator::Kernel &kernel, emulator::DeviceMemory &memory) {
  Arguments arguments;
  for (const std::string &text : texts) {
    MMC_ASSIGN_OR_RETURN(std::vector<uint8_t> value, readOne(arguments, text, inputs, memory));
    size_t i = arguments.values.size();
    if (i < kernel.parameters.size() && kernel.parameters[i].bytes != value.size())
      return Status::badInput("--arg=" + text + ": parameter " + std::to_string(i) + " ('" +
                              kernel.parameters[i].name + "') of '" + kernel.name +
                              "' must have its size, got: " + std::to_string(value.size()) +
                              " != " + std::to_string(kernel.parameters[i].bytes) + " bytes");
    arguments.values.push_back(std::move(value));
  }
  if (arguments.values.size() != kernel.parameters.size())
    return Status::badInput("'" + kernel.name +
                            "' must be given as many arguments as it has parameters, got: " +
                            std::to_string(arguments.values.size()) +
                            " != " + std::to_string(kernel.parameters.size()));
  return arguments;
}

Status writeBuffers(const Arguments &arguments, const emulator::DeviceMemory &memory,
                    const std::string &path) {
  TensorMap tensors;
  std::vector<NamedTensorView> views;
  for (const auto &[name, buffer] : arguments.buffers) {
    Tensor tensor(buffer.dtype, buffer.shape);
    MMC_RETURN_IF_ERROR(memory.read(buffer.address, tensor.data(), tensor.bytes()));
    tensors[name] = std::move(tensor);
    views.emplace_back(name, tensors[name].view());
  }
  return writeSafetensors(path, views);
}

} // namespace mmc::ptxrun
