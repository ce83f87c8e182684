// SPDX-License-Identifier: Apache-2.0
#include "ofproto/service/trace_call.h"

#include <cstring>
#include <string>
#include <vector>

#include "base/status.h"
#include "ofproto/service/megaflow_lister.h"
#include "ofproto/text/text.h"
#include "ofproto/translate/trace.h"
#include "ofproto/translate/trace_frame.h"

namespace vsw {
namespace {

constexpr uint16_t kTypeIpv6 = 0x86dd;

struct Packet {
  FlowKey key;
  uint32_t of_port;
  TraceFacts facts;
};

absl::StatusOr<PortNo> FindPort(const std::map<PortNo, PortPlace>& places,
                                const std::string& bridge, uint32_t of_port) {
  bool known = false;
  for (const auto& [number, place] : places) {
    if (place.bridge != bridge) continue;
    known = true;
    if (place.of_port == of_port) return number;
  }
  if (!known) return NotFound("bridge: the switch has no bridge '{}'", bridge);
  return NotFound("flow: bridge {} has no port {}, by which the packet could come in", bridge,
                  of_port);
}

// Registers and the like are zero whenever a packet comes in.
bool IsPacketOnly(const MatchKey& key) {
  PipelineFields rest = key.pipeline;
  rest.in_port = {};
  const PipelineFields none = MatchKey().pipeline;
  return std::memcmp(&rest, &none, sizeof(rest)) == 0;
}

// The frame: its own bytes say what it is, and what is in it after labels or tags are taken off.
absl::Status ReadFrame(const std::string& bytes, PortNo in_port, const DatapathControl* control,
                       Packet* packet) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  const std::vector<uint8_t> frame(data, data + bytes.size());
  if (!control->ParseFrame(frame, in_port, &packet->key)) {
    return InvalidArgument("frame: its {} bytes are no packet that the switch would take",
                           frame.size());
  }
  packet->facts.packet_bytes = static_cast<uint32_t>(frame.size());
  packet->facts.parse_again = [frame, in_port, control](std::span<const Action> edits,
                                                        FlowKey* key) {
    return control->ParseFrame(Restructured(frame, edits), in_port, key);
  };
  return absl::OkStatus();
}

absl::Status ReadPacket(const vsw::v1::TraceRequest& request,
                        const std::map<PortNo, PortPlace>& places, const DatapathControl* control,
                        Packet* packet) {
  absl::StatusOr<MatchKey> flow = ParsePacketKey(request.flow());
  if (!flow.ok()) return Annotate(flow.status(), "flow");
  packet->of_port = flow->pipeline.in_port.Get();
  if (packet->of_port == 0) {
    return InvalidArgument("flow: say with in_port by which port the packet comes in");
  }
  if (!IsPacketOnly(*flow)) {
    return InvalidArgument(
        "flow: registers, metadata and the like are zero when a packet comes in");
  }
  VSW_ASSIGN_OR_RETURN(const PortNo in_port, FindPort(places, request.bridge(), packet->of_port));
  if (!request.frame().empty()) {
    MatchKey rest = *flow;
    rest.pipeline.in_port = {};
    if (!(rest == MatchKey())) {
      return InvalidArgument("flow: with a frame it says in_port only");
    }
    return ReadFrame(request.frame(), in_port, control, packet);
  }
  packet->key = flow->packet;
  packet->key.in_port = in_port;
  packet->key.lines = kLineBase;
  if (packet->key.eth_type.Get() == kTypeIpv6) packet->key.lines |= kLineIpv6;
  return absl::OkStatus();
}

void AddSteps(const TraceNode& node, uint32_t depth, vsw::v1::TracePass* pass) {
  for (const auto& child : node.children) {
    vsw::v1::TraceStep* step = pass->add_steps();
    step->set_kind(child->step.kind);
    step->set_depth(depth);
    step->set_text(child->step.text);
    step->set_table(child->step.table);
    step->set_priority(child->step.priority);
    step->set_cookie(child->step.cookie);
    AddSteps(*child, depth + 1, pass);
  }
}

std::string ReasonName(DropReason reason) {
  return reason == DropReason::kNone ? "" : std::string(Describe(reason).name);
}

void Fill(const TraceResult& result, const PortNamer& name_of, vsw::v1::TraceResponse* response) {
  for (const TracePass& pass : result.passes) {
    vsw::v1::TracePass* message = response->add_passes();
    message->set_recirc_id(pass.key.recirc_id);
    message->set_reason(pass.reason);
    message->set_megaflow(FormatMegaflow(pass.key, pass.mask, name_of));
    message->set_actions(FormatDatapathActions(pass.actions, name_of));
    message->set_drop(ReasonName(pass.drop_reason));
    AddSteps(pass.story, 0, message);
  }
  const TraceFate fate = FateOf(result);
  for (const PortNo port : fate.outputs) {
    response->add_outputs(port == kNoPort ? "CONTROLLER" : name_of(port));
  }
  response->set_drop(ReasonName(fate.drop_reason));
}

}  // namespace

absl::Status AnswerTrace(const vsw::v1::TraceRequest& request,
                         const std::map<PortNo, PortPlace>& places, DatapathControl* control,
                         const BridgeDirectory* bridges, vsw::v1::TraceResponse* response) {
  Packet packet;
  VSW_RETURN_IF_ERROR(ReadPacket(request, places, control, &packet));
  TraceResult result;
  control->RunOnSlowThread([&] { result = bridges->TracePacket(packet.key, packet.facts); });
  const PortNamer name_of = [&places](PortNo port) { return NameOf(places, port); };
  Fill(result, name_of, response);
  response->set_flow(FormatPacket(packet.key, packet.of_port));
  response->set_text("Flow: " + response->flow() + "\n" + RenderTrace(result, name_of));
  return absl::OkStatus();
}

}  // namespace vsw
