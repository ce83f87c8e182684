// SPDX-License-Identifier: Apache-2.0
//
// The ports that frames may leave by, by number.
//
// Thread safety: one control thread publishes and withdraws; workers read. A withdrawn port is
// destroyed only after a grace period.
#ifndef VSW_DATAPATH_WORKER_PORT_TABLE_H_
#define VSW_DATAPATH_WORKER_PORT_TABLE_H_

#include <array>
#include <atomic>

#include "datapath/worker/worker_set.h"

namespace vsw {

class PortTable {
 public:
  void Publish(Port* port) { Slot(port->number()).store(port, std::memory_order_release); }
  void Withdraw(PortNo number) { Slot(number).store(nullptr, std::memory_order_release); }
  Port* Find(PortNo number) const {
    return ports_[ToInt(number) % kMaxPorts].load(std::memory_order_acquire);
  }

 private:
  std::atomic<Port*>& Slot(PortNo number) { return ports_[ToInt(number) % kMaxPorts]; }
  std::array<std::atomic<Port*>, kMaxPorts> ports_{};
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_PORT_TABLE_H_
