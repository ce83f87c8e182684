// SPDX-License-Identifier: Apache-2.0
//
// Where the TunnelSets of the packets at hand stand, from the action that gave them until the
// tunnel port has read them. The actions themselves may be gone by then: a translation later in the
// burst can replace a megaflow.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_WORKER_TUNNEL_SET_ARENA_H_
#define VSW_DATAPATH_WORKER_TUNNEL_SET_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "datapath/packet/tunnel_set.h"

namespace vsw {

class TunnelSetArena {
 public:
  /// A copy of the set in `bytes`, good until Clear(); nullptr: full, or no whole set. Copying the
  /// same bytes again costs a comparison.
  const TunnelSet* Copy(std::span<const uint8_t> bytes) {
    if (bytes.size() < sizeof(TunnelSet) || bytes.size() > kMaxTunnelSetBytes) return nullptr;
    if (last_ != nullptr && bytes.size() == last_bytes_ &&
        std::memcmp(last_, bytes.data(), bytes.size()) == 0) {
      return last_;
    }
    if (used_ + kMaxTunnelSetBytes > kBytes) return nullptr;
    auto* set = reinterpret_cast<TunnelSet*>(memory_.get() + used_);
    std::memcpy(static_cast<void*>(set), bytes.data(), bytes.size());
    if (set->bytes() > bytes.size()) return nullptr;
    used_ += (bytes.size() + alignof(TunnelSet) - 1) & ~(alignof(TunnelSet) - 1);
    last_bytes_ = bytes.size();
    return last_ = set;
  }

  /// REQUIRES: no packet that was given a set is still on its way.
  void Clear() {
    used_ = 0;
    last_ = nullptr;
  }
  bool empty() const { return used_ == 0; }

 private:
  static constexpr size_t kBytes = 64 * 1024;

  const std::unique_ptr<std::byte[]> memory_ = std::make_unique_for_overwrite<std::byte[]>(kBytes);
  size_t used_ = 0;
  const TunnelSet* last_ = nullptr;  // the latest one, for packets of one flow in a row
  size_t last_bytes_ = 0;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_TUNNEL_SET_ARENA_H_
