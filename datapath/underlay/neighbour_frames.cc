// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/neighbour_frames.h"

#include <initializer_list>

#include "base/byte_order.h"
#include "datapath/packet/checksum.h"
#include "datapath/tunnel/nd.h"

namespace vsw {
namespace {

constexpr size_t kMinFrameBytes = 60;  // without FCS
constexpr MacAddress kBroadcast = MacAddress::FromU64(0xffffffffffff);
constexpr uint16_t kTypeArp = 0x0806, kTypeIpv6 = 0x86dd;

class FrameWriter {
 public:
  FrameWriter(const MacAddress& to, const MacAddress& from, uint16_t type) {
    Put(to).Put(from).Put16(type);
  }
  FrameWriter& Bytes(const uint8_t* data, size_t count) {
    frame_.insert(frame_.end(), data, data + count);
    return *this;
  }
  FrameWriter& Put(const MacAddress& mac) { return Bytes(mac.octets.data(), mac.octets.size()); }
  FrameWriter& Put(const IpAddress& address) { return Bytes(address.bytes(), address.size()); }
  FrameWriter& Put8(std::initializer_list<uint8_t> bytes) {
    return Bytes(bytes.begin(), bytes.size());
  }
  FrameWriter& Put16(uint16_t value) {
    return Put8({static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)});
  }
  FrameWriter& Zeros(size_t count) {
    frame_.resize(frame_.size() + count);
    return *this;
  }
  size_t size() const { return frame_.size(); }
  uint8_t* data() { return frame_.data(); }
  std::vector<uint8_t> Finish() {
    if (frame_.size() < kMinFrameBytes) frame_.resize(kMinFrameBytes);
    return std::move(frame_);
  }

 private:
  std::vector<uint8_t> frame_;
};

std::vector<uint8_t> MakeArpRequest(const MacAddress& source_mac, const IpAddress& source,
                                    const IpAddress& target, const MacAddress& to) {
  FrameWriter frame(to, source_mac, kTypeArp);
  frame.Put16(1).Put16(0x0800).Put8({6, 4}).Put16(1);  // Ethernet, IPv4, request
  frame.Put(source_mac).Put(source).Put(MacAddress{}).Put(target);
  return frame.Finish();
}

// A neighbour discovery message with one link-layer address option.
std::vector<uint8_t> MakeNd(const MacAddress& to_mac, const IpAddress& to,
                            const MacAddress& source_mac, const IpAddress& source, uint8_t type,
                            uint32_t flags, const IpAddress& target, uint8_t option) {
  FrameWriter frame(to_mac, source_mac, kTypeIpv6);
  const size_t ip = frame.size();
  frame.Put8({0x60, 0, 0, 0}).Put16(kNdMessageBytes).Put8({kProtocolIcmpv6, kNdHopLimit});
  frame.Put(source).Put(to);
  frame.Put8({type, 0, 0, 0, static_cast<uint8_t>(flags >> 24), 0, 0, 0}).Put(target);
  frame.Put8({option, 1}).Put(source_mac);
  FinishNdChecksum(frame.data() + ip);
  return frame.Finish();
}

}  // namespace

std::vector<uint8_t> MakeSolicitation(const MacAddress& source_mac, const IpAddress& source,
                                      const IpAddress& target, const MacAddress* known) {
  if (target.is_v4()) {
    return MakeArpRequest(source_mac, source, target, known != nullptr ? *known : kBroadcast);
  }
  const IpAddress group = SolicitedNodeGroup(target);
  return MakeNd(known != nullptr ? *known : GroupMac(group), known != nullptr ? target : group,
                source_mac, source, kNeighbourSolicitation, 0, target, kSourceLinkLayerOption);
}

std::vector<uint8_t> MakeAnnouncement(const MacAddress& mac, const IpAddress& address) {
  if (address.is_v4()) return MakeArpRequest(mac, address, address, kBroadcast);
  const IpAddress all_nodes = *IpAddress::Parse("ff02::1");
  return MakeNd(GroupMac(all_nodes), all_nodes, mac, address, kNeighbourAdvertisement, kNdOverride,
                address, kTargetLinkLayerOption);
}

}  // namespace vsw
