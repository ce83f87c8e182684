// SPDX-License-Identifier: Apache-2.0
#include <cctype>
#include <optional>

#include "base/status.h"
#include "cli/handlers.h"
#include "vsw/v1/inspect.grpc.pb.h"

namespace vsw::cli {
namespace {

constexpr Table::Align kRight = Table::Align::kRight;
constexpr size_t kLeastFrameBytes = 14;  // an Ethernet header

int DigitValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const int letter = std::tolower(static_cast<unsigned char>(digit));
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// A frame in hexadecimal digits, blanks and colons among them allowed; nothing if it is none. No
// flow reads as one: each has a "=" or is shorter.
std::optional<std::string> ParseFrame(const std::string& word) {
  std::string frame;
  int high = -1;
  for (const char c : word.starts_with("0x") ? word.substr(2) : word) {
    if (c == ':' || c == ' ') continue;
    const int value = DigitValue(c);
    if (value < 0) return std::nullopt;
    if (high >= 0) frame += static_cast<char>(high << 4 | value);
    high = high >= 0 ? -1 : value;
  }
  if (high >= 0 || frame.size() < kLeastFrameBytes) return std::nullopt;
  return frame;
}

absl::StatusOr<v1::TraceRequest> ReadTrace(const Invocation& invocation) {
  v1::TraceRequest request;
  request.set_bridge(invocation.Word(0));
  for (size_t i = 1; i < invocation.words.size(); ++i) {
    const std::string& word = invocation.words[i];
    const std::optional<std::string> frame = ParseFrame(word);
    std::string* const field = frame.has_value() ? request.mutable_frame() : request.mutable_flow();
    if (!field->empty()) {
      return InvalidArgument("'{}': a packet is a flow, or in_port=PORT and a frame in hexadecimal",
                             word);
    }
    *field = frame.value_or(word);
  }
  return request;
}

absl::StatusOr<std::vector<v1::Megaflow>> FetchMegaflows(const v1::ListMegaflowsRequest& request,
                                                         Client& client) {
  std::vector<v1::Megaflow> megaflows;
  const absl::Status status = client.Use<v1::InspectService>(
      /*repeat=*/true, [&](v1::InspectService::Stub* stub, grpc::ClientContext* context) {
        megaflows.clear();
        const auto reader = stub->ListMegaflows(context, request);
        v1::ListMegaflowsResponse part;
        while (reader->Read(&part)) {
          for (v1::Megaflow& row : *part.mutable_megaflows()) megaflows.push_back(std::move(row));
        }
        return reader->Finish();
      });
  if (!status.ok()) return status;
  return megaflows;
}

std::string MegaflowLine(const v1::Megaflow& row) {
  const std::string used =
      row.used_seconds() < 0 ? "never" : fmt::format("{:.3f}s", row.used_seconds());
  const std::string why = row.drop().empty() ? "" : fmt::format("({})", row.drop());
  return fmt::format("{}, packets:{}, bytes:{}, used:{}, worker:{}, actions:{}{}", row.match(),
                     row.packets(), row.bytes(), used, row.worker(), row.actions(), why);
}

absl::StatusOr<v1::GetCacheStatsResponse> FetchStats(Client& client) {
  return client.Read<v1::InspectService>(&v1::InspectService::Stub::GetCacheStats,
                                         v1::GetCacheStatsRequest());
}

// "12 (4.5%)" of the lookups.
std::string WithShare(uint64_t count, uint64_t lookups) {
  const double share = lookups == 0 ? 0 : 100.0 * static_cast<double>(count) / lookups;
  return fmt::format("{} ({:.1f}%)", count, share);
}

std::string CachesText(const v1::GetCacheStatsResponse& stats) {
  Table table({{"WORKER"},
               {"EXACT-HITS", kRight},
               {"MEGAFLOW-HITS", kRight},
               {"MISSES", kRight},
               {"MEGAFLOWS", kRight},
               {"MASKS", kRight}});
  for (const v1::WorkerCache& worker : stats.workers()) {
    const uint64_t lookups = worker.exact_match_hits() + worker.megaflow_hits() + worker.misses();
    table.AddRow({std::to_string(worker.worker()), WithShare(worker.exact_match_hits(), lookups),
                  WithShare(worker.megaflow_hits(), lookups), WithShare(worker.misses(), lookups),
                  std::to_string(worker.megaflows()), std::to_string(worker.masks())});
  }
  const v1::CacheLimits& limits = stats.limits();
  return table.Render() + fmt::format(
                              "at most, on a worker: {} exact entries, {} megaflows, {} "
                              "masks a port\n",
                              limits.exact_match_entries(), limits.megaflows(),
                              limits.masks_per_port());
}

std::string MasksText(const v1::GetCacheStatsResponse& stats) {
  Table table({{"BRIDGE"}, {"PORT"}, {"MASKS", kRight}});
  for (const v1::PortMasks& port : stats.ports()) {
    table.AddRow({port.bridge(), port.port(), std::to_string(port.masks())});
  }
  return table.empty() ? "" : "\n" + table.Render();
}

}  // namespace

absl::StatusOr<ExitStatus> RunTrace(const Invocation& invocation, Context& context) {
  VSW_ASSIGN_OR_RETURN(const v1::TraceRequest request, ReadTrace(invocation));
  VSW_ASSIGN_OR_RETURN(
      const v1::TraceResponse response,
      context.client.Read<v1::InspectService>(&v1::InspectService::Stub::Trace, request));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(response));
  } else {
    context.printer.Print(response.text());
  }
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> RunDumpMegaflows(const Invocation& invocation, Context& context) {
  v1::ListMegaflowsRequest request;
  request.set_bridge(invocation.Word(0));
  VSW_ASSIGN_OR_RETURN(const std::vector<v1::Megaflow> megaflows,
                       FetchMegaflows(request, context.client));
  std::vector<std::string> elements;
  for (const v1::Megaflow& row : megaflows) {
    if (context.printer.json()) {
      elements.push_back(ToJson(row));
    } else {
      context.printer.PrintLine(MegaflowLine(row));
    }
  }
  if (context.printer.json()) {
    context.printer.PrintLine(JsonObject({{"megaflows", JsonArray(elements)}}));
  }
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> RunCacheStats(const Invocation& /*invocation*/, Context& context) {
  VSW_ASSIGN_OR_RETURN(const v1::GetCacheStatsResponse stats, FetchStats(context.client));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(stats));
  } else {
    context.printer.Print(CachesText(stats) + MasksText(stats));
  }
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> RunUpcallStats(const Invocation& /*invocation*/, Context& context) {
  VSW_ASSIGN_OR_RETURN(const v1::GetCacheStatsResponse stats, FetchStats(context.client));
  if (context.printer.json()) {
    context.printer.PrintLine(ToJson(stats));
    return ExitStatus::kOk;
  }
  Table table({{"WORKER"},
               {"TRANSLATIONS", kRight},
               {"NS-EACH", kRight},
               {"OVER-BUDGET", kRight},
               {"NOT-CACHED", kRight},
               {"RECIRCULATIONS", kRight},
               {"NOTES", kRight},
               {"UPCALLS", kRight},
               {"RING-FULL", kRight}});
  for (const v1::WorkerCache& worker : stats.workers()) {
    const uint64_t translations = worker.translations();
    std::vector<std::string> cells = {std::to_string(worker.worker())};
    for (const uint64_t value :
         {translations, translations == 0 ? 0 : worker.translation_ns() / translations,
          worker.misses_over_budget(), worker.not_cached(), worker.recirculations(), worker.notes(),
          worker.upcalls(), worker.ring_full()}) {
      cells.push_back(std::to_string(value));
    }
    table.AddRow(std::move(cells));
  }
  context.printer.Print(table.Render());
  return ExitStatus::kOk;
}

}  // namespace vsw::cli
