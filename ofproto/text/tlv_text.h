// SPDX-License-Identifier: Apache-2.0
//
// Mappings of a bridge's TLV table as ovs-ofctl's add-tlv-map writes them:
// "{class=0x102,type=0x80,len=4}->tun_metadata0".
#ifndef VSW_OFPROTO_TEXT_TLV_TEXT_H_
#define VSW_OFPROTO_TEXT_TLV_TEXT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ofproto/message/messages.h"

namespace vsw {

/// `option`: "class=0x102,type=0x80,len=4"; `field`: "tun_metadata0". InvalidArgument says what is
/// wrong, and with a field that cannot hold it what it can.
absl::StatusOr<TlvMapping> ParseTlvMapping(std::string_view option, std::string_view field);
/// The left side: "class=0x102,type=0x80,len=4".
std::string FormatTlvOption(const TlvMapping& mapping);

}  // namespace vsw

#endif  // VSW_OFPROTO_TEXT_TLV_TEXT_H_
