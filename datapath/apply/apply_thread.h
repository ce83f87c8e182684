// SPDX-License-Identifier: Apache-2.0
//
// The one thread on which configuration is applied. It owns the rhythm of an Applier: takes wanted
// states in order, retries failed ports when their time has come, and looks at ports that said that
// their facts changed.
//
// Thread safety: every member from any thread. InfoSignal::Raise() takes no lock and never blocks,
// so that a port may call it from anywhere.
#ifndef VSW_DATAPATH_APPLY_APPLY_THREAD_H_
#define VSW_DATAPATH_APPLY_APPLY_THREAD_H_

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "datapath/apply/applier.h"

namespace vsw {

/// Says when ports changed; made before any port and kept longer than every one of them.
class InfoSignal {
 public:
  InfoSignal();
  ~InfoSignal();
  InfoSignal(const InfoSignal&) = delete;
  InfoSignal& operator=(const InfoSignal&) = delete;
  /// Wakes the apply thread; `info` also makes it read the facts of the ports anew.
  void Raise(bool info) noexcept;
  /// Waits for Raise() or the timeout (-1: for ever); true if facts are to be read anew.
  bool Wait(int timeout_ms);

 private:
  int fd_;
  std::atomic<bool> info_{false};
};

class ApplyThread {
 public:
  using Done = std::function<void(absl::Status, StateReportPtr)>;

  /// `signal` and `control` outlive it. `applier` is destroyed on the thread, when it stops.
  ApplyThread(std::unique_ptr<Applier> applier, const DatapathControl* control, InfoSignal* signal);
  /// Stop().
  ~ApplyThread();

  /// Calls `done` on the apply thread when the switch runs `wanted`; Unavailable after Stop().
  /// `load_rules`: see Applier::Apply().
  void Apply(WantedState wanted, Done done, std::function<void()> load_rules = {});
  /// The state with facts and device counters read now; the latest known if the thread is busy for
  /// longer than `patience`.
  StateReportPtr Refresh(std::chrono::milliseconds patience);
  /// The latest state.
  StateReportPtr report() const;
  /// Closes all ports; waits for what is under way. Tasks still waiting answer Unavailable.
  void Stop();

 private:
  void Run();
  bool RunTasks();
  int TimeoutMs() const;

  std::unique_ptr<Applier> applier_;
  const DatapathControl* const control_;
  InfoSignal* const signal_;
  mutable std::mutex mutex_;
  std::deque<std::function<void(Applier*)>> tasks_;  // called with null: stopped
  bool stopping_ = false;
  StateReportPtr last_report_;  // kept for after Stop()
  std::thread thread_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_APPLY_THREAD_H_
