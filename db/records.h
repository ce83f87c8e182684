// SPDX-License-Identifier: Apache-2.0
//
// What the configuration database keeps, as plain values: bridges, ports and static addresses.
// These structs know nothing of SQL and nothing of the wire; db/store.h reads and writes them, the
// control daemon checks and converts them. Equal values mean that there is nothing to store.
#ifndef VSW_DB_RECORDS_H_
#define VSW_DB_RECORDS_H_

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/rule_records.h"

namespace vsw::db {

enum class PortKind { kInternal, kTap, kSystem, kDpdk, kVhostUser, kPatch, kVxlan, kGeneve, kGre };
/// kDefault: access if a tag is set, else trunk.
enum class VlanMode { kDefault, kAccess, kTrunk, kNativeTagged, kNativeUntagged, kDot1qTunnel };
enum class FailMode { kStandalone, kSecure };
enum class PriorityTags { kNo, kIfNonzero, kAlways };

/// The words that stand in the database and in messages, such as "vhost-user"; and back again.
std::string ToString(PortKind kind);
std::string ToString(VlanMode mode);
std::string ToString(PriorityTags tags);
std::string ToString(FailMode mode);
std::optional<PortKind> ParsePortKind(std::string_view word);
std::optional<VlanMode> ParseVlanMode(std::string_view word);
std::optional<PriorityTags> ParsePriorityTags(std::string_view word);
std::optional<FailMode> ParseFailMode(std::string_view word);

using StringMap = std::map<std::string, std::string>;

struct BridgeRecord {
  std::string name;
  uint64_t dpid = 0;                // 0 = derived from the name
  uint32_t fdb_ageing_seconds = 0;  // 0 = the default
  uint32_t fdb_max_entries = 0;     // 0 = the default
  StringMap labels;
  FailMode fail_mode = FailMode::kStandalone;
  std::vector<std::string> controllers = {};  // as the user ordered them
  std::vector<std::string> listeners = {};
  StringMap tlv_map = {};  // "tun_metadata0" to "class=0x102,type=0x80,len=4"

  bool operator==(const BridgeRecord&) const = default;
};

struct VlanRecord {
  VlanMode mode = VlanMode::kDefault;
  uint32_t tag = 0;              // 0 = none
  std::vector<uint32_t> trunks;  // ascending, no duplicates; empty = all
  PriorityTags priority_tags = PriorityTags::kNo;
  std::vector<uint32_t> cvlans;  // ascending, no duplicates; empty = all
  uint32_t qinq_ethertype = 0;   // 0 = the default

  bool operator==(const VlanRecord&) const = default;
};

struct PortRecord {
  std::string name;
  std::string bridge;
  PortKind kind = PortKind::kInternal;
  uint32_t ofport = 0;  // 0 = none chosen yet
  VlanRecord vlan;
  StringMap options;
  StringMap labels;

  bool operator==(const PortRecord&) const = default;
};

/// A static address is known by bridge, VLAN and address.
struct FdbKey {
  std::string bridge;
  uint32_t vlan = 0;  // 0 = untagged
  uint64_t mac = 0;   // low 48 bits, first octet highest

  auto operator<=>(const FdbKey&) const = default;
};

struct FdbRecord {
  FdbKey key = {};
  std::string port = {};

  bool operator==(const FdbRecord&) const = default;
};

/// Everything that is stored.
struct Contents {
  uint64_t revision = 0;
  std::vector<BridgeRecord> bridges;  // by name
  std::vector<PortRecord> ports;      // by name
  std::vector<FdbRecord> static_fdb;  // by key
  RuleContents rules;
};

/// The difference between two contents. Deleting a bridge deletes its ports, and deleting a port
/// its static addresses; such rows may be named or left out.
struct Delta {
  std::vector<std::string> deleted_bridges = {};
  std::vector<std::string> deleted_ports = {};
  std::vector<FdbKey> deleted_fdb = {};
  std::vector<BridgeRecord> put_bridges = {};
  std::vector<PortRecord> put_ports = {};
  std::vector<FdbRecord> put_fdb = {};
  RuleDelta rules = {};

  bool empty() const {
    return deleted_bridges.empty() && deleted_ports.empty() && deleted_fdb.empty() &&
           put_bridges.empty() && put_ports.empty() && put_fdb.empty() && rules.empty();
  }
};

}  // namespace vsw::db

#endif  // VSW_DB_RECORDS_H_
