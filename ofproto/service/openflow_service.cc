// SPDX-License-Identifier: Apache-2.0
#include "ofproto/service/openflow_service.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "ofproto/service/flow_difference.h"
#include "ofproto/service/flow_lister.h"
#include "ofproto/service/rule_reader.h"
#include "ofproto/text/text.h"

namespace vsw {
namespace {

// More of a bridge are not told of: they have the same reason, most likely.
constexpr size_t kMaxRefused = 100;

// absl and gRPC number the canonical codes alike.
grpc::ServerUnaryReactor* FinishWith(grpc::CallbackServerContext* context,
                                     const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish({static_cast<grpc::StatusCode>(status.code()), std::string(status.message())});
  return reactor;
}

void AddFailure(const datapath::v1::RuleDelta& delta, const std::string& rule,
                const std::string& reason, datapath::v1::ModifyRulesResponse* response) {
  datapath::v1::RuleFailure* failure = response->add_failures();
  failure->set_revision(delta.revision());
  failure->set_bridge(delta.bridge());
  failure->set_rule(rule);
  failure->set_reason(reason);
}

}  // namespace

absl::Status OpenFlowService::OnBridge(const std::string& bridge,
                                       const std::function<void(BridgeControl*)>& task) const {
  bool found = false;
  control_->RunOnSlowThread([&] {
    BridgeControl* control = bridges_->FindBridge(bridge);
    found = control != nullptr;
    if (found) task(control);
  });
  return found ? absl::OkStatus() : NotFound("bridge: the switch has no bridge '{}'", bridge);
}

std::function<void()> OpenFlowService::PrepareRules(const datapath::v1::WantedState& wanted) {
  if (wanted.rules_size() == 0) return {};
  struct Stored {
    std::string bridge;
    StoredRules rules;
    std::vector<RefusedRule> refused;
  };
  auto all = std::make_shared<std::vector<Stored>>();
  for (const datapath::v1::BridgeRules& rules : wanted.rules()) {
    Stored& stored = all->emplace_back();
    stored.bridge = rules.bridge();
    stored.rules = ReadStoredRules(rules, &stored.refused);
  }
  return [this, all] {
    for (Stored& stored : *all) {
      std::vector<RefusedRule> refused;
      control_->RunOnSlowThread(
          [&] { refused = bridges_->ReplaceStoredRules(stored.bridge, stored.rules); });
      std::move(refused.begin(), refused.end(), std::back_inserter(stored.refused));
      NoteRefused(stored.bridge, std::move(stored.refused));
    }
  };
}

void OpenFlowService::NoteRefused(const std::string& bridge, std::vector<RefusedRule> refused) {
  if (refused.size() > kMaxRefused) refused.resize(kMaxRefused);
  for (const RefusedRule& rule : refused) {
    VSW_LOG_WARN("bridge {}: stored '{}' is left out: {}", bridge, rule.rule, rule.reason);
  }
  const std::lock_guard<std::mutex> lock(refused_mutex_);
  refused_[bridge] = std::move(refused);
}

void OpenFlowService::ForgetRefused(const std::string& bridge,
                                    std::span<const BridgeControl::BundleEntry> entries) {
  const std::lock_guard<std::mutex> lock(refused_mutex_);
  const auto refused = refused_.find(bridge);
  if (refused == refused_.end() || refused->second.empty()) return;
  for (const BridgeControl::BundleEntry& entry : entries) {
    const std::string text = TextOfRule(entry);
    std::erase_if(refused->second, [&](const RefusedRule& rule) { return rule.rule == text; });
  }
}

void OpenFlowService::ReportBridges(datapath::v1::ActualState* state) {
  std::vector<std::vector<OpenFlowConnectionInfo>> connections;
  control_->RunOnSlowThread([&] {
    for (const datapath::v1::BridgeState& bridge : state->bridges()) {
      connections.push_back(bridges_->ListConnections(bridge.name()));
    }
  });
  for (int i = 0; i < state->bridges_size(); ++i) {
    for (const OpenFlowConnectionInfo& info : connections[static_cast<size_t>(i)]) {
      vsw::v1::OpenFlowConnection* message =
          state->mutable_bridges(i)->mutable_status()->add_connections();
      message->set_target(info.target);
      message->set_connected(info.connected);
      message->set_state(info.state);
      message->set_role(info.role);
      message->set_version(info.version);
      message->set_since_seconds(info.since_ns / 1'000'000'000);
      message->set_error(info.error);
    }
  }
  const std::lock_guard<std::mutex> lock(refused_mutex_);
  for (datapath::v1::BridgeState& bridge : *state->mutable_bridges()) {
    const auto refused = refused_.find(bridge.name());
    if (refused == refused_.end()) continue;
    for (const RefusedRule& rule : refused->second) {
      vsw::v1::RefusedRule* message = bridge.mutable_status()->add_refused_rules();
      message->set_rule(rule.rule);
      message->set_reason(rule.reason);
    }
  }
}

grpc::ServerUnaryReactor* OpenFlowService::ModifyRules(
    grpc::CallbackServerContext* context, const datapath::v1::ModifyRulesRequest* request,
    datapath::v1::ModifyRulesResponse* response) {
  {
    const std::lock_guard<std::mutex> lock(revision_mutex_);
    for (const datapath::v1::RuleDelta& delta : request->deltas()) {
      // The answer to an earlier call may have been lost.
      if (delta.revision() <= revision_) continue;
      ApplyDelta(delta, response);
    }
    for (const datapath::v1::RuleDelta& delta : request->deltas()) {
      revision_ = std::max(revision_, delta.revision());
    }
  }
  return FinishWith(context, absl::OkStatus());
}

void OpenFlowService::ApplyDelta(const datapath::v1::RuleDelta& delta,
                                 datapath::v1::ModifyRulesResponse* response) {
  std::vector<BridgeControl::BundleEntry> entries;
  entries.reserve(static_cast<size_t>(delta.changes_size()));
  for (const vsw::v1::RuleChange& change : delta.changes()) {
    absl::StatusOr<BridgeControl::BundleEntry> entry = ReadRuleChange(change);
    if (!entry.ok()) {
      AddFailure(delta, TextOfChange(change), std::string(entry.status().message()), response);
      return;
    }
    if (delta.replace() && !std::holds_alternative<FlowMod>(*entry)) {
      AddFailure(delta, TextOfChange(change), "replacing takes flows only", response);
      return;
    }
    entries.push_back(*std::move(entry));
  }
  OfStatus status;
  size_t failed = 0;
  const absl::Status found = OnBridge(delta.bridge(), [&](BridgeControl* bridge) {
    if (delta.replace()) {
      FlowSelector selector;
      if (delta.has_table()) selector.table = static_cast<uint8_t>(delta.table());
      entries = FlowDifference(bridge->ListFlows(selector), std::move(entries));
    }
    status = bridge->ApplyBundle(entries, RequestOrigin{}, &failed);
    if (status.ok()) bridge->Commit();
  });
  if (!found.ok()) {
    AddFailure(delta, "", std::string(found.message()), response);
  } else if (!status.ok()) {
    std::string rule;
    if (!delta.replace() && failed < static_cast<size_t>(delta.changes_size())) {
      rule = TextOfChange(delta.changes(static_cast<int>(failed)));
    } else if (failed < entries.size()) {
      rule = TextOfRule(entries[failed]);
    }
    AddFailure(delta, rule, status.ToString(), response);
  } else {
    ForgetRefused(delta.bridge(), entries);
  }
}

grpc::ServerWriteReactor<vsw::v1::ListFlowsResponse>* OpenFlowService::ListFlows(
    grpc::CallbackServerContext* /*context*/, const vsw::v1::ListFlowsRequest* request) {
  absl::StatusOr<FlowSelector> selector = ParseSelector(request->selector());
  absl::Status status = selector.status();
  std::vector<FlowStats> flows;
  std::vector<PortDesc> ports;
  if (status.ok()) {
    status = OnBridge(request->bridge(), [&](BridgeControl* bridge) {
      flows = bridge->ListFlows(*selector);
      if (request->names()) ports = bridge->ListPorts();
    });
  }
  // Deletes itself.
  return new FlowLister(std::move(flows), std::move(ports), !request->without_statistics(), status);
}

grpc::ServerUnaryReactor* OpenFlowService::AggregateFlows(
    grpc::CallbackServerContext* context, const vsw::v1::ListFlowsRequest* request,
    vsw::v1::AggregateFlowsResponse* response) {
  const absl::StatusOr<FlowSelector> selector = ParseSelector(request->selector());
  if (!selector.ok()) return FinishWith(context, selector.status());
  AggregateStats sums;
  const absl::Status status = OnBridge(
      request->bridge(), [&](BridgeControl* bridge) { sums = bridge->Aggregate(*selector); });
  response->set_packets(sums.packets);
  response->set_bytes(sums.bytes);
  response->set_flows(sums.flows);
  return FinishWith(context, status);
}

grpc::ServerUnaryReactor* OpenFlowService::ListTables(grpc::CallbackServerContext* context,
                                                      const vsw::v1::ListTablesRequest* request,
                                                      vsw::v1::ListTablesResponse* response) {
  std::vector<TableStats> tables;
  const absl::Status status =
      OnBridge(request->bridge(), [&](BridgeControl* bridge) { tables = bridge->ListTables(); });
  for (const TableStats& table : tables) {
    vsw::v1::FlowTable* message = response->add_tables();
    message->set_table(table.table);
    message->set_name(table.name);
    message->set_active(table.active);
    message->set_max_entries(table.max_entries);
    message->set_lookups(table.lookups);
    message->set_matched(table.matched);
  }
  return FinishWith(context, status);
}

grpc::ServerUnaryReactor* OpenFlowService::ListGroups(grpc::CallbackServerContext* context,
                                                      const vsw::v1::ListGroupsRequest* request,
                                                      vsw::v1::ListGroupsResponse* response) {
  std::vector<GroupDesc> groups;
  std::vector<GroupStats> statistics;
  std::vector<PortDesc> ports;
  const absl::Status status = OnBridge(request->bridge(), [&](BridgeControl* bridge) {
    groups = bridge->ListGroups();
    statistics = bridge->ListGroupStats();
    if (request->names()) ports = bridge->ListPorts();
  });
  if (request->has_group()) {
    std::erase_if(groups, [&](const GroupDesc& group) { return group.group != request->group(); });
  }
  FillGroups(groups, statistics, ports, response);
  return FinishWith(context, status);
}

grpc::ServerUnaryReactor* OpenFlowService::ListMeters(grpc::CallbackServerContext* context,
                                                      const vsw::v1::ListMetersRequest* request,
                                                      vsw::v1::ListMetersResponse* response) {
  std::vector<MeterConfig> meters;
  std::vector<MeterStats> statistics;
  const absl::Status status = OnBridge(request->bridge(), [&](BridgeControl* bridge) {
    meters = bridge->ListMeters();
    statistics = bridge->ListMeterStats();
  });
  if (request->has_meter()) {
    std::erase_if(meters,
                  [&](const MeterConfig& meter) { return meter.meter != request->meter(); });
  }
  FillMeters(meters, statistics, response);
  return FinishWith(context, status);
}

}  // namespace vsw
