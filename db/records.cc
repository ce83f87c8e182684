// SPDX-License-Identifier: Apache-2.0
#include "db/records.h"

#include <array>
#include <utility>

namespace vsw::db {
namespace {

template <typename Enum, size_t N>
using Words = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Words<PortKind, 9> kPortKinds = {{
    {PortKind::kInternal, "internal"},
    {PortKind::kTap, "tap"},
    {PortKind::kSystem, "system"},
    {PortKind::kDpdk, "dpdk"},
    {PortKind::kVhostUser, "vhost-user"},
    {PortKind::kPatch, "patch"},
    {PortKind::kVxlan, "vxlan"},
    {PortKind::kGeneve, "geneve"},
    {PortKind::kGre, "gre"},
}};
constexpr Words<VlanMode, 6> kVlanModes = {{
    {VlanMode::kDefault, "default"},
    {VlanMode::kAccess, "access"},
    {VlanMode::kTrunk, "trunk"},
    {VlanMode::kNativeTagged, "native-tagged"},
    {VlanMode::kNativeUntagged, "native-untagged"},
    {VlanMode::kDot1qTunnel, "dot1q-tunnel"},
}};
constexpr Words<PriorityTags, 3> kPriorityTags = {{
    {PriorityTags::kNo, "no"},
    {PriorityTags::kIfNonzero, "if-nonzero"},
    {PriorityTags::kAlways, "always"},
}};

constexpr Words<FailMode, 2> kFailModes = {{
    {FailMode::kStandalone, "standalone"},
    {FailMode::kSecure, "secure"},
}};

template <typename Enum, size_t N>
std::string WordOf(const Words<Enum, N>& words, Enum value) {
  for (const auto& [known, word] : words) {
    if (known == value) return std::string(word);
  }
  return "unknown";
}

template <typename Enum, size_t N>
std::optional<Enum> ValueOf(const Words<Enum, N>& words, std::string_view text) {
  for (const auto& [known, word] : words) {
    if (word == text) return known;
  }
  return std::nullopt;
}

}  // namespace

std::string ToString(PortKind kind) { return WordOf(kPortKinds, kind); }
std::string ToString(VlanMode mode) { return WordOf(kVlanModes, mode); }
std::string ToString(PriorityTags tags) { return WordOf(kPriorityTags, tags); }
std::string ToString(FailMode mode) { return WordOf(kFailModes, mode); }
std::optional<PortKind> ParsePortKind(std::string_view word) { return ValueOf(kPortKinds, word); }
std::optional<VlanMode> ParseVlanMode(std::string_view word) { return ValueOf(kVlanModes, word); }
std::optional<PriorityTags> ParsePriorityTags(std::string_view word) {
  return ValueOf(kPriorityTags, word);
}
std::optional<FailMode> ParseFailMode(std::string_view word) { return ValueOf(kFailModes, word); }

}  // namespace vsw::db
