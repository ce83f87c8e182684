// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/bundle_store.h"

#include <utility>

namespace vsw::ofconn {
namespace {

OfStatus CheckFlags(uint16_t flags) {
  constexpr uint16_t kKnown = bundle_flags::kAtomic | bundle_flags::kOrdered;
  return (flags & ~kKnown) == 0 ? OfStatus() : OfStatus(OfErrorId::kBundleBadFlags);
}

// There are no buffers: a message that names one could never be carried out.
OfStatus CheckBuffer(const BridgeControl::BundleEntry& entry) {
  const auto* out = std::get_if<PacketOut>(&entry);
  if (out != nullptr && out->buffer_id != kNoBuffer) return OfErrorId::kBufferUnknown;
  return {};
}

}  // namespace

BundleStore::~BundleStore() {
  while (!bundles_.empty()) Erase(bundles_.begin());
}

void BundleStore::Erase(Map::iterator it) {
  held_->fetch_sub(it->second.entries.size(), std::memory_order_relaxed);
  bundles_.erase(it);
}

OfStatus BundleStore::Insert(uint32_t id, uint16_t flags, const Quote& message, uint64_t now_ns) {
  VSW_OF_RETURN_IF_ERROR(CheckFlags(flags));
  if (bundles_.size() >= kMaxBundles) return OfErrorId::kOutOfBundles;
  Bundle& bundle = bundles_[id];
  bundle.flags = flags;
  bundle.opened_by = message;
  bundle.last_ns = now_ns;
  return {};
}

OfStatus BundleStore::Open(uint32_t id, uint16_t flags, const Quote& message, uint64_t now_ns) {
  if (const auto it = bundles_.find(id); it != bundles_.end()) {
    // 1.4 section 7.3.9.2: refused, and the bundle that was there is discarded.
    Erase(it);
    return OfErrorId::kBundleBadId;
  }
  return Insert(id, flags, message, now_ns);
}

OfStatus BundleStore::Close(uint32_t id, uint16_t flags, uint64_t now_ns) {
  const auto it = bundles_.find(id);
  if (it == bundles_.end()) return OfErrorId::kBundleBadId;
  if (it->second.closed || it->second.flags != flags) {
    const OfErrorId error =
        it->second.closed ? OfErrorId::kBundleClosed : OfErrorId::kBundleBadFlags;
    Erase(it);
    return error;
  }
  it->second.closed = true;
  it->second.last_ns = now_ns;
  return {};
}

OfStatus BundleStore::Add(msg::BundleAdd add, const Quote& message, uint64_t now_ns) {
  auto it = bundles_.find(add.id);
  if (it == bundles_.end()) {
    VSW_OF_RETURN_IF_ERROR(Insert(add.id, add.flags, message, now_ns));
    it = bundles_.find(add.id);
  }
  Bundle& bundle = it->second;
  if (bundle.closed || bundle.flags != add.flags) {
    const OfErrorId error = bundle.closed ? OfErrorId::kBundleClosed : OfErrorId::kBundleBadFlags;
    Erase(it);
    return error;
  }
  bundle.last_ns = now_ns;
  VSW_OF_RETURN_IF_ERROR(CheckBuffer(add.entry));
  if (held_->load(std::memory_order_relaxed) >= kMaxMessages) {
    return OfErrorId::kBundleMessageTooMany;
  }
  held_->fetch_add(1, std::memory_order_relaxed);
  bundle.entries.push_back(std::move(add.entry));
  bundle.quotes.emplace_back(add.inner);
  return {};
}

OfStatus BundleStore::Discard(uint32_t id) {
  const auto it = bundles_.find(id);
  if (it == bundles_.end()) return OfErrorId::kBundleBadId;
  Erase(it);
  return {};
}

OfResult<Bundle> BundleStore::Take(uint32_t id, uint16_t flags) {
  const auto it = bundles_.find(id);
  if (it == bundles_.end()) return OfErrorId::kBundleBadId;
  if (it->second.flags != flags) {
    Erase(it);
    return OfErrorId::kBundleBadFlags;
  }
  held_->fetch_sub(it->second.entries.size(), std::memory_order_relaxed);
  Bundle bundle = std::move(it->second);
  bundles_.erase(it);
  return bundle;
}

std::vector<Quote> BundleStore::TakeExpired(uint64_t now_ns, uint64_t timeout_ns) {
  std::vector<Quote> expired;
  for (auto it = bundles_.begin(); it != bundles_.end();) {
    const auto next = std::next(it);
    if (now_ns - it->second.last_ns >= timeout_ns) {
      expired.push_back(it->second.opened_by);
      Erase(it);
    }
    it = next;
  }
  return expired;
}

}  // namespace vsw::ofconn
