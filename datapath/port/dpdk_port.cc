// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/dpdk_port.h"

#include <rte_ether.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <thread>
#include <tuple>

#include "base/log.h"
#include "base/status.h"

namespace vsw {
namespace {

constexpr uint32_t kMaxQueues = 64;
constexpr uint16_t kDefaultDescriptors = 1024;
constexpr uint32_t kMaxDescriptors = 32768;
constexpr uint32_t kFrameOverhead = RTE_ETHER_HDR_LEN + 2 * RTE_VLAN_HLEN;
constexpr uint32_t kPlainIpv6Bytes = 40;
// Drivers refuse smaller ones, the strictest of them below this.
constexpr uint16_t kLeastSegment = 256;
constexpr uint64_t kSegmentFlags = RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_UDP_SEG;
// Of the flags of a received mbuf these speak of the buffer and not of the frame.
constexpr uint64_t kBufferFlags = RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;

bool Has(uint64_t set, uint64_t all) { return (set & all) == all; }

rte_ether_addr ToEther(const MacAddress& mac) {
  rte_ether_addr address;
  std::memcpy(address.addr_bytes, mac.octets.data(), mac.octets.size());
  return address;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Port>> MakeDpdkPort(const PortEnvironment& environment,
                                                   const PortRequest& request) {
  return DpdkPort::Make(environment, request);
}

absl::StatusOr<DpdkPort::Options> DpdkPort::ReadOptions(const OptionMap& map) {
  Options options;
  const auto devargs = map.find("devargs");
  if (devargs == map.end() || devargs->second.empty()) {
    return InvalidArgument(
        "option devargs is missing: name a DPDK device, such as devargs=0000:01:00.0 or "
        "devargs=net_af_packet0,iface=eth0");
  }
  options.devargs = devargs->second;
  VSW_ASSIGN_OR_RETURN(options.rxq, ReadNumber(map, "rxq", 1, kMaxQueues));
  VSW_ASSIGN_OR_RETURN(options.txq, ReadNumber(map, "txq", 1, kMaxQueues));
  VSW_ASSIGN_OR_RETURN(options.rxd, ReadNumber(map, "rxd", 32, kMaxDescriptors));
  VSW_ASSIGN_OR_RETURN(options.txd, ReadNumber(map, "txd", 32, kMaxDescriptors));
  VSW_ASSIGN_OR_RETURN(options.mtu, ReadNumber(map, "mtu", kMinMtu, kMaxMtu));
  VSW_ASSIGN_OR_RETURN(options.mac, ReadMac(map));
  VSW_ASSIGN_OR_RETURN(options.up, ReadAdminState(map));
  return options;
}

absl::StatusOr<std::unique_ptr<Port>> DpdkPort::Make(const PortEnvironment& environment,
                                                     const PortRequest& request) {
  VSW_ASSIGN_OR_RETURN(Options options, ReadOptions(request.options));
  VSW_ASSIGN_OR_RETURN(auto device, DpdkDevice::Probe(options.devargs, request.name));
  std::unique_ptr<DpdkPort> port(
      new DpdkPort(environment, request, std::move(options), std::move(device)));
  VSW_RETURN_IF_ERROR(port->Open());
  return port;
}

DpdkPort::DpdkPort(const PortEnvironment& environment, const PortRequest& request, Options options,
                   std::unique_ptr<DpdkDevice> device)
    : Port(request.number, request.name),
      environment_(environment),
      device_(std::move(device)),
      id_(device_->id()),
      admin_up_(options.up.value_or(true)),
      options_(std::move(options)) {}

DpdkPort::~DpdkPort() {
  for (const auto event : {RTE_ETH_EVENT_INTR_LSC, RTE_ETH_EVENT_INTR_RMV}) {
    // -EAGAIN: DPDK's interrupt thread is inside the callback right now.
    while (rte_eth_dev_callback_unregister(id_, event, OnEvent, this) == -EAGAIN) {
      std::this_thread::yield();
    }
  }
}

absl::Status DpdkPort::Error(int result, const std::string& what) const {
  return ErrnoStatus(-result, fmt::format("DPDK device {}: {}", options_.devargs, what));
}

absl::Status DpdkPort::Open() {
  if (const int result = rte_eth_dev_info_get(id_, &info_); result != 0) {
    return Error(result, "read its properties");
  }
  VSW_RETURN_IF_ERROR(Configure());
  if (options_.mtu) VSW_RETURN_IF_ERROR(SetMtu(*options_.mtu));
  VSW_RETURN_IF_ERROR(SetUpQueues());
  rte_eth_dev_callback_register(id_, RTE_ETH_EVENT_INTR_LSC, OnEvent, this);
  rte_eth_dev_callback_register(id_, RTE_ETH_EVENT_INTR_RMV, OnEvent, this);
  if (const int result = rte_eth_dev_start(id_); result != 0) return Error(result, "start");
  if (options_.mac) VSW_RETURN_IF_ERROR(SetMac(*options_.mac));
  if (const int result = rte_eth_promiscuous_enable(id_); result != 0 && result != -ENOTSUP) {
    return Error(result, "make it promiscuous");
  }
  uint16_t mtu = RTE_ETHER_MTU;
  rte_eth_dev_get_mtu(id_, &mtu);
  max_frame_bytes_ = mtu + kFrameOverhead;
  return absl::OkStatus();
}

void DpdkPort::ReadCapabilities(uint64_t tx_offloads) {
  multi_segment_ = Has(tx_offloads, RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
  capabilities_.checksum =
      Has(tx_offloads, RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM);
  // Segmentation writes an IPv4 header for each frame, and reads from chains of mbufs.
  capabilities_.tso4 = capabilities_.tso6 =
      multi_segment_ && capabilities_.checksum &&
      Has(tx_offloads, RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM);
  tunnel_offloads_ = ReadTunnelOffloads(tx_offloads);
  capabilities_.uso = multi_segment_ && capabilities_.checksum &&
                      Has(tx_offloads, RTE_ETH_TX_OFFLOAD_UDP_TSO | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM);
}

absl::Status DpdkPort::Configure() {
  rx_queues_ = static_cast<uint16_t>(options_.rxq.value_or(1));
  if (rx_queues_ > info_.max_rx_queues) {
    return InvalidArgument("option rxq={}: DPDK device {} has at most {}", rx_queues_,
                           options_.devargs, info_.max_rx_queues);
  }
  if (options_.txq && *options_.txq > info_.max_tx_queues) {
    return InvalidArgument("option txq={}: DPDK device {} has at most {}", *options_.txq,
                           options_.devargs, info_.max_tx_queues);
  }
  tx_queues_ = static_cast<uint16_t>(
      std::min<uint32_t>(options_.txq.value_or(environment_.worker_count), info_.max_tx_queues));
  shared_tx_ = tx_queues_ < environment_.worker_count;
  tx_ = std::vector<TxQueue>(tx_queues_);

  constexpr uint64_t kPlain = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
                              RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM |
                              RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_UDP_TSO;
  constexpr uint64_t kTunnel = RTE_ETH_TX_OFFLOAD_VXLAN_TNL_TSO |
                               RTE_ETH_TX_OFFLOAD_GENEVE_TNL_TSO | RTE_ETH_TX_OFFLOAD_GRE_TNL_TSO |
                               RTE_ETH_TX_OFFLOAD_OUTER_IPV4_CKSUM |
                               RTE_ETH_TX_OFFLOAD_OUTER_UDP_CKSUM;
  // What is on and not used may cost a driver its fast path.
  const bool tunnels = ReadTunnelOffloads(info_.tx_offload_capa).any();
  config_.txmode.offloads = info_.tx_offload_capa & (kPlain | (tunnels ? kTunnel : 0));
  config_.rxmode.offloads = info_.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
  config_.rxmode.mtu = std::clamp<uint32_t>(RTE_ETHER_MTU, info_.min_mtu, info_.max_mtu);
  if (rx_queues_ > 1) {
    config_.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    config_.rx_adv_conf.rss_conf.rss_hf =
        info_.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
    if (config_.rx_adv_conf.rss_conf.rss_hf == 0) config_.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE;
  }
  config_.intr_conf.lsc = (*info_.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
  ReadCapabilities(config_.txmode.offloads);
  const int result = rte_eth_dev_configure(id_, rx_queues_, tx_queues_, &config_);
  if (result == 0) return absl::OkStatus();
  return Error(result,
               fmt::format("configure {} receive and {} transmit queues", rx_queues_, tx_queues_));
}

absl::Status DpdkPort::SetUpQueues() {
  auto rxd = static_cast<uint16_t>(options_.rxd.value_or(kDefaultDescriptors));
  auto txd = static_cast<uint16_t>(options_.txd.value_or(kDefaultDescriptors));
  if (const int result = rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rxd, &txd); result != 0) {
    return Error(result, fmt::format("use {} and {} descriptors", rxd, txd));
  }
  const int socket = rte_eth_dev_socket_id(id_);
  rte_eth_rxconf rx = info_.default_rxconf;
  rx.offloads = config_.rxmode.offloads;
  for (uint16_t queue = 0; queue < rx_queues_; ++queue) {
    const int result = rte_eth_rx_queue_setup(id_, queue, rxd, static_cast<unsigned>(socket), &rx,
                                              environment_.mbuf_pool);
    if (result != 0) return Error(result, fmt::format("set up receive queue {}", queue));
  }
  rte_eth_txconf tx = info_.default_txconf;
  tx.offloads = config_.txmode.offloads;
  for (uint16_t queue = 0; queue < tx_queues_; ++queue) {
    const int result = rte_eth_tx_queue_setup(id_, queue, txd, static_cast<unsigned>(socket), &tx);
    if (result != 0) return Error(result, fmt::format("set up transmit queue {}", queue));
  }
  return absl::OkStatus();
}

absl::Status DpdkPort::SetMtu(uint32_t mtu) {
  uint16_t now = 0;
  if (rte_eth_dev_get_mtu(id_, &now) == 0 && now == mtu) return absl::OkStatus();
  if (mtu < info_.min_mtu || mtu > info_.max_mtu) {
    return InvalidArgument("option mtu={}: DPDK device {} takes {} to {}", mtu, options_.devargs,
                           info_.min_mtu, info_.max_mtu);
  }
  const int result = rte_eth_dev_set_mtu(id_, static_cast<uint16_t>(mtu));
  if (result == -ENOTSUP) {
    return InvalidArgument(
        "option mtu={}: the driver {} of DPDK device {} cannot change it; leave "
        "the option out",
        mtu, info_.driver_name, options_.devargs);
  }
  if (result != 0) return Error(result, fmt::format("set the MTU to {}", mtu));
  max_frame_bytes_ = mtu + kFrameOverhead;
  return absl::OkStatus();
}

absl::Status DpdkPort::SetMac(const MacAddress& mac) {
  rte_ether_addr address = ToEther(mac);
  const int result = rte_eth_dev_default_mac_addr_set(id_, &address);
  if (result == 0) return absl::OkStatus();
  return Error(result, fmt::format("set the address to {}", mac.ToString()));
}

int DpdkPort::OnEvent(uint16_t, rte_eth_event_type, void* port, void*) {
  const auto* self = static_cast<const DpdkPort*>(port);
  if (self->environment_.info_changed) self->environment_.info_changed(self->number());
  return 0;
}

uint16_t DpdkPort::Receive(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) {
  const auto most = static_cast<uint16_t>(std::min<size_t>(burst.size(), kBurst));
  const uint16_t received = rte_eth_rx_burst(id_, ToInt(queue), burst.data(), most);
  if (received == 0) return 0;
  if (!admin_up_.load(std::memory_order_relaxed)) [[unlikely]] {
    counters.Drop(DropReason::kPortDown, received);
    rte_pktmbuf_free_bulk(burst.data(), received);
    return 0;
  }
  uint16_t kept = 0;
  for (uint16_t i = 0; i < received; ++i) {
    rte_mbuf* frame = burst[i];
    // Stripping is not asked for, but some drivers leave it to their kernel device.
    if ((frame->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 && rte_vlan_insert(&frame) != 0)
        [[unlikely]] {
      counters.Drop(DropReason::kRxNoBuffer);
      rte_pktmbuf_free(frame);
      continue;
    }
    frame->ol_flags &= kBufferFlags;
    frame->tx_offload = 0;
    burst[kept++] = frame;
  }
  return kept;
}

// For a device without chains: the frame in one mbuf.
rte_mbuf* DpdkPort::Linearize(rte_mbuf* frame, PortCounters& counters) {
  rte_mbuf* copy = rte_pktmbuf_alloc(environment_.mbuf_pool);
  const bool fits = copy != nullptr && rte_pktmbuf_tailroom(copy) >= frame->pkt_len;
  if (fits) {
    char* to = rte_pktmbuf_append(copy, static_cast<uint16_t>(frame->pkt_len));
    for (const rte_mbuf* part = frame; part != nullptr; part = part->next) {
      std::memcpy(to, rte_pktmbuf_mtod(part, const char*), part->data_len);
      to += part->data_len;
    }
    copy->ol_flags = frame->ol_flags & ~kBufferFlags;
    copy->tx_offload = frame->tx_offload;
  } else {
    counters.Drop(copy == nullptr ? DropReason::kNoCopyBuffer : DropReason::kTxTooBig);
    rte_pktmbuf_free(copy);
    copy = nullptr;
  }
  rte_pktmbuf_free(frame);
  return copy;
}

OffloadCapabilities DpdkPort::CapabilitiesFor(const rte_mbuf* frame) const {
  const uint64_t flags = frame->ol_flags;
  // The driver computes pseudo-headers by itself and does not look behind extension headers.
  if ((flags & RTE_MBUF_F_TX_IPV6) != 0 && frame->l3_len != kPlainIpv6Bytes) return {};
  if ((flags & kSegmentFlags) != 0 && frame->tso_segsz < kLeastSegment) {
    return {.checksum = capabilities_.checksum, .tso4 = false, .tso6 = false, .uso = false};
  }
  return capabilities_;
}

// Makes a resolved frame fit for the driver. nullptr: lost and counted.
rte_mbuf* DpdkPort::Prepare(rte_mbuf* frame, PortCounters& counters) {
  if ((frame->ol_flags & kSegmentFlags) != 0) {
    // The device makes the headers of each frame, with their checksum.
    if ((frame->ol_flags & RTE_MBUF_F_TX_IPV4) != 0) frame->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
  } else if (frame->pkt_len > max_frame_bytes_.load(std::memory_order_relaxed)) [[unlikely]] {
    counters.Drop(DropReason::kTxTooBig);
    rte_pktmbuf_free(frame);
    return nullptr;
  }
  if (frame->nb_segs > 1 && !multi_segment_) [[unlikely]]
    return Linearize(frame, counters);
  return frame;
}

void DpdkPort::SendBurst(uint16_t queue, std::span<rte_mbuf*> frames, PortCounters& counters) {
  // Counted before they are handed over, since the driver may free them at once.
  std::array<uint32_t, kBurst> bytes;
  size_t begin = 0;
  uint64_t all_bytes = 0;
  for (size_t i = 0; i < frames.size(); ++i) all_bytes += bytes[i] = frames[i]->pkt_len;
  if (shared_tx_) rte_spinlock_lock(&tx_[queue].lock);
  while (begin < frames.size()) {
    const auto left = static_cast<uint16_t>(frames.size() - begin);
    const uint16_t ready = rte_eth_tx_prepare(id_, queue, frames.data() + begin, left);
    const uint16_t sent =
        ready == 0 ? 0 : rte_eth_tx_burst(id_, queue, frames.data() + begin, ready);
    counters.tx_packets.Add(sent);
    if (sent == frames.size()) [[likely]] {
      counters.tx_bytes.Add(all_bytes);
    } else {
      for (uint16_t i = 0; i < sent; ++i) counters.tx_bytes.Add(bytes[begin + i]);
    }
    begin += sent;
    if (sent < ready) {
      const size_t lost = frames.size() - begin;
      counters.Drop(DropReason::kTxQueueFull, lost);
      rte_pktmbuf_free_bulk(frames.data() + begin, static_cast<unsigned>(lost));
      break;
    }
    if (ready < left) {  // the driver refused the next one
      counters.Drop(DropReason::kTxOffload);
      rte_pktmbuf_free(frames[begin++]);
    }
  }
  if (shared_tx_) rte_spinlock_unlock(&tx_[queue].lock);
}

// Whether all of them can be handed to the driver as they are.
bool DpdkPort::NeedNothing(std::span<rte_mbuf* const> burst) const {
  uint64_t flags = 0;
  uint32_t longest = 0, most_segments = 0;
  for (const rte_mbuf* packet : burst) {
    flags |= packet->ol_flags;
    longest = std::max(longest, packet->pkt_len);
    most_segments = std::max<uint32_t>(most_segments, packet->nb_segs);
  }
  return !NeedsOffload(flags) && longest <= max_frame_bytes_.load(std::memory_order_relaxed) &&
         (most_segments == 1 || multi_segment_);
}

void DpdkPort::Transmit(WorkerId worker, std::span<rte_mbuf*> burst, PortCounters& counters) {
  if (!admin_up_.load(std::memory_order_relaxed)) [[unlikely]] {
    counters.Drop(DropReason::kTxPortDown, burst.size());
    rte_pktmbuf_free_bulk(burst.data(), static_cast<unsigned>(burst.size()));
    return;
  }
  const auto queue = static_cast<uint16_t>(ToInt(worker) % tx_queues_);
  if (NeedNothing(burst)) [[likely]] {
    return SendBurst(queue, burst, counters);
  }
  std::array<rte_mbuf*, kBurst> ready;
  size_t ready_count = 0;
  std::array<rte_mbuf*, kMaxSegments> frames;
  for (rte_mbuf* packet : burst) {
    if ((packet->ol_flags & RTE_MBUF_F_TX_TUNNEL_MASK) != 0 &&
        !tunnel_offloads_.Knows(packet->ol_flags)) [[unlikely]] {
      // It was meant for a device that the port had before.
      counters.Drop(DropReason::kTxOffload);
      rte_pktmbuf_free(packet);
      continue;
    }
    const uint16_t count =
        ResolveOffloads(packet, CapabilitiesFor(packet), environment_.mbuf_pool, frames, counters);
    for (uint16_t i = 0; i < count; ++i) {
      rte_mbuf* frame = Prepare(frames[i], counters);
      if (frame == nullptr) continue;
      ready[ready_count++] = frame;
      if (ready_count < ready.size()) continue;
      SendBurst(queue, ready, counters);
      ready_count = 0;
    }
  }
  if (ready_count > 0) SendBurst(queue, {ready.data(), ready_count}, counters);
}

PortInfo DpdkPort::ReadInfo() const {
  const std::lock_guard lock(mutex_);
  PortInfo info;
  rte_eth_link link{};
  info.link_up = rte_eth_link_get_nowait(id_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP &&
                 admin_up_.load(std::memory_order_relaxed);
  rte_ether_addr address{};
  rte_eth_macaddr_get(id_, &address);
  std::memcpy(info.mac.octets.data(), address.addr_bytes, info.mac.octets.size());
  uint16_t mtu = 0;
  rte_eth_dev_get_mtu(id_, &mtu);
  info.mtu = mtu;
  info.rx_queues = rx_queues_;
  info.tx_queues = tx_queues_;
  info.facts["driver"] = info_.driver_name;
  info.facts["device"] = options_.devargs;
  info.facts["checksum"] = capabilities_.checksum ? "device" : "software";
  info.facts["tcp-segmentation"] = capabilities_.tso4 ? "device" : "software";
  info.facts["udp-segmentation"] = capabilities_.uso ? "device" : "software";
  info.facts["tunnel-offload"] = tunnel_offloads_.ToString();
  info.facts["tunnel-checksum"] = tunnel_offloads_.outer_udp_checksum ? "device" : "software";
  if (const int numa = rte_eth_dev_socket_id(id_); numa >= 0) {
    info.facts["numa"] = std::to_string(numa);
  }
  if (info.link_up && link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN) {
    info.speed_mbps = link.link_speed;
    info.facts["speed"] = fmt::format("{} Mbit/s", link.link_speed);
  }
  return info;
}

DeviceCounters DpdkPort::ReadDeviceCounters() const {
  rte_eth_stats stats{};
  if (rte_eth_stats_get(id_, &stats) != 0) return {};
  return {.rx_dropped = stats.imissed + stats.rx_nombuf,
          .rx_errors = stats.ierrors,
          .tx_errors = stats.oerrors};
}

absl::Status DpdkPort::Reconfigure(const std::map<std::string, std::string>& map) {
  VSW_ASSIGN_OR_RETURN(const Options wanted, ReadOptions(map));
  const std::lock_guard lock(mutex_);
  const auto fixed = [](const Options& o) {
    return std::tie(o.devargs, o.rxq, o.txq, o.rxd, o.txd);
  };
  const bool resets = (!wanted.mtu && options_.mtu) || (!wanted.mac && options_.mac);
  if (fixed(wanted) != fixed(options_) || resets) {
    return FailedPrecondition("port {}: the change needs the DPDK device to be opened anew",
                              name());
  }
  if (wanted.mtu != options_.mtu) {
    // Many drivers take a new MTU only while they are stopped, when workers must be away.
    if (!SetMtu(*wanted.mtu).ok()) {
      return FailedPrecondition("port {}: the MTU needs the DPDK device to be opened anew", name());
    }
  }
  if (wanted.mac != options_.mac) VSW_RETURN_IF_ERROR(SetMac(*wanted.mac));
  options_ = wanted;
  admin_up_.store(wanted.up.value_or(true), std::memory_order_relaxed);
  return absl::OkStatus();
}

}  // namespace vsw
