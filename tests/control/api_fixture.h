// SPDX-License-Identifier: Apache-2.0
//
// A control daemon in the test's process, on a folder of its own, and stubs to call it by its
// socket.
#ifndef VSW_TESTS_CONTROL_API_FIXTURE_H_
#define VSW_TESTS_CONTROL_API_FIXTURE_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "control/daemon.h"
#include "tests/control/fake_switch.h"
#include "tests/support/temp_folder.h"
#include "vsw/v1/config.grpc.pb.h"
#include "vsw/v1/inspect.grpc.pb.h"
#include "vsw/v1/openflow.grpc.pb.h"
#include "vsw/v1/perf.grpc.pb.h"
#include "vsw/v1/status.grpc.pb.h"

namespace vsw::control {

/// Until `condition` holds; false if it never does within ten seconds.
inline bool Eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return condition();
}

/// Stubs of every service over one channel.
struct Client {
  explicit Client(const std::string& socket_path) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 50);
    arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
    arguments.SetMaxSendMessageSize(-1);
    channel = grpc::CreateCustomChannel("unix:" + socket_path, grpc::InsecureChannelCredentials(),
                                        arguments);
    bridges = v1::BridgeService::NewStub(channel);
    ports = v1::PortService::NewStub(channel);
    fdb = v1::FdbService::NewStub(channel);
    batches = v1::BatchService::NewStub(channel);
    openflow = v1::OpenFlowService::NewStub(channel);
    inspect = v1::InspectService::NewStub(channel);
    perf = v1::PerfService::NewStub(channel);
    status = v1::StatusService::NewStub(channel);
  }

  /// Calls with a deadline of ten seconds, or `timeout`.
  template <typename Stub, typename Method, typename Request, typename Response>
  grpc::Status Call(const std::unique_ptr<Stub>& stub, Method method, const Request& request,
                    Response* response,
                    std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + timeout);
    return (stub.get()->*method)(&context, request, response);
  }

  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::BridgeService::Stub> bridges;
  std::unique_ptr<v1::PortService::Stub> ports;
  std::unique_ptr<v1::FdbService::Stub> fdb;
  std::unique_ptr<v1::BatchService::Stub> batches;
  std::unique_ptr<v1::OpenFlowService::Stub> openflow;
  std::unique_ptr<v1::InspectService::Stub> inspect;
  std::unique_ptr<v1::PerfService::Stub> perf;
  std::unique_ptr<v1::StatusService::Stub> status;
};

inline v1::CreateBridgeRequest NewBridgeRequest(const std::string& name) {
  v1::CreateBridgeRequest request;
  request.mutable_bridge()->set_name(name);
  return request;
}

inline v1::CreatePortRequest NewTapRequest(const std::string& name, const std::string& bridge) {
  v1::CreatePortRequest request;
  request.mutable_port()->set_name(name);
  request.mutable_port()->set_bridge(bridge);
  request.mutable_port()->set_type(v1::PORT_TYPE_TAP);
  return request;
}

class ApiTest : public testing::Test {
 protected:
  ApiTest() : switch_(dir_ / "vswitchd.sock") { StartDaemon(); }

  DaemonOptions Options() const {
    return {.run_dir = dir_.path(), .db_path = dir_ / "conf.db", .metrics_address = ""};
  }
  void StartDaemon() {
    auto daemon = Daemon::Start(Options());
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
    client_ = std::make_unique<Client>(daemon_->socket_path());
  }

  uint64_t CreateBridge(const std::string& name) {
    v1::ChangeResponse response;
    const auto status = client_->Call(client_->bridges, &v1::BridgeService::Stub::CreateBridge,
                                      NewBridgeRequest(name), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.revision();
  }
  uint64_t CreateTap(const std::string& name, const std::string& bridge) {
    v1::ChangeResponse response;
    const auto status = client_->Call(client_->ports, &v1::PortService::Stub::CreatePort,
                                      NewTapRequest(name, bridge), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.revision();
  }
  grpc::Status WaitApplied(uint64_t revision, v1::WaitAppliedResponse* response,
                           std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    v1::WaitAppliedRequest request;
    request.set_revision(revision);
    return client_->Call(client_->status, &v1::StatusService::Stub::WaitApplied, request, response,
                         timeout);
  }
  v1::StatusResponse GetStatus() {
    v1::StatusResponse response;
    const auto status = client_->Call(client_->status, &v1::StatusService::Stub::GetStatus,
                                      v1::GetStatusRequest(), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::Bridge GetBridge(const std::string& name) {
    v1::GetBridgeRequest request;
    request.set_name(name);
    v1::Bridge bridge;
    const auto status =
        client_->Call(client_->bridges, &v1::BridgeService::Stub::GetBridge, request, &bridge);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return bridge;
  }
  v1::Port GetPort(const std::string& name) {
    v1::GetPortRequest request;
    request.set_name(name);
    v1::Port port;
    const auto status =
        client_->Call(client_->ports, &v1::PortService::Stub::GetPort, request, &port);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return port;
  }

  TempFolder dir_;
  FakeSwitch switch_;
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<Client> client_;
};

}  // namespace vsw::control

#endif  // VSW_TESTS_CONTROL_API_FIXTURE_H_
