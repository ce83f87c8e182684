// SPDX-License-Identifier: Apache-2.0
#include "ofproto/translate/output.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "datapath/flow/slow_path.h"
#include "ofproto/action/output_length.h"
#include "ofproto/translate/normal.h"
#include "ofproto/translate/patch.h"
#include "ofproto/translate/pipeline.h"
#include "ofproto/translate/recirculation.h"
#include "ofproto/translate/send_to_controller.h"
#include "ofproto/translate/tags.h"
#include "ofproto/translate/trace.h"
#include "ofproto/translate/tunnel.h"

namespace vsw {
namespace {

constexpr uint32_t kFirstReserved16 = 0xff00;

void OutputToAll(TranslationContext& context, uint32_t unwanted_config) {
  const BridgeRules& bridge = *context.stay.bridge;
  context.DependOn(FloodTag(bridge.id));
  if (!context.CountAction(bridge.ports.size())) return;
  const uint32_t in_port = context.view.pipeline_in_port();
  bool sent = false;
  for (const PortRules& out : bridge.ports) {
    if (context.halted()) return;
    if (out.of_port == in_port || !out.usable) continue;
    if ((context.ConfigOf(out) & unwanted_config) != 0) continue;
    if (!context.MayForward(out)) continue;
    SendByPort(context, out, context.view.tags());
    sent = true;
  }
  if (!sent) context.Drop(DropReason::kNoDestination);
}

void OutputToPort(TranslationContext& context, uint32_t port) {
  const BridgeRules& bridge = *context.stay.bridge;
  const PortRules* out = bridge.FindOfPort(port);
  if (out == nullptr) {
    context.DependOn(FloodTag(bridge.id));  // until there is one
    return context.Drop(DropReason::kNoDestination);
  }
  context.DependOn(PortTag(out->number));
  if (!context.MayForward(*out)) return context.Drop(DropReason::kNoForward);
  SendByPort(context, *out, context.view.tags());
}

// Where NORMAL and TABLE take the packet to have come in: wherever the field says.
void OutputToNormal(TranslationContext& context) {
  if (!ParseAgain(context)) return;
  const BridgeRules& bridge = *context.stay.bridge;
  const uint32_t in_port = context.view.pipeline_in_port();
  const PortRules* in = bridge.FindOfPort(in_port);
  if (in == nullptr) {
    context.DependOn(FloodTag(bridge.id));
    const bool is_ours = in_port == kOfpController || in_port == kOfpAny;  // made by a controller
    if (!is_ours) return context.Drop(DropReason::kNoBridge);
  }
  TranslateNormal(context, bridge, in == nullptr ? NormalPortOfNobody() : *in, context.view.tags());
}

void OutputToTables(TranslationContext& context) {
  const TranslationContext::Level level(context, true);
  if (level.ok()) RunTables(context, 0, context.view.pipeline_in_port(), /*misses_count=*/true);
}

}  // namespace

void SendByPort(TranslationContext& context, const PortRules& out, const FrameTags& tags,
                const IpAddress* remote) {
  if (out.is_patch) return OutputToPatch(context, out, tags);
  if (out.tunnel.is_tunnel()) return OutputToTunnel(context, out, tags, remote);
  if (out.decapsulates.has_value() && DecapsulateAt(context, out, tags)) return;
  context.Output(out.number, tags);
}

void Output(TranslationContext& context, uint32_t port, uint32_t max_bytes) {
  switch (port) {
    case kOfpController:
      return SendToController(context, static_cast<uint16_t>(std::min(max_bytes, 0xffffu)));
    case kOfpNormal:
      return OutputToNormal(context);
    case kOfpFlood:
      return OutputToAll(context, port_config::kNoFlood);
    case kOfpAll:
      return OutputToAll(context, 0);
    case kOfpTable:
      return OutputToTables(context);
    case kOfpUnset:
    case kOfpAny:
      return;
    default:
      break;
  }
  const bool back = port == kOfpInPort;
  if (!back && port == context.view.pipeline_in_port()) {
    return context.Drop(DropReason::kHairpin);  // IN_PORT alone leads back
  }
  const uint16_t cut = context.cut_bytes;
  if (CutsPacket(max_bytes)) {
    const auto wanted = static_cast<uint16_t>(std::min(CutLength(max_bytes), 0xffffu));
    context.cut_bytes = cut == 0 ? wanted : std::min(cut, wanted);
  }
  OutputToPort(context, back ? context.view.pipeline_in_port() : port);
  context.cut_bytes = cut;
}

void OutputByField(TranslationContext& context, const act::OutputReg& output) {
  if (!ParseAgain(context)) return;
  auto port = static_cast<uint32_t>(context.view.Read(output.source).low64());
  // In 16 bits, reserved ports are numbered from 0xff00.
  if (port >= kFirstReserved16 && port <= 0xffff) port |= 0xffff0000;
  Output(context, port, port == kOfpController ? output.max_bytes : 0);
}

}  // namespace vsw
