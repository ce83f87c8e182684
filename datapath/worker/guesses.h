// SPDX-License-Identifier: Apache-2.0
//
// By ingress port, what decided about its last packets: often it is what decides about the next
// ones, too. A guess is one to try with a packet's key; where it held for whole bursts, what the
// decision reads of a frame is learned, so that frames alike need no key.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_WORKER_GUESSES_H_
#define VSW_DATAPATH_WORKER_GUESSES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "base/net_types.h"
#include "datapath/flow/flow_table.h"
#include "datapath/packet/frame_pattern.h"
#include "datapath/worker/worker_set.h"

namespace vsw {

class Guesses {
 public:
  /// Frames that are alike go by one decision, which sends them to one port.
  struct Alike {
    FramePattern pattern;
    Megaflow* flow = nullptr;  // nullptr: none was learned
    uint64_t removals = 0;     // of the flow table when it was
    uint32_t bursts_to_rest = 0;
  };

  /// The table outlives it.
  explicit Guesses(const FlowTable& flows) : flows_(flows), by_port_(kMaxPorts) {}

  /// Any megaflow that there is or was, or nullptr.
  Megaflow* Last(PortNo in_port) const { return Of(in_port).last; }
  /// For packets from the port that were not in a tunnel; nullptr: there is none. Good until a
  /// megaflow is removed or invalidated.
  const Alike* AlikeFrom(PortNo in_port) const {
    const Alike& alike = Of(in_port).alike;
    return IsGood(alike) && alike.flow->mask->lines == kLineBase ? &alike : nullptr;
  }
  /// The same for what came out of a tunnel, with these tunnel fields: the line of the key that has
  /// them, but for TOS and TTL.
  const Alike* AlikeFromTunnel(PortNo in_port, std::span<const uint64_t> tunnel_line) const;

  /// Keeps in mind what decided about the first and the last packet of a burst; the last one may
  /// have no decision. REQUIRES: the first one looks as it did when it was decided.
  void Learn(PortNo in_port, const rte_mbuf* sample, Megaflow* first, Megaflow* last);
  void Learn(std::span<const FlowLookup> works) {
    if (works.empty()) return;
    Learn(works.back().key.in_port, works[0].packet, works[0].flow, works.back().flow);
  }

 private:
  // Bursts between two lessons of a port whose traffic changes so that none helps for long.
  static constexpr uint32_t kBurstsBetween = 64;

  struct Guess {
    Megaflow* last = nullptr;
    Alike alike;
  };

  const Guess& Of(PortNo in_port) const { return by_port_[ToInt(in_port) % kMaxPorts]; }
  bool IsGood(const Alike& alike) const {
    return alike.flow != nullptr && alike.removals == flows_.removals() &&
           flows_.IsCurrent(*alike.flow);
  }
  void LearnAlike(PortNo in_port, const rte_mbuf* sample, Megaflow* flow, Alike* alike);

  const FlowTable& flows_;
  std::vector<Guess> by_port_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_GUESSES_H_
