// SPDX-License-Identifier: Apache-2.0
#include "vhost/vhost_device.h"

#include <poll.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <rte_vhost.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/status.h"
#include "datapath/packet/lent_tail.h"
#include "vhost/library_callbacks.h"
#include "vhost/library_thread.h"
#include "vhost/socket_path.h"

namespace vsw::vhost {
namespace {

// Not offered: what the switch cannot do well (fragmenting UDP by IP, congestion bits of segmented
// frames), and what would let a front-end reach into this process (IOMMU).
constexpr uint64_t kWithheld =
    kFeatureHostUfo | kFeatureGuestUfo | kFeatureHostEcn | kFeatureGuestEcn | kFeatureIommu;
constexpr uint64_t kProtocolFeatures =
    kProtocolMq | kProtocolLogShmFd | kProtocolRarp | kProtocolReplyAck | kProtocolNetMtu;
// A front-end that restarts may overlap with its former self for a moment.
constexpr int kMaxLiveConnections = 4;
constexpr uint32_t kNeedReply = 1 << 3;

struct FeatureName {
  uint64_t bit;
  const char* name;
};
constexpr FeatureName kFeatureNames[] = {
    {kFeatureCsum, "csum"},
    {kFeatureGuestCsum, "guest-csum"},
    {kFeatureMtu, "mtu"},
    {kFeatureHostTso4, "tso4"},
    {kFeatureHostTso6, "tso6"},
    {kFeatureGuestTso4, "guest-tso4"},
    {kFeatureGuestTso6, "guest-tso6"},
    {kFeatureMergeable, "mrg-rxbuf"},
    {kFeatureMq, "mq"},
    {kFeatureIndirect, "indirect"},
    {kFeatureEventIdx, "event-idx"},
    {kFeatureVersion1, "version-1"},
    {kFeatureInOrder, "in-order"},
    {kFeaturePacked, "packed"},
    {kFeatureLogAll, "log-all"},
};

}  // namespace

std::string FeaturesToString(uint64_t features) {
  std::string text;
  for (const FeatureName& feature : kFeatureNames) {
    if (!(features & feature.bit)) continue;
    if (!text.empty()) text += ' ';
    text += feature.name;
  }
  return text;
}

VhostDevice::VhostDevice(VhostOptions options) : options_(std::move(options)) {
  for (int i = 0; i < 2 * options_.queue_pairs; ++i) queues_.push_back(std::make_unique<Queue>());
}

absl::StatusOr<std::unique_ptr<VhostDevice>> VhostDevice::Open(VhostOptions options) {
  if (options.queue_pairs < 1 || options.queue_pairs > kMaxQueuePairs) {
    return InvalidArgument("{} queues: a vhost-user port has 1 to {}", options.queue_pairs,
                           kMaxQueuePairs);
  }
  VSW_RETURN_IF_ERROR(MemoryGuard::Install());
  LentTail::Register();
  std::unique_ptr<VhostDevice> device(new VhostDevice(std::move(options)));
  VSW_RETURN_IF_ERROR(device->Register());
  return device;
}

absl::Status VhostDevice::Register() {
  const char* const path = options_.path.c_str();
  idle_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (idle_fd_ < 0) return ErrnoStatus(errno, "create an eventfd");
  if (!LibraryCallbacks::Bind(options_.path, this)) {
    return AlreadyExists("another port of this switch uses socket '{}'", path);
  }
  const absl::Status usable =
      options_.client ? CheckClientPath(options_.path) : PrepareServerPath(options_.path);
  if (!usable.ok()) {
    LibraryCallbacks::Unbind(options_.path);
    return usable;
  }
  // It writes a line for each message of each peer; what matters of that is in ReadState().
  rte_log_set_level_pattern("lib.vhost.*", RTE_LOG_CRIT);
  if (rte_vhost_driver_register(path, options_.client ? RTE_VHOST_USER_CLIENT : 0) != 0) {
    LibraryCallbacks::Unbind(options_.path);
    return ResourceExhausted("no room for another vhost-user socket ('{}')", path);
  }
  registered_ = true;
  const uint64_t withheld = kWithheld | (options_.offer_mtu ? 0 : kFeatureMtu);
  if (rte_vhost_driver_disable_features(path, withheld) != 0 ||
      rte_vhost_driver_set_protocol_features(path, kProtocolFeatures) != 0 ||
      rte_vhost_driver_callback_register(path, LibraryCallbacks::ops()) != 0) {
    return absl::InternalError(fmt::format("set up vhost-user socket '{}'", path));
  }
  if (rte_vhost_driver_start(path) != 0) {
    return Unavailable("{} socket '{}': {}", options_.client ? "connect to" : "listen on", path,
                       strerror(errno));
  }
  if (!options_.client) WakeLibraryThread();
  return absl::OkStatus();
}

VhostDevice::~VhostDevice() {
  if (registered_) {
    rte_vhost_driver_unregister(options_.path.c_str());
    LibraryCallbacks::Unbind(options_.path);
  }
  StopAll();
  ForgetMemory();
  ForgetConnection();
  if (idle_fd_ >= 0) close(idle_fd_);
}

uint16_t VhostDevice::ReceiveBurst(uint16_t pair, std::span<rte_mbuf*> burst,
                                   PortCounters& counters, bool* lent) {
  Queue& from_guest = queue(2 * pair + 1);
  if (!from_guest.is_open()) return 0;
  if (pair == 0 && rarp_address_.load(std::memory_order_relaxed) != 0) [[unlikely]] {
    return ReceiveRarp(burst);
  }
  return from_guest.Receive(burst, options_.pool, counters, lent);
}

// A guest that has moved here and cannot say so itself: the switch's tables learn where it is now
// from a RARP frame in its name.
uint16_t VhostDevice::ReceiveRarp(std::span<rte_mbuf*> burst) {
  const uint64_t address = rarp_address_.exchange(0);
  rte_mbuf* const frame = rte_pktmbuf_alloc(options_.pool);
  if (frame == nullptr) return 0;
  constexpr uint16_t kBytes = 60;
  auto* bytes = rte_pktmbuf_mtod(frame, uint8_t*);
  frame->data_len = kBytes;
  frame->pkt_len = kBytes;
  std::memset(bytes, 0, kBytes);
  std::memset(bytes, 0xff, 6);
  // Ethernet, Ethernet over IPv4, "request reverse" (RFC 903).
  constexpr uint8_t kRarp[] = {0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3};
  std::memcpy(bytes + 12, kRarp, sizeof(kRarp));
  for (const int at : {6, 22, 32}) std::memcpy(bytes + at, &address, 6);
  burst[0] = frame;
  return 1;
}

void VhostDevice::TransmitBurst(uint32_t spread, std::span<rte_mbuf*> burst,
                                PortCounters& counters) {
  const uint16_t count = spread_count_.load(std::memory_order_relaxed);
  if (count == 0) {
    counters.Drop(DropReason::kTxNoGuest, burst.size());
    rte_pktmbuf_free_bulk(burst.data(), static_cast<unsigned>(burst.size()));
    return;
  }
  queue(spread_[spread % count].load(std::memory_order_relaxed)).Transmit(burst, counters);
}

int VhostDevice::BeginSleep(uint16_t pair) {
  if (pair == 0 && rarp_address_.load(std::memory_order_relaxed) != 0) return kHasWork;
  int kick_fd = -1;
  switch (queue(2 * pair + 1).BeginSleep(&kick_fd)) {
    case Queue::Sleep::kNoGuest:
      return idle_fd_;
    case Queue::Sleep::kArmed:
      return kick_fd;
    case Queue::Sleep::kHasWork:
      return kHasWork;
    case Queue::Sleep::kMustPoll:
      return kMustPoll;
  }
  return kMustPoll;
}

void VhostDevice::EndSleep(uint16_t pair) { queue(2 * pair + 1).EndSleep(); }

VhostState VhostDevice::ReadState() const {
  VhostState state;
  state.connected = connected_.load();
  state.running = running_.load();
  state.features = features_.load();
  state.guest_mtu = guest_mtu_.load();
  for (size_t vring = 0; vring < queues_.size(); ++vring) {
    if (!queues_[vring]->is_open()) continue;
    ++(vring % 2 == 0 ? state.open_to_guest : state.open_from_guest);
  }
  state.connections = connections_.load();
  state.refused_connections = refused_.load();
  state.memory_faults = guest_.fault_count.load();
  if (const char* reason = reason_.load()) state.last_disconnect = reason;
  return state;
}

// --- Callbacks: one at a time per device.

// A front-end that was restarted may be here before the end of its former self was noticed; any
// other second front-end has to wait, or the two would throw each other out for ever.
bool VhostDevice::OnConnection(int vid) {
  const int fd = AdoptConnection(options_.path, options_.client);
  if (fd < 0) return false;
  if (owner_ >= 0 && (live_connections_ >= kMaxLiveConnections || !OwnerHungUp())) {
    close(fd);
    refused_.fetch_add(1);
    return false;
  }
  if (owner_ >= 0) {
    SetReason("the front-end closed the connection");
    StopAll();
    ForgetMemory();
  }
  ForgetConnection();
  guest_.connection_fd.store(fd, std::memory_order_release);
  ++live_connections_;
  owner_ = vid;
  pending_reason_ = nullptr;
  connections_.fetch_add(1);
  connected_.store(true);
  options_.changed();
  return true;
}

bool VhostDevice::OwnerHungUp() const {
  pollfd owner = {guest_.connection_fd.load(), POLLRDHUP, 0};
  return poll(&owner, 1, 0) == 1;
}

void VhostDevice::OnDisconnection(int vid) {
  --live_connections_;
  MemoryGuard::SetThreadGuest(nullptr);
  if (vid != owner_) return;
  if (guest_.faulted.load()) {
    SetReason("the front-end took back memory that it shares");
  } else {
    SetReason(pending_reason_ != nullptr ? pending_reason_ : "the front-end closed the connection");
  }
  StopAll();
  ForgetMemory();
  ForgetConnection();
  options_.changed();
}

void VhostDevice::OnReady(int vid) {
  if (vid != owner_) return;
  owner_running_ = true;
  running_.store(true);
  StartReady();
  options_.changed();
}

void VhostDevice::OnStopped(int vid) {
  if (vid != owner_) return;
  StopAll();
  owner_running_ = false;
  running_.store(false);
  options_.changed();
}

void VhostDevice::OnVring(int vid, uint16_t vring, bool ready) {
  if (vid != owner_ || vring >= queues_.size()) return;
  ready_[vring] = ready;
  if (!ready) {
    queue(vring).Stop();
  } else if (owner_running_) {
    StartRing(vring);
  }
  UpdateSpread();
  options_.changed();
}

int VhostDevice::BeforeMessage(int vid, Message* message) {
  MemoryGuard::SetThreadGuest(vid == owner_ ? &guest_ : nullptr);
  const char* reason = "connection that has ended";
  Verdict verdict = Verdict::kRefuse;
  if (vid == owner_ && !guest_.faulted.load()) {
    verdict = Judge(*message, static_cast<uint32_t>(queues_.size()), &reason);
    if (verdict == Verdict::kRefuse) pending_reason_ = reason;
  }
  switch (verdict) {
    case Verdict::kPass:
      return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
    case Verdict::kQuiesce:
      StopAll();
      if (message->request == static_cast<uint32_t>(Request::kSetMemTable)) ForgetMemory();
      return RTE_VHOST_MSG_RESULT_NOT_HANDLED;
    case Verdict::kIgnore:
      CloseDescriptors(message);
      return RTE_VHOST_MSG_RESULT_OK;
    case Verdict::kAnswerQueueCount:
      CloseDescriptors(message);
      message->payload.number = queues_.size() / 2;
      message->size = sizeof(message->payload.number);
      return RTE_VHOST_MSG_RESULT_REPLY;
    case Verdict::kRefuse:
      CloseDescriptors(message);
      // With a reply the library would keep the connection.
      message->flags &= ~kNeedReply;
      return RTE_VHOST_MSG_RESULT_ERR;
  }
  return RTE_VHOST_MSG_RESULT_ERR;
}

void VhostDevice::AfterMessage(int vid, const Message& message) {
  if (vid != owner_) return;
  switch (static_cast<Request>(message.request)) {
    case Request::kSetMemTable:
      LoadMemory();
      break;
    case Request::kSetLogBase:
      // Without a memory table the library has nothing to be asked for.
      if (memory_ != nullptr) LoadMemory();
      break;
    case Request::kSetFeatures: {
      uint64_t features = 0;
      rte_vhost_get_negotiated_features(vid, &features);
      features_.store(features);
      break;
    }
    case Request::kNetSetMtu:
      guest_mtu_.store(static_cast<uint16_t>(message.payload.number));
      break;
    case Request::kSendRarp:
      rarp_address_.store(message.payload.number & 0xffffffffffff);
      options_.changed();
      break;
    default:
      break;
  }
  StartReady();
}

void VhostDevice::StopAll() {
  for (const auto& queue : queues_) queue->Stop();
  UpdateSpread();
}

void VhostDevice::StartReady() {
  if (!owner_running_) return;
  for (uint16_t vring = 0; vring < queues_.size(); ++vring) {
    if (ready_[vring] && !queue(vring).is_open()) StartRing(vring);
  }
  UpdateSpread();
}

void VhostDevice::StartRing(uint16_t vring) {
  rte_vhost_vring ring = {};
  RingSetup setup;
  if (memory_ == nullptr || rte_vhost_get_vhost_vring(owner_, vring, &ring) != 0 ||
      rte_vhost_get_vring_base(owner_, vring, &setup.avail_base, &setup.used_base) != 0) {
    return;
  }
  setup.memory = memory_;
  setup.descriptors = ring.desc;
  setup.driver_area = ring.avail;
  setup.device_area = ring.used;
  setup.size = ring.size;
  setup.features = features_.load();
  setup.device = owner_;
  setup.vring = vring;
  setup.kick_fd = ring.kickfd;
  setup.call_fd = ring.callfd;
  queue(vring).Start(setup);
}

void VhostDevice::LoadMemory() {
  ForgetMemory();
  rte_vhost_memory* table = nullptr;
  if (rte_vhost_get_mem_table(owner_, &table) != 0) return;
  std::vector<MemoryRegion> regions;
  bool guarded = true;
  for (uint32_t i = 0; i < table->nregions; ++i) {
    const rte_vhost_mem_region& region = table->regions[i];
    regions.push_back(
        {region.guest_phys_addr, region.size, reinterpret_cast<uint8_t*>(region.host_user_addr)});
    guarded = guarded && MemoryGuard::Add(region.mmap_addr, region.mmap_size, &guest_);
  }
  std::free(table);
  uint64_t log = 0, log_bytes = 0;
  if (rte_vhost_get_log_base(owner_, &log, &log_bytes) == 0 && log != 0) {
    guarded = guarded && MemoryGuard::Add(reinterpret_cast<void*>(log), log_bytes, &guest_);
  }
  if (guarded) memory_ = std::make_shared<const GuestMemory>(std::move(regions));
}

void VhostDevice::ForgetMemory() {
  MemoryGuard::Remove(&guest_);
  memory_ = nullptr;
}

void VhostDevice::ForgetConnection() {
  const int fd = guest_.connection_fd.exchange(-1);
  if (fd >= 0) close(fd);
  guest_.faulted.store(false);
  owner_ = -1;
  owner_running_ = false;
  ready_.fill(false);
  connected_.store(false);
  running_.store(false);
  features_.store(0);
  guest_mtu_.store(0);
  rarp_address_.store(0);
}

void VhostDevice::SetReason(const char* reason) { reason_.store(reason); }

void VhostDevice::UpdateSpread() {
  uint16_t count = 0;
  for (uint16_t vring = 0; vring < queues_.size(); vring += 2) {
    if (queue(vring).is_open()) spread_[count++].store(vring, std::memory_order_relaxed);
  }
  spread_count_.store(count, std::memory_order_release);
}

}  // namespace vsw::vhost
