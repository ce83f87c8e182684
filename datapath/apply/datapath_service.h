// SPDX-License-Identifier: Apache-2.0
//
// The private gRPC service through which the control daemon makes the switch run its configuration
// and reads back state, counters and addresses.
//
// Thread safety: gRPC calls it on its own threads; what it calls is safe for that.
#ifndef VSW_DATAPATH_APPLY_DATAPATH_SERVICE_H_
#define VSW_DATAPATH_APPLY_DATAPATH_SERVICE_H_

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "datapath/apply/apply_thread.h"
#include "datapath/apply/openflow_side.h"
#include "datapath/apply/state_watchers.h"
#include "vsw/datapath/v1/datapath.grpc.pb.h"

namespace vsw {

/// What is known at start and stays.
struct SwitchFacts {
  std::string version;
  std::string memory;                 // which memory is used, and why
  std::vector<std::string> warnings;  // what could not be had, and what to do about it
};

class DatapathService : public datapath::v1::Datapath::CallbackService {
 public:
  /// All of them outlive the service. `openflow` may be null: then rules are ignored.
  DatapathService(SwitchFacts facts, ApplyThread* applier, WorkerSet* workers, SlowPath* slow_path,
                  OpenFlowSide* openflow = nullptr);
  /// Ends the streams; call before the server's Shutdown().
  void StopWatching() { watchers_.Stop(); }

  grpc::ServerUnaryReactor* Apply(grpc::CallbackServerContext* context,
                                  const datapath::v1::WantedState* request,
                                  datapath::v1::ActualState* response) override;
  grpc::ServerUnaryReactor* GetState(grpc::CallbackServerContext* context,
                                     const datapath::v1::GetStateRequest* request,
                                     datapath::v1::ActualState* response) override;
  grpc::ServerWriteReactor<datapath::v1::ActualState>* WatchState(
      grpc::CallbackServerContext* context, const datapath::v1::GetStateRequest* request) override;
  grpc::ServerUnaryReactor* GetCounters(grpc::CallbackServerContext* context,
                                        const datapath::v1::GetCountersRequest* request,
                                        datapath::v1::GetCountersResponse* response) override;
  grpc::ServerUnaryReactor* ListFdb(grpc::CallbackServerContext* context,
                                    const datapath::v1::ListFdbRequest* request,
                                    datapath::v1::ListFdbResponse* response) override;
  grpc::ServerUnaryReactor* FlushFdb(grpc::CallbackServerContext* context,
                                     const datapath::v1::FlushFdbRequest* request,
                                     datapath::v1::FlushFdbResponse* response) override;
  grpc::ServerUnaryReactor* ListBfd(grpc::CallbackServerContext* context,
                                    const vsw::v1::ListBfdRequest* request,
                                    vsw::v1::ListBfdResponse* response) override;

 private:
  struct Tsc {
    uint64_t busy = 0, idle = 0;
  };
  void Fill(const StateReport& report, datapath::v1::ActualState* message);
  void FillWorkers(vsw::v1::SwitchStatus* status);
  void CountFdb(const StateReport& report, datapath::v1::ActualState* message);
  std::vector<FdbRow> ReadFdb();

  const SwitchFacts facts_;
  const std::string boot_id_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  ApplyThread* const applier_;
  WorkerSet* const workers_;
  SlowPath* const slow_path_;
  OpenFlowSide* const openflow_;
  std::mutex idle_mutex_;  // guards last_tsc_
  std::map<WorkerId, Tsc> last_tsc_;
  StateWatchers watchers_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_DATAPATH_SERVICE_H_
