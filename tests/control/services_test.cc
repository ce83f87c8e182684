// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <sys/stat.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/control/api_fixture.h"

namespace vsw::control {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;

std::string FieldAtFault(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::BadRequest blame;
  if (!details.ParseFromString(status.error_details()) || details.details_size() != 1 ||
      !details.details(0).UnpackTo(&blame) || blame.field_violations_size() != 1) {
    return "";
  }
  return blame.field_violations(0).field();
}

class ServicesTest : public ApiTest {};

TEST_F(ServicesTest, NamesTheFieldAtFaultInTheStatusDetails) {
  CreateBridge("br0");
  auto request = NewTapRequest("vm1", "br0");
  request.mutable_port()->set_type(v1::PORT_TYPE_VHOST_USER);
  (*request.mutable_port()->mutable_options())["path"] = "relative.sock";
  v1::ChangeResponse response;
  const auto status =
      client_->Call(client_->ports, &v1::PortService::Stub::CreatePort, request, &response);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(FieldAtFault(status), "port.options[path]");
  EXPECT_THAT(status.error_message(), HasSubstr("absolute path"));
}

TEST_F(ServicesTest, NamesTheChangeOfABatchThatIsAtFault) {
  v1::BatchRequest batch;
  *batch.add_changes()->mutable_create_bridge() = NewBridgeRequest("br0");
  auto tap = NewTapRequest("tap0", "br0");
  tap.mutable_port()->mutable_vlan()->set_tag(4096);
  *batch.add_changes()->mutable_create_port() = tap;
  v1::ChangeResponse response;
  auto apply = [&] {
    return client_->Call(client_->batches, &v1::BatchService::Stub::ApplyBatch, batch, &response);
  };
  grpc::Status status = apply();
  EXPECT_EQ(FieldAtFault(status), "changes[1].create_port.port.vlan.tag");
  EXPECT_THAT(status.error_message(), HasSubstr("VLAN 4096 is not one of 1..4094"));

  batch.mutable_changes(1)->mutable_create_port()->mutable_port()->set_type(
      static_cast<v1::PortType>(77));
  EXPECT_EQ(FieldAtFault(apply()), "changes[1].create_port.port.type");
  batch.mutable_changes(1)->Clear();
  EXPECT_EQ(FieldAtFault(apply()), "changes[1].change");
  batch.mutable_changes()->RemoveLast();
  EXPECT_TRUE(apply().ok());
}

TEST_F(ServicesTest, ShowsTheBridgesOwnPortAndSaysWhyAStateIsUnknown) {
  CreateBridge("br0");
  v1::ListPortsResponse ports;
  ASSERT_TRUE(
      client_
          ->Call(client_->ports, &v1::PortService::Stub::ListPorts, v1::ListPortsRequest(), &ports)
          .ok());
  ASSERT_EQ(ports.ports_size(), 1);
  EXPECT_EQ(ports.ports(0).name(), "br0");
  EXPECT_EQ(ports.ports(0).status().state(), v1::RESOURCE_STATE_UNKNOWN);
  EXPECT_THAT(ports.ports(0).status().reason(), HasSubstr("vswitchd.sock"));
  EXPECT_FALSE(GetStatus().switch_status().connected());
  EXPECT_THAT(GetStatus().switch_status().error(), HasSubstr("vswitchd"));
}

TEST_F(ServicesTest, SaysThatTheSwitchIsAwayWhereOnlyItKnowsTheAnswer) {
  CreateBridge("br0");
  v1::GetCountersResponse counters;
  v1::ListFdbResponse entries;
  v1::FlushFdbResponse flushed;
  for (const grpc::Status& status :
       {client_->Call(client_->status, &v1::StatusService::Stub::GetCounters,
                      v1::GetCountersRequest(), &counters),
        client_->Call(client_->fdb, &v1::FdbService::Stub::ListFdb, v1::ListFdbRequest(), &entries),
        client_->Call(client_->fdb, &v1::FdbService::Stub::FlushFdb, v1::FlushFdbRequest(),
                      &flushed)}) {
    EXPECT_EQ(status.error_code(), StatusCode::UNAVAILABLE);
    EXPECT_THAT(status.error_message(),
                HasSubstr("vswitchd is not answering on " + (dir_ / "vswitchd.sock")));
  }
}

TEST_F(ServicesTest, PassesQuestionsOnToTheSwitch) {
  switch_.Start();
  v1::WaitAppliedResponse applied;
  ASSERT_TRUE(WaitApplied(CreateBridge("br0"), &applied).ok());
  v1::GetCountersResponse counters;
  ASSERT_TRUE(client_
                  ->Call(client_->status, &v1::StatusService::Stub::GetCounters,
                         v1::GetCountersRequest(), &counters)
                  .ok());
  ASSERT_EQ(counters.ports_size(), 1);
  EXPECT_EQ(counters.ports(0).counters().rx_packets(), 42u);
  v1::ListDropsResponse drops;
  ASSERT_TRUE(client_
                  ->Call(client_->status, &v1::StatusService::Stub::ListDrops,
                         v1::ListDropsRequest(), &drops)
                  .ok());
  EXPECT_EQ(drops.drops(0).reason(), "vlan-not-allowed");
  v1::FlushFdbRequest flush;
  v1::FlushFdbResponse flushed;
  ASSERT_TRUE(client_->Call(client_->fdb, &v1::FdbService::Stub::FlushFdb, flush, &flushed).ok());
  EXPECT_EQ(flushed.flushed(), 3u);
  flush.set_port("none");
  EXPECT_EQ(
      client_->Call(client_->fdb, &v1::FdbService::Stub::FlushFdb, flush, &flushed).error_code(),
      StatusCode::NOT_FOUND);
  EXPECT_TRUE(GetStatus().switch_status().connected());
  EXPECT_EQ(GetStatus().switch_status().version(), "fake");
}

TEST_F(ServicesTest, RefusesToWaitForARevisionThatDoesNotExist) {
  v1::WaitAppliedResponse applied;
  EXPECT_EQ(WaitApplied(999, &applied).error_code(), StatusCode::OUT_OF_RANGE);
}

TEST_F(ServicesTest, EndsAWaitWithItsDeadlineAndGoesOnServing) {
  const uint64_t revision = CreateBridge("br0");
  v1::WaitAppliedResponse applied;
  EXPECT_EQ(WaitApplied(revision, &applied, std::chrono::milliseconds(100)).error_code(),
            StatusCode::DEADLINE_EXCEEDED);
  switch_.Start();
  EXPECT_TRUE(WaitApplied(revision, &applied).ok());
}

TEST_F(ServicesTest, TakesTwoThousandPortsInOneBatch) {
  v1::BatchRequest batch;
  *batch.add_changes()->mutable_create_bridge() = NewBridgeRequest("br0");
  for (int i = 0; i < 2000; ++i) {
    *batch.add_changes()->mutable_create_port() = NewTapRequest(fmt::format("tap{}", i), "br0");
  }
  v1::ChangeResponse response;
  const auto status =
      client_->Call(client_->batches, &v1::BatchService::Stub::ApplyBatch, batch, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.revision(), 2u);
}

TEST_F(ServicesTest, RefusesMessagesAboveSixteenMebibytesAndLives) {
  auto request = NewBridgeRequest("br0");
  (*request.mutable_bridge()->mutable_labels())["x"] = std::string(17 << 20, 'x');
  v1::ChangeResponse response;
  EXPECT_EQ(
      client_->Call(client_->bridges, &v1::BridgeService::Stub::CreateBridge, request, &response)
          .error_code(),
      StatusCode::RESOURCE_EXHAUSTED);
  CreateBridge("br0");
}

TEST_F(ServicesTest, AnswersHugeNamesWithShortErrors) {
  v1::ChangeResponse response;
  const auto status = client_->Call(client_->bridges, &v1::BridgeService::Stub::CreateBridge,
                                    NewBridgeRequest(std::string(8 << 20, 'x')), &response);
  EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT) << status.error_message();
  auto port = NewTapRequest("tap0", "br1");
  (*port.mutable_port()->mutable_options())[std::string(8 << 20, 'y')] = "1";
  CreateBridge("br1");
  EXPECT_EQ(client_->Call(client_->ports, &v1::PortService::Stub::CreatePort, port, &response)
                .error_code(),
            StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServicesTest, RefusesBytesThatAreNoMessageAndLives) {
  // Field 1, a bridge, whose field 1, the name, has an octet that is no UTF-8; and plain rubbish.
  for (const std::string& bytes :
       {std::string("\x0a\x03\x0a\x01\xff"), std::string(1000, '\xff')}) {
    grpc::GenericStub stub(client_->channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::Status status;
    bool done = false;
    std::mutex mutex;
    std::condition_variable ended;
    stub.UnaryCall(&context, "/vsw.v1.BridgeService/CreateBridge", {}, &request, &response,
                   [&](grpc::Status result) {
                     const std::lock_guard<std::mutex> lock(mutex);
                     status = result;
                     done = true;
                     ended.notify_one();
                   });
    std::unique_lock<std::mutex> lock(mutex);
    ended.wait(lock, [&] { return done; });
    EXPECT_FALSE(status.ok());
  }
  CreateBridge("br0");
}

TEST_F(ServicesTest, ListensOnASocketForOwnerAndGroup) {
  struct stat info {};
  ASSERT_EQ(stat(daemon_->socket_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660u);
}

}  // namespace
}  // namespace vsw::control
