// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/underlay_port.h"

#include <rte_mbuf.h>

#include <array>

#include "base/status.h"
#include "datapath/packet/offload.h"
#include "datapath/underlay/tunnel_offload.h"

namespace vsw {

absl::StatusOr<std::unique_ptr<UnderlayPort>> UnderlayPort::Make(
    PortNo number, const KernelDevice& device, std::span<const sock_filter> filter,
    rte_mempool* pool) {
  VSW_ASSIGN_OR_RETURN(std::unique_ptr<PacketSocket> socket, PacketSocket::Open(pool));
  VSW_RETURN_IF_ERROR(socket->SetFilter(filter));
  socket->SetApplyHeader(&ApplyTunnelHeader);
  VSW_RETURN_IF_ERROR(socket->Bind(device.index, device.name, /*promiscuous=*/false));
  return std::unique_ptr<UnderlayPort>(new UnderlayPort(number, device, std::move(socket), pool));
}

UnderlayPort::UnderlayPort(PortNo number, const KernelDevice& device,
                           std::unique_ptr<PacketSocket> socket, rte_mempool* pool)
    : Port(number, NameOn(device)), device_(device), socket_(std::move(socket)), pool_(pool) {}

uint16_t UnderlayPort::Receive(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) {
  if (!pacer_.Due()) return 0;
  const uint16_t received = socket_->Receive(burst, counters);
  if (pacer_.Found(received)) socket_->Shrink();
  return received;
}

void UnderlayPort::Transmit(WorkerId worker, std::span<rte_mbuf*> burst, PortCounters& counters) {
  std::array<rte_mbuf*, kBurst> ready;
  size_t ready_count = 0;
  std::array<rte_mbuf*, kMaxSegments> frames;
  for (rte_mbuf* packet : burst) {
    // A virtio-net header can say the outer UDP checksum, but nothing of the inner frame.
    const uint16_t count = ResolveOffloads(packet, {.checksum = true}, pool_, frames, counters);
    for (uint16_t i = 0; i < count; ++i) {
      ready[ready_count++] = frames[i];
      if (ready_count == ready.size())
        socket_->Send({ready.data(), std::exchange(ready_count, 0)}, counters);
    }
  }
  if (ready_count > 0) socket_->Send({ready.data(), ready_count}, counters);
}

PortInfo UnderlayPort::ReadInfo() const {
  PortInfo info;
  info.link_up = true;
  info.mac = device_.mac;
  info.mtu = device_.mtu;
  info.rx_queues = info.tx_queues = 1;
  return info;
}

}  // namespace vsw
