// SPDX-License-Identifier: Apache-2.0
//
// The other end of a vhost-user socket, scripted by a test: a front-end and its guest's driver in
// one, well-behaved or not. Calls abort the test with a message when the script itself is wrong;
// what the switch answers is returned.
#ifndef VSW_TESTS_VHOST_FRONT_END_H_
#define VSW_TESTS_VHOST_FRONT_END_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vhost/message_filter.h"
#include "vhost/virtio_abi.h"

namespace vsw::vhost {

inline constexpr uint16_t kRingSize = 64;
inline constexpr uint64_t kMemoryBytes = 4 << 20;
inline constexpr uint64_t kGuestBase = 0x40000000;     // guest-physical
inline constexpr uint64_t kUserBase = 0x7f0000000000;  // as the front-end sees it
inline constexpr uint64_t kBufferBase = 1 << 20;       // offset of the first buffer in memory
inline constexpr uint64_t kCommonFeatures = kFeatureVersion1 | kFeatureIndirect | kFeatureCsum |
                                            kFeatureGuestCsum | kFeatureHostTso4 |
                                            kFeatureGuestTso4 | Bit(30);

/// One message of a script.
struct Step {
  uint32_t request;
  std::vector<uint8_t> payload;
  std::vector<int> fds;
  bool has_reply = false;
};

/// A buffer that a driver offers; `offset` into the guest's memory.
struct Buffer {
  uint64_t offset;
  uint32_t length;
  uint16_t extra_flags = 0;
};

class FrontEnd {
 public:
  explicit FrontEnd(uint64_t features = kCommonFeatures | kFeatureMergeable);
  ~FrontEnd();

  /// Connects to the switch's socket; tries for two seconds.
  bool Connect(const std::string& path);
  /// Serves an accepted connection instead.
  void Use(int fd) { fd_ = fd; }
  void Disconnect();
  /// Nothing more will be sent; replies can still be read.
  void FinishSending();
  /// True once the switch has closed the connection (waits up to two seconds).
  bool WaitClosed();

  /// Everything that a good front-end says until its guest runs, for `pairs` queue pairs.
  std::vector<Step> Handshake(uint16_t pairs = 1);
  void Run(const std::vector<Step>& steps);
  /// False: the connection is gone.
  bool Send(const Step& step);
  bool SendBytes(std::span<const uint8_t> bytes, const std::vector<int>& fds = {});
  /// The payload of the next reply.
  std::optional<std::vector<uint8_t>> Receive();

  template <typename... T>
  static Step Message(Request request, std::vector<int> fds, T... values) {
    Step step{static_cast<uint32_t>(request), {}, std::move(fds)};
    (Append(&step.payload, values), ...);
    return step;
  }
  static std::vector<uint8_t> Encode(const Step& step);
  Step MemTable(uint64_t guest, uint64_t size, uint64_t user, uint64_t offset);
  Step VringAddress(uint32_t vring);

  // The driver. Rings: 2*pair is filled by the switch, 2*pair+1 is sent from.
  bool packed() const { return features_ & kFeaturePacked; }
  uint8_t* memory() { return memory_; }
  int memory_fd() const { return memory_fd_; }
  int kick_fd(uint32_t vring) const { return kick_fds_[vring]; }
  int call_fd(uint32_t vring) const { return call_fds_[vring]; }
  /// Makes a chain of `buffers` available.
  void Offer(uint32_t vring, const std::vector<Buffer>& buffers);
  /// Writes header and frame into the guest's memory and offers them for sending.
  void SendFrame(uint32_t vring, std::span<const uint8_t> frame, const NetHeader& header = {});
  /// Chains that came back since the last call: their written lengths.
  std::vector<uint32_t> TakeUsed(uint32_t vring);
  /// Used entries that TakeUsed() has read: with in-order use one may stand for several chains.
  uint32_t used_entries() const { return used_entries_; }

  SplitDescriptor* split_descriptors(uint32_t vring);
  SplitAvail* split_avail(uint32_t vring);
  SplitUsed* split_used(uint32_t vring);
  PackedDescriptor* packed_descriptors(uint32_t vring);

 private:
  template <typename T>
  static void Append(std::vector<uint8_t>* bytes, T value) {
    const auto* from = reinterpret_cast<const uint8_t*>(&value);
    bytes->insert(bytes->end(), from, from + sizeof(value));
  }
  uint16_t TakeBack(uint32_t vring, uint32_t id, uint32_t length, std::vector<uint32_t>* lengths);
  void OfferSplit(uint32_t vring, const std::vector<Buffer>& buffers);
  void OfferPacked(uint32_t vring, const std::vector<Buffer>& buffers);

  static constexpr uint32_t kVrings = 8;
  const uint64_t features_;
  int fd_ = -1;
  int memory_fd_ = -1;
  uint8_t* memory_ = nullptr;
  int kick_fds_[kVrings], call_fds_[kVrings];
  uint16_t next_[kVrings] = {};  // descriptor to fill next
  uint16_t used_[kVrings] = {};  // used entry to look at next
  struct Chain {
    uint32_t id;
    uint16_t descriptors;
  };
  std::deque<Chain> offered_[kVrings];  // that have not come back
  uint32_t used_entries_ = 0;
  bool wrap_[kVrings], used_wrap_[kVrings];
  uint64_t next_buffer_ = kBufferBase;
};

}  // namespace vsw::vhost

#endif  // VSW_TESTS_VHOST_FRONT_END_H_
