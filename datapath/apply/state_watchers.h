// SPDX-License-Identifier: Apache-2.0
//
// Those who follow WatchState: each gets the state at once, and again when it has changed, at most
// ten times a second. A slow reader skips states; it never makes anyone wait, and nothing queues up
// for it.
//
// Thread safety: every member from any thread.
#ifndef VSW_DATAPATH_APPLY_STATE_WATCHERS_H_
#define VSW_DATAPATH_APPLY_STATE_WATCHERS_H_

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "datapath/apply/state_report.h"
#include "vsw/datapath/v1/datapath.pb.h"

namespace vsw {

class StateWatchers {
 public:
  using Reactor = grpc::ServerWriteReactor<datapath::v1::ActualState>;

  /// `version` is cheap and called ten times a second while anyone watches; `make` fills in a
  /// message.
  StateWatchers(std::function<uint64_t()> version, std::function<datapath::v1::ActualState()> make);
  /// Stop().
  ~StateWatchers();

  /// RESOURCE_EXHAUSTED beyond kMaxWatchers, UNAVAILABLE after Stop().
  Reactor* Add();
  /// Ends every stream.
  void Stop();

  static constexpr size_t kMaxWatchers = 64;

 private:
  class Watcher;
  void Run();
  void Remove(Watcher* watcher);

  const std::function<uint64_t()> version_;
  const std::function<datapath::v1::ActualState()> make_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::set<Watcher*> watchers_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_STATE_WATCHERS_H_
