// SPDX-License-Identifier: Apache-2.0
//
// The stored rules, groups and meters of one bridge, and what changes do to them: the semantics of
// OpenFlow 1.3 sections 6.4, 6.5 and 6.7 (1.5 section 6.7 for buckets), as far as rules are
// concerned that do not expire. Changes are made in place, with a journal by which the caller takes
// them back, or writes down what is different: a copy of a hundred thousand rules for each change
// would be too dear.
//
// Thread safety: none; the configurator's lock guards it.
#ifndef VSW_CONTROL_RULES_RULE_BOOK_H_
#define VSW_CONTROL_RULES_RULE_BOOK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "control/rules/rule_change.h"
#include "db/rule_records.h"

namespace vsw::control {

class RuleBook {
 public:
  static constexpr size_t kMaxFlows = 1'000'000;

  using FlowMap = std::map<FlowId, std::shared_ptr<const StoredFlow>>;
  using GroupMap = std::map<uint32_t, std::shared_ptr<const GroupDesc>>;
  using MeterMap = std::map<uint32_t, std::shared_ptr<const MeterConfig>>;

  /// For everything that was changed, what was there before; null if nothing was.
  struct Journal {
    FlowMap flows;
    GroupMap groups;
    MeterMap meters;
  };

  /// Errors: the switch's, as far as it is sure to refuse it (group or meter unknown or there
  /// already, overlap); then the journal still holds what was done before the error.
  /// What has to be sent to the switch for the same effect is appended to `sent`: mostly the change
  /// itself.
  absl::Status Apply(const RuleChange& change, Journal* journal, std::vector<RuleText>* sent);

  /// Makes the flows of `table` (all tables if not set) exactly `added`, of which each is an add.
  /// Errors: InvalidArgument for another change or table, naming the change.
  absl::Status Replace(std::optional<uint8_t> table, const std::vector<RuleChange>& added,
                       Journal* journal, std::vector<RuleText>* sent);

  /// Removes everything.
  void Clear(Journal* journal);

  void Rollback(const Journal& journal);
  /// The difference that the journal stands for.
  db::RuleDelta Difference(const std::string& bridge, const Journal& journal) const;

  /// Enters a row of the database without checks against others. Errors: DataLoss.
  absl::Status Load(const db::FlowRecord& record);
  absl::Status LoadGroup(const db::TextRecord& record);
  absl::Status LoadMeter(const db::TextRecord& record);

  /// This very flow, group or meter is stored; `text` as the switch writes it.
  bool Holds(const std::string& text) const;

  /// The rules that a modify or delete is about.
  std::vector<FlowId> Select(const FlowChange& change) const;

  const FlowMap& flows() const { return flows_; }
  const GroupMap& groups() const { return groups_; }
  const MeterMap& meters() const { return meters_; }

 private:
  absl::Status Do(const FlowChange& change, const std::string& text, Journal* journal,
                  std::vector<RuleText>* sent);
  absl::Status Do(const GroupMod& mod, const std::string& text, Journal* journal,
                  std::vector<RuleText>* sent);
  absl::Status Do(const MeterMod& mod, const std::string& text, Journal* journal,
                  std::vector<RuleText>* sent);
  absl::Status Add(const FlowChange& change, Journal* journal);
  absl::Status Modify(const FlowChange& change, Journal* journal, std::vector<RuleText>* sent);
  void Delete(const FlowChange& change, Journal* journal);
  absl::Status CheckReferences(const References& references) const;
  absl::Status CheckOverlap(const FlowChange& change) const;
  void PutFlow(const FlowId& id, std::shared_ptr<const StoredFlow> flow, Journal* journal);
  void EraseFlow(FlowMap::iterator flow, Journal* journal);
  void PutGroup(GroupDesc group, Journal* journal);
  void DeleteGroups(uint32_t group, Journal* journal);
  void DeleteMeters(uint32_t meter, Journal* journal);
  void DeleteUsers(std::vector<uint32_t> References::*list, uint32_t number, Journal* journal);

  FlowMap flows_;
  GroupMap groups_;
  MeterMap meters_;
};

}  // namespace vsw::control

#endif  // VSW_CONTROL_RULES_RULE_BOOK_H_
