// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/execute.h"

#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "datapath/flow/select_hash.h"
#include "datapath/packet/edit.h"
#include "datapath/packet/offload.h"
#include "datapath/packet/parser.h"
#include "datapath/packet/partial_checksum.h"
#include "datapath/tunnel/decapsulate.h"

namespace vsw {
namespace {

constexpr uint16_t kWholePacket = 0xffff;  // of kController

size_t Width(const Action& action) {
  return 1 + (action.type == ActionType::kClone ? action.value : DataSlots(action));
}

// What is known of a list before it is run.
struct Plan {
  size_t end = 0;  // behind the last action that sends, counts or measures: the rest has no effect
  bool edits_headers = false;
  bool sends = false;  // else the packet is dropped
};

Plan Look(std::span<const Action> actions) {
  Plan plan;
  for (size_t i = 0; i < actions.size();) {
    const Action& action = actions[i];
    const size_t next = i + Width(action);
    if (next > actions.size()) break;  // cut short: as if it were not there
    switch (action.type) {
      case ActionType::kOutput:
      case ActionType::kController:
      case ActionType::kClone:
      case ActionType::kRecirculate:
      case ActionType::kRecirculateByLength:
      case ActionType::kRecirculateByHash:
      case ActionType::kDecapsulate:
        plan.sends = true;
        plan.end = next;
        break;
      case ActionType::kMeter:
        plan.edits_headers = true;  // it may remark
        plan.end = next;
        break;
      case ActionType::kCount:
        plan.end = next;
        break;
      default:
        plan.edits_headers |= NeedsHeaders(action.type);
    }
    i = next;
  }
  return plan;
}

// Number `index` of the 32-bit words that stand in `slots`.
uint32_t WordAt(std::span<const Action> slots, uint32_t index) {
  uint32_t word;
  std::memcpy(&word, reinterpret_cast<const uint8_t*>(slots.data()) + index * sizeof(word),
              sizeof(word));
  return word;
}

// Leaves the first `bytes` of the frame.
void CutTo(rte_mbuf* packet, uint32_t bytes) {
  rte_mbuf* last = packet;
  uint32_t left = bytes;
  packet->nb_segs = 1;
  for (; left > last->data_len && last->next != nullptr; last = last->next) {
    left -= last->data_len;
    ++packet->nb_segs;
  }
  rte_pktmbuf_free(std::exchange(last->next, nullptr));
  last->data_len = static_cast<uint16_t>(left);
  packet->pkt_len = bytes;
}

}  // namespace

void Executor::RunList(rte_mbuf* packet, std::span<const Action> actions,
                       const PacketContext& context, uint32_t depth) {
  const Plan plan = Look(actions);
  PacketEditor editor(packet, env_.mbuf_pool);
  if (plan.edits_headers) editor.Locate();
  bool edited = false;
  size_t next = 0;
  for (size_t i = 0; i < plan.end; i = next) {
    const Action& action = actions[i];
    next = i + Width(action);
    const bool last = next == plan.end;
    const std::span<const Action> behind = actions.subspan(i + 1, next - i - 1);
    switch (action.type) {
      case ActionType::kOutput:
        if (last) return Send(editor.packet(), action, context);
        if (rte_mbuf* copy = CopyOrDrop(editor.packet(), context); copy != nullptr) {
          Send(copy, action, context);
        }
        continue;
      case ActionType::kCount:
        env_.stats->Count(StatId{action.value}, 1, editor.packet()->pkt_len, context.now_ns);
        continue;
      case ActionType::kMeter:
        edited = true;
        if (Meter(&editor, action, context)) continue;
        rte_pktmbuf_free(editor.packet());
        return;
      case ActionType::kController:
        Upcall(editor.packet(), action, behind, context);
        continue;
      case ActionType::kClone: {
        rte_mbuf* copy = last ? editor.packet() : CopyOrDrop(editor.packet(), context);
        if (copy != nullptr && depth < kMaxDepth) {
          RunList(copy, behind, context, depth + 1);
        } else if (copy != nullptr) {
          context.ingress->Drop(DropReason::kTooManyActions);
          rte_pktmbuf_free(copy);
        }
        if (last) return;
        continue;
      }
      case ActionType::kSetTunnel:
        SetTunnel(editor.packet(), {reinterpret_cast<const uint8_t*>(behind.data()), action.value});
        continue;
      case ActionType::kDecapsulate:
        return Decapsulate(editor.packet(), action, edited, context);
      case ActionType::kRecirculate:
        return Recirculate(editor.packet(), action.value, context);
      case ActionType::kRecirculateByLength: {
        const bool longer = editor.packet()->pkt_len > action.small;
        return Recirculate(editor.packet(), longer ? action.value : action.mask, context);
      }
      case ActionType::kRecirculateByHash: {
        if (action.value == 0) {  // nothing to choose from
          context.ingress->Drop(DropReason::kNoLiveBucket);
          rte_pktmbuf_free(editor.packet());
          return;
        }
        const uint32_t hash = SelectHash(*context.key, action.mask);
        const uint32_t choice = SelectByHash(hash, action.value);
        return Recirculate(editor.packet(), WordAt(behind, choice), context);
      }
      default:
        edited = true;
        if (const DropReason failed = editor.Apply(action); failed != DropReason::kNone) {
          context.ingress->Drop(failed);
          rte_pktmbuf_free(editor.packet());
          return;
        }
        continue;
    }
  }
  // Nothing took it over: it went to a controller alone, or nowhere.
  if (!plan.sends && context.drop_reason != DropReason::kNone) {
    context.ingress->Drop(context.drop_reason);
  }
  rte_pktmbuf_free(editor.packet());
}

rte_mbuf* Executor::CopyOrDrop(rte_mbuf* packet, const PacketContext& context) {
  rte_mbuf* copy = rte_pktmbuf_copy(packet, env_.mbuf_pool, 0, UINT32_MAX);
  if (copy == nullptr) context.ingress->Drop(DropReason::kNoCopyBuffer);
  return copy;
}

void Executor::Send(rte_mbuf* packet, const Action& action, const PacketContext& context) {
  if (action.small != 0 && packet->pkt_len > action.small) [[unlikely]] {
    return SendCut(packet, action, context);
  }
  env_.batches->Add(action.port(), packet);
}

// What a frame still needs before it stands on a wire cannot be done to a part of it.
void Executor::SendCut(rte_mbuf* packet, const Action& action, const PacketContext& context) {
  std::array<rte_mbuf*, kMaxSegments> frames;
  const uint16_t count =
      ResolveOffloads(packet, OffloadCapabilities{}, env_.mbuf_pool, frames, *context.ingress);
  for (uint16_t i = 0; i < count; ++i) {
    if (frames[i]->pkt_len > action.small) {
      const bool alone = RTE_MBUF_DIRECT(frames[i]) && rte_mbuf_refcnt_read(frames[i]) == 1;
      if (!alone) {
        rte_mbuf* copy = CopyOrDrop(frames[i], context);
        rte_pktmbuf_free(frames[i]);
        if (copy == nullptr) continue;
        frames[i] = copy;
      }
      CutTo(frames[i], action.small);
    }
    env_.batches->Add(action.port(), frames[i]);
  }
}

bool Executor::Meter(PacketEditor* editor, const Action& action, const PacketContext& context) {
  if (env_.meters == nullptr) return true;
  const MeterVerdict verdict =
      env_.meters->Apply(env_.worker, action.value, editor->packet()->pkt_len, context.now_ns);
  if (verdict.drop) {
    context.ingress->Drop(DropReason::kMeter);
    return false;
  }
  if (verdict.raise_precedence == 0) return true;
  const DropReason failed = editor->RemarkDscp(verdict.raise_precedence);
  if (failed == DropReason::kNone) return true;
  context.ingress->Drop(failed);
  return false;
}

void Executor::SetTunnel(rte_mbuf* packet, std::span<const uint8_t> bytes) {
  const TunnelSet* set = tunnel_sets_.Copy(bytes);
  if (set == nullptr) [[unlikely]] {
    // Whoever was given one so far is sent, so that there is room again.
    env_.batches->Flush();
    tunnel_sets_.Clear();
    set = tunnel_sets_.Copy(bytes);
  }
  if (set != nullptr) TunnelMark::Attach(packet, set);
}

void Executor::Decapsulate(rte_mbuf* packet, const Action& action, bool edited,
                           const PacketContext& context) {
  if (env_.tunnels != nullptr) known_.Begin(env_.tunnels->generation());
  PlainOuter outer;
  if (const auto* known = known_.Peel(packet, context.key->in_port, &outer); known != nullptr) {
    FlowKey tunnel;
    tunnel.in_port = known->port;
    tunnel.lines = kLineTunnel;
    known->WriteTunnelLine(outer, &tunnel);
    return EnterBy(packet, tunnel, context);
  }
  FlowKey key = *context.key;
  const bool plain = ReadPlainOuter(packet, key.in_port, &outer);
  const uint32_t bytes_before = packet->pkt_len;
  DecapResult result = {DecapVerdict::kNotForTunnel};
  const bool parsed =
      !edited || ParsePacket(packet, context.key->in_port, &key) == DropReason::kNone;
  if (parsed && env_.tunnels != nullptr) {
    result = vsw::Decapsulate(packet, *env_.tunnels->Load(), &key);
  }
  switch (result.verdict) {
    case DecapVerdict::kNotForTunnel:
    case DecapVerdict::kUnknown:
      return Send(packet, Action::Output(action.port()), context);
    case DecapVerdict::kDrop: {
      PortCounters* counters =
          result.port == kNoPort ? context.ingress : &env_.counters[ToInt(result.port) % kMaxPorts];
      counters->Drop(result.reason);
      return rte_pktmbuf_free(packet);
    }
    case DecapVerdict::kDone:
      if (plain) known_.Learn(outer, bytes_before - packet->pkt_len, key);
      return EnterBy(packet, key, context);
  }
}

// The frame came out of the tunnel whose port `key` has.
void Executor::EnterBy(rte_mbuf* packet, const FlowKey& key, const PacketContext& context) {
  PortCounters& counters = env_.counters[ToInt(key.in_port) % kMaxPorts];
  counters.rx_packets.Add(1);
  counters.rx_bytes.Add(packet->pkt_len);
  LookUpAgain(packet, 0, key, context);
}

void Executor::Upcall(const rte_mbuf* packet, const Action& action, std::span<const Action> slots,
                      const PacketContext& context) {
  const uint32_t bytes = action.small == kWholePacket
                             ? packet->pkt_len
                             : std::min<uint32_t>(action.small, packet->pkt_len);
  const std::span blob(reinterpret_cast<const uint8_t*>(slots.data()), action.value);
  const bool pushed = env_.events->PushUpcall(context.key->in_port, blob, bytes, packet->pkt_len,
                                              [&](uint8_t* out) {
                                                ReadMbuf(packet, 0, out, bytes);
                                                FinishChecksumIn(packet, {out, bytes});
                                              });
  if (pushed) {
    ++upcalls_;
  } else {
    ++lost_upcalls_;
    context.ingress->Drop(DropReason::kControllerQueue);
  }
}

void Executor::LookUpAgain(rte_mbuf* packet, uint32_t recirc_id, const FlowKey& key,
                           const PacketContext& context) {
  if (context.lookups >= kMaxRecirculations || recirculation_count_ == kMaxPerBurst) {
    context.ingress->Drop(DropReason::kRecirculationLimit);
    rte_pktmbuf_free(packet);
    return;
  }
  TunnelMark::Detach(packet);
  Recirculation& next = recirculations_[recirculation_count_++];
  next.packet = packet;
  next.recirc_id = recirc_id;
  next.lookups = context.lookups + 1;
  next.in_port = key.in_port;
  next.tunnel.lines = 0;
  CopyTunnelLines(key, &next.tunnel);
}

}  // namespace vsw
