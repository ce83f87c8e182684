// SPDX-License-Identifier: Apache-2.0
#include "cli/rpc_error.h"

#include "base/status.h"
#include "cli/keys.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/unknown_field_set.h"

namespace vsw::cli {
namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// Field numbers of google/rpc/status.proto and google/rpc/error_details.proto, whose generated code
// Debian does not ship.
constexpr int kStatusDetails = 3;
constexpr int kBadRequestViolations = 1;
constexpr int kViolationField = 1;
constexpr int kViolationDescription = 2;

// The length-delimited fields of that number in a serialized message.
std::vector<std::string> Fields(const std::string& bytes, int number) {
  std::vector<std::string> values;
  UnknownFieldSet set;
  if (!set.ParseFromString(bytes)) return values;
  for (int i = 0; i < set.field_count(); ++i) {
    const UnknownField& field = set.field(i);
    if (field.number() == number && field.type() == UnknownField::TYPE_LENGTH_DELIMITED) {
      values.push_back(field.length_delimited());
    }
  }
  return values;
}

std::string First(const std::vector<std::string>& values) {
  return values.empty() ? "" : values.front();
}

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

}  // namespace

std::vector<FieldViolation> ParseFieldViolations(const std::string& error_details) {
  std::vector<FieldViolation> violations;
  for (const std::string& detail : Fields(error_details, kStatusDetails)) {
    google::protobuf::Any any;
    if (!any.ParseFromString(detail)) continue;
    if (!any.type_url().ends_with("/google.rpc.BadRequest")) continue;
    for (const std::string& violation : Fields(any.value(), kBadRequestViolations)) {
      violations.push_back({First(Fields(violation, kViolationField)),
                            First(Fields(violation, kViolationDescription))});
    }
  }
  return violations;
}

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
  for (const FieldViolation& violation : ParseFieldViolations(status.error_details())) {
    text += "\n  field " + DescribeField(violation.field);
    if (message.find(violation.description) == std::string::npos) {
      text += ": " + violation.description;
    }
  }
  return {static_cast<absl::StatusCode>(status.error_code()), text};
}

bool IsConnectionLoss(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE && !IsAboutSwitch(status);
}

}  // namespace vsw::cli
