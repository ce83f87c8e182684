// SPDX-License-Identifier: Apache-2.0
#include "control/reconcile_machine.h"

#include <algorithm>

namespace vsw::control {

Backoff::Duration Backoff::Next() {
  const auto base = static_cast<double>(next_.count());
  const Duration varied(static_cast<Duration::rep>(base * (1 + jitter_() / 4)));
  next_ = std::min(next_ * 2, kMost);
  return std::min(varied, kMost);
}

void ReconcileMachine::OnState(const std::string& boot_id, uint64_t applied_revision) {
  if (!connected_ || boot_id != boot_id_) {
    connected_ = true;
    boot_id_ = boot_id;
    applied_ = applied_revision;
    apply_at_ = {};
    apply_backoff_.Reset();
    watch_backoff_.Reset();
    return;
  }
  // A state may have been on its way while a later one overtook it.
  applied_ = std::max(applied_, applied_revision);
}

void ReconcileMachine::OnWatchEnded(TimePoint now) {
  watching_ = false;
  connected_ = false;
  watch_at_ = now + watch_backoff_.Next();
}

void ReconcileMachine::OnApplied(const std::string& boot_id, uint64_t revision) {
  applying_ = false;
  apply_backoff_.Reset();
  if (boot_id != boot_id_) return;  // a switch that has gone since
  served_boot_ = boot_id;
  applied_ = std::max(applied_, revision);
}

void ReconcileMachine::OnApplyFailed(TimePoint now) {
  applying_ = false;
  apply_at_ = now + apply_backoff_.Next();
}

void ReconcileMachine::OnRaiseFailed(TimePoint now) { apply_at_ = now + apply_backoff_.Next(); }

void ReconcileMachine::OnSocketAppeared() {
  watch_backoff_.Reset();
  watch_at_ = {};
}

bool ReconcileMachine::NeedsApply() const {
  return connected_ && !applying_ && (applied_ != wanted_ || served_boot_ != boot_id_);
}

ReconcileMachine::Steps ReconcileMachine::Next(TimePoint now) {
  Steps steps;
  if (!watching_ && now >= watch_at_) steps.watch = watching_ = true;
  if (NeedsApply() && now >= apply_at_) {
    if (applied_ > wanted_) {
      steps.raise_above = applied_;
    } else {
      steps.apply = applying_ = true;
    }
  }
  return steps;
}

std::optional<ReconcileMachine::TimePoint> ReconcileMachine::WakeAt() const {
  std::optional<TimePoint> wake;
  if (!watching_) wake = watch_at_;
  if (NeedsApply()) wake = wake.has_value() ? std::min(*wake, apply_at_) : apply_at_;
  return wake;
}

}  // namespace vsw::control
