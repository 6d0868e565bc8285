// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Validation of a safetensors header: nothing in it is trusted.

#include "SafetensorsHeader.h"

#include "mmc/Runtime/Core/Json.h"

#include <algorithm>
#include <limits>
#include <set>

namespace mmc {

namespace {

using nlohmann::json;

/// Element types that safetensors has and mmc does not, with the bits of one element.
constexpr std::pair<std::string_view, unsigned> foreignTypes[] = {
    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"F8_E5M2", 8},
    {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"U16", 16},        {"U32", 32},
    {"U64", 64},    {"C64", 64},    {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8},
};

std::optional<unsigned> bitsOfElement(const std::string &dtypeName) {
  if (std::optional<DType> type = parseDType(dtypeName))
    return 8 * sizeOf(*type);
  for (const auto &[name, bits] : foreignTypes)
    if (name == dtypeName)
      return bits;
  return std::nullopt;
}

/// Parses JSON and refuses a key that stands twice in one of the two outer objects, of which
/// nlohmann would silently keep the last.
StatusOr<json> parseUniqueKeys(std::string_view text) {
  std::set<std::string> outer, inner;
  std::string duplicate;
  auto callback = [&](int depth, json::parse_event_t event, json &parsed) {
    if (event == json::parse_event_t::key) {
      std::set<std::string> &keys = depth == 1 ? outer : inner;
      if (depth <= 2 && !keys.insert(parsed.get_ref<const std::string &>()).second)
        duplicate = parsed.get_ref<const std::string &>();
      if (depth == 1)
        inner.clear();
    }
    return true;
  };
  if (isNestedTooDeep(text))
    return Status::badInput("the header is nested deeper than " + std::to_string(kDeepestJson) +
                            " levels");
  json header = json::parse(text.begin(), text.end(), callback, /*allow_exceptions=*/false);
  if (header.is_discarded() || !header.is_object())
    return Status::badInput("the header is not a JSON object");
  if (!duplicate.empty())
    return Status::badInput("the header has '" + duplicate + "' twice");
  return header;
}

StatusOr<SafetensorsMetadata> parseMetadata(const json &value) {
  if (!value.is_object())
    return Status::badInput("__metadata__ is not an object of strings");
  SafetensorsMetadata metadata;
  for (const auto &[key, entry] : value.items()) {
    if (!entry.is_string())
      return Status::badInput("__metadata__ '" + key + "' is not a string");
    metadata[key] = entry.get_ref<const std::string &>();
  }
  return metadata;
}

StatusOr<SafetensorsEntry> parseEntry(const std::string &name, const json &value) {
  auto bad = [&](const std::string &rule) {
    return Status::badInput("tensor '" + name + "': " + rule);
  };
  auto field = [&](const char *key) -> const json * {
    auto found = value.find(key);
    return found == value.end() ? nullptr : &*found;
  };
  if (!value.is_object())
    return bad("its entry is not an object");
  const json *dtype = field("dtype"), *shape = field("shape"), *offsets = field("data_offsets");
  if (!dtype || !dtype->is_string() || !shape || !shape->is_array() || !offsets ||
      !offsets->is_array() || offsets->size() != 2 || value.size() != 3)
    return bad("needs exactly dtype, shape and two data_offsets");

  SafetensorsEntry entry;
  entry.name = name;
  entry.dtypeName = dtype->get_ref<const std::string &>();
  entry.dtype = parseDType(entry.dtypeName);
  std::optional<unsigned> bits = bitsOfElement(entry.dtypeName);
  if (!bits)
    return bad("unknown dtype '" + entry.dtypeName + "'");

  uint64_t count = 1;
  bool overflows = false, empty = false;
  for (const json &dim : *shape) {
    if (!dim.is_number_unsigned() ||
        dim.get<uint64_t>() > uint64_t(std::numeric_limits<int64_t>::max()))
      return bad("dimension is not a whole number, got: " + dim.dump());
    entry.shape.push_back(dim.get<int64_t>());
    empty |= entry.shape.back() == 0;
    overflows |= __builtin_mul_overflow(count, dim.get<uint64_t>(), &count);
  }
  uint64_t totalBits = 0;
  if (empty)
    count = 0, overflows = false;
  if (overflows || count > uint64_t(std::numeric_limits<int64_t>::max()) ||
      __builtin_mul_overflow(count, uint64_t(*bits), &totalBits))
    return bad("shape " + toString(entry.shape) + " is too large");
  if (!(*offsets)[0].is_number_unsigned() || !(*offsets)[1].is_number_unsigned())
    return bad("data_offsets are not whole numbers, got: " + offsets->dump());
  entry.begin = (*offsets)[0].get<uint64_t>();
  entry.end = (*offsets)[1].get<uint64_t>();
  if (entry.begin > entry.end)
    return bad("data_offsets must not decrease, got: " + offsets->dump());
  if (totalBits % 8 != 0 || entry.end - entry.begin != totalBits / 8)
    return bad("shape " + toString(entry.shape) + " of " + entry.dtypeName + " needs " +
               std::to_string((totalBits + 7) / 8) +
               " bytes, got: " + std::to_string(entry.end - entry.begin));
  return entry;
}

/// The format wants the data covered exactly: no overlap, no gap, nothing left over.
Status checkCoverage(const std::vector<SafetensorsEntry> &entries, uint64_t dataBytes) {
  uint64_t position = 0;
  for (const SafetensorsEntry &entry : entries) {
    if (entry.end > dataBytes)
      return Status::badInput("tensor '" + entry.name + "' ends at byte " +
                              std::to_string(entry.end) + " of the data, got only " +
                              std::to_string(dataBytes) +
                              " bytes: the file is truncated, fetch it again");
    if (entry.begin != position)
      return Status::badInput("tensor '" + entry.name + "' " +
                              (entry.begin < position ? "overlaps another" : "follows a gap") +
                              ", begin of its data must be " + std::to_string(position) +
                              ", got: " + std::to_string(entry.begin));
    position = entry.end;
  }
  if (position != dataBytes)
    return Status::badInput("the tensors end at byte " + std::to_string(position) +
                            " of the data, got: " + std::to_string(dataBytes) + " bytes");
  return Status::ok();
}

} // namespace

StatusOr<SafetensorsHeader> parseSafetensorsHeader(std::string_view text, uint64_t dataBytes) {
  MMC_ASSIGN_OR_RETURN(json parsed, parseUniqueKeys(text));
  SafetensorsHeader header;
  for (const auto &[name, value] : parsed.items()) {
    if (name == "__metadata__") {
      MMC_ASSIGN_OR_RETURN(header.metadata, parseMetadata(value));
      continue;
    }
    MMC_ASSIGN_OR_RETURN(SafetensorsEntry entry, parseEntry(name, value));
    header.entries.push_back(std::move(entry));
  }
  // Empty tensors share their offset with the next one and go before it; names break ties.
  std::sort(header.entries.begin(), header.entries.end(), [](const auto &a, const auto &b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  MMC_RETURN_IF_ERROR(checkCoverage(header.entries, dataBytes));
  return header;
}

} // namespace mmc
