// SPDX-License-Identifier: Apache-2.0
//
// epoll, and a mailbox through which other threads reach the one that polls.
//
// Thread safety: Post() and NoteOutput() from any thread; all else on the polling thread.
#ifndef VSW_OFPROTO_CONNECTION_POLLER_H_
#define VSW_OFPROTO_CONNECTION_POLLER_H_

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "base/unique_fd.h"

namespace vsw::ofconn {

/// Something with a descriptor. It must outlive the Wait() in which its events may come.
class EventHandler {
 public:
  virtual ~EventHandler() = default;
  virtual void OnEvents(uint32_t events) = 0;
};

class Poller {
 public:
  Poller();

  /// Watches `fd` for `events` (EPOLLIN, EPOLLOUT), level-triggered.
  void Add(int fd, uint32_t events, EventHandler* handler);
  void Change(int fd, uint32_t events, EventHandler* handler);
  void Remove(int fd);

  /// Hands events to their handlers, and runs what was posted before; at most `timeout_ms` of
  /// waiting.
  void Wait(int timeout_ms);
  /// Ids given to NoteOutput() since the last call.
  std::vector<uint64_t> TakeOutputs();

  void Post(std::function<void()> task);
  /// The connection `id` has something to send.
  void NoteOutput(uint64_t id);

 private:
  void Wake();
  void RunPosted();

  UniqueFd epoll_, wake_;
  std::mutex mutex_;  // guards the two
  std::vector<std::function<void()>> posted_;
  std::vector<uint64_t> outputs_;
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_POLLER_H_
