// SPDX-License-Identifier: Apache-2.0
//
// What the packets of a megaflow count for, packed into the 64 bits of a CreditId: either the
// address table's entry of the packets' source, which they keep from ageing, or one way over a pair
// of patch ports. A credit may outlive what it names; the generation tells.
#ifndef VSW_OFPROTO_CREDIT_H_
#define VSW_OFPROTO_CREDIT_H_

#include <cstdint>

#include "base/net_types.h"
#include "datapath/flow/slow_path.h"

namespace vsw {

/// Names an entry of a MacTable; stale once the entry is removed or moved.
struct MacEntryRef {
  uint32_t index = 0;       // 24 bits
  uint16_t generation = 0;  // 15 bits
  bool operator==(const MacEntryRef&) const = default;
};

struct Credit {
  enum class Kind : uint8_t { kAddress, kPatch };
  Kind kind;
  BridgeId bridge{};           // kAddress
  MacEntryRef entry;           // kAddress
  PortNo patch_out = kNoPort;  // kPatch: the end that sends
  PortNo patch_in = kNoPort;   // kPatch: the end that receives

  static CreditId OfAddress(BridgeId bridge, MacEntryRef entry) {
    return (uint64_t{ToInt(bridge)} & kBridgeMask) << 39 | uint64_t{entry.index} << 15 |
           entry.generation;
  }
  static CreditId OfPatch(PortNo out, PortNo in) {
    return kPatchBit | (uint64_t{ToInt(out)} & kPortMask) << 32 | ToInt(in);
  }
  static Credit Parse(CreditId id) {
    Credit credit{};
    if (id & kPatchBit) {
      credit.kind = Kind::kPatch;
      credit.patch_out = PortNo{static_cast<uint32_t>(id >> 32 & kPortMask)};
      credit.patch_in = PortNo{static_cast<uint32_t>(id)};
    } else {
      credit.kind = Kind::kAddress;
      credit.bridge = BridgeId{static_cast<uint32_t>(id >> 39 & kBridgeMask)};
      credit.entry.index = static_cast<uint32_t>(id >> 15 & 0xffffff);
      credit.entry.generation = static_cast<uint16_t>(id & 0x7fff);
    }
    return credit;
  }

 private:
  static constexpr uint64_t kPatchBit = 1ULL << 63;
  static constexpr uint64_t kBridgeMask = 0xffffff;
  static constexpr uint64_t kPortMask = 0x7fffffff;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_CREDIT_H_
