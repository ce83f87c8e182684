// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/orders.h"

#include <algorithm>

namespace vsw {
namespace {

// Of one step. A megaflow found by its tag costs a cache miss or three, one found by walking the
// slots hardly one.
constexpr uint32_t kTaggedPerStep = 256;
constexpr uint32_t kSlotsPerStep = 512;
constexpr size_t kRowsAtOnce = 256;

}  // namespace

bool InvalidateOrder::Step(Pipeline& pipeline) {
  FlowTable& flows = pipeline.flows();
  const size_t count = tags_.empty() ? filters_.size() : tags_.size();
  for (uint32_t budget = kTaggedPerStep; next_ < count && budget > 0;) {
    const DatapathControl::TagFilter* filter = tags_.empty() ? &filters_[next_] : nullptr;
    if (!begun_) flows.BeginInvalidation(filter != nullptr ? filter->tag : tags_[next_]);
    begun_ = true;
    if (!flows.ContinueInvalidation(filter, &budget, pipeline.report())) return false;
    begun_ = false;
    ++next_;
    budget -= budget > 0;  // a tag that nothing carries costs something, too
  }
  return next_ == count;
}

InjectOrder::InjectOrder(std::span<const uint8_t> frame, PortNo in_port,
                         const Translation& translation)
    : frame_(frame.begin(), frame.end()),
      in_port_(in_port),
      actions_(translation.actions.begin(), translation.actions.end()),
      stats_(translation.stats.begin(), translation.stats.end()),
      drop_reason_(translation.drop_reason) {}

bool InjectOrder::Step(Pipeline& pipeline) {
  pipeline.Inject(frame_, in_port_, actions_, stats_, drop_reason_);
  return true;
}

ListOrder::ListOrder(uint32_t cursor, size_t most) : cursor_(cursor) {
  rows_.reserve(std::min(most, kRowsAtOnce));
  actions_.reserve(kMaxActions);  // any one list, at least
}

bool ListOrder::Step(Pipeline& pipeline) {
  const auto copy = [this](const Megaflow& flow, const FlowKey& key) {
    const std::span<const Action> actions = flow.actions->span();
    const bool room =
        rows_.size() < rows_.capacity() && actions_.size() + actions.size() <= actions_.capacity();
    if (!room) return false;
    rows_.push_back({.key = key,
                     .mask = *flow.mask,
                     .first_action = actions_.size(),
                     .action_count = actions.size(),
                     .drop_reason = flow.actions->drop_reason,
                     .packets = flow.packets,
                     .bytes = flow.bytes,
                     .used_tsc = flow.used_tsc});
    actions_.insert(actions_.end(), actions.begin(), actions.end());
    return true;
  };
  const uint32_t before = cursor_;
  through_ = pipeline.flows().VisitSome(&cursor_, kSlotsPerStep, copy);
  // It got no further than its room: the next order goes on from there.
  return through_ || cursor_ - before < kSlotsPerStep;
}

bool MaskCountOrder::Step(Pipeline& pipeline) {
  for (uint32_t port = 0; port < kMaxPorts; ++port) {
    counts_[port] = pipeline.flows().mask_count(PortNo{port});
  }
  return true;
}

bool StartPerfOrder::Step(Pipeline& pipeline) {
  pipeline.StartPerf(duration_tsc_);
  return true;
}

bool ReadPerfOrder::Step(Pipeline& pipeline) {
  totals_ = pipeline.clock()->totals();
  measuring_ = pipeline.clock()->on();
  return true;
}

bool CollectOrder::Step(Pipeline& pipeline) {
  return pipeline.flows().ReportSome(&cursor_, kSlotsPerStep, pipeline.report());
}

}  // namespace vsw
