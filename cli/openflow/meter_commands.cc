// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"
#include "cli/handlers.h"
#include "cli/openflow/rule_request.h"
#include "cli/value.h"
#include "vsw/v1/openflow.grpc.pb.h"

namespace vsw::cli {
namespace {

absl::StatusOr<ExitStatus> ChangeMeter(const Invocation& invocation, Context& context,
                                       v1::MeterChange::Command command) {
  RuleRequest request{.bridge = invocation.Word(0), .table = {}, .changes = {}};
  PlacedChange& change = request.changes.emplace_back();
  change.change.mutable_meter()->set_command(command);
  change.change.mutable_meter()->set_meter(invocation.Word(1));
  return RunRules(request, context);
}

// "meter=1" as in ovs-ofctl, or the bare number.
absl::StatusOr<v1::ListMetersResponse> Fetch(const Invocation& invocation, Context& context) {
  v1::ListMetersRequest request;
  request.set_bridge(invocation.Word(0));
  request.set_stored(invocation.rules.stored);
  std::string word = invocation.Word(1);
  if (word.starts_with("meter=")) word.erase(0, word.find('=') + 1);
  if (!word.empty() && word != "all") {
    const absl::StatusOr<uint64_t> meter = ParseNumber(word);
    if (!meter.ok() || *meter > 0xffffffff) {
      return InvalidArgument("'{}' is no number of a meter", invocation.Word(1));
    }
    request.set_meter(static_cast<uint32_t>(*meter));
  }
  return context.client.Read<v1::OpenFlowService>(&v1::OpenFlowService::Stub::ListMeters, request);
}

std::string StatsText(const v1::Meter& meter) {
  std::string text = fmt::format(
      "meter:{} flow_count:{} packet_in_count:{} byte_in_count:{} duration:{:.3f}s bands:",
      meter.meter(), meter.flows(), meter.packets(), meter.bytes(), meter.duration_seconds());
  for (int i = 0; i < meter.bands_size(); ++i) {
    text += fmt::format("\n{}: packet_count:{} byte_count:{}", i, meter.bands(i).packets(),
                        meter.bands(i).bytes());
  }
  return text;
}

}  // namespace

absl::StatusOr<ExitStatus> RunAddMeter(const Invocation& invocation, Context& context) {
  return ChangeMeter(invocation, context, v1::MeterChange::ADD);
}

absl::StatusOr<ExitStatus> RunModMeter(const Invocation& invocation, Context& context) {
  return ChangeMeter(invocation, context, v1::MeterChange::MODIFY);
}

absl::StatusOr<ExitStatus> RunDelMeters(const Invocation& invocation, Context& context) {
  return ChangeMeter(invocation, context, v1::MeterChange::DELETE);
}

absl::StatusOr<ExitStatus> RunDumpMeters(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const v1::ListMetersResponse meters, Fetch(invocation, context));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(meters));
    return ExitStatus::kOk;
  }
  for (const v1::Meter& meter : meters.meters()) context.printer.PrintLine(meter.text());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> RunMeterStats(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const v1::ListMetersResponse meters, Fetch(invocation, context));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(meters));
    return ExitStatus::kOk;
  }
  for (const v1::Meter& meter : meters.meters()) context.printer.PrintLine(StatsText(meter));
  return ExitStatus::kOk;
}

}  // namespace vsw::cli
