// SPDX-License-Identifier: Apache-2.0
//
// A vswitchd for tests: serves the private API on a socket, realises every wanted state at once
// unless told otherwise, and records what it was sent. Stop and Start again make it a new boot that
// has lost everything, as a killed daemon does.
#ifndef VSW_TESTS_CONTROL_FAKE_SWITCH_H_
#define VSW_TESTS_CONTROL_FAKE_SWITCH_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "vsw/datapath/v1/datapath.grpc.pb.h"
#include "vsw/datapath/v1/perf.grpc.pb.h"

namespace vsw::control {

/// The OpenFlow half: records deltas, and refuses those that the test names.
class FakeOpenFlow final : public datapath::v1::OpenFlow::Service {
 public:
  /// Deltas of which a change has this text are refused.
  void Refuse(const std::string& text, const std::string& reason) {
    const std::lock_guard<std::mutex> lock(mutex_);
    refusals_[text] = reason;
  }
  /// The next calls fail on their way back, though what they said was taken in.
  void LoseAnswers(int count) {
    const std::lock_guard<std::mutex> lock(mutex_);
    lost_answers_ = count;
  }
  std::vector<datapath::v1::RuleDelta> Deltas() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return deltas_;
  }

  grpc::Status ModifyRules(grpc::ServerContext*, const datapath::v1::ModifyRulesRequest* request,
                           datapath::v1::ModifyRulesResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const datapath::v1::RuleDelta& delta : request->deltas()) {
      deltas_.push_back(delta);
      for (const v1::RuleChange& change : delta.changes()) {
        const auto refusal = refusals_.find(change.flow().rule());
        if (refusal == refusals_.end()) continue;
        auto* failure = response->add_failures();
        failure->set_revision(delta.revision());
        failure->set_bridge(delta.bridge());
        failure->set_rule(change.flow().rule());
        failure->set_reason(refusal->second);
      }
    }
    if (lost_answers_ > 0) {
      --lost_answers_;
      return {grpc::StatusCode::INTERNAL, "the answer was lost"};
    }
    return grpc::Status::OK;
  }

  /// Many messages of one flow each; "table=9" means an error in the middle.
  grpc::Status ListFlows(grpc::ServerContext*, const v1::ListFlowsRequest* request,
                         grpc::ServerWriter<v1::ListFlowsResponse>* writer) override {
    for (int i = 0; i < 100; ++i) {
      v1::ListFlowsResponse response;
      response.add_flows()->set_rule(request->selector());
      if (!writer->Write(response)) break;
      if (i == 50 && request->selector() == "table=9") {
        return {grpc::StatusCode::ABORTED, "half way"};
      }
    }
    return grpc::Status::OK;
  }
  grpc::Status ListTables(grpc::ServerContext*, const v1::ListTablesRequest* request,
                          v1::ListTablesResponse* response) override {
    response->add_tables()->set_name(request->bridge());
    return grpc::Status::OK;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<datapath::v1::RuleDelta> deltas_;
  std::map<std::string, std::string> refusals_;
  int lost_answers_ = 0;
};

/// What those get who ask why: the question as it came.
class FakeInspect final : public datapath::v1::Inspect::Service {
 public:
  grpc::Status Trace(grpc::ServerContext*, const v1::TraceRequest* request,
                     v1::TraceResponse* response) override {
    response->set_flow(request->flow());
    response->set_text(request->frame());
    return grpc::Status::OK;
  }
  grpc::Status ListMegaflows(grpc::ServerContext*, const v1::ListMegaflowsRequest* request,
                             grpc::ServerWriter<v1::ListMegaflowsResponse>* writer) override {
    for (uint32_t i = 0; i < 3; ++i) {
      v1::ListMegaflowsResponse response;
      response.add_megaflows()->set_match(request->bridge());
      writer->Write(response);
    }
    return grpc::Status::OK;
  }
  grpc::Status GetCacheStats(grpc::ServerContext*, const v1::GetCacheStatsRequest*,
                             v1::GetCacheStatsResponse* response) override {
    response->add_workers()->set_misses(42);
    return grpc::Status::OK;
  }
};

/// Its measurements are numbered by their seconds.
class FakePerf final : public datapath::v1::Perf::Service {
 public:
  grpc::Status StartPerf(grpc::ServerContext*, const v1::StartPerfRequest* request,
                         v1::StartPerfResponse* response) override {
    response->set_measurement(static_cast<uint64_t>(request->seconds()));
    return grpc::Status::OK;
  }
  grpc::Status GetPerf(grpc::ServerContext*, const v1::GetPerfRequest*,
                       v1::GetPerfResponse* response) override {
    response->add_workers()->set_packets(42);
    return grpc::Status::OK;
  }
};

class FakeSwitch final : public datapath::v1::Datapath::Service {
 public:
  FakeOpenFlow openflow;
  FakeInspect inspect;
  FakePerf perf;

  explicit FakeSwitch(std::string socket_path) : socket_path_(std::move(socket_path)) {}
  ~FakeSwitch() override { Stop(); }

  void Start(uint64_t applied_revision = 0) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = false;
      state_.Clear();
      state_.set_boot_id("boot-" + std::to_string(++boots_));
      state_.set_applied_revision(applied_revision);
      state_.mutable_switch_status()->set_version("fake");
    }
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket_path_, grpc::InsecureServerCredentials());
    builder.RegisterService(this);
    builder.RegisterService(&openflow);
    builder.RegisterService(&inspect);
    builder.RegisterService(&perf);
    server_ = builder.BuildAndStart();
  }

  void Stop() {
    if (server_ == nullptr) return;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_.reset();
  }

  /// The port of this name cannot be realised.
  void Fail(const std::string& port, const std::string& reason) {
    const std::lock_guard<std::mutex> lock(mutex_);
    failures_[port] = reason;
  }
  /// Every bridge says that it would not have this stored rule.
  void RefuseStored(const std::string& rule, const std::string& reason) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto& bridge : *state_.mutable_bridges()) {
      v1::RefusedRule* refused = bridge.mutable_status()->add_refused_rules();
      refused->set_rule(rule);
      refused->set_reason(reason);
    }
  }
  /// Apply does not answer while this is set.
  void Hold(bool hold) {
    const std::lock_guard<std::mutex> lock(mutex_);
    hold_ = hold;
    changed_.notify_all();
  }
  /// Apply fails with this.
  void Refuse(const grpc::Status& status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    refusal_ = status;
  }
  /// Runs a newer revision without telling the watchers.
  void SetAppliedSilently(uint64_t revision) {
    const std::lock_guard<std::mutex> lock(mutex_);
    state_.set_applied_revision(revision);
  }

  std::vector<datapath::v1::WantedState> Sent() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return sent_;
  }
  uint64_t applied_revision() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return state_.applied_revision();
  }
  int applies_under_way() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return under_way_;
  }

  grpc::Status Apply(grpc::ServerContext* context, const datapath::v1::WantedState* wanted,
                     datapath::v1::ActualState* actual) override {
    std::unique_lock<std::mutex> lock(mutex_);
    sent_.push_back(*wanted);
    ++under_way_;
    while (hold_ && !stopping_ && !context->IsCancelled()) {
      changed_.wait_for(lock, std::chrono::milliseconds(20));
    }
    --under_way_;
    if (!refusal_.ok()) return refusal_;
    if (wanted->revision() < state_.applied_revision()) {
      return {grpc::StatusCode::FAILED_PRECONDITION, "older than what runs"};
    }
    state_.set_applied_revision(wanted->revision());
    Realise(*wanted);
    *actual = state_;
    changed_.notify_all();
    return grpc::Status::OK;
  }

  grpc::Status GetState(grpc::ServerContext*, const datapath::v1::GetStateRequest*,
                        datapath::v1::ActualState* state) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    *state = state_;
    return grpc::Status::OK;
  }

  grpc::Status WatchState(grpc::ServerContext* context, const datapath::v1::GetStateRequest*,
                          grpc::ServerWriter<datapath::v1::ActualState>* writer) override {
    std::unique_lock<std::mutex> lock(mutex_);
    std::string told;
    while (!stopping_ && !context->IsCancelled()) {
      std::string now = state_.SerializeAsString();
      if (now != told && (told.empty() || !silent())) {
        told = std::move(now);
        const datapath::v1::ActualState state = state_;
        lock.unlock();
        writer->Write(state);
        lock.lock();
        continue;
      }
      changed_.wait_for(lock, std::chrono::milliseconds(20));
    }
    return grpc::Status::OK;
  }

  grpc::Status GetCounters(grpc::ServerContext*, const datapath::v1::GetCountersRequest*,
                           datapath::v1::GetCountersResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& port : state_.ports()) {
      auto* entry = response->add_ports();
      entry->set_port(port.name());
      entry->set_bridge(port.bridge());
      entry->mutable_counters()->set_rx_packets(42);
      auto* drop = response->add_drops();
      drop->set_port(port.name());
      drop->set_bridge(port.bridge());
      drop->set_reason("vlan-not-allowed");
      drop->set_packets(7);
    }
    return grpc::Status::OK;
  }

  grpc::Status ListFdb(grpc::ServerContext*, const datapath::v1::ListFdbRequest* request,
                       datapath::v1::ListFdbResponse* response) override {
    response->add_entries()->set_bridge(request->bridge());
    return grpc::Status::OK;
  }

  grpc::Status FlushFdb(grpc::ServerContext*, const datapath::v1::FlushFdbRequest*,
                        datapath::v1::FlushFdbResponse* response) override {
    response->set_flushed(3);
    return grpc::Status::OK;
  }

 private:
  // The watch tells no bare change of the revision beyond what was sent.
  bool silent() const {
    return !sent_.empty() && state_.applied_revision() > sent_.back().revision();
  }

  void Realise(const datapath::v1::WantedState& wanted) {
    state_.clear_bridges();
    state_.clear_ports();
    for (const auto& bridge : wanted.bridges()) {
      auto* state = state_.add_bridges();
      state->set_name(bridge.name());
      state->mutable_status()->set_state(v1::RESOURCE_STATE_ACTIVE);
    }
    for (const auto& port : wanted.ports()) {
      auto* state = state_.add_ports();
      state->set_name(port.name());
      state->set_bridge(port.bridge());
      const auto failure = failures_.find(port.name());
      const bool failed = failure != failures_.end();
      state->mutable_status()->set_state(failed ? v1::RESOURCE_STATE_FAILED
                                                : v1::RESOURCE_STATE_ACTIVE);
      if (failed) state->mutable_status()->set_reason(failure->second);
    }
  }

  const std::string socket_path_;
  std::unique_ptr<grpc::Server> server_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  datapath::v1::ActualState state_;
  std::vector<datapath::v1::WantedState> sent_;
  std::map<std::string, std::string> failures_;
  grpc::Status refusal_;
  bool hold_ = false;
  bool stopping_ = false;
  int under_way_ = 0;
  int boots_ = 0;
};

}  // namespace vsw::control

#endif  // VSW_TESTS_CONTROL_FAKE_SWITCH_H_
