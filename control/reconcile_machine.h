// SPDX-License-Identifier: Apache-2.0
//
// When to talk to the switch, as a state machine without threads, sockets or clocks: events and the
// time go in, the next steps come out. The wanted state is sent whole whenever the switch started
// anew, runs an older revision, or was not yet spoken to by this process. One call at a time is
// under way, so that changes in quick succession become one. A switch that runs a newer revision
// than ours has outlived our database: our revision is raised above its own.
//
// Thread safety: none; the reconciler's thread owns it.
#ifndef VSW_CONTROL_RECONCILE_MACHINE_H_
#define VSW_CONTROL_RECONCILE_MACHINE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace vsw::control {

/// 50 ms, doubled at each failure up to 2 s, each varied by a quarter at most.
class Backoff {
 public:
  using Duration = std::chrono::milliseconds;
  static constexpr Duration kFirst{50};
  static constexpr Duration kMost{2000};

  /// `jitter` gives a number in [-1, 1).
  explicit Backoff(std::function<double()> jitter) : jitter_(std::move(jitter)) {}
  Duration Next();
  void Reset() { next_ = kFirst; }

 private:
  std::function<double()> jitter_;
  Duration next_ = kFirst;
};

class ReconcileMachine {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit ReconcileMachine(const std::function<double()>& jitter)
      : watch_backoff_(jitter), apply_backoff_(jitter) {}

  // Events.
  void OnWanted(uint64_t revision) { wanted_ = revision; }
  /// The switch told its state, on the watch or after an apply.
  void OnState(const std::string& boot_id, uint64_t applied_revision);
  void OnWatchEnded(TimePoint now);
  void OnApplied(const std::string& boot_id, uint64_t revision);
  void OnApplyFailed(TimePoint now);
  /// The revision could not be raised; it is tried again later.
  void OnRaiseFailed(TimePoint now);
  /// Its socket came into being: no use in waiting on.
  void OnSocketAppeared();

  /// What to do now. Each step is told once, and taken to be under way until its event comes.
  struct Steps {
    bool watch = false;
    bool apply = false;
    // Make the wanted revision greater than this.
    std::optional<uint64_t> raise_above;
  };
  Steps Next(TimePoint now);

  /// When Next has to be called at the latest, if no event comes.
  std::optional<TimePoint> WakeAt() const;

  bool connected() const { return connected_; }
  /// What the connected switch runs, as last heard.
  uint64_t applied() const { return applied_; }
  const std::string& boot_id() const { return boot_id_; }
  /// The switch that is connected has had our state since it started.
  bool served() const { return connected_ && served_boot_ == boot_id_; }

 private:
  bool NeedsApply() const;

  uint64_t wanted_ = 0;
  bool watching_ = false;
  bool connected_ = false;  // the watch has told a state
  bool applying_ = false;
  std::string boot_id_;
  uint64_t applied_ = 0;
  std::string served_boot_;  // the start of the switch that has had our state
  TimePoint watch_at_{};
  TimePoint apply_at_{};
  Backoff watch_backoff_;
  Backoff apply_backoff_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_RECONCILE_MACHINE_H_
