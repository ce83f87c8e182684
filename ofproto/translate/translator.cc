// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/translator.h"

#include "ofproto/translate/action_set.h"
#include "ofproto/translate/execute_actions.h"
#include "ofproto/translate/pipeline.h"
#include "ofproto/translate/recirculation.h"
#include "ofproto/translate/tags.h"
#include "ofproto/translate/trace.h"

namespace vsw {
namespace {

// A hash of what identifies a connection, the same for all its packets.
uint32_t ConnectionHash(const FlowKey& key) {
  uint64_t hash = key.ip_proto;
  const auto mix = [&hash](uint64_t value) { hash = internal::MixTag(hash ^ value); };
  mix(key.eth_src.ToU64() ^ key.eth_dst.ToU64() << 16);
  mix(uint64_t{key.ipv4_src.raw} << 32 | key.ipv4_dst.raw);
  mix(uint64_t{key.l4_src.raw} << 16 | key.l4_dst.raw);
  for (size_t i = 0; i < key.ipv6_src.size(); ++i) {
    mix(uint64_t{key.ipv6_src[i]} << 8 | key.ipv6_dst[i]);
  }
  return static_cast<uint32_t>(hash ^ hash >> 32);
}

}  // namespace

void TranslatePacket(const ConfigSnapshot& config, FrozenPool* frozen, const FlowKey& key,
                     Translation* result, TraceSink* trace) noexcept {
  TranslationContext::Replay replay;
  const FlowKey* first = &key;
  if (key.recirc_id != 0) {
    first = frozen == nullptr ? nullptr : PrepareReplay(*frozen, key.recirc_id, key, &replay);
  }
  FieldView view(first == nullptr ? key : *first, &result->mask);
  TranslationContext context(config, view, result, frozen);
  context.trace = trace;
  if (first == nullptr) {
    context.Fail(DropReason::kRecirculationStale);
    context.SetUncacheable();
    return context.Finish();
  }
  if (key.recirc_id != 0) {
    context.replay = replay;
    context.writer.SetSilent(true);
    view.SetMarking(false);
  }
  context.DependOn(PortTag(key.in_port));
  if (const PortRules* in = config.FindPort(key.in_port); in != nullptr) {
    if (!in->tunnel.is_tunnel()) view.SetNoTunnel();
    ReceiveInBridge(context, *in);
  } else {
    context.Drop(DropReason::kNoBridge);
  }
  context.Finish();
}

void TranslatePacketOut(const ConfigSnapshot& config, BridgeId bridge, const OfActions& actions,
                        const MatchKey& metadata, const FlowKey& key, KnownPacket* packet,
                        Translation* result, TraceSink* trace) {
  FlowKey received = key;
  std::memcpy(received.line(3), metadata.packet.line(3), kTunnelLinesBytes);
  FieldView view(received, &result->mask);
  TranslationContext context(config, view, result);
  context.trace = trace;
  context.known = packet;
  context.SetUncacheable();
  if (packet != nullptr) packet->set_hash(ConnectionHash(key));
  const BridgeRules* rules = config.FindBridge(bridge);
  if (rules == nullptr) {
    context.Drop(DropReason::kNoBridge);
    return context.Finish();
  }
  const uint32_t in_port = metadata.pipeline.in_port.Get();
  context.stay = {.bridge = rules,
                  .in = rules->FindOfPort(in_port),
                  .state = context.StateOf(*rules),
                  .source = ActionSource::kPacketOut};
  if (context.stay.in != nullptr) context.stay.in_config = context.ConfigOf(*context.stay.in);
  view.AdoptPipeline(metadata.pipeline);
  view.set_actset_output(kOfpUnset);
  ExecuteActions(context, actions);
  context.ClearExit();
  RunActionSet(context);
  context.Drop(DropReason::kRuleDrops);
  context.Finish();
}

}  // namespace vsw
