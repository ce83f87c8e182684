// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/trace.h"

#include <cstring>
#include <optional>
#include <utility>

#include "datapath/flow/select_hash.h"
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

// What is asked of a packet that recirculates.
struct Subject {
  const FlowKey& key;  // that it was looked up with
  uint32_t bytes;      // as it came in
};

// Calls `edit` for those of `actions` that are done to the packet itself; what is done to a copy of
// it, and what other actions bring along as bytes, is left out.
template <typename Edit>
void ForEachEdit(std::span<const Action> actions, Edit edit) {
  for (size_t i = 0; i < actions.size(); ++i) {
    const Action& action = actions[i];
    edit(action);
    i += action.type == ActionType::kClone ? action.value : DataSlots(action);
  }
}

// By how much tags and labels make a packet longer; modulo 2^32.
uint32_t GrownBy(std::span<const Action> actions) {
  constexpr uint32_t kTagBytes = 4;
  uint32_t bytes = 0;
  ForEachEdit(actions, [&bytes](const Action& edit) {
    const ActionType type = edit.type;
    if (type == ActionType::kPushVlan || type == ActionType::kPushMpls) bytes += kTagBytes;
    if (type == ActionType::kPopVlan || type == ActionType::kPopMpls) bytes -= kTagBytes;
  });
  return bytes;
}

// What is written into headers that stay.
void ApplyWords(std::span<const Action> actions, FlowKey* key) {
  ForEachEdit(actions, [key](const Action& edit) {
    if (edit.type != ActionType::kSetWord) return;
    uint32_t word;
    uint8_t* at = key->line(0) + edit.index * sizeof(word);
    std::memcpy(&word, at, sizeof(word));
    word = (word & ~edit.mask) | edit.value;
    std::memcpy(at, &word, sizeof(word));
  });
}

// Tags and labels.
void ApplyStructure(std::span<const Action> actions, FlowKey* key) {
  ForEachEdit(actions, [key](const Action& edit) {
    const uint16_t tci = static_cast<uint16_t>(edit.tci() | kVlanPresent);
    switch (edit.type) {
      case ActionType::kPushVlan:
        key->vlan[1] = key->vlan[0];
        key->vlan[0] = {.tpid = Be16::From(edit.small), .tci = Be16::From(tci)};
        break;
      case ActionType::kPopVlan:
        key->vlan[0] = key->vlan[1];
        key->vlan[1] = {};
        break;
      case ActionType::kSetVlanTci:
        key->vlan[0].tci = Be16::From(tci);
        break;
      case ActionType::kPushMpls:
        key->mpls = {Be32::From(edit.value), key->mpls[0], key->mpls[1]};
        key->eth_type = Be16::From(edit.small);
        break;
      case ActionType::kPopMpls:
        key->mpls = {key->mpls[1], key->mpls[2], Be32{0}};
        key->eth_type = Be16::From(edit.small);
        break;
      case ActionType::kSetMpls:
        key->mpls[0] = Be32::From((key->mpls[0].Get() & ~edit.mask) | edit.value);
        break;
      default:
        break;
    }
  });
}

uint32_t IdInSlots(const Action* slots, uint32_t index) {
  uint32_t id;
  std::memcpy(&id, reinterpret_cast<const uint8_t*>(slots) + index * sizeof(id), sizeof(id));
  return id;
}

bool Recirculates(ActionType type) {
  return type == ActionType::kRecirculate || type == ActionType::kRecirculateByLength ||
         type == ActionType::kRecirculateByHash;
}

// Where `action`, with its slots behind it, leads a packet to which `edits` were done.
// REQUIRES: it recirculates.
Next NextOf(const Action& action, std::span<const Action> edits, const Subject& packet) {
  if (action.type == ActionType::kRecirculateByLength) {
    const uint32_t bytes = packet.bytes + GrownBy(edits);
    const bool longer = bytes > action.small;
    return {longer ? action.value : action.mask,
            fmt::format("{} bytes {} {}", bytes, longer ? ">" : "<=", action.small), false};
  }
  if (action.type == ActionType::kRecirculateByHash) {
    const uint32_t slot = SelectByHash(SelectHash(packet.key, action.mask), action.value);
    return {IdInSlots(&action + 1, slot),
            fmt::format("hash selects slot {} of {}", slot, action.value), false};
  }
  return {action.value, "its inner headers are parsed", true};
}

// The edits that a packet has seen when it recirculates at the end of some scope: those of earlier
// passes, those outside, and those in it.
struct Path {
  std::vector<Action> edits;
  Next next;
};
void Collect(std::span<const Action> actions, const Subject& packet, std::vector<Action> before,
             std::vector<Path>* paths) {
  size_t plain_from = 0;
  for (size_t i = 0; i < actions.size(); ++i) {
    const Action& action = actions[i];
    const bool ends = Recirculates(action.type);
    if (!ends && action.type != ActionType::kClone) {
      i += DataSlots(action);
      continue;
    }
    before.insert(before.end(), actions.begin() + plain_from, actions.begin() + i);
    if (ends) {
      Next next = NextOf(action, before, packet);
      paths->push_back({std::move(before), std::move(next)});
      return;
    }
    Collect(actions.subspan(i + 1, action.value), packet, before, paths);
    i += action.value;
    plain_from = i + 1;
  }
}

// What leaves: kNoPort for controllers. A tunnel's packet is looked into at the tunnel's port.
void CollectOutputs(std::span<const Action> actions, std::vector<PortNo>* outputs) {
  for (size_t i = 0; i < actions.size(); i += 1 + DataSlots(actions[i])) {
    const Action& action = actions[i];
    if (action.type == ActionType::kOutput || action.type == ActionType::kDecapsulate) {
      outputs->push_back(PortNo{action.value});
    } else if (action.type == ActionType::kController) {
      outputs->push_back(kNoPort);
    }
  }
}

bool EndsHere(std::span<const Action> actions) {
  std::vector<PortNo> outputs;
  std::vector<Path> paths;
  CollectOutputs(actions, &outputs);
  Collect(actions, {FlowKey(), 0}, {}, &paths);
  return outputs.empty() && paths.empty();
}

TracePass TranslateOnce(const ConfigSnapshot& config, FrozenPool* frozen, const FlowKey& key) {
  auto translation = std::make_unique<Translation>();
  translation->Clear();
  TraceSink sink;
  TranslatePacket(config, frozen, key, translation.get(), &sink);
  TracePass pass;
  pass.key = key;
  pass.mask = translation->mask;
  pass.story = sink.TakeRoot();
  pass.actions.assign(translation->actions.begin(), translation->actions.end());
  if (EndsHere(pass.actions)) pass.drop_reason = translation->drop_reason;
  return pass;
}

// One trace under way.
class Follower {
 public:
  Follower(const ConfigSnapshot& config, FrozenPool* frozen, const TraceFacts& facts,
           TraceResult* result)
      : config_(config), frozen_(frozen), facts_(facts), result_(result) {}

  /// `done`: the edits of earlier passes.
  void Follow(const FlowKey& key, std::string reason, const std::vector<Action>& done) {
    constexpr size_t kMostPasses = 64;
    if (result_->passes.size() == kMostPasses) return;
    TracePass pass = TranslateOnce(config_, frozen_, key);
    pass.reason = std::move(reason);
    std::vector<Path> paths;
    Collect(pass.actions, {key, facts_.packet_bytes}, done, &paths);
    const size_t index = result_->passes.size();
    result_->passes.push_back(std::move(pass));
    for (const Path& path : paths) {
      FlowKey again = key;
      if (KeyOfNext(path, done.size(), &again)) {
        Follow(again, path.next.reason, path.edits);
      } else {
        NoteUnknown(index);
      }
    }
  }

 private:
  // Makes the key of a packet that comes back from that of the pass before, of which the path's
  // edits are those from `first` on. False: what is in it then is not known.
  bool KeyOfNext(const Path& path, size_t first, FlowKey* key) const {
    const std::span<const Action> edits = path.edits;
    const FlowKey before = *key;
    if (path.next.inner) {
      if (!facts_.parse_again || !facts_.parse_again(edits, key)) return false;
      std::memcpy(key->line(3), before.line(3), kTunnelLinesBytes);
      ApplyWords(edits, key);
    } else {
      ApplyStructure(edits.subspan(first), key);
      ApplyWords(edits.subspan(first), key);
    }
    key->in_port = before.in_port;
    key->recirc_id = path.next.recirc_id;
    return true;
  }

  void NoteUnknown(size_t pass) {
    auto unknown = std::make_unique<TraceNode>();
    unknown->step = {"note", "not followed further: only a whole packet tells what is in it then"};
    result_->passes[pass].story.children.push_back(std::move(unknown));
  }

  const ConfigSnapshot& config_;
  FrozenPool* const frozen_;
  const TraceFacts& facts_;
  TraceResult* const result_;
};

void Render(const TraceNode& node, size_t indent, std::string* text) {
  for (const auto& child : node.children) {
    const std::string blanks(indent, ' ');
    const bool is_bridge = child->step.kind == "bridge";
    if (is_bridge) *text += "\n";
    *text += blanks + child->step.text + "\n";
    if (is_bridge) *text += blanks + std::string(child->step.text.size(), '-') + "\n";
    Render(*child, is_bridge ? indent : indent + 4, text);
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
  Follower(config, frozen, facts, &result).Follow(key, "", {});
  return result;
}

TraceFate FateOf(const TraceResult& result) {
  TraceFate fate;
  for (const TracePass& pass : result.passes) CollectOutputs(pass.actions, &fate.outputs);
  if (!fate.outputs.empty()) return fate;
  for (const TracePass& pass : result.passes) {
    if (pass.drop_reason != DropReason::kNone) fate.drop_reason = pass.drop_reason;
  }
  return fate;
}

std::string RenderTrace(const TraceResult& result, const PortNamer& name_of) {
  std::string text;
  for (const TracePass& pass : result.passes) {
    if (!pass.reason.empty()) {
      text += fmt::format("\nrecirc({:#x}): {}\n", pass.key.recirc_id, pass.reason);
    }
    Render(pass.story, 0, &text);
    text += "\nMegaflow: " + FormatMegaflow(pass.key, pass.mask, name_of) + "\n";
    text += "Datapath actions: " + FormatDatapathActions(pass.actions, name_of) + "\n";
  }
  const TraceFate fate = FateOf(result);
  std::string leaves;
  for (const PortNo port : fate.outputs) {
    leaves += (leaves.empty() ? "" : ", ") + (port == kNoPort ? "CONTROLLER" : name_of(port));
  }
  if (!leaves.empty()) text += "Fate: sent to " + leaves + "\n";
  if (fate.drop_reason != DropReason::kNone) {
    const DropReasonInfo& why = Describe(fate.drop_reason);
    text += fmt::format("Fate: dropped, {} ({})\n", why.name, why.meaning);
  }
  return text;
}

}  // namespace vsw
