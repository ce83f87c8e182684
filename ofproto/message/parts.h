// SPDX-License-Identifier: Apache-2.0
//
// What several message families have within them: matches, OXM fields, actions, instructions.
#ifndef VSW_OFPROTO_MESSAGE_PARTS_H_
#define VSW_OFPROTO_MESSAGE_PARTS_H_

#include <span>

#include "ofproto/action/actions.h"
#include "ofproto/error.h"
#include "ofproto/match/match.h"
#include "ofproto/message/messages.h"
#include "ofproto/message/wire.h"

namespace vsw {

// Ports: 16 bits in 1.0, 32 from 1.1 on; reserved ones are translated.
OfResult<uint32_t> PortFrom10(uint16_t port);
/// 0xffff where 1.0 cannot say it.
uint16_t PortTo10(uint32_t port);

/// A run of OXM/NXM fields, to its end (1.3 section 7.2.3.2; prerequisites in order, as NXM wants).
/// `strict`: an unknown field is an error, as in a flow-mod; else it is left out. `cookie` takes
/// what NXM_NX_COOKIE says, which stands among the fields of Nicira's messages; nullptr: an error.
struct NxmCookie {
  uint64_t value = 0, mask = 0;
};
OfResult<Match> DecodeOxm(std::span<const uint8_t> bytes, bool strict = true,
                          NxmCookie* cookie = nullptr);
/// `nxm`: 1.0 with the Nicira extension; prefers NXM headers where a field has both. `version` says
/// which of its OXM names a field has (tcp_flags: ONF's in 1.3, its own in 1.5).
void EncodeOxm(const Match& match, bool nxm, Writer* out, OfVersion version = OfVersion::k13,
               const NxmCookie* cookie = nullptr);
/// ofp_match of the version with its padding: 1.0's 40 bytes, 1.1's standard match, OXM from 1.2
/// on.
OfResult<Match> DecodeMatch(OfVersion version, Reader* in);
void EncodeMatch(OfVersion version, const Match& match, Writer* out);
/// The match cannot be said in 1.0's ofp_match: then NXM is needed.
bool FitsOf10(const Match& match);
/// One OXM/NXM header (4 bytes; 8 for experimenter fields) and back; for field lists and actions.
OfResult<FieldId> DecodeFieldHeader(Reader* in, bool* has_mask);
void EncodeFieldHeader(FieldId field, bool has_mask, bool nxm, Writer* out,
                       OfVersion version = OfVersion::k13);

/// All actions in `bytes`. Checks form, not sense: CheckActions() does that.
OfResult<OfActions> DecodeActions(OfVersion version, std::span<const uint8_t> bytes);
/// `match`, of the rule that they belong to, says which form of 1.0's actions fits later versions:
/// whether mod_vlan_vid has to push a tag, of which protocol mod_tp_src is. nullptr: not known.
void EncodeActions(OfVersion version, const OfActions& actions, Writer* out,
                   const Match* match = nullptr);
/// In 1.0, which has actions alone, Nicira's write_metadata and resubmit(,table) stand for
/// write_metadata and goto_table; what a version cannot say is left out.
OfResult<Instructions> DecodeInstructions(OfVersion version, std::span<const uint8_t> bytes);
void EncodeInstructions(OfVersion version, const Instructions& instructions, Writer* out,
                        const Match* match = nullptr);

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_PARTS_H_
