// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/datapath_service.h"

#include <sys/random.h>

#include <array>
#include <tuple>
#include <utility>

#include "base/status.h"
#include "datapath/apply/convert.h"
#include "datapath/apply/counters_report.h"

namespace vsw {
namespace {

constexpr auto kRefreshPatience = std::chrono::milliseconds(500);

std::string RandomId() {
  std::array<uint64_t, 2> bits{};
  VSW_CHECK(getrandom(bits.data(), sizeof(bits), 0) == static_cast<ssize_t>(sizeof(bits)));
  return fmt::format("{:016x}{:016x}", bits[0], bits[1]);
}

// absl and gRPC number the canonical codes alike.
grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

grpc::ServerUnaryReactor* FinishWith(grpc::CallbackServerContext* context,
                                     const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

absl::Status CheckBridge(const StateReport& report, const std::string& name) {
  if (name.empty() || report.FindBridge(name) != nullptr) return absl::OkStatus();
  return NotFound("bridge: the switch has no bridge '{}'", name);
}

}  // namespace

DatapathService::DatapathService(SwitchFacts facts, ApplyThread* applier, WorkerSet* workers,
                                 SlowPath* slow_path, OpenFlowSide* openflow)
    : facts_(std::move(facts)),
      boot_id_(RandomId()),
      applier_(applier),
      workers_(workers),
      slow_path_(slow_path),
      openflow_(openflow),
      watchers_([this] { return applier_->report()->version; },
                [this] {
                  datapath::v1::ActualState state;
                  Fill(*applier_->report(), &state);
                  return state;
                }) {}

grpc::ServerUnaryReactor* DatapathService::Apply(grpc::CallbackServerContext* context,
                                                 const datapath::v1::WantedState* request,
                                                 datapath::v1::ActualState* response) {
  absl::StatusOr<WantedState> wanted = FromProto(*request);
  if (!wanted.ok()) return FinishWith(context, wanted.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  std::function<void()> load_rules;
  if (openflow_ != nullptr) load_rules = openflow_->PrepareRules(*request);
  applier_->Apply(
      *std::move(wanted),
      [this, reactor, response](const absl::Status& status, StateReportPtr report) {
        if (status.ok()) Fill(*report, response);
        reactor->Finish(ToGrpc(status));
      },
      std::move(load_rules));
  return reactor;
}

grpc::ServerUnaryReactor* DatapathService::GetState(grpc::CallbackServerContext* context,
                                                    const datapath::v1::GetStateRequest* request,
                                                    datapath::v1::ActualState* response) {
  Fill(*applier_->Refresh(kRefreshPatience), response);
  return FinishWith(context, absl::OkStatus());
}

grpc::ServerWriteReactor<datapath::v1::ActualState>* DatapathService::WatchState(
    grpc::CallbackServerContext* context, const datapath::v1::GetStateRequest* request) {
  return watchers_.Add();
}

grpc::ServerUnaryReactor* DatapathService::GetCounters(
    grpc::CallbackServerContext* context, const datapath::v1::GetCountersRequest* request,
    datapath::v1::GetCountersResponse* response) {
  const StateReportPtr report = applier_->Refresh(kRefreshPatience);
  const absl::Status status = CheckBridge(*report, request->bridge());
  if (status.ok()) ReportCounters(*report, request->bridge(), workers_, slow_path_, response);
  return FinishWith(context, status);
}

grpc::ServerUnaryReactor* DatapathService::ListFdb(grpc::CallbackServerContext* context,
                                                   const datapath::v1::ListFdbRequest* request,
                                                   datapath::v1::ListFdbResponse* response) {
  const StateReportPtr report = applier_->report();
  const absl::Status status = CheckBridge(*report, request->bridge());
  if (!status.ok()) return FinishWith(context, status);
  std::map<BridgeId, const std::string*> bridges;
  std::map<PortNo, const std::string*> ports;
  for (const BridgeReport& bridge : report->bridges) bridges[bridge.id] = &bridge.name;
  for (const PortReport& port : report->ports) ports[port.number] = &port.name;
  for (const FdbRow& row : ReadFdb()) {
    const auto bridge = bridges.find(row.bridge);
    const auto port = ports.find(row.port);
    // Configured since the report was made.
    if (bridge == bridges.end() || port == ports.end()) continue;
    if (!request->bridge().empty() && *bridge->second != request->bridge()) continue;
    vsw::v1::FdbEntry* entry = response->add_entries();
    entry->set_bridge(*bridge->second);
    entry->set_vlan(ToInt(row.vlan));
    entry->set_mac(row.mac.ToString());
    entry->set_port(*port->second);
    entry->set_is_static(row.is_static);
    entry->set_age_seconds(row.is_static ? 0 : row.age_seconds);
    entry->set_remote(row.remote.ToString());
  }
  return FinishWith(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* DatapathService::FlushFdb(grpc::CallbackServerContext* context,
                                                    const datapath::v1::FlushFdbRequest* request,
                                                    datapath::v1::FlushFdbResponse* response) {
  const StateReportPtr report = applier_->report();
  absl::Status status = CheckBridge(*report, request->bridge());
  if (!status.ok()) return FinishWith(context, status);
  const BridgeReport* bridge = report->FindBridge(request->bridge());
  const PortReport* port = report->FindPort(request->port());
  if (!request->port().empty() &&
      (port == nullptr || (bridge != nullptr && port->bridge != bridge->name))) {
    return FinishWith(context, NotFound("port: the switch has no port '{}'{}", request->port(),
                                        bridge ? " on bridge '" + bridge->name + "'" : ""));
  }
  // A port without a number has learned nothing; kNoPort would mean every port.
  if (port != nullptr && port->number == kNoPort) return FinishWith(context, absl::OkStatus());
  uint32_t flushed = 0;
  workers_->RunOnSlowThread([&] {
    flushed = slow_path_->FlushFdb(bridge ? &bridge->id : nullptr, port ? port->number : kNoPort);
  });
  response->set_flushed(flushed);
  return FinishWith(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* DatapathService::ListBfd(grpc::CallbackServerContext* context,
                                                   const vsw::v1::ListBfdRequest* request,
                                                   vsw::v1::ListBfdResponse* response) {
  const StateReportPtr report = applier_->report();
  const absl::Status status = CheckBridge(*report, request->bridge());
  if (!status.ok()) return FinishWith(context, status);
  std::vector<BfdRow> rows;
  workers_->RunOnSlowThread([&] { rows = slow_path_->ListBfd(); });
  for (const BfdRow& row : rows) {
    for (const PortReport& port : report->ports) {
      if (port.number != row.port) continue;
      if (!request->bridge().empty() && port.bridge != request->bridge()) continue;
      ToProto(row, port, response->add_sessions());
    }
  }
  return FinishWith(context, absl::OkStatus());
}

std::vector<FdbRow> DatapathService::ReadFdb() {
  std::vector<FdbRow> rows;
  workers_->RunOnSlowThread([&] { rows = slow_path_->ListFdb(); });
  return rows;
}

void DatapathService::Fill(const StateReport& report, datapath::v1::ActualState* message) {
  ToProto(report, message);
  message->set_boot_id(boot_id_);
  vsw::v1::SwitchStatus* status = message->mutable_switch_status();
  status->set_connected(true);
  status->set_version(facts_.version);
  status->set_applied_revision(report.applied_revision);
  status->set_uptime_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start_)
          .count());
  status->set_memory(facts_.memory);
  for (const std::string& warning : facts_.warnings) status->add_warnings(warning);
  FillWorkers(status);
  CountFdb(report, message);
  if (openflow_ != nullptr) openflow_->ReportBridges(message);
}

void DatapathService::FillWorkers(vsw::v1::SwitchStatus* status) {
  const std::lock_guard lock(idle_mutex_);
  for (const WorkerStats& stats : workers_->ReadWorkers()) {
    vsw::v1::WorkerStatus* worker = status->add_workers();
    worker->set_id(ToInt(stats.id));
    worker->set_core(stats.core);
    worker->set_rx_queues(stats.rx_queues);
    worker->set_megaflows(stats.megaflows);
    worker->set_masks(stats.masks);
    worker->set_exact_match_hits(stats.exact_match_hits);
    worker->set_megaflow_hits(stats.megaflow_hits);
    worker->set_misses(stats.misses);
    Tsc& last = last_tsc_[stats.id];
    const double busy = static_cast<double>(stats.busy_tsc - last.busy);
    const double idle = static_cast<double>(stats.idle_tsc - last.idle);
    worker->set_idle(busy + idle > 0 ? idle / (busy + idle) : 0);
    last = {stats.busy_tsc, stats.idle_tsc};
  }
}

void DatapathService::CountFdb(const StateReport& report, datapath::v1::ActualState* message) {
  std::map<BridgeId, std::pair<uint32_t, uint32_t>> counts;  // learned, static
  for (const FdbRow& row : ReadFdb()) {
    auto& [learned, fixed] = counts[row.bridge];
    ++(row.is_static ? fixed : learned);
  }
  for (size_t i = 0; i < report.bridges.size(); ++i) {
    const auto [learned, fixed] = counts[report.bridges[i].id];
    vsw::v1::BridgeStatus* status = message->mutable_bridges(static_cast<int>(i))->mutable_status();
    status->set_fdb_entries(learned);
    status->set_fdb_static_entries(fixed);
  }
}

}  // namespace vsw
