// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "cli/handlers.h"
#include "vsw/v1/status.grpc.pb.h"

namespace vsw::cli {
namespace {

constexpr Table::Align kRight = Table::Align::kRight;

}  // namespace

absl::StatusOr<ExitStatus> RunStats(const Invocation& invocation, Context& context) {
  v1::GetCountersRequest request;
  request.set_bridge(invocation.Word(0));
  VSW_ASSIGN_OR_RETURN(
      const v1::GetCountersResponse response,
      context.client.Read<v1::StatusService>(&v1::StatusService::Stub::GetCounters, request));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(response));
    return ExitStatus::kOk;
  }
  Table table({{"BRIDGE"},
               {"PORT"},
               {"RX-PACKETS", kRight},
               {"RX-BYTES", kRight},
               {"RX-DROPPED", kRight},
               {"RX-ERRORS", kRight},
               {"TX-PACKETS", kRight},
               {"TX-BYTES", kRight},
               {"TX-DROPPED", kRight},
               {"TX-ERRORS", kRight}});
  for (const v1::PortCountersEntry& entry : response.ports()) {
    const v1::PortCounters& counters = entry.counters();
    std::vector<std::string> cells = {entry.bridge(), entry.port()};
    for (const uint64_t value : {counters.rx_packets(), counters.rx_bytes(), counters.rx_dropped(),
                                 counters.rx_errors(), counters.tx_packets(), counters.tx_bytes(),
                                 counters.tx_dropped(), counters.tx_errors()}) {
      cells.push_back(std::to_string(value));
    }
    table.AddRow(std::move(cells));
  }
  context.printer.Print(table.Render());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> RunDrops(const Invocation& invocation, Context& context) {
  v1::ListDropsRequest request;
  request.set_bridge(invocation.Word(0));
  VSW_ASSIGN_OR_RETURN(
      const v1::ListDropsResponse response,
      context.client.Read<v1::StatusService>(&v1::StatusService::Stub::ListDrops, request));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(response));
    return ExitStatus::kOk;
  }
  Table table({{"BRIDGE"}, {"PORT"}, {"REASON"}, {"PACKETS", kRight}});
  for (const v1::DropCount& drop : response.drops()) {
    table.AddRow({drop.bridge(), drop.port(), drop.reason(), std::to_string(drop.packets())});
  }
  context.printer.Print(table.Render());
  return ExitStatus::kOk;
}

// Answers also without the daemons: one asks for versions when something is wrong.
absl::StatusOr<ExitStatus> RunVersion(const Invocation& invocation, Context& context) {
  const absl::StatusOr<v1::StatusResponse> status = context.client.Read<v1::StatusService>(
      &v1::StatusService::Stub::GetStatus, v1::GetStatusRequest());
  std::string vswmgrd;
  std::string vswitchd;
  if (status.ok()) {
    vswmgrd = status->manager_version();
    if (status->switch_status().connected()) vswitchd = status->switch_status().version();
  }
  if (context.printer.json()) {
    context.printer.PrintLine(JsonObject({{"vswctl", ToJson(std::string(VSW_VERSION))},
                                          {"vswmgrd", ToJson(vswmgrd)},
                                          {"vswitchd", ToJson(vswitchd)}}));
    return ExitStatus::kOk;
  }
  const auto shown = [](const std::string& version) {
    return version.empty() ? std::string("not reachable") : version;
  };
  context.printer.PrintLine("vswctl " VSW_VERSION);
  context.printer.PrintLine("vswmgrd " + shown(vswmgrd));
  context.printer.PrintLine("vswitchd " + (status.ok() ? shown(vswitchd) : "not known"));
  return ExitStatus::kOk;
}

}  // namespace vsw::cli
