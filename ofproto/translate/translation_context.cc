// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/translation_context.h"

#include <algorithm>

#include "ofproto/translate/tags.h"

namespace vsw {

namespace {

template <typename T, size_t kCapacity>
constexpr size_t CapacityOf(BoundedVector<T, kCapacity> Translation::*) {
  return kCapacity;
}

}  // namespace

void TranslationContext::DependOn(Tag tag) {
  // The last place is kept for a tag that stands for all changes: too many dependencies cost
  // needless retranslations, but no lost one and no uncached flow.
  constexpr size_t kLast = CapacityOf(&Translation::tags) - 1;
  if (result_.tags.size() < kLast) {
    result_.tags.push_back(tag);
  } else if (result_.tags.size() == kLast) {
    result_.tags.push_back(kAnyChangeTag);
  }
}

void TranslationContext::Count(StatId stat) {
  if (silent() || stat == kNoStat) return;
  if (writer.is_conditional()) {
    writer.Append(Action::Count(ToInt(stat)));
  } else {
    result_.stats.push_back(stat);
  }
}

void TranslationContext::Output(PortNo port, const FrameTags& tags) {
  if (tags.overflowed()) return Fail(DropReason::kTooManyActions);
  writer.Output(port, cut_bytes, tags);
  if (result_.actions.overflowed()) Fail(DropReason::kTooManyActions);
}

void TranslationContext::Drop(DropReason reason) {
  if (!silent() && first_drop_ == DropReason::kNone) first_drop_ = reason;
}

void TranslationContext::Fail(DropReason reason) {
  if (failed_) return;
  failed_ = true;
  failure_ = reason;
}

bool TranslationContext::Step() {
  if (++steps_ <= kMaxSteps) return true;
  Fail(DropReason::kTooManySteps);
  return false;
}

bool TranslationContext::CountAction(size_t count) {
  actions_done_ += count;
  if (actions_done_ <= kMaxActionsDone) return true;
  Fail(DropReason::kTooManySteps);
  return false;
}

TranslationContext::Level::Level(TranslationContext& context, bool deepens)
    : context_(context), deepens_(deepens) {
  ++context_.nesting_;
  if (deepens_) ++context_.resubmit_depth_;
  ok_ = context_.nesting_ <= kMaxNesting && context_.resubmit_depth_ <= kMaxResubmitDepth;
  if (!ok_) context_.Fail(DropReason::kResubmitDepth);
}

TranslationContext::Level::~Level() {
  --context_.nesting_;
  if (deepens_) --context_.resubmit_depth_;
}

TranslationContext::Scope::Scope(TranslationContext& context)
    : context_(context),
      stay_(context.stay),
      stack_(context.stack),
      cut_bytes_(context.cut_bytes),
      exited_(context.exited_),
      stopped_(context.stopped_) {
  context_.writer.Open(&writer_);
  context_.view.Save(&view_);
  ++context_.scope_depth_;
}

TranslationContext::Scope::~Scope() {
  context_.view.Restore(view_);
  context_.writer.Close(writer_);
  context_.stay = stay_;
  context_.stack = stack_;
  context_.cut_bytes = cut_bytes_;
  context_.exited_ = exited_;
  context_.stopped_ = stopped_;
  if (context_.scope_depth_-- == context_.last_scope_) context_.finished_ = true;
}

bool TranslationContext::Enter(BridgeId bridge, VlanId vlan) {
  bool circle = depth_ == kMaxDepth || visits_ == kMaxVisits;
  for (size_t i = 0; i < depth_ && !circle; ++i) {
    circle = way_[i].bridge == bridge && way_[i].vlan == vlan;
  }
  if (circle) {
    Drop(DropReason::kPatchLoop);
    return false;
  }
  way_[depth_++] = {.bridge = bridge, .vlan = vlan};
  ++visits_;
  return true;
}

const PipelineState* TranslationContext::StateOf(const BridgeRules& bridge) {
  if (bridge.pipeline == nullptr) return nullptr;
  for (size_t i = 0; i < seen_count_; ++i) {
    if (seen_[i].bridge == &bridge) return seen_[i].state;
  }
  const PipelineState* state = bridge.pipeline->state.load(std::memory_order_acquire);
  if (seen_count_ < seen_.size()) {
    seen_[seen_count_++] = {.bridge = &bridge, .state = state, .tables = {}};
  } else {
    // Beyond so many bridges their states are not remembered; then the decision is not either.
    SetUncacheable();
  }
  return state;
}

PortNo TranslationContext::TaughtPort(BridgeId bridge, VlanId vlan, const MacAddress& mac) const {
  const size_t known = std::min(taught_count_, taught_.size());
  for (size_t i = 1; i <= known; ++i) {
    const LearnEvent& event = taught_[(taught_count_ - i) % taught_.size()];
    if (event.bridge == bridge && event.vlan == vlan && event.mac == mac) return event.port;
  }
  return kNoPort;
}

uint32_t TranslationContext::ConfigOf(const PortRules& port) const {
  if (stay.state == nullptr || stay.state->port_config == nullptr) return 0;
  const auto found = stay.state->port_config->find(port.number);
  return found == stay.state->port_config->end() ? 0 : found->second;
}

bool TranslationContext::FirstLookupIn(uint8_t table) {
  for (size_t i = 0; i < seen_count_; ++i) {
    if (seen_[i].bridge != stay.bridge) continue;
    if (seen_[i].tables[table]) return false;
    seen_[i].tables[table] = true;
  }
  return true;
}

uint32_t TranslationContext::Remember(const Node& node, DropReason if_full) {
  if (node_count_ == kMaxNodes) {
    Fail(if_full);
    return 0;
  }
  nodes_[node_count_] = node;
  return ++node_count_;
}

void TranslationContext::Resume() {
  last_scope_ = scope_depth_;
  if (replay.next < replay.length) return;
  writer.SetSilent(false);
  view.SetMarking(true);
}

void TranslationContext::Finish() {
  if (replay.next < replay.length && !failed_) {
    // What the packet recirculated for is not asked any more.
    Fail(DropReason::kRecirculationStale);
    SetUncacheable();
  }
  view.Flush();
  if (failed_) {
    result_.actions.clear();
    result_.notes.clear();
    result_.drop_reason = failure_;
    return;
  }
  writer.Finish();
  if (result_.actions.overflowed()) {
    result_.actions.clear();
    result_.drop_reason = DropReason::kTooManyActions;
    return;
  }
  for (const Action& action : result_.actions) {
    // Data slots may be taken for outputs: then the packet was at least sent to a controller.
    if (action.type != ActionType::kMeter && action.type != ActionType::kCount) return;
  }
  result_.drop_reason = first_drop_;
}

}  // namespace vsw
