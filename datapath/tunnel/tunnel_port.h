// SPDX-License-Identifier: Apache-2.0
//
// A port to other hosts: VXLAN, Geneve or GRE. What is sent to it gets outer headers and leaves by
// the port that the way to the remote leads through, in the same pass of the worker. What comes
// from there is told apart by TunnelTable, in which the port enters itself; it is not polled.
//
// Thread safety: as of every port. The configuration that workers use is published by pointer.
#ifndef VSW_DATAPATH_TUNNEL_TUNNEL_PORT_H_
#define VSW_DATAPATH_TUNNEL_TUNNEL_PORT_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datapath/port/port.h"
#include "datapath/tunnel/encapsulator.h"
#include "datapath/tunnel/next_hop.h"
#include "datapath/tunnel/tunnel_config.h"
#include "datapath/tunnel/tunnel_outlet.h"
#include "datapath/tunnel/tunnel_table.h"

struct rte_mempool;

namespace vsw {

/// What is known of the way to a remote; for status.
struct TunnelWay {
  std::string text;    // "by eth0 from 192.0.2.1 via 192.0.2.254", or why there is none
  uint32_t mtu = 0;    // bytes of outer IP packet; 0: there is no way
  bool ready = false;  // the neighbour is known as well
};

/// What tunnel ports need of the switch; all of it outlives them.
struct TunnelEnvironment {
  rte_mempool* pool = nullptr;
  TunnelTable* tunnels = nullptr;
  NextHopTable* next_hops = nullptr;
  std::vector<TunnelOutlet*> outlets;  // by worker
  std::function<void()> synchronize;   // waits for a grace period
  /// Nothing: not known yet. May be empty.
  std::function<std::optional<TunnelWay>(const TunnelEnds&)> describe_way;
};

class TunnelPort final : public Port {
 public:
  /// AlreadyExists: another tunnel receives the same packets. InvalidArgument: an option.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Port>> Make(
      const TunnelEnvironment& environment, PortNo number, const std::string& name, BridgeId bridge,
      TunnelKind kind, const std::map<std::string, std::string>& options);
  ~TunnelPort() override;

  uint16_t rx_queue_count() const override { return 0; }
  uint16_t Receive(QueueId, std::span<rte_mbuf*>, PortCounters&) override { return 0; }
  void Transmit(WorkerId worker, std::span<rte_mbuf*> burst, PortCounters& counters) override;
  PortInfo ReadInfo() const override;
  absl::Status Reconfigure(const std::map<std::string, std::string>& options) override;

 private:
  TunnelPort(const TunnelEnvironment& environment, PortNo number, const std::string& name,
             BridgeId bridge, TunnelKind kind, bool many_remotes);
  absl::Status Configure(TunnelConfig config);

  const TunnelEnvironment env_;
  const BridgeId bridge_;
  const TunnelKind kind_;
  const bool many_remotes_;
  std::atomic<const EncapConfig*> config_{nullptr};  // one control thread writes, workers read
  uint64_t version_ = 0;
  std::vector<std::unique_ptr<Encapsulator>> encapsulators_;  // by worker
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_TUNNEL_PORT_H_
