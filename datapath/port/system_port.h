// SPDX-License-Identifier: Apache-2.0
//
// Port kind `system`: a network device that the kernel already has (a veth end, a NIC), through an
// AF_PACKET socket with virtio-net headers, so that partial checksums and unsegmented frames pass
// both ways. VLAN tags that the kernel took off are put back. The device is made promiscuous and
// set up. If it vanishes the port has no link, and takes it up again when a device of that name
// returns.
//
// Options: device (default: the port's name), mtu, admin-state. The device itself is never deleted.
//
// Workers make one system call per burst: recvmmsg() or sendmmsg().
//
// Thread safety: as port.h says; a link monitor's thread binds the socket anew in the background.
#ifndef VSW_DATAPATH_PORT_SYSTEM_PORT_H_
#define VSW_DATAPATH_PORT_SYSTEM_PORT_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "datapath/packet/offload.h"
#include "datapath/port/link_monitor.h"
#include "datapath/port/packet_socket.h"
#include "datapath/port/poll_pacer.h"
#include "datapath/port/port_factory.h"
#include "datapath/port/port_options.h"
#include "datapath/port/rtnl.h"

namespace vsw {

[[nodiscard]] absl::StatusOr<std::unique_ptr<Port>> MakeSystemPort(
    const PortEnvironment& environment, const PortRequest& request);

class SystemPort : public Port {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Port>> Make(
      const PortEnvironment& environment, const PortRequest& request);
  ~SystemPort() override;

  uint16_t rx_queue_count() const override { return 1; }
  uint16_t Receive(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) override;
  void Transmit(WorkerId worker, std::span<rte_mbuf*> burst, PortCounters& counters) override;
  int BeginSleep(QueueId queue) override { return socket_->fd(); }
  void EndSleep(QueueId queue) override { pacer_.Reset(); }
  PortInfo ReadInfo() const override;
  DeviceCounters ReadDeviceCounters() const override;
  absl::Status Reconfigure(const std::map<std::string, std::string>& options) override;

 private:
  struct Options {
    std::string device;
    std::optional<uint32_t> mtu;
    std::optional<bool> up;
  };
  static absl::StatusOr<Options> ReadOptions(const std::string& name, const OptionMap& map);

  SystemPort(const PortEnvironment& environment, const PortRequest& request, Options options,
             std::unique_ptr<PacketSocket> socket, std::shared_ptr<LinkMonitor> monitor);

  absl::Status Attach();
  void OnLinkEvent(const LinkEvent& event);

  const PortEnvironment environment_;
  std::atomic<bool> admin_up_;
  const OffloadCapabilities capabilities_;
  PollPacer pacer_;
  const std::unique_ptr<PacketSocket> socket_;

  mutable std::mutex mutex_;  // guards what follows; control and monitor threads
  Options options_;
  LinkInfo baseline_;  // what the device had counted when the port took it
  int index_ = 0;      // of the device; 0 = there is none
  mutable uint64_t socket_drops_ = 0;
  std::string attach_error_;
  std::shared_ptr<LinkMonitor> monitor_;
  int subscription_ = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_SYSTEM_PORT_H_
