// SPDX-License-Identifier: Apache-2.0
//
// The one way by which the configuration changes: check every change of a request on a copy, write
// the difference in one transaction, make the copy the current configuration, tell the listener.
// A request that fails anywhere leaves memory and database as they were. The revision goes up by
// one for each request that changed something, and never down. Rules are changed in the same way,
// but in place: a request that fails is taken back.
//
// Thread safety: all methods may be called from any thread; Execute and RaiseRevisionAbove block
// for as long as the disk takes, Current does not wait for them.
#ifndef VSW_CONTROL_CONFIGURATOR_H_
#define VSW_CONTROL_CONFIGURATOR_H_

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "control/change.h"
#include "control/config.h"
#include "control/rules/rule_book.h"
#include "control/rules/rule_log.h"
#include "db/store.h"

namespace vsw::control {

struct ChangeRequest {
  std::vector<Change> changes;
  bool is_batch = false;  // errors name the change by its index
};

/// Changes of one bridge's rules, all or none.
struct RulesRequest {
  std::string bridge;
  bool replace = false;          // the flows become exactly those that `changes` add
  std::optional<uint8_t> table;  // with `replace`: this one's only
  std::vector<RuleChange> changes;
};

/// Makes an error about the change at `index` of a batch say so.
absl::Status AtChange(size_t index, const std::string& change_name, const absl::Status& status);

class Configurator {
 public:
  /// Reads the whole store. Errors: those of db::Store::Read.
  static absl::StatusOr<std::unique_ptr<Configurator>> Make(std::unique_ptr<db::Store> store,
                                                            HostView host);

  /// Called after each change of the revision, on the thread that made it. Set before the first
  /// one.
  void set_listener(std::function<void()> listener) { listener_ = std::move(listener); }

  /// Returns the revision with the request in it. Errors: those of ApplyChange and Store::Write.
  absl::StatusOr<uint64_t> Execute(const ChangeRequest& request);

  /// The same for rules. Errors: NotFound (no such bridge), those of RuleBook, Store::Write.
  absl::StatusOr<uint64_t> Execute(const RulesRequest& request);

  using RuleBooks = std::map<std::string, RuleBook>;
  /// Calls `read` with the current configuration and the rules of the same revision. Changes wait
  /// until it returns.
  void ReadRules(const std::function<void(const Config&, const RuleBooks&)>& read) const;
  RuleLog& rule_log() { return rule_log_; }

  /// Makes the revision greater than `revision`, with the configuration as it is. For a database
  /// that was replaced by an older one while the switch kept running.
  absl::StatusOr<uint64_t> RaiseRevisionAbove(uint64_t revision);

  std::shared_ptr<const Config> Current() const;

 private:
  Configurator(std::unique_ptr<db::Store> store, HostView host, db::Contents contents,
               RuleBooks books);
  /// Writes, publishes, tells. `news` is what the switch has to be told of rules.
  absl::StatusOr<uint64_t> Store(Config changed, const db::Delta& delta, uint64_t revision,
                                 std::vector<RuleDelta> news);

  mutable std::mutex write_mutex_;  // one change at a time; held over the disk
  RuleBooks books_;                 // guarded by write_mutex_
  RuleLog rule_log_;
  std::unique_ptr<db::Store> store_;
  const HostView host_;
  std::function<void()> listener_;

  mutable std::mutex current_mutex_;  // held for a pointer's copy only
  std::shared_ptr<const Config> current_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_CONFIGURATOR_H_
