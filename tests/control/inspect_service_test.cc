// SPDX-License-Identifier: Apache-2.0
//
// Questions about packets and caches: checked here, answered by the switch.
#include <gmock/gmock.h>

#include "tests/control/api_fixture.h"

namespace vsw::control {
namespace {

using testing::HasSubstr;

class InspectServiceTest : public ApiTest {
 protected:
  InspectServiceTest() {
    CreateBridge("br0");
    CreateTap("tap0", "br0");
  }
  void StartSwitch() {
    switch_.Start();
    v1::WaitAppliedResponse applied;
    ASSERT_TRUE(WaitApplied(GetStatus().wanted_revision(), &applied).ok());
  }
  grpc::Status Trace(const std::string& bridge, const std::string& flow,
                     const std::string& frame = "") {
    v1::TraceRequest request;
    request.set_bridge(bridge);
    request.set_flow(flow);
    request.set_frame(frame);
    return client_->Call(client_->inspect, &v1::InspectService::Stub::Trace, request, &response_);
  }
  v1::TraceResponse response_;
};

TEST_F(InspectServiceTest, PassesATraceOnWithPortsByNumber) {
  StartSwitch();
  ASSERT_TRUE(Trace("br0", "in_port=tap0,dl_type=0x0800,nw_proto=6", "frame").ok());
  EXPECT_EQ(response_.flow(), "tcp,in_port=1");
  EXPECT_EQ(response_.text(), "frame");
}

TEST_F(InspectServiceTest, RefusesWhatIsNoPacket) {
  EXPECT_EQ(Trace("", "in_port=1").error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Trace("none", "in_port=1").error_code(), grpc::StatusCode::NOT_FOUND);
  const grpc::Status status = Trace("br0", "in_port=tap0,tpc");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("flow: "));
  EXPECT_THAT(status.error_message(), HasSubstr("tpc"));
}

TEST_F(InspectServiceTest, PassesMegaflowsOn) {
  StartSwitch();
  const auto list = [&](const std::string& bridge, int* count) {
    grpc::ClientContext context;
    v1::ListMegaflowsRequest request;
    request.set_bridge(bridge);
    const auto reader = client_->inspect->ListMegaflows(&context, request);
    v1::ListMegaflowsResponse part;
    while (reader->Read(&part)) *count += part.megaflows_size();
    return reader->Finish();
  };
  int count = 0;
  EXPECT_TRUE(list("br0", &count).ok());
  EXPECT_TRUE(list("", &count).ok());
  EXPECT_EQ(count, 6);
  EXPECT_EQ(list("none", &count).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(InspectServiceTest, PassesStatisticsOnAndSaysWhenTheSwitchIsAway) {
  v1::GetCacheStatsResponse stats;
  const auto ask = [&] {
    return client_->Call(client_->inspect, &v1::InspectService::Stub::GetCacheStats,
                         v1::GetCacheStatsRequest(), &stats);
  };
  EXPECT_EQ(ask().error_code(), grpc::StatusCode::UNAVAILABLE);
  switch_.Start();
  ASSERT_TRUE(Eventually([&] { return ask().ok(); }));
  EXPECT_EQ(stats.workers(0).misses(), 42u);
}

}  // namespace
}  // namespace vsw::control
