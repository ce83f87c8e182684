// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/idle.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "base/status.h"

namespace vsw {

Idle::Idle(uint64_t tsc_per_us)
    : spin_tsc_(kSpinUs * tsc_per_us), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  VSW_CHECK(wake_fd_ >= 0);
}

Idle::~Idle() { close(wake_fd_); }

void Idle::Wake() {
  const uint64_t one = 1;
  // A full counter wakes just as well.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof(one));
}

void Idle::Sleep(PollList* list, uint64_t max_ns) {
  list->fds.clear();
  list->fd_queues.clear();
  bool must_poll = false, has_work = false;
  size_t begun = 0;
  for (; begun < list->queues.size() && !has_work; ++begun) {
    PollQueue& q = list->queues[begun];
    const int fd = q.port->BeginSleep(q.queue);
    if (fd == Port::kHasWork) {
      has_work = true;
      q.next_poll_tsc = 0;
      q.backoff_tsc = 0;
    } else if (fd == Port::kMustPoll) {
      must_poll = true;
      q.next_poll_tsc = 0;
    } else {
      list->fds.push_back({.fd = fd, .events = POLLIN, .revents = 0});
      list->fd_queues.push_back(static_cast<uint32_t>(begun));
    }
  }
  if (!has_work) {
    list->fds.push_back({.fd = wake_fd_, .events = POLLIN, .revents = 0});
    const uint64_t ns = must_poll ? std::min(step_ns_, max_ns) : max_ns;
    const timespec timeout = {.tv_sec = static_cast<time_t>(ns / 1'000'000'000),
                              .tv_nsec = static_cast<long>(ns % 1'000'000'000)};
    ppoll(list->fds.data(), list->fds.size(), &timeout, nullptr);
    step_ns_ = std::min(step_ns_ * 2, kMaxStepNs);
    for (size_t i = 0; i < list->fd_queues.size(); ++i) {
      if (list->fds[i].revents == 0) continue;
      list->queues[list->fd_queues[i]].next_poll_tsc = 0;
      list->queues[list->fd_queues[i]].backoff_tsc = 0;
    }
    if (list->fds.back().revents != 0) {
      uint64_t count;
      [[maybe_unused]] const ssize_t got = read(wake_fd_, &count, sizeof(count));
      for (PollQueue& q : list->queues) q.next_poll_tsc = 0;
    }
  }
  list->active = list->queues.size();  // the worker sees for itself which have been empty for long
  for (size_t i = 0; i < begun; ++i) list->queues[i].port->EndSleep(list->queues[i].queue);
}

}  // namespace vsw
