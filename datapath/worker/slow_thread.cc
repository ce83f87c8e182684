// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/slow_thread.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>

#include "base/status.h"

namespace vsw {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kTimer = std::chrono::milliseconds(100);
// Events handled at one go, so that a flood of them cannot keep tasks waiting.
constexpr size_t kEventBatch = 4096;

}  // namespace

SlowThread::SlowThread(SlowPath* slow_path, std::function<uint64_t()> now_ns)
    : slow_path_(slow_path),
      now_ns_(std::move(now_ns)),
      event_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  VSW_CHECK(event_fd_ >= 0);
}

SlowThread::~SlowThread() {
  Stop();
  close(event_fd_);
}

void SlowThread::Start(std::vector<SlowEventRing*> rings) {
  rings_ = std::move(rings);
  running_ = true;
  thread_ = std::thread([this] { Loop(); });
  pthread_setname_np(thread_.native_handle(), "vsw-slow");
}

void SlowThread::Stop() {
  if (!thread_.joinable()) return;
  stop_.store(true);
  Wake();
  thread_.join();
}

void SlowThread::Run(const std::function<void()>& task) {
  if (std::this_thread::get_id() == runner_.load()) return task();
  std::promise<void> done;
  {
    std::unique_lock lock(mutex_);
    if (!running_) {
      // Nobody else runs tasks now but who holds the lock of those without a thread.
      lock.unlock();
      const std::lock_guard alone(alone_mutex_);
      runner_ = std::this_thread::get_id();
      task();
      runner_ = std::thread::id();
      return;
    }
    tasks_.push_back([&] {
      task();
      done.set_value();
    });
  }
  Wake();
  done.get_future().wait();
}

void SlowThread::Wake() {
  const uint64_t one = 1;
  // A full counter means that the thread is awake already.
  [[maybe_unused]] const ssize_t written = write(event_fd_, &one, sizeof(one));
}

void SlowThread::RunTasks() {
  for (;;) {
    std::function<void()> task;
    {
      const std::lock_guard lock(mutex_);
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

void SlowThread::DrainRings() {
  learned_.clear();
  bool noted = false;
  for (SlowEventRing* ring : rings_) {
    ring->Drain(
        kEventBatch, [this](const LearnEvent& event) { learned_.push_back(event); },
        [&](std::span<const uint8_t> note) {
          slow_path_->OnNote(note);
          noted = true;
        },
        [this](std::span<const uint8_t> blob, std::span<const uint8_t> packet,
               uint32_t total_bytes) { slow_path_->OnUpcall(blob, packet, total_bytes); });
  }
  if (noted) slow_path_->OnNotesEnd();
  if (!learned_.empty()) slow_path_->OnLearn(learned_);
}

bool SlowThread::AnythingToDo() {
  for (const SlowEventRing* ring : rings_) {
    if (!ring->empty()) return true;
  }
  const std::lock_guard lock(mutex_);
  return !tasks_.empty() || stop_.load();
}

void SlowThread::Sleep(int timeout_ms) {
  asleep_.store(true, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!AnythingToDo()) {
    pollfd wait = {.fd = event_fd_, .events = POLLIN, .revents = 0};
    poll(&wait, 1, timeout_ms);
  }
  asleep_.store(false, std::memory_order_relaxed);
  uint64_t count;
  [[maybe_unused]] const ssize_t got = read(event_fd_, &count, sizeof(count));
}

int SlowThread::MillisecondsUntilDue() const {
  constexpr uint64_t kNsPerMs = 1'000'000, kLongest = 1000;
  const uint64_t due_ns = slow_path_->NextDueNs(), now_ns = now_ns_();
  if (due_ns <= now_ns) return 0;
  return static_cast<int>(std::min(kLongest, (due_ns - now_ns) / kNsPerMs + 1));
}

void SlowThread::Loop() {
  runner_ = std::this_thread::get_id();
  Clock::time_point next_timer = Clock::now() + kTimer;
  while (!stop_.load()) {
    RunTasks();
    DrainRings();
    const Clock::time_point now = Clock::now();
    if (now >= next_timer) {
      slow_path_->OnTimer();
      next_timer = now + kTimer;
    }
    if (slow_path_->NextDueNs() <= now_ns_()) slow_path_->OnDue();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next_timer - now);
    Sleep(std::min(static_cast<int>(left.count()) + 1, MillisecondsUntilDue()));
  }
  do {
    RunTasks();
  } while (!Retire());
}

// False: a task came in meanwhile. From true on callers of Run() do their tasks themselves.
bool SlowThread::Retire() {
  const std::lock_guard lock(mutex_);
  if (!tasks_.empty()) return false;
  running_ = false;
  runner_ = std::thread::id();
  return true;
}

}  // namespace vsw
