// SPDX-License-Identifier: Apache-2.0
//
// The orders that there are; WorkerSet posts them.
#ifndef VSW_DATAPATH_WORKER_ORDERS_H_
#define VSW_DATAPATH_WORKER_ORDERS_H_

#include <cstdint>
#include <span>
#include <vector>

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

/// Runs actions on a frame as if it had come in by `in_port`.
class InjectOrder : public Order {
 public:
  InjectOrder(std::span<const uint8_t> frame, PortNo in_port, const Translation& translation);

 protected:
  bool Step(Pipeline& pipeline) override;

 private:
  const std::vector<uint8_t> frame_;
  const PortNo in_port_;
  const std::vector<Action> actions_;
  const std::vector<StatId> stats_;
  const DropReason drop_reason_;
};

/// Copies out some megaflows from `cursor` on: as many as there was room made for beforehand.
class ListOrder : public Order {
 public:
  struct Row {
    FlowKey key;
    FlowMask mask;
    size_t first_action, action_count;
    DropReason drop_reason;
    uint64_t packets, bytes, used_tsc;
  };
  ListOrder(uint32_t cursor, size_t most);

  /// Once it is done.
  const std::vector<Row>& rows() const { return rows_; }
  std::span<const Action> ActionsOf(const Row& row) const {
    return std::span(actions_).subspan(row.first_action, row.action_count);
  }
  uint32_t cursor() const { return cursor_; }
  bool through() const { return through_; }

 protected:
  bool Step(Pipeline& pipeline) override;

 private:
  uint32_t cursor_;
  bool through_ = false;
  std::vector<Row> rows_;        // never grown by the worker
  std::vector<Action> actions_;  // the same
};

/// Reads the number of masks of every port.
class MaskCountOrder : public Order {
 public:
  MaskCountOrder() : counts_(kMaxPorts) {}
  const std::vector<uint32_t>& counts() const { return counts_; }

 protected:
  bool Step(Pipeline& pipeline) override;

 private:
  std::vector<uint32_t> counts_;
};

/// Begins to measure for that long.
class StartPerfOrder : public Order {
 public:
  explicit StartPerfOrder(uint64_t duration_tsc) : duration_tsc_(duration_tsc) {}

 protected:
  bool Step(Pipeline& pipeline) override;

 private:
  const uint64_t duration_tsc_;
};

/// Copies out what was measured.
class ReadPerfOrder : public Order {
 public:
  const PerfTotals& totals() const { return totals_; }
  bool measuring() const { return measuring_; }

 protected:
  bool Step(Pipeline& pipeline) override;

 private:
  PerfTotals totals_;
  bool measuring_ = false;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_ORDERS_H_
