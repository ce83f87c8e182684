// SPDX-License-Identifier: Apache-2.0
//
// Port kind `tap`: a TAP device of the kernel, made by vsw, for the host or a container. The device
// outlives vswitchd (see tap_device.h) and goes away when the port is removed. If somebody else
// deletes it, or its network namespace ends, it is made anew in vsw's own namespace.
//
// Options: mac, mtu, queues (1..8; receive queues), admin-state.
//
// Workers make one system call per frame, readv() or writev(), which is how the kernel hands TAP
// frames over; checksum and segmentation offloads make a frame up to 64 KiB.
//
// Thread safety: as port.h says; a link monitor's thread repairs the device in the background.
#ifndef VSW_DATAPATH_PORT_TAP_PORT_H_
#define VSW_DATAPATH_PORT_TAP_PORT_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datapath/packet/offload.h"
#include "datapath/port/link_monitor.h"
#include "datapath/port/poll_pacer.h"
#include "datapath/port/port_factory.h"
#include "datapath/port/receive_chain.h"
#include "datapath/port/tap_device.h"

namespace vsw {

[[nodiscard]] absl::StatusOr<std::unique_ptr<Port>> MakeTapPort(const PortEnvironment& environment,
                                                                const PortRequest& request);

class TapPort : public Port {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Port>> Make(
      const PortEnvironment& environment, const PortRequest& request);
  ~TapPort() override;

  uint16_t rx_queue_count() const override { return static_cast<uint16_t>(queues_.size()); }
  uint16_t Receive(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) override;
  void Transmit(WorkerId worker, std::span<rte_mbuf*> burst, PortCounters& counters) override;
  int BeginSleep(QueueId queue) override;
  void EndSleep(QueueId queue) override;
  PortInfo ReadInfo() const override;
  DeviceCounters ReadDeviceCounters() const override;
  absl::Status Reconfigure(const std::map<std::string, std::string>& options) override;
  void Retire() override;

 private:
  struct Queue {
    explicit Queue(rte_mempool* pool) : chain(pool) {}
    ReceiveChain chain;
    PollPacer pacer;
    // What workers sleep on: stays the same when the device under it is made anew.
    UniqueFd epoll;
    std::atomic<bool> gone{false};  // set by workers, cleared by Repair()
  };

  TapPort(const PortEnvironment& environment, const PortRequest& request, TapOptions options,
          std::unique_ptr<TapDevice> device, std::shared_ptr<LinkMonitor> monitor);

  absl::Status AddQueues();
  absl::Status Watch(uint16_t queue);
  rte_mbuf* ReadFrame(uint16_t index, bool* more, PortCounters& counters);
  void SendFrame(int fd, rte_mbuf* frame, PortCounters& counters);
  void MarkGone(uint16_t queue);
  void OnLinkEvent(const LinkEvent& event);
  void Repair();

  const PortEnvironment environment_;
  const std::string kind_;
  std::atomic<bool> admin_up_;
  OffloadCapabilities capabilities_;
  std::vector<std::unique_ptr<Queue>> queues_;

  mutable std::mutex mutex_;  // guards what follows; control and monitor threads
  TapOptions options_;
  std::unique_ptr<TapDevice> device_;  // workers use its descriptors, which never change
  LinkInfo baseline_;                  // what an earlier life counted
  int index_ = 0;                      // of the device
  bool repair_failed_ = false;
  std::shared_ptr<LinkMonitor> monitor_;
  int subscription_ = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_TAP_PORT_H_
