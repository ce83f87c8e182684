// SPDX-License-Identifier: Apache-2.0
//
// Which tunnel port a received packet is for: by kind, UDP port, key, sender and own address. What
// a port leaves open matches anything, and the port that says most wins: first those with a key,
// then those with a remote, then those with a local address, as in Open vSwitch.
//
// Thread safety: immutable once built; TunnelTable publishes it.
#ifndef VSW_DATAPATH_TUNNEL_DECAP_TABLE_H_
#define VSW_DATAPATH_TUNNEL_DECAP_TABLE_H_

#include <algorithm>
#include <compare>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/ip_address.h"
#include "base/net_types.h"
#include "datapath/flow/tunnel_facts.h"

namespace vsw {

/// What tells tunnels apart, of a packet or of a port; unset where it does not count.
struct TunnelMatch {
  IpAddress remote;
  IpAddress local;
  uint64_t key = 0;
  uint16_t udp_port = 0;
  TunnelKind kind = TunnelKind::kNone;
  bool has_key = false;  // GRE alone may have none
  // Wildcards in ports: bits of kAny*.
  uint8_t any = 0;
  auto operator<=>(const TunnelMatch&) const = default;

  static constexpr uint8_t kAnyLocal = 1, kAnyRemote = 2, kAnyKey = 4;
  /// With what `bits` names made not to count.
  TunnelMatch Without(uint8_t bits) const;
};

/// The matches of a port: one for each of its remotes.
std::vector<TunnelMatch> MatchesOf(const TunnelFacts& facts);

class DecapTable {
 public:
  struct Entry {
    PortNo port = kNoPort;
    bool gbp = false;
    std::shared_ptr<const TunnelOptionMap> options;  // may be null: none
  };
  struct Row {
    TunnelMatch match;
    Entry entry;
  };
  /// REQUIRES: no match twice.
  explicit DecapTable(const std::vector<Row>& rows);

  /// Some tunnel receives there. `protocol` is UDP or GRE's of IP.
  bool Receives(uint8_t protocol, uint16_t udp_port) const noexcept {
    if (protocol == kProtocolGre) return has_gre_;
    return protocol == kProtocolUdp && KindAt(udp_port) != TunnelKind::kNone;
  }
  /// REQUIRES: no UDP port serves two kinds.
  TunnelKind KindAt(uint16_t udp_port) const noexcept {
    for (const auto& [port, kind] : udp_ports_) {
      if (port == udp_port) return kind;
    }
    return TunnelKind::kNone;
  }
  bool empty() const noexcept { return slots_.empty(); }

  /// nullptr: no port is for it. REQUIRES: `packet.any` is 0.
  const Entry* Find(const TunnelMatch& packet) const noexcept;

  static constexpr uint8_t kProtocolUdp = 17;
  static constexpr uint8_t kProtocolGre = 47;

 private:
  struct Slot {
    TunnelMatch match;
    Entry entry;
    bool taken = false;
  };
  static size_t HashOf(const TunnelMatch& match) noexcept;

  std::vector<uint8_t> levels_;  // sets of wildcards that occur, the most exact first
  std::vector<std::pair<uint16_t, TunnelKind>> udp_ports_;
  bool has_gre_ = false;
  size_t mask_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_DECAP_TABLE_H_
