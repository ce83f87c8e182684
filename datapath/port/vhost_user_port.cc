// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/vhost_user_port.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <array>

#include "base/status.h"
#include "datapath/packet/lent_tail.h"
#include "datapath/port/port_options.h"

namespace vsw {
namespace {

constexpr uint16_t kDefaultQueues = 4;
constexpr uint32_t kDefaultMtu = 1500;
constexpr uint32_t kEthernetBytes = 14 + 2 * 4;  // with two tags
constexpr uint64_t kSegmented = RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG;

absl::StatusOr<bool> ReadClientMode(const OptionMap& options) {
  const auto found = options.find("mode");
  if (found == options.end() || found->second == "server") return false;
  if (found->second == "client") return true;
  return InvalidArgument("option mode={}: must be server or client", found->second);
}

absl::StatusOr<vhost::VhostOptions> ReadOptions(const OptionMap& map) {
  vhost::VhostOptions options;
  const auto path = map.find("path");
  if (path == map.end()) {
    return InvalidArgument(
        "option path is missing: give the socket, such as path=/run/vsw/vm1.sock");
  }
  options.path = path->second;
  VSW_ASSIGN_OR_RETURN(options.client, ReadClientMode(map));
  VSW_ASSIGN_OR_RETURN(const auto queues, ReadNumber(map, "queues", 1, vhost::kMaxQueuePairs));
  options.queue_pairs = static_cast<uint16_t>(queues.value_or(kDefaultQueues));
  VSW_ASSIGN_OR_RETURN(const auto mtu, ReadNumber(map, "mtu", kMinMtu, kMaxMtu));
  options.offer_mtu = mtu.has_value();
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Port>> MakeVhostUserPort(const PortEnvironment& environment,
                                                        const PortRequest& request) {
  return VhostUserPort::Make(environment, request);
}

absl::StatusOr<std::unique_ptr<Port>> VhostUserPort::Make(const PortEnvironment& environment,
                                                          const PortRequest& request) {
  std::unique_ptr<VhostUserPort> port(new VhostUserPort(environment, request));
  VSW_ASSIGN_OR_RETURN(port->options_, ReadOptions(request.options));
  VSW_RETURN_IF_ERROR(port->Reconfigure(request.options));
  vhost::VhostOptions options = port->options_;
  options.pool = environment.mbuf_pool;
  options.changed = [number = request.number, wake = environment.wake_workers,
                     info = environment.info_changed] {
    if (wake) wake();
    if (info) info(number);
  };
  VSW_ASSIGN_OR_RETURN(port->device_, vhost::VhostDevice::Open(std::move(options)));
  return port;
}

uint16_t VhostUserPort::Receive(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) {
  const uint16_t received = device_->ReceiveBurst(ToInt(queue), burst, counters);
  if (received == 0 || admin_up_.load(std::memory_order_relaxed)) [[likely]]
    return received;
  DropReceived(burst.first(received), counters);
  return 0;
}

Received VhostUserPort::ReceiveLent(QueueId queue, std::span<rte_mbuf*> burst,
                                    PortCounters& counters) {
  Received received;
  received.frames = device_->ReceiveBurst(ToInt(queue), burst, counters, &received.lent);
  if (received.frames == 0 || admin_up_.load(std::memory_order_relaxed)) [[likely]]
    return received;
  DropReceived(burst.first(received.frames), counters);
  if (received.lent) TakeBack(queue);
  return {};
}

void VhostUserPort::DropReceived(std::span<rte_mbuf*> frames, PortCounters& counters) {
  counters.Drop(DropReason::kPortDown, frames.size());
  rte_pktmbuf_free_bulk(frames.data(), static_cast<unsigned>(frames.size()));
}

// Whether all of them can be handed to the guest as they are.
bool VhostUserPort::NeedNothing(std::span<rte_mbuf* const> burst) const {
  uint64_t flags = 0;
  uint32_t longest = 0;
  for (const rte_mbuf* packet : burst) {
    flags |= packet->ol_flags;
    longest = std::max(longest, packet->pkt_len);
  }
  const uint32_t mtu = mtu_.load(std::memory_order_relaxed);
  return !NeedsOffload(flags) && (mtu == 0 || longest <= mtu + kEthernetBytes);
}

bool VhostUserPort::Permits(const rte_mbuf* frame) const {
  const uint32_t mtu = mtu_.load(std::memory_order_relaxed);
  return mtu == 0 || frame->pkt_len <= mtu + kEthernetBytes || (frame->ol_flags & kSegmented);
}

void VhostUserPort::Transmit(WorkerId worker, std::span<rte_mbuf*> burst, PortCounters& counters) {
  if (!admin_up_.load(std::memory_order_relaxed)) [[unlikely]] {
    counters.Drop(DropReason::kTxPortDown, burst.size());
    rte_pktmbuf_free_bulk(burst.data(), static_cast<unsigned>(burst.size()));
    return;
  }
  if (NeedNothing(burst)) [[likely]] {
    return device_->TransmitBurst(ToInt(worker), burst, counters);
  }
  const OffloadCapabilities guest = device_->capabilities();
  std::array<rte_mbuf*, kBurst + kMaxSegments> ready;
  size_t count = 0;
  for (rte_mbuf* packet : burst) {
    LentTail::Fetch(packet);
    if (!Permits(packet)) [[unlikely]] {
      counters.Drop(DropReason::kTxTooBig);
      rte_pktmbuf_free(packet);
      continue;
    }
    count += ResolveOffloads(packet, guest, pool_, std::span(ready).subspan(count, kMaxSegments),
                             counters);
    if (count < kBurst) continue;
    device_->TransmitBurst(ToInt(worker), {ready.data(), count}, counters);
    count = 0;
  }
  if (count > 0) device_->TransmitBurst(ToInt(worker), {ready.data(), count}, counters);
}

PortInfo VhostUserPort::ReadInfo() const {
  const vhost::VhostState state = device_->ReadState();
  PortInfo info;
  info.link_up = state.running && admin_up_.load();
  const uint32_t mtu = mtu_.load();
  info.mtu = mtu != 0 ? mtu : state.guest_mtu != 0 ? state.guest_mtu : kDefaultMtu;
  info.rx_queues = state.open_from_guest;
  info.tx_queues = state.open_to_guest;
  info.facts = {
      {"path", options_.path},
      {"mode", options_.client ? "client" : "server"},
      {"guest", state.running     ? "running"
                : state.connected ? "connected"
                                  : "absent"},
      {"queues-offered", std::to_string(options_.queue_pairs)},
      {"connections", std::to_string(state.connections)},
      {"reconnects", std::to_string(state.connections > 0 ? state.connections - 1 : 0)},
  };
  if (state.connected) {
    info.facts["features"] = vhost::FeaturesToString(state.features);
    info.facts["ring"] = state.features & vhost::kFeaturePacked ? "packed" : "split";
  }
  if (!state.last_disconnect.empty()) info.facts["last-disconnect"] = state.last_disconnect;
  if (state.refused_connections > 0) {
    info.facts["refused-connections"] = std::to_string(state.refused_connections);
  }
  if (state.memory_faults > 0) info.facts["memory-faults"] = std::to_string(state.memory_faults);
  return info;
}

absl::Status VhostUserPort::Reconfigure(const std::map<std::string, std::string>& options) {
  VSW_ASSIGN_OR_RETURN(const vhost::VhostOptions wanted, ReadOptions(options));
  VSW_ASSIGN_OR_RETURN(const auto up, ReadAdminState(options));
  VSW_ASSIGN_OR_RETURN(const auto mtu, ReadNumber(options, "mtu", kMinMtu, kMaxMtu));
  // Whether an MTU is offered at all is part of what the guest was told when it connected.
  if (wanted.path != options_.path || wanted.client != options_.client ||
      wanted.queue_pairs != options_.queue_pairs || wanted.offer_mtu != options_.offer_mtu) {
    return FailedPrecondition("path, mode, queues and the presence of an mtu need a new port");
  }
  admin_up_.store(up.value_or(true));
  mtu_.store(mtu.value_or(0));
  return absl::OkStatus();
}

}  // namespace vsw
