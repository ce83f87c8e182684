// SPDX-License-Identifier: Apache-2.0
//
// One change of a bridge's rules, groups or meters, read from text and checked by itself. Rules are
// kept small here, since requests may hold a hundred thousand of them; `text` is what the switch is
// sent, canonical and with ports by number.
#ifndef VSW_CONTROL_RULES_RULE_CHANGE_H_
#define VSW_CONTROL_RULES_RULE_CHANGE_H_

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "control/rules/references.h"
#include "control/rules/sparse_match.h"
#include "ofproto/message/messages.h"
#include "ofproto/text/text.h"

namespace vsw::control {

/// A rule's place: no two stored rules of a bridge have the same.
struct FlowId {
  uint8_t table = 0;
  uint16_t priority = 0;
  std::string match;  // canonical text; empty = every packet

  auto operator<=>(const FlowId&) const = default;
};

/// What a stored rule is, but for its place. Never changed once made.
struct StoredFlow {
  SparseMatch match;
  uint64_t cookie = 0;
  uint16_t flags = 0;  // flow_flags
  uint16_t importance = 0;
  std::string actions;  // canonical text, without "actions="
  References references;

  bool operator==(const StoredFlow&) const = default;
};

struct FlowChange {
  FlowMod::Command command = FlowMod::Command::kAdd;
  FlowId id;                               // table may be kTableAll
  std::shared_ptr<const StoredFlow> flow;  // of a delete: match alone
  bool expires = false;                    // has a timeout: not stored
  bool adds_if_none = false;               // kModify, kModifyStrict
  bool check_overlap = false;              // kAdd
  bool set_cookie = true;
  uint64_t match_cookie = 0, cookie_mask = 0;
  uint32_t out_port = kOfpAny, out_group = kGroupAny;
};

struct RuleChange {
  std::variant<FlowChange, GroupMod, MeterMod> what;
  std::string text;  // canonical
};

/// A change as the switch is sent it.
struct RuleText {
  std::variant<FlowMod::Command, GroupMod::Command, MeterMod::Command> command;
  std::string text;
  bool operator==(const RuleText&) const = default;
};

/// InvalidArgument naming the word that is wrong, or what the switch would refuse in any case.
absl::StatusOr<RuleChange> ReadFlowChange(FlowMod::Command command, const std::string& text,
                                          const PortNames* ports);
absl::StatusOr<RuleChange> ReadGroupChange(GroupMod::Command command, const std::string& text,
                                           const PortNames* ports);
absl::StatusOr<RuleChange> ReadMeterChange(MeterMod::Command command, const std::string& text);

/// The change that adds this very rule: reads what the database keeps.
absl::StatusOr<FlowChange> ReadStoredFlow(const FlowId& id, const StoredFlow& row);

/// As add-flow takes it.
std::string TextOf(const FlowId& id, const StoredFlow& flow);
/// As add-group takes it.
std::string TextOf(const GroupDesc& group);
/// As the command of the same name takes it.
std::string TextOf(const GroupMod& mod);

/// As they stand behind "actions=".
std::string ActionsText(const Instructions& instructions, const PortNames* ports = nullptr);
/// "send_flow_rem" and so on.
std::vector<std::string_view> FlagWords(uint16_t flags);

/// InvalidArgument for an OpenFlow error, with its name and meaning.
absl::Status ToStatus(const OfStatus& status);

}  // namespace vsw::control

#endif  // VSW_CONTROL_RULES_RULE_CHANGE_H_
