// SPDX-License-Identifier: Apache-2.0
//
// Which VLAN settings go together: one row for each mode.
#include "base/net_types.h"
#include "control/field_error.h"
#include "control/validate.h"

namespace vsw::control {
namespace {

struct ModeSpec {
  db::VlanMode mode;
  bool needs_tag;  // else it must not have one
  bool trunks;
  bool priority_tags;
  bool cvlans;  // and with them the outer tag's type
};

constexpr ModeSpec kModes[] = {
    {db::VlanMode::kAccess, true, false, true, false},
    {db::VlanMode::kTrunk, false, true, false, false},
    {db::VlanMode::kNativeTagged, true, true, false, false},
    {db::VlanMode::kNativeUntagged, true, true, true, false},
    {db::VlanMode::kDot1qTunnel, true, false, true, true},
};

const ModeSpec& SpecOf(const db::VlanRecord& vlan) {
  db::VlanMode mode = vlan.mode;
  if (mode == db::VlanMode::kDefault) {
    mode = vlan.tag != 0 ? db::VlanMode::kAccess : db::VlanMode::kTrunk;
  }
  for (const ModeSpec& spec : kModes) {
    if (spec.mode == mode) return spec;
  }
  return kModes[0];
}

absl::Status CheckRange(const char* field, const std::vector<uint32_t>& vlans) {
  for (const uint32_t vlan : vlans) {
    if (vlan > kMaxVlan) {
      return BadField(field, "VLAN {} is not one of 1..{} (0 = untagged frames)", vlan, kMaxVlan);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTag(const db::VlanRecord& vlan, const ModeSpec& spec) {
  if (vlan.tag > kMaxVlan) {
    return BadField("port.vlan.tag", "VLAN {} is not one of 1..{}", vlan.tag, kMaxVlan);
  }
  if (spec.needs_tag && vlan.tag == 0) {
    return BadField("port.vlan.tag", "mode {} needs a VLAN, 1..{}", db::ToString(spec.mode),
                    kMaxVlan);
  }
  if (!spec.needs_tag && vlan.tag != 0) {
    return BadField("port.vlan.tag",
                    "mode {} has no VLAN of its own; drop the tag, or use mode access, "
                    "native-tagged or native-untagged",
                    db::ToString(spec.mode));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckVlan(const db::VlanRecord& vlan) {
  const ModeSpec& spec = SpecOf(vlan);
  const std::string mode = db::ToString(spec.mode);
  VSW_RETURN_IF_ERROR(CheckTag(vlan, spec));
  VSW_RETURN_IF_ERROR(CheckRange("port.vlan.trunks", vlan.trunks));
  VSW_RETURN_IF_ERROR(CheckRange("port.vlan.cvlans", vlan.cvlans));
  if (!spec.trunks && !vlan.trunks.empty()) {
    return BadField("port.vlan.trunks",
                    "a port of mode {} has no trunks; use mode trunk, native-tagged or "
                    "native-untagged",
                    mode);
  }
  if (!spec.cvlans && !vlan.cvlans.empty()) {
    return BadField("port.vlan.cvlans", "mode {} has no customer VLANs; use mode dot1q-tunnel",
                    mode);
  }
  if (!spec.cvlans && vlan.qinq_ethertype != 0) {
    return BadField("port.vlan.qinq_ethertype", "mode {} has no outer tag; use mode dot1q-tunnel",
                    mode);
  }
  if (vlan.qinq_ethertype != 0 && vlan.qinq_ethertype != 0x88a8 && vlan.qinq_ethertype != 0x8100) {
    return BadField("port.vlan.qinq_ethertype", "{:#x} is neither 0x88a8 nor 0x8100",
                    vlan.qinq_ethertype);
  }
  if (!spec.priority_tags && vlan.priority_tags != db::PriorityTags::kNo) {
    return BadField("port.vlan.priority_tags",
                    "mode {} sends every frame with its tag; use mode access, native-untagged or "
                    "dot1q-tunnel",
                    mode);
  }
  return absl::OkStatus();
}

}  // namespace vsw::control
