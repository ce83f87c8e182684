// SPDX-License-Identifier: Apache-2.0
//
// A packet's way through one worker: parse, exact-match cache, megaflow classifier, translation of
// what missed, actions, transmit batches. One burst from one port at a time, each stage over the
// whole burst. What comes out of a tunnel has its outer headers taken off between parsing and
// lookup, so that a burst may hold packets of several ingress ports.
//
// Thread safety: one worker owns it. Counters are read by others; the rings and ports have their
// own rules.
#ifndef VSW_DATAPATH_WORKER_PIPELINE_H_
#define VSW_DATAPATH_WORKER_PIPELINE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "datapath/flow/flow_table.h"
#include "datapath/packet/plain_parser.h"
#include "datapath/tunnel/pending.h"
#include "datapath/tunnel/tunnel_outlet.h"
#include "datapath/worker/entering_frames.h"
#include "datapath/worker/execute.h"
#include "datapath/worker/guesses.h"
#include "datapath/worker/looks.h"
#include "datapath/worker/misses.h"
#include "datapath/worker/pipeline_environment.h"
#include "datapath/worker/stage_clock.h"
#include "datapath/worker/terminate.h"
#include "datapath/worker/transmit.h"

namespace vsw {

class Pipeline : private TunnelOutlet {
 public:
  Pipeline(const PipelineEnvironment& environment, std::unique_ptr<FlowTable> flows);
  ~Pipeline() override;

  /// Forwards a burst received on `in_port`; takes all packets over. `lent`: some of them may have
  /// lent tails; none of those that are kept anywhere afterwards has.
  void Process(PortNo in_port, std::span<rte_mbuf*> burst, uint64_t now_tsc, bool lent = false);

  void SetEpoch(uint32_t epoch) { flows_->SetEpoch(epoch); }
  /// Runs `actions` on a frame from elsewhere as if it had come in by `in_port` (kNoPort: by none),
  /// where it is not counted as received.
  void Inject(std::span<const uint8_t> frame, PortNo in_port, std::span<const Action> actions,
              std::span<const StatId> stats, DropReason drop_reason);

  /// Sends packets that waited for their next hop and have it now; drops those that waited too
  /// long. Cheap when nothing is new.
  void SendHeld(uint64_t now_tsc);
  bool holds_packets() const { return !held_.empty(); }
  TunnelOutlet* outlet() { return this; }

  /// Work by time: looks at up to `slots` megaflows for ageing and statistics.
  void Sweep(uint32_t slots, uint64_t now_tsc);
  bool has_flows() const { return flows_->megaflow_count() > 0; }

  const PipelineCounters& stats() const { return stats_; }

  StageClock* clock() { return &clock_; }
  /// One round of the worker's loop took so long, and at its end these ports wait.
  void PassRound(uint64_t tsc, const WaitingPorts& waiting) { misses_.Pass(tsc, waiting); }
  /// One round of the worker's loop is over; `busy`: it had packets.
  void EndRound(bool busy, uint64_t now_tsc) {
    if (clock_.on()) [[unlikely]]
      clock_.EndRound(busy, now_tsc, ReadLookups());
  }

  /// For orders, between two bursts.
  void StartPerf(uint64_t duration_tsc);
  FlowTable& flows() { return *flows_; }
  const FlowTable::Report& report() const { return report_; }

 private:
  /// How often a packet may be put into a tunnel and come back to a bridge.
  static constexpr uint32_t kMaxTunnelRounds = 4;

  struct HeldPacket {
    PortNo tunnel;
    uint32_t set_bytes = 0;
    alignas(TunnelSet) std::array<uint8_t, kMaxTunnelSetBytes> set;
  };

  // What the packet before was decided by, within a burst.
  struct Guess {
    Megaflow* flow;
    uint64_t hits = 0;
  };

  // Packets out of one tunnel that stand together in a burst.
  struct TunnelRun {
    PortNo port = kNoPort;
    Megaflow* for_all = nullptr;  // the decision for all that the tunnel brings, if there is one
    const KnownOuters::Known* known = nullptr;
    const Guesses::Alike* alike = nullptr;
    uint64_t packets = 0, bytes = 0;
    Megaflow* decided_by = nullptr;
    uint64_t decided_packets = 0, decided_bytes = 0;

    /// What needs no key; nullptr: it needs one.
    Megaflow* DecisionFor(const rte_mbuf* packet) const {
      if (for_all != nullptr) return packet->data_len >= kNeverMalformedBytes ? for_all : nullptr;
      return alike != nullptr && alike->pattern.Matches(packet) ? alike->flow : nullptr;
    }
  };

  // TunnelOutlet.
  TunnelOffloads OffloadsOf(PortNo egress) const override;
  void Send(PortNo egress, std::span<rte_mbuf*> frames) override;
  void Enter(PortNo in_port, std::span<rte_mbuf*> frames) override;
  bool Answer(rte_mbuf* frame, const FlowKey& tunnel) override;
  bool Hold(rte_mbuf* packet, const TunnelEnds& ends, PortNo tunnel) override;

  bool ForwardAll(PortNo in_port, std::span<rte_mbuf*> burst, uint64_t now_tsc);
  std::span<rte_mbuf*> ForwardAlike(PortNo in_port, std::span<rte_mbuf*> burst, uint64_t now_tsc);
  size_t ForwardKnown(const FrameLook& look, PortNo in_port, std::span<rte_mbuf* const> burst,
                      uint64_t now_tsc);
  void LearnLooks(PortNo in_port, std::span<const FlowLookup> works);
  void ForwardBy(Megaflow* flow, PortNo in_port, std::span<rte_mbuf*> packets, uint64_t bytes,
                 uint64_t now_tsc);
  Megaflow* DecisionFor(PortNo in_port) const;
  uint32_t Parse(PortNo in_port, std::span<rte_mbuf*> burst, uint64_t now_tsc);
  uint32_t ParseAll(PortNo in_port, std::span<rte_mbuf*> burst, uint64_t now_tsc);
  uint32_t ParseUnderlay(const IngressRole& role, PortNo in_port, std::span<rte_mbuf*> burst,
                         uint64_t now_tsc);
  void EndRun(const TunnelRun& run, uint64_t now_tsc);
  void CountReceived(PortNo in_port, uint64_t packets, uint64_t bytes);
  void PrepareGuessed(FlowLookup* work, const KeyLine& line, Guess* guess);
  bool ParseOne(rte_mbuf* packet, PortNo in_port, FlowLookup* work);
  void Finish(uint64_t now_tsc);
  void TakeEntering(uint64_t now_tsc);
  uint32_t TakeAnswers();
  uint32_t TakeFrames();
  void Lookup(uint32_t count, uint64_t now_tsc);
  void FindFlows(std::span<FlowLookup> works, uint64_t now_tsc);
  void LookupMissing(std::span<const uint32_t> misses, uint64_t now_tsc);
  void ExecuteFlows(std::span<const FlowLookup> works, uint64_t now_tsc);
  void ExecuteOnce(FlowLookup* work, uint64_t now_tsc);
  void Run(const FlowLookup& work, std::span<const Action> actions, DropReason reason,
           uint64_t now_tsc);
  void Recirculate(uint64_t now_tsc);
  rte_mbuf* CopyIn(std::span<const uint8_t> frame);
  bool ParseAgain(const Recirculation& from, FlowLookup* work);
  uint64_t NsOf(uint64_t tsc);
  LookupTotals ReadLookups() const;

  const PipelineEnvironment env_;
  std::unique_ptr<FlowTable> flows_;
  StageClock clock_;
  TransmitBatches batches_;
  Executor executor_;
  PipelineCounters stats_;
  EnteringFrames entering_;
  PendingQueue<HeldPacket> held_;
  uint64_t known_tsc_ = 0, known_ns_ = 0;  // of NsOf()
  std::unique_ptr<FlowLookup[]> work_;
  std::unique_ptr<Looks> looks_;  // of the burst at hand
  bool learn_looks_ = false;      // of those of it that needed a key
  Guesses guesses_;
  FlowTable::Report report_;
  Terminator terminator_;
  Misses misses_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_PIPELINE_H_
