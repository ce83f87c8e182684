// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>


#include "datapath/apply/datapath_server.h"
#include "tests/apply/fakes.h"
#include "tests/support/temp_folder.h"

namespace vsw {
namespace {

namespace dp = datapath::v1;

class ServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    auto server = DatapathServer::Start(socket_, &service_);
    ASSERT_TRUE(server.ok()) << server.status().message();
    server_ = *std::move(server);
    stub_ = dp::Datapath::NewStub(
        grpc::CreateChannel("unix:" + socket_, grpc::InsecureChannelCredentials()));
  }
  void TearDown() override {
    workers_.stopping = true;
    server_.reset();
    apply_.Stop();
  }
  static dp::WantedState Wanted(uint64_t revision, const std::vector<std::string>& ports) {
    dp::WantedState state;
    state.set_revision(revision);
    state.add_bridges()->set_name("br0");
    for (const std::string& name : ports) {
      vsw::v1::Port* port = state.add_ports();
      port->set_name(name);
      port->set_bridge("br0");
      port->set_type(vsw::v1::PORT_TYPE_TAP);
    }
    return state;
  }
  grpc::Status Apply(const dp::WantedState& wanted, dp::ActualState* actual) {
    grpc::ClientContext context;
    return stub_->Apply(&context, wanted, actual);
  }

  const TempFolder folder_;
  const std::string socket_ = folder_ / "vswitchd.sock";
  FakeSlowPath slow_path_;
  FakeWorkers workers_{&slow_path_};
  FakePorts ports_;
  std::map<PortNo, std::string> underlay_ports_;
  InfoSignal signal_;
  ApplyThread apply_{
      std::make_unique<Applier>(
          &workers_, &slow_path_,
          [this](const PortRequest& request) { return ports_.Make(request); }, LeftoverSweep(),
          UnderlaySide{
              .configure = {}, .locals = {}, .port_names = [this] { return underlay_ports_; }}),
      &workers_, &signal_};
  DatapathService service_{{.version = "1.2.3", .memory = "ordinary memory", .warnings = {}},
                           &apply_,
                           &workers_,
                           &slow_path_};
  std::unique_ptr<DatapathServer> server_;
  std::unique_ptr<dp::Datapath::Stub> stub_;
};

TEST_F(ServiceTest, SocketIsForItsOwnerAlone) {
  struct stat info {};
  ASSERT_EQ(stat(socket_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(ServiceTest, AnswersApplyWithWhatCouldNotBeRealised) {
  ports_.broken.insert("b");
  dp::ActualState actual;
  const grpc::Status status = Apply(Wanted(4, {"a", "b"}), &actual);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(actual.applied_revision(), 4u);
  EXPECT_EQ(actual.boot_id().size(), 32u);
  EXPECT_EQ(actual.switch_status().version(), "1.2.3");
  EXPECT_DOUBLE_EQ(actual.switch_status().workers(0).idle(), 0.75);
  ASSERT_EQ(actual.ports_size(), 2);
  EXPECT_EQ(actual.ports(0).status().state(), vsw::v1::RESOURCE_STATE_ACTIVE);
  EXPECT_EQ(actual.ports(1).status().reason(), "no such device");
}

TEST_F(ServiceTest, RefusesOldRevisionsAndNonsense) {
  dp::ActualState actual;
  ASSERT_TRUE(Apply(Wanted(4, {"a"}), &actual).ok());
  EXPECT_EQ(Apply(Wanted(3, {}), &actual).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Apply(Wanted(5, {"a", "a"}), &actual).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  grpc::ClientContext context;
  ASSERT_TRUE(stub_->GetState(&context, {}, &actual).ok());
  EXPECT_EQ(actual.applied_revision(), 4u);
}

TEST_F(ServiceTest, WatchSendsTheStateAtOnceAndEachChange) {
  grpc::ClientContext context;
  const auto stream = stub_->WatchState(&context, {});
  dp::ActualState state;
  ASSERT_TRUE(stream->Read(&state));
  EXPECT_EQ(state.applied_revision(), 0u);
  dp::ActualState actual;
  ASSERT_TRUE(Apply(Wanted(1, {"a"}), &actual).ok());
  ASSERT_TRUE(stream->Read(&state));
  EXPECT_EQ(state.applied_revision(), 1u);
  EXPECT_TRUE(state.ports(0).status().link_up());
  ports_.link_up = false;
  signal_.Raise(true);
  ASSERT_TRUE(stream->Read(&state));
  EXPECT_FALSE(state.ports(0).status().link_up());
  server_.reset();
  EXPECT_FALSE(stream->Read(&state));
}

TEST_F(ServiceTest, AddsUpCountersOfWorkersDevicesAndPatches) {
  dp::ActualState actual;
  ASSERT_TRUE(Apply(Wanted(1, {"a"}), &actual).ok());
  PortTotals totals{.rx_packets = 10, .rx_bytes = 1000, .tx_packets = 4, .tx_bytes = 400};
  totals.drops[static_cast<size_t>(DropReason::kVlanNotAllowed)] = 3;
  totals.drops[static_cast<size_t>(DropReason::kTxQueueFull)] = 2;
  const PortNo number = apply_.report()->FindPort("a")->number;
  workers_.totals[number] = totals;
  slow_path_.patches = {{number, 1, 2, 3, 4}};
  grpc::ClientContext context;
  dp::GetCountersResponse response;
  ASSERT_TRUE(stub_->GetCounters(&context, {}, &response).ok());
  const vsw::v1::PortCounters& counters = response.ports(0).counters();
  EXPECT_EQ(counters.rx_packets(), 11u);
  EXPECT_EQ(counters.tx_bytes(), 404u);
  EXPECT_EQ(counters.rx_dropped(), 3u + 5u);
  EXPECT_EQ(counters.tx_dropped(), 2u);
  ASSERT_EQ(response.drops_size(), 2);
  EXPECT_EQ(response.drops(0).reason(), "vlan-not-allowed");
  EXPECT_EQ(response.drops(1).packets(), 2u);
}

TEST_F(ServiceTest, ReportsWhatPortsOfTheUnderlayCountedOnNoBridge) {
  underlay_ports_[PortNo{kFirstUnderlayPort}] = "underlay-eth0";
  workers_.totals[PortNo{kFirstUnderlayPort}].rx_packets = 7;
  workers_.totals[PortNo{kFirstUnderlayPort}].drops[size_t(DropReason::kTunnelMalformed)] = 3;
  dp::ActualState actual;
  ASSERT_TRUE(Apply(Wanted(1, {"a"}), &actual).ok());
  grpc::ClientContext context;
  dp::GetCountersResponse all;
  ASSERT_TRUE(stub_->GetCounters(&context, {}, &all).ok());
  ASSERT_EQ(all.ports_size(), 2);
  EXPECT_EQ(all.ports(1).port(), "underlay-eth0");
  EXPECT_EQ(all.ports(1).bridge(), "");
  EXPECT_EQ(all.ports(1).counters().rx_packets(), 7u);
  EXPECT_EQ(all.ports(1).counters().rx_dropped(), 3u);
  ASSERT_EQ(all.drops_size(), 1);
  EXPECT_EQ(all.drops(0).port(), "underlay-eth0");
  EXPECT_EQ(all.drops(0).reason(), "tunnel-malformed");
  EXPECT_EQ(all.drops(0).packets(), 3u);
  dp::GetCountersRequest bridge;
  bridge.set_bridge("br0");
  grpc::ClientContext bridge_context;
  dp::GetCountersResponse some;
  ASSERT_TRUE(stub_->GetCounters(&bridge_context, bridge, &some).ok());
  EXPECT_EQ(some.ports_size(), 1);
  EXPECT_EQ(some.drops_size(), 0);
}

TEST_F(ServiceTest, ListsAndFlushesAddresses) {
  dp::ActualState actual;
  ASSERT_TRUE(Apply(Wanted(1, {"a"}), &actual).ok());
  const PortNo number = apply_.report()->FindPort("a")->number;
  slow_path_.fdb = {
      {BridgeId{0}, VlanId{5}, MacAddress::FromU64(0x020000000001), number, false, 12}};
  grpc::ClientContext list_context;
  dp::ListFdbResponse list;
  ASSERT_TRUE(stub_->ListFdb(&list_context, {}, &list).ok());
  ASSERT_EQ(list.entries_size(), 1);
  EXPECT_EQ(list.entries(0).port(), "a");
  EXPECT_EQ(list.entries(0).mac(), "02:00:00:00:00:01");
  EXPECT_EQ(list.entries(0).age_seconds(), 12u);
  dp::FlushFdbRequest request;
  request.set_port("a");
  dp::FlushFdbResponse flush;
  grpc::ClientContext flush_context;
  ASSERT_TRUE(stub_->FlushFdb(&flush_context, request, &flush).ok());
  EXPECT_EQ(flush.flushed(), 7u);
  EXPECT_EQ(slow_path_.flushed_port, number);
  request.set_port("none");
  grpc::ClientContext bad_context;
  EXPECT_EQ(stub_->FlushFdb(&bad_context, request, &flush).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST(DatapathServer, RefusesASocketPathThatIsTooLong) {
  const absl::Status status = DatapathServer::Start("/" + std::string(200, 'x'), nullptr).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
}

}  // namespace
}  // namespace vsw
