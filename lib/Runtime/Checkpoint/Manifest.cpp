// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading, writing and checking manifests.

#include "Manifest.h"
#include "mmc/Runtime/Core/Crc32c.h"
#include "mmc/Runtime/Core/File.h"
#include "mmc/Runtime/Core/Json.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace mmc {

using nlohmann::json;

static constexpr int formatVersion = 1;

std::string toJson(const Manifest &manifest) {
  json files = json::object();
  for (const auto &[name, file] : manifest.files)
    files[name] = {{"bytes", file.bytes}, {"crc32c", file.crc}};
  return json{{"format", formatVersion}, {"step", manifest.step}, {"files", files}}.dump(2) + "\n";
}

/// A whole number of at least 0 under `key`.
static std::optional<uint64_t> number(const json &object, const char *key) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned())
    return std::nullopt;
  return found->get<uint64_t>();
}

StatusOr<Manifest> readManifest(const std::string &directory) {
  const std::string path = directory + "/" + manifestName;
  auto bad = [&](const std::string &rule) {
    return Status::badInput(path + ": " + rule + "; resume from another checkpoint");
  };
  MMC_ASSIGN_OR_RETURN(std::string text, readFile(path));
  json parsed = parseJson(text);
  if (!parsed.is_object())
    return bad("not a JSON object");
  std::optional<uint64_t> format = number(parsed, "format"), step = number(parsed, "step");
  if (format != formatVersion)
    return bad("format must be " + std::to_string(formatVersion) +
               ", got: " + (format ? std::to_string(*format) : "none"));
  auto files = parsed.find("files");
  if (!step || *step > uint64_t(std::numeric_limits<int64_t>::max()) || files == parsed.end() ||
      !files->is_object())
    return bad("needs step and files");
  Manifest manifest;
  manifest.step = static_cast<int64_t>(*step);
  for (const auto &[name, entry] : files->items()) {
    std::optional<uint64_t> bytes, crc;
    if (entry.is_object()) {
      bytes = number(entry, "bytes");
      crc = number(entry, "crc32c");
    }
    if (!bytes || !crc || *crc > 0xffffffff || name.find('/') != std::string::npos)
      return bad("the entry of '" + name + "' needs bytes and crc32c");
    manifest.files[name] = {*bytes, static_cast<uint32_t>(*crc)};
  }
  for (const char *name : {tensorsName, stateName})
    if (!manifest.files.count(name))
      return bad(std::string("does not list ") + name);
  return manifest;
}

StatusOr<Manifest::File> summarize(const std::string &path) {
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return errnoStatus("open", path);
  Manifest::File file;
  std::vector<char> buffer(1 << 20);
  Status status;
  while (true) {
    ssize_t got = read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      status = errnoStatus("read", path);
    if (got <= 0)
      break;
    file.bytes += got;
    file.crc = crc32c(buffer.data(), got, file.crc);
  }
  close(descriptor);
  if (!status.isOk())
    return status;
  return file;
}

Status checkSizes(const Manifest &manifest, const std::string &directory) {
  for (const auto &[name, file] : manifest.files) {
    const std::string path = directory + "/" + name;
    struct stat info;
    if (stat(path.c_str(), &info) != 0)
      return errnoStatus("examine", path);
    if (static_cast<uint64_t>(info.st_size) != file.bytes)
      return Status::badInput(path + ": damaged: must have " + std::to_string(file.bytes) +
                              " bytes, got: " + std::to_string(info.st_size) +
                              "; resume from another checkpoint");
  }
  return Status::ok();
}

} // namespace mmc
