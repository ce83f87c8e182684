// SPDX-License-Identifier: Apache-2.0
//
// The layouts and numbers of virtio 1.2 (sections 2.7 split rings, 2.8 packed rings, 5.1 network
// device) and of the vhost-user protocol that this room uses. Little-endian, as the memory of every
// guest that we serve. What lies in guest memory is never used in place: copy it once with
// ReadOnce(), check the copy, use the copy.
#ifndef VSW_VHOST_VIRTIO_ABI_H_
#define VSW_VHOST_VIRTIO_ABI_H_

#include <cstdint>
#include <cstring>

namespace vsw::vhost {

inline constexpr uint64_t Bit(unsigned n) { return uint64_t{1} << n; }

// Feature bits.
inline constexpr uint64_t kFeatureCsum = Bit(0);
inline constexpr uint64_t kFeatureGuestCsum = Bit(1);
inline constexpr uint64_t kFeatureMtu = Bit(3);
inline constexpr uint64_t kFeatureGuestTso4 = Bit(7);
inline constexpr uint64_t kFeatureGuestTso6 = Bit(8);
inline constexpr uint64_t kFeatureGuestEcn = Bit(9);
inline constexpr uint64_t kFeatureGuestUfo = Bit(10);
inline constexpr uint64_t kFeatureHostTso4 = Bit(11);
inline constexpr uint64_t kFeatureHostTso6 = Bit(12);
inline constexpr uint64_t kFeatureHostEcn = Bit(13);
inline constexpr uint64_t kFeatureHostUfo = Bit(14);
inline constexpr uint64_t kFeatureMergeable = Bit(15);
inline constexpr uint64_t kFeatureMq = Bit(22);
inline constexpr uint64_t kFeatureLogAll = Bit(26);
inline constexpr uint64_t kFeatureIndirect = Bit(28);
inline constexpr uint64_t kFeatureEventIdx = Bit(29);
inline constexpr uint64_t kFeatureVersion1 = Bit(32);
inline constexpr uint64_t kFeatureIommu = Bit(33);
inline constexpr uint64_t kFeaturePacked = Bit(34);
inline constexpr uint64_t kFeatureInOrder = Bit(35);
// With none of these a driver asks for nothing in the header of a frame (section 5.1.6.2).
inline constexpr uint64_t kFeaturesHostOffload =
    kFeatureCsum | kFeatureHostTso4 | kFeatureHostTso6 | kFeatureHostEcn | kFeatureHostUfo;

// Protocol feature bits.
inline constexpr uint64_t kProtocolMq = Bit(0);
inline constexpr uint64_t kProtocolLogShmFd = Bit(1);
inline constexpr uint64_t kProtocolRarp = Bit(2);
inline constexpr uint64_t kProtocolReplyAck = Bit(3);
inline constexpr uint64_t kProtocolNetMtu = Bit(4);

// Descriptor flags; kAvail and kUsed in packed rings only.
inline constexpr uint16_t kDescNext = 1;
inline constexpr uint16_t kDescWrite = 2;
inline constexpr uint16_t kDescIndirect = 4;
inline constexpr uint16_t kDescAvail = 1 << 7;
inline constexpr uint16_t kDescUsed = 1 << 15;

inline constexpr uint16_t kUsedNoNotify = 1;
inline constexpr uint16_t kAvailNoInterrupt = 1;
inline constexpr uint16_t kEventEnable = 0;
inline constexpr uint16_t kEventDisable = 1;
inline constexpr uint16_t kEventDesc = 2;

inline constexpr uint32_t kMaxRingSize = 32768;

struct SplitDescriptor {
  uint64_t address;
  uint32_t length;
  uint16_t flags;
  uint16_t next;
};
struct SplitAvail {
  uint16_t flags;
  uint16_t index;
  uint16_t ring[];
};
struct SplitUsedElement {
  uint32_t id;
  uint32_t length;
};
struct SplitUsed {
  uint16_t flags;
  uint16_t index;
  SplitUsedElement ring[];
};
struct PackedDescriptor {
  uint64_t address;
  uint32_t length;
  uint16_t id;
  uint16_t flags;
};
struct PackedEvent {
  uint16_t offset_wrap;
  uint16_t flags;
};

/// struct virtio_net_hdr_mrg_rxbuf; the last field is absent (10 bytes) for a legacy driver without
/// mergeable buffers.
struct NetHeader {
  uint8_t flags;
  uint8_t gso_type;
  uint16_t hdr_len;
  uint16_t gso_size;
  uint16_t csum_start;
  uint16_t csum_offset;
  uint16_t num_buffers;
};
static_assert(sizeof(NetHeader) == 12);
static_assert(sizeof(SplitDescriptor) == 16 && sizeof(PackedDescriptor) == 16);

/// A copy of what the guest may change at any moment; the compiler may not read it a second time.
template <typename T>
T ReadOnce(const T* shared) {
  T copy;
  std::memcpy(&copy, shared, sizeof(T));
  asm volatile("" ::: "memory");
  return copy;
}

/// "Has the event index been passed by going from `before` to `now`?" (section 2.7.7.1)
inline bool EventPassed(uint16_t event, uint16_t now, uint16_t before) {
  return static_cast<uint16_t>(now - event - 1) < static_cast<uint16_t>(now - before);
}

}  // namespace vsw::vhost

#endif  // VSW_VHOST_VIRTIO_ABI_H_
