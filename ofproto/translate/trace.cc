// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/trace.h"

#include <cstring>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "ofproto/translate/translator.h"

namespace vsw {
namespace {

// What the datapath would look the packet up with next, if it does.
struct Next {
  uint32_t recirc_id;
  std::string reason;
  bool inner;  // parsed behind labels or tags that were taken off
};

uint32_t IdInSlots(const Action* slots, uint32_t index) {
  uint32_t id;
  std::memcpy(&id, reinterpret_cast<const uint8_t*>(slots) + index * sizeof(id), sizeof(id));
  return id;
}

void FindNext(std::span<const Action> actions, const TraceFacts& facts, std::vector<Next>* next) {
  for (size_t i = 0; i < actions.size(); ++i) {
    const Action& action = actions[i];
    switch (action.type) {
      case ActionType::kController:
        i += ActionSlots(action.value);
        break;
      case ActionType::kRecirculate:
        next->push_back({action.value, "its inner headers are parsed", true});
        break;
      case ActionType::kRecirculateByLength: {
        const bool longer = facts.packet_bytes > action.small;
        next->push_back(
            {longer ? action.value : action.mask,
             fmt::format("{} bytes {} {}", facts.packet_bytes, longer ? ">" : "<=", action.small),
             false});
        break;
      }
      case ActionType::kRecirculateByHash: {
        const uint32_t slot = facts.hash % action.value;
        next->push_back({IdInSlots(&action + 1, slot),
                         fmt::format("hash selects slot {} of {}", slot, action.value), false});
        i += ActionSlots(action.value * sizeof(uint32_t));
        break;
      }
      default:
        break;
    }
  }
}

// The key that a worker would make of the packet after `actions`: as far as they are edits.
void ApplyEdits(std::span<const Action> actions, FlowKey* key) {
  for (size_t i = 0; i < actions.size(); ++i) {
    const Action& action = actions[i];
    const uint16_t tci = static_cast<uint16_t>(action.tci() | kVlanPresent);
    switch (action.type) {
      case ActionType::kSetWord: {
        uint32_t word;
        uint8_t* at = key->line(0) + action.index * sizeof(word);
        std::memcpy(&word, at, sizeof(word));
        word = (word & ~action.mask) | action.value;
        std::memcpy(at, &word, sizeof(word));
        break;
      }
      case ActionType::kPushVlan:
        key->vlan[1] = key->vlan[0];
        key->vlan[0] = {.tpid = Be16::From(action.small), .tci = Be16::From(tci)};
        break;
      case ActionType::kPopVlan:
        key->vlan[0] = key->vlan[1];
        key->vlan[1] = {};
        break;
      case ActionType::kSetVlanTci:
        key->vlan[0].tci = Be16::From(tci);
        break;
      case ActionType::kPushMpls:
        key->mpls = {Be32::From(action.value), key->mpls[0], key->mpls[1]};
        key->eth_type = Be16::From(action.small);
        break;
      case ActionType::kPopMpls:
        key->mpls = {key->mpls[1], key->mpls[2], Be32{0}};
        key->eth_type = Be16::From(action.small);
        break;
      case ActionType::kSetMpls:
        key->mpls[0] = Be32::From((key->mpls[0].Get() & ~action.mask) | action.value);
        break;
      case ActionType::kClone:
        i += action.value;
        break;
      case ActionType::kController:
        i += ActionSlots(action.value);
        break;
      default:
        break;
    }
  }
}

// The edits that a packet has seen when it recirculates at the end of some scope: those outside,
// and those in it.
struct Path {
  std::vector<Action> edits;
  std::vector<Next> next;
};
void Collect(std::span<const Action> actions, const TraceFacts& facts, std::vector<Action> before,
             std::vector<Path>* paths) {
  size_t plain_from = 0;
  for (size_t i = 0; i < actions.size(); ++i) {
    const Action& action = actions[i];
    if (action.type == ActionType::kController) i += ActionSlots(action.value);
    if (action.type == ActionType::kClone) {
      before.insert(before.end(), actions.begin() + plain_from, actions.begin() + i);
      Collect(actions.subspan(i + 1, action.value), facts, before, paths);
      i += action.value;
      plain_from = i + 1;
    }
    std::vector<Next> next;
    if (i < actions.size() && action.type >= ActionType::kRecirculate) {
      FindNext(actions.subspan(i), facts, &next);
      before.insert(before.end(), actions.begin() + plain_from, actions.begin() + i);
      paths->push_back({before, next});
      return;
    }
  }
}

void Follow(const ConfigSnapshot& config, FrozenPool* frozen, const FlowKey& key,
            std::string reason, const TraceFacts& facts, TraceResult* result) {
  constexpr size_t kMostPasses = 64;
  if (result->passes.size() == kMostPasses) return;
  auto translation = std::make_unique<Translation>();
  translation->Clear();
  TraceSink sink;
  TranslatePacket(config, frozen, key, translation.get(), &sink);
  TracePass pass;
  pass.key = key;
  pass.mask = translation->mask;
  pass.reason = std::move(reason);
  pass.story = sink.TakeRoot();
  pass.actions.assign(translation->actions.begin(), translation->actions.end());
  pass.drop_reason = translation->drop_reason;
  result->passes.push_back(std::move(pass));

  std::vector<Path> paths;
  Collect(translation->actions.span(), facts, {}, &paths);
  for (const Path& path : paths) {
    for (const Next& next : path.next) {
      FlowKey again = next.inner && facts.inner != nullptr ? *facts.inner : key;
      if (next.inner && facts.inner == nullptr) continue;
      again.in_port = key.in_port;
      again.recirc_id = next.recirc_id;
      std::memcpy(again.line(3), key.line(3), kTunnelLinesBytes);
      if (!next.inner) ApplyEdits(path.edits, &again);
      Follow(config, frozen, again, next.reason, facts, result);
    }
  }
}

void Render(const TraceNode& node, int depth, std::string* text) {
  for (const auto& child : node.children) {
    text->append(static_cast<size_t>(depth) * 4, ' ');
    *text += child->step.text + "\n";
    Render(*child, depth + 1, text);
  }
}

}  // namespace

TraceNode* TraceSink::Append(TraceStep step) {
  auto& children = open_.back()->children;
  children.push_back(std::make_unique<TraceNode>());
  children.back()->step = std::move(step);
  return children.back().get();
}

void TraceSink::Recirculates(const Action& action) {
  const char* why = "to have its inner headers parsed";
  if (action.type == ActionType::kRecirculateByLength) why = "to have its length looked at";
  if (action.type == ActionType::kRecirculateByHash) why = "to have its hash select a bucket";
  Add({"recirculate", std::string("-> recirculates ") + why});
}

void TraceSink::Resumed(uint32_t answer) {
  Add({"resume", fmt::format("-> comes back (answer {})", answer)});
}

TraceResult Trace(const ConfigSnapshot& config, FrozenPool* frozen, const FlowKey& key,
                  const TraceFacts& facts) {
  TraceResult result;
  Follow(config, frozen, key, "", facts, &result);
  return result;
}

std::string RenderTrace(const TraceResult& result) {
  std::string text;
  for (const TracePass& pass : result.passes) {
    if (!pass.reason.empty()) {
      text += fmt::format("\nrecirc({:#x}): {}\n", pass.key.recirc_id, pass.reason);
    }
    Render(pass.story, 0, &text);
    text += "\nMegaflow: " + FormatMegaflow(pass.key, pass.mask) + "\n";
    text += "Datapath actions: " + FormatDatapathActions(pass.actions) + "\n";
    if (pass.drop_reason != DropReason::kNone) {
      const DropReasonInfo& why = Describe(pass.drop_reason);
      text += fmt::format("Dropped: {} ({})\n", why.name, why.meaning);
    }
  }
  return text;
}

}  // namespace vsw
