// SPDX-License-Identifier: Apache-2.0
//
// The stage that does what a megaflow says with one packet. Packets that are to be looked up again
// are gathered for the pipeline, which takes them up once the burst is through.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_WORKER_EXECUTE_H_
#define VSW_DATAPATH_WORKER_EXECUTE_H_

#include <cstdint>
#include <memory>
#include <span>

#include "datapath/flow/action.h"
#include "datapath/flow/meter_table.h"
#include "datapath/flow/stat_table.h"
#include "datapath/packet/tunnel_mark.h"
#include "datapath/tunnel/known_outers.h"
#include "datapath/tunnel/tunnel_table.h"
#include "datapath/worker/slow_events.h"
#include "datapath/worker/transmit.h"
#include "datapath/worker/tunnel_set_arena.h"

struct rte_mempool;

namespace vsw {

class PacketEditor;

/// What actions work on beside the packet; all of it outlives the executor.
struct ExecuteEnvironment {
  WorkerId worker;
  rte_mempool* mbuf_pool;
  TransmitBatches* batches;
  StatShard* stats;
  const MeterTable* meters;  // may be nullptr: there are none
  SlowEventRing* events;
  PortCounters* counters = nullptr;      // of all ports, this worker's own
  const TunnelTable* tunnels = nullptr;  // may be nullptr: there are none
};

/// Of one packet.
struct PacketContext {
  const FlowKey* key;  // as it was looked up
  PortCounters* ingress;
  uint64_t now_ns;
  uint32_t lookups = 0;                        // that it has had beyond the first
  DropReason drop_reason = DropReason::kNone;  // if no action sends it anywhere
};

/// A packet to be looked up again.
struct Recirculation {
  rte_mbuf* packet;
  uint32_t recirc_id;
  uint32_t lookups;
  PortNo in_port;
  FlowKey tunnel;  // its tunnel lines alone
};

class Executor {
 public:
  /// Lookups beyond the first that the packets of one burst may have in all: a list of actions can
  /// make many copies of a packet, each of which can do so again.
  static constexpr uint32_t kMaxPerBurst = 4096;

  explicit Executor(const ExecuteEnvironment& environment)
      : env_(environment),
        recirculations_(std::make_unique_for_overwrite<Recirculation[]>(kMaxPerBurst)) {
    TunnelMark::Register();
  }

  /// Runs `actions` on the packet, which it takes over. An output that is not the last one sends a
  /// copy. What cannot be copied, edited or handed on is counted in the context's `ingress`.
  void Run(rte_mbuf* packet, std::span<const Action> actions, const PacketContext& context) {
    RunList(packet, actions, context, 0);
  }

  /// Packets gathered since Clear(), oldest first; Run() may add to them.
  uint32_t recirculation_count() const { return recirculation_count_; }
  const Recirculation& recirculation(uint32_t i) const { return recirculations_[i]; }
  void ClearRecirculations() { recirculation_count_ = 0; }

  /// Hangs the set in `bytes` on the packet.
  void SetTunnel(rte_mbuf* packet, std::span<const uint8_t> bytes);
  /// Call it behind the transmit batches' Flush().
  void ClearTunnelSets() {
    if (!tunnel_sets_.empty()) [[unlikely]]
      tunnel_sets_.Clear();
  }

  uint64_t upcalls() const { return upcalls_; }  // handed over so far
  uint64_t lost_upcalls() const { return lost_upcalls_; }

 private:
  static constexpr uint32_t kMaxDepth = 64;

  void RunList(rte_mbuf* packet, std::span<const Action> actions, const PacketContext& context,
               uint32_t depth);
  rte_mbuf* CopyOrDrop(rte_mbuf* packet, const PacketContext& context);
  void Send(rte_mbuf* packet, const Action& action, const PacketContext& context);
  void SendCut(rte_mbuf* packet, const Action& action, const PacketContext& context);
  /// False: a meter says that the packet ends here.
  bool Meter(PacketEditor* editor, const Action& action, const PacketContext& context);
  void Decapsulate(rte_mbuf* packet, const Action& action, bool edited,
                   const PacketContext& context);
  void EnterBy(rte_mbuf* packet, const FlowKey& key, const PacketContext& context);
  void Upcall(const rte_mbuf* packet, const Action& action, std::span<const Action> slots,
              const PacketContext& context);
  void Recirculate(rte_mbuf* packet, uint32_t recirc_id, const PacketContext& context) {
    LookUpAgain(packet, recirc_id, *context.key, context);
  }
  /// `key`: where in_port and the tunnel lines come from.
  void LookUpAgain(rte_mbuf* packet, uint32_t recirc_id, const FlowKey& key,
                   const PacketContext& context);

  const ExecuteEnvironment env_;
  const std::unique_ptr<Recirculation[]> recirculations_;
  uint32_t recirculation_count_ = 0;
  TunnelSetArena tunnel_sets_;
  KnownOuters known_;
  uint64_t upcalls_ = 0;
  uint64_t lost_upcalls_ = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_EXECUTE_H_
