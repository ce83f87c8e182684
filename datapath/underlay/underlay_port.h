// SPDX-License-Identifier: Apache-2.0
//
// The switch's own port on a device of the kernel that carries tunnel packets: polled by workers
// like any port, but on no bridge and shown as none. It receives only what is for a tunnel of the
// switch (packet_filter.h); the device is otherwise left to the kernel, as it is.
//
// A received frame that the kernel did not finish or cut carries transmit flags as any frame does
// (port.h). If they are the inner frame's, l2_len reaches from the outer Ethernet header to the
// inner IP header; else they are the outer UDP checksum's.
//
// Thread safety: as port.h says.
#ifndef VSW_DATAPATH_UNDERLAY_UNDERLAY_PORT_H_
#define VSW_DATAPATH_UNDERLAY_UNDERLAY_PORT_H_

#include <linux/filter.h>

#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "datapath/port/packet_socket.h"
#include "datapath/port/poll_pacer.h"
#include "datapath/port/port.h"
#include "datapath/underlay/kernel_view.h"

namespace vsw {

class UnderlayPort : public Port {
 public:
  /// What the port on the device is called where counters are shown.
  static std::string NameOn(const KernelDevice& device) { return "underlay-" + device.name; }

  [[nodiscard]] static absl::StatusOr<std::unique_ptr<UnderlayPort>> Make(
      PortNo number, const KernelDevice& device, std::span<const sock_filter> filter,
      rte_mempool* pool);

  /// Another filter, from now on.
  [[nodiscard]] absl::Status SetFilter(std::span<const sock_filter> filter) {
    return socket_->SetFilter(filter);
  }

  uint16_t rx_queue_count() const override { return 1; }
  uint16_t Receive(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) override;
  void Transmit(WorkerId worker, std::span<rte_mbuf*> burst, PortCounters& counters) override;
  int BeginSleep(QueueId queue) override { return socket_->fd(); }
  void EndSleep(QueueId queue) override { pacer_.Reset(); }
  PortInfo ReadInfo() const override;
  absl::Status Reconfigure(const std::map<std::string, std::string>&) override { return {}; }

 private:
  UnderlayPort(PortNo number, const KernelDevice& device, std::unique_ptr<PacketSocket> socket,
               rte_mempool* pool);

  const KernelDevice device_;
  const std::unique_ptr<PacketSocket> socket_;
  rte_mempool* const pool_;
  PollPacer pacer_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_UNDERLAY_UNDERLAY_PORT_H_
