// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/poll_list.h"

namespace vsw {

void PollList::Add(Port* port, QueueId queue) {
  queues.push_back({.port = port, .queue = queue});
  active = queues.size();
}

void PollList::Finish() {
  fds.reserve(queues.size() + 1);
  fd_queues.reserve(queues.size() + 1);
}

}  // namespace vsw
