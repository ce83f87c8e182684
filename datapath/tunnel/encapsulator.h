// SPDX-License-Identifier: Apache-2.0
//
// The sending side of one tunnel port on one worker: a burst of frames becomes packets of the
// underlay, segmented and summed up where the tunnel cannot leave that to others, and is handed on
// to the port that each one leaves by.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_TUNNEL_ENCAPSULATOR_H_
#define VSW_DATAPATH_TUNNEL_ENCAPSULATOR_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "datapath/packet/tunnel_set.h"
#include "datapath/port/port.h"
#include "datapath/tunnel/next_hop.h"
#include "datapath/tunnel/outer_headers.h"
#include "datapath/tunnel/too_big.h"
#include "datapath/tunnel/tunnel_config.h"
#include "datapath/tunnel/tunnel_outlet.h"

struct rte_mbuf;
struct rte_mempool;

namespace vsw {

/// What workers use of a tunnel port's configuration; immutable.
struct EncapConfig {
  TunnelConfig config;
  uint64_t version;  // another one for each change
};

class Encapsulator {
 public:
  /// All of them outlive it. `many_remotes`: packets are sent to more than one.
  Encapsulator(PortNo tunnel, NextHopTable* next_hops, TunnelOutlet* outlet, rte_mempool* pool,
               bool many_remotes);

  /// Takes all of `burst` over. Counts what is sent as the frames that were inside.
  void Run(const EncapConfig& config, std::span<rte_mbuf*> burst, PortCounters& counters);

 private:
  // Headers as they were made for one pair of ends, kept as long as nothing about them changes.
  struct Way {
    TunnelEnds ends;
    const NextHop* next_hop = nullptr;
    uint64_t generation = 0;  // of the next hops
    uint64_t version = 0;     // of the configuration
    PortNo egress = kNoPort;
    PortNo enters_bridge_by = kNoPort;
    IpAddress local;
    TunnelOffloads offloads;
    OuterHeaders headers;
    uint32_t max_plain_bytes = 0;  // of an untagged frame for which no options are set
  };
  // Of the burst at hand.
  struct Job {
    const EncapConfig& config;
    PortCounters& counters;
  };
  struct Frame {
    rte_mbuf* packet;
    InnerFrame inner;
    const TunnelSet* set;  // may be nullptr
    uint32_t max_bytes;
  };
  static constexpr size_t kManyWays = 256;

  const Way* SendOne(const Job& job, const Way* way, rte_mbuf* packet);
  const Way* FindWay(const EncapConfig& config, const TunnelEnds& ends, DropReason* refusal);
  void Encapsulate(const Job& job, const Way& way, rte_mbuf* packet, const TunnelSet* set);
  void EncapsulateOffloaded(const Job& job, const Way& way, Frame frame);
  bool LeaveToDevice(const Job& job, const Way& way, const Frame& frame);
  void Put(const Job& job, const Way& way, const Frame& frame);
  rte_mbuf* AddHeaders(const Job& job, const Way& way, const Frame& frame);
  void RefuseTooBig(const Job& job, const Way& way, const Frame& frame);
  [[gnu::always_inline]] void Append(const Way& way, rte_mbuf* packet) {
    const bool same = way.egress == egress_ && way.enters_bridge_by == enters_bridge_by_;
    if (!same || count_ == kBurst) [[unlikely]]
      Turn(way);
    packets_[count_++] = packet;
  }
  void Turn(const Way& way);
  void HandOn();
  static void Drop(const Job& job, rte_mbuf* packet, DropReason reason);

  const PortNo tunnel_;
  NextHopTable* const next_hops_;
  TunnelOutlet* const outlet_;
  rte_mempool* const pool_;
  TooBigLimit too_big_limit_;
  uint16_t identification_ = 0;
  std::vector<Way> ways_;  // by hash of the ends
  // Packets that leave by the same port, not yet handed on.
  PortNo egress_ = kNoPort;
  PortNo enters_bridge_by_ = kNoPort;
  uint32_t count_ = 0;
  std::array<rte_mbuf*, kBurst> packets_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_TUNNEL_ENCAPSULATOR_H_
