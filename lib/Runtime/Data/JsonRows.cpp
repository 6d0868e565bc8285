// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The index of a JSON list on disk.

#include "mmc/Runtime/Data/JsonRows.h"

#include "JsonRowScan.h"

#include "mmc/Runtime/Core/Crc32c.h"
#include "mmc/Runtime/Core/File.h"

#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>

using namespace mmc;
using nlohmann::json;

namespace {

/// Of the index file. Behind it: `rows` records, then the splits' names, each ended by a zero byte.
struct Header {
  char magic[8];
  uint64_t fileSize;
  int64_t seconds, nanoseconds;
  uint64_t rows;
  uint32_t splitCount, splitBytes;
  uint32_t idsChecksum, contentChecksum;
};

struct Record {
  uint64_t offset;
  uint32_t length;
  uint32_t split;
};

constexpr char kMagic[8] = {'m', 'm', 'c', 'r', 'o', 'w', 's', '1'};

/// A file descriptor that closes itself.
struct Descriptor {
  ~Descriptor() {
    if (value >= 0)
      ::close(value);
  }
  int value = -1;
};

} // namespace

struct JsonRows::State {
  ~State() {
    if (mapped)
      ::munmap(mapped, mappedBytes);
  }
  Status openFile(const std::string &name);
  bool readIndex(const std::string &name);
  Status makeIndex(const std::string &name);
  Status scan(std::vector<Record> &made);
  void useSplits(const char *names, size_t bytes);
  bool isCurrent() const;

  std::string path;
  Descriptor file;
  uint64_t fileSize = 0;
  int64_t seconds = 0, nanoseconds = 0;
  /// Either the mapped index, or `own`.
  void *mapped = nullptr;
  size_t mappedBytes = 0;
  std::vector<Record> own;
  const Record *records = nullptr;
  uint64_t rows = 0;
  std::vector<Split> splits;
  uint32_t idsChecksum = 0;
  bool reopened = false;
};

Status JsonRows::State::openFile(const std::string &name) {
  path = name;
  file.value = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.value < 0)
    return errnoStatus("open", name);
  struct stat info;
  if (::fstat(file.value, &info) != 0)
    return errnoStatus("look at", name);
  if (!S_ISREG(info.st_mode))
    return Status::badInput("'" + name + "' is no regular file");
  fileSize = static_cast<uint64_t>(info.st_size);
  seconds = info.st_mtim.tv_sec;
  nanoseconds = info.st_mtim.tv_nsec;
  return Status::ok();
}

/// Maps an index that belongs to the file as it is; false when there is none.
bool JsonRows::State::readIndex(const std::string &name) {
  Descriptor index;
  index.value = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info;
  if (index.value < 0 || ::fstat(index.value, &info) != 0 ||
      info.st_size < static_cast<off_t>(sizeof(Header)))
    return false;
  size_t bytes = static_cast<size_t>(info.st_size);
  void *memory = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, index.value, 0);
  if (memory == MAP_FAILED)
    return false;
  Header header;
  std::memcpy(&header, memory, sizeof header);
  const char *content = static_cast<const char *>(memory) + sizeof header;
  bool good = std::memcmp(header.magic, kMagic, sizeof kMagic) == 0 &&
              header.fileSize == fileSize && header.seconds == seconds &&
              header.nanoseconds == nanoseconds && header.rows <= bytes / sizeof(Record) &&
              sizeof header + header.rows * sizeof(Record) + header.splitBytes == bytes &&
              crc32c(content, bytes - sizeof header) == header.contentChecksum;
  if (!good) {
    ::munmap(memory, bytes);
    return false;
  }
  mapped = memory;
  mappedBytes = bytes;
  records = reinterpret_cast<const Record *>(content);
  rows = header.rows;
  idsChecksum = header.idsChecksum;
  useSplits(content + rows * sizeof(Record), header.splitBytes);
  reopened = true;
  return true;
}

void JsonRows::State::useSplits(const char *names, size_t bytes) {
  for (size_t begin = 0; begin < bytes;) {
    splits.push_back({std::string(names + begin), 0});
    begin += splits.back().name.size() + 1;
  }
  for (uint64_t i = 0; i < rows; ++i)
    ++splits[std::min<size_t>(records[i].split, splits.size() - 1)].rows;
}

bool JsonRows::State::isCurrent() const {
  struct stat info;
  return ::fstat(file.value, &info) == 0 && static_cast<uint64_t>(info.st_size) == fileSize &&
         info.st_mtim.tv_sec == seconds && info.st_mtim.tv_nsec == nanoseconds;
}

Status JsonRows::State::scan(std::vector<Record> &made) {
  std::unordered_map<std::string, uint32_t> known;
  JsonRowScan rowScan([&](const ScannedRow &row) {
    if (row.text.size() > UINT32_MAX)
      return Status::badInput("entry '" + row.id + "' is too long");
    auto [split, isNew] = known.emplace(row.split, static_cast<uint32_t>(splits.size()));
    if (isNew)
      splits.push_back({row.split, 0});
    if (splits.size() > 4096)
      return Status::badInput("the field 'split' has more than 4096 different values");
    ++splits[split->second].rows;
    made.push_back({row.offset, static_cast<uint32_t>(row.text.size()), split->second});
    idsChecksum = crc32c(row.id.c_str(), row.id.size() + 1, idsChecksum);
    return Status::ok();
  });
  std::vector<char> chunk(1 << 20);
  for (uint64_t at = 0; at < fileSize;) {
    ssize_t count = ::pread(file.value, chunk.data(), chunk.size(), static_cast<off_t>(at));
    if (count < 0)
      return errnoStatus("read", path);
    if (count == 0)
      break;
    Status status = rowScan.feed({chunk.data(), static_cast<size_t>(count)});
    if (!status.isOk())
      return Status(status.code(), "'" + path + "' " + status.message());
    at += static_cast<uint64_t>(count);
  }
  Status status = rowScan.finish();
  return status.isOk() ? status : Status(status.code(), "'" + path + "' " + status.message());
}

Status JsonRows::State::makeIndex(const std::string &name) {
  MMC_RETURN_IF_ERROR(scan(own));
  if (!isCurrent())
    return Status::io("'" + path + "' changed while it was read");
  records = own.data();
  rows = own.size();
  if (splits.empty())
    splits.push_back({"", 0});
  if (name.empty())
    return Status::ok();
  std::string names;
  for (const Split &split : splits)
    names += split.name + '\0';
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.fileSize = fileSize;
  header.seconds = seconds;
  header.nanoseconds = nanoseconds;
  header.rows = rows;
  header.splitCount = static_cast<uint32_t>(splits.size());
  header.splitBytes = static_cast<uint32_t>(names.size());
  header.idsChecksum = idsChecksum;
  header.contentChecksum =
      crc32c(names.data(), names.size(), crc32c(own.data(), own.size() * sizeof(Record)));
  auto index = AtomicFile::create(name);
  // A cache that cannot be written is no failure: the next run makes the index again.
  if (index.isOk() && index->write(&header, sizeof header).isOk() &&
      index->write(own.data(), own.size() * sizeof(Record)).isOk() && index->write(names).isOk())
    (void)index->commit().isOk();
  return Status::ok();
}

JsonRows::JsonRows() : state(std::make_unique<State>()) {}
JsonRows::~JsonRows() = default;

StatusOr<std::unique_ptr<JsonRows>> JsonRows::open(const std::string &file) {
  std::unique_ptr<JsonRows> result(new JsonRows);
  State &state = *result->state;
  MMC_RETURN_IF_ERROR(state.openFile(file));
  std::error_code error;
  std::string absolute = std::filesystem::absolute(file, error).string();
  std::string index = cacheFile("rows " + absolute, ".rows");
  if (index.empty() || !state.readIndex(index))
    MMC_RETURN_IF_ERROR(state.makeIndex(index));
  return result;
}

int64_t JsonRows::size() const { return static_cast<int64_t>(state->rows); }
uint32_t JsonRows::idsChecksum() const { return state->idsChecksum; }
bool JsonRows::reopened() const { return state->reopened; }
const std::string &JsonRows::path() const { return state->path; }
const std::vector<JsonRows::Split> &JsonRows::splits() const { return state->splits; }

const std::string &JsonRows::split(int64_t index) const {
  return state->splits[std::min<size_t>(state->records[index].split, state->splits.size() - 1)]
      .name;
}

std::string JsonRows::stamp() const {
  return std::to_string(state->fileSize) + " bytes of " + std::to_string(state->seconds) + "." +
         std::to_string(state->nanoseconds);
}

StatusOr<json> JsonRows::row(int64_t index) const {
  Record record = state->records[index];
  std::string text(record.length, '\0');
  size_t done = 0;
  while (done < text.size()) {
    ssize_t count = ::pread(state->file.value, text.data() + done, text.size() - done,
                            static_cast<off_t>(record.offset + done));
    if (count < 0)
      return errnoStatus("read", state->path);
    if (count == 0)
      break;
    done += static_cast<size_t>(count);
  }
  json result = json::parse(text, nullptr, /*allow_exceptions=*/false);
  // Other bytes may happen to be an object too.
  if (done < text.size() || !result.is_object() || !state->isCurrent())
    return Status::io("'" + state->path + "' has changed since it was opened, at entry " +
                      std::to_string(index));
  return result;
}

std::string JsonRows::idOf(const json &row, int64_t index) {
  auto id = row.find("id");
  if (id == row.end() || id->is_null())
    return "#" + std::to_string(index);
  if (id->is_string() && !id->get_ptr<const std::string *>()->empty())
    return *id->get_ptr<const std::string *>();
  return id->is_string() ? "#" + std::to_string(index) : id->dump();
}
