// SPDX-License-Identifier: Apache-2.0
//
// The ports of one bridge as OpenFlow tells of them: descriptions, what port-mod set, and which of
// them came, went or changed between two configurations (OpenFlow 1.3 sections 7.2.1, 7.3.4.3,
// 7.4.3).
//
// Thread safety: the slow thread alone.
#ifndef VSW_OFPROTO_BRIDGE_PORTS_H_
#define VSW_OFPROTO_BRIDGE_PORTS_H_

#include <cstdint>
#include <map>
#include <vector>

#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/flow/slow_path.h"
#include "ofproto/error.h"
#include "ofproto/message/messages.h"

namespace vsw {

class BridgePorts {
 public:
  /// What differs from the ports before, in the order of their numbers.
  std::vector<PortStatus> Configure(const SlowPathBridge& config, uint64_t now_ns);
  /// Whether Modify() would take it.
  OfStatus Check(const PortMod& mod) const;
  /// Sets `*changed` to the port, or to kNoPort if the mod changes nothing.
  OfStatus Modify(const PortMod& mod, PortNo* changed);

  std::vector<PortDesc> List() const;
  PortDesc Describe(PortNo port) const;
  /// port_config bits of those ports that have any.
  const std::map<PortNo, uint32_t>& settings() const { return settings_; }
  MacAddress local_mac() const { return local_mac_; }
  bool Has(uint32_t of_port) const { return ports_.contains(of_port); }

  struct Entry {
    PortNo number;
    PortDesc desc;
    uint64_t created_ns;
  };
  const std::map<uint32_t, Entry>& ports() const { return ports_; }  // by OpenFlow number

 private:
  PortDesc DescOf(const SlowPathPort& port) const;

  std::map<uint32_t, Entry> ports_;
  std::map<PortNo, uint32_t> settings_;
  MacAddress local_mac_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_BRIDGE_PORTS_H_
