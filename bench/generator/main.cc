// SPDX-License-Identifier: Apache-2.0
//
// Plays two guests on one core: sends frames by one DPDK device and takes what comes by another (or
// nothing), until it is told to stop or its time is up. A line of JSON a second says what was sent
// and what arrived; rates are the reader's to compute.
//
//   traffic_generator --tx net_virtio_user0,path=a.sock,server=1,queues=1
//                     --rx net_virtio_user1,path=b.sock,server=1,queues=1
//                     --flows 1000000 --order uniform --bytes 60 --seconds 10 --core 0
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "bench/generator/arrivals.h"
#include "bench/generator/flow_source.h"
#include "bench/generator/frame_pool.h"

namespace vsw::bench {
namespace {

constexpr uint16_t kBurst = 32;
constexpr uint16_t kDescriptors = 256;

std::atomic<bool> stop_asked{false};

struct Flags {
  std::string tx, rx;
  std::string order = "uniform";
  uint32_t flows = 1;
  uint16_t bytes = 60;
  double seconds = 0;  // 0: until a signal
  double rate = 0;     // packets a second; 0: as many as the switch takes
  uint32_t buffers = 16384;
  uint32_t memory_mib = 256;
  int core = 0;
};

absl::Status StartEal(const Flags& flags) {
  std::vector<std::string> words = {"traffic_generator", "--no-pci", "--no-telemetry",
                                    "--in-memory", "--single-file-segments",
                                    "--log-level=*:error", "-m", std::to_string(flags.memory_mib),
                                    "--lcores", fmt::format("0@{}", flags.core)};
  if (access("/sys/kernel/mm/hugepages/hugepages-2048kB", F_OK) != 0) words.push_back("--no-huge");
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  if (rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) < 0) {
    return FailedPrecondition("start DPDK: {}", rte_strerror(rte_errno));
  }
  return absl::OkStatus();
}

absl::StatusOr<uint16_t> Open(const std::string& device, rte_mempool* pool) {
  if (const int result = rte_dev_probe(device.c_str()); result != 0) {
    return ErrnoStatus(-result, "probe " + device);
  }
  uint16_t port = 0;
  const std::string name = device.substr(0, device.find(','));
  if (rte_eth_dev_get_port_by_name(name.c_str(), &port) != 0) {
    return NotFound("no network device {}", name);
  }
  const rte_eth_conf config{};
  int result = rte_eth_dev_configure(port, 1, 1, &config);
  if (result == 0) {
    result = rte_eth_rx_queue_setup(port, 0, kDescriptors, SOCKET_ID_ANY, nullptr, pool);
  }
  if (result == 0) result = rte_eth_tx_queue_setup(port, 0, kDescriptors, SOCKET_ID_ANY, nullptr);
  if (result == 0) result = rte_eth_dev_start(port);
  if (result != 0) return ErrnoStatus(-result, "start " + device);
  return port;
}

class Generator {
 public:
  Generator(const Flags& flags, FramePool pool, uint16_t tx, std::optional<uint16_t> rx)
      : flags_(flags),
        pool_(pool),
        flows_(MakeFlowSource(flags.order, flags.flows)),
        tx_(tx),
        rx_(rx) {}

  void Run() {
    const uint64_t hz = rte_get_tsc_hz();
    AwaitPeers();
    const uint64_t start = rte_rdtsc();
    uint64_t next_report = start + hz;
    while (!stop_asked.load(std::memory_order_relaxed)) {
      const uint64_t now = rte_rdtsc();
      if (flags_.rate == 0 ||
          static_cast<double>(sent_) < flags_.rate * static_cast<double>(now - start) / hz) {
        Send(now);
      }
      Receive(now);
      if (now < next_report) continue;
      Report(static_cast<double>(now - start) / static_cast<double>(hz));
      next_report += hz;
      if (flags_.seconds > 0 && static_cast<double>(now - start) / hz >= flags_.seconds) break;
    }
    Report(static_cast<double>(rte_rdtsc() - start) / static_cast<double>(hz));
  }

 private:
  // The link of a guest comes up when the switch has connected; asking for it lets the driver look.
  void AwaitPeers() {
    std::printf("{\"waiting\": true}\n");
    std::fflush(stdout);
    for (const uint16_t port : {tx_, rx_.value_or(tx_)}) {
      rte_eth_link link{};
      while (!stop_asked && (rte_eth_link_get_nowait(port, &link) != 0 || !link.link_status)) {
        rte_delay_us_sleep(10'000);
      }
    }
  }

  void Send(uint64_t now) {
    if (unsent_ == 0) {
      if (!pool_.Make(frames_, sent_, now, [this] { return flows_->Next(); })) return;
      unsent_ = kBurst;
    }
    const uint16_t taken =
        rte_eth_tx_burst(tx_, 0, frames_ + (kBurst - unsent_), static_cast<uint16_t>(unsent_));
    unsent_ -= taken;
    sent_ += taken;
  }

  void Receive(uint64_t now) {
    if (!rx_) return;
    rte_mbuf* frames[kBurst];
    const uint16_t count = rte_eth_rx_burst(*rx_, 0, frames, kBurst);
    for (uint16_t i = 0; i < count; ++i) {
      Stamp stamp;
      if (ReadStamp(frames[i], &stamp)) arrivals_.Add(stamp.sequence, now - stamp.sent_tsc);
    }
    if (count > 0) rte_pktmbuf_free_bulk(frames, count);
  }

  void Report(double seconds) const {
    const auto us = [](uint64_t tsc) {
      return static_cast<double>(tsc) * 1e6 / static_cast<double>(rte_get_tsc_hz());
    };
    std::printf("{\"seconds\": %.3f, \"sent\": %lu, \"received\": %lu, \"duplicates\": %lu, "
                "\"reordered\": %lu, \"age_p50_us\": %.0f, \"age_p99_us\": %.0f}\n",
                seconds, sent_, arrivals_.received(), arrivals_.duplicates(),
                arrivals_.reordered(), us(arrivals_.AgeQuantile(0.5)),
                us(arrivals_.AgeQuantile(0.99)));
    std::fflush(stdout);
  }

  const Flags flags_;
  FramePool pool_;
  const std::unique_ptr<FlowSource> flows_;
  const uint16_t tx_;
  const std::optional<uint16_t> rx_;
  Arrivals arrivals_;
  rte_mbuf* frames_[kBurst];
  uint32_t unsent_ = 0;  // the last ones of frames_
  uint64_t sent_ = 0;
};

absl::Status Run(const Flags& flags) {
  if (flags.bytes < FramePool::kMinBytes || flags.bytes > FramePool::kMaxBytes) {
    return InvalidArgument("--bytes {}: must be {}..{}", flags.bytes, FramePool::kMinBytes,
                           FramePool::kMaxBytes);
  }
  if (flags.flows == 0 || MakeFlowSource(flags.order, 1) == nullptr) {
    return InvalidArgument("--order must be uniform, zipf or sequential, and --flows above 0");
  }
  VSW_RETURN_IF_ERROR(StartEal(flags));
  VSW_ASSIGN_OR_RETURN(FramePool pool, FramePool::Create(flags.buffers, flags.bytes));
  VSW_ASSIGN_OR_RETURN(const uint16_t tx, Open(flags.tx, pool.pool()));
  std::optional<uint16_t> rx;
  if (!flags.rx.empty()) {
    VSW_ASSIGN_OR_RETURN(rx, Open(flags.rx, pool.pool()));
  }
  Generator(flags, pool, tx, rx).Run();
  return absl::OkStatus();
}

}  // namespace
}  // namespace vsw::bench

int main(int argc, char** argv) {
  using namespace vsw::bench;
  for (const int number : {SIGINT, SIGTERM}) {
    signal(number, [](int) { stop_asked = true; });
  }
  Flags flags;
  CLI::App app{"Sends packets by one DPDK device and checks what arrives by another"};
  app.add_option("--tx", flags.tx, "DPDK device to send by")->required();
  app.add_option("--rx", flags.rx, "DPDK device to receive by");
  app.add_option("--flows", flags.flows, "Number of flows");
  app.add_option("--order", flags.order, "uniform, zipf or sequential");
  app.add_option("--bytes", flags.bytes, "Frame size without FCS");
  app.add_option("--seconds", flags.seconds, "How long; 0: until a signal");
  app.add_option("--rate", flags.rate, "Packets a second; 0: as many as are taken");
  app.add_option("--buffers", flags.buffers, "Packet buffers");
  app.add_option("--memory", flags.memory_mib, "Memory, in MiB");
  app.add_option("--core", flags.core, "Core to run on");
  CLI11_PARSE(app, argc, argv);
  if (const absl::Status status = Run(flags); !status.ok()) {
    std::fprintf(stderr, "traffic_generator: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}
