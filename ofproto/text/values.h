// SPDX-License-Identifier: Apache-2.0
//
// One field's value as people write it, and ports and parts of fields.
#ifndef VSW_OFPROTO_TEXT_VALUES_H_
#define VSW_OFPROTO_TEXT_VALUES_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ofproto/match/fields.h"
#include "ofproto/text/text.h"

namespace vsw {

struct MaskedValue {
  FieldValue value, mask;
};

/// "10.0.0.0/8", "0x5/0xff", "+syn-ack", "first", "*": a value with a mask (all ones if none is
/// given).
absl::StatusOr<MaskedValue> ParseMaskedValue(const FieldInfo& field, std::string_view text,
                                             const PortNames* ports);
std::string FormatMaskedValue(const FieldInfo& field, const FieldValue& value,
                              const FieldValue& mask, const PortNames* ports);

/// A number, a reserved port's name, or a port's name. Names of 1.0's reserved numbers are those of
/// 1.3.
absl::StatusOr<uint32_t> ParsePort(std::string_view text, const PortNames* ports);
std::string FormatPort(uint32_t port, const PortNames* ports);

/// "reg0[0..7]", "NXM_OF_VLAN_TCI[]", "eth_src[3]".
absl::StatusOr<Subfield> ParseSubfield(std::string_view text);
/// A field by any of its names: ovs-ofctl's, OXM_OF_..., NXM_OF_..., NXM_NX_...
const FieldInfo* FindAnyField(std::string_view name);
/// As load, move, learn and the like print it: NXM_OF_ETH_SRC, or OXM's name without one.
std::string WireName(FieldId field);

std::string FormatMac(const FieldValue& value);
std::string FormatHex(const FieldValue& value);

}  // namespace vsw

#endif  // VSW_OFPROTO_TEXT_VALUES_H_
