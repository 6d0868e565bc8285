// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The few protobuf fields that scalars need (tensorflow/core/util/event.proto and
// framework/summary.proto), encoded by hand.

#include "mmc/Runtime/Train/EventFile.h"
#include "mmc/Runtime/Core/Crc32c.h"
#include "mmc/Runtime/Core/File.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace mmc {

namespace {

/// Protobuf wire format.
class Message {
public:
  void varint(int field, uint64_t value) {
    rawVarint(field << 3 | 0);
    rawVarint(value);
  }
  void fixed64(int field, double value) { fixed(field << 3 | 1, &value, sizeof(value)); }
  void bytes(int field, const std::string &value) {
    rawVarint(field << 3 | 2);
    rawVarint(value.size());
    encoded += value;
  }
  void fixed32(int field, float value) { fixed(field << 3 | 5, &value, sizeof(value)); }
  const std::string &text() const { return encoded; }

private:
  void rawVarint(uint64_t value) {
    for (; value >= 0x80; value >>= 7)
      encoded += static_cast<char>(value | 0x80);
    encoded += static_cast<char>(value);
  }
  void fixed(int tag, const void *value, size_t size) {
    rawVarint(tag);
    encoded.append(static_cast<const char *>(value), size); // both sides are little-endian
  }
  std::string encoded;
};

// Field numbers.
namespace event {
constexpr int wallTime = 1, step = 2, fileVersion = 3, summary = 5, sessionLog = 7;
}
namespace summary {
constexpr int value = 1, valueTag = 1, valueSimple = 2;
}
namespace session {
constexpr int status = 1, statusStart = 1;
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Message newEvent(int64_t step) {
  Message message;
  message.fixed64(event::wallTime, now());
  message.varint(event::step, static_cast<uint64_t>(step));
  return message;
}

/// A checksum that may itself be summed: TFRecord rotates it and adds a constant.
uint32_t maskedCrc(const void *data, size_t size) {
  uint32_t crc = crc32c(data, size);
  return (crc >> 15 | crc << 17) + 0xa282ead8;
}

} // namespace

EventFile::EventFile(std::string path, int descriptor)
    : filePath(std::move(path)), descriptor(descriptor) {}

EventFile::EventFile(EventFile &&other) noexcept
    : filePath(std::move(other.filePath)), descriptor(std::exchange(other.descriptor, -1)) {}

EventFile::~EventFile() {
  if (descriptor >= 0)
    close(descriptor);
}

StatusOr<EventFile> EventFile::create(const std::string &directory,
                                      std::optional<int64_t> resumedStep) {
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  std::string stem = directory + "/events.out.tfevents." +
                     std::to_string(static_cast<int64_t>(now())) + "." + (*host ? host : "host") +
                     "." + std::to_string(getpid());
  // A second file of the same second must not continue or replace the first.
  std::string path = stem;
  int descriptor = -1;
  for (int attempt = 1; descriptor < 0; ++attempt) {
    descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno != EEXIST)
      return errnoStatus("create", path);
    if (descriptor < 0)
      path = stem + "." + std::to_string(attempt);
  }
  EventFile file(path, descriptor);
  Message first;
  first.fixed64(event::wallTime, now());
  first.bytes(event::fileVersion, "brain.Event:2");
  MMC_RETURN_IF_ERROR(file.writeRecord(first.text()));
  if (resumedStep) {
    // TensorBoard drops what it knows of this step and later ones when a session starts.
    Message log, start = newEvent(*resumedStep + 1);
    log.varint(session::status, session::statusStart);
    start.bytes(event::sessionLog, log.text());
    MMC_RETURN_IF_ERROR(file.writeRecord(start.text()));
  }
  return file;
}

Status EventFile::writeRecord(const std::string &message) {
  const uint64_t length = message.size();
  const uint32_t lengthCrc = maskedCrc(&length, sizeof(length));
  const uint32_t messageCrc = maskedCrc(message.data(), message.size());
  std::string record(reinterpret_cast<const char *>(&length), sizeof(length));
  record.append(reinterpret_cast<const char *>(&lengthCrc), sizeof(lengthCrc));
  record += message;
  record.append(reinterpret_cast<const char *>(&messageCrc), sizeof(messageCrc));
  size_t written = 0;
  while (written < record.size()) {
    ssize_t count = ::write(descriptor, record.data() + written, record.size() - written);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return errnoStatus("write", filePath);
    written += count;
  }
  return Status::ok();
}

Status EventFile::write(int64_t step, const std::vector<std::pair<std::string, double>> &scalars) {
  Message all;
  for (const auto &[name, value] : scalars) {
    Message one;
    one.bytes(summary::valueTag, name);
    one.fixed32(summary::valueSimple, static_cast<float>(value));
    all.bytes(summary::value, one.text());
  }
  Message message = newEvent(step);
  message.bytes(event::summary, all.text());
  return writeRecord(message.text());
}

} // namespace mmc
