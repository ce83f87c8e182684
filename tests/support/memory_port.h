// SPDX-License-Identifier: Apache-2.0
//
// A port whose cable is memory: frames are put in, and what leaves is kept in order.
//
// Thread safety: Put() and Take() from the test's thread, the rest from workers.
#ifndef VSW_TESTS_SUPPORT_MEMORY_PORT_H_
#define VSW_TESTS_SUPPORT_MEMORY_PORT_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "datapath/port/port.h"
#include "tests/support/eal.h"

namespace vsw::testing {

/// A frame that left, with its place in the order of all that left by any port.
struct SentFrame {
  uint64_t order;
  PortNo port;
  std::vector<uint8_t> octets;
};

class MemoryPort : public Port {
 public:
  /// `log` gets what leaves; it and `mutex` outlive the port.
  MemoryPort(PortNo number, std::string name, std::vector<SentFrame>* log, std::mutex* mutex)
      : Port(number, std::move(name)), log_(log), mutex_(mutex) {}
  ~MemoryPort() override {
    for (rte_mbuf* packet : waiting_) rte_pktmbuf_free(packet);
  }

  void Put(const std::vector<uint8_t>& octets) {
    const std::lock_guard lock(*mutex_);
    waiting_.push_back(MakeMbuf(octets));
    ++outstanding_;
  }
  /// Everything that was put in has been taken and worked off.
  bool idle() const { return outstanding_.load(std::memory_order_acquire) == 0; }

  uint16_t rx_queue_count() const override { return 1; }
  uint16_t Receive(QueueId, std::span<rte_mbuf*> burst, PortCounters&) override {
    const std::lock_guard lock(*mutex_);
    // The worker comes back for more only when it is done with the last burst.
    outstanding_.fetch_sub(std::exchange(taken_, 0), std::memory_order_release);
    while (taken_ < burst.size() && !waiting_.empty()) {
      burst[taken_++] = waiting_.front();
      waiting_.pop_front();
    }
    return taken_;
  }
  void Transmit(WorkerId, std::span<rte_mbuf*> burst, PortCounters& counters) override {
    const std::lock_guard lock(*mutex_);
    for (rte_mbuf* packet : burst) {
      counters.tx_packets.Add(1);
      counters.tx_bytes.Add(packet->pkt_len);
      log_->push_back({log_->size(), number(), BytesOf(packet)});
      rte_pktmbuf_free(packet);
    }
  }
  PortInfo ReadInfo() const override { return {.link_up = true, .mac = {}, .facts = {}}; }
  absl::Status Reconfigure(const std::map<std::string, std::string>&) override {
    return absl::OkStatus();
  }

 private:
  std::vector<SentFrame>* const log_;
  std::mutex* const mutex_;
  std::deque<rte_mbuf*> waiting_;
  uint16_t taken_ = 0;
  std::atomic<uint64_t> outstanding_{0};
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_MEMORY_PORT_H_
