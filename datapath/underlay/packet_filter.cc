// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/packet_filter.h"

#include <linux/if_packet.h>

namespace vsw {
namespace {

constexpr uint32_t kAll = 0x40000;  // bytes of the frame: more than there can be
constexpr uint32_t kUdp = 17, kGre = 47, kIpv6Fragment = 44, kIpv6Options = 60;
// Offsets in a frame without tags.
constexpr uint32_t kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86dd;
constexpr uint32_t kType = 12, kIpv4 = 14, kIpv6 = 14;
constexpr uint32_t kIpv6Payload = kIpv6 + 40;

// Appends instructions. A test goes on behind itself if it holds, and else skips `otherwise` more
// instructions.
class Program {
 public:
  Program& LoadByte(uint32_t at) { return Add(BPF_LD | BPF_B | BPF_ABS, at); }
  Program& LoadHalf(uint32_t at) { return Add(BPF_LD | BPF_H | BPF_ABS, at); }
  Program& LoadHalfBehindIpv4(uint32_t at) {
    Add(BPF_LDX | BPF_B | BPF_MSH, kIpv4);
    return Add(BPF_LD | BPF_H | BPF_IND, kIpv4 + at);
  }
  // BPF's ancillary words, such as the packet's type.
  Program& LoadAncillary(uint32_t what) {
    return Add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF) + what);
  }
  Program& IfEqual(uint32_t value, uint8_t otherwise) {
    return Add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, otherwise);
  }
  Program& IfNone(uint32_t bits, uint8_t otherwise) {
    return Add(BPF_JMP | BPF_JSET | BPF_K, bits, otherwise, 0);
  }
  Program& Accept() { return Add(BPF_RET | BPF_K, kAll); }
  Program& Refuse() { return Add(BPF_RET | BPF_K, 0); }
  // Goes to the place that Here() is called at.
  Program& GoTo(std::vector<size_t>* place) {
    place->push_back(code_.size());
    return Add(BPF_JMP | BPF_JA, 0);
  }
  Program& Here(const std::vector<size_t>& place) {
    for (const size_t at : place) code_[at].k = static_cast<uint32_t>(code_.size() - at - 1);
    return *this;
  }
  std::vector<sock_filter> Take() { return std::move(code_); }

 private:
  Program& Add(unsigned code, uint32_t k, uint8_t jump_true = 0, uint8_t jump_false = 0) {
    code_.push_back({static_cast<uint16_t>(code), jump_true, jump_false, k});
    return *this;
  }
  std::vector<sock_filter> code_;
};

}  // namespace

std::vector<sock_filter> MakeTunnelFilter(std::span<const uint16_t> udp_ports, bool gre) {
  std::vector<size_t> untagged, ours, ipv4, udp4, first4, ipv6, udp6, fragment6, udp_fragment6,
      first6, options6, port_is_loaded;
  Program p;
  p.LoadAncillary(SKF_AD_VLAN_TAG_PRESENT).IfEqual(0, 1).GoTo(&untagged).Refuse();
  p.Here(untagged).LoadAncillary(SKF_AD_PKTTYPE).IfEqual(PACKET_HOST, 1).GoTo(&ours).Refuse();
  p.Here(ours).LoadHalf(kType).IfEqual(kTypeIpv4, 1).GoTo(&ipv4);
  p.IfEqual(kTypeIpv6, 1).GoTo(&ipv6).Refuse();

  p.Here(ipv4).LoadByte(kIpv4 + 9);
  if (gre) p.IfEqual(kGre, 1).Accept();
  p.IfEqual(kUdp, 1).GoTo(&udp4).Refuse();
  p.Here(udp4).LoadHalf(kIpv4 + 6).IfNone(0x1fff, 1).GoTo(&first4).Refuse();
  p.Here(first4).LoadHalfBehindIpv4(2).GoTo(&port_is_loaded);

  p.Here(ipv6).LoadByte(kIpv6 + 6);
  if (gre) p.IfEqual(kGre, 1).Accept().IfEqual(kIpv6Options, 1).GoTo(&options6);
  p.IfEqual(kUdp, 1).GoTo(&udp6).IfEqual(kIpv6Fragment, 1).GoTo(&fragment6).Refuse();
  p.Here(options6).LoadByte(kIpv6Payload).IfEqual(kGre, 1).Accept().Refuse();
  p.Here(udp6).LoadHalf(kIpv6Payload + 2).GoTo(&port_is_loaded);
  p.Here(fragment6).LoadByte(kIpv6Payload).IfEqual(kUdp, 1).GoTo(&udp_fragment6).Refuse();
  p.Here(udp_fragment6).LoadHalf(kIpv6Payload + 2).IfNone(0xfff8, 1).GoTo(&first6).Refuse();
  p.Here(first6).LoadHalf(kIpv6Payload + 8 + 2);

  p.Here(port_is_loaded);
  for (const uint16_t port : udp_ports) p.IfEqual(port, 1).Accept();
  return p.Refuse().Take();
}

std::vector<sock_filter> MakeDropFilter() { return Program().Refuse().Take(); }

}  // namespace vsw
