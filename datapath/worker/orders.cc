// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/orders.h"

namespace vsw {
namespace {

// Of one step. A megaflow found by its tag costs a cache miss or three, one found by walking the
// slots hardly one.
constexpr uint32_t kTaggedPerStep = 256;
constexpr uint32_t kSlotsPerStep = 512;

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

bool CollectOrder::Step(Pipeline& pipeline) {
  return pipeline.flows().ReportSome(&cursor_, kSlotsPerStep, pipeline.report());
}

}  // namespace vsw
