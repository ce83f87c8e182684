// SPDX-License-Identifier: Apache-2.0
//
// Makes ports by kind: one row per kind in a table. The control thread calls it; what it returns is
// open and ready to be polled. Every error says what was attempted, why it failed and what to do
// about it.
#ifndef VSW_DATAPATH_PORT_PORT_FACTORY_H_
#define VSW_DATAPATH_PORT_PORT_FACTORY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "datapath/port/port.h"
#include "datapath/tunnel/tunnel_port.h"

struct rte_mempool;

namespace vsw {

/// What a port needs of the process.
struct PortEnvironment {
  rte_mempool* mbuf_pool = nullptr;  // data room of 2 KiB behind the headroom; outlives every port
  uint16_t worker_count = 1;         // WorkerIds are 0..worker_count-1
  /// Tells this switch from others on the host, the same on every start: its run directory. Kernel
  /// devices that outlive vswitchd are found again by it.
  std::string instance;
  /// Waits until no worker is inside a call on this port that began before (a grace period). Any
  /// thread but a worker.
  std::function<void()> synchronize;
  /// Wakes sleeping workers: the port's file descriptors or readiness changed. Any thread.
  std::function<void()> wake_workers;
  /// Says that ReadInfo() would answer otherwise than before. Any thread; must not block.
  std::function<void(PortNo)> info_changed;
  TunnelEnvironment tunnel;  // of tunnel ports
};

struct PortRequest {
  PortNo number;
  std::string name;
  /// "tap", "internal", "system", "dpdk", "vhost-user", "vxlan", "geneve", "gre"; patch ports are
  /// never made.
  std::string kind;
  std::map<std::string, std::string> options;
  BridgeId bridge{};
};

/// Errors: InvalidArgument (kind or option), NotFound (device, folder), AlreadyExists (in use),
/// PermissionDenied, ResourceExhausted, Unavailable.
[[nodiscard]] absl::StatusOr<std::unique_ptr<Port>> MakePort(const PortEnvironment& environment,
                                                             const PortRequest& request);

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_PORT_FACTORY_H_
