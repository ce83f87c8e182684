// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/guesses.h"

#include <cstring>

#include "datapath/packet/plain_parser.h"

namespace vsw {
namespace {

// Whether these are the tunnel fields that the flow, whose mask has line 0 and the tunnel's, asks
// for.
bool HasTunnelLine(const Megaflow& flow, std::span<const uint64_t> tunnel_line) {
  const uint8_t* const bits = flow.mask->bits.line(3);
  uint64_t difference = 0;
  for (size_t i = 0; i < tunnel_line.size(); ++i) {
    uint64_t bit, wanted;
    std::memcpy(&bit, bits + i * sizeof(bit), sizeof(bit));
    std::memcpy(&wanted, flow.more_key + i * sizeof(wanted), sizeof(wanted));
    difference |= (tunnel_line[i] & bit) ^ wanted;
  }
  return difference == 0;
}

// What a pattern and the tunnel fields that do not change from packet to packet can tell.
bool CanBeLearned(const Megaflow& flow) {
  const FlowMask& mask = *flow.mask;
  return flow.actions->single_output != kNoPort && (mask.lines & ~(kLineBase | kLineTunnel)) == 0 &&
         mask.bits.tun_tos == 0 && mask.bits.tun_ttl == 0;
}

}  // namespace

const Guesses::Alike* Guesses::AlikeFromTunnel(PortNo in_port,
                                               std::span<const uint64_t> tunnel_line) const {
  const Alike& alike = Of(in_port).alike;
  if (!IsGood(alike)) return nullptr;
  const bool reads_none = alike.flow->mask->lines == kLineBase;
  return reads_none || HasTunnelLine(*alike.flow, tunnel_line) ? &alike : nullptr;
}

void Guesses::Learn(PortNo in_port, const rte_mbuf* sample, Megaflow* first, Megaflow* last) {
  Guess& guess = by_port_[ToInt(in_port) % kMaxPorts];
  if (last != nullptr && last == guess.last && first == last) {
    LearnAlike(in_port, sample, first, &guess.alike);
  }
  guess.last = last;
}

void Guesses::LearnAlike(PortNo in_port, const rte_mbuf* sample, Megaflow* flow, Alike* alike) {
  if (alike->bursts_to_rest > 0 && IsGood(*alike)) {
    --alike->bursts_to_rest;
    return;
  }
  KeyLine line;
  FlowKey key;
  if (!CanBeLearned(*flow) || !ParsePlain(sample, in_port, &line, &key)) return;
  alike->pattern.Learn(sample, *flow->mask);
  alike->flow = flow;
  alike->removals = flows_.removals();
  alike->bursts_to_rest = kBurstsBetween;
}

}  // namespace vsw
