// SPDX-License-Identifier: Apache-2.0
//
// Plays guests on one core: sends frames by one DPDK device and takes what comes by another (or
// nothing), until it is told to stop or its time is up; then it waits for what is still on the way.
// A third device may send frames of its own, from SIGUSR1 on, of which nothing is expected back.
// Four lines of JSON a second say what was sent and what arrived; rates are the reader's to
// compute.
//
//   traffic_generator --tx net_virtio_user0,path=a.sock,server=1,queues=1
//                     --rx net_virtio_user1,path=b.sock,server=1,queues=1
//                     --flows 1000000 --order uniform --bytes 60 --seconds 10 --core 0
#include <pthread.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <sched.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "bench/generator/arrivals.h"
#include "bench/generator/capture.h"
#include "bench/generator/flow_source.h"
#include "bench/generator/frame_pool.h"
#include "bench/generator/sender.h"

namespace vsw::bench {
namespace {

constexpr uint16_t kBurst = Sender::kBurst;
constexpr uint16_t kDescriptors = 0;  // as many as the device has
constexpr double kReportSeconds = 0.25;
constexpr double kAbsentSeconds = 50e-6;  // no round takes so long: this program was not running
constexpr double kQuietSeconds = 0.2;     // after which nothing is on the way any more

std::atomic<bool> stop_asked{false};
std::atomic<bool> first_asked{false};
std::atomic<bool> second_asked{false};

// What one device sends.
struct Stream {
  std::string device;
  std::string capture;  // or frames of its own making:
  bool moving = false;  // the capture's, to other addresses each time
  uint32_t flows = 1;
  uint16_t bytes = 60;
  std::string order = "uniform";
  double rate = 0;       // packets a second; 0: as many as the switch takes
  uint64_t packets = 0;  // 0: without end
};

struct Flags {
  Stream first, second;
  std::string rx;
  bool wait = false;   // for SIGUSR1
  double seconds = 0;  // 0: until a signal
  uint32_t buffers = 4096;
  uint32_t memory_mib = 256;
  int core = 0;
};

uint32_t FreeHugepagesMib() {
  std::ifstream file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
  uint32_t pages = 0;
  file >> pages;
  return pages * 2;
}

// DPDK puts its own threads on cores that the program may use beside its own: the one that is
// measured among them.
absl::Status KeepTo(int core) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(core, &only);
  const int error = pthread_setaffinity_np(pthread_self(), sizeof(only), &only);
  return error == 0 ? absl::OkStatus() : ErrnoStatus(error, fmt::format("run on core {}", core));
}

absl::Status StartEal(const Flags& flags) {
  std::vector<std::string> words = {"traffic_generator",
                                    "--no-pci",
                                    "--no-telemetry",
                                    "--log-level=*:error",
                                    "-m",
                                    std::to_string(flags.memory_mib),
                                    "--lcores",
                                    fmt::format("0@{}", flags.core)};
  if (FreeHugepagesMib() < flags.memory_mib) {
    words.insert(words.end(), {"--no-huge", "--no-shconf"});
  } else {
    // One file, of which the switch is told.
    words.insert(words.end(), {"--in-memory", "--single-file-segments"});
  }
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
  Generator(double seconds, Sender* first, Sender* second, std::optional<uint16_t> rx)
      : seconds_(seconds), first_(first), second_(second), rx_(rx) {}

  void Run() {
    AwaitPeers();
    start_tsc_ = rte_rdtsc();
    uint64_t second_start_tsc = 0;
    double next_report = kReportSeconds;
    uint64_t before = start_tsc_;
    while (!stop_asked.load(std::memory_order_relaxed) && !first_->Done()) {
      const uint64_t now = rte_rdtsc();
      if (Seconds(now - before) > kAbsentSeconds) {
        arrivals_.Absent(now - before);
        absent_tsc_ += now - before;
      }
      before = now;
      const double passed = Seconds(now - start_tsc_);
      if (const uint16_t taken = first_->Send(passed); taken > 0) arrivals_.Sent(taken, now);
      if (second_ != nullptr && second_asked.load(std::memory_order_relaxed)) {
        if (second_start_tsc == 0) second_start_tsc = now;
        second_->Send(Seconds(now - second_start_tsc));
      }
      Receive();
      if (passed < next_report) continue;
      Report(passed, false);
      next_report += kReportSeconds;
      if (seconds_ > 0 && passed >= seconds_) break;
    }
    Drain();
  }

 private:
  static double Seconds(uint64_t tsc) {
    return static_cast<double>(tsc) / static_cast<double>(rte_get_tsc_hz());
  }

  // The link of a guest comes up when the switch has connected; asking for it lets the driver look.
  void AwaitPeers() {
    std::printf("{\"waiting\": true}\n");
    std::fflush(stdout);
    std::vector<uint16_t> ports = {first_->port()};
    if (rx_) ports.push_back(*rx_);
    if (second_ != nullptr) ports.push_back(second_->port());
    for (const uint16_t port : ports) {
      rte_eth_link link{};
      while (!stop_asked && (rte_eth_link_get_nowait(port, &link) != 0 || !link.link_status)) {
        rte_delay_us_sleep(10'000);
      }
    }
    std::printf("{\"ready\": true}\n");
    std::fflush(stdout);
    while (!stop_asked && !first_asked) {
      Receive();
      rte_delay_us_sleep(1000);
    }
  }

  bool Receive() {
    if (!rx_) return false;
    rte_mbuf* frames[kBurst];
    const uint16_t count = rte_eth_rx_burst(*rx_, 0, frames, kBurst);
    if (count == 0) return false;
    const uint64_t now = rte_rdtsc();
    for (uint16_t i = 0; i < count; ++i) FetchStamp(frames[i]);
    bool ours = false;
    for (uint16_t i = 0; i < count; ++i) {
      Stamp stamp;
      if (!ReadStamp(frames[i], &stamp)) continue;
      if (!ours) arrivals_.Burst(now);
      ours = true;
      arrivals_.Add(stamp.sequence, now);
    }
    rte_pktmbuf_free_bulk(frames, count);
    return ours;
  }

  // Until nothing has come for a while: what was not received by then is lost.
  void Drain() {
    const double passed = Seconds(rte_rdtsc() - start_tsc_);
    uint64_t last_tsc = rte_rdtsc();
    while (Seconds(rte_rdtsc() - last_tsc) < kQuietSeconds) {
      if (Receive()) last_tsc = rte_rdtsc();
    }
    Report(passed, true);
  }

  void Report(double seconds, bool done) {
    const auto us = [](uint64_t tsc) { return Seconds(tsc) * 1e6; };
    std::printf(
        "{\"seconds\": %.4f, \"here_seconds\": %.6f, \"sent\": %lu, \"received\": %lu, "
        "\"duplicates\": %lu, "
        "\"reordered\": %lu, \"gap_us\": %.0f, \"oldest_us\": %.0f, \"age_p50_us\": %.0f, "
        "\"age_p99_us\": %.0f, \"received_seconds\": %.6f, \"second_sent\": %lu, \"done\": %s}\n",
        seconds, seconds - Seconds(absent_tsc_), first_->sent(), arrivals_.received(),
        arrivals_.duplicates(), arrivals_.reordered(), us(arrivals_.TakeLongestGap()),
        us(arrivals_.TakeOldest()), us(arrivals_.AgeQuantile(0.5)), us(arrivals_.AgeQuantile(0.99)),
        arrivals_.last_tsc() == 0 ? 0.0 : Seconds(arrivals_.last_tsc() - start_tsc_),
        second_ == nullptr ? 0 : second_->sent(), done ? "true" : "false");
    std::fflush(stdout);
  }

  const double seconds_;
  Sender* const first_;
  Sender* const second_;  // or nullptr
  const std::optional<uint16_t> rx_;
  uint64_t start_tsc_ = 0;
  uint64_t absent_tsc_ = 0;  // since then, while this program was not running
  Arrivals arrivals_;
};

absl::StatusOr<std::unique_ptr<Sender>> MakeSender(const Stream& stream, uint32_t buffers) {
  const std::string name = stream.device.substr(0, stream.device.find(','));
  std::optional<FramePool> pool;
  uint32_t flows = stream.flows;
  if (stream.capture.empty()) {
    VSW_ASSIGN_OR_RETURN(pool, FramePool::Create(name, buffers, stream.bytes));
  } else {
    VSW_ASSIGN_OR_RETURN(Capture capture, Capture::Read(stream.capture));
    flows = capture.frames();
    VSW_ASSIGN_OR_RETURN(pool, FramePool::Create(name, buffers, std::move(capture), stream.moving));
  }
  if (flows == 0 || MakeFlowSource(stream.order, 1) == nullptr) {
    return InvalidArgument(
        "--order must be uniform, zipf, sequential or filling, and --flows above 0");
  }
  VSW_ASSIGN_OR_RETURN(const uint16_t port, Open(stream.device, pool->pool()));
  return std::make_unique<Sender>(port, *std::move(pool), MakeFlowSource(stream.order, flows),
                                  stream.rate, stream.packets);
}

absl::Status Run(const Flags& flags) {
  VSW_RETURN_IF_ERROR(KeepTo(flags.core));
  VSW_RETURN_IF_ERROR(StartEal(flags));
  // A device is ready when its switch has connected: first that to which the first packet goes.
  std::optional<uint16_t> rx;
  if (!flags.rx.empty()) {
    VSW_ASSIGN_OR_RETURN(FramePool pool, FramePool::Create("rx", flags.buffers, 60));
    VSW_ASSIGN_OR_RETURN(rx, Open(flags.rx, pool.pool()));
  }
  VSW_ASSIGN_OR_RETURN(const std::unique_ptr<Sender> first, MakeSender(flags.first, flags.buffers));
  std::unique_ptr<Sender> second;
  if (!flags.second.device.empty()) {
    VSW_ASSIGN_OR_RETURN(second, MakeSender(flags.second, flags.buffers));
  }
  Generator(flags.seconds, first.get(), second.get(), rx).Run();
  return absl::OkStatus();
}

}  // namespace
}  // namespace vsw::bench

int main(int argc, char** argv) {
  using namespace vsw::bench;
  for (const int number : {SIGINT, SIGTERM}) {
    signal(number, [](int) { stop_asked = true; });
  }
  signal(SIGUSR1, [](int) { first_asked = true; });
  signal(SIGUSR2, [](int) { second_asked = true; });
  Flags flags;
  CLI::App app{"Sends packets by one DPDK device and checks what arrives by another"};
  app.add_option("--tx", flags.first.device, "DPDK device to send by")->required();
  app.add_option("--rx", flags.rx, "DPDK device to receive by");
  app.add_option("--capture", flags.first.capture, "File with the frames to send, each a flow");
  app.add_option("--flows", flags.first.flows, "Number of flows");
  app.add_option("--order", flags.first.order, "uniform, zipf, sequential or filling");
  app.add_option("--bytes", flags.first.bytes, "Frame size without FCS");
  app.add_option("--rate", flags.first.rate, "Packets a second; 0: as many as are taken");
  app.add_option("--packets", flags.first.packets, "Packets to send; 0: without end");
  app.add_option("--second-tx", flags.second.device, "DPDK device to send by from SIGUSR2 on");
  app.add_option("--second-capture", flags.second.capture,
                 "File with its frames, sent in order, each time round to other addresses");
  app.add_option("--second-rate", flags.second.rate, "Its packets a second");
  app.add_flag("--wait", flags.wait, "Send from SIGUSR1 on");
  app.add_option("--seconds", flags.seconds, "How long; 0: until a signal");
  app.add_option("--buffers", flags.buffers, "Packet buffers of each device");
  app.add_option("--memory", flags.memory_mib, "Memory, in MiB");
  app.add_option("--core", flags.core, "Core to run on");
  flags.second.order = "sequential";
  flags.second.moving = true;
  CLI11_PARSE(app, argc, argv);
  if (!flags.wait) first_asked = true;
  if (const absl::Status status = Run(flags); !status.ok()) {
    std::fprintf(stderr, "traffic_generator: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}
