// SPDX-License-Identifier: Apache-2.0
//
// Where the workers' cycles go, measured while one waits.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/status.h"
#include "cli/handlers.h"
#include "cli/value.h"
#include "vsw/v1/perf.grpc.pb.h"

namespace vsw::cli {
namespace {

constexpr Table::Align kRight = Table::Align::kRight;
constexpr uint64_t kMaxSeconds = 60;
constexpr double kBarLength = 40;

double Ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}
std::string Percent(uint64_t part, uint64_t whole) {
  return fmt::format("{:.1f}%", 100 * Ratio(part, whole));
}

absl::StatusOr<int32_t> ReadSeconds(const Invocation& invocation) {
  if (invocation.words.empty()) return 1;
  const absl::StatusOr<uint64_t> seconds = ParseNumber(invocation.Word(0));
  if (!seconds.ok() || *seconds < 1 || *seconds > kMaxSeconds) {
    return InvalidArgument("'{}' is not a number of seconds from 1 to {}", invocation.Word(0),
                           kMaxSeconds);
  }
  return static_cast<int32_t>(*seconds);
}

absl::StatusOr<v1::GetPerfResponse> Measure(int32_t seconds, Client& client) {
  v1::StartPerfRequest start;
  start.set_seconds(seconds);
  VSW_ASSIGN_OR_RETURN(const v1::StartPerfResponse started,
                       client.Read<v1::PerfService>(&v1::PerfService::Stub::StartPerf, start));
  client.Pause(std::chrono::seconds(seconds));
  VSW_ASSIGN_OR_RETURN(
      v1::GetPerfResponse response,
      client.Read<v1::PerfService>(&v1::PerfService::Stub::GetPerf, v1::GetPerfRequest()));
  if (response.measurement() != started.measurement()) {
    return FailedPrecondition(
        "another measurement was begun meanwhile, or vswitchd anew; try again");
  }
  return response;
}

std::string TitleOf(const v1::WorkerPerf& worker, uint64_t cycles_per_second) {
  const std::string core = worker.core() < 0 ? "" : fmt::format(", core {}", worker.core());
  return fmt::format("worker {}{}: busy {} of {:.2f} s, ", worker.worker(), core,
                     Percent(worker.busy_cycles(), worker.elapsed_cycles()),
                     Ratio(worker.elapsed_cycles(), cycles_per_second));
}

std::string StagesText(const v1::WorkerPerf& worker) {
  Table table({{"STAGE"}, {"CYCLES/PACKET", kRight}, {"SHARE", kRight}});
  const auto add = [&](const std::string& name, uint64_t cycles) {
    table.AddRow({name, fmt::format("{:.1f}", Ratio(cycles, worker.packets())),
                  Percent(cycles, worker.busy_cycles())});
  };
  for (const v1::StageCycles& stage : worker.stages()) add(stage.stage(), stage.cycles());
  add("all", worker.busy_cycles());
  return table.Render(2);
}

std::string LookupsText(const v1::WorkerPerf& worker) {
  const uint64_t all = worker.exact_match_hits() + worker.megaflow_hits() + worker.misses();
  return fmt::format("  lookups: {} exact-hits ({}), {} megaflow-hits ({}), {} misses ({})\n",
                     worker.exact_match_hits(), Percent(worker.exact_match_hits(), all),
                     worker.megaflow_hits(), Percent(worker.megaflow_hits(), all), worker.misses(),
                     Percent(worker.misses(), all));
}

std::string RangeText(const v1::PerfBucket& bucket) {
  if (bucket.to() == 0) return fmt::format("{}-", bucket.from());
  if (bucket.to() == bucket.from()) return std::to_string(bucket.to());
  return fmt::format("{}-{}", bucket.from(), bucket.to());
}

std::string HistogramText(const std::string& title, uint64_t bursts,
                          const google::protobuf::RepeatedPtrField<v1::PerfBucket>& buckets) {
  Table table({{title, kRight}, {"BURSTS", kRight}, {"SHARE", kRight}, {""}});
  for (const v1::PerfBucket& bucket : buckets) {
    // Rounded up: what there is can be seen.
    const double length = std::ceil(Ratio(bucket.bursts(), bursts) * kBarLength);
    table.AddRow({RangeText(bucket), std::to_string(bucket.bursts()),
                  Percent(bucket.bursts(), bursts),
                  std::string(static_cast<size_t>(std::min(length, kBarLength)), '#')});
  }
  return table.Render(2);
}

std::string WorkerText(const v1::WorkerPerf& worker, uint64_t cycles_per_second) {
  const std::string title = TitleOf(worker, cycles_per_second);
  if (worker.packets() == 0) return title + "no packets\n";
  return title +
         fmt::format("{} packets in {} bursts, {:.1f} each\n", worker.packets(), worker.bursts(),
                     Ratio(worker.packets(), worker.bursts())) +
         StagesText(worker) + LookupsText(worker) +
         HistogramText("PACKETS/BURST", worker.bursts(), worker.burst_sizes()) +
         HistogramText("CYCLES/PACKET", worker.bursts(), worker.packet_cycles());
}

}  // namespace

absl::StatusOr<ExitStatus> RunPerf(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const int32_t seconds, ReadSeconds(invocation));
  VSW_ASSIGN_OR_RETURN(const v1::GetPerfResponse response, Measure(seconds, context.client));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(response));
    return ExitStatus::kOk;
  }
  for (const v1::WorkerPerf& worker : response.workers()) {
    context.printer.Print(WorkerText(worker, response.cycles_per_second()));
  }
  return ExitStatus::kOk;
}

}  // namespace vsw::cli
