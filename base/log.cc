// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <cstdlib>

#include "base/status.h"
#include "spdlog/sinks/stdout_sinks.h"

namespace vsw {
namespace {

absl::StatusOr<spdlog::level::level_enum> ParseLevel(const std::string& level) {
  if (level == "trace") return spdlog::level::trace;
  if (level == "debug") return spdlog::level::debug;
  if (level == "info") return spdlog::level::info;
  if (level == "warn") return spdlog::level::warn;
  if (level == "error") return spdlog::level::err;
  if (level == "off") return spdlog::level::off;
  return InvalidArgument("log level '{}' is none of trace, debug, info, warn, error, off", level);
}

}  // namespace

absl::Status InitLogging(const std::string& level) {
  VSW_ASSIGN_OR_RETURN(const spdlog::level::level_enum parsed, ParseLevel(level));
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("", std::move(sink));
  // The journal stamps the time itself.
  const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  logger->set_pattern(journal ? "%l: %v" : "%Y-%m-%dT%H:%M:%S.%e %L %v");
  logger->set_level(parsed);
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
  return absl::OkStatus();
}

absl::Status SetLogLevel(const std::string& level) {
  VSW_ASSIGN_OR_RETURN(const spdlog::level::level_enum parsed, ParseLevel(level));
  spdlog::default_logger_raw()->set_level(parsed);
  return absl::OkStatus();
}

}  // namespace vsw
