// SPDX-License-Identifier: Apache-2.0
//
// A slow thread that is one: tasks run on a thread of their own, so that what is touched from two
// threads by mistake is there for the thread sanitizer to see.
#ifndef VSW_TESTS_OFPROTO_CONNECTION_THREADED_CONTROL_H_
#define VSW_TESTS_OFPROTO_CONNECTION_THREADED_CONTROL_H_

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "ofproto/connection/clock.h"
#include "tests/support/fake_datapath_control.h"

namespace vsw::testing {

class ThreadedControl : public FakeDatapathControl {
 public:
  ThreadedControl() : thread_([this] { Loop(); }) {}
  ~ThreadedControl() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void RunOnSlowThread(const std::function<void()>& task) override {
    if (OnSlowThread()) return task();
    std::promise<void> done;
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back([&] {
        task();
        done.set_value();
      });
    }
    wake_.notify_one();
    done.get_future().wait();
  }
  uint64_t NowNs() const override { return ofconn::MonotonicNs(); }
  bool OnSlowThread() const { return std::this_thread::get_id() == thread_.get_id(); }

 private:
  void Loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return stop_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_CONNECTION_THREADED_CONTROL_H_
