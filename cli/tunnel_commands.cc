// SPDX-License-Identifier: Apache-2.0
//
// What tunnels have of their own: liveness of the other end, and the map of their options.
#include <map>

#include "base/status.h"
#include "cli/handlers.h"
#include "vsw/v1/config.grpc.pb.h"
#include "vsw/v1/status.grpc.pb.h"

namespace vsw::cli {
namespace {

constexpr Table::Align kRight = Table::Align::kRight;
constexpr char kMapField[] = "tlv_map";

std::string Milliseconds(uint64_t us) { return fmt::format("{}ms", us / 1000); }

// "{class=0x102,type=0x80,len=4}->tun_metadata0": the option and the field.
absl::StatusOr<std::pair<std::string, std::string>> SplitMapping(const std::string& text) {
  const size_t arrow = text.find("->");
  if (arrow == std::string::npos || !text.starts_with('{') || arrow == 0 ||
      text[arrow - 1] != '}') {
    return InvalidArgument(
        "'{}' is no mapping such as '{{class=0x102,type=0x80,len=4}}->tun_metadata0'", text);
  }
  return std::pair(text.substr(1, arrow - 2), text.substr(arrow + 2));
}

}  // namespace

absl::StatusOr<ExitStatus> RunBfdShow(const Invocation& invocation, Context& context) {
  v1::ListBfdRequest request;
  request.set_bridge(invocation.Word(0));
  VSW_ASSIGN_OR_RETURN(
      const v1::ListBfdResponse response,
      context.client.Read<v1::StatusService>(&v1::StatusService::Stub::ListBfd, request));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(response));
    return ExitStatus::kOk;
  }
  Table table({{"BRIDGE"},
               {"PORT"},
               {"STATE"},
               {"REMOTE"},
               {"FORWARDING"},
               {"FLAPS", kRight},
               {"TX-INTERVAL", kRight},
               {"DETECTION", kRight},
               {"DIAGNOSTIC"},
               {"REMOTE-DIAGNOSTIC"}});
  for (const v1::BfdSession& session : response.sessions()) {
    table.AddRow({session.bridge(), session.port(), session.state(), session.remote_state(),
                  session.forwarding() ? "true" : "false", std::to_string(session.flaps()),
                  Milliseconds(session.tx_interval_us()), Milliseconds(session.detection_time_us()),
                  session.diagnostic(), session.remote_diagnostic()});
  }
  context.printer.Print(table.Render());
  return ExitStatus::kOk;
}

absl::Status BuildTlvAdd(const Invocation& invocation, v1::Change* change) {
  v1::UpdateBridgeRequest* request = change->mutable_update_bridge();
  request->mutable_bridge()->set_name(invocation.Word(0));
  for (size_t i = 1; i < invocation.words.size(); ++i) {
    VSW_ASSIGN_OR_RETURN(const auto mapping, SplitMapping(invocation.words[i]));
    (*request->mutable_bridge()->mutable_tlv_map())[mapping.second] = mapping.first;
    request->mutable_update_mask()->add_paths(fmt::format("{}.{}", kMapField, mapping.second));
  }
  return absl::OkStatus();
}

absl::Status BuildTlvDel(const Invocation& invocation, v1::Change* change) {
  v1::UpdateBridgeRequest* request = change->mutable_update_bridge();
  request->mutable_bridge()->set_name(invocation.Word(0));
  for (size_t i = 1; i < invocation.words.size(); ++i) {
    request->mutable_update_mask()->add_paths(fmt::format("{}.{}", kMapField, invocation.words[i]));
  }
  if (invocation.words.size() == 1) request->mutable_update_mask()->add_paths(kMapField);
  return absl::OkStatus();
}

absl::StatusOr<ExitStatus> RunTlvShow(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const v1::ListBridgesResponse response,
                       context.client.Read<v1::BridgeService>(&v1::BridgeService::Stub::ListBridges,
                                                              v1::ListBridgesRequest()));
  Table table({{"BRIDGE"}, {"FIELD"}, {"OPTION"}});
  std::vector<std::pair<std::string, std::string>> json;
  bool known = invocation.Word(0).empty();
  for (const v1::Bridge& bridge : response.bridges()) {
    if (!invocation.Word(0).empty() && bridge.name() != invocation.Word(0)) continue;
    known = true;
    std::vector<std::pair<std::string, std::string>> fields;
    const std::map<std::string, std::string> sorted(bridge.tlv_map().begin(),
                                                    bridge.tlv_map().end());
    for (const auto& [field, option] : sorted) {
      table.AddRow({bridge.name(), field, option});
      fields.emplace_back(field, ToJson(option));
    }
    json.emplace_back(bridge.name(), JsonObject(fields));
  }
  if (!known) return NotFound("there is no bridge '{}'", invocation.Word(0));
  if (context.printer.json()) {
    context.printer.PrintLine(JsonObject(json));
  } else {
    context.printer.Print(table.Render());
  }
  return ExitStatus::kOk;
}

}  // namespace vsw::cli
