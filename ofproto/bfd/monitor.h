// SPDX-License-Identifier: Apache-2.0
//
// The BFD sessions of a switch: one for each tunnel port whose options ask for it. It makes frames
// and reads them, and says when a port's liveness changes; sessions themselves are pure
// (session.h).
//
// Thread safety: the slow thread alone.
#ifndef VSW_OFPROTO_BFD_MONITOR_H_
#define VSW_OFPROTO_BFD_MONITOR_H_

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/net_types.h"
#include "datapath/flow/slow_path.h"
#include "ofproto/bfd/frame.h"
#include "ofproto/bfd/session.h"

namespace vsw::bfd {

class MonitorHost {
 public:
  virtual ~MonitorHost() = default;
  /// Sends a frame into the tunnel.
  virtual void SendBfd(PortNo port, std::span<const uint8_t> frame) = 0;
  /// IsLive(port) answers otherwise than before.
  virtual void BfdChanged(BridgeId bridge, PortNo port) = 0;
};

class Monitor {
 public:
  static constexpr uint64_t kNever = ~uint64_t{0};

  /// `host` outlives the monitor.
  explicit Monitor(MonitorHost* host) : host_(host) {}

  /// Begins sessions and ends them, so that they are those that `config` asks for. Sessions whose
  /// options changed go on with the new ones.
  void Configure(const SlowPathConfig& config, uint64_t now_ns);
  /// A frame that came by the port to BFD's UDP port.
  void Receive(PortNo port, std::span<const uint8_t> frame, uint64_t now_ns);
  /// Sends what is due, and notices what is overdue.
  void Run(uint64_t now_ns);
  /// When Run() has something to do next; kNever.
  uint64_t next_run_ns() const;

  /// Ports with a session that does not forward.
  const std::set<PortNo>& dead_ports() const { return dead_; }
  std::vector<BfdRow> List() const;

 private:
  struct Watched {
    Session session;
    BridgeId bridge;
    FrameAddresses addresses;
    uint64_t sent = 0, received = 0, discarded = 0;
  };

  void Begin(BridgeId bridge, const SlowPathPort& port, uint64_t now_ns);
  void RunOne(PortNo port, Watched* watched, uint64_t now_ns);
  void NoteLiveness(PortNo port, const Watched& watched);
  uint32_t NewDiscriminator();

  MonitorHost* const host_;
  std::map<PortNo, Watched> watched_;
  std::set<PortNo> dead_;
  std::mt19937 random_{std::random_device{}()};
};

}  // namespace vsw::bfd

#endif  // VSW_OFPROTO_BFD_MONITOR_H_
