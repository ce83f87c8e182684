// SPDX-License-Identifier: Apache-2.0
//
// The line between the datapath and what decides for it. A worker that finds no megaflow for a
// packet calls Translate() at once, in place; what must not happen on a worker (learning, anything
// that blocks) comes back as an event and is handed to the slow thread. Implemented by ofproto, in
// terms of flow key, mask and actions only; tests implement it with a few lines.
//
// Thread safety: Translate() runs on any number of workers at once, against what was last
// published. Every other member of SlowPath runs on the slow thread alone
// (DatapathControl::RunOnSlowThread), which thus is the one writer of everything the slow path
// publishes.
#ifndef VSW_DATAPATH_FLOW_SLOW_PATH_H_
#define VSW_DATAPATH_FLOW_SLOW_PATH_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/flow/datapath_control.h"
#include "datapath/flow/translation.h"
#include "datapath/flow/tunnel_facts.h"
#include "datapath/packet/flow_key.h"

namespace vsw {

/// How a port of a bridge treats VLANs; the API's VlanSettings, checked.
enum class VlanMode : uint8_t { kAccess, kTrunk, kNativeTagged, kNativeUntagged, kDot1qTunnel };
enum class PriorityTags : uint8_t { kNo, kIfNonzero, kAlways };

struct SlowPathPort {
  PortNo number;
  std::string name;
  OfPort ofport;
  VlanMode vlan_mode = VlanMode::kTrunk;
  uint16_t tag = 0;              // access, native or tunnel VLAN; 0 = none
  std::vector<uint16_t> trunks;  // allowed VLANs; empty = all; 0 = untagged
  std::vector<uint16_t> cvlans;  // dot1q-tunnel: allowed customer VLANs; empty = all
  uint16_t qinq_ethertype = 0x88a8;
  PriorityTags priority_tags = PriorityTags::kNo;
  /// Set for a patch port: its other end (kNoPort while that does not exist).
  bool is_patch = false;
  PortNo patch_peer = kNoPort;
  /// Administratively up and realised; flooding leaves the others out.
  bool usable = true;
  /// Facts for OpenFlow: 0 where not known.
  MacAddress mac;
  bool link_up = true;
  uint32_t speed_mbps = 0;
  TunnelFacts tunnel;
  bool operator==(const SlowPathPort&) const = default;
};

struct StaticFdbEntry {
  VlanId vlan;
  MacAddress mac;
  PortNo port;
  bool operator==(const StaticFdbEntry&) const = default;
};

struct SlowPathBridge {
  BridgeId id;
  std::string name;
  uint64_t dpid;
  uint32_t fdb_ageing_seconds = 300;
  uint32_t fdb_max_entries = 8192;
  std::vector<SlowPathPort> ports;
  std::vector<StaticFdbEntry> static_fdb;
  /// Without a controller, or without one that answers: NORMAL (standalone) or nothing (secure).
  bool fail_secure = false;
  /// "tcp:127.0.0.1:6653", "ssl:...", "unix:..."; active connections to keep.
  std::vector<std::string> controllers;
  /// Where tunnel packets to this host may come out of the bridge: kDecapsulate instead of kOutput.
  std::vector<TunnelLocal> tunnel_locals;
  /// UDP ports at which tunnels of the switch receive, of any bridge; sorted. And whether GRE does.
  std::vector<uint16_t> tunnel_udp_ports;
  bool has_gre = false;
  /// "ptcp:6654:127.0.0.1", "pssl:...", "punix:...": besides <run-dir>/<bridge>.mgmt.
  std::vector<std::string> listeners;
  /// Geneve options that rules may use as tun_metadata<index>; the places are not set.
  TunnelOptionMap tlv_map;
  bool operator==(const SlowPathBridge&) const = default;
};

/// The whole configuration, as a value. Ids and numbers of what stays do not change.
struct SlowPathConfig {
  std::vector<SlowPathBridge> bridges;
};

struct FdbRow {
  BridgeId bridge;
  VlanId vlan;
  MacAddress mac;
  PortNo port;
  bool is_static;
  uint32_t age_seconds;
  IpAddress remote = {};  // the tunnel's other end, where the port has several
};

struct PatchCounters {
  PortNo port;
  uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
};

/// How a port's liveness stands, where it is watched (RFC 5880). Times in microseconds.
struct BfdRow {
  PortNo port;
  std::string state, diagnostic, remote_state, remote_diagnostic;
  bool forwarding = false;
  uint64_t flaps = 0;
  uint32_t discriminator = 0, remote_discriminator = 0;
  uint64_t tx_interval_us = 0, detection_time_us = 0;
  uint32_t remote_min_tx_us = 0, remote_min_rx_us = 0;
  uint8_t remote_detect_mult = 0;
  uint64_t sent = 0, received = 0, discarded = 0;
};

class SlowPath {
 public:
  virtual ~SlowPath() = default;

  /// Called once, before anything else.
  virtual void Attach(DatapathControl* control) = 0;

  /// Decides about a packet with this key (every line defined). Lock-free, bounded, allocates
  /// nothing.
  virtual void Translate(const FlowKey& key, Translation* result) const noexcept = 0;

  /// Makes the switch behave as `config` says; returns when no worker decides by the older one.
  virtual void Configure(const SlowPathConfig& config) = 0;

  virtual void OnLearn(std::span<const LearnEvent> events) = 0;
  /// Notes of translations, one at a time, in the order they were made on a worker.
  virtual void OnNote(std::span<const uint8_t> note) = 0;
  /// No more notes wait for now: what several of them have in common can be done once.
  virtual void OnNotesEnd() {}
  /// A packet that met a kController action: the action's blob, and the packet as it stood there,
  /// cut to the action's length (`total_bytes` is its whole length).
  virtual void OnUpcall(std::span<const uint8_t> blob, std::span<const uint8_t> packet,
                        uint32_t total_bytes) = 0;
  /// Called about ten times a second: ageing and other work by time.
  virtual void OnTimer() = 0;
  /// Work that cannot wait for that: OnDue() is called at the time (DatapathControl::NowNs()) that
  /// NextDueNs() names, asked anew after everything else that runs here.
  virtual uint64_t NextDueNs() const { return ~uint64_t{0}; }
  virtual void OnDue() {}

  virtual std::vector<FdbRow> ListFdb() const = 0;
  /// Forgets learned addresses of `bridge` (all bridges if not set) behind `port` (any port if
  /// kNoPort). Returns how many.
  virtual uint32_t FlushFdb(const BridgeId* bridge, PortNo port) = 0;
  /// Packets and bytes over each patch port; they exist only in translation.
  virtual std::vector<PatchCounters> ReadPatchCounters() const = 0;
  /// Ports whose liveness is watched.
  virtual std::vector<BfdRow> ListBfd() const { return {}; }
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_SLOW_PATH_H_
