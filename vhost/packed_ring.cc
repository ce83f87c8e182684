// SPDX-License-Identifier: Apache-2.0
#include "vhost/packed_ring.h"

#include <rte_vhost.h>

#include <algorithm>
#include <atomic>

namespace vsw::vhost {
namespace {

// Descriptors up to which the end of a chain is looked for: no driver makes one as long, and a
// guest must not keep a worker walking.
constexpr uint32_t kLongestChain = 1024;

}  // namespace

bool PackedRing::Start(const RingSetup& setup) {
  if (setup.size == 0 || setup.size > kMaxRingSize) return false;
  if ((setup.avail_base & 0x7fff) >= setup.size) return false;
  const GuestMemory& memory = *setup.memory;
  if (!memory.Holds(setup.descriptors, sizeof(PackedDescriptor) * setup.size, 16) ||
      !memory.Holds(setup.driver_area, sizeof(PackedEvent), 4) ||
      !memory.Holds(setup.device_area, sizeof(PackedEvent), 4)) {
    return false;
  }
  setup_ = setup;
  in_batches_ = setup.goes_back_in_batches();
  descriptors_ = static_cast<PackedDescriptor*>(setup.descriptors);
  driver_event_ = static_cast<const PackedEvent*>(setup.driver_area);
  device_event_ = static_cast<PackedEvent*>(setup.device_area);
  next_ = {static_cast<uint16_t>(setup.avail_base & 0x7fff), (setup.avail_base & 0x8000) != 0};
  signalled_ = next_;
  pending_ = false;
  return true;
}

Fetch PackedRing::FetchChain(Cursor* cursor, Direction direction, Chain* chain) {
  if (!IsAvailable(*cursor)) return Fetch::kEmpty;
  chain->Clear();
  chain->descriptors = 0;
  bool good = true;
  // A bad chain is followed to its end: only there stands the id with which it can go back.
  const uint32_t longest = std::min(setup_.size, kLongestChain);
  while (chain->descriptors < longest) {
    const PackedDescriptor descriptor = ReadOnce(&descriptors_[cursor->index]);
    cursor->Advance(1, setup_.size);
    ++chain->descriptors;
    if (descriptor.flags & kDescIndirect) {
      good = good && chain->descriptors == 1 && !(descriptor.flags & kDescNext) &&
             FetchIndirect(descriptor, direction, chain) == Fetch::kOk;
    } else {
      good = good && chain->Append(*setup_.memory, descriptor.address, descriptor.length,
                                   descriptor.flags & kDescWrite, direction);
    }
    if (!(descriptor.flags & kDescNext)) {
      chain->id = descriptor.id;
      return good ? Fetch::kOk : Fetch::kBadChain;
    }
  }
  return Fetch::kBroken;  // a chain without an end in sight has no id
}

Fetch PackedRing::FetchIndirect(const PackedDescriptor& table, Direction direction, Chain* chain) {
  const uint32_t count = table.length / sizeof(PackedDescriptor);
  if (!(setup_.features & kFeatureIndirect) || count == 0 ||
      table.length % sizeof(PackedDescriptor) != 0 || count > setup_.size) {
    return Fetch::kBadChain;
  }
  uint64_t contiguous = table.length;
  const uint8_t* base = setup_.memory->Translate(table.address, &contiguous);
  if (base == nullptr || contiguous != table.length) return Fetch::kBadChain;
  for (uint32_t i = 0; i < count; ++i) {
    PackedDescriptor descriptor;
    std::memcpy(&descriptor, base + i * sizeof(descriptor), sizeof(descriptor));
    asm volatile("" ::: "memory");
    if (!chain->Append(*setup_.memory, descriptor.address, descriptor.length,
                       descriptor.flags & kDescWrite, direction)) {
      return Fetch::kBadChain;
    }
  }
  return Fetch::kOk;
}

void PackedRing::CompleteId(uint16_t id, uint32_t descriptors, uint32_t written) {
  uint16_t flags = next_.wrap ? kDescAvail | kDescUsed : 0;
  if (written > 0) flags |= kDescWrite;
  PackedDescriptor& own = descriptors_[next_.index];
  if (!pending_) {
    pending_ = true;
    pending_index_ = next_.index;
    pending_flags_ = flags;
    own.id = id;
    own.length = written;
  } else if (in_batches_) {
    // The one entry of the batch names the last.
    descriptors_[pending_index_].id = id;
  } else {
    own.id = id;
    own.length = written;
    HandBack(next_.index, flags);
  }
  next_.Advance(descriptors, setup_.size);
  ++completed_;
}

void PackedRing::Publish() {
  if (!pending_) return;
  HandBack(pending_index_, pending_flags_);
  pending_ = false;
}

void PackedRing::HandBack(uint16_t index, uint16_t flags) {
  __atomic_store_n(&descriptors_[index].flags, flags, __ATOMIC_RELEASE);
  if (setup_.features & kFeatureLogAll) [[unlikely]] {
    rte_vhost_log_used_vring(setup_.device, setup_.vring, index * sizeof(PackedDescriptor),
                             sizeof(PackedDescriptor));
  }
}

bool PackedRing::ShouldInterrupt() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const PackedEvent event = ReadOnce(driver_event_);
  const Cursor before = signalled_;
  signalled_ = next_;
  if (event.flags != kEventDesc) return event.flags != kEventDisable;
  // Section 2.8.10: count entries since the start of the lap that next_ is in.
  const auto distance = [this](uint16_t index, bool wrap) {
    return static_cast<uint16_t>(wrap == next_.wrap ? index : index - setup_.size);
  };
  return EventPassed(distance(event.offset_wrap & 0x7fff, (event.offset_wrap & 0x8000) != 0),
                     next_.index, distance(before.index, before.wrap));
}

void PackedRing::EnableKicks() {
  __atomic_store_n(&device_event_->flags, kEventEnable, __ATOMIC_RELAXED);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void PackedRing::DisableKicks() {
  __atomic_store_n(&device_event_->flags, kEventDisable, __ATOMIC_RELAXED);
}

}  // namespace vsw::vhost
