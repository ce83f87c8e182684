// SPDX-License-Identifier: Apache-2.0
//
// The last stage: frames gathered per egress port and handed over a burst at a time. A tunnel port
// may add frames for other ports while its own are handed over.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_WORKER_TRANSMIT_H_
#define VSW_DATAPATH_WORKER_TRANSMIT_H_

#include <rte_mbuf.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "datapath/packet/lent_tail.h"
#include "datapath/port/port.h"
#include "datapath/worker/counters.h"
#include "datapath/worker/port_table.h"
#include "datapath/worker/stage_clock.h"

namespace vsw {

class TransmitBatches {
 public:
  TransmitBatches(WorkerId worker, const PortTable* ports, PortCounters* counters,
                  StageClock* clock)
      : worker_(worker), ports_(ports), counters_(counters), clock_(clock), batches_(kMaxPorts) {
    LentTail::Register();
    active_.reserve(kMaxPorts);
    flushing_.reserve(kMaxPorts);
  }

  /// Takes the frame; it leaves when the batch is full or at Flush().
  [[gnu::always_inline]] void Add(PortNo port, rte_mbuf* packet) {
    Batch& batch = batches_[ToInt(port) % kMaxPorts];
    if (!batch.active) [[unlikely]]
      Activate(port, &batch);
    batch.packets[batch.count++] = packet;
    if (batch.count == kBurst) [[unlikely]]
      Send(port, &batch);
  }

  /// The same for a whole burst, at most kBurst.
  void AddAll(PortNo port, std::span<rte_mbuf* const> packets) {
    Batch& batch = batches_[ToInt(port) % kMaxPorts];
    if (!batch.active) Activate(port, &batch);
    if (batch.count + packets.size() > kBurst) Send(port, &batch);
    std::copy(packets.begin(), packets.end(), batch.packets + batch.count);
    batch.count += static_cast<uint32_t>(packets.size());
    if (batch.count == kBurst) Send(port, &batch);
  }

  /// Tails of frames may be lent (packet/lent_tail.h) from now on, or are not any more.
  void SetLent(bool lent) { lent_ = lent; }

  void Flush() {
    while (!active_.empty()) {
      std::swap(active_, flushing_);
      for (const PortNo port : flushing_) {
        Batch& batch = batches_[ToInt(port) % kMaxPorts];
        batch.active = false;
        if (batch.count > 0) Send(port, &batch);
      }
      flushing_.clear();
    }
  }

 private:
  struct Batch {
    uint32_t count = 0;
    bool active = false;  // among active_
    rte_mbuf* packets[kBurst];
  };

  [[gnu::noinline]] void Activate(PortNo port, Batch* batch) {
    batch->active = true;
    active_.push_back(port);
  }
  [[gnu::noinline]] void Send(PortNo number, Batch* batch) {
    const PerfStage interrupted = clock_->Enter(PerfStage::kTransmit);
    PortCounters& counters = counters_[ToInt(number) % kMaxPorts];
    Port* port = ports_->Find(number);
    if (port != nullptr) [[likely]] {
      if (lent_ && !port->takes_lent()) [[unlikely]] {
        for (uint32_t i = 0; i < batch->count; ++i) LentTail::Fetch(batch->packets[i]);
      }
      port->Transmit(worker_, {batch->packets, batch->count}, counters);
    } else {
      rte_pktmbuf_free_bulk(batch->packets, batch->count);
      counters.Drop(DropReason::kTxNoPort, batch->count);
    }
    batch->count = 0;
    clock_->Enter(interrupted);
  }

  const WorkerId worker_;
  const PortTable* const ports_;
  PortCounters* const counters_;
  StageClock* const clock_;
  bool lent_ = false;
  std::vector<Batch> batches_;
  std::vector<PortNo> active_;    // capacity kMaxPorts from the start, as of the other
  std::vector<PortNo> flushing_;  // empty but for during Flush()
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_TRANSMIT_H_
