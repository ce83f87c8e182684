// SPDX-License-Identifier: Apache-2.0
//
// What a translation can depend on, as the tags that it carries. Whoever publishes a change of one
// of these invalidates its tag; nothing else needs to know which megaflows there are. Two things
// may share a tag by chance: then a megaflow is translated once too often, never once too seldom.
#ifndef VSW_OFPROTO_TRANSLATE_TAGS_H_
#define VSW_OFPROTO_TRANSLATE_TAGS_H_

#include <cstdint>

#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/flow/slow_path.h"

namespace vsw {

namespace internal {
constexpr uint64_t MixTag(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
constexpr Tag MakeTag(uint64_t kind, uint64_t scope, uint64_t value) {
  return MixTag(MixTag(kind << 32 | scope) ^ value);
}
}  // namespace internal

/// The answer of a bridge's address table about one address, known or not.
constexpr Tag AddressTag(BridgeId bridge, VlanId vlan, const MacAddress& mac) {
  return internal::MakeTag(1, ToInt(bridge), uint64_t{ToInt(vlan)} << 48 | mac.ToU64());
}
/// The settings of one port, and whether it is there.
constexpr Tag PortTag(PortNo port) { return internal::MakeTag(2, 0, ToInt(port)); }
/// The set of ports that a flood of a bridge reaches.
constexpr Tag FloodTag(BridgeId bridge) { return internal::MakeTag(3, ToInt(bridge), 0); }
/// A group of a bridge, and whether it is there.
constexpr Tag GroupTag(BridgeId bridge, uint32_t group) {
  return internal::MakeTag(5, ToInt(bridge), group);
}
/// A meter of a bridge, and whether it is there.
constexpr Tag MeterTag(BridgeId bridge, uint32_t meter) {
  return internal::MakeTag(6, ToInt(bridge), meter);
}
/// A rule that learn() asked for, by what it is (a hash): once it is gone, it must be asked for
/// again.
constexpr Tag LearnedTag(BridgeId bridge, uint64_t what) {
  return internal::MakeTag(7, ToInt(bridge), what);
}
/// Anything at all: for the translation that depends on more than it can carry tags.
inline constexpr Tag kAnyChangeTag = internal::MakeTag(4, 0, 0);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_TAGS_H_
