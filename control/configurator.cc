// SPDX-License-Identifier: Apache-2.0
#include "control/configurator.h"

#include <algorithm>
#include <limits>

#include "base/log.h"
#include "control/field_error.h"

namespace vsw::control {
namespace {

// SQLite's integers have a sign.
constexpr uint64_t kMaxRevision = std::numeric_limits<int64_t>::max();

}  // namespace

absl::Status AtChange(size_t index, const std::string& change_name, const absl::Status& status) {
  return Below(fmt::format("changes[{}].{}", index, change_name), status);
}

absl::StatusOr<std::unique_ptr<Configurator>> Configurator::Make(std::unique_ptr<db::Store> store,
                                                                 HostView host) {
  VSW_ASSIGN_OR_RETURN(db::Contents contents, store->Read());
  return std::unique_ptr<Configurator>(
      new Configurator(std::move(store), std::move(host), std::move(contents)));
}

Configurator::Configurator(std::unique_ptr<db::Store> store, HostView host, db::Contents contents)
    : store_(std::move(store)),
      host_(std::move(host)),
      current_(std::make_shared<const Config>(std::move(contents))) {}

absl::StatusOr<uint64_t> Configurator::Execute(const ChangeRequest& request) {
  const std::lock_guard<std::mutex> lock(write_mutex_);
  const std::shared_ptr<const Config> before = Current();
  Config changed = *before;
  for (size_t i = 0; i < request.changes.size(); ++i) {
    const Change& change = request.changes[i];
    const absl::Status applied = ApplyChange(change, host_, &changed);
    if (applied.ok()) continue;
    return request.is_batch ? AtChange(i, NameOf(change), applied) : applied;
  }
  const db::Delta delta = Difference(*before, changed);
  if (delta.empty()) return before->revision;
  return Store(std::move(changed), delta, before->revision + 1);
}

absl::StatusOr<uint64_t> Configurator::RaiseRevisionAbove(uint64_t revision) {
  const std::lock_guard<std::mutex> lock(write_mutex_);
  const std::shared_ptr<const Config> before = Current();
  if (before->revision > revision) return before->revision;
  if (revision >= kMaxRevision) {
    return absl::OutOfRangeError(fmt::format("revision {} cannot be exceeded", revision));
  }
  return Store(*before, {}, revision + 1);
}

absl::StatusOr<uint64_t> Configurator::Store(Config changed, const db::Delta& delta,
                                             uint64_t revision) {
  VSW_RETURN_IF_ERROR(store_->Write(delta, revision));
  changed.revision = revision;
  {
    const std::lock_guard<std::mutex> lock(current_mutex_);
    current_ = std::make_shared<const Config>(std::move(changed));
  }
  VSW_LOG_INFO(
      "revision {} stored: {} bridges, {} ports, {} static addresses put; {}, {}, {} deleted",
      revision, delta.put_bridges.size(), delta.put_ports.size(), delta.put_fdb.size(),
      delta.deleted_bridges.size(), delta.deleted_ports.size(), delta.deleted_fdb.size());
  if (listener_) listener_();
  return revision;
}

std::shared_ptr<const Config> Configurator::Current() const {
  const std::lock_guard<std::mutex> lock(current_mutex_);
  return current_;
}

}  // namespace vsw::control
