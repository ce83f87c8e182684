// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/edit.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "datapath/packet/checksum.h"
#include "datapath/packet/crc32c.h"
#include "datapath/packet/flow_key.h"
#include "datapath/packet/parser.h"
#include "datapath/packet/partial_checksum.h"
#include "datapath/packet/vlan_edit.h"

namespace vsw {
namespace {

constexpr uint16_t kMplsBytes = 4;
constexpr int kMostL2Bytes = 127;  // l2_len of an mbuf has 7 bits
constexpr uint32_t kIpv4Checksum = 10, kTcpChecksum = 16, kUdpChecksum = 6, kIcmpChecksum = 2;
constexpr uint32_t kSctpChecksum = 8;

constexpr uint8_t WordOf(size_t offset) { return static_cast<uint8_t>(offset / 4); }
constexpr uint8_t kEthernet = WordOf(offsetof(FlowKey, eth_dst));
constexpr uint8_t kType = WordOf(offsetof(FlowKey, eth_type));
constexpr uint8_t kIpv4Source = WordOf(offsetof(FlowKey, ipv4_src));
constexpr uint8_t kIpv4Destination = WordOf(offsetof(FlowKey, ipv4_dst));
constexpr uint8_t kIpWord = WordOf(offsetof(FlowKey, ip_proto));
constexpr uint8_t kPorts = WordOf(offsetof(FlowKey, l4_src));
constexpr uint8_t kIpv6Source = WordOf(offsetof(FlowKey, ipv6_src));
constexpr uint8_t kIpv6Destination = WordOf(offsetof(FlowKey, ipv6_dst));
constexpr uint8_t kNdTarget = WordOf(offsetof(FlowKey, nd_target));
constexpr uint8_t kIpv6Label = WordOf(offsetof(FlowKey, ipv6_label));
constexpr uint8_t kNdReserved = WordOf(offsetof(FlowKey, nd_reserved));
constexpr uint8_t kLinkLayer = WordOf(offsetof(FlowKey, arp_sha));
constexpr uint8_t kNdOptions = WordOf(offsetof(FlowKey, nd_options_type));
static_assert(offsetof(FlowKey, eth_src) == kEthernet * 4 + 6);
static_assert(offsetof(FlowKey, eth_type) == kType * 4);
static_assert(offsetof(FlowKey, arp_tha) == kLinkLayer * 4 + 6);
static_assert(offsetof(FlowKey, ip_tos) == kIpWord * 4 + 1);
static_assert(offsetof(FlowKey, ip_ttl) == kIpWord * 4 + 2);

uint8_t* At(rte_mbuf* packet, uint32_t offset) {
  return rte_pktmbuf_mtod_offset(packet, uint8_t*, offset);
}
void Store16(uint8_t* out, uint32_t value) {
  const Be16 wire = Be16::From(static_cast<uint16_t>(value));
  std::memcpy(out, &wire, sizeof(wire));
}
uint16_t Load16(const uint8_t* in) { return static_cast<uint16_t>(in[0] << 8 | in[1]); }

// A checksum in the packet, by how much its sum has changed (RFC 1624, equation 3).
void AdjustChecksum(uint8_t* field, uint16_t delta) {
  uint16_t old;
  std::memcpy(&old, field, sizeof(old));
  const auto fresh = static_cast<uint16_t>(~FoldSum(uint64_t{static_cast<uint16_t>(~old)} + delta));
  std::memcpy(field, &fresh, sizeof(fresh));
}
// Whether the frame's bytes from `start` up to `end` are all zero.
bool AllZero(const rte_mbuf* m, uint32_t start, uint32_t end) {
  for (uint32_t at = 0; m != nullptr && at < end; at += m->data_len, m = m->next) {
    const uint32_t from = std::max(start, at), to = std::min<uint32_t>(end, at + m->data_len);
    if (from >= to) continue;
    const auto* data = rte_pktmbuf_mtod_offset(m, const uint8_t*, from - at);
    if (std::any_of(data, data + (to - from), [](uint8_t byte) { return byte != 0; })) return false;
  }
  return true;
}
// A sum that is not complemented yet.
void AdjustSum(uint8_t* field, uint16_t delta) {
  uint16_t old;
  std::memcpy(&old, field, sizeof(old));
  const uint16_t fresh = FoldSum(uint64_t{old} + delta);
  std::memcpy(field, &fresh, sizeof(fresh));
}

}  // namespace

void PacketEditor::Locate() {
  const uint32_t wanted = std::min<uint32_t>(packet_->pkt_len, kMaxParsedBytes);
  uint8_t gathered[kMaxParsedBytes];
  const auto* bytes = static_cast<const uint8_t*>(rte_pktmbuf_read(packet_, 0, wanted, gathered));
  if (bytes == nullptr) return;
  LocateHeaders({bytes, wanted}, packet_->pkt_len, &headers_);
}

bool PacketEditor::Copy() {
  rte_mbuf* copy = rte_pktmbuf_copy(packet_, pool_, 0, UINT32_MAX);
  if (copy == nullptr) return false;
  rte_pktmbuf_free(packet_);
  packet_ = copy;
  return true;
}

// Makes the first `bytes` ours to write, in one piece. REQUIRES: the frame has them.
bool PacketEditor::Own(uint32_t bytes) {
  const bool alone = RTE_MBUF_DIRECT(packet_) && rte_mbuf_refcnt_read(packet_) == 1;
  if (alone && packet_->data_len >= bytes) [[likely]]
    return true;
  return Copy();
}

void PacketEditor::Moved(int bytes) {
  for (uint16_t* place :
       {&headers_.type, &headers_.snap_length, &headers_.l3, &headers_.l4, &headers_.protocol,
        &headers_.nd_options, &headers_.nd_source, &headers_.nd_target}) {
    if (*place != 0) *place = static_cast<uint16_t>(*place + bytes);
  }
  headers_.end = static_cast<uint32_t>(static_cast<int>(headers_.end) + bytes);
  headers_.header_bytes = static_cast<uint16_t>(headers_.header_bytes + bytes);
}

DropReason PacketEditor::Apply(const Action& action) {
  switch (action.type) {
    case ActionType::kPushVlan:
      return PushTag(action);
    case ActionType::kPopVlan:
      if (packet_->pkt_len < kMacPairBytes + kVlanTagBytes) return DropReason::kRxMalformed;
      if (!Own(kMacPairBytes + kVlanTagBytes)) return DropReason::kNoCopyBuffer;
      PopVlan(packet_);
      Moved(-kVlanTagBytes);
      return DropReason::kNone;
    case ActionType::kSetVlanTci:
      if (packet_->pkt_len < kMacPairBytes + kVlanTagBytes) return DropReason::kRxMalformed;
      if (!Own(kMacPairBytes + kVlanTagBytes)) return DropReason::kNoCopyBuffer;
      SetVlanTci(packet_, action.tci());
      return DropReason::kNone;
    case ActionType::kSetWord: {
      uint8_t value[4], mask[4];
      std::memcpy(value, &action.value, sizeof(value));
      std::memcpy(mask, &action.mask, sizeof(mask));
      return SetWord(action.index, value, mask);
    }
    case ActionType::kPushMpls:
      return PushMpls(action);
    case ActionType::kPopMpls:
      return PopMpls(action);
    case ActionType::kSetMpls:
      if (headers_.l3_header != L3Header::kMpls) return DropReason::kNone;
      if (!Own(headers_.header_bytes)) return DropReason::kNoCopyBuffer;
      SetMpls(action.value, action.mask);
      return DropReason::kNone;
    default:
      return DropReason::kNone;
  }
}

DropReason PacketEditor::PushTag(const Action& action) {
  if (packet_->pkt_len < kMacPairBytes) return DropReason::kRxMalformed;
  if (!Own(kMacPairBytes)) return DropReason::kNoCopyBuffer;
  const bool offloads = (packet_->ol_flags & kPartialChecksumFlags) != 0;
  if (offloads && packet_->l2_len + kVlanTagBytes > kMostL2Bytes) return DropReason::kRxMalformed;
  if (rte_pktmbuf_headroom(packet_) < kVlanTagBytes && !Copy()) return DropReason::kNoCopyBuffer;
  if (!PushVlan(packet_, action.small, action.tci())) return DropReason::kRxMalformed;
  Moved(kVlanTagBytes);
  return DropReason::kNone;
}

// ---- MPLS (RFC 3032).

void PacketEditor::StoreType(uint16_t type, int grown) {
  Store16(At(packet_, headers_.type), type);
  if (headers_.snap_length == 0) return;
  uint8_t* length = At(packet_, headers_.snap_length);
  Store16(length, static_cast<uint32_t>(Load16(length) + grown));
}

DropReason PacketEditor::PushMpls(const Action& action) {
  if (headers_.type == 0) return DropReason::kNone;
  if (!Own(headers_.l3)) return DropReason::kNoCopyBuffer;
  const bool offloads = (packet_->ol_flags & kPartialChecksumFlags) != 0;
  if (offloads && packet_->l2_len + kMplsBytes > kMostL2Bytes) return DropReason::kRxMalformed;
  if (rte_pktmbuf_headroom(packet_) < kMplsBytes && !Copy()) return DropReason::kNoCopyBuffer;
  char* start = rte_pktmbuf_prepend(packet_, kMplsBytes);
  if (start == nullptr) return DropReason::kRxMalformed;
  std::memmove(start, start + kMplsBytes, headers_.l3);
  packet_->l2_len += kMplsBytes;
  StoreType(action.small, kMplsBytes);
  const Be32 entry = Be32::From(action.value);
  std::memcpy(At(packet_, headers_.l3), &entry, sizeof(entry));
  headers_.l3_header = L3Header::kMpls;
  headers_.l4_header = L4Header::kNone;
  headers_.header_bytes = static_cast<uint16_t>(headers_.l3 + kMplsBytes);
  return DropReason::kNone;
}

DropReason PacketEditor::PopMpls(const Action& action) {
  if (headers_.l3_header != L3Header::kMpls) return DropReason::kNone;
  if (!Own(headers_.header_bytes)) return DropReason::kNoCopyBuffer;
  StoreType(action.small, -kMplsBytes);
  uint8_t* start = At(packet_, 0);
  std::memmove(start + kMplsBytes, start, headers_.l3);
  rte_pktmbuf_adj(packet_, kMplsBytes);
  packet_->l2_len -= packet_->l2_len >= kMplsBytes ? kMplsBytes : 0;
  const bool more = (action.small == 0x8847 || action.small == 0x8848) &&
                    packet_->pkt_len >= uint32_t{headers_.l3} + kMplsBytes;
  // What else stands behind it nobody has looked at.
  if (!more) headers_.l3_header = L3Header::kNone;
  return DropReason::kNone;
}

void PacketEditor::SetMpls(uint32_t value, uint32_t mask) {
  Be32 entry;
  std::memcpy(&entry, At(packet_, headers_.l3), sizeof(entry));
  entry = Be32::From((entry.Get() & ~mask) | (value & mask));
  std::memcpy(At(packet_, headers_.l3), &entry, sizeof(entry));
}

// ---- Fields.

DropReason PacketEditor::SetWord(uint8_t index, const uint8_t* value, const uint8_t* mask) {
  if (index >= kEthernet && index < kEthernet + 3) {
    if (!Own(2 * sizeof(MacAddress))) return DropReason::kNoCopyBuffer;
    Write((index - kEthernet) * 4u, 0, value, mask, 4, kNoSum);
    return DropReason::kNone;
  }
  if (index == kType) return SetType(value, mask);
  if (headers_.l3_header == L3Header::kNone) return DropReason::kNone;
  if (!Own(headers_.header_bytes)) return DropReason::kNoCopyBuffer;
  if (index == kIpv4Source || index == kIpv4Destination) {
    SetL3Address(index, value, mask);
  } else if (index == kIpWord) {
    SetIpWord(value, mask);
  } else if (index == kPorts) {
    SetPorts(value, mask);
  } else if (index >= kIpv6Source && index <= kNdReserved) {
    SetIpv6(index, value, mask);
  } else if (index >= kLinkLayer && index < kLinkLayer + 3) {
    SetLinkLayer((index - kLinkLayer) * 4u, value, mask);
    SetLinkLayer((index - kLinkLayer) * 4u + 2, value + 2, mask + 2);
  } else if (index == kNdOptions && headers_.nd_options != 0 &&
             headers_.header_bytes > headers_.nd_options) {
    Write(headers_.nd_options, headers_.l4, value, mask, 1, kL4Sum);
  }
  return DropReason::kNone;
}

// IPv4 source or destination, or those of ARP.
void PacketEditor::SetL3Address(uint8_t index, const uint8_t* value, const uint8_t* mask) {
  const bool source = index == kIpv4Source;
  if (headers_.l3_header == L3Header::kIpv4) {
    Write(headers_.l3 + (source ? 12u : 16u), headers_.l3, value, mask, 4, kIpv4Sum | kPseudoSum);
  } else if (headers_.l3_header == L3Header::kArp) {
    Write(headers_.l3 + (source ? 14u : 24u), headers_.l3, value, mask, 4, kNoSum);
  }
}

// What stands there becomes another thing in name alone.
DropReason PacketEditor::SetType(const uint8_t* value, const uint8_t* mask) {
  constexpr uint16_t kFirstType = 0x0600;  // below: a length (IEEE 802.3 section 3.2.6)
  if (headers_.type == 0) return DropReason::kNone;
  if (!Own(headers_.l3)) return DropReason::kNoCopyBuffer;
  if (Load16(At(packet_, headers_.type)) < kFirstType) return DropReason::kNone;
  Write(headers_.type, 0, value, mask, 2, kNoSum);
  return DropReason::kNone;
}

// The protocol stands in the low byte of a word of the pseudo-header, and of the IPv4 header.
void PacketEditor::SetProtocol(uint8_t value, uint8_t mask) {
  if (mask == 0 || headers_.protocol == 0) return;
  uint8_t* at = At(packet_, headers_.protocol);
  const uint8_t before[2] = {0, *at};
  *at = static_cast<uint8_t>((*at & ~mask) | (value & mask));
  const uint8_t after[2] = {0, *at};
  const auto less = static_cast<uint16_t>(~FoldSum(AddBytes(0, before, 2)));
  const uint16_t delta = FoldSum(AddBytes(less, after, 2));
  if (headers_.l3_header == L3Header::kIpv4) {
    AdjustChecksum(At(packet_, headers_.l3 + kIpv4Checksum), delta);
  }
  AdjustL4(delta, kPseudoSum);
}

// Protocol, TOS, TTL; of ARP the opcode.
void PacketEditor::SetIpWord(const uint8_t* value, const uint8_t* mask) {
  const uint32_t l3 = headers_.l3;
  if (headers_.l3_header == L3Header::kIpv4) {
    Write(l3 + 1, l3, value + 1, mask + 1, 1, kIpv4Sum);
    Write(l3 + 8, l3, value + 2, mask + 2, 1, kIpv4Sum);
    SetProtocol(value[0], mask[0]);
  } else if (headers_.l3_header == L3Header::kIpv6) {
    // The traffic class lies across the first two bytes.
    uint8_t shifted[2], shifted_mask[2];
    Store16(shifted, value[1] * 16u);
    Store16(shifted_mask, mask[1] * 16u);
    Write(l3, l3, shifted, shifted_mask, 2, kNoSum);
    Write(l3 + 7, l3, value + 2, mask + 2, 1, kNoSum);
    SetProtocol(value[0], mask[0]);
  } else if (headers_.l3_header == L3Header::kArp) {
    // Of an opcode that does not fit into the key's byte nothing but the whole can be set.
    const uint8_t opcode[2] = {0, value[0]};
    const uint8_t opcode_mask[2] = {static_cast<uint8_t>(mask[0] == 0xff ? 0xff : 0), mask[0]};
    Write(l3 + 6, l3, opcode, opcode_mask, 2, kNoSum);
  }
}

// Ports, or ICMP type and code, which stand in the low bytes of l4_src and l4_dst.
void PacketEditor::SetPorts(const uint8_t* value, const uint8_t* mask) {
  const uint32_t l4 = headers_.l4;
  switch (headers_.l4_header) {
    case L4Header::kTcp:
      if (!headers_.has_ports) return;
      return Write(l4, l4, value, mask, 4, kL4Sum);
    case L4Header::kUdp:
      return Write(l4, l4, value, mask, 4, kL4Sum);
    case L4Header::kSctp:
      return WriteSctp(l4, value, mask, 4);
    case L4Header::kIcmp:
    case L4Header::kIcmpv6: {
      const uint8_t type_code[2] = {value[1], value[3]};
      const uint8_t type_code_mask[2] = {mask[1], mask[3]};
      return Write(l4, l4, type_code, type_code_mask, 2, kL4Sum);
    }
    case L4Header::kNone:
      return;
  }
}

void PacketEditor::SetIpv6(uint8_t index, const uint8_t* value, const uint8_t* mask) {
  if (headers_.l3_header != L3Header::kIpv6) return;
  const uint32_t l3 = headers_.l3, l4 = headers_.l4;
  if (index < kIpv6Destination) {
    Write(l3 + 8 + (index - kIpv6Source) * 4u, l3, value, mask, 4, kPseudoSum);
  } else if (index < kNdTarget) {
    Write(l3 + 24 + (index - kIpv6Destination) * 4u, l3, value, mask, 4,
          headers_.routed ? kNoSum : kPseudoSum);
  } else if (index == kIpv6Label) {
    const uint8_t label_mask[4] = {0, static_cast<uint8_t>(mask[1] & 0x0f), mask[2], mask[3]};
    Write(l3, l3, value, label_mask, 4, kNoSum);
  } else if (headers_.nd_options != 0 && index == kNdReserved) {
    Write(l4 + 4, l4, value, mask, 4, kL4Sum);
  } else if (headers_.nd_options != 0 && index < kIpv6Label) {
    Write(l4 + 8 + (index - kNdTarget) * 4u, l4, value, mask, 4, kL4Sum);
  }
}

// Two bytes, number `at` of source and target hardware address as they stand in the key: those of
// ARP, or of the options of neighbour discovery.
void PacketEditor::SetLinkLayer(uint32_t at, const uint8_t* value, const uint8_t* mask) {
  constexpr uint32_t kAddress = sizeof(MacAddress);
  const bool source = at < kAddress;
  const uint32_t within = source ? at : at - kAddress;
  if (headers_.l3_header == L3Header::kArp) {
    const uint32_t l3 = headers_.l3;
    return Write(l3 + (source ? 8u : 18u) + within, l3, value, mask, 2, kNoSum);
  }
  const uint32_t option = source ? headers_.nd_source : headers_.nd_target;
  if (headers_.l4_header != L4Header::kIcmpv6 || option == 0) return;
  Write(option + within, headers_.l4, value, mask, 2, kL4Sum);
}

// Changes bytes of a header that begins at `base` and is summed from there.
void PacketEditor::Write(uint32_t at, uint32_t base, const uint8_t* value, const uint8_t* mask,
                         uint32_t bytes, uint8_t sums) {
  // Sums go by pairs of bytes.
  const uint32_t start = at - ((at - base) & 1);
  const uint32_t length = (at + bytes - start + 1) & ~1u;
  uint8_t* data = At(packet_, 0);
  const uint16_t before = sums == kNoSum ? 0 : FoldSum(AddBytes(0, data + start, length));
  for (uint32_t i = 0; i < bytes; ++i) {
    data[at + i] = static_cast<uint8_t>((data[at + i] & ~mask[i]) | (value[i] & mask[i]));
  }
  if (sums == kNoSum) return;
  const uint16_t after = FoldSum(AddBytes(0, data + start, length));
  if (before == after) return;
  const uint16_t delta = FoldSum(uint64_t{after} + static_cast<uint16_t>(~before));
  if ((sums & kIpv4Sum) != 0) AdjustChecksum(data + headers_.l3 + kIpv4Checksum, delta);
  if ((sums & (kPseudoSum | kL4Sum)) != 0) AdjustL4(delta, sums);
}

void PacketEditor::AdjustL4(uint16_t delta, uint8_t sums) {
  if (const uint32_t field = PartialChecksumAt(packet_); field != 0) {
    // The pseudo-header's sum stands there; the rest is summed on the way out.
    const bool there = (sums & kPseudoSum) != 0 && field + 2 <= packet_->data_len;
    if (there) AdjustSum(At(packet_, field), delta);
    return;
  }
  uint8_t* l4 = At(packet_, headers_.l4);
  switch (headers_.l4_header) {
    case L4Header::kTcp:
      return AdjustChecksum(l4 + kTcpChecksum, delta);
    case L4Header::kUdp:
      if (Load16(l4 + kUdpChecksum) == 0) return;  // the sender made none
      AdjustChecksum(l4 + kUdpChecksum, delta);
      if (Load16(l4 + kUdpChecksum) == 0) std::memset(l4 + kUdpChecksum, 0xff, 2);
      return;
    case L4Header::kIcmpv6:
      // Summed with the pseudo-header only where it belongs, in IPv6.
      if ((sums & kPseudoSum) != 0 && headers_.l3_header != L3Header::kIpv6) return;
      return AdjustChecksum(l4 + kIcmpChecksum, delta);
    case L4Header::kIcmp:
      if ((sums & kPseudoSum) != 0) return;
      AdjustChecksum(l4 + kIcmpChecksum, delta);
      // All bytes may be zero now, whose checksum is 0xffff; every other sum that gives 0 is right.
      if (Load16(l4 + kIcmpChecksum) == 0 && !headers_.fragment &&
          AllZero(packet_, headers_.l4, headers_.end)) {
        std::memset(l4 + kIcmpChecksum, 0xff, 2);
      }
      return;
    case L4Header::kSctp:
    case L4Header::kNone:
      return;
  }
}

// A CRC that was wrong stays wrong, by the same bits.
void PacketEditor::WriteSctp(uint32_t at, const uint8_t* value, const uint8_t* mask,
                             uint32_t bytes) {
  // A fragment's CRC is over more than is here.
  if (headers_.fragment) return Write(at, headers_.l4, value, mask, bytes, kNoSum);
  uint8_t* field = At(packet_, headers_.l4 + kSctpChecksum);
  uint32_t checksum;
  std::memcpy(&checksum, field, sizeof(checksum));
  std::memset(field, 0, sizeof(checksum));
  const uint32_t before = Crc32cOfMbuf(packet_, headers_.l4, headers_.end);
  Write(at, headers_.l4, value, mask, bytes, kNoSum);
  checksum ^= before ^ Crc32cOfMbuf(packet_, headers_.l4, headers_.end);
  std::memcpy(field, &checksum, sizeof(checksum));
}

DropReason PacketEditor::RemarkDscp(uint8_t precedence) {
  if (headers_.l3_header != L3Header::kIpv4 && headers_.l3_header != L3Header::kIpv6) {
    return DropReason::kNone;
  }
  uint8_t copy[2];
  const auto* start =
      static_cast<const uint8_t*>(rte_pktmbuf_read(packet_, headers_.l3, sizeof(copy), copy));
  const uint8_t tos =
      headers_.l3_header == L3Header::kIpv4 ? start[1] : static_cast<uint8_t>(Load16(start) >> 4);
  const uint8_t af_class = tos >> 5, dropped = tos >> 2 & 7;
  if (af_class < 1 || af_class > 4 || (dropped != 2 && dropped != 4 && dropped != 6)) {
    return DropReason::kNone;
  }
  const uint32_t raised = std::min<uint32_t>(dropped + precedence * 2u, 6);
  const uint8_t value[4] = {0, static_cast<uint8_t>(af_class << 5 | raised << 2), 0, 0};
  const uint8_t mask[4] = {0, 0xfc, 0, 0};
  return SetWord(kIpWord, value, mask);
}

}  // namespace vsw
