// SPDX-License-Identifier: Apache-2.0
//
// Multipart requests (statistics in 1.0 to 1.2): their second header, and which body belongs to
// which type (1.0 section 5.3.5, 1.3 section 7.3.5).
#include "ofproto/message/decoders.h"
#include "ofproto/message/frame.h"

namespace vsw {
namespace {

using enum OfVersion;

constexpr uint16_t kMore = 1;

constexpr MessageRule kMultiparts[] = {
    {k10, k15, 0, 0, Tail::kNone, DecodeDescRequest},
    {k10, k10, 1, 44, Tail::kNone, DecodeFlowStatsRequest},
    {k11, k15, 1, 32, Tail::kEights, DecodeFlowStatsRequest},
    {k10, k10, 2, 44, Tail::kNone, DecodeAggregateRequest},
    {k11, k15, 2, 32, Tail::kEights, DecodeAggregateRequest},
    {k10, k15, 3, 0, Tail::kNone, DecodeTableStatsRequest},
    {k10, k15, 4, 8, Tail::kNone, DecodePortStatsRequest},
    {k10, k15, 5, 8, Tail::kNone, DecodeQueueStatsRequest},
    {k11, k15, 6, 8, Tail::kNone, DecodeGroupStatsRequest},
    {k11, k14, 7, 0, Tail::kNone, DecodeGroupDescRequest},
    {k15, k15, 7, 8, Tail::kNone, DecodeGroupDescRequest},
    {k12, k15, 8, 0, Tail::kNone, DecodeGroupFeaturesRequest},
    {k13, k15, 9, 8, Tail::kNone, DecodeMeterStatsRequest},
    {k13, k15, 10, 8, Tail::kNone, DecodeMeterConfigRequest},
    {k13, k15, 11, 0, Tail::kNone, DecodeMeterFeaturesRequest},
    {k13, k15, 12, 0, Tail::kEights, DecodeTableFeaturesRequest},
    // 1.3's message, which ovs understands in all versions before it too.
    {k10, k14, 13, 0, Tail::kNone, DecodePortDescRequest},
    {k15, k15, 13, 8, Tail::kNone, DecodePortDescRequest},
    {k14, k15, 14, 0, Tail::kNone, DecodeTableDescRequest},
    {k14, k15, 15, 8, Tail::kNone, DecodeQueueDescRequest},
    {k14, k15, 16, 0, Tail::kEights, DecodeFlowMonitorRequest},
};

// Bodies behind the header of Nicira's multiparts. Later versions have most of them themselves.
constexpr MessageRule kNiciraMultiparts[] = {
    {k10, k10, 0, 8, Tail::kEights, DecodeNxFlowStatsRequest},
    {k10, k10, 1, 8, Tail::kEights, DecodeNxAggregateRequest},
    {k10, k12, 2, 0, Tail::kEights, DecodeNxFlowMonitorRequest},
    {k10, k15, 3, 0, Tail::kNone, DecodeIpfixRequest},
    {k10, k15, 4, 0, Tail::kNone, DecodeIpfixRequest},
    {k10, k10, 7, 8, Tail::kNone, DecodeGroupStatsRequest},
    {k10, k10, 8, 8, Tail::kNone, DecodeNxGroupDescRequest},
    {k10, k10, 9, 0, Tail::kNone, DecodeGroupFeaturesRequest},
};

// And of ONF's: extension 187, flow monitors for 1.3.
constexpr MessageRule kOnfMultiparts[] = {
    {k13, k13, kOnfFlowMonitor, 0, Tail::kEights, DecodeOnfFlowMonitorRequest},
};

OfStatus DecodeExperimenterMultipart(const DecodeContext& context, Reader* in, Request* out) {
  if (in->left() < 8) return OfErrorId::kBadLength;
  const uint32_t experimenter = in->U32();
  if (experimenter != kNiciraId && experimenter != kOnfId) return OfErrorId::kBadExperimenter;
  const uint32_t subtype = in->U32();
  if (context.version() == k10) {
    if (in->left() < 4) return OfErrorId::kBadLength;
    in->Skip(4);
  }
  const MessageRule* rule = experimenter == kNiciraId
                                ? FindRule(kNiciraMultiparts, context.version(), subtype)
                                : FindRule(kOnfMultiparts, context.version(), subtype);
  if (rule == nullptr) return OfErrorId::kBadExpType;
  out->nicira = true;
  return DecodeByRule(*rule, context, in, out);
}

}  // namespace

OfStatus DecodeMultipart(const DecodeContext& context, Reader* in, Request* out) {
  const uint16_t type = in->U16();
  const uint16_t flags = in->U16();
  if (context.version() != k10) in->Skip(4);
  // Flags of requests are for 1.3 to use; before it they are reserved, and not looked at.
  out->more = context.version() >= k13 && (flags & kMore) != 0;
  if (type == kMultipartExperimenter) return DecodeExperimenterMultipart(context, in, out);
  const MessageRule* rule = FindRule(kMultiparts, context.version(), type);
  if (rule == nullptr) {
    return {OfErrorId::kBadMultipart, "multipart type " + std::to_string(type)};
  }
  return DecodeByRule(*rule, context, in, out);
}

}  // namespace vsw
