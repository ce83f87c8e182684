// SPDX-License-Identifier: Apache-2.0
//
// A worker with one queue that never rests and many that are empty and slow to say so.
#include <gtest/gtest.h>
#include <rte_cycles.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "datapath/worker/worker_set.h"
#include "tests/support/packet_builder.h"
#include "tests/worker/fakes.h"

namespace vsw {
namespace {

using testing::FakePort;
using testing::FakeSlowPath;
using testing::PacketBuilder;
using namespace std::chrono_literals;

constexpr size_t kIdlePorts = 64;
constexpr uint32_t kFirstIdle = 100;

std::vector<uint8_t> Frame() {
  return PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(3, 53).Payload(22).Build();
}

class BusyPort : public FakePort {
 public:
  using FakePort::FakePort;
  uint16_t Receive(QueueId, std::span<rte_mbuf*> burst, PortCounters&) override {
    ++bursts_;
    for (rte_mbuf*& packet : burst) packet = testing::MakeMbuf(frame_);
    return static_cast<uint16_t>(burst.size());
  }
  uint64_t bursts() const { return bursts_; }

 private:
  const std::vector<uint8_t> frame_ = Frame();
  std::atomic<uint64_t> bursts_{0};
};

// As a device is whose emptiness takes a system call to see.
class SlowPort : public FakePort {
 public:
  using FakePort::FakePort;
  uint16_t Receive(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) override {
    const uint16_t n = FakePort::Receive(queue, burst, counters);
    if (n > 0) return n;
    rte_delay_us_block(20);
    ++asked_;
    return 0;
  }
  uint64_t asked() const { return asked_; }

 private:
  std::atomic<uint64_t> asked_{0};
};

TEST(IdleQueues, DoNotSlowBusyOnesAndAreAskedAllTheSame) {
  FakeSlowPath slow_path;
  slow_path.Publish([](const FlowKey&, Translation* result) {
    result->drop_reason = DropReason::kNoDestination;
  });
  auto set = WorkerSet::Start({.cores = {-1}, .exact_match_entries = 1024, .max_megaflows = 4096},
                              &slow_path, testing::MbufPool());
  ASSERT_TRUE(set.ok()) << set.status();
  BusyPort busy(1);
  (*set)->AddPort(&busy);
  std::vector<std::unique_ptr<SlowPort>> idle;
  for (uint32_t i = 0; i < kIdlePorts; ++i) {
    idle.push_back(std::make_unique<SlowPort>(kFirstIdle + i));
    (*set)->AddPort(idle.back().get());
  }
  const auto asked = [&] {
    uint64_t sum = 0;
    for (const auto& port : idle) sum += port->asked();
    return sum;
  };
  std::this_thread::sleep_for(200ms);  // until they count as empty for long
  const uint64_t asked_before = asked(), bursts_before = busy.bursts();
  std::this_thread::sleep_for(300ms);
  // Otherwise all of them are asked after each burst.
  EXPECT_LT(asked() - asked_before, busy.bursts() - bursts_before);

  for (const auto& port : idle) port->Deliver(Frame());
  for (const auto& port : idle) {
    while ((*set)->ReadPort(port->number()).rx_packets == 0) std::this_thread::sleep_for(1ms);
  }
  for (const auto& port : idle) (*set)->RemovePort(port->number());
  (*set)->RemovePort(PortNo{1});
}

}  // namespace
}  // namespace vsw
