// SPDX-License-Identifier: Apache-2.0
//
// Port kind `dpdk`: any ethdev of DPDK. What the device can do for checksums and segmentation is
// used, the rest is done in software. It is made promiscuous.
//
// Options: devargs (required), rxq, txq (queues; default 1 and one per worker, at most what the
// device has), rxd, txd (descriptors), mac, mtu, admin-state. All but mac, mtu and admin-state need
// the port to be made anew.
//
// Workers share transmit queues under a spin lock when the device has fewer queues than there are
// workers: the only lock on a packet's way, held for one burst, taken by nobody else. Drivers have
// no event to sleep on here: the worker polls.
//
// Thread safety: as port.h says; DPDK's interrupt thread reports link changes.
#ifndef VSW_DATAPATH_PORT_DPDK_PORT_H_
#define VSW_DATAPATH_PORT_DPDK_PORT_H_

#include <rte_ethdev.h>
#include <rte_spinlock.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datapath/packet/offload.h"
#include "datapath/port/dpdk_device.h"
#include "datapath/port/port_factory.h"
#include "datapath/port/port_options.h"

namespace vsw {

[[nodiscard]] absl::StatusOr<std::unique_ptr<Port>> MakeDpdkPort(const PortEnvironment& environment,
                                                                 const PortRequest& request);

class DpdkPort : public Port {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Port>> Make(
      const PortEnvironment& environment, const PortRequest& request);
  ~DpdkPort() override;

  uint16_t rx_queue_count() const override { return rx_queues_; }
  uint16_t Receive(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) override;
  TunnelOffloads tunnel_offloads() const override { return tunnel_offloads_; }
  void Transmit(WorkerId worker, std::span<rte_mbuf*> burst, PortCounters& counters) override;
  PortInfo ReadInfo() const override;
  DeviceCounters ReadDeviceCounters() const override;
  absl::Status Reconfigure(const std::map<std::string, std::string>& options) override;

 private:
  struct Options {
    std::string devargs;
    std::optional<uint32_t> rxq, txq, rxd, txd, mtu;
    std::optional<MacAddress> mac;
    std::optional<bool> up;
  };
  struct alignas(64) TxQueue {
    rte_spinlock_t lock = RTE_SPINLOCK_INITIALIZER;
  };
  static absl::StatusOr<Options> ReadOptions(const OptionMap& map);
  static int OnEvent(uint16_t device, rte_eth_event_type type, void* port, void* result);

  DpdkPort(const PortEnvironment& environment, const PortRequest& request, Options options,
           std::unique_ptr<DpdkDevice> device);

  absl::Status Open();
  absl::Status Configure();
  absl::Status SetUpQueues();
  absl::Status SetMtu(uint32_t mtu);
  absl::Status SetMac(const MacAddress& mac);
  absl::Status Error(int result, const std::string& what) const;
  void ReadCapabilities(uint64_t tx_offloads);

  OffloadCapabilities CapabilitiesFor(const rte_mbuf* frame) const;
  rte_mbuf* Prepare(rte_mbuf* frame, PortCounters& counters);
  rte_mbuf* Linearize(rte_mbuf* frame, PortCounters& counters);
  bool NeedNothing(std::span<rte_mbuf* const> burst) const;
  void SendBurst(uint16_t queue, std::span<rte_mbuf*> frames, PortCounters& counters);

  const PortEnvironment environment_;
  const std::unique_ptr<DpdkDevice> device_;
  const uint16_t id_;  // of the ethdev
  std::atomic<bool> admin_up_;
  std::atomic<uint32_t> max_frame_bytes_{0};  // without segmentation; follows the MTU
  OffloadCapabilities capabilities_;
  TunnelOffloads tunnel_offloads_;
  bool multi_segment_ = false;
  uint16_t rx_queues_ = 0;
  uint16_t tx_queues_ = 0;
  bool shared_tx_ = false;
  std::vector<TxQueue> tx_;
  rte_eth_dev_info info_{};
  rte_eth_conf config_{};

  mutable std::mutex mutex_;  // guards options_
  Options options_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_DPDK_PORT_H_
