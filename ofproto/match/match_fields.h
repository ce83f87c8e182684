// SPDX-License-Identifier: Apache-2.0
//
// A Match as a list of fields. Several field ids stand in the same bytes of a MatchKey (tcp_src and
// udp_src, vlan_tci and vlan_vid, arp_op and ip_proto); which of them a match means follows from
// what else it matches (eth_type, ip_proto) and from its mask.
#ifndef VSW_OFPROTO_MATCH_MATCH_FIELDS_H_
#define VSW_OFPROTO_MATCH_MATCH_FIELDS_H_

#include <functional>

#include "ofproto/match/match.h"

namespace vsw {

/// Bits of the field as it stands on the wire and in `field[a..b]`: more than Describe(id).bits for
/// arp_op, of which a packet's key keeps the low 8 of 16 bits.
uint16_t FieldWireBits(FieldId id);

/// Whether `match` asks for something of the field; of a tunnel option that it is there may be all.
bool IsMatched(const Match& match, FieldId id);

/// Every field that `match` holds, each bit of the mask once, what others require first
/// (1.3 section 7.2.3.6). Bits that no field of the table can say (an upper half of l4_src in a
/// match on an ICMP type, say) are left out; CheckMatch() refuses such matches.
void ForEachField(
    const Match& match,
    const std::function<void(FieldId, const FieldValue& value, const FieldValue& mask)>& fn);

/// Takes out of `match` what its prerequisites do not allow: OpenFlow 1.0 and 1.1 ignore such
/// fields (1.0 section 3.4), later versions refuse them (CheckMatch()).
void NormalizeMatch(Match* match);

/// The value is one that the field may have in a match or an action: no bits above its width, no
/// VLAN id with a priority in it, no reserved connection state.
bool IsValidFieldValue(FieldId id, const FieldValue& value);
/// The mask is one that the field may have: a field without arbitrary masks is matched in full.
bool IsValidFieldMask(FieldId id, const FieldValue& mask);

}  // namespace vsw

#endif  // VSW_OFPROTO_MATCH_MATCH_FIELDS_H_
