// SPDX-License-Identifier: Apache-2.0
#include "tests/support/normal_oracle.h"

#include <algorithm>
#include <optional>

namespace vsw::testing {
namespace {

constexpr size_t kMostBridgesInARow = 16;

bool In(const std::vector<uint16_t>& list, uint16_t vlan) {
  return vlan <= 4094 && (list.empty() || std::find(list.begin(), list.end(), vlan) != list.end());
}

// A frame inside a bridge.
struct Inside {
  uint16_t vlan;
  uint16_t priority;
  uint16_t tpid;      // of the tag that says `vlan`, where the frame is sent with one
  ModelTags payload;  // the tags behind that one
};

class Evaluator {
 public:
  Evaluator(const SlowPathConfig& config, const std::vector<FdbRow>& fdb, const FlowKey& key)
      : config_(config), fdb_(fdb), key_(key) {}

  OracleVerdict Run() {
    const auto [bridge, port] = Find(key_.in_port);
    if (port == nullptr) {
      Refuse(DropReason::kNoBridge);
    } else {
      Receive(*bridge, *port, TagsOf(key_), {});
    }
    std::sort(verdict_.sent.begin(), verdict_.sent.end());
    return verdict_;
  }

 private:
  using Way = std::vector<std::pair<BridgeId, uint16_t>>;
  using Place = std::pair<const SlowPathBridge*, const SlowPathPort*>;

  Place Find(PortNo number) const {
    for (const SlowPathBridge& bridge : config_.bridges) {
      for (const SlowPathPort& port : bridge.ports) {
        if (port.number == number) return {&bridge, &port};
      }
    }
    return {nullptr, nullptr};
  }

  const FdbRow* FindAddress(BridgeId bridge, uint16_t vlan, const MacAddress& mac) const {
    for (const FdbRow& row : fdb_) {
      if (row.bridge == bridge && ToInt(row.vlan) == vlan && row.mac == mac) return &row;
    }
    return nullptr;
  }

  void Refuse(DropReason reason) { verdict_.refusals.insert(reason); }

  // The ingress side of the table of VLAN modes.
  std::optional<Inside> Sort(const SlowPathPort& port, const ModelTags& tags) {
    if (port.vlan_mode == VlanMode::kDot1qTunnel) {
      const uint16_t customer = tags.empty() ? 0 : tags[0].vlan;
      if (port.tag == 0 || (!port.cvlans.empty() && !In(port.cvlans, customer))) {
        Refuse(DropReason::kVlanNotAllowed);
        return std::nullopt;
      }
      return Inside{port.tag, 0, port.qinq_ethertype, tags};
    }
    const bool access = port.vlan_mode == VlanMode::kAccess;
    const auto wrong = access ? DropReason::kTaggedOnAccess : DropReason::kVlanNotAllowed;
    const uint16_t own = port.vlan_mode == VlanMode::kTrunk ? uint16_t{0} : port.tag;
    Inside frame = {own, 0, 0x8100, {}};
    if (!tags.empty()) {
      const ModelTag outer = tags[0];
      const ModelTags rest(tags.begin() + 1, tags.end());
      const bool only_priority = outer.vlan == 0;
      if ((only_priority && !rest.empty()) || (access && outer.vlan != 0)) {
        Refuse(wrong);
        return std::nullopt;
      }
      frame = {only_priority ? own : outer.vlan, outer.priority, outer.tpid, rest};
    }
    const bool is_own = port.vlan_mode != VlanMode::kTrunk && frame.vlan == own;
    if (!is_own && !In(port.trunks, frame.vlan)) {
      Refuse(wrong);
      return std::nullopt;
    }
    return frame;
  }

  // The egress side of it: the frame as it leaves, if it does.
  static std::optional<ModelTags> Leave(const SlowPathPort& port, const Inside& frame) {
    ModelTags bare = frame.payload;
    ModelTags tagged = bare;
    tagged.insert(tagged.begin(),
                  {.vlan = frame.vlan, .priority = frame.priority, .tpid = frame.tpid});
    ModelTags without = bare;
    if (port.priority_tags == PriorityTags::kAlways ||
        (port.priority_tags == PriorityTags::kIfNonzero && frame.priority != 0)) {
      without.insert(without.begin(), {.vlan = 0, .priority = frame.priority, .tpid = 0x8100});
    }
    switch (port.vlan_mode) {
      case VlanMode::kAccess:
        if (frame.vlan != port.tag) return std::nullopt;
        return without;
      case VlanMode::kTrunk:
        if (!In(port.trunks, frame.vlan)) return std::nullopt;
        return frame.vlan == 0 ? without : tagged;
      case VlanMode::kNativeTagged:
        if (frame.vlan == 0) return port.tag == 0 ? std::optional(without) : std::nullopt;
        if (frame.vlan != port.tag && !In(port.trunks, frame.vlan)) return std::nullopt;
        return tagged;
      case VlanMode::kNativeUntagged:
        if (frame.vlan == port.tag) return without;
        if (frame.vlan == 0 || !In(port.trunks, frame.vlan)) return std::nullopt;
        return tagged;
      case VlanMode::kDot1qTunnel: {
        if (port.tag == 0 || frame.vlan != port.tag) return std::nullopt;
        if (port.cvlans.empty()) return bare;
        if (!In(port.cvlans, bare.empty() ? 0 : bare[0].vlan)) return std::nullopt;
        return bare;
      }
    }
    return std::nullopt;
  }

  void Receive(const SlowPathBridge& bridge, const SlowPathPort& port, const ModelTags& tags,
               Way way) {
    const std::optional<Inside> frame = Sort(port, tags);
    if (!frame) return;
    if (key_.eth_src.is_multicast()) return Refuse(DropReason::kBadSourceAddress);
    if (key_.eth_dst.is_reserved()) return Refuse(DropReason::kReservedAddress);
    const std::pair<BridgeId, uint16_t> here = {bridge.id, frame->vlan};
    if (way.size() == kMostBridgesInARow || std::find(way.begin(), way.end(), here) != way.end()) {
      return Refuse(DropReason::kPatchLoop);
    }
    way.push_back(here);
    ++verdict_.bridges_visited;

    const FdbRow* source = FindAddress(bridge.id, frame->vlan, key_.eth_src);
    const bool fresh = source == nullptr || (!source->is_static && source->port != port.number);
    if (fresh && !key_.eth_src.is_zero()) {
      verdict_.learn.insert(
          {ToInt(bridge.id), frame->vlan, key_.eth_src.ToU64(), ToInt(port.number)});
    }

    const FdbRow* known =
        key_.eth_dst.is_multicast() ? nullptr : FindAddress(bridge.id, frame->vlan, key_.eth_dst);
    const bool is_source = key_.eth_dst == key_.eth_src && !key_.eth_src.is_zero();
    if (is_source && (source == nullptr || !source->is_static)) return Refuse(DropReason::kHairpin);
    if (known != nullptr) return SendToKnown(bridge, port, *frame, known->port, way);
    bool any = false;
    for (const SlowPathPort& out : bridge.ports) {
      if (out.number == port.number || !out.usable) continue;
      if (out.is_patch && (PeerOf(out).second == nullptr || !PeerOf(out).second->usable)) continue;
      const std::optional<ModelTags> leaving = Leave(out, *frame);
      if (!leaving) continue;
      any = true;
      Deliver(out, *leaving, way);
    }
    if (!any) Refuse(DropReason::kNoDestination);
  }

  void SendToKnown(const SlowPathBridge& bridge, const SlowPathPort& in, const Inside& frame,
                   PortNo number, const Way& way) {
    const SlowPathPort& out = *Find(number).second;
    if (out.number == in.number) return Refuse(DropReason::kHairpin);
    const std::optional<ModelTags> leaving = Leave(out, frame);
    if (!leaving) return Refuse(DropReason::kNoDestination);
    Deliver(out, *leaving, way);
  }

  Place PeerOf(const SlowPathPort& patch) const {
    const Place peer = Find(patch.patch_peer);
    const bool mutual =
        peer.second != nullptr && peer.second->is_patch && peer.second->patch_peer == patch.number;
    return mutual ? peer : Place{nullptr, nullptr};
  }

  void Deliver(const SlowPathPort& out, const ModelTags& tags, const Way& way) {
    if (!out.is_patch) {
      verdict_.sent.push_back({ToInt(out.number), tags});
      return;
    }
    const auto [bridge, peer] = PeerOf(out);
    if (peer == nullptr) return Refuse(DropReason::kNoDestination);
    if (!out.usable || !peer->usable) return Refuse(DropReason::kPortDown);
    Receive(*bridge, *peer, tags, way);
  }

  const SlowPathConfig& config_;
  const std::vector<FdbRow>& fdb_;
  const FlowKey& key_;
  OracleVerdict verdict_;
};

}  // namespace

OracleVerdict NormalOracle(const SlowPathConfig& config, const std::vector<FdbRow>& fdb,
                           const FlowKey& key) {
  return Evaluator(config, fdb, key).Run();
}

}  // namespace vsw::testing
