// SPDX-License-Identifier: Apache-2.0
//
// The receive queues of one worker, with what it remembers about each. A queue that was empty is
// asked again only after a while, longer each time up to a bound, and from there on in its turn, as
// IdleShare has time, so that many idle ports do not slow the busy ones.
//
// Thread safety: the control thread builds a list and publishes it; from then on the worker alone
// touches it, until it is withdrawn and a grace period is over.
#ifndef VSW_DATAPATH_WORKER_POLL_LIST_H_
#define VSW_DATAPATH_WORKER_POLL_LIST_H_

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "datapath/port/port.h"

namespace vsw {

struct PollQueue {
  Port* port;
  QueueId queue;
  uint64_t next_poll_tsc = 0;
  uint64_t backoff_tsc = 0;
  uint64_t full_since_tsc = 0;  // it gave full bursts since then, or 0
};

struct PollList {
  /// Adds a queue. REQUIRES: not yet published.
  void Add(Port* port, QueueId queue);
  /// Room for the descriptors of every queue and one more. REQUIRES: not yet published.
  void Finish();

  std::vector<PollQueue> queues;
  size_t active = 0;                // that many come first; the others have been empty for long
  size_t turn = 0;                  // which of the others is asked next
  std::vector<pollfd> fds;          // scratch of Idle
  std::vector<uint32_t> fd_queues;  // index into queues, by position in fds
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_POLL_LIST_H_
