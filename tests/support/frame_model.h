// SPDX-License-Identifier: Apache-2.0
//
// A frame as the sum of its VLAN tags, and what a list of actions makes of it: the frames that
// leave by each port, and those that are looked up again. For tests that compare results instead of
// action lists.
//
// A key holds two tags. What it cannot say of a third one, its TCI, stands in l4_src here, which
// NORMAL never reads (see KeyBuilder::Vlan()).
#ifndef VSW_TESTS_SUPPORT_FRAME_MODEL_H_
#define VSW_TESTS_SUPPORT_FRAME_MODEL_H_

#include <algorithm>
#include <compare>
#include <cstdint>
#include <functional>
#include <cstring>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/net_types.h"
#include "datapath/flow/action.h"
#include "datapath/packet/flow_key.h"
#include "datapath/packet/tunnel_set.h"
#include "fmt/format.h"

namespace vsw::testing {

struct ModelTag {
  uint16_t vlan = 0;
  uint16_t priority = 0;  // 0..7
  uint16_t tpid = 0x8100;
  auto operator<=>(const ModelTag&) const = default;
};
using ModelTags = std::vector<ModelTag>;  // outermost first

struct Sent {
  uint32_t port;
  ModelTags tags;
  std::string remote = {};  // of a tunnel, where actions say it
  auto operator<=>(const Sent&) const = default;
};

/// "3[10 p5 88a8][20]"; "3" if untagged; "3@192.0.2.1" to that remote of a tunnel.
inline std::string ToString(const Sent& sent) {
  std::string text = std::to_string(sent.port);
  for (const ModelTag& tag : sent.tags) {
    text += fmt::format("[{}", tag.vlan);
    if (tag.priority != 0) text += fmt::format(" p{}", tag.priority);
    if (tag.tpid != 0x8100) text += fmt::format(" {:x}", tag.tpid);
    text += "]";
  }
  if (!sent.remote.empty()) text += "@" + sent.remote;
  return text;
}
inline void PrintTo(const Sent& sent, std::ostream* out) { *out << ToString(sent); }

inline ModelTag TagOf(uint16_t tpid, uint16_t tci) {
  return {.vlan = static_cast<uint16_t>(tci & kVlanIdMask),
          .priority = static_cast<uint16_t>(tci >> 13),
          .tpid = tpid};
}
inline ModelTags TagsOf(const FlowKey& key) {
  ModelTags tags;
  for (const VlanTag& tag : key.vlan) {
    const uint16_t tci = tag.tci.Get();
    if ((tci & kVlanPresent) == 0) return tags;
    tags.push_back(TagOf(tag.tpid.Get(), tci));
  }
  const uint16_t type = key.eth_type.Get();
  if (type == 0x8100 || type == 0x88a8) tags.push_back(TagOf(type, key.l4_src.Get()));
  return tags;
}

/// The key of a frame that is looked up again: as received, with these tags.
inline FlowKey KeyOfPass(FlowKey key, const ModelTags& tags, uint32_t recirc_id) {
  key.recirc_id = recirc_id;
  key.vlan = {};
  key.eth_type = Be16::From(0x0800);
  for (size_t i = 0; i < tags.size(); ++i) {
    const auto tci = static_cast<uint16_t>(tags[i].priority << 13 | tags[i].vlan);
    if (i < key.vlan.size()) {
      key.vlan[i] = {.tpid = Be16::From(tags[i].tpid), .tci = Be16::From(tci | kVlanPresent)};
    } else if (i == key.vlan.size()) {
      key.eth_type = Be16::From(tags[i].tpid);
      key.l4_src = Be16::From(tci);
    } else {
      throw std::logic_error("more tags than this model can say");
    }
  }
  return key;
}

/// Told of a frame that is looked up again.
using LookUpAgain = std::function<void(const ModelTags& tags, uint32_t recirc_id)>;

/// Every frame that leaves, by port. Throws on steps that no frame could take.
inline void RunOn(ModelTags tags, std::span<const Action> actions, std::vector<Sent>* sent,
                  const LookUpAgain& again) {
  std::string remote;
  for (size_t i = 0; i < actions.size(); ++i) {
    const Action& action = actions[i];
    const ModelTag tag = TagOf(action.small, action.tci());
    const bool has_tci =
        action.type == ActionType::kPushVlan || action.type == ActionType::kSetVlanTci;
    if (has_tci && action.tci() & kVlanPresent) {
      throw std::logic_error("the present bit in an action's tci");
    }
    switch (action.type) {
      case ActionType::kOutput:
        sent->push_back({ToInt(action.port()), tags, remote});
        continue;
      case ActionType::kSetTunnel: {
        TunnelSet set;
        std::memcpy(static_cast<void*>(&set), &action + 1, sizeof(set));
        remote = set.has(TunnelSet::kRemote) ? set.remote.ToString() : "";
        i += DataSlots(action);
        continue;
      }
      case ActionType::kPushVlan:
        tags.insert(tags.begin(), tag);
        continue;
      case ActionType::kPopVlan:
        if (tags.empty()) throw std::logic_error("pop of a tag that is not there");
        tags.erase(tags.begin());
        continue;
      case ActionType::kSetVlanTci:
        if (tags.empty()) throw std::logic_error("change of a tag that is not there");
        tags[0].vlan = tag.vlan;
        tags[0].priority = tag.priority;
        continue;
      case ActionType::kCount:
        continue;
      case ActionType::kClone:
        if (i + action.value >= actions.size()) throw std::logic_error("clone cut short");
        RunOn(tags, actions.subspan(i + 1, action.value), sent, again);
        i += action.value;
        continue;
      case ActionType::kRecirculate:
        again(tags, action.value);
        return;
      default:
        throw std::logic_error("a step that this model does not know");
    }
  }
}

/// Of a list that looks nothing up again.
inline std::vector<Sent> RunActions(const FlowKey& key, std::span<const Action> actions) {
  std::vector<Sent> sent;
  RunOn(TagsOf(key), actions, &sent, [](const ModelTags&, uint32_t) {
    throw std::logic_error("looked up again where this is not expected");
  });
  std::sort(sent.begin(), sent.end());
  return sent;
}

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_FRAME_MODEL_H_
