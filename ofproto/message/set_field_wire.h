// SPDX-License-Identifier: Apache-2.0
//
// What the two halves of the set-field family share; within message/ only.
#ifndef VSW_OFPROTO_MESSAGE_SET_FIELD_WIRE_H_
#define VSW_OFPROTO_MESSAGE_SET_FIELD_WIRE_H_

#include "ofproto/action/actions.h"

namespace vsw {

namespace nx {
inline constexpr uint16_t kRegMove = 6, kRegLoad = 7, kSetMplsLabel = 30, kSetMplsTc = 31,
                          kRegLoad2 = 33;
}
inline constexpr uint16_t kOnfCopyField = 3200;

/// load:VALUE->WHERE as a masked set of the field.
act::SetField MakeLoad(const Subfield& where, const FieldValue& value);

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_SET_FIELD_WIRE_H_
