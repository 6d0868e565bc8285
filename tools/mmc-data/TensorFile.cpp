// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// safetensors: 8 bytes of header size, a JSON header, the tensors' bytes.

#include "TensorFile.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

namespace mmc::data {

/// The 8 bytes and the header they announce, padded so that the data is 8-byte aligned.
static std::string headerOf(const TensorMap &tensors) {
  nlohmann::json header = nlohmann::json::object();
  size_t offset = 0;
  for (const auto &[name, tensor] : tensors) {
    header[name] = {{"dtype", std::string(nameOf(tensor.dtype()))},
                    {"shape", tensor.shape()},
                    {"data_offsets", {offset, offset + tensor.bytes()}}};
    offset += tensor.bytes();
  }
  // File names need not be UTF-8; JSON must be.
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string bytes;
  for (int byte = 0; byte < 8; ++byte)
    bytes += char(uint64_t(text.size()) >> (8 * byte) & 0xff);
  return bytes + text;
}

Status writeTensors(const TensorMap &tensors, const std::string &path) {
  FILE *file = path == "-" ? stdout : std::fopen(path.c_str(), "wb");
  std::string header = headerOf(tensors);
  bool good = file && std::fwrite(header.data(), 1, header.size(), file) == header.size();
  for (const auto &[name, tensor] : tensors)
    good = good && std::fwrite(tensor.data(), 1, tensor.bytes(), file) == tensor.bytes();
  good = good && std::fflush(file) == 0;
  int reason = errno;
  if (file && file != stdout)
    good = std::fclose(file) == 0 && good;
  if (good)
    return Status::ok();
  return Status::io(path + ": cannot write: " + std::strerror(reason));
}

} // namespace mmc::data
