// SPDX-License-Identifier: Apache-2.0
//
// What the switch last said of itself, for everyone who shows it, and the calls that wait for it to
// run a revision. Written by the reconciler alone.
//
// Thread safety: all methods may be called from any thread. Waiters are called without a lock held,
// on the thread that brought the news.
#ifndef VSW_CONTROL_SWITCH_VIEW_H_
#define VSW_CONTROL_SWITCH_VIEW_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "vsw/datapath/v1/datapath.pb.h"

namespace vsw::control {

/// One reading; never changed once made.
struct SwitchSnapshot {
  bool connected = false;
  bool served = false;      // this start of the switch has had our state at least once
  std::string error;        // why not connected
  std::string apply_error;  // why the newest revision is not applied although connected
  datapath::v1::ActualState state;
  std::unordered_map<std::string, int> bridges;  // name -> index in state
  std::unordered_map<std::string, int> ports;

  const v1::PortStatus* FindPort(const std::string& name) const;
  const v1::BridgeStatus* FindBridge(const std::string& name) const;

  bool HasApplied(uint64_t revision) const {
    return connected && served && state.applied_revision() >= revision;
  }

  static std::shared_ptr<SwitchSnapshot> Connected(const datapath::v1::ActualState& state);
};

class SwitchView {
 public:
  using SnapshotPtr = std::shared_ptr<const SwitchSnapshot>;
  using Waiter = std::function<void(const SwitchSnapshot&)>;
  static constexpr size_t kMaxWaiters = 4096;

  explicit SwitchView(std::string never_connected);

  /// A state that the watch told. One that is older than what is known of the same start of the
  /// switch is ignored. `served`: see SwitchSnapshot.
  void OnState(const datapath::v1::ActualState& state, bool served);
  /// The answer to an apply of ours. The watch may have told it, and more, already.
  void OnApplied(const datapath::v1::ActualState& state);
  void OnDisconnected(const std::string& error);
  void OnApplyError(const std::string& error);

  /// The switch would not have a rule of this revision.
  void OnRuleRefused(uint64_t revision, v1::Failure failure);
  /// What is known of that, for the last kMaxRefusals.
  std::vector<v1::Failure> RefusedRules(uint64_t revision) const;
  static constexpr size_t kMaxRefusals = 1024;

  SnapshotPtr Get() const;

  /// Calls `waiter` once, as soon as the connected switch runs our `revision` or later; maybe at
  /// once, from within.
  /// The returned ticket is for Cancel. Errors: ResourceExhausted (too many waiters).
  absl::StatusOr<uint64_t> Wait(uint64_t revision, Waiter waiter);
  /// True: the waiter will not be called. False: it was, or is being, called.
  bool Cancel(uint64_t ticket);

 private:
  struct Entry {
    uint64_t revision;
    Waiter waiter;
  };
  void Publish(SnapshotPtr snapshot);

  mutable std::mutex mutex_;
  SnapshotPtr snapshot_;
  std::map<uint64_t, Entry> waiters_;
  std::multimap<uint64_t, v1::Failure> refused_rules_;  // by revision
  uint64_t next_ticket_ = 1;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_SWITCH_VIEW_H_
