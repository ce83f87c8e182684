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
  kOutput,      // port
  kPushVlan,    // tpid, tci: a new outermost tag
  kPopVlan,     // removes the outermost tag
  kSetVlanTci,  // tci: of the outermost tag, which exists
};

struct Action {
  ActionType type;
  uint8_t reserved = 0;
  uint16_t tpid = 0;  // host byte order
  uint16_t tci = 0;   // host byte order; priority and VLAN id, without kVlanPresent
  uint16_t reserved2 = 0;
  PortNo port = kNoPort;

  static Action Output(PortNo port) { return {.type = ActionType::kOutput, .port = port}; }
  static Action PushVlan(uint16_t tpid, uint16_t tci) {
    return {.type = ActionType::kPushVlan, .tpid = tpid, .tci = tci};
  }
  static Action PopVlan() { return {.type = ActionType::kPopVlan}; }
  static Action SetVlanTci(uint16_t tci) { return {.type = ActionType::kSetVlanTci, .tci = tci}; }
  bool operator==(const Action&) const = default;
};
static_assert(sizeof(Action) == 12);

/// The most steps that one translation may produce.
inline constexpr size_t kMaxActions = 16384;

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_ACTION_H_
