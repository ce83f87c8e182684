// SPDX-License-Identifier: Apache-2.0
#include "control/field_error.h"

#include "absl/strings/cord.h"

namespace vsw::control {
namespace {

constexpr char kFieldPayload[] = "vsw/field";
constexpr size_t kMaxQuoted = 80;

}  // namespace

absl::Status AtField(const std::string& field, const absl::Status& status) {
  absl::Status result = Annotate(status, field);
  result.SetPayload(kFieldPayload, absl::Cord(field));
  return result;
}

std::string FieldOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kFieldPayload);
  return payload.has_value() ? std::string(*payload) : std::string();
}

absl::Status Below(const std::string& prefix, const absl::Status& status) {
  if (status.ok()) return status;
  const std::string field = FieldOf(status);
  absl::Status result(status.code(), fmt::format("{}{}{}", prefix, field.empty() ? ": " : ".",
                                                 std::string(status.message())));
  result.SetPayload(kFieldPayload, absl::Cord(field.empty() ? prefix : prefix + "." + field));
  return result;
}

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (size_t i = 0; i < text.size() && i < kMaxQuoted; ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    if (octet < 0x20 || octet >= 0x7f || octet == '"' || octet == '\\') {
      quoted += fmt::format("\\x{:02x}", octet);
    } else {
      quoted += text[i];
    }
  }
  if (text.size() > kMaxQuoted) quoted += "...";
  return quoted + '"';
}

}  // namespace vsw::control
