// SPDX-License-Identifier: Apache-2.0
//
// The pipeline's first stage, and what needs no other: a burst whose decision is known from its
// port or from how its frames look is sent without flow keys.
#include <rte_prefetch.h>

#include "datapath/packet/lent_tail.h"
#include "datapath/packet/parser.h"
#include "datapath/packet/plain_parser.h"
#include "datapath/worker/pipeline.h"

namespace vsw {

// The one decision, to send it elsewhere, for whatever comes in by the port; nullptr: there is none
// that reads nothing of the packet.
Megaflow* Pipeline::DecisionFor(PortNo in_port) const {
  Megaflow* flow = flows_->FindForPort(in_port);
  return flow != nullptr && flow->actions->single_output != kNoPort ? flow : nullptr;
}

// True: there is one decision for all of the burst, and it was done.
bool Pipeline::ForwardAll(PortNo in_port, std::span<rte_mbuf*> burst, uint64_t now_tsc) {
  Megaflow* flow = DecisionFor(in_port);
  if (flow == nullptr) return false;
  uint64_t bytes = 0;
  bool whole = true;
  for (const rte_mbuf* packet : burst) {
    bytes += packet->pkt_len;
    whole &= packet->data_len >= kNeverMalformedBytes;
  }
  if (!whole) [[unlikely]]
    return false;
  ForwardBy(flow, in_port, burst, bytes, now_tsc);
  return true;
}

// Sends those that the burst begins with and that look like those before; returns the others.
std::span<rte_mbuf*> Pipeline::ForwardAlike(PortNo in_port, std::span<rte_mbuf*> burst,
                                            uint64_t now_tsc) {
  const Guesses::Alike* alike = guesses_.AlikeFrom(in_port);
  if (alike == nullptr) return burst;
  uint64_t bytes = 0;
  size_t count = 0;
  while (count < burst.size() && alike->pattern.Matches(burst[count])) {
    bytes += burst[count++]->pkt_len;
  }
  if (count > 0) ForwardBy(alike->flow, in_port, burst.first(count), bytes, now_tsc);
  return burst.subspan(count);
}

void Pipeline::ForwardBy(Megaflow* flow, PortNo in_port, std::span<rte_mbuf*> packets,
                         uint64_t bytes, uint64_t now_tsc) {
  CountReceived(in_port, packets.size(), bytes);
  stats_.megaflow_hits.Add(packets.size());
  flow->packets += packets.size();
  flow->bytes += bytes;
  flow->used_tsc = now_tsc;
  batches_.AddAll(flow->actions->single_output, packets);
}

[[gnu::always_inline]] inline void Pipeline::PrepareGuessed(FlowLookup* work, const KeyLine& line,
                                                            Guess* guess) {
  if (guess->flow != nullptr && flows_->Decides(*guess->flow, line)) {
    work->flow = guess->flow;
    ++guess->hits;
  } else {
    guess->flow = nullptr;  // for the rest of the burst: where flows are many it only costs
    flows_->Prepare(work, line);
  }
}

// What is left to be looked up.
uint32_t Pipeline::Parse(PortNo in_port, std::span<rte_mbuf*> burst, uint64_t now_tsc) {
  const IngressRole* role =
      env_.underlay != nullptr ? env_.underlay->ingress.Find(in_port) : nullptr;
  if (role == nullptr && ForwardAll(in_port, burst, now_tsc)) return 0;
  clock_.Enter(PerfStage::kParse);
  for (rte_mbuf* packet : burst) rte_prefetch0(rte_pktmbuf_mtod(packet, void*));
  learn_looks_ = false;
  if (role != nullptr) {
    // Frames begin elsewhere once their outer headers are off.
    for (rte_mbuf* packet : burst) LentTail::Fetch(packet);
    return ParseUnderlay(*role, in_port, burst, now_tsc);
  }
  burst = ForwardAlike(in_port, burst, now_tsc);
  return burst.empty() ? 0 : ParseAll(in_port, burst, now_tsc);
}

// Sends those that the burst begins with and whose looks are known; returns how many.
size_t Pipeline::ForwardKnown(const FrameLook& look, PortNo in_port,
                              std::span<rte_mbuf* const> burst, uint64_t now_tsc) {
  const Looks::Found found = looks_->Find(*flows_, look, burst, &clock_);
  clock_.Enter(PerfStage::kExecute);
  flows_->mutable_frames()->Count(in_port, found.near, found.unreadable);
  Megaflow* const first = looks_->flow(0);
  if (!flows_->IsKnown(first)) return 0;
  guesses_.Learn(in_port, burst[0], first, looks_->flow(burst.size() - 1));
  const PortNo egress = first->actions->single_output;
  bool to_one_port = true;
  uint64_t bytes = 0;
  size_t known = 0;
  for (; known < burst.size(); ++known) {
    Megaflow* const flow = looks_->flow(known);
    if (!flows_->IsKnown(flow)) [[unlikely]]
      break;
    const uint32_t length = burst[known]->pkt_len;
    bytes += length;
    ++flow->packets;
    flow->bytes += length;
    flow->used_tsc = now_tsc;
    to_one_port &= flow->actions->single_output == egress;
  }
  if (to_one_port) {
    batches_.AddAll(egress, burst.first(known));
  } else {
    for (size_t i = 0; i < known; ++i) {
      batches_.Add(looks_->flow(i)->actions->single_output, burst[i]);
    }
  }
  CountReceived(in_port, known, bytes);
  stats_.exact_match_hits.Add(known);
  return known;
}

void Pipeline::LearnLooks(PortNo in_port, std::span<const FlowLookup> works) {
  for (const FlowLookup& work : works) {
    // Of a flow that has come before.
    if (work.flow != nullptr && work.learn_look && work.flow->packets > 0) {
      flows_->Remember(in_port, work.packet, *work.flow);
    }
  }
}

void Pipeline::CountReceived(PortNo in_port, uint64_t packets, uint64_t bytes) {
  PortCounters* const counters = env_.CountersOf(in_port);
  counters->rx_packets.Add(packets);
  counters->rx_bytes.Add(bytes);
}

uint32_t Pipeline::ParseAll(PortNo in_port, std::span<rte_mbuf*> burst, uint64_t now_tsc) {
  FrameCache* const frames = flows_->mutable_frames();
  const FrameLook* const look = frames->Ask(in_port, static_cast<uint32_t>(burst.size()));
  learn_looks_ = !frames->IsResting(in_port);
  size_t next = 0;
  if (look != nullptr) {
    next = ForwardKnown(*look, in_port, burst, now_tsc);
    if (next == burst.size()) return 0;
    clock_.Enter(PerfStage::kParse);
  }
  const size_t left = burst.size() - next;
  uint64_t bytes = 0;
  uint32_t count = 0, known = 0;
  Guess guess = {guesses_.Last(in_port)};
  for (; next < burst.size(); ++next) {
    rte_mbuf* const packet = burst[next];
    bytes += packet->pkt_len;
    FlowLookup* work = &work_[count];
    KeyLine line;
    const bool by_look = look != nullptr && flows_->IsKnown(looks_->flow(next));
    work->learn_look = !by_look;
    if (by_look) {
      ++known;
      work->flow = looks_->flow(next);
      work->packet = packet;
      work->key.in_port = in_port;
      ++count;
    } else if (ParsePlain(packet, in_port, &line, &work->key)) [[likely]] {
      work->packet = packet;
      work->lookups = 0;
      PrepareGuessed(work, line, &guess);
      ++count;
    } else if (ParseOne(packet, in_port, work)) [[likely]] {
      flows_->Prepare(work);
      ++count;
    }
  }
  CountReceived(in_port, left, bytes);
  stats_.megaflow_hits.Add(guess.hits);
  stats_.exact_match_hits.Add(known);
  return count;
}

// By a port with addresses of ours: what was inside of a tunnel's packets is received by the
// tunnel.
uint32_t Pipeline::ParseUnderlay(const IngressRole& role, PortNo in_port,
                                 std::span<rte_mbuf*> burst, uint64_t now_tsc) {
  // Where the inner headers begin.
  for (rte_mbuf* packet : burst) rte_prefetch0(rte_pktmbuf_mtod_offset(packet, void*, 64));
  terminator_.Begin();
  uint64_t bytes = 0;
  uint32_t count = 0;
  TunnelRun run;
  Guess guess = {nullptr};
  for (rte_mbuf* packet : burst) {
    bytes += packet->pkt_len;
    FlowLookup* work = &work_[count];
    PlainOuter outer;
    const KnownOuters::Known* known = terminator_.Peel(packet, in_port, &outer);
    if (known == nullptr) [[unlikely]] {
      if (!ParseOne(packet, in_port, work) || !terminator_.Run(role, work)) continue;
      flows_->Prepare(work);
      ++count;
      continue;
    }
    if (known->port != run.port) [[unlikely]] {
      EndRun(run, now_tsc);
      run = {.port = known->port, .for_all = DecisionFor(known->port)};
      guess.flow = guesses_.Last(known->port);
    }
    // What is known of headers changes with a packet alone that is yet to be looked up.
    if (known != run.known) [[unlikely]] {
      run.known = known;
      run.alike = guesses_.AlikeFromTunnel(known->port, known->line);
    }
    ++run.packets;
    run.bytes += packet->pkt_len;
    // Not past those of this burst that are yet to be looked up.
    if (Megaflow* flow = count == 0 ? run.DecisionFor(packet) : nullptr; flow != nullptr) {
      run.decided_by = flow;
      ++run.decided_packets;
      run.decided_bytes += packet->pkt_len;
      batches_.Add(flow->actions->single_output, packet);
      continue;
    }
    KeyLine line;
    if (ParsePlain(packet, run.port, &line, &work->key, kLineBase | kLineTunnel)) [[likely]] {
      work->packet = packet;
      work->lookups = 0;
      known->WriteTunnelLine(outer, &work->key);
      PrepareGuessed(work, line, &guess);
      ++count;
    } else if (ParseOne(packet, run.port, work)) {
      known->WriteTunnelLine(outer, &work->key);
      work->key.lines |= kLineTunnel;
      flows_->Prepare(work);
      ++count;
    }
  }
  EndRun(run, now_tsc);
  CountReceived(in_port, burst.size(), bytes);
  stats_.megaflow_hits.Add(guess.hits);
  return count;
}

void Pipeline::EndRun(const TunnelRun& run, uint64_t now_tsc) {
  if (run.packets == 0) return;
  CountReceived(run.port, run.packets, run.bytes);
  if (run.decided_by == nullptr) return;
  stats_.megaflow_hits.Add(run.decided_packets);
  run.decided_by->packets += run.decided_packets;
  run.decided_by->bytes += run.decided_bytes;
  run.decided_by->used_tsc = now_tsc;
}

bool Pipeline::ParseOne(rte_mbuf* packet, PortNo in_port, FlowLookup* work) {
  const DropReason reason = ParsePacket(packet, in_port, &work->key);
  if (reason != DropReason::kNone) [[unlikely]] {
    env_.Drop(packet, in_port, reason);
    return false;
  }
  work->packet = packet;
  work->lookups = 0;
  return true;
}

}  // namespace vsw
