// SPDX-License-Identifier: Apache-2.0
//
// One controller's side of the protocol, once a version is agreed on: its role, its settings, its
// bundles and monitors. Requests come in already decoded and in order, in batches; what is sent
// goes into the outbox. The handlers of the message families are in handle_*.cc.
//
// Thread safety: the slow thread, except where a member says otherwise.
#ifndef VSW_OFPROTO_CONNECTION_SESSION_H_
#define VSW_OFPROTO_CONNECTION_SESSION_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "ofproto/connection/async_filter.h"
#include "ofproto/connection/bridge_hub.h"
#include "ofproto/connection/bundle_store.h"
#include "ofproto/connection/flow_monitors.h"
#include "ofproto/connection/outbox.h"
#include "ofproto/connection/quote.h"
#include "ofproto/connection/settings.h"
#include "ofproto/connection/token_bucket.h"

namespace vsw::ofconn {

/// A message as it came in: decoded, or why it could not be.
struct Inbound {
  Quote quote;
  uint32_t xid = 0;
  std::optional<Request> request;
  OfStatus error;
};

class Session {
 public:
  struct Settings {
    OfVersion version = OfVersion::k13;
    uint32_t packet_in_rate = 0, packet_in_burst = 0;
    uint64_t bundle_timeout_ns = 10'000'000'000;
    std::string software;
  };
  Session(std::shared_ptr<BridgeHub> hub, std::shared_ptr<Outbox> outbox, Settings settings);

  /// Handles messages until the outbox is full; returns how many. Replies are there, and true, when
  /// it returns: what they promise is committed.
  size_t Handle(std::span<Inbound> batch, uint64_t now_ns);
  /// Ends bundles that took too long.
  void Expire(uint64_t now_ns);
  /// The peer has read all that was sent to it.
  void OnDrained();

  void OnPacketIn(const PacketIn& packet_in, uint64_t now_ns);
  void OnFlowRemoved(const FlowRemoved& removed);
  void OnPortStatus(const PortStatus& status);
  void OnTableStatus(uint8_t reason, const TableStats& table);
  void OnGroupMod(const GroupMod& mod);
  void OnMeterMod(const MeterMod& mod);
  /// From master to slave, because there is a new master.
  void Demote(const std::optional<uint64_t>& generation);
  /// Sends what the monitors gathered.
  void FlushMonitors(uint64_t now_ns);

  // For the handlers.
  OfVersion version() const { return settings_.version; }
  const Settings& settings() const { return settings_; }
  BridgeHub& hub() { return *hub_; }
  Outbox& outbox() { return *outbox_; }
  AsyncFilter& async() { return async_; }
  BundleStore& bundles() { return bundles_; }
  FlowMonitors& monitors() { return monitors_; }
  Dialect& dialect() { return dialect_; }
  /// Any thread may ask.
  msg::Role role() const { return role_.load(std::memory_order_relaxed); }
  void set_role(msg::Role role) { role_.store(role, std::memory_order_relaxed); }
  bool is_slave() const { return role() == msg::Role::kSlave; }
  uint16_t miss_send_len() const { return miss_send_len_; }
  void set_miss_send_len(uint16_t bytes) { miss_send_len_ = bytes; }
  void set_controller_id(uint16_t id) { controller_id_ = id; }
  void SendError(const OfStatus& status, const Quote& quote, uint32_t xid);

  /// Any thread: there are bundles that Expire() might end.
  bool has_bundles() const { return has_bundles_.load(std::memory_order_relaxed); }
  /// Any thread: OnDrained() has something to do.
  bool waits_for_drain() const { return waits_for_drain_.load(std::memory_order_relaxed); }

 private:
  void HandleOne(Inbound& message, uint64_t now_ns);
  void NoteState();

  const std::shared_ptr<BridgeHub> hub_;
  const std::shared_ptr<Outbox> outbox_;
  const Settings settings_;
  Dialect dialect_;
  AsyncFilter async_;
  BundleStore bundles_;
  FlowMonitors monitors_;
  TokenBucket miss_limit_, action_limit_;  // as Open vSwitch: misses cannot starve the others
  uint16_t miss_send_len_ = 128;           // 1.3 section 7.3.2
  uint16_t controller_id_ = 0;
  std::atomic<msg::Role> role_{msg::Role::kEqual};
  std::atomic<bool> has_bundles_{false}, waits_for_drain_{false};
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_SESSION_H_
