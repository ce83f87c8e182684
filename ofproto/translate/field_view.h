// SPDX-License-Identifier: Apache-2.0
//
// The only eyes of the translator. A FieldView holds a packet's key and gives out single fields;
// each read sets just the bits that it looked at in the translation's mask. There is no way from a
// FieldView to the key itself, so that a field cannot be read without being marked: whatever the
// translator did not ask for stays wildcarded, and whatever it did ask for is matched.
//
// Reads cost a few instructions. Ask for the narrowest thing that answers the question: each bit
// that is not marked makes the megaflow cover twice as many packets.
#ifndef VSW_OFPROTO_TRANSLATE_FIELD_VIEW_H_
#define VSW_OFPROTO_TRANSLATE_FIELD_VIEW_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/mac_address.h"
#include "base/net_types.h"
#include "datapath/packet/flow_key.h"

namespace vsw {

/// Tags that the key holds; what stands behind them shows in eth_type() alone.
inline constexpr size_t kKeyVlanTags = 2;

class FieldView {
 public:
  /// REQUIRES: both outlive the view; `mask` was cleared.
  FieldView(const FlowKey& key, FlowMask* mask) : key_(key), mask_(*mask) {
    mask_.lines |= kLineBase;
  }
  FieldView(const FieldView&) = delete;
  FieldView& operator=(const FieldView&) = delete;

  PortNo in_port() {
    mask_.bits.in_port = PortNo{0xffffffff};
    return key_.in_port;
  }

  MacAddress eth_src() {
    mask_.bits.eth_src.octets.fill(0xff);
    return key_.eth_src;
  }
  MacAddress eth_dst() {
    mask_.bits.eth_dst.octets.fill(0xff);
    return key_.eth_dst;
  }

  /// The group bit alone.
  bool eth_src_is_group() { return Octet(key_.eth_src, &mask_.bits.eth_src, 0, 0x01) != 0; }
  bool eth_dst_is_group() { return Octet(key_.eth_dst, &mask_.bits.eth_dst, 0, 0x01) != 0; }

  /// Whether it is 01:80:c2:00:00:0x. Looks no further than the first octet that says no, so that
  /// all broadcast and most multicast of a sender shares one megaflow.
  bool eth_dst_is_reserved() {
    constexpr std::array<uint8_t, 6> kReserved = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x00};
    for (size_t i = 0; i < kReserved.size(); ++i) {
      const uint8_t bits = i + 1 < kReserved.size() ? 0xff : 0xf0;
      if (Octet(key_.eth_dst, &mask_.bits.eth_dst, i, bits) != kReserved[i]) return false;
    }
    return true;
  }

  /// Whether there is a tag number `index` (outermost first): one bit.
  /// REQUIRES for all of the tag's fields: index < kKeyVlanTags.
  bool vlan_present(size_t index) { return Tci(index, kVlanPresent) != 0; }
  uint16_t vlan_id(size_t index) { return Tci(index, kVlanIdMask); }
  /// The priority bits where they stand in a TCI (0xe000).
  uint16_t vlan_priority(size_t index) { return Tci(index, kVlanPriorityMask); }
  uint16_t vlan_tpid(size_t index) {
    mask_.bits.vlan[index].tpid = Be16::From(0xffff);
    return key_.vlan[index].tpid.Get();
  }

  /// The type behind the tags that the key holds.
  uint16_t eth_type() {
    mask_.bits.eth_type = Be16::From(0xffff);
    return key_.eth_type.Get();
  }

 private:
  static uint8_t Octet(const MacAddress& mac, MacAddress* mask, size_t index, uint8_t bits) {
    mask->octets[index] |= bits;
    return mac.octets[index] & bits;
  }
  uint16_t Tci(size_t index, uint16_t bits) {
    VlanTag& mask = mask_.bits.vlan[index];
    mask.tci = mask.tci | Be16::From(bits);
    return (key_.vlan[index].tci & Be16::From(bits)).Get();
  }

  const FlowKey& key_;
  FlowMask& mask_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_FIELD_VIEW_H_
