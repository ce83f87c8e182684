// SPDX-License-Identifier: Apache-2.0
#include "control/switch_view.h"

#include <utility>

namespace vsw::control {

const v1::PortStatus* SwitchSnapshot::FindPort(const std::string& name) const {
  const auto found = ports.find(name);
  return found == ports.end() ? nullptr : &state.ports(found->second).status();
}

const v1::BridgeStatus* SwitchSnapshot::FindBridge(const std::string& name) const {
  const auto found = bridges.find(name);
  return found == bridges.end() ? nullptr : &state.bridges(found->second).status();
}

std::shared_ptr<SwitchSnapshot> SwitchSnapshot::Connected(const datapath::v1::ActualState& state) {
  auto snapshot = std::make_shared<SwitchSnapshot>();
  snapshot->connected = true;
  snapshot->state = state;
  for (int i = 0; i < state.bridges_size(); ++i) snapshot->bridges[state.bridges(i).name()] = i;
  for (int i = 0; i < state.ports_size(); ++i) snapshot->ports[state.ports(i).name()] = i;
  return snapshot;
}

SwitchView::SwitchView(std::string never_connected) {
  auto snapshot = std::make_shared<SwitchSnapshot>();
  snapshot->error = std::move(never_connected);
  snapshot_ = std::move(snapshot);
}

void SwitchView::OnState(const datapath::v1::ActualState& state, bool served) {
  const SnapshotPtr known = Get();
  const bool same_start = known->connected && known->state.boot_id() == state.boot_id();
  if (same_start && state.applied_revision() < known->state.applied_revision()) return;
  auto snapshot = SwitchSnapshot::Connected(state);
  snapshot->served = served;
  if (same_start) snapshot->apply_error = known->apply_error;
  Publish(std::move(snapshot));
}

void SwitchView::OnApplied(const datapath::v1::ActualState& state) {
  const SnapshotPtr known = Get();
  // The watch alone decides whether the switch is there.
  if (!known->connected || known->state.boot_id() != state.boot_id()) return;
  const bool told = known->state.applied_revision() >= state.applied_revision();
  auto snapshot =
      told ? std::make_shared<SwitchSnapshot>(*known) : SwitchSnapshot::Connected(state);
  snapshot->served = true;
  snapshot->apply_error.clear();
  Publish(std::move(snapshot));
}

void SwitchView::OnDisconnected(const std::string& error) {
  auto snapshot = std::make_shared<SwitchSnapshot>(*Get());
  snapshot->connected = false;
  snapshot->error = error;
  Publish(std::move(snapshot));
}

void SwitchView::OnApplyError(const std::string& error) {
  const SnapshotPtr known = Get();
  if (known->apply_error == error) return;
  auto snapshot = std::make_shared<SwitchSnapshot>(*known);
  snapshot->apply_error = error;
  Publish(std::move(snapshot));
}

void SwitchView::Publish(SnapshotPtr snapshot) {
  std::vector<Waiter> ready;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    snapshot_ = snapshot;
    for (auto entry = waiters_.begin(); entry != waiters_.end();) {
      if (snapshot->HasApplied(entry->second.revision)) {
        ready.push_back(std::move(entry->second.waiter));
        entry = waiters_.erase(entry);
      } else {
        ++entry;
      }
    }
  }
  for (const Waiter& waiter : ready) waiter(*snapshot);
}

SwitchView::SnapshotPtr SwitchView::Get() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return snapshot_;
}

void SwitchView::OnRuleRefused(uint64_t revision, v1::Failure failure) {
  const std::lock_guard<std::mutex> lock(mutex_);
  refused_rules_.emplace(revision, std::move(failure));
  if (refused_rules_.size() > kMaxRefusals) refused_rules_.erase(refused_rules_.begin());
}

std::vector<v1::Failure> SwitchView::RefusedRules(uint64_t revision) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<v1::Failure> failures;
  const auto [begin, end] = refused_rules_.equal_range(revision);
  for (auto row = begin; row != end; ++row) failures.push_back(row->second);
  return failures;
}

absl::StatusOr<uint64_t> SwitchView::Wait(uint64_t revision, Waiter waiter) {
  SnapshotPtr snapshot;
  uint64_t ticket = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ticket = next_ticket_++;
    if (!snapshot_->HasApplied(revision)) {
      if (waiters_.size() >= kMaxWaiters) {
        return ResourceExhausted("{} calls are waiting for the switch already; try again",
                                 kMaxWaiters);
      }
      waiters_.emplace(ticket, Entry{revision, std::move(waiter)});
      return ticket;
    }
    snapshot = snapshot_;
  }
  waiter(*snapshot);
  return ticket;
}

bool SwitchView::Cancel(uint64_t ticket) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiters_.erase(ticket) != 0;
}

}  // namespace vsw::control
