// SPDX-License-Identifier: Apache-2.0
//
// What every table can do, as table statistics of 1.1 and 1.2 and table features of 1.3 on tell it:
// all tables are alike.
#ifndef VSW_OFPROTO_MESSAGE_TABLE_ABILITIES_H_
#define VSW_OFPROTO_MESSAGE_TABLE_ABILITIES_H_

#include <cstdint>
#include <vector>

#include "ofproto/match/fields.h"
#include "ofproto/message/messages.h"

namespace vsw {

/// Bit n: instruction type n (OFPIT_*).
uint32_t InstructionBits(OfVersion version);
/// Bit n: action type n (OFPAT_*) of 1.2 on, without experimenters.
uint32_t ActionBits(OfVersion version);
/// Bit n: field n of the basic OXM class that can be matched, or that can be written.
uint64_t OxmBits(bool writable);

/// Fields for lists of OXM headers: each once, none that is another's older form.
std::vector<FieldId> ListedFields(OfVersion version, bool writable);

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_TABLE_ABILITIES_H_
