// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Status and StatusOr: how the runtime reports failure (mmc is built without exceptions).

#ifndef MMC_RUNTIME_CORE_STATUS_H
#define MMC_RUNTIME_CORE_STATUS_H

#include <optional>
#include <string>
#include <utility>

namespace mmc {

/// What kind of thing went wrong; decides a tool's exit status (see exitCode).
enum class StatusCode { Ok, BadInput, BadUsage, Io, Interrupted, Internal };

/// Success, or a code and a message for people. The message says what thing, which rule, what was
/// got and what to do; context() prepends where it happened, outermost first.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(StatusCode code, std::string message) : statusCode(code), text(std::move(message)) {}

  static Status ok() { return Status(); }
  /// The user's file, tensor or setting is wrong.
  static Status badInput(std::string message) { return {StatusCode::BadInput, std::move(message)}; }
  /// The command line is wrong.
  static Status badUsage(std::string message) { return {StatusCode::BadUsage, std::move(message)}; }
  /// The operating system refused; the message ends with its reason.
  static Status io(std::string message) { return {StatusCode::Io, std::move(message)}; }
  static Status interrupted(std::string message) {
    return {StatusCode::Interrupted, std::move(message)};
  }
  static Status internal(std::string message) { return {StatusCode::Internal, std::move(message)}; }

  bool isOk() const { return statusCode == StatusCode::Ok; }
  StatusCode code() const { return statusCode; }
  const std::string &message() const { return text; }
  /// The same failure with "where: " put before its message; success stays success.
  Status context(const std::string &where) const {
    return isOk() ? *this : Status(statusCode, where + ": " + text);
  }
  /// 0 success, 1 bad input or a failed check, 2 wrong usage.
  int exitCode() const { return isOk() ? 0 : statusCode == StatusCode::BadUsage ? 2 : 1; }

private:
  StatusCode statusCode = StatusCode::Ok;
  std::string text;
};

/// A value, or the Status that says why there is none.
template <typename T>
class [[nodiscard]] StatusOr {
public:
  StatusOr(Status status) : failure(std::move(status)) {}
  StatusOr(T value) : content(std::move(value)) {}

  bool isOk() const { return content.has_value(); }
  const Status &status() const { return failure; }
  T &operator*() { return *content; }
  const T &operator*() const { return *content; }
  T *operator->() { return &*content; }
  const T *operator->() const { return &*content; }

private:
  Status failure;
  std::optional<T> content;
};

/// Returns the Status of `expr` from the calling function unless it is ok.
#define MMC_RETURN_IF_ERROR(expr)                                                                  \
  do {                                                                                             \
    ::mmc::Status mmcStatus = (expr);                                                              \
    if (!mmcStatus.isOk())                                                                         \
      return mmcStatus;                                                                            \
  } while (false)

#define MMC_CONCAT_IMPL(a, b) a##b
#define MMC_CONCAT(a, b) MMC_CONCAT_IMPL(a, b)
/// Declares `lhs` as the value of the StatusOr `expr`, or returns its Status.
#define MMC_ASSIGN_OR_RETURN(lhs, expr)                                                            \
  auto MMC_CONCAT(mmcResult, __LINE__) = (expr);                                                   \
  if (!MMC_CONCAT(mmcResult, __LINE__).isOk())                                                     \
    return MMC_CONCAT(mmcResult, __LINE__).status();                                               \
  lhs = std::move(*MMC_CONCAT(mmcResult, __LINE__))

} // namespace mmc

#endif // MMC_RUNTIME_CORE_STATUS_H
