// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/too_big.h"

#include <rte_mbuf.h>

#include <array>
#include <cstring>

#include "base/byte_order.h"
#include "datapath/packet/checksum.h"

namespace vsw {
namespace {

constexpr uint32_t kIpv4Bytes = 20;
constexpr uint32_t kIpv6Bytes = 40;
constexpr uint32_t kIcmpBytes = 8;
constexpr uint32_t kMaxIcmpv4 = 576;   // of the whole IP packet (RFC 1812 section 4.3.2.3)
constexpr uint32_t kMaxIcmpv6 = 1280;  // the same (RFC 4443 section 2.4 (c))
constexpr uint8_t kProtocolIcmp = 1;
constexpr uint8_t kProtocolIcmpv6 = 58;
constexpr uint8_t kTtl = 64;

template <typename T>
void Store(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof(value));
}

bool IsGroup(const std::array<uint8_t, 16>& address) { return address[0] == 0xff; }

// The first bytes of the packet's L3 that decide whether its sender is told.
using Head = std::array<uint8_t, kIpv6Bytes + 1>;

bool MayAnswerIpv4(const rte_mbuf* packet, const InnerFrame& inner, const Head& ip) {
  uint16_t fragment;
  std::memcpy(&fragment, ip.data() + 6, sizeof(fragment));
  if ((ByteSwap(fragment) & 0x1fff) != 0) return false;
  // Neither from nor to a group, "this host" or everybody.
  const auto is_host = [](uint8_t first) { return first != 0 && first < 0xe0; };
  if (!is_host(ip[12]) || !is_host(ip[16])) return false;
  if (ip[9] != kProtocolIcmp) return true;
  const uint32_t at = inner.l3 + (ip[0] & 0xfu) * 4;
  uint8_t type;
  if (at >= packet->pkt_len) return false;
  ReadMbuf(packet, at, &type, 1);
  return type != 3 && type != 4 && type != 5 && type != 11 && type != 12;
}

bool MayAnswerIpv6(const Head& ip) {
  std::array<uint8_t, 16> source, destination;
  std::memcpy(source.data(), ip.data() + 8, 16);
  std::memcpy(destination.data(), ip.data() + 24, 16);
  if (IsGroup(source) || IsGroup(destination) || source == std::array<uint8_t, 16>{}) return false;
  return ip[6] != kProtocolIcmpv6 || ip[kIpv6Bytes] >= 128;
}

// Ethernet with its tags, turned round.
void WriteEthernet(const rte_mbuf* packet, const InnerFrame& inner, uint8_t* out) {
  uint8_t addresses[12];
  ReadMbuf(packet, 0, out, inner.l3);
  std::memcpy(addresses, out, sizeof(addresses));
  std::memcpy(out, addresses + 6, 6);
  std::memcpy(out + 6, addresses, 6);
}

void WriteIpv4(const Head& original, uint32_t mtu, uint32_t quoted, uint8_t* ip) {
  const uint32_t icmp_bytes = kIcmpBytes + quoted;
  std::memset(ip, 0, kIpv4Bytes + kIcmpBytes);
  ip[0] = 0x45;
  ip[1] = 0xc0;  // network control, as RFC 1812 section 4.3.2.5 asks
  Store(ip + 2, Be16::From(static_cast<uint16_t>(kIpv4Bytes + icmp_bytes)));
  ip[8] = kTtl;
  ip[9] = kProtocolIcmp;
  std::memcpy(ip + 12, original.data() + 16, 4);
  std::memcpy(ip + 16, original.data() + 12, 4);
  Store(ip + 10, static_cast<uint16_t>(~FoldSum(AddBytes(0, ip, kIpv4Bytes))));
  uint8_t* icmp = ip + kIpv4Bytes;
  icmp[0] = 3;  // destination unreachable
  icmp[1] = 4;  // fragmentation needed
  Store(icmp + 6, Be16::From(static_cast<uint16_t>(std::min<uint32_t>(mtu, UINT16_MAX))));
  Store(icmp + 2, static_cast<uint16_t>(~FoldSum(AddBytes(0, icmp, icmp_bytes))));
}

void WriteIpv6(const Head& original, uint32_t mtu, uint32_t quoted, uint8_t* ip) {
  const uint32_t icmp_bytes = kIcmpBytes + quoted;
  std::memset(ip, 0, kIpv6Bytes + kIcmpBytes);
  ip[0] = 0x60;
  Store(ip + 4, Be16::From(static_cast<uint16_t>(icmp_bytes)));
  ip[6] = kProtocolIcmpv6;
  ip[7] = kTtl;
  std::memcpy(ip + 8, original.data() + 24, 16);
  std::memcpy(ip + 24, original.data() + 8, 16);
  uint8_t* icmp = ip + kIpv6Bytes;
  icmp[0] = 2;  // packet too big
  Store(icmp + 4, Be32::From(mtu));
  const uint32_t pseudo[2] = {Be32::From(icmp_bytes).raw, Be32::From(kProtocolIcmpv6).raw};
  const uint64_t sum = AddBytes(AddBytes(0, ip + 8, 32), pseudo, sizeof(pseudo));
  Store(icmp + 2, static_cast<uint16_t>(~FoldSum(AddBytes(sum, icmp, icmp_bytes))));
}

}  // namespace

rte_mbuf* MakeTooBig(const rte_mbuf* packet, const InnerFrame& inner, uint32_t mtu,
                     rte_mempool* pool) {
  Head head{};
  if (inner.ip_version == 0 || inner.l3 + head.size() > packet->pkt_len) return nullptr;
  ReadMbuf(packet, inner.l3, head.data(), head.size());
  const bool v4 = inner.ip_version == 4;
  if (!(v4 ? MayAnswerIpv4(packet, inner, head) : MayAnswerIpv6(head))) return nullptr;
  const uint32_t headers = (v4 ? kIpv4Bytes : kIpv6Bytes) + kIcmpBytes;
  const uint32_t quoted =
      std::min(packet->pkt_len - inner.l3, (v4 ? kMaxIcmpv4 : kMaxIcmpv6) - headers);
  rte_mbuf* reply = rte_pktmbuf_alloc(pool);
  if (reply == nullptr) return nullptr;
  auto* out = reinterpret_cast<uint8_t*>(
      rte_pktmbuf_append(reply, static_cast<uint16_t>(inner.l3 + headers + quoted)));
  if (out == nullptr) {
    rte_pktmbuf_free(reply);
    return nullptr;
  }
  WriteEthernet(packet, inner, out);
  ReadMbuf(packet, inner.l3, out + inner.l3 + headers, quoted);
  (v4 ? WriteIpv4 : WriteIpv6)(head, mtu, quoted, out + inner.l3);
  return reply;
}

}  // namespace vsw
