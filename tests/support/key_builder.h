// SPDX-License-Identifier: Apache-2.0
//
// Flow keys for tests, field by field: KeyBuilder().In(1).Src(0xa).Dst(0xb).Vlan(10). Converts to a
// FlowKey with every line defined. Tags are given outermost first; as in a parsed key, one beyond
// the second shows in the Ethernet type alone. What else there is to say of it is kept in l4_src for
// the model of frames (frame_model.h).
#ifndef VSW_TESTS_SUPPORT_KEY_BUILDER_H_
#define VSW_TESTS_SUPPORT_KEY_BUILDER_H_

#include <cstdint>
#include <cstring>

#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/packet/flow_key.h"

namespace vsw::testing {

/// 02:00:00:00:00:NN, and so on: a unicast address from a small number.
inline MacAddress Mac(uint64_t number) { return MacAddress::FromU64(0x020000000000 | number); }
inline constexpr MacAddress kBroadcast = MacAddress::FromU64(0xffffffffffff);

class KeyBuilder {
 public:
  KeyBuilder() {
    std::memset(static_cast<void*>(&key_), 0, sizeof(key_));
    key_.lines = kAllLines;
    key_.eth_src = Mac(0xa);
    key_.eth_dst = kBroadcast;
    key_.eth_type = Be16::From(0x0800);
  }
  KeyBuilder& In(uint32_t port) { return key_.in_port = PortNo{port}, *this; }
  KeyBuilder& Src(MacAddress mac) { return key_.eth_src = mac, *this; }
  KeyBuilder& Dst(MacAddress mac) { return key_.eth_dst = mac, *this; }
  KeyBuilder& Src(uint64_t number) { return Src(Mac(number)); }
  KeyBuilder& Dst(uint64_t number) { return Dst(Mac(number)); }
  KeyBuilder& Type(uint16_t type) { return key_.eth_type = Be16::From(type), *this; }
  /// One more tag behind those so far. `priority` is 0..7.
  KeyBuilder& Vlan(uint16_t vlan, uint16_t priority = 0, uint16_t tpid = 0x8100) {
    if (tags_ == key_.vlan.size()) {
      key_.l4_src = Be16::From(static_cast<uint16_t>(priority << 13 | vlan));
      return Type(tpid);
    }
    const auto tci = static_cast<uint16_t>(priority << 13 | kVlanPresent | vlan);
    key_.vlan[tags_++] = {.tpid = Be16::From(tpid), .tci = Be16::From(tci)};
    return *this;
  }
  operator const FlowKey&() const { return key_; }  // NOLINT: reads like the key that it is

 private:
  FlowKey key_;
  size_t tags_ = 0;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_KEY_BUILDER_H_
