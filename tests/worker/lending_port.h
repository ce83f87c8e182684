// SPDX-License-Identifier: Apache-2.0
//
// A port that lends the tails of what it receives, for tests of those who forward it.
#ifndef VSW_TESTS_WORKER_LENDING_PORT_H_
#define VSW_TESTS_WORKER_LENDING_PORT_H_

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "datapath/packet/lent_tail.h"
#include "datapath/worker/pipeline.h"
#include "tests/worker/fakes.h"

namespace vsw::testing {

/// Lends the tails of all long frames delivered to it, and spoils them when they are taken back.
class LendingPort : public FakePort {
 public:
  explicit LendingPort(uint32_t number) : FakePort(number) {
    MbufPool();  // DPDK is there
    LentTail::Register();
  }

  Received ReceiveLent(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) override {
    VSW_CHECK(!is_lent_);
    Received received = {.frames = Receive(queue, burst, counters)};
    for (uint16_t i = 0; i < received.frames; ++i) {
      rte_mbuf* const frame = burst[i];
      if (frame->pkt_len < LentTail::kMinFrameBytes) continue;
      auto* const tail = rte_pktmbuf_mtod_offset(frame, uint8_t*, LentTail::kHeadBytes);
      std::copy_n(tail, LentTail::BytesOf(frame), memory_[i].begin());
      std::fill_n(tail, LentTail::BytesOf(frame), 0xee);
      LentTail::Lend(frame, memory_[i].data());
      received.lent = true;
    }
    is_lent_ = received.lent;
    return received;
  }
  void TakeBack(QueueId) override {
    VSW_CHECK(is_lent_);
    is_lent_ = false;
    for (auto& bytes : memory_) bytes.fill(0xdd);
  }
  bool takes_lent() const override { return true; }

  /// Receives these frames and has them forwarded, as a worker does.
  void PassTo(Pipeline* pipeline, const std::vector<std::vector<uint8_t>>& frames,
              uint64_t now_tsc) {
    for (const auto& frame : frames) Deliver(frame);
    PortCounters counters;
    std::array<rte_mbuf*, kBurst> burst;
    const Received received = ReceiveLent(QueueId{0}, burst, counters);
    VSW_CHECK(received.frames == frames.size());
    pipeline->Process(number(), std::span(burst).first(received.frames), now_tsc, received.lent);
    if (received.lent) TakeBack(QueueId{0});
  }

 private:
  std::array<std::array<uint8_t, 2048>, kBurst> memory_;
  bool is_lent_ = false;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_WORKER_LENDING_PORT_H_
