// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/system_port.h"

#include <rte_mbuf.h>
#include <sys/utsname.h>

#include <cstdio>

#include "base/log.h"
#include "base/status.h"
#include "datapath/port/link_speed.h"

namespace vsw {
namespace {

// PACKET_VNET_HDR takes UDP frames to be segmented since Linux 6.2.
bool KernelSegmentsUdp() {
  utsname name{};
  int major = 0, minor = 0;
  if (uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return false;
  return major > 6 || (major == 6 && minor >= 2);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Port>> MakeSystemPort(const PortEnvironment& environment,
                                                     const PortRequest& request) {
  return SystemPort::Make(environment, request);
}

absl::StatusOr<SystemPort::Options> SystemPort::ReadOptions(const std::string& name,
                                                            const OptionMap& map) {
  Options options;
  const auto device = map.find("device");
  options.device = device == map.end() ? name : device->second;
  VSW_RETURN_IF_ERROR(CheckDeviceName(options.device));
  VSW_ASSIGN_OR_RETURN(options.mtu, ReadNumber(map, "mtu", kMinMtu, kMaxMtu));
  VSW_ASSIGN_OR_RETURN(options.up, ReadAdminState(map));
  return options;
}

absl::StatusOr<std::unique_ptr<Port>> SystemPort::Make(const PortEnvironment& environment,
                                                       const PortRequest& request) {
  VSW_ASSIGN_OR_RETURN(Options options, ReadOptions(request.name, request.options));
  VSW_ASSIGN_OR_RETURN(auto monitor, LinkMonitor::Get());
  VSW_ASSIGN_OR_RETURN(auto socket, PacketSocket::Open(environment.mbuf_pool));
  std::unique_ptr<SystemPort> port(new SystemPort(environment, request, std::move(options),
                                                  std::move(socket), std::move(monitor)));
  VSW_RETURN_IF_ERROR(port->Attach());
  port->subscription_ = port->monitor_->Subscribe(
      [raw = port.get()](const LinkEvent& event) { raw->OnLinkEvent(event); });
  return port;
}

SystemPort::SystemPort(const PortEnvironment& environment, const PortRequest& request,
                       Options options, std::unique_ptr<PacketSocket> socket,
                       std::shared_ptr<LinkMonitor> monitor)
    : Port(request.number, request.name),
      environment_(environment),
      admin_up_(options.up.value_or(true)),
      capabilities_{.checksum = true, .tso4 = true, .tso6 = true, .uso = KernelSegmentsUdp()},
      socket_(std::move(socket)),
      options_(std::move(options)),
      monitor_(std::move(monitor)) {}

SystemPort::~SystemPort() {
  if (subscription_ != 0) monitor_->Unsubscribe(subscription_);
}

// REQUIRES: mutex_ is held, or nobody else knows the object yet.
absl::Status SystemPort::Attach() {
  const auto link = GetLink(options_.device);
  if (absl::IsNotFound(link.status())) {
    return NotFound(
        "there is no network device {} in vswitchd's network namespace; create it, or name "
        "another one with the option device",
        options_.device);
  }
  VSW_RETURN_IF_ERROR(link.status());
  if (!link->is_ethernet) {
    return InvalidArgument("network device {} does not carry Ethernet frames", options_.device);
  }
  const LinkChange change{
      .mac = {}, .mtu = options_.mtu, .alias = {}, .up = options_.up.value_or(true)};
  VSW_RETURN_IF_ERROR(ChangeLink(link->index, options_.device, change));
  VSW_RETURN_IF_ERROR(socket_->Bind(link->index, options_.device));
  baseline_ = *link;
  index_ = link->index;
  attach_error_.clear();
  return absl::OkStatus();
}

void SystemPort::OnLinkEvent(const LinkEvent& event) {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    const bool mine = event.index != 0 && event.index == index_;
    if (mine && event.kind == LinkEvent::Kind::kRemoved) {
      index_ = 0;
      attach_error_ = "the device is gone";
    } else if (event.kind == LinkEvent::Kind::kResync) {
      const auto link = GetLink(options_.device);
      if (!link.ok() || link->index != index_) index_ = 0;
    }
    const bool returned =
        index_ == 0 && (event.name == options_.device || event.kind == LinkEvent::Kind::kResync) &&
        event.kind != LinkEvent::Kind::kRemoved;
    if (returned) {
      if (const absl::Status status = Attach(); status.ok()) {
        VSW_LOG_INFO("port {}: device {} is back", name(), options_.device);
        if (environment_.wake_workers) environment_.wake_workers();
      } else {
        attach_error_ = std::string(status.message());
      }
    }
    changed = mine || returned || event.kind == LinkEvent::Kind::kResync;
  }
  if (changed && environment_.info_changed) environment_.info_changed(number());
}

uint16_t SystemPort::Receive(QueueId queue, std::span<rte_mbuf*> burst, PortCounters& counters) {
  if (!pacer_.Due()) return 0;
  uint16_t received = socket_->Receive(burst, counters);
  if (!admin_up_.load(std::memory_order_relaxed) && received > 0) [[unlikely]] {
    counters.Drop(DropReason::kPortDown, received);
    rte_pktmbuf_free_bulk(burst.data(), received);
    received = 0;
  }
  if (pacer_.Found(received)) socket_->Shrink();
  return received;
}

void SystemPort::Transmit(WorkerId worker, std::span<rte_mbuf*> burst, PortCounters& counters) {
  if (!admin_up_.load(std::memory_order_relaxed)) [[unlikely]] {
    counters.Drop(DropReason::kTxPortDown, burst.size());
    rte_pktmbuf_free_bulk(burst.data(), static_cast<unsigned>(burst.size()));
    return;
  }
  std::array<rte_mbuf*, kBurst> ready;
  size_t ready_count = 0;
  const auto flush = [&] {
    socket_->Send({ready.data(), ready_count}, counters);
    ready_count = 0;
  };
  std::array<rte_mbuf*, kMaxSegments> frames;
  for (rte_mbuf* packet : burst) {
    const uint16_t count =
        ResolveOffloads(packet, capabilities_, environment_.mbuf_pool, frames, counters);
    for (uint16_t i = 0; i < count; ++i) {
      ready[ready_count++] = frames[i];
      if (ready_count == ready.size()) flush();
    }
  }
  if (ready_count > 0) flush();
}

PortInfo SystemPort::ReadInfo() const {
  const std::lock_guard lock(mutex_);
  PortInfo info;
  info.rx_queues = info.tx_queues = 1;
  info.facts["device"] = options_.device;
  const auto link = GetLink(options_.device);
  if (index_ == 0 || !link.ok()) {
    info.facts["error"] =
        attach_error_.empty() ? std::string(link.status().message()) : attach_error_;
    return info;
  }
  info.link_up = link->is_up() && admin_up_.load(std::memory_order_relaxed);
  info.mac = link->mac;
  info.mtu = link->mtu;
  info.speed_mbps = ReadLinkSpeed(options_.device);
  info.device_index = link->index;
  info.facts["driver"] = link->kind.empty() ? "kernel" : link->kind;
  return info;
}

DeviceCounters SystemPort::ReadDeviceCounters() const {
  const std::lock_guard lock(mutex_);
  socket_drops_ += socket_->ReadDrops();
  DeviceCounters counters{.rx_dropped = socket_drops_};
  const auto link = GetLink(options_.device);
  if (index_ == 0 || !link.ok()) return counters;
  counters.rx_dropped += link->rx_missed - baseline_.rx_missed;
  counters.rx_errors = link->rx_errors - baseline_.rx_errors;
  counters.tx_errors = link->tx_errors - baseline_.tx_errors;
  return counters;
}

absl::Status SystemPort::Reconfigure(const std::map<std::string, std::string>& map) {
  VSW_ASSIGN_OR_RETURN(const Options wanted, ReadOptions(name(), map));
  const std::lock_guard lock(mutex_);
  if (wanted.device != options_.device) {
    return FailedPrecondition("port {}: another device needs the port to be made anew", name());
  }
  LinkChange change{};
  if (wanted.mtu != options_.mtu) change.mtu = wanted.mtu;
  if (wanted.up != options_.up) change.up = wanted.up.value_or(true);
  if (index_ != 0) {
    VSW_RETURN_IF_ERROR(Annotate(ChangeLink(index_, options_.device, change), "port " + name()));
  }
  options_ = wanted;
  admin_up_.store(wanted.up.value_or(true), std::memory_order_relaxed);
  return absl::OkStatus();
}

}  // namespace vsw
