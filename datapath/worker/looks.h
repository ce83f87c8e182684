// SPDX-License-Identifier: Apache-2.0
//
// What the frames of a burst look like to their port's decisions, and what is known of that: the
// way through the frame cache, in two passes over the burst, the first of which fetches what the
// second one needs.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_WORKER_LOOKS_H_
#define VSW_DATAPATH_WORKER_LOOKS_H_

#include <rte_mbuf.h>

#include <cstdint>
#include <span>

#include "datapath/flow/flow_table.h"
#include "datapath/port/port.h"
#include "datapath/worker/stage_clock.h"

namespace vsw {

class Looks {
 public:
  struct Found {
    uint32_t unreadable = 0;  // have no look
    uint32_t near = 0;        // are known, and stand where they are found at once
  };
  /// Looks at the frames, at most kBurst.
  Found Find(const FlowTable& flows, const FrameLook& look, std::span<rte_mbuf* const> burst,
             StageClock* clock);
  /// What FlowTable::IsKnown() is to be asked about frame number `i`; nullptr: nothing is known.
  Megaflow* flow(size_t i) const { return flow_[i]; }

 private:
  template <typename Isa>
  [[gnu::always_inline]] Found FindBy(const FlowTable& flows, const FrameLook& look,
                                      std::span<rte_mbuf* const> burst, StageClock* clock);
  Found FindByAvx2(const FlowTable& flows, const FrameLook& look, std::span<rte_mbuf* const> burst,
                   StageClock* clock);

  FrameImage image_[kBurst];
  uint64_t hash_[kBurst];
  Megaflow* flow_[kBurst];
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_LOOKS_H_
