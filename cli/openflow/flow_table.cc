// SPDX-License-Identifier: Apache-2.0
#include "cli/openflow/flow_table.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "base/status.h"

namespace vsw::cli {
namespace {

// What a flow is sorted by: absent ones come last, whatever the direction.
using SortKey = std::optional<std::array<uint8_t, 16>>;

std::array<uint8_t, 16> Octets(uint64_t number) { return FieldValue::OfU64(number).octets; }

struct Counter {
  std::string_view name;
  uint64_t (*get)(const v1::Flow&);
};
constexpr Counter kCounters[] = {
    {"priority", [](const v1::Flow& flow) -> uint64_t { return flow.priority(); }},
    {"table", [](const v1::Flow& flow) -> uint64_t { return flow.table(); }},
    {"cookie", [](const v1::Flow& flow) -> uint64_t { return flow.cookie(); }},
    {"packets", [](const v1::Flow& flow) -> uint64_t { return flow.packets(); }},
    {"n_packets", [](const v1::Flow& flow) -> uint64_t { return flow.packets(); }},
    {"bytes", [](const v1::Flow& flow) -> uint64_t { return flow.bytes(); }},
    {"n_bytes", [](const v1::Flow& flow) -> uint64_t { return flow.bytes(); }},
    {"duration",
     [](const v1::Flow& flow) {
       return static_cast<uint64_t>(std::max(flow.duration_seconds(), 0.0) * 1e6);
     }},
};

const Counter* FindCounter(std::string_view name) {
  for (const Counter& counter : kCounters) {
    if (counter.name == name) return &counter;
  }
  return nullptr;
}

absl::StatusOr<SortKey> KeyOf(const v1::Flow& flow, const std::string& name) {
  if (const Counter* counter = FindCounter(name)) return SortKey(Octets(counter->get(flow)));
  const FieldInfo* field = FindField(name);
  if (field == nullptr) {
    return InvalidArgument(
        "--sort={}: there is no such field; priority, table, cookie, packets, "
        "bytes and duration do as well",
        name);
  }
  VSW_ASSIGN_OR_RETURN(const Match match, ParseMatch(flow.match()));
  if (GetField(match.mask, field->id).is_zero()) return SortKey();
  return SortKey(GetField(match.value, field->id).octets);
}

bool IsBefore(const SortKey& a, const SortKey& b, bool down) {
  if (a.has_value() != b.has_value()) return a.has_value();
  return down ? b < a : a < b;
}

using Place = std::tuple<uint8_t, uint16_t, std::string>;

Place PlaceOf(const FlowMod& flow) {
  return {flow.table, static_cast<uint16_t>(0xffff - flow.priority), FormatMatch(flow.match)};
}

bool IsSame(const FlowMod& a, const FlowMod& b) {
  return a.cookie == b.cookie && a.idle_timeout == b.idle_timeout &&
         a.hard_timeout == b.hard_timeout && a.importance == b.importance &&
         a.instructions == b.instructions;
}

}  // namespace

absl::StatusOr<std::vector<v1::Flow>> FetchFlows(const v1::ListFlowsRequest& request,
                                                 Client& client) {
  std::vector<v1::Flow> flows;
  const absl::Status status = client.Use<v1::OpenFlowService>(
      /*repeat=*/true, [&](v1::OpenFlowService::Stub* stub, grpc::ClientContext* context) {
        flows.clear();
        const auto reader = stub->ListFlows(context, request);
        v1::ListFlowsResponse part;
        while (reader->Read(&part)) {
          for (v1::Flow& flow : *part.mutable_flows()) flows.push_back(std::move(flow));
        }
        return reader->Finish();
      });
  if (!status.ok()) return status;
  return flows;
}

absl::Status SortFlows(std::span<const std::string> fields, std::vector<v1::Flow>* flows) {
  if (fields.empty()) return absl::OkStatus();
  struct Row {
    std::vector<SortKey> keys;
    v1::Flow* flow;
  };
  std::vector<Row> rows;
  for (v1::Flow& flow : *flows) {
    Row& row = rows.emplace_back(Row{{}, &flow});
    for (const std::string& field : fields) {
      VSW_ASSIGN_OR_RETURN(SortKey key,
                           KeyOf(flow, field.starts_with('-') ? field.substr(1) : field));
      row.keys.push_back(key);
    }
  }
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    for (size_t i = 0; i < fields.size(); ++i) {
      if (a.keys[i] != b.keys[i]) return IsBefore(a.keys[i], b.keys[i], fields[i].starts_with('-'));
    }
    return false;
  });
  std::vector<v1::Flow> sorted;
  sorted.reserve(rows.size());
  for (const Row& row : rows) sorted.push_back(std::move(*row.flow));
  *flows = std::move(sorted);
  return absl::OkStatus();
}

absl::StatusOr<FlowMod> ToFlowMod(const v1::Flow& flow) {
  std::string text = fmt::format("table={},priority={},cookie={:#x}", flow.table(), flow.priority(),
                                 flow.cookie());
  if (flow.idle_timeout() != 0) text += fmt::format(",idle_timeout={}", flow.idle_timeout());
  if (flow.hard_timeout() != 0) text += fmt::format(",hard_timeout={}", flow.hard_timeout());
  if (flow.importance() != 0) text += fmt::format(",importance={}", flow.importance());
  for (const std::string& flag : flow.flags()) text += "," + flag;
  if (!flow.match().empty()) text += "," + flow.match();
  return ParseFlow(text + ",actions=" + flow.actions(), FlowMod::Command::kAdd);
}

std::vector<std::string> DiffFlows(const std::vector<FlowMod>& first,
                                   const std::vector<FlowMod>& second) {
  std::map<Place, std::pair<const FlowMod*, const FlowMod*>> places;
  for (const FlowMod& flow : first) places[PlaceOf(flow)].first = &flow;
  for (const FlowMod& flow : second) places[PlaceOf(flow)].second = &flow;
  std::vector<std::string> lines;
  for (const auto& [place, pair] : places) {
    const auto& [before, after] = pair;
    if (before != nullptr && after != nullptr && IsSame(*before, *after)) continue;
    if (before != nullptr) lines.push_back("-" + FormatFlow(*before));
    if (after != nullptr) lines.push_back("+" + FormatFlow(*after));
  }
  return lines;
}

}  // namespace vsw::cli
