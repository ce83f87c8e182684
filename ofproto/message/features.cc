// SPDX-License-Identifier: Apache-2.0
//
// What the switch is and how it is set up: features, configuration, description (1.3 sections
// 7.3.1, 7.3.2, 7.3.5.1).
#include "ofproto/message/codec.h"
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"
#include "ofproto/message/port_desc.h"

namespace vsw {
namespace {

using enum OfVersion;

constexpr uint16_t kFragmentMask = 3;
constexpr uint16_t kInvalidTtlToController = 4;  // 1.1 and 1.2; ovs also in 1.0

constexpr uint32_t kFlowStatsCapability = 1, kTableStatsCapability = 2, kPortStatsCapability = 4,
                   kGroupStatsCapability = 8, kQueueStatsCapability = 64,
                   kArpMatchIpCapability = 128, kBundlesCapability = 512,
                   kFlowMonitoringCapability = 1024;
// All twelve standard actions of 1.0, OFPAT10_OUTPUT to OFPAT10_ENQUEUE.
constexpr uint32_t kActions10 = 0xfff;

uint32_t Capabilities(OfVersion version) {
  uint32_t capabilities =
      kFlowStatsCapability | kTableStatsCapability | kPortStatsCapability | kQueueStatsCapability;
  if (version == k10) return capabilities | kArpMatchIpCapability;
  capabilities |= kGroupStatsCapability;
  if (version >= k14) capabilities |= kBundlesCapability | kFlowMonitoringCapability;
  return capabilities;
}

}  // namespace

OfStatus DecodeFeaturesRequest(const DecodeContext&, Reader*, Request* out) {
  out->body = msg::FeaturesRequest{};
  return {};
}

OfStatus DecodeGetConfig(const DecodeContext&, Reader*, Request* out) {
  out->body = msg::GetConfigRequest{};
  return {};
}

OfStatus DecodeSetConfig(const DecodeContext& context, Reader* in, Request* out) {
  const uint16_t flags = in->U16();
  const bool has_ttl_flag = context.version() < k13;
  const uint16_t known = kFragmentMask | (has_ttl_flag ? kInvalidTtlToController : 0);
  if ((flags & ~known) != 0) return OfErrorId::kSwitchConfigBadFlags;
  msg::SetConfig config{};
  config.fragments = static_cast<FragmentHandling>(flags & kFragmentMask);
  config.invalid_ttl_to_controller = (flags & ~kFragmentMask) != 0;
  config.miss_send_len = in->U16();
  out->body = config;
  return {};
}

OfStatus DecodeDescRequest(const DecodeContext&, Reader*, Request* out) {
  out->body = msg::DescRequest{};
  return {};
}

Bytes EncodeFeatures(OfVersion version, uint32_t xid, const SwitchFeatures& features) {
  OutMessage out(version, of_type::kFeaturesReply, xid);
  out.U64(features.dpid);
  out.U32(0);  // no packets are buffered
  out.U8(features.tables);
  out.U8(version >= k13 ? features.auxiliary_id : 0);
  out.Zeros(2);
  out.U32(Capabilities(version));
  out.U32(version == k10 ? kActions10 : 0);
  if (version >= k13) return out.Finish();
  for (const PortDesc& port : features.ports) {
    Writer entry;
    PutPortDesc(version, port, &entry);
    // More than one message can hold: PORT_DESC tells of all.
    if (out.size() + entry.size() > kMaxMessageBytes) break;
    out.Put(entry.bytes());
  }
  return out.Finish();
}

Bytes EncodeConfig(OfVersion version, uint32_t xid, const msg::SetConfig& config) {
  OutMessage out(version, of_type::kConfigReply, xid);
  uint16_t flags = static_cast<uint16_t>(config.fragments);
  if (version < k13 && config.invalid_ttl_to_controller) flags |= kInvalidTtlToController;
  out.U16(flags);
  out.U16(config.miss_send_len);
  return out.Finish();
}

std::vector<Bytes> EncodeDesc(OfVersion version, uint32_t xid, const SwitchDesc& desc) {
  constexpr size_t kLong = 256, kShort = 32;
  MultipartReply reply(version, xid, {0});
  Writer entry;
  entry.Text(desc.manufacturer, kLong);
  entry.Text(desc.hardware, kLong);
  entry.Text(desc.software, kLong);
  entry.Text(desc.serial, kShort);
  entry.Text(desc.datapath, kLong);
  reply.Add(entry);
  return reply.Finish();
}

}  // namespace vsw
