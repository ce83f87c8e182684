// SPDX-License-Identifier: Apache-2.0
//
// What is remembered of packets that recirculate: enough to go through their translation again up
// to the point where something had to be found out from the packet itself, and to go on from there
// with the answer. That is the key that they had, in the bits that the translation had read until
// then; so all packets of a megaflow share one entry, and equal entries are one.
//
// Thread safety: Intern() and Find() on any number of workers, without waiting. The slow thread
// empties the pool when it fills up: Reset(), then invalidation of every megaflow, then Reclaim()
// after a grace period. Until then ids given out before still lead to their entries.
#ifndef VSW_OFPROTO_TRANSLATE_FROZEN_H_
#define VSW_OFPROTO_TRANSLATE_FROZEN_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "datapath/packet/flow_key.h"

namespace vsw {

struct FrozenPacket {
  uint32_t parent;   // recirc_id of the pass in which it was frozen; 0: the first
  uint32_t ordinal;  // which of that translation's questions
  uint32_t answer;   // given to it
  uint32_t reserved;
  uint64_t way;  // hash of the rules that led there
  FlowKey key;   // of that pass, zero where it was not read

  void Clear();
};

class FrozenPool {
 public:
  static constexpr uint32_t kCapacity = 65535;

  FrozenPool();
  ~FrozenPool();
  FrozenPool(const FrozenPool&) = delete;
  FrozenPool& operator=(const FrozenPool&) = delete;

  /// The recirc_id of an equal entry, made if there is none. 0: the pool is full.
  /// REQUIRES: `packet` was cleared before it was filled in.
  uint32_t Intern(const FrozenPacket& packet) noexcept;
  /// nullptr: not known any more. Valid until a grace period has passed.
  const FrozenPacket* Find(uint32_t recirc_id) const noexcept;

  // On the slow thread.
  uint32_t size() const;
  bool wants_reset() const { return size() > kCapacity / 2; }
  void Reset();
  void Reclaim();

 private:
  struct Arena;
  std::atomic<Arena*> current_;   // slow thread writes, workers read
  std::atomic<Arena*> previous_;  // the same; until Reclaim()
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_FROZEN_H_
