// SPDX-License-Identifier: Apache-2.0
//
// A vswmgrd for tests of the command line: real gRPC on a unix socket in a directory of its own,
// with answers that the test lays down beforehand and requests that it can look at afterwards.
//
// Thread safety: calls arrive on gRPC's threads; tests touch the public members only while no
// command runs, except for Stop().
#ifndef VSW_TESTS_CLI_FAKE_MANAGER_H_
#define VSW_TESTS_CLI_FAKE_MANAGER_H_

#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cli/app.h"
#include "grpcpp/grpcpp.h"
#include "tests/support/temp_folder.h"
#include "vsw/v1/config.grpc.pb.h"
#include "vsw/v1/inspect.grpc.pb.h"
#include "vsw/v1/perf.grpc.pb.h"
#include "vsw/v1/status.grpc.pb.h"

namespace vsw::cli {

class FakeManager final : public v1::BridgeService::Service,
                          public v1::PortService::Service,
                          public v1::FdbService::Service,
                          public v1::BatchService::Service,
                          public v1::InspectService::Service,
                          public v1::PerfService::Service,
                          public v1::StatusService::Service {
 public:
  FakeManager();
  ~FakeManager() override;
  const std::string& socket() const { return socket_; }
  /// Ends the server at once, as if it were killed.
  void Stop();

  // What it answers.
  v1::ListBridgesResponse bridges;
  v1::ListPortsResponse ports;
  v1::ListFdbResponse fdb;
  v1::GetCountersResponse counters;
  v1::ListDropsResponse drops;
  v1::ListBfdResponse bfd;
  v1::StatusResponse status;
  v1::TraceResponse traced;
  v1::ListMegaflowsResponse megaflows;
  v1::GetCacheStatsResponse cache_stats;
  v1::GetPerfResponse perf;
  v1::WaitAppliedResponse applied;
  grpc::Status refusal;                    // of changes and flushes, when not OK
  grpc::Status read_error;                 // of ListFdb, when not OK
  std::chrono::milliseconds read_delay{};  // before lists are answered
  bool never_applied = false;              // WaitApplied waits until the call's deadline

  // What it was asked.
  std::vector<v1::Change> changes;  // single ones and those of batches
  int batches = 0;
  int waits = 0;
  v1::FlushFdbRequest flush;
  v1::ListFdbRequest list_fdb;
  v1::TraceRequest trace;
  v1::ListMegaflowsRequest list_megaflows;
  v1::StartPerfRequest start_perf;  // answered with the number 1
  std::chrono::steady_clock::time_point perf_started, perf_read;

 private:
  using Context = grpc::ServerContext;
  grpc::Status Stored(v1::ChangeResponse* response);
  grpc::Status Delay(Context* context);

  grpc::Status Trace(Context*, const v1::TraceRequest*, v1::TraceResponse*) override;
  grpc::Status ListMegaflows(Context*, const v1::ListMegaflowsRequest*,
                             grpc::ServerWriter<v1::ListMegaflowsResponse>*) override;
  grpc::Status GetCacheStats(Context*, const v1::GetCacheStatsRequest*,
                             v1::GetCacheStatsResponse*) override;
  grpc::Status StartPerf(Context*, const v1::StartPerfRequest*, v1::StartPerfResponse*) override;
  grpc::Status GetPerf(Context*, const v1::GetPerfRequest*, v1::GetPerfResponse*) override;
  grpc::Status CreateBridge(Context*, const v1::CreateBridgeRequest*, v1::ChangeResponse*) override;
  grpc::Status GetBridge(Context*, const v1::GetBridgeRequest*, v1::Bridge*) override;
  grpc::Status ListBridges(Context*, const v1::ListBridgesRequest*,
                           v1::ListBridgesResponse*) override;
  grpc::Status UpdateBridge(Context*, const v1::UpdateBridgeRequest*, v1::ChangeResponse*) override;
  grpc::Status DeleteBridge(Context*, const v1::DeleteBridgeRequest*, v1::ChangeResponse*) override;
  grpc::Status CreatePort(Context*, const v1::CreatePortRequest*, v1::ChangeResponse*) override;
  grpc::Status GetPort(Context*, const v1::GetPortRequest*, v1::Port*) override;
  grpc::Status ListPorts(Context*, const v1::ListPortsRequest*, v1::ListPortsResponse*) override;
  grpc::Status UpdatePort(Context*, const v1::UpdatePortRequest*, v1::ChangeResponse*) override;
  grpc::Status DeletePort(Context*, const v1::DeletePortRequest*, v1::ChangeResponse*) override;
  grpc::Status ListFdb(Context*, const v1::ListFdbRequest*, v1::ListFdbResponse*) override;
  grpc::Status AddFdbEntry(Context*, const v1::AddFdbEntryRequest*, v1::ChangeResponse*) override;
  grpc::Status DeleteFdbEntry(Context*, const v1::DeleteFdbEntryRequest*,
                              v1::ChangeResponse*) override;
  grpc::Status FlushFdb(Context*, const v1::FlushFdbRequest*, v1::FlushFdbResponse*) override;
  grpc::Status ApplyBatch(Context*, const v1::BatchRequest*, v1::ChangeResponse*) override;
  grpc::Status GetStatus(Context*, const v1::GetStatusRequest*, v1::StatusResponse*) override;
  grpc::Status WaitApplied(Context*, const v1::WaitAppliedRequest*,
                           v1::WaitAppliedResponse*) override;
  grpc::Status GetCounters(Context*, const v1::GetCountersRequest*,
                           v1::GetCountersResponse*) override;
  grpc::Status ListDrops(Context*, const v1::ListDropsRequest*, v1::ListDropsResponse*) override;
  grpc::Status ListBfd(Context*, const v1::ListBfdRequest*, v1::ListBfdResponse*) override;

  TempFolder folder_;
  std::string socket_;
  std::unique_ptr<grpc::Server> server_;
};

/// What one run of vswctl left behind.
struct Outcome {
  int exit_status;
  std::string out;
  std::string err;
};

/// Runs vswctl with VSW_TARGET = `socket` on the blank-separated words of `command_line`.
Outcome RunVswctl(const std::string& socket, const std::string& command_line);

}  // namespace vsw::cli

#endif  // VSW_TESTS_CLI_FAKE_MANAGER_H_
