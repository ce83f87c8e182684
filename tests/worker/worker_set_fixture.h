// SPDX-License-Identifier: Apache-2.0
//
// A set of real workers over fake ports and a fake slow path, with numbered frames to send.
#ifndef VSW_TESTS_WORKER_WORKER_SET_FIXTURE_H_
#define VSW_TESTS_WORKER_WORKER_SET_FIXTURE_H_

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "datapath/worker/worker_set.h"
#include "tests/support/eal.h"
#include "tests/support/packet_builder.h"
#include "tests/worker/fakes.h"

namespace vsw::testing {

inline std::vector<uint8_t> Numbered(uint32_t number) {
  return PacketBuilder().Ethernet(2, 1).Ipv4(number, 2).Udp(3, 53).Payload(22).Build();
}
inline uint32_t NumberOf(const rte_mbuf* packet) {
  Be32 number;
  std::memcpy(&number, rte_pktmbuf_mtod_offset(packet, uint8_t*, 26), sizeof(number));
  return number.Get();
}
inline uint16_t VlanOf(const rte_mbuf* packet) {
  Be16 tci;
  std::memcpy(&tci, rte_pktmbuf_mtod_offset(packet, uint8_t*, 14), sizeof(tci));
  return tci.Get();
}
template <typename Condition>
void WaitFor(Condition condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::microseconds(100));
}

class WorkerSetTest : public ::testing::Test {
 protected:
  void SetUp() override { in_use_before_ = (MbufPool(), MbufsInUse()); }
  void TearDown() override {
    set_.reset();
    EXPECT_EQ(MbufsInUse(), in_use_before_) << "mbufs leaked";
  }
  void Start(size_t workers = 1, uint32_t idle_timeout_ms = 10'000) {
    auto set = WorkerSet::Start({.cores = std::vector<int>(workers, -1),
                                 .exact_match_entries = 1024,
                                 .max_megaflows = 1u << 12,
                                 .idle_timeout_ms = idle_timeout_ms},
                                &slow_path_, MbufPool());
    ASSERT_TRUE(set.ok()) << set.status();
    set_ = *std::move(set);
  }
  // From port 1 to the ports given.
  void Forward(std::vector<uint32_t> ports) {
    slow_path_.Publish([this, ports](const FlowKey& key, Translation* result) {
      if (key.in_port != PortNo{1}) {
        result->drop_reason = DropReason::kNoDestination;
        return;
      }
      for (const uint32_t port : ports) result->actions.push_back(Action::Output(PortNo{port}));
      if (stat_ != kNoStat) result->stats.push_back(stat_);
    });
  }
  void ListAll(size_t per_worker, const std::function<void(const MegaflowRow&)>& visit) {
    MegaflowCursor cursor;
    while (set_->ListMegaflows(&cursor, per_worker, visit)) {
    }
  }
  // Keeps frames coming in at `port`, never more than a few bursts ahead of the workers.
  void Traffic(FakePort* port, uint16_t queue = 0) {
    traffic_.emplace_back([this, port, queue] {
      for (uint32_t n = 0; !stop_.load(); ++n) {
        while (port->waiting(queue) > 128 && !stop_.load())
          std::this_thread::sleep_for(std::chrono::microseconds(50));
        port->Deliver(Numbered(n), queue);
        delivered_.fetch_add(1);
        if (n % 64 == 0) std::this_thread::sleep_for(std::chrono::microseconds(20));
      }
    });
  }
  void StopTraffic(FakePort* port) {
    stop_ = true;
    for (std::thread& thread : traffic_) thread.join();
    WaitFor([&] { return set_->ReadPort(PortNo{1}).rx_packets == delivered_.load(); });
    set_->Synchronize();  // the last burst has been sent
  }

  uint32_t in_use_before_ = 0;
  FakeSlowPath slow_path_;
  StatId stat_ = kNoStat;  // what forwarded packets count for
  std::unique_ptr<WorkerSet> set_;
  std::vector<std::thread> traffic_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> delivered_{0};
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_WORKER_WORKER_SET_FIXTURE_H_
