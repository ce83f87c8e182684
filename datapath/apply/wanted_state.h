// SPDX-License-Identifier: Apache-2.0
//
// The whole configuration of the switch as a plain value: what the private API's WantedState says,
// checked. It knows nothing of protobuf and nothing of what runs; two equal values ask for exactly
// the same switch. Labels are not part of it, since the switch never looks at them.
#ifndef VSW_DATAPATH_APPLY_WANTED_STATE_H_
#define VSW_DATAPATH_APPLY_WANTED_STATE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/flow/slow_path.h"

namespace vsw {

enum class PortKind : uint8_t {
  kInternal,
  kTap,
  kSystem,
  kDpdk,
  kVhostUser,
  kPatch,
  kVxlan,
  kGeneve,
  kGre
};

/// "internal", "tap", ...: the kind as MakePort() and people write it.
const char* KindName(PortKind kind);

struct WantedVlan {
  VlanMode mode = VlanMode::kTrunk;
  uint16_t tag = 0;
  std::vector<uint16_t> trunks;
  std::vector<uint16_t> cvlans;
  uint16_t qinq_ethertype = 0x88a8;
  PriorityTags priority_tags = PriorityTags::kNo;
  bool operator==(const WantedVlan&) const = default;
};

struct WantedPort {
  std::string name;
  std::string bridge;
  PortKind kind = PortKind::kTap;
  uint32_t ofport = 0;  // 0 = any
  WantedVlan vlan;
  std::map<std::string, std::string> options;
  bool operator==(const WantedPort&) const = default;
};

struct WantedBridge {
  std::string name;
  uint64_t dpid = 0;  // never 0: DerivedDpid() stands where none was asked for
  uint32_t fdb_ageing_seconds = 300;
  uint32_t fdb_max_entries = 8192;
  bool fail_secure = false;
  std::vector<std::string> controllers;
  std::vector<std::string> listeners;
  TunnelOptionMap tlv_map;  // by index; the places are not set
  bool operator==(const WantedBridge&) const = default;
};

struct WantedStaticEntry {
  std::string bridge;
  VlanId vlan{};
  MacAddress mac;
  std::string port;
  bool operator==(const WantedStaticEntry&) const = default;
};

/// Bridges and ports by name. Every port's bridge and every static entry's bridge and port exist.
struct WantedState {
  uint64_t revision = 0;
  std::map<std::string, WantedBridge> bridges;
  std::map<std::string, WantedPort> ports;
  std::vector<WantedStaticEntry> static_fdb;
  bool operator==(const WantedState&) const = default;
};

/// The datapath id of a bridge that asks for none: a 48-bit hash of the name, never 0, the same
/// over restarts.
uint64_t DerivedDpid(const std::string& bridge);

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_WANTED_STATE_H_
