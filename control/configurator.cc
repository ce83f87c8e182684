// SPDX-License-Identifier: Apache-2.0
#include "control/configurator.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include "base/log.h"
#include "control/field_error.h"

namespace vsw::control {
namespace {

// SQLite's integers have a sign.
constexpr uint64_t kMaxRevision = std::numeric_limits<int64_t>::max();

constexpr char kNormalRule[] = "priority=0,actions=NORMAL";

// Whether a bridge begins with the rule that makes it a plain learning switch, as in Open vSwitch.
bool StartsNormal(const db::BridgeRecord& bridge) {
  return bridge.fail_mode == db::FailMode::kStandalone && bridge.controllers.empty();
}

RuleChange NormalRule(FlowMod::Command command) {
  const bool is_add = command == FlowMod::Command::kAdd;
  absl::StatusOr<RuleChange> change =
      ReadFlowChange(command, is_add ? kNormalRule : "table=0,priority=0", /*ports=*/nullptr);
  VSW_CHECK(change.ok());
  return *std::move(change);
}

bool HasNormalRule(const RuleBook& book) {
  const auto normal = std::get<FlowChange>(NormalRule(FlowMod::Command::kAdd).what);
  const auto found = book.flows().find(normal.id);
  return found != book.flows().end() && *found->second == *normal.flow;
}

absl::StatusOr<Configurator::RuleBooks> LoadBooks(const db::Contents& contents) {
  Configurator::RuleBooks books;
  for (const db::BridgeRecord& bridge : contents.bridges) books[bridge.name];
  for (const db::TextRecord& row : contents.rules.meters) {
    VSW_RETURN_IF_ERROR(books[row.key.bridge].LoadMeter(row));
  }
  for (const db::TextRecord& row : contents.rules.groups) {
    VSW_RETURN_IF_ERROR(books[row.key.bridge].LoadGroup(row));
  }
  for (const db::FlowRecord& row : contents.rules.flows) {
    VSW_RETURN_IF_ERROR(books[row.key.bridge].Load(row));
  }
  return books;
}

// The rules that come and go with bridges and their settings, as one edit that can be taken back.
class RuleFollower {
 public:
  explicit RuleFollower(Configurator::RuleBooks* books) : books_(books) {}

  void Follow(const Config& before, const Config& after, uint64_t revision) {
    for (const auto& [name, bridge] : after.bridges()) {
      const db::BridgeRecord* former = before.FindBridge(name);
      if (former == nullptr || after.created_bridges.contains(name)) {
        Begin(*bridge, revision);
      } else if (StartsNormal(*former) != StartsNormal(*bridge)) {
        Switch(*bridge, revision);
      }
    }
  }

  void AddDifference(db::RuleDelta* delta) const {
    for (const auto& [bridge, journal] : journals_) {
      db::RuleDelta part = (*books_)[bridge].Difference(bridge, journal);
      const auto append = [](auto* to, auto* from) {
        to->insert(to->end(), std::make_move_iterator(from->begin()),
                   std::make_move_iterator(from->end()));
      };
      append(&delta->deleted_flows, &part.deleted_flows);
      append(&delta->deleted_groups, &part.deleted_groups);
      append(&delta->deleted_meters, &part.deleted_meters);
      append(&delta->put.flows, &part.put.flows);
    }
  }
  std::vector<RuleDelta> TakeNews() { return std::move(news_); }
  void Rollback() {
    for (const auto& [bridge, journal] : journals_) (*books_)[bridge].Rollback(journal);
  }

 private:
  void Begin(const db::BridgeRecord& bridge, uint64_t revision) {
    RuleBook::Journal& journal = journals_[bridge.name];
    RuleBook& book = (*books_)[bridge.name];
    book.Clear(&journal);
    std::vector<RuleText> ignored;
    if (StartsNormal(bridge)) {
      VSW_CHECK(book.Apply(NormalRule(FlowMod::Command::kAdd), &journal, &ignored).ok());
    }
    news_.push_back({.revision = revision,
                     .bridge = bridge.name,
                     .kind = RuleDelta::Kind::kWhole,
                     .table = {},
                     .changes = {}});
  }

  // The rule goes if it is still as it was made; it comes back only where nothing else is.
  void Switch(const db::BridgeRecord& bridge, uint64_t revision) {
    RuleBook& book = (*books_)[bridge.name];
    const bool add = StartsNormal(bridge);
    if (add ? !book.flows().empty() : !HasNormalRule(book)) return;
    RuleDelta delta{.revision = revision,
                    .bridge = bridge.name,
                    .kind = RuleDelta::Kind::kChanges,
                    .table = {},
                    .changes = {}};
    const auto command = add ? FlowMod::Command::kAdd : FlowMod::Command::kDeleteStrict;
    VSW_CHECK(book.Apply(NormalRule(command), &journals_[bridge.name], &delta.changes).ok());
    news_.push_back(std::move(delta));
  }

  Configurator::RuleBooks* const books_;
  std::map<std::string, RuleBook::Journal> journals_;
  std::vector<RuleDelta> news_;
};

std::string FieldOfRule(const RuleChange& change) {
  static constexpr std::array<const char*, std::variant_size_v<decltype(change.what)>> kFields = {
      "flow.rule", "group.group", "meter.meter"};
  return kFields[change.what.index()];
}

}  // namespace

absl::Status AtChange(size_t index, const std::string& change_name, const absl::Status& status) {
  return Below(fmt::format("changes[{}].{}", index, change_name), status);
}

absl::StatusOr<std::unique_ptr<Configurator>> Configurator::Make(std::unique_ptr<db::Store> store,
                                                                 HostView host) {
  VSW_ASSIGN_OR_RETURN(db::Contents contents, store->Read());
  VSW_ASSIGN_OR_RETURN(RuleBooks books, LoadBooks(contents));
  return std::unique_ptr<Configurator>(
      new Configurator(std::move(store), std::move(host), std::move(contents), std::move(books)));
}

Configurator::Configurator(std::unique_ptr<db::Store> store, HostView host, db::Contents contents,
                           RuleBooks books)
    : books_(std::move(books)),
      rule_log_(contents.revision),
      store_(std::move(store)),
      host_(std::move(host)),
      current_(std::make_shared<const Config>(std::move(contents))) {}

absl::StatusOr<uint64_t> Configurator::Execute(const ChangeRequest& request) {
  const std::lock_guard<std::mutex> lock(write_mutex_);
  const std::shared_ptr<const Config> before = Current();
  Config changed = *before;
  changed.created_bridges.clear();
  for (size_t i = 0; i < request.changes.size(); ++i) {
    const Change& change = request.changes[i];
    const absl::Status applied = ApplyChange(change, host_, &changed);
    if (applied.ok()) continue;
    return request.is_batch ? AtChange(i, NameOf(change), applied) : applied;
  }
  const uint64_t revision = before->revision + 1;
  RuleFollower rules(&books_);
  rules.Follow(*before, changed, revision);
  db::Delta delta = Difference(*before, changed);
  rules.AddDifference(&delta.rules);
  if (delta.empty()) return before->revision;
  absl::StatusOr<uint64_t> stored = Store(std::move(changed), delta, revision, rules.TakeNews());
  if (!stored.ok()) rules.Rollback();
  if (stored.ok()) {
    for (const std::string& bridge : delta.deleted_bridges) books_.erase(bridge);
  }
  return stored;
}

absl::StatusOr<uint64_t> Configurator::Execute(const RulesRequest& request) {
  const std::lock_guard<std::mutex> lock(write_mutex_);
  const std::shared_ptr<const Config> before = Current();
  if (before->FindBridge(request.bridge) == nullptr) {
    return AtField("bridge", NotFound("there is no bridge {}", Quote(request.bridge)));
  }
  if (request.changes.empty() && !request.replace) return before->revision;
  RuleBook& book = books_[request.bridge];
  RuleBook::Journal journal;
  const uint64_t revision = before->revision + 1;
  RuleDelta news{.revision = revision,
                 .bridge = request.bridge,
                 .kind = request.replace ? RuleDelta::Kind::kReplace : RuleDelta::Kind::kChanges,
                 .table = request.table,
                 .changes = {}};
  absl::Status status;
  if (request.replace) {
    status = book.Replace(request.table, request.changes, &journal, &news.changes);
  } else {
    for (size_t i = 0; i < request.changes.size() && status.ok(); ++i) {
      const RuleChange& change = request.changes[i];
      status = book.Apply(change, &journal, &news.changes);
      if (!status.ok()) status = AtChange(i, FieldOfRule(change), status);
    }
  }
  db::Delta delta;
  if (status.ok()) {
    delta.rules = book.Difference(request.bridge, journal);
    std::vector<RuleDelta> all;
    all.push_back(std::move(news));
    status = Store(*before, delta, revision, std::move(all)).status();
  }
  if (status.ok()) return revision;
  book.Rollback(journal);
  return status;
}

void Configurator::ReadRules(
    const std::function<void(const Config&, const RuleBooks&)>& read) const {
  const std::lock_guard<std::mutex> lock(write_mutex_);
  read(*Current(), books_);
}

absl::StatusOr<uint64_t> Configurator::RaiseRevisionAbove(uint64_t revision) {
  const std::lock_guard<std::mutex> lock(write_mutex_);
  const std::shared_ptr<const Config> before = Current();
  if (before->revision > revision) return before->revision;
  if (revision >= kMaxRevision) {
    return absl::OutOfRangeError(fmt::format("revision {} cannot be exceeded", revision));
  }
  // Whoever runs `revision` has it from elsewhere: none of its rules need be ours.
  rule_log_.Restart(revision + 1);
  return Store(*before, {}, revision + 1, {});
}

absl::StatusOr<uint64_t> Configurator::Store(Config changed, const db::Delta& delta,
                                             uint64_t revision, std::vector<RuleDelta> news) {
  VSW_RETURN_IF_ERROR(store_->Write(delta, revision));
  changed.revision = revision;
  // Whoever sees the revision finds its rules in the log.
  for (RuleDelta& item : news) rule_log_.Append(std::move(item));
  {
    const std::lock_guard<std::mutex> lock(current_mutex_);
    current_ = std::make_shared<const Config>(std::move(changed));
  }
  VSW_LOG_INFO(
      "revision {} stored: {} bridges, {} ports, {} static addresses, {} rules put; {}, {}, {}, {} "
      "deleted",
      revision, delta.put_bridges.size(), delta.put_ports.size(), delta.put_fdb.size(),
      delta.rules.put.flows.size(), delta.deleted_bridges.size(), delta.deleted_ports.size(),
      delta.deleted_fdb.size(), delta.rules.deleted_flows.size());
  if (listener_) listener_();
  return revision;
}

std::shared_ptr<const Config> Configurator::Current() const {
  const std::lock_guard<std::mutex> lock(current_mutex_);
  return current_;
}

}  // namespace vsw::control
