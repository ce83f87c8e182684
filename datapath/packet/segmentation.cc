// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/segmentation.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/byte_order.h"
#include "datapath/packet/checksum.h"

namespace vsw {
namespace {

constexpr uint32_t kMaxHeaderBytes = 512;
constexpr uint32_t kMinIpv4Header = 20, kMinIpv6Header = 40, kMinTcpHeader = 20, kUdpHeader = 8;
// Offsets of header fields.
constexpr uint32_t kIpv4Length = 2, kIpv4Id = 4, kIpv4Checksum = 10, kIpv6PayloadLength = 4;
constexpr uint32_t kTcpSequence = 4, kTcpFlags = 13, kTcpChecksum = 16;
constexpr uint32_t kUdpLength = 4, kUdpChecksum = 6;
constexpr uint8_t kTcpFin = 0x01, kTcpPsh = 0x08, kTcpCwr = 0x80;

uint16_t LoadBe16(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }
uint32_t LoadBe32(const uint8_t* p) {
  return static_cast<uint32_t>(LoadBe16(p)) << 16 | LoadBe16(p + 2);
}
void StoreBe16(uint8_t* p, uint32_t v) {
  const Be16 value = Be16::From(static_cast<uint16_t>(v));
  std::memcpy(p, &value, sizeof(value));
}
void StoreBe32(uint8_t* p, uint32_t v) {
  const Be32 value = Be32::From(v);
  std::memcpy(p, &value, sizeof(value));
}

// The big frame: its headers in one piece, its payload still in the mbufs.
struct Original {
  std::array<uint8_t, kMaxHeaderBytes> header;
  uint32_t l3, l4, header_bytes;  // offsets of L3 and L4, and where the payload begins
  uint32_t payload_bytes, segment_bytes;
  uint16_t segments;
  bool tcp, ipv6, partial_checksum;
};

bool Prepare(const rte_mbuf* packet, bool partial_checksum, size_t most, Original* original) {
  Original& o = *original;
  o.tcp = (packet->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0;
  o.ipv6 = (packet->ol_flags & RTE_MBUF_F_TX_IPV6) != 0;
  o.partial_checksum = partial_checksum;
  o.l3 = packet->l2_len;
  o.l4 = o.l3 + packet->l3_len;
  o.header_bytes = o.l4 + packet->l4_len;
  o.segment_bytes = packet->tso_segsz;
  if (packet->l3_len < (o.ipv6 ? kMinIpv6Header : kMinIpv4Header)) return false;
  if (packet->l4_len < (o.tcp ? kMinTcpHeader : kUdpHeader)) return false;
  if (o.segment_bytes == 0 || o.header_bytes > kMaxHeaderBytes) return false;
  if (packet->pkt_len <= o.header_bytes) return false;
  o.payload_bytes = packet->pkt_len - o.header_bytes;
  const uint32_t segments = (o.payload_bytes + o.segment_bytes - 1) / o.segment_bytes;
  if (segments > most) return false;
  o.segments = static_cast<uint16_t>(segments);
  // A frame on its own must not exceed what its IP header can say.
  if (o.header_bytes - o.l3 + std::min(o.segment_bytes, o.payload_bytes) > 0xffff) return false;
  const void* read = rte_pktmbuf_read(packet, 0, o.header_bytes, o.header.data());
  if (read != o.header.data()) std::memcpy(o.header.data(), read, o.header_bytes);
  return true;
}

// Walks the payload of the big frame.
struct Cursor {
  const rte_mbuf* segment;
  uint32_t offset;

  void Copy(uint8_t* to, uint32_t length) {
    while (length > 0) {
      const uint32_t part = std::min<uint32_t>(length, segment->data_len - offset);
      std::memcpy(to, rte_pktmbuf_mtod_offset(segment, const uint8_t*, offset), part);
      to += part;
      length -= part;
      offset += part;
      while (segment->next != nullptr && offset >= segment->data_len) {
        offset -= segment->data_len;
        segment = segment->next;
      }
    }
  }
};

Cursor PayloadOf(const rte_mbuf* packet, uint32_t header_bytes) {
  Cursor cursor{packet, header_bytes};
  while (cursor.segment->next != nullptr && cursor.offset >= cursor.segment->data_len) {
    cursor.offset -= cursor.segment->data_len;
    cursor.segment = cursor.segment->next;
  }
  return cursor;
}

// The headers of frame `index`, whose payload has `length` bytes. Returns where the L4 checksum is.
uint32_t WriteHeaders(const Original& o, uint32_t index, uint32_t length, uint8_t* header) {
  std::memcpy(header, o.header.data(), o.header_bytes);
  const uint32_t ip_bytes = o.header_bytes - o.l3 + length;
  uint8_t* ip = header + o.l3;
  if (o.ipv6) {
    StoreBe16(ip + kIpv6PayloadLength, ip_bytes - kMinIpv6Header);
  } else {
    StoreBe16(ip + kIpv4Length, ip_bytes);
    StoreBe16(ip + kIpv4Id, LoadBe16(ip + kIpv4Id) + index);
    std::memset(ip + kIpv4Checksum, 0, 2);
    const uint16_t checksum = static_cast<uint16_t>(~FoldSum(AddBytes(0, ip, o.l4 - o.l3)));
    std::memcpy(ip + kIpv4Checksum, &checksum, sizeof(checksum));
  }
  uint8_t* l4 = header + o.l4;
  const uint32_t field = o.tcp ? kTcpChecksum : kUdpChecksum;
  if (o.tcp) {
    StoreBe32(l4 + kTcpSequence, LoadBe32(l4 + kTcpSequence) + index * o.segment_bytes);
    if (index + 1 != o.segments) l4[kTcpFlags] &= static_cast<uint8_t>(~(kTcpFin | kTcpPsh));
    if (index != 0) l4[kTcpFlags] &= static_cast<uint8_t>(~kTcpCwr);
  } else {
    StoreBe16(l4 + kUdpLength, kUdpHeader + length);
  }
  // The field holds the pseudo-header's sum with the length of the big frame: only that changes
  // (RFC 1624). Addresses are not read again, so a routing header's final destination stays right.
  const uint32_t l4_header = o.header_bytes - o.l4;
  const uint32_t old_length = l4_header + o.payload_bytes;
  const uint32_t new_length = l4_header + length;
  const auto fold = [](uint32_t v) { return (v & 0xffff) + (v >> 16); };
  StoreBe16(l4 + field,
            fold(fold(LoadBe16(l4 + field) + (0xffff ^ fold(old_length)) + new_length)));
  return o.l4 + field;
}

// Fills `frame` (an empty mbuf), chaining further mbufs to it if the data room is too small.
bool FillFrame(const Original& o, uint32_t index, Cursor* cursor, rte_mempool* pool,
               rte_mbuf* frame) {
  const uint32_t length = std::min(o.segment_bytes, o.payload_bytes - index * o.segment_bytes);
  if (rte_pktmbuf_tailroom(frame) < o.header_bytes) return false;
  auto* header =
      reinterpret_cast<uint8_t*>(rte_pktmbuf_append(frame, static_cast<uint16_t>(o.header_bytes)));
  const uint32_t checksum = WriteHeaders(o, index, length, header);
  rte_mbuf* last = frame;
  for (uint32_t left = length; left > 0;) {
    if (rte_pktmbuf_tailroom(last) == 0) {
      rte_mbuf* more = rte_pktmbuf_alloc(pool);
      if (more == nullptr) return false;
      last->next = more;
      last = more;
      ++frame->nb_segs;
    }
    const uint32_t part = std::min<uint32_t>(left, rte_pktmbuf_tailroom(last));
    cursor->Copy(rte_pktmbuf_mtod_offset(last, uint8_t*, last->data_len), part);
    last->data_len = static_cast<uint16_t>(last->data_len + part);
    left -= part;
  }
  frame->pkt_len = o.header_bytes + length;
  if (!o.partial_checksum) FinishChecksum(frame, o.l4, checksum);
  return true;
}

void CopyMetadata(const rte_mbuf* packet, const Original& o, rte_mbuf* frame) {
  frame->port = packet->port;
  if (!o.partial_checksum) return;
  frame->ol_flags |= (packet->ol_flags & (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6)) |
                     (o.tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM);
  frame->l2_len = packet->l2_len;
  frame->l3_len = packet->l3_len;
  frame->l4_len = packet->l4_len;
}

}  // namespace

uint16_t SegmentPacket(rte_mbuf* packet, bool partial_checksum, rte_mempool* pool,
                       std::span<rte_mbuf*> out, PortCounters& counters) {
  Original original;
  const auto refuse = [&](DropReason reason) {
    rte_pktmbuf_free(packet);
    counters.Drop(reason);
    return uint16_t{0};
  };
  if (!Prepare(packet, partial_checksum, out.size(), &original)) {
    return refuse(DropReason::kTxOffload);
  }
  if (rte_pktmbuf_alloc_bulk(pool, out.data(), original.segments) != 0) {
    return refuse(DropReason::kNoCopyBuffer);
  }
  Cursor cursor = PayloadOf(packet, original.header_bytes);
  for (uint16_t i = 0; i < original.segments; ++i) {
    if (!FillFrame(original, i, &cursor, pool, out[i])) {
      rte_pktmbuf_free_bulk(out.data(), original.segments);
      return refuse(DropReason::kNoCopyBuffer);
    }
    CopyMetadata(packet, original, out[i]);
  }
  rte_pktmbuf_free(packet);
  return original.segments;
}

}  // namespace vsw
