// SPDX-License-Identifier: Apache-2.0
//
// ovs-ofctl's syntax, both ways (ovs-fields(7), ovs-actions(7), ovs-ofctl(8) "Flow Syntax"). What
// Format...() writes, Parse...() reads back to an equal value. Errors are InvalidArgument and name
// the word that is wrong.
//
// Thread safety: pure functions.
#ifndef VSW_OFPROTO_TEXT_TEXT_H_
#define VSW_OFPROTO_TEXT_TEXT_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ofproto/message/messages.h"

namespace vsw {

/// Port names of one bridge, for text that uses them; nullptr or empty functions: numbers only.
struct PortNames {
  std::function<std::optional<uint32_t>(std::string_view)> number_of;
  std::function<std::string(uint32_t)> name_of;  // empty: none
};

/// What a line of flow text is for: del-flows needs no actions and takes cookie/mask, add-flow
/// does.
absl::StatusOr<FlowMod> ParseFlow(std::string_view text, FlowMod::Command command,
                                  const PortNames* ports = nullptr);
absl::StatusOr<GroupMod> ParseGroup(std::string_view text, GroupMod::Command command,
                                    const PortNames* ports = nullptr);
absl::StatusOr<MeterMod> ParseMeter(std::string_view text, MeterMod::Command command);
absl::StatusOr<FlowSelector> ParseSelector(std::string_view text, const PortNames* ports = nullptr);
/// "in_port=1,dl_src=...,": a packet for trace and packet-out; exact fields only.
absl::StatusOr<MatchKey> ParsePacketKey(std::string_view text, const PortNames* ports = nullptr);
absl::StatusOr<Match> ParseMatch(std::string_view text, const PortNames* ports = nullptr);
absl::StatusOr<OfActions> ParseActions(std::string_view text, const PortNames* ports = nullptr);
/// "actions=" and instructions of a flow.
absl::StatusOr<Instructions> ParseInstructions(std::string_view text,
                                               const PortNames* ports = nullptr);

std::string FormatMatch(const Match& match, const PortNames* ports = nullptr);
std::string FormatActions(const OfActions& actions, const PortNames* ports = nullptr);
std::string FormatInstructions(const Instructions& instructions, const PortNames* ports = nullptr);
/// As a line of dump-flows: cookie, duration, table, counters, timeouts, match, actions.
std::string FormatFlowStats(const FlowStats& flow, bool with_stats = true,
                            const PortNames* ports = nullptr);
/// As add-flow reads it: what the rule is, without statistics.
std::string FormatFlow(const FlowMod& flow, const PortNames* ports = nullptr);
std::string FormatGroup(const GroupDesc& group, const PortNames* ports = nullptr);
/// What the group is once it is added.
std::string FormatGroup(const GroupMod& group, const PortNames* ports = nullptr);
std::string FormatMeter(const MeterConfig& meter);
std::string FormatFieldValue(FieldId field, const FieldValue& value,
                             const PortNames* ports = nullptr);
std::string FormatSubfield(const Subfield& subfield);

}  // namespace vsw

#endif  // VSW_OFPROTO_TEXT_TEXT_H_
