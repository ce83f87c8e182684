// SPDX-License-Identifier: Apache-2.0
//
// A wire between two vhost-user ports, for trying guests against them by hand and from scripts:
//   vhost_bridge /path/a.sock /path/b.sock
// Sleeps when idle like a worker does, prints both ports' facts and counters at the end (SIGTERM).
#include <poll.h>
#include <rte_mbuf.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>

#include "datapath/port/vhost_user_port.h"
#include "tests/support/eal.h"

namespace {

std::atomic<bool> stop{false};

void Print(const vsw::Port& port, const vsw::PortCounters& counters) {
  std::printf("%s: rx %lu tx %lu", port.name().c_str(), counters.rx_packets.Get(),
              counters.tx_packets.Get());
  for (size_t i = 0; i < vsw::kDropReasonCount; ++i) {
    if (const uint64_t n = counters.drops[i].Get()) {
      std::printf(" %s=%lu", vsw::kDropReasons[i].name.data(), n);
    }
  }
  for (const auto& [key, value] : port.ReadInfo().facts) {
    std::printf(" [%s: %s]", key.c_str(), value.c_str());
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: vhost_bridge SOCKET SOCKET\n");
    return 2;
  }
  const int wake_fd = eventfd(0, EFD_NONBLOCK);
  vsw::PortEnvironment environment;
  environment.mbuf_pool = vsw::testing::MbufPool();
  environment.wake_workers = [wake_fd] { eventfd_write(wake_fd, 1); };
  std::array<std::unique_ptr<vsw::Port>, 2> ports;
  for (int i = 0; i < 2; ++i) {
    auto port = vsw::MakeVhostUserPort(
        environment,
        {vsw::PortNo{uint32_t(i) + 1}, argv[i + 1], "vhost-user", {{"path", argv[i + 1]}}});
    if (!port.ok()) {
      std::fprintf(stderr, "%s\n", std::string(port.status().message()).c_str());
      return 1;
    }
    ports[i] = *std::move(port);
  }
  signal(SIGTERM, [](int) { stop = true; });
  std::array<vsw::PortCounters, 2> counters;
  uint64_t sleeps = 0;
  while (!stop) {
    bool busy = false;
    for (int i = 0; i < 2; ++i) {
      for (uint16_t q = 0; q < ports[i]->rx_queue_count(); ++q) {
        std::array<rte_mbuf*, vsw::kBurst> burst;
        const uint16_t n = ports[i]->Receive(vsw::QueueId{q}, burst, counters[i]);
        if (n == 0) continue;
        busy = true;
        counters[i].rx_packets.Add(n);
        ports[1 - i]->Transmit(vsw::WorkerId{0}, {burst.data(), n}, counters[1 - i]);
      }
    }
    if (busy) continue;
    std::array<pollfd, 17> fds;
    nfds_t count = 0;
    fds[count++] = {wake_fd, POLLIN, 0};
    bool work = false;
    for (auto& port : ports) {
      for (uint16_t q = 0; q < port->rx_queue_count(); ++q) {
        const int fd = port->BeginSleep(vsw::QueueId{q});
        work |= fd < 0;
        if (fd >= 0) fds[count++] = {fd, POLLIN, 0};
      }
    }
    if (!work) {
      ++sleeps;
      poll(fds.data(), count, 1000);
    }
    for (auto& port : ports) {
      for (uint16_t q = 0; q < port->rx_queue_count(); ++q) port->EndSleep(vsw::QueueId{q});
    }
    eventfd_t ignored;
    eventfd_read(wake_fd, &ignored);
  }
  for (int i = 0; i < 2; ++i) Print(*ports[i], counters[i]);
  std::printf("slept %lu times\n", sleeps);
  return 0;
}
