// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/async_filter.h"

namespace vsw::ofconn {
namespace {

constexpr uint32_t Bit(PacketInReason reason) { return 1u << static_cast<uint8_t>(reason); }

constexpr uint32_t kPacketIn10 = Bit(PacketInReason::kNoMatch) | Bit(PacketInReason::kAction);
constexpr uint32_t kPacketIn14 = kPacketIn10 | Bit(PacketInReason::kActionSet) |
                                 Bit(PacketInReason::kGroup) | Bit(PacketInReason::kPacketOut);
constexpr uint32_t kPortStatus = 0x7;  // add, delete, modify
constexpr uint32_t kRemoved10 = 0x7;   // idle, hard, delete
constexpr uint32_t kRemoved11 = 0xf;   // and with its group
constexpr uint32_t kRemoved14 = 0x3f;  // and with its meter, and evicted
constexpr uint32_t kRoleStatus = 0x7;

uint32_t DefaultRemoved(OfVersion version) {
  if (version >= OfVersion::k14) return kRemoved14;
  return version >= OfVersion::k11 ? kRemoved11 : kRemoved10;
}

void Merge(AsyncFilter::Masks* masks, const AsyncFilter::Masks& values,
           const AsyncFilter::Masks& present) {
  for (size_t i = 0; i < masks->size(); ++i) {
    if (present[i] != 0) (*masks)[i] = values[i];
  }
}

}  // namespace

AsyncFilter::AsyncFilter(OfVersion version) {
  config_.packet_in[0] = version >= OfVersion::k14 ? kPacketIn14 : kPacketIn10;
  config_.flow_removed[0] = DefaultRemoved(version);
  config_.port_status = {kPortStatus, kPortStatus};
  if (version >= OfVersion::k14) config_.role_status = {kRoleStatus, kRoleStatus};
}

void AsyncFilter::Set(const msg::SetAsync& change) {
  constexpr Masks msg::AsyncConfig::*kKinds[] = {
      &msg::AsyncConfig::packet_in,    &msg::AsyncConfig::port_status,
      &msg::AsyncConfig::flow_removed, &msg::AsyncConfig::role_status,
      &msg::AsyncConfig::table_status, &msg::AsyncConfig::requestforward,
  };
  for (const auto kind : kKinds) {
    Merge(&(config_.*kind), change.values.*kind, change.present.*kind);
  }
}

void AsyncFilter::SetInvalidTtl(bool wanted) {
  const uint32_t bit = Bit(PacketInReason::kInvalidTtl);
  uint32_t& masks = config_.packet_in[0];
  masks = wanted ? masks | bit : masks & ~bit;
}

bool AsyncFilter::invalid_ttl() const {
  return (config_.packet_in[0] & Bit(PacketInReason::kInvalidTtl)) != 0;
}

std::optional<PacketInReason> WireReason(OfVersion version, PacketInReason reason) {
  switch (reason) {
    case PacketInReason::kImplicitMiss:
      // From 1.3 on a table without a table-miss rule drops (1.3 section 5.4).
      if (version >= OfVersion::k13) return std::nullopt;
      return PacketInReason::kNoMatch;
    case PacketInReason::kActionSet:
    case PacketInReason::kGroup:
    case PacketInReason::kPacketOut:
      return version >= OfVersion::k14 ? reason : PacketInReason::kAction;
    case PacketInReason::kNoMatch:
    case PacketInReason::kAction:
    case PacketInReason::kInvalidTtl:
      return reason;
  }
  return reason;
}

FlowRemovedReason WireReason(OfVersion version, FlowRemovedReason reason) {
  const bool known = reason <= FlowRemovedReason::kDelete || version >= OfVersion::k14 ||
                     (reason == FlowRemovedReason::kGroupDelete && version >= OfVersion::k11);
  return known ? reason : FlowRemovedReason::kDelete;
}

}  // namespace vsw::ofconn
