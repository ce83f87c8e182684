// SPDX-License-Identifier: Apache-2.0
//
// A set of VLANs (0..4094; 0 = untagged) as a port's configuration gives it: empty means all.
// Immutable. Takes no memory for "all", so that a flood over many plain trunks stays in few cache
// lines.
#ifndef VSW_OFPROTO_VLAN_SET_H_
#define VSW_OFPROTO_VLAN_SET_H_

#include <bitset>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/net_types.h"

namespace vsw {

class VlanSet {
 public:
  /// Members above 4094 are left out: no port can carry them.
  explicit VlanSet(const std::vector<uint16_t>& members) {
    if (members.empty()) return;
    auto bits = std::make_unique<Bits>();
    for (const uint16_t vlan : members) {
      if (vlan <= kMaxVlan) bits->set(vlan);
    }
    bits_ = std::move(bits);
  }

  /// Whether it was given as "all".
  bool is_all() const { return bits_ == nullptr; }
  bool Has(VlanId vlan) const {
    return ToInt(vlan) <= kMaxVlan && (bits_ == nullptr || bits_->test(ToInt(vlan)));
  }

 private:
  using Bits = std::bitset<kMaxVlan + 1>;
  std::unique_ptr<const Bits> bits_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_VLAN_SET_H_
