// SPDX-License-Identifier: Apache-2.0
//
// Refusals that name the field of the request which they are about, such as `port.options[path]`.
// The field travels as a payload of the absl::Status; only the gRPC edge (rpc_status.h) turns it
// into a google.rpc.BadRequest. What users wrote is put into messages through Quote() alone, which
// bounds and escapes it.
#ifndef VSW_CONTROL_FIELD_ERROR_H_
#define VSW_CONTROL_FIELD_ERROR_H_

#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"

namespace vsw::control {

/// `status` with the field attached; its message is led in by "<field>: ".
absl::Status AtField(const std::string& field, const absl::Status& status);

/// InvalidArgument about a field.
template <typename... Args>
absl::Status BadField(const std::string& field, fmt::format_string<Args...> format,
                      Args&&... args) {
  return AtField(field, InvalidArgument(format, std::forward<Args>(args)...));
}

/// The field attached to `status`, or nothing.
std::string FieldOf(const absl::Status& status);

/// The same refusal as part of a larger request: "<prefix>.<field>", and the prefix in the message.
absl::Status Below(const std::string& prefix, const absl::Status& status);

/// "text", shortened to 80 characters, with control characters escaped.
std::string Quote(std::string_view text);

}  // namespace vsw::control

#endif  // VSW_CONTROL_FIELD_ERROR_H_
