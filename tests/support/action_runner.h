// SPDX-License-Identifier: Apache-2.0
//
// Does action lists on frames, as a worker does: one step after the other, looking the frame up
// again where they say so. It takes nothing for granted: steps that no sound list has throw.
#ifndef VSW_TESTS_SUPPORT_ACTION_RUNNER_H_
#define VSW_TESTS_SUPPORT_ACTION_RUNNER_H_

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "datapath/flow/translation.h"
#include "tests/support/frame.h"

namespace vsw::testing {

/// What became of one frame.
struct Outcome {
  std::vector<std::pair<uint32_t, Frame>> sent;                 // by port
  std::vector<std::pair<std::vector<uint8_t>, Frame>> upcalls;  // blob
  std::map<uint32_t, int> counted;                              // by StatId
  std::vector<std::vector<uint8_t>> tunnels;  // for each of `sent`: the TunnelSet, or empty
  std::vector<std::pair<uint32_t, Frame>> decapsulated;  // by the port that it left by
  std::vector<uint32_t> meters;
  int passes = 0;
};

class ActionRunner {
 public:
  using Translate = std::function<void(const FlowKey& key, Translation* result)>;
  explicit ActionRunner(Translate translate) : translate_(std::move(translate)) {}

  uint32_t hash = 0;
  std::set<uint32_t> dropping_meters;
  /// Told of each pass.
  std::function<void(const FlowKey&, const Translation&)> on_pass;

  Outcome Run(const Frame& frame, PortNo in_port) {
    Outcome outcome;
    Pass(frame, in_port, 0, &outcome);
    return outcome;
  }
  /// The actions of a translation that was made elsewhere.
  Outcome RunList(const Frame& frame, PortNo in_port, std::span<const Action> actions) {
    Outcome outcome;
    Frame copy = frame;
    Do(copy, in_port, actions, &outcome);
    return outcome;
  }

 private:
  void Pass(const Frame& frame, PortNo in_port, uint32_t recirc_id, Outcome* outcome) {
    if (++outcome->passes > 1000) throw std::logic_error("recirculates without end");
    FlowKey key = frame.Key();
    key.in_port = in_port;
    key.recirc_id = recirc_id;
    auto translation = std::make_unique<Translation>();
    translation->Clear();
    translate_(key, translation.get());
    if (on_pass) on_pass(key, *translation);
    for (const StatId stat : translation->stats) ++outcome->counted[ToInt(stat)];
    Frame copy = frame;
    Do(copy, in_port, translation->actions.span(), outcome);
  }

  static uint32_t Id(std::span<const Action> slots, uint32_t index) {
    uint32_t id;
    std::memcpy(&id, reinterpret_cast<const uint8_t*>(slots.data()) + index * sizeof(id),
                sizeof(id));
    return id;
  }

  // False: the frame ended here.
  bool Do(Frame& frame, PortNo in_port, std::span<const Action> actions, Outcome* outcome) {
    for (size_t i = 0; i < actions.size(); ++i) {
      const Action& a = actions[i];
      switch (a.type) {
        case ActionType::kOutput: {
          Frame sent = frame;
          if (a.small != 0 && a.small < sent.bytes().size()) {
            sent = Frame({sent.bytes().begin(), sent.bytes().begin() + a.small});
          }
          outcome->sent.emplace_back(a.value, std::move(sent));
          outcome->tunnels.push_back(tunnel_);
          break;
        }
        case ActionType::kPushVlan:
          frame.PushVlan(a.small, a.tci());
          break;
        case ActionType::kPopVlan:
          if (frame.tags() == 0) throw std::logic_error("pop of a tag that is not there");
          frame.PopVlan();
          break;
        case ActionType::kSetVlanTci:
          if (frame.tags() == 0) throw std::logic_error("change of a tag that is not there");
          frame.SetVlanTci(a.tci());
          break;
        case ActionType::kSetWord:
          if ((a.value & ~a.mask) != 0) throw std::logic_error("value outside of its mask");
          for (size_t byte = 0; byte < 4; ++byte) {
            frame.SetKeyByte(a.index * size_t{4} + byte,
                             reinterpret_cast<const uint8_t*>(&a.value)[byte],
                             reinterpret_cast<const uint8_t*>(&a.mask)[byte]);
          }
          break;
        case ActionType::kPushMpls:
          frame.PushMpls(a.small, a.value);
          break;
        case ActionType::kPopMpls:
          frame.PopMpls(a.small);
          break;
        case ActionType::kSetMpls:
          frame.SetMpls(a.value, a.mask);
          break;
        case ActionType::kMeter:
          outcome->meters.push_back(a.value);
          if (dropping_meters.contains(a.value)) return false;
          break;
        case ActionType::kCount:
          ++outcome->counted[a.value];
          break;
        case ActionType::kController: {
          const auto* data = reinterpret_cast<const uint8_t*>(&a + 1);
          if (i + ActionSlots(a.value) >= actions.size()) throw std::logic_error("blob cut short");
          outcome->upcalls.emplace_back(std::vector<uint8_t>(data, data + a.value), frame);
          i += ActionSlots(a.value);
          break;
        }
        case ActionType::kSetTunnel: {
          const auto* data = reinterpret_cast<const uint8_t*>(&a + 1);
          if (i + ActionSlots(a.value) >= actions.size()) throw std::logic_error("set cut short");
          tunnel_.assign(data, data + a.value);
          i += ActionSlots(a.value);
          break;
        }
        case ActionType::kDecapsulate:
          outcome->decapsulated.emplace_back(a.value, frame);
          return false;
        case ActionType::kClone: {
          if (i + a.value >= actions.size()) throw std::logic_error("clone cut short");
          Frame copy = frame;
          Do(copy, in_port, actions.subspan(i + 1, a.value), outcome);
          i += a.value;
          break;
        }
        case ActionType::kRecirculate:
          Pass(frame, in_port, a.value, outcome);
          return false;
        case ActionType::kRecirculateByLength:
          Pass(frame, in_port, frame.bytes().size() > a.small ? a.value : a.mask, outcome);
          return false;
        case ActionType::kRecirculateByHash:
          Pass(frame, in_port, Id(actions.subspan(i + 1), hash % a.value), outcome);
          return false;
      }
    }
    return true;
  }

  Translate translate_;
  std::vector<uint8_t> tunnel_;  // what the last kSetTunnel said
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_ACTION_RUNNER_H_
