// SPDX-License-Identifier: Apache-2.0
//
// Values as people write and read them, for one field of a message of vsw.v1: "vhost-user" for
// PORT_TYPE_VHOST_USER, "1,2,5-9" for a list of VLANs, "0x1" or "1" for a number. The field's
// descriptor decides on the form, so that a new field needs no code here.
#ifndef VSW_CLI_VALUE_H_
#define VSW_CLI_VALUE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace vsw::cli {

/// A decimal number, or a hexadecimal one after "0x". A decimal with leading zeros is refused,
/// since datapath ids are often written as hexadecimal digits without "0x".
absl::StatusOr<uint64_t> ParseNumber(std::string_view text);

/// VLAN lists such as "1,2,5-9": sorted, without duplicates, each at most 4094.
absl::StatusOr<std::vector<uint32_t>> ParseVlanList(std::string_view text);

/// The reverse of ParseVlanList, with runs of three or more written as a range.
std::string FormatVlanList(std::vector<uint32_t> vlans);

/// "if-nonzero" for PRIORITY_TAGS_IF_NONZERO; "" for an enumerator that ends in UNSPECIFIED.
std::string EnumText(const google::protobuf::EnumValueDescriptor* value);

/// Every text that EnumText gives for this enum, in the order of the numbers.
std::vector<std::string> EnumTexts(const google::protobuf::EnumDescriptor* type);

/// Sets `field` of `message` from text; "" clears it.
/// Errors: InvalidArgument that says what the field takes.
[[nodiscard]] absl::Status SetField(std::string_view text,
                                    const google::protobuf::FieldDescriptor* field,
                                    google::protobuf::Message* message);

/// The text of a singular or repeated scalar field; "" for the default of a number or enum, since
/// 0 means "not set" in the wanted configuration. With `show_zero` 0 is printed.
std::string FieldText(const google::protobuf::Message& message,
                      const google::protobuf::FieldDescriptor* field, bool show_zero);

}  // namespace vsw::cli

#endif  // VSW_CLI_VALUE_H_
