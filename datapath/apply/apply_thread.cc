// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/apply_thread.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <utility>

#include "base/status.h"

namespace vsw {
namespace {

// Facts that no event announces (an MTU or a link changed from outside) are seen this late.
constexpr int kRefreshMs = 1000;

}  // namespace

InfoSignal::InfoSignal() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { VSW_CHECK(fd_ >= 0); }
InfoSignal::~InfoSignal() { close(fd_); }

void InfoSignal::Raise(bool info) noexcept {
  if (info) info_.store(true, std::memory_order_release);
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = write(fd_, &one, sizeof(one));  // full = raised already
}

bool InfoSignal::Wait(int timeout_ms) {
  pollfd event{.fd = fd_, .events = POLLIN, .revents = 0};
  if (poll(&event, 1, timeout_ms) > 0) {
    uint64_t count;
    [[maybe_unused]] const ssize_t n = read(fd_, &count, sizeof(count));
  }
  return info_.exchange(false, std::memory_order_acq_rel);
}

ApplyThread::ApplyThread(std::unique_ptr<Applier> applier, const DatapathControl* control,
                         InfoSignal* signal)
    : applier_(std::move(applier)),
      control_(control),
      signal_(signal),
      last_report_(applier_->report()),
      thread_([this] { Run(); }) {}

ApplyThread::~ApplyThread() { Stop(); }

void ApplyThread::Apply(WantedState wanted, Done done, std::function<void()> load_rules) {
  auto task = [wanted = std::move(wanted), done = std::move(done),
               load_rules = std::move(load_rules)](Applier* applier) {
    if (applier == nullptr) {
      done(absl::UnavailableError("vswitchd is stopping"), nullptr);
      return;
    }
    absl::Status status = applier->Apply(wanted, load_rules);
    done(std::move(status), applier->report());
  };
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      tasks_.push_back(std::move(task));
      signal_->Raise(false);
      return;
    }
  }
  task(nullptr);
}

StateReportPtr ApplyThread::Refresh(std::chrono::milliseconds patience) {
  auto refreshed = std::make_shared<std::promise<void>>();
  std::future<void> future = refreshed->get_future();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return last_report_;
    tasks_.push_back([refreshed](Applier* applier) {
      if (applier != nullptr) applier->RefreshInfo();
      refreshed->set_value();
    });
  }
  signal_->Raise(false);
  future.wait_for(patience);
  return report();
}

StateReportPtr ApplyThread::report() const {
  const std::lock_guard lock(mutex_);
  return applier_ != nullptr ? applier_->report() : last_report_;
}

void ApplyThread::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  signal_->Raise(false);
  if (thread_.joinable()) thread_.join();
}

int ApplyThread::TimeoutMs() const {
  const std::optional<uint64_t> next = applier_->next_retry_ns();
  if (!next) return kRefreshMs;
  const uint64_t now = control_->NowNs();
  if (*next <= now) return 0;
  return static_cast<int>(std::min<uint64_t>(kRefreshMs, (*next - now) / 1'000'000 + 1));
}

bool ApplyThread::RunTasks() {
  bool ran = false;
  for (;;) {
    std::function<void(Applier*)> task;
    {
      const std::lock_guard lock(mutex_);
      if (tasks_.empty() || stopping_) return ran;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task(applier_.get());
    ran = true;
  }
}

void ApplyThread::Run() {
  pthread_setname_np(pthread_self(), "vsw-apply");
  for (;;) {
    const bool info = signal_->Wait(TimeoutMs());
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    const bool ran = RunTasks();
    const std::optional<uint64_t> retry = applier_->next_retry_ns();
    if (retry && *retry <= control_->NowNs()) {
      applier_->RetryDue();
    } else if (info || !ran) {
      applier_->RefreshInfo();
    }
  }
  std::deque<std::function<void(Applier*)>> left;
  std::unique_ptr<Applier> applier;
  {
    const std::lock_guard lock(mutex_);
    left.swap(tasks_);
    last_report_ = applier_->report();
    applier = std::move(applier_);
  }
  for (const auto& task : left) task(nullptr);
}

}  // namespace vsw
