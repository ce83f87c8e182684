// SPDX-License-Identifier: Apache-2.0
//
// Logging for the daemons: one line a message on stderr, with time, level and module. In front of
// systemd the journal prefixes are used instead of a time. Never called on a packet's way.
//
// Thread safety: every function may be called from any thread.
#ifndef VSW_BASE_LOG_H_
#define VSW_BASE_LOG_H_

#include <string>

#include "absl/status/status.h"
#include "spdlog/spdlog.h"

namespace vsw {

/// Sets up the process-wide logger. `level` is one of trace, debug, info, warn, error, off.
/// Errors: InvalidArgument for any other level.
[[nodiscard]] absl::Status InitLogging(const std::string& level);

/// Changes the level at run time; the same names as InitLogging.
[[nodiscard]] absl::Status SetLogLevel(const std::string& level);

}  // namespace vsw

#define VSW_LOG_DEBUG(...) \
  SPDLOG_LOGGER_CALL(spdlog::default_logger_raw(), spdlog::level::debug, __VA_ARGS__)
#define VSW_LOG_INFO(...) \
  SPDLOG_LOGGER_CALL(spdlog::default_logger_raw(), spdlog::level::info, __VA_ARGS__)
#define VSW_LOG_WARN(...) \
  SPDLOG_LOGGER_CALL(spdlog::default_logger_raw(), spdlog::level::warn, __VA_ARGS__)
#define VSW_LOG_ERROR(...) \
  SPDLOG_LOGGER_CALL(spdlog::default_logger_raw(), spdlog::level::err, __VA_ARGS__)

#endif  // VSW_BASE_LOG_H_
