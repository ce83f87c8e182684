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

void Guesses::Learn(std::span<const FlowLookup> works) {
  if (works.empty()) return;
  const FlowLookup& last = works.back();
  Guess& guess = by_port_[ToInt(last.key.in_port) % kMaxPorts];
  if (last.flow != nullptr && last.flow == guess.last && works[0].flow == last.flow) {
    LearnAlike(works[0], &guess.alike);
  }
  guess.last = last.flow;
}

void Guesses::LearnAlike(const FlowLookup& sample, Alike* alike) {
  if (alike->bursts_to_rest > 0 && IsGood(*alike)) {
    --alike->bursts_to_rest;
    return;
  }
  KeyLine line;
  FlowKey key;
  if (!CanBeLearned(*sample.flow) || !ParsePlain(sample.packet, sample.key.in_port, &line, &key)) {
    return;
  }
  alike->pattern.Learn(sample.packet, *sample.flow->mask);
  alike->flow = sample.flow;
  alike->removals = flows_.removals();
  alike->bursts_to_rest = kBurstsBetween;
}

}  // namespace vsw
