// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The scan for rows: brackets and strings only; each row then goes through the JSON parser.

#include "JsonRowScan.h"

#include "mmc/Runtime/Core/Json.h"

using namespace mmc;
using nlohmann::json;

/// A row is held in memory while it is looked at.
static constexpr size_t kLongestRow = size_t(256) << 20;
/// Deeper nesting would overflow the parser's stack, and no data set has it.
static constexpr int64_t kDeepest = kDeepestJson;

namespace {

/// Picks the fields `id` and `split` out of a row, and finds where it is wrong.
struct RowFields : json::json_sax_t {
  bool null() override { return take(""); }
  bool boolean(bool value) override { return take(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return take(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return take(std::to_string(value)); }
  bool number_float(number_float_t, const string_t &text) override { return take(text); }
  bool string(string_t &value) override { return take(value); }
  bool binary(binary_t &) override { return true; }
  bool start_object(size_t) override { return ++depth > 0; }
  bool key(string_t &name) override {
    field = depth != 1 ? nullptr : name == "id" ? &id : name == "split" ? &split : nullptr;
    return true;
  }
  bool end_object() override { return depth-- > 0; }
  bool start_array(size_t) override { return ++depth > 0; }
  bool end_array() override { return depth-- > 0; }
  bool parse_error(size_t at, const std::string &, const json::exception &error) override {
    position = at;
    reason = error.what();
    if (size_t colon = reason.find(": "); colon != std::string::npos)
      reason.erase(0, colon + 2);
    return false;
  }
  bool take(const std::string &value) {
    if (field && depth == 1)
      *field = value;
    field = nullptr;
    return true;
  }
  std::string id, split;
  std::string *field = nullptr;
  int64_t depth = 0;
  size_t position = 0;
  std::string reason;
};

} // namespace

Status JsonRowScan::fail(const std::string &what) const {
  return Status::badInput("is not a JSON list of objects: at byte " + std::to_string(position + 1) +
                          ": " + what);
}

Status JsonRowScan::emit() {
  RowFields fields;
  if (!json::sax_parse(row.begin(), row.end(), &fields))
    return Status::badInput("is not JSON: at byte " + std::to_string(rowOffset + fields.position) +
                            ": " + fields.reason);
  if (fields.id.empty())
    fields.id = "#" + std::to_string(index);
  ++index;
  ScannedRow result{rowOffset, row, std::move(fields.id), std::move(fields.split)};
  return found(result);
}

Status JsonRowScan::outside(char c) {
  if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
    return Status::ok();
  switch (state) {
  case State::Start:
    if (position < 3 && c == "\xef\xbb\xbf"[position])
      return Status::ok();
    if (c != '[')
      return fail(std::string("a '[' is expected, got: '") + c + "'");
    state = State::FirstOrEnd;
    return Status::ok();
  case State::FirstOrEnd:
  case State::CommaOrEnd:
    if (c == ']') {
      state = State::Done;
      return Status::ok();
    }
    if (state == State::CommaOrEnd) {
      if (c != ',')
        return fail(std::string("a ',' or ']' is expected, got: '") + c + "'");
      state = State::NextRow;
      return Status::ok();
    }
    [[fallthrough]];
  case State::NextRow:
    if (c != '{')
      return fail("entry " + std::to_string(index) + " must be an object, got: '" + c + "'");
    state = State::Row;
    rowOffset = position;
    row = "{";
    depth = 1;
    return Status::ok();
  default:
    return fail(std::string("nothing may follow the list, got: '") + c + "'");
  }
}

Status JsonRowScan::feed(std::string_view bytes) {
  size_t begin = 0; // of what belongs to the open row and is not in `row` yet
  for (size_t i = 0; i < bytes.size(); ++i, ++position) {
    char c = bytes[i];
    if (state != State::Row) {
      MMC_RETURN_IF_ERROR(outside(c));
      begin = i + 1;
      continue;
    }
    if (inString) {
      if (escaped)
        escaped = false;
      else if (c == '\\')
        escaped = true;
      else if (c == '"')
        inString = false;
      continue;
    }
    if (c == '"') {
      inString = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest)
        return fail("entry " + std::to_string(index) + " is nested deeper than " +
                    std::to_string(kDeepest));
    } else if ((c == '}' || c == ']') && --depth == 0) {
      row.append(bytes.substr(begin, i + 1 - begin));
      begin = i + 1;
      state = State::CommaOrEnd;
      MMC_RETURN_IF_ERROR(emit());
    }
  }
  if (state == State::Row) {
    row.append(bytes.substr(begin));
    if (row.size() > kLongestRow)
      return fail("entry " + std::to_string(index) + " has more than " +
                  std::to_string(kLongestRow) + " bytes");
  }
  return Status::ok();
}

Status JsonRowScan::finish() {
  if (state == State::Done)
    return Status::ok();
  if (state == State::Row)
    return fail("the file ends inside of entry " + std::to_string(index) +
                ", which begins at byte " + std::to_string(rowOffset + 1));
  return fail("the file ends before the list does");
}
