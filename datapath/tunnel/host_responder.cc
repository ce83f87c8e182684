// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/host_responder.h"

#include <rte_mbuf.h>

#include <cstring>

#include "datapath/packet/checksum.h"
#include "datapath/tunnel/nd.h"

namespace vsw {
namespace {

constexpr uint32_t kEthernetBytes = 14;
constexpr uint32_t kArpBytes = 28, kIpv4Bytes = 20;
constexpr uint16_t kTypeArp = 0x0806, kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86dd;
constexpr uint8_t kArpRequest = 1, kArpReply = 2;
constexpr uint8_t kProtocolIcmp = 1;
constexpr uint8_t kEchoRequest = 8, kEchoReply = 0;
constexpr uint8_t kEchoRequest6 = 128, kEchoReply6 = 129;
constexpr uint8_t kTtl = 64;
// Offsets in an ARP packet for Ethernet and IPv4.
constexpr uint32_t kArpOperation = 6, kArpSenderMac = 8, kArpSenderIp = 14, kArpTargetMac = 18,
                   kArpTargetIp = 24;

// The first `bytes` of the frame, if they may be written to; nullptr if not.
uint8_t* Own(rte_mbuf* packet, uint32_t bytes) {
  const bool alone = RTE_MBUF_DIRECT(packet) && rte_mbuf_refcnt_read(packet) == 1;
  return alone && packet->data_len >= bytes ? rte_pktmbuf_mtod(packet, uint8_t*) : nullptr;
}

void PutMac(uint8_t* at, const MacAddress& mac) { std::memcpy(at, mac.octets.data(), 6); }

void TurnEthernet(uint8_t* frame, const MacAddress& ours) {
  std::memcpy(frame, frame + 6, 6);
  PutMac(frame + 6, ours);
}

void Tell(UnderlayEvents* events, UnderlayEvent::Kind kind, PortNo port, const IpAddress& who,
          const MacAddress& mac) {
  // Group addresses are nobody's; such a packet is a lie.
  if (mac.is_multicast() || mac.is_zero() || who.is_any() || who.is_multicast()) return;
  events->Push({.kind = kind, .port = port, .mac = mac, .local = {}, .remote = who});
}

HostVerdict OnArp(const IngressRole& role, const FlowKey& key, rte_mbuf* packet,
                  UnderlayEvents* events) {
  const IpAddress sender = IpAddress::FromV4(key.ipv4_src);
  const IpAddress target = IpAddress::FromV4(key.ipv4_dst);
  const bool ours = role.Has(target);
  if (key.ip_proto == kArpReply) {
    Tell(events, ours ? UnderlayEvent::Kind::kAnswered : UnderlayEvent::Kind::kSpoke, key.in_port,
         sender, key.arp_sha);
    // What was sent to us alone is of no use to the bridge.
    return ours && key.eth_dst == role.mac ? HostVerdict::kTaken : HostVerdict::kPass;
  }
  if (key.ip_proto != kArpRequest) return HostVerdict::kPass;
  if (ours || sender == target) {
    Tell(events, UnderlayEvent::Kind::kSpoke, key.in_port, sender, key.arp_sha);
  }
  uint8_t* frame = ours ? Own(packet, kEthernetBytes + kArpBytes) : nullptr;
  if (frame == nullptr) return HostVerdict::kPass;
  TurnEthernet(frame, role.mac);
  uint8_t* arp = frame + kEthernetBytes;
  arp[kArpOperation + 1] = kArpReply;
  std::memmove(arp + kArpTargetMac, arp + kArpSenderMac, 10);  // MAC and address
  PutMac(arp + kArpSenderMac, role.mac);
  std::memcpy(arp + kArpSenderIp, target.bytes(), 4);
  return HostVerdict::kReply;
}

HostVerdict OnEcho(const IngressRole& role, rte_mbuf* packet) {
  uint8_t* frame = Own(packet, kEthernetBytes + kIpv4Bytes + 8);
  if (frame == nullptr) return HostVerdict::kPass;
  uint8_t* ip = frame + kEthernetBytes;
  const uint32_t header_bytes = (ip[0] & 0xfu) * 4;
  // Options would have to be reversed or dropped; nobody pings with them.
  if (header_bytes != kIpv4Bytes) return HostVerdict::kPass;
  TurnEthernet(frame, role.mac);
  uint8_t source[4];
  std::memcpy(source, ip + 12, 4);
  std::memcpy(ip + 12, ip + 16, 4);
  std::memcpy(ip + 16, source, 4);
  ip[8] = kTtl;
  std::memset(ip + 10, 0, 2);
  const auto checksum = static_cast<uint16_t>(~FoldSum(AddBytes(0, ip, kIpv4Bytes)));
  std::memcpy(ip + 10, &checksum, 2);
  uint8_t* icmp = ip + kIpv4Bytes;
  icmp[0] = kEchoReply;
  // RFC 1624: the word of type and code became smaller by the type.
  uint16_t sum;
  std::memcpy(&sum, icmp + 2, 2);
  sum = static_cast<uint16_t>(~FoldSum(
      AddSums(static_cast<uint16_t>(~sum), static_cast<uint16_t>(~uint16_t{kEchoRequest}))));
  std::memcpy(icmp + 2, &sum, 2);
  return HostVerdict::kReply;
}

HostVerdict OnEcho6(const IngressRole& role, rte_mbuf* packet) {
  uint8_t* frame = Own(packet, kEthernetBytes + kIpv6HeaderBytes + 8);
  if (frame == nullptr) return HostVerdict::kPass;
  uint8_t* ip = frame + kEthernetBytes;
  if (ip[6] != kProtocolIcmpv6) return HostVerdict::kPass;  // behind extension headers
  TurnEthernet(frame, role.mac);
  uint8_t source[16];
  std::memcpy(source, ip + 8, 16);
  std::memcpy(ip + 8, ip + 24, 16);
  std::memcpy(ip + 24, source, 16);
  ip[7] = kTtl;
  uint8_t* icmp = ip + kIpv6HeaderBytes;
  icmp[0] = kEchoReply6;
  // The pseudo-header's sum is the same; the type grew by one.
  uint16_t sum;
  std::memcpy(&sum, icmp + 2, 2);
  sum = static_cast<uint16_t>(~FoldSum(AddSums(static_cast<uint16_t>(~sum), 1)));
  std::memcpy(icmp + 2, &sum, 2);
  return HostVerdict::kReply;
}

// A solicitation becomes the advertisement. One without a link-layer address option, as in
// duplicate address detection, is too short by that; then the frame grows.
HostVerdict AnswerSolicitation(const IngressRole& role, const FlowKey& key, rte_mbuf* packet) {
  const uint32_t bytes = kEthernetBytes + kIpv6HeaderBytes + kNdMessageBytes;
  if (packet->pkt_len < bytes &&
      rte_pktmbuf_append(packet, static_cast<uint16_t>(bytes - packet->pkt_len)) == nullptr) {
    return HostVerdict::kTaken;
  }
  uint8_t* frame = Own(packet, bytes);
  if (frame == nullptr || frame[kEthernetBytes + 6] != kProtocolIcmpv6) return HostVerdict::kPass;
  TurnEthernet(frame, role.mac);
  uint8_t* ip = frame + kEthernetBytes;
  const IpAddress asker = IpAddress::FromV6(ip + 8);
  const IpAddress to = asker.is_unset() ? *IpAddress::Parse("ff02::1") : asker;
  if (asker.is_unset()) PutMac(frame, GroupMac(to));
  std::memcpy(ip + 24, to.octets.data(), 16);
  std::memcpy(ip + 8, key.nd_target.data(), 16);
  const Be16 payload = Be16::From(kNdMessageBytes);
  std::memcpy(ip + 4, &payload, sizeof(payload));
  uint8_t* icmp = ip + kIpv6HeaderBytes;
  icmp[0] = kNeighbourAdvertisement;
  const Be32 flags = Be32::From(kNdOverride | (asker.is_unset() ? 0 : kNdSolicited));
  std::memcpy(icmp + 4, &flags, sizeof(flags));
  icmp[24] = kTargetLinkLayerOption;
  icmp[25] = 1;
  PutMac(icmp + 26, role.mac);
  FinishNdChecksum(ip);
  if (packet->pkt_len > bytes) {
    rte_pktmbuf_trim(packet, static_cast<uint16_t>(packet->pkt_len - bytes));
  }
  return HostVerdict::kReply;
}

HostVerdict OnNd(const IngressRole& role, const FlowKey& key, rte_mbuf* packet, uint8_t type,
                 UnderlayEvents* events) {
  if (key.ip_ttl != kNdHopLimit) return HostVerdict::kPass;
  const IpAddress target = IpAddress::FromV6(key.nd_target.data());
  if (type == kNeighbourAdvertisement) {
    const bool answer = (key.nd_reserved.Get() & kNdSolicited) != 0;
    Tell(events, answer ? UnderlayEvent::Kind::kAnswered : UnderlayEvent::Kind::kSpoke, key.in_port,
         target, key.arp_tha);
    return key.eth_dst == role.mac ? HostVerdict::kTaken : HostVerdict::kPass;
  }
  if (!role.Has(target)) return HostVerdict::kPass;
  Tell(events, UnderlayEvent::Kind::kSpoke, key.in_port, IpAddress::FromV6(key.ipv6_src.data()),
       key.arp_sha);
  return AnswerSolicitation(role, key, packet);
}

HostVerdict OnIpv6(const IngressRole& role, const FlowKey& key, rte_mbuf* packet,
                   UnderlayEvents* events) {
  if (key.ip_proto != kProtocolIcmpv6 || key.ip_frag != 0) return HostVerdict::kPass;
  const auto type = static_cast<uint8_t>(key.l4_src.Get());
  if (type == kNeighbourSolicitation || type == kNeighbourAdvertisement) {
    return OnNd(role, key, packet, type, events);
  }
  const bool ours = key.eth_dst == role.mac && role.Has(IpAddress::FromV6(key.ipv6_dst.data()));
  return ours && type == kEchoRequest6 ? OnEcho6(role, packet) : HostVerdict::kPass;
}

}  // namespace

HostVerdict AnswerAsHost(const IngressRole& role, const FlowKey& key, rte_mbuf* packet,
                         UnderlayEvents* events) noexcept {
  if (!key.vlan[0].tpid.is_zero()) return HostVerdict::kPass;
  switch (key.eth_type.Get()) {
    case kTypeArp:
      return OnArp(role, key, packet, events);
    case kTypeIpv4: {
      const bool ours = key.eth_dst == role.mac && role.Has(IpAddress::FromV4(key.ipv4_dst));
      const bool echo =
          key.ip_proto == kProtocolIcmp && key.ip_frag == 0 && key.l4_src.Get() == kEchoRequest;
      return ours && echo ? OnEcho(role, packet) : HostVerdict::kPass;
    }
    case kTypeIpv6:
      return OnIpv6(role, key, packet, events);
    default:
      return HostVerdict::kPass;
  }
}

}  // namespace vsw
