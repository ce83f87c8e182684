// SPDX-License-Identifier: Apache-2.0
#include "vhost/split_ring.h"

#include <rte_vhost.h>

#include <atomic>

namespace vsw::vhost {
namespace {

uint16_t LoadAcquire(const uint16_t* shared) { return __atomic_load_n(shared, __ATOMIC_ACQUIRE); }
uint16_t Load(const uint16_t* shared) { return __atomic_load_n(shared, __ATOMIC_RELAXED); }
void Store(uint16_t* shared, uint16_t value) { __atomic_store_n(shared, value, __ATOMIC_RELAXED); }

// The event fields stand behind the rings of entries (section 2.7.7).
uint16_t* UsedEvent(SplitAvail* avail, uint32_t size) { return &avail->ring[size]; }
uint16_t* AvailEvent(SplitUsed* used, uint32_t size) {
  return reinterpret_cast<uint16_t*>(&used->ring[size]);
}

}  // namespace

bool SplitRing::Start(const RingSetup& setup) {
  if (setup.size == 0 || setup.size > kMaxRingSize || (setup.size & (setup.size - 1)) != 0) {
    return false;
  }
  const uint64_t event = setup.features & kFeatureEventIdx ? sizeof(uint16_t) : 0;
  const GuestMemory& memory = *setup.memory;
  if (!memory.Holds(setup.descriptors, sizeof(SplitDescriptor) * setup.size, 16) ||
      !memory.Holds(setup.driver_area, sizeof(SplitAvail) + 2 * setup.size + event, 2) ||
      !memory.Holds(setup.device_area, sizeof(SplitUsed) + 8 * setup.size + event, 4)) {
    return false;
  }
  setup_ = setup;
  descriptors_ = static_cast<const SplitDescriptor*>(setup.descriptors);
  avail_ = static_cast<SplitAvail*>(setup.driver_area);
  used_ = static_cast<SplitUsed*>(setup.device_area);
  in_batches_ = setup.goes_back_in_batches();
  mask_ = static_cast<uint16_t>(setup.size - 1);
  // Used and available positions are the same between bursts: chains go back at once. The used
  // index in the guest's memory outlives a crash of ours, so it has the last word.
  next_ = end_ = published_ = Load(&used_->index);
  signalled_valid_ = false;
  return true;
}

Fetch SplitRing::FetchChain(Cursor* cursor, Direction direction, Chain* chain) {
  const auto waiting = static_cast<uint16_t>(cursor->end - cursor->index);
  if (waiting == 0) return Fetch::kEmpty;
  if (waiting > setup_.size) return Fetch::kBroken;
  uint16_t index = Load(&avail_->ring[cursor->index & mask_]);
  if (index > mask_) return Fetch::kBroken;
  ++cursor->index;
  chain->Clear();
  chain->id = index;
  for (uint32_t count = 0; count < setup_.size; ++count) {
    const SplitDescriptor descriptor = ReadOnce(&descriptors_[index]);
    if (descriptor.flags & kDescIndirect) {
      return count == 0 ? FetchIndirect(descriptor, direction, chain) : Fetch::kBadChain;
    }
    if (!chain->Append(*setup_.memory, descriptor.address, descriptor.length,
                       descriptor.flags & kDescWrite, direction)) {
      return Fetch::kBadChain;
    }
    if (!(descriptor.flags & kDescNext)) return Fetch::kOk;
    index = descriptor.next;
    if (index > mask_) return Fetch::kBadChain;
  }
  return Fetch::kBadChain;  // longer than the ring: a loop
}

Fetch SplitRing::FetchIndirect(const SplitDescriptor& table, Direction direction, Chain* chain) {
  const uint32_t count = table.length / sizeof(SplitDescriptor);
  if (!(setup_.features & kFeatureIndirect) || (table.flags & kDescNext) || count == 0 ||
      table.length % sizeof(SplitDescriptor) != 0 || count > setup_.size) {
    return Fetch::kBadChain;
  }
  uint64_t contiguous = table.length;
  const uint8_t* base = setup_.memory->Translate(table.address, &contiguous);
  if (base == nullptr || contiguous != table.length) return Fetch::kBadChain;
  uint32_t index = 0;
  for (uint32_t steps = 0; steps < count; ++steps) {
    SplitDescriptor descriptor;
    std::memcpy(&descriptor, base + index * sizeof(descriptor), sizeof(descriptor));
    asm volatile("" ::: "memory");
    if ((descriptor.flags & kDescIndirect) ||
        !chain->Append(*setup_.memory, descriptor.address, descriptor.length,
                       descriptor.flags & kDescWrite, direction)) {
      return Fetch::kBadChain;
    }
    if (!(descriptor.flags & kDescNext)) return Fetch::kOk;
    index = descriptor.next;
    if (index >= count) return Fetch::kBadChain;
  }
  return Fetch::kBadChain;
}

void SplitRing::Publish() {
  if (published_ == next_) return;
  if (in_batches_) WriteUsed(published_, last_id_, 0);
  __atomic_store_n(&used_->index, next_, __ATOMIC_RELEASE);
  published_ = next_;
  LogUsed(offsetof(SplitUsed, index), sizeof(uint16_t));
}

bool SplitRing::ShouldInterrupt() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!(setup_.features & kFeatureEventIdx)) return !(Load(&avail_->flags) & kAvailNoInterrupt);
  const bool passed = !signalled_valid_ ||
                      EventPassed(Load(UsedEvent(avail_, setup_.size)), published_, signalled_);
  if (passed) {
    signalled_ = published_;
    signalled_valid_ = true;
  }
  return passed;
}

bool SplitRing::HasWork() const { return LoadAcquire(&avail_->index) != next_; }

void SplitRing::EnableKicks() {
  if (setup_.features & kFeatureEventIdx) {
    Store(AvailEvent(used_, setup_.size), next_);
    LogUsed(sizeof(SplitUsed) + setup_.size * sizeof(SplitUsedElement), sizeof(uint16_t));
  } else {
    Store(&used_->flags, 0);
    LogUsed(0, sizeof(uint16_t));
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void SplitRing::DisableKicks() {
  // With event indices there is nothing to do: the index is behind as soon as a chain was taken.
  if (setup_.features & kFeatureEventIdx) return;
  Store(&used_->flags, kUsedNoNotify);
  LogUsed(0, sizeof(uint16_t));
}

void SplitRing::LogUsedAlways(uint64_t offset, uint64_t length) const {
  rte_vhost_log_used_vring(setup_.device, setup_.vring, offset, length);
}

}  // namespace vsw::vhost
