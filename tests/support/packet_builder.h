// SPDX-License-Identifier: Apache-2.0
//
// Frames for tests, header by header, visible at a glance:
//
//   PacketBuilder().Ethernet(2, 1).Vlan(10).Ipv4(0x0a000001, 0x0a000002).Udp(1000, 53).Build()
//
// Each header sets the type field of the one in front of it. Build() fills in the lengths of IPv4,
// IPv6 and UDP and the IPv4 header checksum; L4 checksums stay zero. The setters between headers
// (Ttl, Tos, Fragment) change the IP header last added. Addresses given as small numbers stand for
// 02:00:00:00:00:NN, and for fd00::NN in IPv6.
#ifndef VSW_TESTS_SUPPORT_PACKET_BUILDER_H_
#define VSW_TESTS_SUPPORT_PACKET_BUILDER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/mac_address.h"

namespace vsw::testing {

using Ipv6Address = std::array<uint8_t, 16>;

inline constexpr Ipv6Address Ip6(uint8_t number) {
  return {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number};
}

class PacketBuilder {
 public:
  // ---- Layer 2.
  PacketBuilder& Ethernet(uint64_t dst, uint64_t src) {
    return Ethernet(Address(dst), Address(src));
  }
  PacketBuilder& Ethernet(MacAddress dst, MacAddress src) {
    Mac(dst);
    Mac(src);
    type_at_ = bytes_.size();
    return Put16(0);
  }
  PacketBuilder& Vlan(uint16_t vlan, uint16_t priority = 0, uint16_t tpid = 0x8100) {
    SetType(tpid);
    Put16(static_cast<uint16_t>(priority << 13 | vlan));
    type_at_ = bytes_.size();
    return Put16(0);
  }
  /// An Ethernet type, or an 802.3 length, that nothing here knows.
  PacketBuilder& Type(uint16_t type) { return SetType(type), *this; }
  /// 802.3 with LLC and SNAP; the type goes behind them.
  PacketBuilder& Snap() {
    SetType(0x0100);
    for (const uint8_t byte : {0xaa, 0xaa, 0x03, 0, 0, 0}) bytes_.push_back(byte);
    type_at_ = bytes_.size();
    return Put16(0);
  }
  PacketBuilder& Mpls(uint32_t label, bool bottom, uint8_t ttl = 64) {
    if (!in_mpls_) SetType(0x8847);
    in_mpls_ = true;
    return Put32(label << 12 | (bottom ? 0x100u : 0u) | ttl);
  }
  PacketBuilder& Arp(uint16_t opcode, uint64_t sha, uint32_t spa, uint64_t tha, uint32_t tpa) {
    SetType(0x0806);
    Put16(1).Put16(0x0800).Put16(0x0604).Put16(opcode);
    Mac(Address(sha)).Put32(spa);
    return Mac(Address(tha)).Put32(tpa);
  }

  // ---- Layer 3. `options_bytes` is a multiple of 4.
  PacketBuilder& Ipv4(uint32_t src, uint32_t dst, size_t options_bytes = 0) {
    SetType(0x0800);
    ip_at_ = bytes_.size();
    ip_version_ = 4;
    bytes_.push_back(static_cast<uint8_t>(0x40 | (5 + options_bytes / 4)));
    bytes_.push_back(0);
    Put16(0).Put16(0).Put16(0);
    bytes_.push_back(64);
    bytes_.push_back(0);
    next_at_ = bytes_.size() - 1;
    Put16(0).Put32(src).Put32(dst);
    return Payload(options_bytes, 1);  // no-operation
  }
  PacketBuilder& Ipv6(uint8_t src, uint8_t dst, uint32_t label = 0) {
    SetType(0x86dd);
    ip_at_ = bytes_.size();
    ip_version_ = 6;
    Put32(0x60000000 | label).Put16(0);
    next_at_ = bytes_.size();
    bytes_.push_back(59);  // no next header
    bytes_.push_back(64);
    return Put(Ip6(src)).Put(Ip6(dst));
  }
  PacketBuilder& Ttl(uint8_t ttl) {
    bytes_[ip_at_ + (ip_version_ == 4 ? 8 : 7)] = ttl;
    return *this;
  }
  PacketBuilder& Tos(uint8_t tos) {
    if (ip_version_ == 4) return bytes_[ip_at_ + 1] = tos, *this;
    bytes_[ip_at_] |= tos >> 4;
    bytes_[ip_at_ + 1] |= static_cast<uint8_t>(tos << 4);
    return *this;
  }
  /// IPv4, `offset` in units of 8 bytes.
  PacketBuilder& Fragment(uint16_t offset, bool more) {
    Store16(ip_at_ + 6, static_cast<uint16_t>(offset | (more ? 0x2000 : 0)));
    return *this;
  }
  /// IPv6 fragment header.
  PacketBuilder& Fragment6(uint16_t offset, bool more) {
    Next(44);
    const size_t next_at = bytes_.size();
    Put16(0x3b00).Put16(static_cast<uint16_t>(offset << 3 | (more ? 1 : 0))).Put32(0x1234);
    return next_at_ = next_at, *this;
  }
  /// Hop-by-hop (0), routing (43) or destination options (60) of `bytes`, a multiple of 8.
  PacketBuilder& Extension(uint8_t kind, size_t bytes) {
    Next(kind);
    next_at_ = bytes_.size();
    bytes_.push_back(59);
    bytes_.push_back(static_cast<uint8_t>(bytes / 8 - 1));
    return Payload(bytes - 2, 0);
  }
  /// Authentication header of `bytes`, a multiple of 4.
  PacketBuilder& Auth(size_t bytes) {
    Next(51);
    next_at_ = bytes_.size();
    bytes_.push_back(59);
    bytes_.push_back(static_cast<uint8_t>(bytes / 4 - 2));
    return Payload(bytes - 2, 0);
  }

  // ---- Layer 4.
  PacketBuilder& Tcp(uint16_t src, uint16_t dst, uint16_t flags = 0x010) {
    Next(6);
    Put16(src).Put16(dst).Put32(1).Put32(2);
    return Put16(static_cast<uint16_t>(0x5000 | flags)).Put16(1024).Put32(0);
  }
  PacketBuilder& Udp(uint16_t src, uint16_t dst) {
    Next(17);
    udp_at_ = bytes_.size();
    return Put16(src).Put16(dst).Put32(0);
  }
  PacketBuilder& Sctp(uint16_t src, uint16_t dst) {
    Next(132);
    return Put16(src).Put16(dst).Put32(7).Put32(0);
  }
  PacketBuilder& Icmp(uint8_t type, uint8_t code, uint8_t protocol = 1) {
    Next(protocol);
    bytes_.push_back(type);
    bytes_.push_back(code);
    return Put16(0).Put32(0x00070001);
  }
  PacketBuilder& Icmpv6(uint8_t type, uint8_t code) { return Icmp(type, code, 58); }
  /// Neighbour solicitation (135) or advertisement (136); options follow.
  PacketBuilder& NeighborDiscovery(uint8_t type, uint8_t target, uint32_t reserved = 0) {
    Next(58);
    bytes_.push_back(type);
    bytes_.push_back(0);
    return Put16(0).Put32(reserved).Put(Ip6(target));
  }
  /// Source (1) or target (2) link-layer address.
  PacketBuilder& LinkLayerOption(uint8_t type, uint64_t mac) {
    bytes_.push_back(type);
    bytes_.push_back(1);
    return Mac(Address(mac));
  }
  PacketBuilder& Protocol(uint8_t protocol) { return Next(protocol), *this; }

  // ---- Anything.
  PacketBuilder& Payload(size_t bytes, uint8_t fill = 0xab) {
    bytes_.insert(bytes_.end(), bytes, fill);
    return *this;
  }
  /// Bytes behind the IP packet, as Ethernet pads short frames.
  PacketBuilder& Padding(size_t bytes) { return padding_ = bytes, *this; }

  std::vector<uint8_t> Build() const {
    PacketBuilder done = *this;
    const size_t end = bytes_.size();
    if (ip_version_ == 4) {
      done.Store16(ip_at_ + 2, static_cast<uint16_t>(end - ip_at_));
      done.Store16(ip_at_ + 10, done.HeaderChecksum());
    } else if (ip_version_ == 6) {
      done.Store16(ip_at_ + 4, static_cast<uint16_t>(end - ip_at_ - 40));
    }
    if (udp_at_ != 0) done.Store16(udp_at_ + 4, static_cast<uint16_t>(end - udp_at_));
    done.Payload(padding_, 0);
    return done.bytes_;
  }

  static MacAddress Address(uint64_t number) {
    return MacAddress::FromU64(number < 0x10000 ? 0x020000000000 | number : number);
  }

 private:
  PacketBuilder& Put16(uint16_t value) {
    bytes_.push_back(static_cast<uint8_t>(value >> 8));
    bytes_.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  PacketBuilder& Put32(uint32_t value) {
    return Put16(static_cast<uint16_t>(value >> 16)).Put16(static_cast<uint16_t>(value));
  }
  PacketBuilder& Put(const Ipv6Address& address) {
    bytes_.insert(bytes_.end(), address.begin(), address.end());
    return *this;
  }
  PacketBuilder& Mac(MacAddress mac) {
    bytes_.insert(bytes_.end(), mac.octets.begin(), mac.octets.end());
    return *this;
  }
  void Store16(size_t at, uint16_t value) {
    bytes_[at] = static_cast<uint8_t>(value >> 8);
    bytes_[at + 1] = static_cast<uint8_t>(value);
  }
  void SetType(uint16_t type) { Store16(type_at_, type); }
  void Next(uint8_t protocol) { bytes_[next_at_] = protocol; }
  uint16_t HeaderChecksum() const {
    uint32_t sum = 0;
    const size_t header_bytes = (bytes_[ip_at_] & 0xfu) * 4;
    for (size_t i = 0; i < header_bytes; i += 2) {
      sum += static_cast<uint32_t>(bytes_[ip_at_ + i] << 8 | bytes_[ip_at_ + i + 1]);
    }
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
  }

  std::vector<uint8_t> bytes_;
  size_t type_at_ = 0;  // of the Ethernet type to be filled in
  size_t next_at_ = 0;  // of the protocol or next-header field to be filled in
  size_t ip_at_ = 0;
  size_t udp_at_ = 0;
  int ip_version_ = 0;
  bool in_mpls_ = false;
  size_t padding_ = 0;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_PACKET_BUILDER_H_
