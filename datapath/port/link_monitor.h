// SPDX-License-Identifier: Apache-2.0
//
// One thread for all ports that tells them when a network device of this namespace appears, changes
// or vanishes, and that runs what a worker found to be broken and may not repair itself.
//
// It starts with the first owner of Get() and ends with the last. Callbacks run on its thread, one
// at a time, with no lock of the monitor held but the one that makes Unsubscribe() wait.
//
// Thread safety: Subscribe, Unsubscribe and Get from any control thread, never from a callback;
// Kick() from anywhere, workers included (one non-blocking write to an eventfd).
#ifndef VSW_DATAPATH_PORT_LINK_MONITOR_H_
#define VSW_DATAPATH_PORT_LINK_MONITOR_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace vsw {

struct LinkEvent {
  enum class Kind {
    kChanged,  // appeared, or any property changed
    kRemoved,
    kResync,  // events were lost, or Kick() was called: look at your device again
  };
  Kind kind;
  int index;         // 0 for kResync
  std::string name;  // empty for kResync
};

class LinkMonitor {
 public:
  using Callback = std::function<void(const LinkEvent&)>;

  /// The monitor of the process, started in the calling thread's namespace if there is none yet.
  [[nodiscard]] static absl::StatusOr<std::shared_ptr<LinkMonitor>> Get();
  ~LinkMonitor();

  int Subscribe(Callback callback);
  /// Returns when the callback is not running and will not run again.
  void Unsubscribe(int id);
  /// Calls every subscriber with kResync, soon.
  void Kick() noexcept;

 private:
  LinkMonitor() = default;
  absl::Status Open();
  void Run();
  void ReadEvents();
  void Deliver(const LinkEvent& event);

  UniqueFd netlink_;
  UniqueFd wake_;     // eventfd
  std::mutex mutex_;  // guards subscribers_ and stop_; held while callbacks run
  std::map<int, Callback> subscribers_;
  int next_id_ = 1;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_LINK_MONITOR_H_
