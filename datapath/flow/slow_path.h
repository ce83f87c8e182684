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

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/drop_reason.h"
#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/flow/action.h"
#include "datapath/packet/flow_key.h"

namespace vsw {

/// A vector of bounded size that never allocates. push_back() past the bound is refused and
/// remembered.
template <typename T, size_t kCapacity>
class BoundedVector {
 public:
  bool push_back(const T& value) {
    if (size_ == kCapacity) {
      overflowed_ = true;
      return false;
    }
    items_[size_++] = value;
    return true;
  }
  void clear() { size_ = 0, overflowed_ = false; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool overflowed() const { return overflowed_; }
  T& operator[](size_t i) { return items_[i]; }
  const T& operator[](size_t i) const { return items_[i]; }
  const T* begin() const { return items_.data(); }
  const T* end() const { return items_.data() + size_; }
  std::span<const T> span() const { return {items_.data(), size_}; }

 private:
  size_t size_ = 0;
  bool overflowed_ = false;
  std::array<T, kCapacity> items_;
};

/// Something that a decision depended on, as a hash that the slow path chooses (one FDB address,
/// say). Invalidating a tag makes every worker forget the megaflows that carry it.
using Tag = uint64_t;

/// Something that the packets of a megaflow count for; the slow path's own number for it.
using CreditId = uint64_t;

/// A source address seen where it was not known to be; becomes FDB learning on the slow thread.
struct LearnEvent {
  BridgeId bridge;
  VlanId vlan;
  MacAddress mac;
  PortNo port;
};

/// Packets that a megaflow forwarded since the last report, for one of its credits.
struct CreditEvent {
  CreditId credit;
  uint64_t packets;
  uint64_t bytes;
  uint64_t last_used_ns;  // CLOCK_MONOTONIC
};

/// What one Translate() decided. Reused by the worker: Clear() before each use.
struct Translation {
  /// Every bit that the decision read. The caller adds in_port, recirc_id: those always match
  /// exactly.
  FlowMask mask;
  BoundedVector<Action, kMaxActions> actions;
  /// Why the packet is dropped; counted only when `actions` is empty.
  DropReason drop_reason = DropReason::kNone;
  /// At most this many; if more were pushed the result is used for this one packet and not cached.
  BoundedVector<Tag, 64> tags;
  BoundedVector<CreditId, 64> credits;
  BoundedVector<LearnEvent, 32> learn;

  void Clear() {
    mask.Clear();
    actions.clear();
    drop_reason = DropReason::kNone;
    tags.clear();
    credits.clear();
    learn.clear();
  }
};

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
};

struct PatchCounters {
  PortNo port;
  uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
};

/// What the datapath offers to the slow path. The slow thread calls it, and the tests' fakes.
class DatapathControl {
 public:
  virtual ~DatapathControl() = default;
  /// Returns when no worker can still see what was unpublished before the call (a grace period).
  virtual void Synchronize() = 0;
  /// Returns when no worker uses a decision any more that carries one of `tags` and was translated
  /// before the call. Publish first, then call.
  virtual void Invalidate(std::span<const Tag> tags) = 0;
  /// The same for every decision there is: for changes that can touch anything.
  virtual void InvalidateAll() = 0;
  /// Runs `task` on the slow thread and returns when it has run. May be called from any thread but
  /// a worker; on the slow thread itself it runs at once.
  virtual void RunOnSlowThread(const std::function<void()>& task) = 0;
  /// Monotonic time in nanoseconds (tests step it by hand).
  virtual uint64_t NowNs() const = 0;
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
  virtual void OnCredits(std::span<const CreditEvent> events) = 0;
  /// Called about ten times a second: ageing and other work by time.
  virtual void OnTimer() = 0;

  virtual std::vector<FdbRow> ListFdb() const = 0;
  /// Forgets learned addresses of `bridge` (all bridges if not set) behind `port` (any port if
  /// kNoPort). Returns how many.
  virtual uint32_t FlushFdb(const BridgeId* bridge, PortNo port) = 0;
  /// Packets and bytes over each patch port; they exist only in translation.
  virtual std::vector<PatchCounters> ReadPatchCounters() const = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_SLOW_PATH_H_
