// SPDX-License-Identifier: Apache-2.0
//
// Any text as rules, groups and meters in ovs-ofctl's syntax: refused, or read to a value whose
// text is read to the same value. The first byte chooses what the text is.
#include <cstring>
#include <string>

#include "ofproto/text/text.h"
#include "tests/fuzz/input.h"

namespace vsw::testing {
namespace {

void CheckMatchText(const std::string& text) {
  const auto match = ParseMatch(text);
  if (!match.ok()) return;
  const std::string printed = FormatMatch(*match);
  const auto again = ParseMatch(printed);
  if (!again.ok()) Fail("a printed match is not read", printed, again.status().ToString());
  if (!(*again == *match)) {
    Fail("a match changes when printed and read", printed, FormatMatch(*again));
  }
}

void CheckActionsText(const std::string& text) {
  const auto actions = ParseActions(text);
  if (!actions.ok()) return;
  const std::string printed = FormatActions(*actions);
  const auto again = ParseActions(printed);
  if (!again.ok()) Fail("printed actions are not read", printed, again.status().ToString());
  if (!(*again == *actions)) {
    Fail("actions change when printed and read", printed, FormatActions(*again));
  }
}

void CheckFlowText(const std::string& text, FlowMod::Command command) {
  const auto flow = ParseFlow(text, command);
  if (!flow.ok() || command != FlowMod::Command::kAdd) return;
  const std::string printed = FormatFlow(*flow);
  const auto again = ParseFlow(printed, command);
  if (!again.ok()) Fail("a printed flow is not read", printed, again.status().ToString());
  const bool equal = again->table == flow->table && again->match == flow->match &&
                     again->priority == flow->priority && again->cookie == flow->cookie &&
                     again->idle_timeout == flow->idle_timeout &&
                     again->hard_timeout == flow->hard_timeout &&
                     again->importance == flow->importance && again->flags == flow->flags &&
                     again->instructions == flow->instructions;
  if (!equal) Fail("a flow changes when printed and read", printed, FormatFlow(*again));
}

GroupDesc DescOf(const GroupMod& mod) {
  return {mod.group,           mod.type, mod.buckets, mod.selection_method, mod.selection_parameter,
          mod.selection_fields};
}

void CheckGroupText(const std::string& text) {
  const auto group = ParseGroup(text, GroupMod::Command::kAdd);
  if (!group.ok()) return;
  const std::string printed = FormatGroup(DescOf(*group));
  const auto again = ParseGroup(printed, GroupMod::Command::kAdd);
  if (!again.ok()) Fail("a printed group is not read", printed, again.status().ToString());
  const bool equal = again->group == group->group && again->type == group->type &&
                     again->buckets == group->buckets &&
                     again->selection_method == group->selection_method &&
                     again->selection_parameter == group->selection_parameter &&
                     again->selection_fields == group->selection_fields;
  if (!equal) Fail("a group changes when printed and read", printed, FormatGroup(DescOf(*again)));
}

void CheckMeterText(const std::string& text) {
  const auto meter = ParseMeter(text, MeterMod::Command::kAdd);
  if (!meter.ok()) return;
  const std::string printed = FormatMeter(meter->config);
  const auto again = ParseMeter(printed, MeterMod::Command::kAdd);
  if (!again.ok()) Fail("a printed meter is not read", printed, again.status().ToString());
  if (!(again->config == meter->config)) {
    Fail("a meter changes when printed and read", printed, FormatMeter(again->config));
  }
}

}  // namespace
}  // namespace vsw::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vsw;
  using namespace vsw::testing;
  FuzzInput input(data, size);
  const uint8_t kind = input.Take<uint8_t>();
  const std::vector<uint8_t> bytes = input.TakeRest();
  const std::string text(bytes.begin(), bytes.end());
  switch (kind % 8) {
    case 0:
      CheckFlowText(text, FlowMod::Command::kAdd);
      break;
    case 1:
      CheckFlowText(text, FlowMod::Command::kDelete);
      break;
    case 2:
      CheckMatchText(text);
      break;
    case 3:
      CheckActionsText(text);
      break;
    case 4:
      CheckGroupText(text);
      break;
    case 5:
      CheckMeterText(text);
      break;
    case 6:
      (void)ParseSelector(text);
      break;
    case 7:
      (void)ParsePacketKey(text);
      break;
  }
  return 0;
}
