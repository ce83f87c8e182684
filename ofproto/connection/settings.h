// SPDX-License-Identifier: Apache-2.0
//
// What management says about OpenFlow connections, and what it can read about them.
#ifndef VSW_OFPROTO_CONNECTION_SETTINGS_H_
#define VSW_OFPROTO_CONNECTION_SETTINGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ofproto/connection/tls_context.h"
#include "ofproto/message/codec.h"

namespace vsw {

/// OpenFlow 1.0 to 1.5, as bits of wire versions.
inline constexpr uint32_t kAllOfVersions = 0x7e;

/// Of the whole switch.
struct OpenFlowServerOptions {
  std::string run_dir;   // where <bridge>.mgmt goes
  std::string software;  // for the description: name and version
  TlsSettings tls;
  uint32_t max_connections = 256;  // accepted ones, for each bridge
  uint32_t hello_timeout_ms = 10000;
  uint32_t bundle_timeout_ms = 10000;
  uint32_t listen_retry_ms = 5000;
};

/// Of one bridge.
struct BridgeConnectionSettings {
  std::vector<std::string> controllers;  // active targets
  std::vector<std::string> listeners;    // passive ones, besides <bridge>.mgmt
  bool fail_secure = false;
  uint32_t versions = kAllOfVersions;
  uint32_t inactivity_probe_ms = 5000;  // 0: none. Unix sockets are not probed
  uint32_t min_backoff_ms = 1000, max_backoff_ms = 8000;
  /// Packet-ins a second for table misses, and as many for others; 0: no limit.
  uint32_t packet_in_rate = 0, packet_in_burst = 0;
  bool operator==(const BridgeConnectionSettings&) const = default;
};

struct ListenerStatus {
  std::string target;
  std::string bound;  // empty if it does not listen
  std::string error;
};

struct ConnectionStatus {
  enum class State : uint8_t { kBackoff, kConnecting, kHandshake, kConnected };
  std::string target;  // of an active one as configured, else the peer's address
  bool active = false;
  State state = State::kBackoff;
  uint64_t in_state_ms = 0;
  std::string last_error;
  std::optional<OfVersion> version;
  msg::Role role = msg::Role::kEqual;
  uint64_t messages_in = 0, messages_out = 0, dropped_packet_ins = 0, dropped_others = 0;
};

struct BridgeConnectionStatus {
  std::vector<ListenerStatus> listeners;
  std::vector<ConnectionStatus> connections;  // configured controllers first
  bool fail_open = false;
};

/// "backoff", "connecting", ...
const char* StateName(ConnectionStatus::State state);

}  // namespace vsw

#endif  // VSW_OFPROTO_CONNECTION_SETTINGS_H_
