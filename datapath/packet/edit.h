// SPDX-License-Identifier: Apache-2.0
//
// Changes one packet as a list of actions says, and keeps its checksums right: of the IPv4 header,
// TCP, UDP (none stays none), ICMP and ICMPv6 by what changed (RFC 1624), SCTP by its whole CRC.
// Where the checksum is yet to be made (port.h), the pseudo-header's sum in its place is kept
// right. Headers are found once, as the packet came; edits that move them move what was found.
//
// Bytes that somebody else may hold (shared, indirect or external buffers) are never written to:
// such a packet is copied first, as is one whose headers are scattered over several segments.
//
// Thread safety: none; one packet of one worker.
#ifndef VSW_DATAPATH_PACKET_EDIT_H_
#define VSW_DATAPATH_PACKET_EDIT_H_

#include <cstdint>

#include "base/drop_reason.h"
#include "datapath/flow/action.h"
#include "datapath/packet/headers.h"

struct rte_mbuf;
struct rte_mempool;

namespace vsw {

/// Whether the action changes a header behind the VLAN tags.
constexpr bool NeedsHeaders(ActionType type) {
  return type == ActionType::kSetWord || type == ActionType::kPushMpls ||
         type == ActionType::kPopMpls || type == ActionType::kSetMpls;
}

class PacketEditor {
 public:
  PacketEditor(rte_mbuf* packet, rte_mempool* pool) : packet_(packet), pool_(pool) {}

  /// The packet; another one than before if it had to be copied.
  rte_mbuf* packet() const { return packet_; }

  /// Finds the headers. Call it before the first edit if there will be one that NeedsHeaders(), or
  /// a remark.
  void Locate();

  /// Does one edit; one of a header that the packet lacks does nothing. kNoCopyBuffer, or
  /// kRxMalformed for a frame that is too oddly laid out: the packet is as it was.
  /// REQUIRES: a VLAN tag to be changed or taken off is there.
  DropReason Apply(const Action& action);

  /// Raises the drop precedence of an assured-forwarding DSCP by `precedence` (RFC 2597 section 6;
  /// OpenFlow 1.3 section 5.7.1); leaves others alone.
  DropReason RemarkDscp(uint8_t precedence);

 private:
  // What a change is part of the sum of.
  static constexpr uint8_t kNoSum = 0, kIpv4Sum = 1, kPseudoSum = 2, kL4Sum = 4;

  bool Own(uint32_t bytes);
  bool Copy();
  void Moved(int bytes);
  DropReason PushTag(const Action& action);
  DropReason PushMpls(const Action& action);
  DropReason PopMpls(const Action& action);
  void SetMpls(uint32_t value, uint32_t mask);
  void StoreType(uint16_t type, int grown);

  DropReason SetWord(uint8_t index, const uint8_t* value, const uint8_t* mask);
  DropReason SetType(const uint8_t* value, const uint8_t* mask);
  void SetProtocol(uint8_t value, uint8_t mask);
  void SetIpWord(const uint8_t* value, const uint8_t* mask);
  void SetPorts(const uint8_t* value, const uint8_t* mask);
  void SetLinkLayer(uint32_t at, const uint8_t* value, const uint8_t* mask);
  void SetL3Address(uint8_t index, const uint8_t* value, const uint8_t* mask);
  void SetIpv6(uint8_t index, const uint8_t* value, const uint8_t* mask);
  void Write(uint32_t at, uint32_t base, const uint8_t* value, const uint8_t* mask, uint32_t bytes,
             uint8_t sums);
  void WriteSctp(uint32_t at, const uint8_t* value, const uint8_t* mask, uint32_t bytes);
  void AdjustL4(uint16_t delta, uint8_t sums);

  rte_mbuf* packet_;
  rte_mempool* const pool_;
  PacketHeaders headers_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PACKET_EDIT_H_
