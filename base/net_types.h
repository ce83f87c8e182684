// SPDX-License-Identifier: Apache-2.0
//
// Strong types for the numbers that must not mix: a datapath port, an OpenFlow port, a bridge, a
// worker, a queue. Each is an integer in memory and in a register; convert with ToInt().
#ifndef VSW_BASE_NET_TYPES_H_
#define VSW_BASE_NET_TYPES_H_

#include <cstdint>
#include <string>
#include <type_traits>

namespace vsw {

/// A port of the whole datapath, over all bridges; dense, from 1. 0 is "no port".
enum class PortNo : uint32_t {};
inline constexpr PortNo kNoPort{0};

/// A port as OpenFlow sees it within one bridge: 1..0xfeff, or a reserved number.
enum class OfPort : uint32_t {};
/// OFPP_LOCAL as OpenFlow 1.0 writes it; the internal port that bears the bridge's name.
inline constexpr OfPort kOfPortLocal{0xfffe};

/// A bridge within one vswitchd; dense, from 0.
enum class BridgeId : uint32_t {};

/// A worker thread; dense, from 0.
enum class WorkerId : uint32_t {};

/// A queue of one port, dense from 0, counted per direction.
enum class QueueId : uint16_t {};

/// An 802.1Q VLAN: 0 (none, or priority-tagged) or 1..4094.
enum class VlanId : uint16_t {};
inline constexpr VlanId kNoVlan{0};
inline constexpr uint16_t kMaxVlan = 4094;

template <typename Enum>
requires std::is_enum_v<Enum>
constexpr auto ToInt(Enum value) { return static_cast<std::underlying_type_t<Enum>>(value); }

/// "0011223344556677": a datapath id as OpenFlow tools print it.
std::string DpidToString(uint64_t dpid);

}  // namespace vsw

#endif  // VSW_BASE_NET_TYPES_H_
