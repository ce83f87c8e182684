// SPDX-License-Identifier: Apache-2.0
#include "control/change_queue.h"

namespace vsw::control {

ChangeQueue::ChangeQueue(Configurator* configurator)
    : configurator_(configurator), thread_([this] { Run(); }) {}

ChangeQueue::~ChangeQueue() { Stop(); }

void ChangeQueue::Submit(ChangeRequest request, Done done) {
  Enter({[this, request = std::move(request)] { return configurator_->Execute(request); },
         std::move(done)});
}

void ChangeQueue::Submit(RulesRequest request, Done done) {
  Enter({[this, request = std::move(request)] { return configurator_->Execute(request); },
         std::move(done)});
}

void ChangeQueue::Enter(Item item) {
  absl::Status refusal;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) {
      refusal = Unavailable("vswmgrd is stopping; try again");
    } else if (items_.size() >= kMaxWaiting) {
      refusal = ResourceExhausted("{} changes are waiting already; try again", kMaxWaiting);
    } else {
      items_.push_back(std::move(item));
      wake_.notify_one();
      return;
    }
  }
  item.done(refusal);
}

void ChangeQueue::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !items_.empty(); });
    if (stopping_) break;
    const Item item = std::move(items_.front());
    items_.pop_front();
    lock.unlock();
    item.done(item.execute());
    lock.lock();
  }
  const std::deque<Item> refused = std::move(items_);
  items_.clear();
  lock.unlock();
  for (const Item& item : refused) item.done(Unavailable("vswmgrd is stopping; try again"));
}

void ChangeQueue::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace vsw::control
