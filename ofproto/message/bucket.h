// SPDX-License-Identifier: Apache-2.0
//
// Buckets and properties of groups, which group-mods and group descriptions share.
#ifndef VSW_OFPROTO_MESSAGE_BUCKET_H_
#define VSW_OFPROTO_MESSAGE_BUCKET_H_

#include <span>
#include <string>
#include <vector>

#include "ofproto/error.h"
#include "ofproto/message/messages.h"
#include "ofproto/message/wire.h"

namespace vsw {

/// ofp_bucket of 1.1 to 1.4 (1.3 section 7.3.4.2), to the end of `bytes`.
OfResult<std::vector<Bucket>> DecodeBuckets11(OfVersion version, std::span<const uint8_t> bytes);
/// ofp_bucket of 1.5 (section 7.3.4.3), which Nicira's group-mod has in older versions as well.
OfResult<std::vector<Bucket>> DecodeBuckets15(OfVersion version, GroupType type,
                                              std::span<const uint8_t> bytes);
void PutBucket11(OfVersion version, const Bucket& bucket, Writer* out);
void PutBucket15(OfVersion version, GroupType type, const Bucket& bucket, Writer* out);

/// How a select group chooses: Netronome's property of groups, which ovs has made its own.
struct Selection {
  std::string method;
  uint64_t parameter = 0;
  std::vector<FieldId> fields;
};
/// All of a group's properties.
OfResult<Selection> DecodeGroupProperties(std::span<const uint8_t> bytes);
/// Nothing for the default method.
void PutSelection(OfVersion version, const Selection& selection, Writer* out);

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_BUCKET_H_
