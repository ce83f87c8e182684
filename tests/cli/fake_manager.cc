// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/fake_manager.h"

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <thread>

#include "base/status.h"

namespace vsw::cli {

using grpc::Status;
using grpc::StatusCode;

FakeManager::FakeManager() : socket_(folder_ / "mgmt.sock") {
  status.set_manager_version("1.2.3");
  status.mutable_switch_status()->set_connected(true);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket_, grpc::InsecureServerCredentials());
  builder.RegisterService(static_cast<v1::BridgeService::Service*>(this));
  builder.RegisterService(static_cast<v1::PortService::Service*>(this));
  builder.RegisterService(static_cast<v1::FdbService::Service*>(this));
  builder.RegisterService(static_cast<v1::BatchService::Service*>(this));
  builder.RegisterService(static_cast<v1::InspectService::Service*>(this));
  builder.RegisterService(static_cast<v1::PerfService::Service*>(this));
  builder.RegisterService(static_cast<v1::StatusService::Service*>(this));
  server_ = builder.BuildAndStart();
  VSW_CHECK(server_ != nullptr);
}

FakeManager::~FakeManager() { Stop(); }

void FakeManager::Stop() { server_->Shutdown(std::chrono::system_clock::now()); }

Status FakeManager::Stored(v1::ChangeResponse* response) {
  if (!refusal.ok()) return refusal;
  response->set_revision(7);
  return Status::OK;
}

Status FakeManager::Delay(Context* context) {
  const auto until = std::chrono::steady_clock::now() + read_delay;
  while (std::chrono::steady_clock::now() < until && !context->IsCancelled()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return Status::OK;
}

Status FakeManager::Trace(Context*, const v1::TraceRequest* request, v1::TraceResponse* response) {
  trace = *request;
  *response = traced;
  return Status::OK;
}

Status FakeManager::ListMegaflows(Context*, const v1::ListMegaflowsRequest* request,
                                  grpc::ServerWriter<v1::ListMegaflowsResponse>* writer) {
  list_megaflows = *request;
  writer->Write(megaflows);
  return Status::OK;
}

Status FakeManager::GetCacheStats(Context*, const v1::GetCacheStatsRequest*,
                                  v1::GetCacheStatsResponse* response) {
  *response = cache_stats;
  return Status::OK;
}

Status FakeManager::StartPerf(Context*, const v1::StartPerfRequest* request,
                              v1::StartPerfResponse* response) {
  start_perf = *request;
  perf_started = std::chrono::steady_clock::now();
  response->set_measurement(1);
  return Status::OK;
}

Status FakeManager::GetPerf(Context*, const v1::GetPerfRequest*, v1::GetPerfResponse* response) {
  perf_read = std::chrono::steady_clock::now();
  *response = perf;
  return Status::OK;
}

Status FakeManager::CreateBridge(Context*, const v1::CreateBridgeRequest* request,
                                 v1::ChangeResponse* response) {
  *changes.emplace_back().mutable_create_bridge() = *request;
  return Stored(response);
}

Status FakeManager::GetBridge(Context* context, const v1::GetBridgeRequest* request,
                              v1::Bridge* response) {
  Delay(context);
  for (const v1::Bridge& bridge : bridges.bridges()) {
    if (bridge.name() != request->name()) continue;
    *response = bridge;
    return Status::OK;
  }
  return {StatusCode::NOT_FOUND, "there is no bridge " + request->name()};
}

Status FakeManager::ListBridges(Context* context, const v1::ListBridgesRequest*,
                                v1::ListBridgesResponse* response) {
  Delay(context);
  *response = bridges;
  return Status::OK;
}

Status FakeManager::UpdateBridge(Context*, const v1::UpdateBridgeRequest* request,
                                 v1::ChangeResponse* response) {
  *changes.emplace_back().mutable_update_bridge() = *request;
  return Stored(response);
}

Status FakeManager::DeleteBridge(Context*, const v1::DeleteBridgeRequest* request,
                                 v1::ChangeResponse* response) {
  *changes.emplace_back().mutable_delete_bridge() = *request;
  return Stored(response);
}

Status FakeManager::CreatePort(Context*, const v1::CreatePortRequest* request,
                               v1::ChangeResponse* response) {
  *changes.emplace_back().mutable_create_port() = *request;
  return Stored(response);
}

Status FakeManager::GetPort(Context*, const v1::GetPortRequest* request, v1::Port* response) {
  for (const v1::Port& port : ports.ports()) {
    if (port.name() != request->name()) continue;
    *response = port;
    return Status::OK;
  }
  return {StatusCode::NOT_FOUND, "there is no port " + request->name()};
}

Status FakeManager::ListPorts(Context* context, const v1::ListPortsRequest* request,
                              v1::ListPortsResponse* response) {
  Delay(context);
  for (const v1::Port& port : ports.ports()) {
    if (request->bridge().empty() || request->bridge() == port.bridge()) {
      *response->add_ports() = port;
    }
  }
  return Status::OK;
}

Status FakeManager::UpdatePort(Context*, const v1::UpdatePortRequest* request,
                               v1::ChangeResponse* response) {
  *changes.emplace_back().mutable_update_port() = *request;
  return Stored(response);
}

Status FakeManager::DeletePort(Context*, const v1::DeletePortRequest* request,
                               v1::ChangeResponse* response) {
  *changes.emplace_back().mutable_delete_port() = *request;
  return Stored(response);
}

Status FakeManager::ListFdb(Context*, const v1::ListFdbRequest* request,
                            v1::ListFdbResponse* response) {
  list_fdb = *request;
  *response = fdb;
  return read_error;
}

Status FakeManager::AddFdbEntry(Context*, const v1::AddFdbEntryRequest* request,
                                v1::ChangeResponse* response) {
  *changes.emplace_back().mutable_add_fdb_entry() = *request;
  return Stored(response);
}

Status FakeManager::DeleteFdbEntry(Context*, const v1::DeleteFdbEntryRequest* request,
                                   v1::ChangeResponse* response) {
  *changes.emplace_back().mutable_delete_fdb_entry() = *request;
  return Stored(response);
}

Status FakeManager::FlushFdb(Context*, const v1::FlushFdbRequest* request,
                             v1::FlushFdbResponse* response) {
  flush = *request;
  response->set_flushed(3);
  return refusal;
}

Status FakeManager::ApplyBatch(Context*, const v1::BatchRequest* request,
                               v1::ChangeResponse* response) {
  ++batches;
  changes.insert(changes.end(), request->changes().begin(), request->changes().end());
  return Stored(response);
}

Status FakeManager::GetStatus(Context*, const v1::GetStatusRequest*, v1::StatusResponse* response) {
  *response = status;
  return Status::OK;
}

Status FakeManager::WaitApplied(Context* context, const v1::WaitAppliedRequest* request,
                                v1::WaitAppliedResponse* response) {
  ++waits;
  while (never_applied && !context->IsCancelled()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  *response = applied;
  response->set_applied_revision(request->revision());
  return Status::OK;
}

Status FakeManager::GetCounters(Context*, const v1::GetCountersRequest*,
                                v1::GetCountersResponse* response) {
  *response = counters;
  return Status::OK;
}

Status FakeManager::ListDrops(Context*, const v1::ListDropsRequest*,
                              v1::ListDropsResponse* response) {
  *response = drops;
  return Status::OK;
}

Status FakeManager::ListBfd(Context*, const v1::ListBfdRequest*, v1::ListBfdResponse* response) {
  *response = bfd;
  return Status::OK;
}

Outcome RunVswctl(const std::string& socket, const std::string& command_line) {
  std::istringstream words(command_line);
  const std::vector<std::string> arguments{std::istream_iterator<std::string>(words), {}};
  std::ostringstream out;
  std::ostringstream err;
  const ExitStatus status = Run(arguments, socket, out, err);
  return {static_cast<int>(status), out.str(), err.str()};
}

}  // namespace vsw::cli
