// SPDX-License-Identifier: Apache-2.0
//
// What is done with a packet: a flat list of steps, executed in order. An output sends the packet
// as it stands at that point; steps behind it do not change what was sent. An empty list drops the
// packet. Made by the slow path, compiled into a megaflow, run by the worker's execute stage.
#ifndef VSW_DATAPATH_FLOW_ACTION_H_
#define VSW_DATAPATH_FLOW_ACTION_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/net_types.h"

namespace vsw {

enum class ActionType : uint8_t {
  kOutput,      // port(), small: longest length in bytes, 0 = whole
  kPushVlan,    // small: TPID, tci(): a new outermost tag
  kPopVlan,     // removes the outermost tag
  kSetVlanTci,  // tci(): of the outermost tag, which exists
  // A 32-bit word of the packet's FlowKey (line 0 to 2), number `index`: the bits of `mask` become
  // those of `value`, both as they stand in memory, and so in the header that the word came from;
  // checksums are kept right. A packet that lacks the header is left as it is. Words: Ethernet
  // addresses, IPv4 and ARP addresses, protocol/TOS/TTL word, L4 ports and ICMP type and code, IPv6
  // addresses, label, ND target, ARP and ND hardware addresses.
  kSetWord,
  kPushMpls,  // small: ethertype, value: label stack entry (host order); behind the VLAN tags
  kPopMpls,   // small: ethertype that the packet gets
  kSetMpls,   // value, mask: of the outermost label stack entry (host order)
  kMeter,     // value: index; a packet that it drops ends here (drop reason kMeter)
  kCount,     // value: StatId; counts this packet
  // The packet goes to SlowPath::OnUpcall, cut to `small` bytes (0xffff = whole), with a blob:
  // `value` bytes that stand in the slots behind, 12 a slot.
  kController,
  // The next `value` actions are done on a copy; the packet goes on behind them as it was.
  kClone,
  // The packet is parsed and looked up again with recirc_id `value`; the list ends here for it.
  // The tunnel lines of the key stay those of the first time.
  kRecirculate,
  // The same with recirc_id `value` for a packet longer than `small` bytes (from the Ethernet
  // header on), `mask` for the others.
  kRecirculateByLength,
  // The same with one of `value` ids that stand in the slots behind, 3 a slot, by a hash of the
  // packet's addresses, protocol and ports that both directions of a connection do not share;
  // `mask` is the basis.
  kRecirculateByHash,
  // How a tunnel is to carry the packet: the slots behind hold a TunnelSet of `value` bytes, 12 a
  // slot (packet/tunnel_set.h). For the outputs that follow, until the next one; copies keep it, a
  // packet that is looked up again does not.
  kSetTunnel,
  // Takes the tunnel's headers off a packet that is addressed to an address of ours, and has what
  // was in it looked up as received from the tunnel; the list ends here for it. What turns out to
  // be for no tunnel goes to the port of number `value`.
  kDecapsulate,
};

struct Action {
  ActionType type;
  uint8_t index = 0;
  uint16_t small = 0;
  uint32_t value = 0;
  uint32_t mask = 0;

  static constexpr Action Output(PortNo port, uint16_t max_bytes = 0) {
    return {.type = ActionType::kOutput, .small = max_bytes, .value = ToInt(port)};
  }
  static constexpr Action PushVlan(uint16_t tpid, uint16_t tci) {
    return {.type = ActionType::kPushVlan, .small = tpid, .value = tci};
  }
  static constexpr Action PopVlan() { return {.type = ActionType::kPopVlan}; }
  static constexpr Action SetVlanTci(uint16_t tci) {
    return {.type = ActionType::kSetVlanTci, .value = tci};
  }
  static constexpr Action SetWord(uint8_t index, uint32_t value, uint32_t mask) {
    return {.type = ActionType::kSetWord, .index = index, .value = value & mask, .mask = mask};
  }
  static constexpr Action PushMpls(uint16_t ethertype, uint32_t entry) {
    return {.type = ActionType::kPushMpls, .small = ethertype, .value = entry};
  }
  static constexpr Action PopMpls(uint16_t ethertype) {
    return {.type = ActionType::kPopMpls, .small = ethertype};
  }
  static constexpr Action SetMpls(uint32_t value, uint32_t mask) {
    return {.type = ActionType::kSetMpls, .value = value & mask, .mask = mask};
  }
  static constexpr Action Meter(uint32_t index) {
    return {.type = ActionType::kMeter, .value = index};
  }
  static constexpr Action Count(uint32_t stat) {
    return {.type = ActionType::kCount, .value = stat};
  }
  static constexpr Action Clone(uint32_t actions) {
    return {.type = ActionType::kClone, .value = actions};
  }
  static constexpr Action Recirculate(uint32_t id) {
    return {.type = ActionType::kRecirculate, .value = id};
  }
  /// REQUIRES: the slots of a TunnelSet of `bytes` bytes follow.
  static constexpr Action SetTunnel(uint32_t bytes) {
    return {.type = ActionType::kSetTunnel, .value = bytes};
  }
  static constexpr Action Decapsulate(PortNo otherwise) {
    return {.type = ActionType::kDecapsulate, .value = ToInt(otherwise)};
  }

  PortNo port() const { return PortNo{value}; }
  uint16_t tci() const { return static_cast<uint16_t>(value); }  // without kVlanPresent
  bool operator==(const Action&) const = default;
};
static_assert(sizeof(Action) == 12);

/// The most steps that one translation may produce.
inline constexpr size_t kMaxActions = 16384;
/// How often one packet may be looked up again.
inline constexpr uint32_t kMaxRecirculations = 16;

/// Slots that `bytes` of data take behind an action.
constexpr size_t ActionSlots(size_t bytes) { return (bytes + sizeof(Action) - 1) / sizeof(Action); }

/// Slots of data behind the action; they are no actions.
constexpr size_t DataSlots(const Action& action) {
  switch (action.type) {
    case ActionType::kController:
    case ActionType::kSetTunnel:
      return ActionSlots(action.value);
    case ActionType::kRecirculateByHash:
      return ActionSlots(size_t{action.value} * sizeof(uint32_t));
    default:
      return 0;
  }
}

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_ACTION_H_
