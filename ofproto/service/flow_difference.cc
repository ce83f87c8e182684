// SPDX-License-Identifier: Apache-2.0
#include "ofproto/service/flow_difference.h"

#include <cstring>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace vsw {
namespace {

// Where a flow stands; it refers to the match of a FlowMod or FlowStats that outlives it.
struct Place {
  uint8_t table;
  uint16_t priority;
  const Match* match;

  bool operator==(const Place& other) const {
    return table == other.table && priority == other.priority && *match == *other.match;
  }
};
struct PlaceHash {
  size_t operator()(const Place& place) const {
    const std::string_view value(reinterpret_cast<const char*>(&place.match->value),
                                 sizeof(place.match->value));
    const std::string_view mask(reinterpret_cast<const char*>(&place.match->mask),
                                sizeof(place.match->mask));
    const std::hash<std::string_view> hash;
    return hash(value) * 31 + hash(mask) + place.priority * 257U + place.table;
  }
};

constexpr uint16_t kLastingFlags =
    flow_flags::kSendFlowRemoved | flow_flags::kNoPacketCounts | flow_flags::kNoByteCounts;

bool IsSame(const FlowStats& present, const FlowMod& wanted) {
  return present.cookie == wanted.cookie && present.idle_timeout == wanted.idle_timeout &&
         present.hard_timeout == wanted.hard_timeout && present.importance == wanted.importance &&
         (present.flags & kLastingFlags) == (wanted.flags & kLastingFlags) &&
         present.instructions == wanted.instructions;
}

FlowMod StrictDelete(const FlowStats& flow) {
  FlowMod mod;
  mod.command = FlowMod::Command::kDeleteStrict;
  mod.table = flow.table;
  mod.priority = flow.priority;
  mod.match = flow.match;
  return mod;
}

}  // namespace

std::vector<BridgeControl::BundleEntry> FlowDifference(
    const std::vector<FlowStats>& present, std::vector<BridgeControl::BundleEntry> wanted) {
  std::unordered_map<Place, size_t, PlaceHash> places;
  places.reserve(wanted.size());
  std::vector<bool> needed(wanted.size(), true);
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto& mod = std::get<FlowMod>(wanted[i]);
    const auto [row, is_new] = places.try_emplace({mod.table, mod.priority, &mod.match}, i);
    if (is_new) continue;
    needed[row->second] = false;
    row->second = i;
  }
  std::vector<BridgeControl::BundleEntry> changes;
  for (const FlowStats& flow : present) {
    const auto row = places.find({flow.table, flow.priority, &flow.match});
    if (row == places.end()) {
      changes.emplace_back(StrictDelete(flow));
    } else if (IsSame(flow, std::get<FlowMod>(wanted[row->second]))) {
      needed[row->second] = false;
    }
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (needed[i]) changes.push_back(std::move(wanted[i]));
  }
  return changes;
}

}  // namespace vsw
