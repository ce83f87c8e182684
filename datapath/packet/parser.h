// SPDX-License-Identifier: Apache-2.0
//
// From a frame to its flow key. Lenient where a bridge must be: a header that is cut short or
// contradicts itself leaves the fields behind it zero, and the frame is still forwarded by what
// could be read. Only a frame without a whole Ethernet header, or with a VLAN tag cut short, is
// refused.
//
// Thread safety: pure functions.
#ifndef VSW_DATAPATH_PACKET_PARSER_H_
#define VSW_DATAPATH_PACKET_PARSER_H_

#include <cstdint>
#include <span>

#include "base/drop_reason.h"
#include "base/net_types.h"
#include "datapath/packet/flow_key.h"

struct rte_mbuf;

namespace vsw {

/// Bytes from the frame's start that the parser looks at, at most.
inline constexpr size_t kMaxParsedBytes = 256;

/// Writes the key of the frame `bytes`, of which `frame_bytes` exist on the wire (bytes.size() may
/// be less: the parser sees the first kMaxParsedBytes). kNone, or kRxMalformed with an undefined
/// key.
DropReason ParseFrame(std::span<const uint8_t> bytes, size_t frame_bytes, PortNo in_port,
                      FlowKey* key);

/// The same for an mbuf, in one segment or several.
DropReason ParsePacket(const rte_mbuf* packet, PortNo in_port, FlowKey* key);

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_PARSER_H_
