// SPDX-License-Identifier: Apache-2.0
//
// Looks at each vhost-user message before the library handles it: lets through what a network
// device needs, in the form that the protocol prescribes, and refuses the rest. The library checks
// much by itself; what stands here is what it does not (sizes against the payload's kind, memory
// tables that overlap or wrap, files that can stall a reader, queues beyond what was offered) and
// whole messages that would open this process to its peer (user faults, an IOMMU, records of
// requests in flight in shared memory).
//
// Thread safety: pure functions on a message that the caller owns.
#ifndef VSW_VHOST_MESSAGE_FILTER_H_
#define VSW_VHOST_MESSAGE_FILTER_H_

#include <cstddef>
#include <cstdint>

namespace vsw::vhost {

inline constexpr uint32_t kMaxMemoryRegions = 8;
/// The library's buffer for any payload.
inline constexpr uint32_t kPayloadBytes = 632;

enum class Request : uint32_t {
  kGetFeatures = 1,
  kSetFeatures = 2,
  kSetOwner = 3,
  kResetOwner = 4,
  kSetMemTable = 5,
  kSetLogBase = 6,
  kSetLogFd = 7,
  kSetVringNum = 8,
  kSetVringAddr = 9,
  kSetVringBase = 10,
  kGetVringBase = 11,
  kSetVringKick = 12,
  kSetVringCall = 13,
  kSetVringErr = 14,
  kGetProtocolFeatures = 15,
  kSetProtocolFeatures = 16,
  kGetQueueNum = 17,
  kSetVringEnable = 18,
  kSendRarp = 19,
  kNetSetMtu = 20,
};

struct [[gnu::packed]] WireMemoryRegion {
  uint64_t guest_address;
  uint64_t size;
  uint64_t user_address;
  uint64_t mmap_offset;
};

/// A message as the library hands it to its callbacks (struct vhu_msg_context of its sources; the
/// layout is part of the library's binary interface).
struct [[gnu::packed]] Message {
  uint32_t request;
  uint32_t flags;
  uint32_t size;  // bytes of payload
  union [[gnu::packed]] {
    uint64_t number;
    struct [[gnu::packed]] {
      uint32_t index;
      uint32_t number;
    } state;
    struct [[gnu::packed]] {
      uint32_t count;
      uint32_t padding;
      WireMemoryRegion region[kMaxMemoryRegions];
    } memory;
    struct [[gnu::packed]] {
      uint64_t size;
      uint64_t offset;
    } log;
    uint8_t raw[kPayloadBytes];
  } payload;
  int fds[kMaxMemoryRegions];
  int fd_count;

  static constexpr uint32_t kVringMask = 0xff;
};
static_assert(offsetof(Message, fds) == 644 && sizeof(Message) == 680);

enum class Verdict {
  kPass,     // the library handles it while workers go on
  kQuiesce,  // the library handles it while no worker is near rings or memory
  kIgnore,   // answered as done; nothing happens
  kAnswerQueueCount,
  kRefuse,
};

/// `vring_count`: twice the queue pairs that were offered. `*reason`: why it was refused.
Verdict Judge(const Message& message, uint32_t vring_count, const char** reason);

/// Closes the message's descriptors, as its last owner must.
void CloseDescriptors(Message* message);

}  // namespace vsw::vhost

#endif  // VSW_VHOST_MESSAGE_FILTER_H_
