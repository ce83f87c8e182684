// SPDX-License-Identifier: Apache-2.0
#include "cli/rpc_error.h"

#include <vector>

#include "base/status.h"
#include "cli/keys.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace vsw::cli {
namespace {

// vswmgrd answers these two codes of its own only on behalf of vswitchd, and then names it.
bool IsAboutSwitch(const grpc::Status& status) {
  return status.error_message().find("vswitchd") != std::string::npos;
}

absl::Status NoAnswer(const grpc::Status& status, const std::string& socket, double timeout_s) {
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  if (IsAboutSwitch(status)) return {code, status.error_message()};
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return {code, fmt::format("no answer from vswmgrd at {} within {:g} s", socket, timeout_s)};
  }
  return {code, fmt::format("vswmgrd at {} went away before it answered ({})", socket,
                            status.error_message())};
}

std::vector<google::rpc::BadRequest::FieldViolation> Violations(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return {};
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::BadRequest bad_request;
    if (!detail.Is<google::rpc::BadRequest>() || !detail.UnpackTo(&bad_request)) continue;
    return {bad_request.field_violations().begin(), bad_request.field_violations().end()};
  }
  return {};
}

}  // namespace

absl::Status FromRpcStatus(const grpc::Status& status, const std::string& socket,
                           double timeout_s) {
  if (status.ok()) return absl::OkStatus();
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
      status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return NoAnswer(status, socket, timeout_s);
  }
  std::string message = status.error_message();
  if (message.empty()) message = "vswmgrd refused the request without saying why";
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    message =
        fmt::format("vswmgrd at {} does not know this request; is it of another version? ({})",
                    socket, message);
  }
  std::string text = message;
  for (const auto& violation : Violations(status)) {
    const std::string field = DescribeField(violation.field());
    const bool said = field == violation.field() && message.starts_with(field + ":");
    if (!said) text += "\n  field " + field;
    if (message.find(violation.description()) == std::string::npos) {
      text += ": " + violation.description();
    }
  }
  return {static_cast<absl::StatusCode>(status.error_code()), text};
}

bool IsConnectionLoss(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE && !IsAboutSwitch(status);
}

}  // namespace vsw::cli
