// SPDX-License-Identifier: Apache-2.0
#include "control/rpc_status.h"

#include "control/field_error.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace vsw::control {
namespace {

constexpr size_t kMaxMessage = 1500;
constexpr size_t kMaxField = 300;

// Cuts at a character's boundary, so that the text stays UTF-8.
std::string Cut(std::string text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
  text.resize(limit);
  return text + "...";
}

}  // namespace

grpc::Status ToRpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const std::string message = Cut(std::string(status.message()), kMaxMessage);
  const std::string field = FieldOf(status);
  if (field.empty()) return {code, message};
  google::rpc::BadRequest blame;
  auto* violation = blame.add_field_violations();
  violation->set_field(Cut(field, kMaxField));
  violation->set_description(message);
  google::rpc::Status details;
  details.set_code(static_cast<int>(code));
  details.set_message(message);
  details.add_details()->PackFrom(blame);
  return {code, message, details.SerializeAsString()};
}

}  // namespace vsw::control
