// SPDX-License-Identifier: Apache-2.0
//
// A guest's network device on one vhost-user socket: librte_vhost speaks the protocol, this class
// owns the rings. It moves bursts of mbufs and knows nothing of flows or ports. One front-end is
// served at a time; a second one is turned away while the first is there. A guest may leave and
// come back at any moment; the object stays.
//
// What a guest or its front-end does can stop its own traffic (ReadState() says why) and nothing
// else: messages pass a filter before the library sees them, rings are read by checked copies,
// memory that vanishes is replaced by zeroes.
//
// Thread safety: ReceiveBurst, BeginSleep and EndSleep for one queue by one worker at a time;
// TransmitBurst by all workers at once, where several workers on one queue wait for each other for
// the length of a burst. ReadState from any thread. Open and destruction by the control thread,
// which holds nothing that `changed` needs: destruction waits for the library's callbacks.
#ifndef VSW_VHOST_VHOST_DEVICE_H_
#define VSW_VHOST_VHOST_DEVICE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "datapath/packet/offload.h"
#include "datapath/worker/counters.h"
#include "vhost/memory_guard.h"
#include "vhost/message_filter.h"
#include "vhost/queue.h"

struct rte_mbuf;
struct rte_mempool;

namespace vsw::vhost {

inline constexpr uint16_t kMaxQueuePairs = 8;

struct VhostOptions {
  std::string path;             // absolute
  bool client = false;          // connect to `path` (and again, for ever) instead of listening
  uint16_t queue_pairs = 1;     // offered; 1..kMaxQueuePairs
  bool offer_mtu = false;       // VIRTIO_NET_F_MTU: the front-end tells its MTU
  rte_mempool* pool = nullptr;  // frames from the guest; outlives the device
  /// Connection, readiness or features changed. Called on the library's threads: must not block.
  std::function<void()> changed;
};

struct VhostState {
  bool connected = false;      // a front-end is on the socket
  bool running = false;        // the guest's driver is ready
  uint64_t features = 0;       // negotiated; 0 while not connected
  uint16_t guest_mtu = 0;      // as told by the front-end; 0 = not told
  uint16_t open_to_guest = 0;  // queues in use, per direction
  uint16_t open_from_guest = 0;
  uint64_t connections = 0;          // since Open()
  uint64_t refused_connections = 0;  // a second front-end while one was served
  uint64_t memory_faults = 0;
  std::string last_disconnect;  // why; empty = never
};

/// "csum, tso4, mrg-rxbuf, ...": the feature bits that matter, for people.
std::string FeaturesToString(uint64_t features);

class VhostDevice {
 public:
  /// Errors: InvalidArgument (path, queue pairs), NotFound (folder), PermissionDenied,
  /// AlreadyExists (path in use, here or elsewhere), ResourceExhausted, Internal.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<VhostDevice>> Open(VhostOptions options);
  ~VhostDevice();
  VhostDevice(const VhostDevice&) = delete;
  VhostDevice& operator=(const VhostDevice&) = delete;

  uint16_t queue_pairs() const { return options_.queue_pairs; }

  /// Frames that the guest sent on its queue pair `pair`. With `lent` the tails of long ones may
  /// stay with the guest (datapath/packet/lent_tail.h): if `*lent` becomes true, TakeBack() is
  /// called by the same thread, and soon, since whoever ends the guest waits for it.
  uint16_t ReceiveBurst(uint16_t pair, std::span<rte_mbuf*> burst, PortCounters& counters,
                        bool* lent = nullptr);
  void TakeBack(uint16_t pair) { queue(2 * pair + 1).TakeBack(); }
  /// Takes all of `burst`, sends it to one of the guest's queues: `spread` modulo the queues that
  /// the guest has enabled. Frames need nothing beyond capabilities().
  void TransmitBurst(uint32_t spread, std::span<rte_mbuf*> burst, PortCounters& counters);
  /// What the guest in place now can finish by itself.
  OffloadCapabilities capabilities() const {
    return CapabilitiesOf(features_.load(std::memory_order_relaxed));
  }

  /// As Port::BeginSleep(): a descriptor that becomes readable when the guest kicks, or
  /// kMustPoll or kHasWork. Without a guest it is one that never becomes readable: `changed` is
  /// what wakes then. Descriptors are the connection's: good until the next `changed`.
  int BeginSleep(uint16_t pair);
  void EndSleep(uint16_t pair);
  static constexpr int kMustPoll = -1;
  static constexpr int kHasWork = -2;

  VhostState ReadState() const;

 private:
  friend class LibraryCallbacks;

  explicit VhostDevice(VhostOptions options);
  absl::Status Register();

  // Called by the library, for one device at a time; see library_callbacks.h.
  bool OnConnection(int vid);
  void OnDisconnection(int vid);
  void OnReady(int vid);
  void OnStopped(int vid);
  void OnVring(int vid, uint16_t vring, bool ready);
  int BeforeMessage(int vid, Message* message);
  void AfterMessage(int vid, const Message& message);

  void StopAll();
  void StartReady();
  void StartRing(uint16_t vring);
  void LoadMemory();
  void ForgetMemory();
  void ForgetConnection();
  bool OwnerHungUp() const;
  void SetReason(const char* reason);
  void UpdateSpread();
  Queue& queue(uint16_t vring) { return *queues_[vring]; }
  uint16_t ReceiveRarp(std::span<rte_mbuf*> burst);

  const VhostOptions options_;
  bool registered_ = false;
  int idle_fd_ = -1;                            // never readable
  std::vector<std::unique_ptr<Queue>> queues_;  // by vring: 2*pair to the guest, 2*pair+1 from it

  // Written by the library's callbacks only; see OnConnection().
  int owner_ = -1;  // the library's handle of the connection that is served
  bool owner_running_ = false;
  int live_connections_ = 0;  // with those that are superseded
  std::array<bool, 2 * kMaxQueuePairs> ready_{};
  std::shared_ptr<const GuestMemory> memory_;
  GuardedGuest guest_;

  // Written by the callbacks, read by anyone.
  std::atomic<bool> connected_{false}, running_{false};
  std::atomic<uint64_t> features_{0}, connections_{0}, refused_{0};
  std::atomic<uint16_t> guest_mtu_{0};
  std::atomic<const char*> reason_{nullptr};                    // why the last connection ended
  const char* pending_reason_ = nullptr;                        // why this one is about to
  std::atomic<uint16_t> spread_count_{0};                       // queues to the guest that are open
  std::array<std::atomic<uint16_t>, kMaxQueuePairs> spread_{};  // their vrings
  std::atomic<uint64_t> rarp_address_{0};  // of the guest that has moved here; 0 = nothing to tell
};

}  // namespace vsw::vhost

#endif  // VSW_VHOST_VHOST_DEVICE_H_
