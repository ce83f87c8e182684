// SPDX-License-Identifier: Apache-2.0
//
// Port kind `vhost-user`: a guest's virtio network device on a Unix socket. What the guest's driver
// cannot do by itself (checksums, segmentation) is done here before a frame goes to it.
//
// Options: path (absolute; required), mode (server: listen, the default; client: connect to the
// front-end's socket, for ever again), queues (1..8 queue pairs offered, 4 unless given; the guest
// enables what it uses), mtu (offered to the guest, larger frames are not sent to it), admin-state.
//
// A worker sends on guest queue (worker mod enabled queues): with fewer queues than workers, two of
// them may wait for each other for the length of a burst.
//
// Thread safety: as port.h says.
#ifndef VSW_DATAPATH_PORT_VHOST_USER_PORT_H_
#define VSW_DATAPATH_PORT_VHOST_USER_PORT_H_

#include <atomic>
#include <memory>

#include "absl/status/statusor.h"
#include "datapath/port/port_factory.h"
#include "vhost/vhost_device.h"

namespace vsw {

[[nodiscard]] absl::StatusOr<std::unique_ptr<Port>> MakeVhostUserPort(
    const PortEnvironment& environment, const PortRequest& request);

class VhostUserPort : public Port {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Port>> Make(
      const PortEnvironment& environment, const PortRequest& request);

  uint16_t rx_queue_count() const override { return device_->queue_pairs(); }
  uint16_t Receive(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) override;
  Received ReceiveLent(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) override;
  void TakeBack(QueueId queue) override { device_->TakeBack(ToInt(queue)); }
  void Transmit(WorkerId worker, std::span<rte_mbuf*> burst, PortCounters& counters) override;
  bool takes_lent() const override { return true; }
  int BeginSleep(QueueId queue) override { return device_->BeginSleep(ToInt(queue)); }
  void EndSleep(QueueId queue) override { device_->EndSleep(ToInt(queue)); }
  PortInfo ReadInfo() const override;
  absl::Status Reconfigure(const std::map<std::string, std::string>& options) override;

 private:
  VhostUserPort(const PortEnvironment& environment, const PortRequest& request)
      : Port(request.number, request.name), pool_(environment.mbuf_pool) {}

  static void DropReceived(std::span<rte_mbuf*> frames, PortCounters& counters);
  bool NeedNothing(std::span<rte_mbuf* const> burst) const;
  bool Permits(const rte_mbuf* frame) const;

  rte_mempool* const pool_;
  vhost::VhostOptions options_;
  std::atomic<bool> admin_up_{true};
  std::atomic<uint32_t> mtu_{0};  // 0 = any
  std::unique_ptr<vhost::VhostDevice> device_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_VHOST_USER_PORT_H_
