// SPDX-License-Identifier: Apache-2.0
#include "tests/tunnel/fake_nic.h"

#include <rte_net.h>

#include <algorithm>

#include "tests/support/eal.h"

namespace vsw::testing {
namespace {

using Bytes = std::vector<uint8_t>;

uint32_t Get(const Bytes& b, size_t at, size_t bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value = value << 8 | b.at(at + i);
  return value;
}
void Set(Bytes& b, size_t at, size_t bytes, uint64_t value) {
  for (size_t i = bytes; i-- > 0; value >>= 8) b.at(at + i) = static_cast<uint8_t>(value);
}
uint16_t Sum(const Bytes& b, size_t begin, size_t end, uint32_t sum) {
  for (size_t i = begin; i < end; ++i) {
    sum += (i - begin) % 2 == 0 ? uint32_t{b.at(i)} << 8 : b.at(i);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<uint16_t>(sum);
}

// Where the headers of the packet are.
struct Layout {
  explicit Layout(const rte_mbuf* m)
      : flags(m->ol_flags),
        tunnel((flags & RTE_MBUF_F_TX_TUNNEL_MASK) != 0),
        outer_l3(m->outer_l2_len),
        outer_l4(outer_l3 + m->outer_l3_len),
        l3((tunnel ? outer_l4 : 0) + m->l2_len),
        l4(l3 + m->l3_len),
        payload(l4 + m->l4_len) {}
  bool has(uint64_t flag) const { return (flags & flag) == flag; }
  bool udp_tunnel() const { return tunnel && !has(RTE_MBUF_F_TX_TUNNEL_GRE); }

  uint64_t flags;
  bool tunnel;
  size_t outer_l3, outer_l4, l3, l4, payload;
};

// The length, identification and (with `sum`) checksum of the IP header at `at`.
void FillIp(Bytes& b, size_t at, size_t next, bool v4, bool sum, uint32_t index) {
  if (!v4) return Set(b, at + 4, 2, b.size() - at - 40);
  Set(b, at + 2, 2, b.size() - at);
  Set(b, at + 4, 2, Get(b, at + 4, 2) + index);
  if (sum) {
    Set(b, at + 10, 2, 0);
    Set(b, at + 10, 2, 0xffff ^ Sum(b, at, next, 0));
  }
}

// The field holds the pseudo-header's sum; `length`: as far as it lacks that of what is summed.
void FillChecksum(Bytes& b, size_t start, size_t field, size_t length) {
  const uint16_t sum = Sum(b, start, b.size(), static_cast<uint32_t>(length));
  Set(b, field, 2, sum == 0xffff ? 0xffff : 0xffff ^ sum);
}

}  // namespace

std::vector<Bytes> NicSends(rte_mbuf* packet) {
  if (rte_net_intel_cksum_prepare(packet) != 0) return {};
  const Layout at(packet);
  const bool cuts = at.has(RTE_MBUF_F_TX_TCP_SEG);
  const Bytes whole = BytesOf(packet);
  const size_t step = cuts ? packet->tso_segsz : whole.size();
  std::vector<Bytes> wire;
  for (size_t from = cuts ? at.payload : 0; from < whole.size(); from += step) {
    const auto index = static_cast<uint32_t>(wire.size());
    const size_t to = std::min(whole.size(), from + step);
    Bytes b(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(cuts ? at.payload : 0));
    b.insert(b.end(), whole.begin() + static_cast<ptrdiff_t>(from),
             whole.begin() + static_cast<ptrdiff_t>(to));
    if (cuts) {
      FillIp(b, at.l3, at.l4, at.has(RTE_MBUF_F_TX_IPV4), at.has(RTE_MBUF_F_TX_IP_CKSUM), index);
      Set(b, at.l4 + 4, 4, Get(b, at.l4 + 4, 4) + index * step);
      if (to != whole.size()) b.at(at.l4 + 13) &= 0xf6;  // FIN, PSH
      if (index != 0) b.at(at.l4 + 13) &= 0x7f;          // CWR
    }
    const uint64_t l4 = at.flags & RTE_MBUF_F_TX_L4_MASK;
    if (l4 != 0) {
      FillChecksum(b, at.l4, at.l4 + (l4 == RTE_MBUF_F_TX_TCP_CKSUM ? 16 : 6),
                   cuts ? b.size() - at.l4 : 0);
    }
    if (at.tunnel && cuts) {
      FillIp(b, at.outer_l3, at.outer_l4, at.has(RTE_MBUF_F_TX_OUTER_IPV4),
             at.has(RTE_MBUF_F_TX_OUTER_IP_CKSUM), index);
      if (at.udp_tunnel()) Set(b, at.outer_l4 + 4, 2, b.size() - at.outer_l4);
    }
    if (at.has(RTE_MBUF_F_TX_OUTER_UDP_CKSUM)) {
      FillChecksum(b, at.outer_l4, at.outer_l4 + 6, cuts ? b.size() - at.outer_l4 : 0);
    }
    wire.push_back(std::move(b));
  }
  return wire;
}

}  // namespace vsw::testing
