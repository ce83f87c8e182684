// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/poller.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <array>
#include <utility>

#include "base/status.h"

namespace vsw::ofconn {

Poller::Poller()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  VSW_CHECK(epoll_.valid() && wake_.valid());
  Add(wake_.get(), EPOLLIN, nullptr);
}

void Poller::Add(int fd, uint32_t events, EventHandler* handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = handler;
  VSW_CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
}

void Poller::Change(int fd, uint32_t events, EventHandler* handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = handler;
  VSW_CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

void Poller::Remove(int fd) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void Poller::Wait(int timeout_ms) {
  std::array<epoll_event, 64> events;
  const int count =
      epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  for (int i = 0; i < count; ++i) {
    if (events[i].data.ptr != nullptr) {
      static_cast<EventHandler*>(events[i].data.ptr)->OnEvents(events[i].events);
    } else {
      uint64_t ignored;
      [[maybe_unused]] const ssize_t got = read(wake_.get(), &ignored, sizeof(ignored));
    }
  }
  RunPosted();
}

void Poller::RunPosted() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (const auto& task : tasks) task();
}

std::vector<uint64_t> Poller::TakeOutputs() {
  const std::lock_guard lock(mutex_);
  return std::exchange(outputs_, {});
}

void Poller::Wake() {
  const uint64_t one = 1;
  // A full counter means that the thread will wake anyway.
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof(one));
}

void Poller::Post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  Wake();
}

void Poller::NoteOutput(uint64_t id) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = outputs_.empty();
    outputs_.push_back(id);
  }
  if (first) Wake();
}

}  // namespace vsw::ofconn
