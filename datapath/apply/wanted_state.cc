// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/wanted_state.h"

namespace vsw {

const char* KindName(PortKind kind) {
  switch (kind) {
    case PortKind::kInternal:
      return "internal";
    case PortKind::kTap:
      return "tap";
    case PortKind::kSystem:
      return "system";
    case PortKind::kDpdk:
      return "dpdk";
    case PortKind::kVhostUser:
      return "vhost-user";
    case PortKind::kPatch:
      return "patch";
    case PortKind::kVxlan:
      return "vxlan";
    case PortKind::kGeneve:
      return "geneve";
    case PortKind::kGre:
      return "gre";
  }
  return "unknown";
}

uint64_t DerivedDpid(const std::string& bridge) {
  uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : bridge) {
    hash ^= static_cast<uint8_t>(c);
    hash *= 0x100000001b3ULL;
  }
  // Locally administered and unicast, read as a MAC address, as tools like to show it.
  const uint64_t low = (hash ^ (hash >> 16)) & 0xffff'ffff'ffffULL;
  return (low & ~0x0100'0000'0000ULL) | 0x0200'0000'0000ULL;
}

}  // namespace vsw
