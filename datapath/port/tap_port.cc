// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/tap_port.h"

#include <rte_mbuf.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/log.h"
#include "base/status.h"
#include "datapath/port/port_options.h"

namespace vsw {
namespace {

constexpr uint32_t kMaxQueues = 8;
// Of one frame: 64 KiB in full mbufs takes 33.
constexpr size_t kMaxSegmentsOfFrame = 128;

absl::StatusOr<TapOptions> ReadOptions(const PortEnvironment& environment, const std::string& name,
                                       const OptionMap& map) {
  TapOptions options;
  options.name = name;
  options.instance = environment.instance;
  VSW_ASSIGN_OR_RETURN(options.mac, ReadMac(map));
  VSW_ASSIGN_OR_RETURN(options.mtu, ReadNumber(map, "mtu", kMinMtu, kMaxMtu));
  VSW_ASSIGN_OR_RETURN(options.up, ReadAdminState(map));
  VSW_ASSIGN_OR_RETURN(const auto queues, ReadNumber(map, "queues", 1, kMaxQueues));
  options.queues = static_cast<uint16_t>(queues.value_or(1));
  return options;
}

DropReason ReasonOfWriteError(int error) {
  switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return DropReason::kTxQueueFull;
    case EIO:     // the device is down
    case EBADFD:  // the device is gone
      return DropReason::kTxPortDown;
    case EMSGSIZE:
      return DropReason::kTxTooBig;
    default:
      return DropReason::kTxError;
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Port>> MakeTapPort(const PortEnvironment& environment,
                                                  const PortRequest& request) {
  return TapPort::Make(environment, request);
}

absl::StatusOr<std::unique_ptr<Port>> TapPort::Make(const PortEnvironment& environment,
                                                    const PortRequest& request) {
  VSW_RETURN_IF_ERROR(CheckDeviceName(request.name));
  VSW_ASSIGN_OR_RETURN(TapOptions options, ReadOptions(environment, request.name, request.options));
  VSW_ASSIGN_OR_RETURN(auto monitor, LinkMonitor::Get());
  VSW_ASSIGN_OR_RETURN(auto device, TapDevice::Open(options));
  std::unique_ptr<TapPort> port(
      new TapPort(environment, request, std::move(options), std::move(device), std::move(monitor)));
  VSW_RETURN_IF_ERROR(port->AddQueues());
  return port;
}

TapPort::TapPort(const PortEnvironment& environment, const PortRequest& request, TapOptions options,
                 std::unique_ptr<TapDevice> device, std::shared_ptr<LinkMonitor> monitor)
    : Port(request.number, request.name),
      environment_(environment),
      kind_(request.kind),
      admin_up_(options.up.value_or(true)),
      capabilities_{.checksum = true, .tso4 = true, .tso6 = true, .uso = device->uso()},
      options_(std::move(options)),
      device_(std::move(device)),
      monitor_(std::move(monitor)) {}

absl::Status TapPort::AddQueues() {
  for (uint16_t i = 0; i < device_->queues(); ++i) {
    queues_.push_back(std::make_unique<Queue>(environment_.mbuf_pool));
    queues_[i]->epoll.Reset(epoll_create1(EPOLL_CLOEXEC));
    if (!queues_[i]->epoll.valid()) return ErrnoStatus(errno, "make an epoll descriptor");
    VSW_RETURN_IF_ERROR(Watch(i));
  }
  VSW_ASSIGN_OR_RETURN(baseline_, device_->ReadLink());
  index_ = baseline_.index;
  subscription_ = monitor_->Subscribe([this](const LinkEvent& event) { OnLinkEvent(event); });
  return absl::OkStatus();
}

absl::Status TapPort::Watch(uint16_t queue) {
  epoll_event event{.events = EPOLLIN, .data = {}};
  if (epoll_ctl(queues_[queue]->epoll.get(), EPOLL_CTL_ADD, device_->fd(queue), &event) != 0 &&
      errno != EEXIST) {
    return ErrnoStatus(errno, fmt::format("watch TAP device {}", name()));
  }
  return absl::OkStatus();
}

TapPort::~TapPort() {
  if (subscription_ != 0) monitor_->Unsubscribe(subscription_);
}

void TapPort::Retire() {
  const std::lock_guard lock(mutex_);
  if (const absl::Status status = device_->SetPersistent(false); !status.ok()) {
    VSW_LOG_WARN("port {}: {}", name(), std::string(status.message()));
  }
}

rte_mbuf* TapPort::ReadFrame(uint16_t index, bool* more, PortCounters& counters) {
  Queue& queue = *queues_[index];
  *more = queue.chain.Arm();
  // Without a buffer the frame waits in the kernel, which counts what it then must drop.
  if (!*more) return nullptr;
  const std::span<iovec> iov = queue.chain.iov();
  const ssize_t bytes = readv(device_->fd(index), iov.data(), static_cast<int>(iov.size()));
  if (bytes < 0) {
    *more = false;
    if (errno == EBADFD) MarkGone(index);
    return nullptr;
  }
  DropReason reason = DropReason::kRxMalformed;
  rte_mbuf* frame = nullptr;
  if (bytes > static_cast<ssize_t>(kVnetHeaderBytes)) {
    frame = queue.chain.Take(static_cast<uint32_t>(bytes - kVnetHeaderBytes), &reason);
  }
  const VirtioHeader& header = queue.chain.header();
  if (frame != nullptr &&
      !ApplyVirtioHeader(frame, header.flags, header.gso_type, header.hdr_len, header.gso_size,
                         header.csum_start, header.csum_offset)) {
    reason = DropReason::kRxBadOffload;
    rte_pktmbuf_free(frame);
    frame = nullptr;
  }
  if (frame == nullptr) counters.Drop(reason);
  return frame;
}

uint16_t TapPort::Receive(QueueId queue_id, std::span<rte_mbuf*> burst, PortCounters& counters) {
  const uint16_t index = ToInt(queue_id);
  Queue& queue = *queues_[index];
  if (!queue.pacer.Due() || queue.gone.load(std::memory_order_acquire)) return 0;
  uint16_t received = 0;
  uint16_t read = 0;
  const auto most = static_cast<uint16_t>(std::min<size_t>(burst.size(), kBurst));
  for (bool more = true; more && read < most; ++read) {
    if (rte_mbuf* frame = ReadFrame(index, &more, counters); frame != nullptr) {
      burst[received++] = frame;
    }
  }
  if (!admin_up_.load(std::memory_order_relaxed) && received > 0) [[unlikely]] {
    counters.Drop(DropReason::kPortDown, received);
    rte_pktmbuf_free_bulk(burst.data(), received);
    received = 0;
  }
  if (queue.pacer.Found(received)) queue.chain.Shrink();
  return received;
}

void TapPort::SendFrame(int fd, rte_mbuf* frame, PortCounters& counters) {
  VirtioHeader header = MakeVirtioHeader(frame);
  static_assert(sizeof(VirtioHeader) == kVnetHeaderBytes, "the kernel's layout");
  std::array<iovec, kMaxSegmentsOfFrame + 1> iov;
  iov[0] = {&header, sizeof(header)};
  int count = 1;
  if (frame->nb_segs > kMaxSegmentsOfFrame) [[unlikely]] {
    counters.Drop(DropReason::kTxError);
    rte_pktmbuf_free(frame);
    return;
  }
  for (rte_mbuf* segment = frame; segment != nullptr; segment = segment->next) {
    iov[count++] = {rte_pktmbuf_mtod(segment, void*), segment->data_len};
  }
  if (writev(fd, iov.data(), count) >= 0) {
    counters.tx_packets.Add(1);
    counters.tx_bytes.Add(frame->pkt_len);
  } else {
    if (errno == EBADFD) monitor_->Kick();
    counters.Drop(ReasonOfWriteError(errno));
  }
  rte_pktmbuf_free(frame);
}

void TapPort::Transmit(WorkerId worker, std::span<rte_mbuf*> burst, PortCounters& counters) {
  if (!admin_up_.load(std::memory_order_relaxed)) [[unlikely]] {
    counters.Drop(DropReason::kTxPortDown, burst.size());
    rte_pktmbuf_free_bulk(burst.data(), static_cast<unsigned>(burst.size()));
    return;
  }
  const int fd = device_->fd(static_cast<uint16_t>(ToInt(worker) % queues_.size()));
  std::array<rte_mbuf*, kMaxSegments> frames;
  for (rte_mbuf* packet : burst) {
    const uint16_t count =
        ResolveOffloads(packet, capabilities_, environment_.mbuf_pool, frames, counters);
    for (uint16_t i = 0; i < count; ++i) SendFrame(fd, frames[i], counters);
  }
}

int TapPort::BeginSleep(QueueId queue) { return queues_[ToInt(queue)]->epoll.get(); }

void TapPort::EndSleep(QueueId queue) { queues_[ToInt(queue)]->pacer.Reset(); }

void TapPort::MarkGone(uint16_t index) {
  Queue& queue = *queues_[index];
  if (queue.gone.exchange(true)) return;
  // A dead descriptor is always ready and would keep a sleeping worker awake.
  epoll_ctl(queue.epoll.get(), EPOLL_CTL_DEL, device_->fd(index), nullptr);
  monitor_->Kick();
}

void TapPort::OnLinkEvent(const LinkEvent& event) {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    const bool mine = event.index == index_;
    if ((mine && event.kind == LinkEvent::Kind::kRemoved) ||
        event.kind == LinkEvent::Kind::kResync || repair_failed_) {
      Repair();
    }
    changed = mine || event.kind == LinkEvent::Kind::kResync;
  }
  if (changed && environment_.info_changed) environment_.info_changed(number());
}

// REQUIRES: mutex_ is held.
void TapPort::Repair() {
  // A device that was moved to another namespace is removed from this one and yet alive.
  if (device_->ReadLink().ok()) return;
  auto device = TapDevice::Open(options_);
  if (!device.ok()) {
    if (!repair_failed_) {
      VSW_LOG_WARN("port {}: its device was deleted and could not be made anew: {}", name(),
                   std::string(device.status().message()));
    }
    repair_failed_ = true;
    return;
  }
  VSW_LOG_INFO("port {}: its device was deleted by somebody else and is made anew", name());
  repair_failed_ = false;
  device_->Adopt(*std::move(device));
  if (const auto link = device_->ReadLink(); link.ok()) {
    baseline_ = *link;
    index_ = link->index;
  }
  for (uint16_t i = 0; i < queues_.size(); ++i) {
    if (const absl::Status status = Watch(i); !status.ok()) {
      VSW_LOG_WARN("port {}: {}", name(), std::string(status.message()));
    }
    queues_[i]->gone.store(false, std::memory_order_release);
  }
  if (environment_.wake_workers) environment_.wake_workers();
}

PortInfo TapPort::ReadInfo() const {
  const std::lock_guard lock(mutex_);
  PortInfo info;
  info.rx_queues = info.tx_queues = rx_queue_count();
  info.facts["driver"] = "tun";
  const auto link = device_->ReadLink();
  if (!link.ok()) {
    info.facts["error"] = std::string(link.status().message());
    return info;
  }
  info.link_up = link->is_up() && admin_up_.load(std::memory_order_relaxed);
  info.mac = link->mac;
  info.mtu = link->mtu;
  info.speed_mbps = device_->ReadSpeed();
  info.facts["device"] = link->name;
  const bool elsewhere = device_->IsElsewhere();
  if (!elsewhere) info.device_index = link->index;
  info.facts["netns"] = elsewhere ? "other" : "own";
  info.facts["udp-segmentation"] = device_->uso() ? "kernel" : "software";
  return info;
}

DeviceCounters TapPort::ReadDeviceCounters() const {
  const std::lock_guard lock(mutex_);
  const auto link = device_->ReadLink();
  if (!link.ok()) return {};
  // The kernel's transmission is the switch's reception.
  return {.rx_dropped = link->tx_dropped - baseline_.tx_dropped,
          .rx_errors = link->tx_errors - baseline_.tx_errors,
          .tx_errors = link->rx_errors - baseline_.rx_errors};
}

absl::Status TapPort::Reconfigure(const std::map<std::string, std::string>& map) {
  VSW_ASSIGN_OR_RETURN(const TapOptions wanted, ReadOptions(environment_, name(), map));
  const std::lock_guard lock(mutex_);
  if (wanted.queues != options_.queues) {
    return FailedPrecondition("port {}: another number of queues needs a new device", name());
  }
  LinkChange change{};
  if (wanted.mac != options_.mac) change.mac = wanted.mac;
  if (wanted.mtu != options_.mtu) change.mtu = wanted.mtu.value_or(1500);
  if (wanted.up != options_.up) change.up = wanted.up.value_or(true);
  VSW_RETURN_IF_ERROR(Annotate(device_->Change(change), "port " + name()));
  options_ = wanted;
  admin_up_.store(wanted.up.value_or(true), std::memory_order_relaxed);
  return absl::OkStatus();
}

}  // namespace vsw
