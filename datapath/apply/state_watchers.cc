// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/state_watchers.h"

#include <chrono>
#include <optional>
#include <utility>

namespace vsw {
namespace {

constexpr auto kPeriod = std::chrono::milliseconds(100);

}  // namespace

/// One stream. Its state is guarded by the set's mutex, which is held over no call that waits:
/// StartWrite() and Finish() only start an operation.
class StateWatchers::Watcher : public StateWatchers::Reactor {
 public:
  explicit Watcher(StateWatchers* set) : set_(set) {}

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(set_->mutex_);
    writing_ = false;
    if (!ok) ending_ = true;
    FinishIfEnding();
  }
  void OnCancel() override {
    const std::lock_guard lock(set_->mutex_);
    ending_ = true;
    FinishIfEnding();
  }
  void OnDone() override {
    set_->Remove(this);
    delete this;
  }

  // REQUIRES of all below: the set's mutex is held.
  bool wants(uint64_t version) const {
    return !writing_ && !finished_ && !ending_ && sent_version_ != version;
  }
  void Send(uint64_t version, const datapath::v1::ActualState& state) {
    message_ = state;
    sent_version_ = version;
    writing_ = true;
    StartWrite(&message_);
  }
  void End() {
    ending_ = true;
    FinishIfEnding();
  }

 private:
  void FinishIfEnding() {
    if (!ending_ || writing_ || finished_) return;
    finished_ = true;
    Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream has ended; watch again"));
  }

  StateWatchers* const set_;
  datapath::v1::ActualState message_;
  std::optional<uint64_t> sent_version_;
  bool writing_ = false;
  bool ending_ = false;
  bool finished_ = false;
};

namespace {

class Refusal : public StateWatchers::Reactor {
 public:
  explicit Refusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

StateWatchers::StateWatchers(std::function<uint64_t()> version,
                             std::function<datapath::v1::ActualState()> make)
    : version_(std::move(version)), make_(std::move(make)), thread_([this] { Run(); }) {}

StateWatchers::~StateWatchers() { Stop(); }

StateWatchers::Reactor* StateWatchers::Add() {
  const std::lock_guard lock(mutex_);
  if (stopping_) return new Refusal({grpc::StatusCode::UNAVAILABLE, "vswitchd is stopping"});
  if (watchers_.size() >= kMaxWatchers) {
    return new Refusal({grpc::StatusCode::RESOURCE_EXHAUSTED,
                        "too many watch the state already; end some of the streams"});
  }
  auto* watcher = new Watcher(this);
  watchers_.insert(watcher);
  wake_.notify_all();
  return watcher;
}

void StateWatchers::Remove(Watcher* watcher) {
  const std::lock_guard lock(mutex_);
  watchers_.erase(watcher);
  wake_.notify_all();
}

void StateWatchers::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (Watcher* watcher : watchers_) watcher->End();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void StateWatchers::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_ || !watchers_.empty()) {
    if (watchers_.empty() || stopping_) {
      wake_.wait(lock);
      continue;
    }
    lock.unlock();
    const uint64_t version = version_();
    lock.lock();
    bool wanted = false;
    for (const Watcher* watcher : watchers_) wanted |= watcher->wants(version);
    if (wanted) {
      lock.unlock();
      const datapath::v1::ActualState state = make_();
      lock.lock();
      for (Watcher* watcher : watchers_) {
        if (watcher->wants(version)) watcher->Send(version, state);
      }
    }
    // A new watcher waits a tenth of a second at most; nobody gets more than ten a second.
    lock.unlock();
    std::this_thread::sleep_for(kPeriod);
    lock.lock();
  }
}

}  // namespace vsw
