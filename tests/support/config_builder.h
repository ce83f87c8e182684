// SPDX-License-Identifier: Apache-2.0
//
// Slow-path configurations for tests, as one reads them aloud:
//   Config(BridgeBuilder(0).With(Access(1, 10)).With(Trunk(2).Allowing({10, 20})))
#ifndef VSW_TESTS_SUPPORT_CONFIG_BUILDER_H_
#define VSW_TESTS_SUPPORT_CONFIG_BUILDER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "datapath/flow/slow_path.h"

namespace vsw::testing {

class PortBuilder {
 public:
  PortBuilder(uint32_t number, VlanMode mode, uint16_t tag) {
    port_.number = PortNo{number};
    port_.name = "p" + std::to_string(number);
    port_.ofport = OfPort{number};
    port_.vlan_mode = mode;
    port_.tag = tag;
  }
  PortBuilder& Allowing(std::vector<uint16_t> vlans) {
    return port_.trunks = std::move(vlans), *this;
  }
  PortBuilder& Customers(std::vector<uint16_t> vlans) {
    return port_.cvlans = std::move(vlans), *this;
  }
  PortBuilder& ServiceType(uint16_t tpid) { return port_.qinq_ethertype = tpid, *this; }
  PortBuilder& Priority(PriorityTags tags) { return port_.priority_tags = tags, *this; }
  PortBuilder& Named(std::string name) { return port_.name = std::move(name), *this; }
  PortBuilder& Down() { return port_.usable = false, *this; }
  PortBuilder& PatchTo(uint32_t peer) {
    port_.is_patch = true;
    port_.patch_peer = PortNo{peer};
    return *this;
  }
  operator const SlowPathPort&() const { return port_; }  // NOLINT: reads like the port

 private:
  SlowPathPort port_;
};

inline PortBuilder Access(uint32_t port, uint16_t vlan) { return {port, VlanMode::kAccess, vlan}; }
inline PortBuilder Trunk(uint32_t port) { return {port, VlanMode::kTrunk, 0}; }
inline PortBuilder NativeTagged(uint32_t port, uint16_t vlan) {
  return {port, VlanMode::kNativeTagged, vlan};
}
inline PortBuilder NativeUntagged(uint32_t port, uint16_t vlan) {
  return {port, VlanMode::kNativeUntagged, vlan};
}
inline PortBuilder Tunnel(uint32_t port, uint16_t vlan) {
  return {port, VlanMode::kDot1qTunnel, vlan};
}
inline PortBuilder Patch(uint32_t port, uint32_t peer) { return Trunk(port).PatchTo(peer); }

class BridgeBuilder {
 public:
  explicit BridgeBuilder(uint32_t id) {
    bridge_.id = BridgeId{id};
    bridge_.name = "br" + std::to_string(id);
    bridge_.dpid = id;
  }
  BridgeBuilder& With(const SlowPathPort& port) { return bridge_.ports.push_back(port), *this; }
  BridgeBuilder& Static(uint16_t vlan, MacAddress mac, uint32_t port) {
    bridge_.static_fdb.push_back({VlanId{vlan}, mac, PortNo{port}});
    return *this;
  }
  BridgeBuilder& Ageing(uint32_t seconds) { return bridge_.fdb_ageing_seconds = seconds, *this; }
  BridgeBuilder& MaxEntries(uint32_t count) { return bridge_.fdb_max_entries = count, *this; }
  BridgeBuilder& Named(std::string name) { return bridge_.name = std::move(name), *this; }
  operator const SlowPathBridge&() const { return bridge_; }  // NOLINT: reads like the bridge

 private:
  SlowPathBridge bridge_;
};

template <typename... Bridges>
SlowPathConfig Config(const Bridges&... bridges) {
  return {.bridges = {static_cast<const SlowPathBridge&>(bridges)...}};
}

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_CONFIG_BUILDER_H_
