// SPDX-License-Identifier: Apache-2.0
//
// What fields are called, and parts of fields: "NXM_OF_ETH_SRC[]", "reg0[0..7]".
#ifndef VSW_OFPROTO_TEXT_FIELD_NAMES_H_
#define VSW_OFPROTO_TEXT_FIELD_NAMES_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ofproto/match/fields.h"
#include "ofproto/text/text.h"

namespace vsw {

/// A field by any of its names: ovs-ofctl's, OXM_OF_..., NXM_OF_..., NXM_NX_...
const FieldInfo* FindAnyField(std::string_view name);
/// As load, move, learn and the like print it: NXM_OF_ETH_SRC, or OXM's name without one.
std::string WireName(FieldId field);

/// "reg0[0..7]", "NXM_OF_VLAN_TCI[]", "eth_src[3]", "reg0".
absl::StatusOr<Subfield> ParseSubfield(std::string_view text);
/// It is what `field[]` means.
bool IsWhole(const Subfield& subfield);

}  // namespace vsw

#endif  // VSW_OFPROTO_TEXT_FIELD_NAMES_H_
