// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mapping of safetensors files, and their writer.

#include "mmc/Runtime/Core/Safetensors.h"
#include "SafetensorsHeader.h"
#include "mmc/Runtime/Core/File.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <set>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mmc {

namespace {

/// The reference implementation's limit; keeps a damaged length from looking like a huge header.
constexpr uint64_t largestHeader = 100'000'000;

struct Mapping {
  const char *bytes = nullptr;
  uint64_t size = 0;
};

StatusOr<Mapping> mapFile(const std::string &path) {
  int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return errnoStatus("open", path);
  struct stat info;
  Mapping mapping;
  Status status;
  if (fstat(descriptor, &info) != 0)
    status = errnoStatus("examine", path);
  else if (!S_ISREG(info.st_mode))
    status = Status::badInput(path + ": not a regular file");
  else if (info.st_size < 8)
    status = Status::badInput(path + ": not a safetensors file: needs at least 8 bytes, got: " +
                              std::to_string(info.st_size));
  else {
    mapping.size = info.st_size;
    void *address = mmap(nullptr, mapping.size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (address == MAP_FAILED)
      status = errnoStatus("map", path);
    else
      mapping.bytes = static_cast<const char *>(address);
  }
  close(descriptor); // the mapping outlives it
  if (!status.isOk())
    return status;
  return mapping;
}

/// JSON text of a string, or nothing if it is not UTF-8.
std::optional<std::string> quote(const std::string &text) {
  // nlohmann drops invalid bytes here instead of throwing; then the text does not come back.
  std::string quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore);
  nlohmann::json back = nlohmann::json::parse(quoted, nullptr, false);
  if (!back.is_string() || back.get_ref<const std::string &>() != text)
    return std::nullopt;
  return quoted;
}

} // namespace

struct SafetensorsFile::Content {
  std::string path;
  Mapping mapping;
  const char *data = nullptr;
  std::vector<std::string> names;
  SafetensorsMetadata metadata;
  std::map<std::string, SafetensorsEntry, std::less<>> entries;
  std::mutex mutex;
  std::map<std::string, Tensor, std::less<>> alignedCopies;

  ~Content() {
    if (mapping.bytes)
      munmap(const_cast<char *>(mapping.bytes), mapping.size);
  }
};

StatusOr<SafetensorsFile> SafetensorsFile::open(const std::string &path) {
  auto content = std::make_shared<Content>();
  content->path = path;
  MMC_ASSIGN_OR_RETURN(content->mapping, mapFile(path));
  uint64_t headerBytes = 0;
  for (int i = 7; i >= 0; --i)
    headerBytes = headerBytes << 8 | static_cast<unsigned char>(content->mapping.bytes[i]);
  uint64_t available = content->mapping.size - 8;
  if (headerBytes > largestHeader)
    return Status::badInput(path + ": not a safetensors file: its header has at most " +
                            std::to_string(largestHeader) +
                            " bytes, got: " + std::to_string(headerBytes));
  if (headerBytes > available)
    return Status::badInput(path + ": the header has " + std::to_string(headerBytes) +
                            " bytes, got only " + std::to_string(available) +
                            ": the file is truncated, fetch it again");

  StatusOr<SafetensorsHeader> header = parseSafetensorsHeader(
      std::string_view(content->mapping.bytes + 8, headerBytes), available - headerBytes);
  if (!header.isOk())
    return header.status().context(path);
  content->data = content->mapping.bytes + 8 + headerBytes;
  content->metadata = std::move(header->metadata);
  for (SafetensorsEntry &entry : header->entries) {
    content->names.push_back(entry.name);
    content->entries.emplace(entry.name, std::move(entry));
  }
  return SafetensorsFile(std::move(content));
}

const std::string &SafetensorsFile::path() const { return content->path; }
const std::vector<std::string> &SafetensorsFile::names() const { return content->names; }
const SafetensorsMetadata &SafetensorsFile::metadata() const { return content->metadata; }

bool SafetensorsFile::contains(std::string_view name) const {
  return content->entries.count(name) != 0;
}

std::optional<TensorView> SafetensorsFile::find(std::string_view name) const {
  auto found = content->entries.find(name);
  if (found == content->entries.end() || !found->second.dtype)
    return std::nullopt;
  const SafetensorsEntry &entry = found->second;
  TensorView view{*entry.dtype, entry.shape, content->data + entry.begin};
  if (reinterpret_cast<uintptr_t>(view.data) % sizeOf(view.dtype) == 0)
    return view;
  std::lock_guard<std::mutex> lock(content->mutex);
  auto copy = content->alignedCopies.find(name);
  if (copy == content->alignedCopies.end()) {
    Tensor aligned(view.dtype, view.shape);
    if (view.bytes())
      std::memcpy(aligned.data(), view.data, view.bytes());
    copy = content->alignedCopies.emplace(entry.name, std::move(aligned)).first;
  }
  return copy->second.view();
}

std::optional<std::string> SafetensorsFile::foreignDType(std::string_view name) const {
  auto found = content->entries.find(name);
  if (found == content->entries.end() || found->second.dtype)
    return std::nullopt;
  return found->second.dtypeName;
}

Status writeSafetensors(const std::string &path, const std::vector<NamedTensorView> &tensors,
                        const SafetensorsMetadata &metadata) {
  std::vector<const NamedTensorView *> order;
  for (const NamedTensorView &tensor : tensors)
    order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const NamedTensorView *a, const NamedTensorView *b) {
    size_t sizeA = sizeOf(a->second.dtype), sizeB = sizeOf(b->second.dtype);
    return sizeA != sizeB
               ? sizeA > sizeB
               : std::tie(a->second.dtype, a->first) < std::tie(b->second.dtype, b->first);
  });

  auto bad = [&](const std::string &rule) { return Status::badInput(path + ": " + rule); };
  std::string header = "{";
  auto add = [&](const std::string &key, const std::string &value) {
    header += (header.size() > 1 ? "," : "") + key + ":" + value;
  };
  if (!metadata.empty()) {
    std::string text;
    for (const auto &[key, value] : metadata) {
      std::optional<std::string> quotedKey = quote(key), quotedValue = quote(value);
      if (!quotedKey || !quotedValue)
        return bad("metadata '" + key + "' is not UTF-8");
      text += (text.empty() ? "{" : ",") + *quotedKey + ":" + *quotedValue;
    }
    add("\"__metadata__\"", text + "}");
  }
  uint64_t position = 0;
  std::set<std::string> seen;
  for (const NamedTensorView *tensor : order) {
    const auto &[name, view] = *tensor;
    std::optional<std::string> quoted = quote(name);
    if (!quoted)
      return bad("a tensor's name is not UTF-8");
    if (name == "__metadata__")
      return bad("a tensor cannot be named __metadata__, the format keeps that name");
    if (!seen.insert(name).second)
      return bad("tensor '" + name + "' is given twice");
    std::string shape;
    for (int64_t dim : view.shape)
      shape += (shape.empty() ? "" : ",") + std::to_string(dim);
    uint64_t end = position + view.bytes();
    add(*quoted, "{\"dtype\":\"" + std::string(nameOf(view.dtype)) + "\",\"shape\":[" + shape +
                     "],\"data_offsets\":[" + std::to_string(position) + "," + std::to_string(end) +
                     "]}");
    position = end;
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');

  char length[8];
  for (int i = 0; i < 8; ++i)
    length[i] = static_cast<char>(header.size() >> 8 * i);
  MMC_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(path));
  MMC_RETURN_IF_ERROR(file.write(length, sizeof(length)));
  MMC_RETURN_IF_ERROR(file.write(header));
  for (const NamedTensorView *tensor : order)
    MMC_RETURN_IF_ERROR(file.write(tensor->second.data, tensor->second.bytes()));
  return file.commit();
}

} // namespace mmc
