// SPDX-License-Identifier: Apache-2.0
//
// OpenFlow rules, groups and meters as the database keeps them: by bridge, in canonical text with
// ports by number. Like records.h, these know nothing of SQL; what the text means is the control
// daemon's matter.
#ifndef VSW_DB_RULE_RECORDS_H_
#define VSW_DB_RULE_RECORDS_H_

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace vsw::db {

/// A rule is known by bridge, table, priority and match.
struct FlowKey {
  std::string bridge;
  uint8_t table = 0;
  uint16_t priority = 0;
  std::string match;  // empty = every packet

  auto operator<=>(const FlowKey&) const = default;
};
struct FlowRecord {
  FlowKey key = {};
  uint64_t cookie = 0;
  uint16_t flags = 0;  // as OpenFlow 1.3 numbers them
  uint16_t importance = 0;
  std::string actions = {};

  bool operator==(const FlowRecord&) const = default;
};

/// A group or a meter is known by bridge and number.
struct NumberKey {
  std::string bridge;
  uint32_t number = 0;

  auto operator<=>(const NumberKey&) const = default;
};
struct TextRecord {
  NumberKey key = {};
  std::string text = {};

  bool operator==(const TextRecord&) const = default;
};

/// Everything that is stored, by key.
struct RuleContents {
  std::vector<FlowRecord> flows = {};
  std::vector<TextRecord> groups = {};
  std::vector<TextRecord> meters = {};
};

/// The difference between two contents. What goes with a deleted bridge need not be named.
struct RuleDelta {
  std::vector<FlowKey> deleted_flows = {};
  std::vector<NumberKey> deleted_groups = {};
  std::vector<NumberKey> deleted_meters = {};
  RuleContents put = {};

  bool empty() const {
    return deleted_flows.empty() && deleted_groups.empty() && deleted_meters.empty() &&
           put.flows.empty() && put.groups.empty() && put.meters.empty();
  }
};

}  // namespace vsw::db

#endif  // VSW_DB_RULE_RECORDS_H_
