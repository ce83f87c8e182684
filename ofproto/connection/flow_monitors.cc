// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/flow_monitors.h"

#include <algorithm>
#include <utility>

namespace vsw::ofconn {
namespace {

// Updates held before they are made into messages: a rule takes a kilobyte, and one request may
// delete a million.
constexpr size_t kMaxPending = 256;
// NXT_FLOW_MONITOR_PAUSED, NXT_FLOW_MONITOR_RESUMED
constexpr uint16_t kNiciraPaused = 22, kNiciraResumed = 23;
constexpr uint16_t kKnownFlags = monitor_flags::kInitial | monitor_flags::kAdd |
                                 monitor_flags::kDelete | monitor_flags::kModify |
                                 monitor_flags::kActions | monitor_flags::kOwn |
                                 monitor_flags::kOnlyOwn;
constexpr uint8_t kTables = 254;

uint16_t FlagOf(FlowUpdate::Event event) {
  switch (event) {
    case FlowUpdate::Event::kInitial:
      return monitor_flags::kInitial;
    case FlowUpdate::Event::kAdded:
      return monitor_flags::kAdd;
    case FlowUpdate::Event::kDeleted:
      return monitor_flags::kDelete;
    case FlowUpdate::Event::kModified:
      return monitor_flags::kModify;
    default:
      return 0;
  }
}

bool Selects(const FlowSelector& selector, const FlowStats& flow) {
  return (selector.table == kTableAll || selector.table == flow.table) &&
         ((selector.cookie ^ flow.cookie) & selector.cookie_mask) == 0 &&
         flow.match.IsWithin(selector.match) &&
         RefersTo(flow.instructions, selector.out_port, selector.out_group);
}

bool OutputsTo(const OfActions& actions, uint32_t port) {
  return std::any_of(actions.begin(), actions.end(), [port](const OfAction& action) {
    if (const auto* output = std::get_if<act::Output>(&action.what)) return output->port == port;
    if (const auto* queue = std::get_if<act::Enqueue>(&action.what)) return queue->port == port;
    if (std::holds_alternative<act::Controller>(action.what)) return port == kOfpController;
    if (const auto* clone = std::get_if<act::Clone>(&action.what)) {
      return OutputsTo(clone->actions, port);
    }
    return false;
  });
}

bool UsesGroup(const OfActions& actions, uint32_t group) {
  return std::any_of(actions.begin(), actions.end(), [group](const OfAction& action) {
    if (const auto* used = std::get_if<act::Group>(&action.what)) return used->group == group;
    if (const auto* clone = std::get_if<act::Clone>(&action.what)) {
      return UsesGroup(clone->actions, group);
    }
    return false;
  });
}

// A rule is told once, with its instructions if any monitor that it matches wants them.
struct RuleId {
  const FlowStats* flow;
  bool operator<(const RuleId& o) const {
    if (flow->table != o.flow->table) return flow->table < o.flow->table;
    if (flow->priority != o.flow->priority) return flow->priority < o.flow->priority;
    if (const int order = std::memcmp(&flow->match, &o.flow->match, sizeof(Match)); order != 0) {
      return order < 0;
    }
    return false;
  }
};

}  // namespace

bool RefersTo(const Instructions& instructions, uint32_t out_port, uint32_t out_group) {
  const bool port = out_port == kOfpAny || OutputsTo(instructions.apply, out_port) ||
                    OutputsTo(instructions.write, out_port);
  const bool group = out_group == kGroupAny || UsesGroup(instructions.apply, out_group) ||
                     UsesGroup(instructions.write, out_group);
  return port && group;
}

OfStatus FlowMonitors::Apply(const FlowMonitorRequest& request, Map* monitors) const {
  using Command = FlowMonitorRequest::Command;
  const auto it = monitors->find(request.id);
  if (request.command == Command::kDelete) {
    if (it == monitors->end()) return OfErrorId::kMonitorUnknown;
    monitors->erase(it);
    return {};
  }
  if ((request.flags & ~kKnownFlags) != 0) return OfErrorId::kMonitorBadFlags;
  if (request.selector.table != kTableAll && request.selector.table >= kTables) {
    return OfErrorId::kBadTableId;
  }
  if (request.command == Command::kAdd && it != monitors->end()) {
    return OfErrorId::kMonitorExists;
  }
  if (request.command == Command::kModify && it == monitors->end()) {
    return OfErrorId::kMonitorUnknown;
  }
  if (monitors->size() >= kMaxMonitors) {
    return {OfErrorId::kPermission, "too many flow monitors on this connection"};
  }
  (*monitors)[request.id] = Monitor{request.flags, request.selector};
  return {};
}

std::vector<FlowUpdate> FlowMonitors::ListInitial(std::span<const FlowMonitorRequest> requests,
                                                  BridgeControl* bridge) const {
  std::vector<FlowUpdate> updates;
  for (const FlowMonitorRequest& request : requests) {
    if ((request.flags & monitor_flags::kInitial) == 0 ||
        request.command == FlowMonitorRequest::Command::kDelete) {
      continue;
    }
    for (FlowStats& flow : bridge->ListFlows(request.selector)) {
      if ((request.flags & monitor_flags::kActions) == 0) flow.instructions = {};
      updates.push_back({FlowUpdate::Event::kInitial, std::move(flow)});
    }
  }
  if (requests.size() < 2) return updates;
  // Those that several monitors want come once; with instructions before without.
  std::stable_sort(updates.begin(), updates.end(), [](const FlowUpdate& a, const FlowUpdate& b) {
    if (RuleId{&a.flow} < RuleId{&b.flow}) return true;
    if (RuleId{&b.flow} < RuleId{&a.flow}) return false;
    return a.flow.instructions != Instructions{} && b.flow.instructions == Instructions{};
  });
  updates.erase(std::unique(updates.begin(), updates.end(),
                            [](const FlowUpdate& a, const FlowUpdate& b) {
                              return !(RuleId{&a.flow} < RuleId{&b.flow}) &&
                                     !(RuleId{&b.flow} < RuleId{&a.flow});
                            }),
                updates.end());
  return updates;
}

OfStatus FlowMonitors::Change(std::span<const FlowMonitorRequest> requests, uint32_t xid,
                              bool nicira, BridgeControl* bridge) {
  Map changed = monitors_;
  for (const FlowMonitorRequest& request : requests) {
    VSW_OF_RETURN_IF_ERROR(Apply(request, &changed));
  }
  monitors_ = std::move(changed);
  nicira_ = nicira;
  const std::vector<FlowUpdate> initial = ListInitial(requests, bridge);
  outbox_->Add(Outbox::Kind::kReply, EncodeFlowUpdates(version_, xid, nicira, initial));
  return {};
}

OfStatus FlowMonitors::Cancel(uint32_t id) {
  return monitors_.erase(id) != 0 ? OfStatus() : OfStatus(OfErrorId::kMonitorUnknown);
}

uint16_t FlowMonitors::FlagsFor(const FlowUpdate& update, bool own) const {
  uint16_t flags = 0;
  for (const auto& [id, monitor] : monitors_) {
    if ((monitor.flags & FlagOf(update.event)) == 0) continue;
    if ((monitor.flags & monitor_flags::kOnlyOwn) != 0 && !own) continue;
    if (Selects(monitor.selector, update.flow)) flags |= monitor.flags;
  }
  return flags;
}

void FlowMonitors::OnUpdate(const FlowUpdate& update, const uint32_t* own_xid, uint64_t now_ns) {
  if (monitors_.empty()) return;
  if (paused_) {
    // Rules younger than the pause are not known to the peer: Resume() tells those that stay.
    const bool known = update.flow.duration_ns > now_ns - paused_ns_;
    if (update.event != FlowUpdate::Event::kDeleted || !known) return;
  }
  const uint16_t flags = FlagsFor(update, own_xid != nullptr);
  if (flags == 0) return;
  constexpr uint16_t kInFull = monitor_flags::kOwn | monitor_flags::kOnlyOwn;
  if (own_xid == nullptr || (flags & kInFull) != 0 || paused_) {
    pending_.push_back(update);
    if ((flags & monitor_flags::kActions) == 0) pending_.back().flow.instructions = {};
  } else if (!abbreviated_) {
    FlowUpdate short_form{FlowUpdate::Event::kAbbreviated, {}};
    short_form.xid = *own_xid;
    pending_.push_back(std::move(short_form));
    abbreviated_ = true;
  }
  if (pending_.size() >= kMaxPending) {
    SendPending();
    PauseIfSlow(now_ns);
  }
}

void FlowMonitors::SendPending() {
  if (pending_.empty()) return;
  outbox_->Add(Outbox::Kind::kMonitor, EncodeFlowUpdates(version_, 0, nicira_, pending_));
  pending_.clear();
}

void FlowMonitors::PauseIfSlow(uint64_t now_ns) {
  if (paused_ || monitors_.empty() || outbox_->queued() <= kPauseBytes) return;
  paused_ = true;
  paused_ns_ = now_ns;
  SendState(FlowUpdate::Event::kPaused, kNiciraPaused);
}

void FlowMonitors::SendState(FlowUpdate::Event event, uint16_t nicira_subtype) {
  if (nicira_) {
    outbox_->Add(Outbox::Kind::kMonitor, EncodeMonitorState(version_, 0, nicira_subtype));
  } else {
    const FlowUpdate update{event, {}};
    outbox_->Add(Outbox::Kind::kMonitor, EncodeFlowUpdates(version_, 0, false, {&update, 1}));
  }
}

void FlowMonitors::Flush(uint64_t now_ns) {
  SendPending();
  abbreviated_ = false;
  PauseIfSlow(now_ns);
}

void FlowMonitors::Resume(BridgeControl* bridge, uint64_t now_ns) {
  paused_ = false;
  const uint64_t pause_ns = now_ns - paused_ns_;
  FlowSelector all;
  for (FlowStats& flow : bridge->ListFlows(all)) {
    if (flow.hard_ns > pause_ns) continue;
    const bool added = flow.duration_ns <= pause_ns;
    const FlowUpdate update{added ? FlowUpdate::Event::kAdded : FlowUpdate::Event::kModified,
                            std::move(flow)};
    const uint16_t flags = FlagsFor(update, true);
    if (flags == 0) continue;
    pending_.push_back(update);
    if ((flags & monitor_flags::kActions) == 0) pending_.back().flow.instructions = {};
    if (pending_.size() >= kMaxPending) SendPending();
  }
  SendPending();
  SendState(FlowUpdate::Event::kResumed, kNiciraResumed);
}

}  // namespace vsw::ofconn
