// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/encapsulator.h"

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/prefetch.h"
#include "datapath/packet/flow_key.h"
#include "datapath/packet/offload.h"
#include "datapath/packet/partial_checksum.h"
#include "datapath/packet/tunnel_mark.h"
#include "datapath/tunnel/inner_offload.h"

namespace vsw {
namespace {

// Less payload than this in a segment: the tunnel is too narrow to be used.
constexpr uint32_t kLeastSegment = 64;
constexpr uint32_t kInnerEthernetBytes = 14;
constexpr size_t kCacheLineBytes = 64;

size_t HashOf(const TunnelEnds& ends) {
  uint64_t words[4];
  std::memcpy(words, ends.local.octets.data(), 16);
  std::memcpy(words + 2, ends.remote.octets.data(), 16);
  uint64_t hash = 0;
  for (const uint64_t word : words) hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  return hash >> 40;
}

// False: nothing says where to.
bool EndsOf(const TunnelFacts& facts, const TunnelSet* set, TunnelEnds* ends) {
  ends->local = facts.local;
  if (facts.local_is_flow && set != nullptr && set->has(TunnelSet::kLocal)) {
    ends->local = set->local;
  }
  if (facts.remote_is_flow || facts.replicates()) {
    if (set == nullptr || !set->has(TunnelSet::kRemote) || set->remote.is_any()) return false;
    ends->remote = set->remote;
  } else {
    ends->remote = facts.remotes.front();
  }
  return ends->local.is_unset() || ends->local.is_v4() == ends->remote.is_v4();
}

// The key with which the other end would answer: the one that the port receives; where that is any,
// the one that the packet was to be sent with. Nothing: without a key.
std::optional<uint64_t> KeyOfAnswer(const TunnelFacts& facts, const TunnelSet* set) {
  if (!facts.in_key_is_flow) return facts.in_key;
  if (!facts.out_key_is_flow) return facts.out_key;
  return set != nullptr && set->has(TunnelSet::kId) ? set->tun_id : 0;
}

// The tunnel line of a key as if a packet had come from `remote`.
void WriteTunnelLine(const IpAddress& remote, const IpAddress& local, std::optional<uint64_t> id,
                     FlowKey* key) {
  std::memset(key->line(3), 0, kLineBytes);
  key->lines |= kLineTunnel;
  key->tun_id = Be64::From(id.value_or(0));
  key->tun_flags = Be16::From(id.has_value() ? kTunnelKeyPresent : uint16_t{0});
  if (remote.is_v4()) {
    key->tun_ipv4_src = remote.v4();
    key->tun_ipv4_dst = local.v4();
  } else {
    key->tun_ipv6_src = remote.octets;
    key->tun_ipv6_dst = local.octets;
  }
}

uint32_t OptionBytes(const TunnelFacts& facts, const TunnelSet* set) {
  return set != nullptr && facts.kind == TunnelKind::kGeneve ? set->option_bytes : 0;
}

}  // namespace

Encapsulator::Encapsulator(PortNo tunnel, NextHopTable* next_hops, TunnelOutlet* outlet,
                           rte_mempool* pool, bool many_remotes)
    : tunnel_(tunnel),
      next_hops_(next_hops),
      outlet_(outlet),
      pool_(pool),
      too_big_limit_(rte_get_tsc_hz()),
      ways_(many_remotes ? kManyWays : 1) {}

void Encapsulator::Run(const EncapConfig& config, std::span<rte_mbuf*> burst,
                       PortCounters& counters) {
  // The frame that is to be looked at, and where its headers go.
  for (rte_mbuf* packet : burst) {
    uint8_t* const frame = rte_pktmbuf_mtod(packet, uint8_t*);
    __builtin_prefetch(frame);
    PrefetchForWrite(frame - kCacheLineBytes);
  }
  const Job job = {config, counters};
  const TunnelFacts& facts = config.config.facts;
  const bool one_way = !facts.local_is_flow && !facts.remote_is_flow && !facts.replicates();
  const Way* way = nullptr;
  uint64_t plain_packets = 0, plain_bytes = 0;
  for (rte_mbuf* packet : burst) {
    if (one_way && way != nullptr) [[likely]] {
      const uint32_t bytes = packet->pkt_len;
      if (bytes <= way->max_plain_bytes && way->headers.PutPlain(packet, identification_))
          [[likely]] {
        ++identification_;
        ++plain_packets;
        plain_bytes += bytes;
        Append(*way, packet);
        continue;
      }
    }
    way = SendOne(job, way, packet);
  }
  counters.tx_packets.Add(plain_packets);
  counters.tx_bytes.Add(plain_bytes);
  HandOn();
}

// Of any packet; `way`: that of the packet before. Returns that of this one, or nullptr.
const Encapsulator::Way* Encapsulator::SendOne(const Job& job, const Way* way, rte_mbuf* packet) {
  const TunnelSet* set = TunnelMark::Of(packet);
  TunnelEnds ends;
  if (!EndsOf(job.config.config.facts, set, &ends)) [[unlikely]] {
    Drop(job, packet, DropReason::kTunnelNoRemote);
    return way;
  }
  DropReason refusal = DropReason::kNone;
  if (way == nullptr || way->ends != ends) way = FindWay(job.config, ends, &refusal);
  if (way != nullptr) [[likely]] {
    Encapsulate(job, *way, packet, set);
  } else if (refusal != DropReason::kNone) {
    Drop(job, packet, refusal);
  } else if (!outlet_->Hold(packet, ends, tunnel_)) {
    Drop(job, packet, DropReason::kTunnelUnresolved);
  }
  return way;
}

const Encapsulator::Way* Encapsulator::FindWay(const EncapConfig& config, const TunnelEnds& ends,
                                               DropReason* refusal) {
  // Read first: at worst headers are made once too often.
  const uint64_t generation = next_hops_->generation();
  const NextHop* next_hop = next_hops_->Find(ends.local, ends.remote);
  if (next_hop == nullptr) return nullptr;
  *refusal = next_hop->refusal;
  if (*refusal != DropReason::kNone) return nullptr;
  Way& way = ways_[HashOf(ends) % ways_.size()];
  if (way.next_hop != next_hop || way.generation != generation || way.version != config.version ||
      way.ends != ends) [[unlikely]] {
    way = {ends,
           next_hop,
           generation,
           config.version,
           next_hop->egress,
           next_hop->enters_bridge_by,
           next_hop->local,
           next_hop->enters_bridge_by == kNoPort ? outlet_->OffloadsOf(next_hop->egress)
                                                 : TunnelOffloads{},
           OuterHeaders(config.config, ends.remote, *next_hop)};
    way.max_plain_bytes = way.headers.MaxInnerBytes(0);
    if (config.config.mtu != 0) {
      way.max_plain_bytes = std::min(way.max_plain_bytes, config.config.mtu + kInnerEthernetBytes);
    }
  }
  return &way;
}

void Encapsulator::Encapsulate(const Job& job, const Way& way, rte_mbuf* packet,
                               const TunnelSet* set) {
  const TunnelConfig& config = job.config.config;
  Frame frame = {packet, ReadInnerFrame(packet), set,
                 way.headers.MaxInnerBytes(OptionBytes(config.facts, set))};
  if (config.mtu != 0) frame.max_bytes = std::min(frame.max_bytes, config.mtu + frame.inner.l3);
  if ((packet->ol_flags & kPartialChecksumFlags) != 0) {
    EncapsulateOffloaded(job, way, frame);
  } else if (packet->pkt_len > frame.max_bytes) [[unlikely]] {
    RefuseTooBig(job, way, frame);
  } else {
    Put(job, way, frame);
  }
}

// What a guest left to the way out is done here, unless the device reaches behind outer headers.
// TCP is cut so that each packet fits; datagrams have the size that their sender chose.
void Encapsulator::EncapsulateOffloaded(const Job& job, const Way& way, Frame frame) {
  rte_mbuf* packet = frame.packet;
  const uint32_t headers = packet->l2_len + packet->l3_len + packet->l4_len;
  bool fits = packet->pkt_len <= frame.max_bytes;
  if ((packet->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0) {
    fits = headers + kLeastSegment <= frame.max_bytes;
    if (fits) {
      packet->tso_segsz =
          static_cast<uint16_t>(std::min<uint32_t>(packet->tso_segsz, frame.max_bytes - headers));
    }
  } else if ((packet->ol_flags & RTE_MBUF_F_TX_UDP_SEG) != 0) {
    fits = headers + packet->tso_segsz <= frame.max_bytes;
  }
  if (!fits) return RefuseTooBig(job, way, frame);
  if (way.offloads.any() && LeaveToDevice(job, way, frame)) return;
  std::array<rte_mbuf*, kMaxSegments> frames;
  const uint16_t count =
      ResolveOffloads(packet, OffloadCapabilities{}, pool_, frames, job.counters);
  for (uint16_t i = 0; i < count; ++i) {
    frame.packet = frames[i];
    Put(job, way, frame);
  }
}

// False: it cannot be left.
bool Encapsulator::LeaveToDevice(const Job& job, const Way& way, const Frame& frame) {
  const InnerNeeds needs(frame.packet);
  const OuterShape outer = way.headers.shape(OptionBytes(job.config.config.facts, frame.set));
  if (!needs.Fit(way.offloads, outer)) return false;
  rte_mbuf* packet = AddHeaders(job, way, frame);
  if (packet == nullptr) return true;
  // The device counts on, segment by segment.
  identification_ = static_cast<uint16_t>(identification_ + needs.packets() - 1);
  needs.Leave(outer, packet);
  Append(way, packet);
  return true;
}

void Encapsulator::Put(const Job& job, const Way& way, const Frame& frame) {
  if (rte_mbuf* packet = AddHeaders(job, way, frame); packet != nullptr) Append(way, packet);
}

// nullptr: lost and counted.
rte_mbuf* Encapsulator::AddHeaders(const Job& job, const Way& way, const Frame& frame) {
  const uint32_t inner_bytes = frame.packet->pkt_len;
  rte_mbuf* packet =
      way.headers.Put(frame.packet, frame.inner, frame.set, identification_++, pool_);
  if (packet == nullptr) [[unlikely]] {
    Drop(job, frame.packet, DropReason::kNoCopyBuffer);
    return nullptr;
  }
  job.counters.tx_packets.Add(1);
  job.counters.tx_bytes.Add(inner_bytes);
  return packet;
}

void Encapsulator::RefuseTooBig(const Job& job, const Way& way, const Frame& frame) {
  if (frame.max_bytes > frame.inner.l3 && too_big_limit_.Allow(rte_rdtsc())) {
    const uint32_t mtu = frame.max_bytes - frame.inner.l3;
    if (rte_mbuf* reply = MakeTooBig(frame.packet, frame.inner, mtu, pool_); reply != nullptr) {
      FlowKey tunnel;
      tunnel.in_port = tunnel_;
      tunnel.lines = 0;
      // As an answer from the other end would come.
      WriteTunnelLine(way.ends.remote, way.local, KeyOfAnswer(job.config.config.facts, frame.set),
                      &tunnel);
      if (!outlet_->Answer(reply, tunnel)) rte_pktmbuf_free(reply);
    }
  }
  Drop(job, frame.packet, DropReason::kTunnelTooBig);
}

// To where the way leads: what was gathered for elsewhere leaves, or what fills a burst.
void Encapsulator::Turn(const Way& way) {
  HandOn();
  egress_ = way.egress;
  enters_bridge_by_ = way.enters_bridge_by;
}

void Encapsulator::HandOn() {
  if (count_ == 0) return;
  const std::span<rte_mbuf*> packets(packets_.data(), std::exchange(count_, 0));
  if (enters_bridge_by_ != kNoPort) {
    outlet_->Enter(enters_bridge_by_, packets);
  } else {
    outlet_->Send(egress_, packets);
  }
}

void Encapsulator::Drop(const Job& job, rte_mbuf* packet, DropReason reason) {
  job.counters.Drop(reason);
  rte_pktmbuf_free(packet);
}

}  // namespace vsw
