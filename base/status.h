// SPDX-License-Identifier: Apache-2.0
//
// Error handling for the control path: absl::Status with the context of what was attempted on what.
// A status is made where the call failed, gains context once on its way up, and is logged once, at
// the top. VSW_CHECK is for broken invariants of our own; never use it on input from a guest, a
// peer, a user or the database. Nothing of this belongs on a packet's way: there, a loss is a drop
// reason.
#ifndef VSW_BASE_STATUS_H_
#define VSW_BASE_STATUS_H_

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fmt/format.h"

namespace vsw {

/// The canonical code that fits a positive errno value best.
inline absl::StatusCode CodeFromErrno(int error) { return absl::ErrnoToStatusCode(error); }

/// "<what>: <strerror>", with the code that fits `error` (positive). `what` says what was attempted
/// on what, such as "open /dev/net/tun".
inline absl::Status ErrnoStatus(int error, const std::string& what) {
  return {CodeFromErrno(error), what + ": " + std::generic_category().message(error)};
}

/// The same status with "<context>: " in front of its message; OK stays OK.
inline absl::Status Annotate(const absl::Status& status, const std::string& context) {
  if (status.ok()) return status;
  return {status.code(), context + ": " + std::string(status.message())};
}

template <typename... Args>
absl::Status InvalidArgument(fmt::format_string<Args...> format, Args&&... args) {
  return absl::InvalidArgumentError(fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
absl::Status NotFound(fmt::format_string<Args...> format, Args&&... args) {
  return absl::NotFoundError(fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
absl::Status AlreadyExists(fmt::format_string<Args...> format, Args&&... args) {
  return absl::AlreadyExistsError(fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
absl::Status FailedPrecondition(fmt::format_string<Args...> format, Args&&... args) {
  return absl::FailedPreconditionError(fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
absl::Status ResourceExhausted(fmt::format_string<Args...> format, Args&&... args) {
  return absl::ResourceExhaustedError(fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
absl::Status Unavailable(fmt::format_string<Args...> format, Args&&... args) {
  return absl::UnavailableError(fmt::format(format, std::forward<Args>(args)...));
}

namespace internal {
inline absl::Status ToStatus(absl::Status status) { return status; }
template <typename T>
absl::Status ToStatus(const absl::StatusOr<T>& value) {
  return value.status();
}
[[noreturn]] inline void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: invariant broken: %s\n", file, line, condition);
  std::abort();
}
}  // namespace internal
}  // namespace vsw

#define VSW_CONCAT_INNER(a, b) a##b
#define VSW_CONCAT(a, b) VSW_CONCAT_INNER(a, b)

/// Returns the status from the enclosing function unless it is OK.
#define VSW_RETURN_IF_ERROR(expression)                               \
  do {                                                                \
    if (absl::Status vsw_status_ = (expression); !vsw_status_.ok()) { \
      return vsw_status_;                                             \
    }                                                                 \
  } while (false)

/// Declares `left` from a StatusOr, or returns its error from the enclosing function.
#define VSW_ASSIGN_OR_RETURN(left, expression) \
  VSW_ASSIGN_OR_RETURN_IMPL(VSW_CONCAT(vsw_or_, __LINE__), left, expression)
#define VSW_ASSIGN_OR_RETURN_IMPL(temporary, left, expression) \
  auto temporary = (expression);                               \
  if (!temporary.ok()) return std::move(temporary).status();   \
  left = *std::move(temporary)

/// Aborts with file, line and condition when an invariant of our own is broken.
#define VSW_CHECK(condition)                                        \
  do {                                                              \
    if (!(condition)) [[unlikely]] {                                \
      ::vsw::internal::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                               \
  } while (false)

#endif  // VSW_BASE_STATUS_H_
