// SPDX-License-Identifier: Apache-2.0
//
// The orders that there are; WorkerSet posts them.
#ifndef VSW_DATAPATH_WORKER_ORDERS_H_
#define VSW_DATAPATH_WORKER_ORDERS_H_

#include <cstdint>
#include <span>

#include "datapath/flow/datapath_control.h"
#include "datapath/worker/order.h"
#include "datapath/worker/pipeline.h"

namespace vsw {

/// Makes megaflows stale by tag and reports what they forwarded. The spans outlive the order.
class InvalidateOrder : public Order {
 public:
  explicit InvalidateOrder(std::span<const Tag> tags) : tags_(tags) {}
  explicit InvalidateOrder(std::span<const DatapathControl::TagFilter> filters)
      : filters_(filters) {}

 protected:
  bool Step(Pipeline& pipeline) override;

 private:
  const std::span<const Tag> tags_;
  const std::span<const DatapathControl::TagFilter> filters_;
  size_t next_ = 0;
  bool begun_ = false;
};

/// Reports what every megaflow forwarded.
class CollectOrder : public Order {
 protected:
  bool Step(Pipeline& pipeline) override;

 private:
  uint32_t cursor_ = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_ORDERS_H_
