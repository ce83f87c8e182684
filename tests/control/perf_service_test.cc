// SPDX-License-Identifier: Apache-2.0
//
// Measurements of the workers: checked here, done by the switch.
#include <gmock/gmock.h>

#include "tests/control/api_fixture.h"

namespace vsw::control {
namespace {

using testing::HasSubstr;

class PerfServiceTest : public ApiTest {
 protected:
  grpc::Status Start(int32_t seconds) {
    v1::StartPerfRequest request;
    request.set_seconds(seconds);
    return client_->Call(client_->perf, &v1::PerfService::Stub::StartPerf, request, &started_);
  }
  grpc::Status Get() {
    return client_->Call(client_->perf, &v1::PerfService::Stub::GetPerf, v1::GetPerfRequest(),
                         &answer_);
  }
  v1::StartPerfResponse started_;
  v1::GetPerfResponse answer_;
};

TEST_F(PerfServiceTest, PassesMeasurementsOnAndSaysWhenTheSwitchIsAway) {
  EXPECT_EQ(Start(1).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Get().error_code(), grpc::StatusCode::UNAVAILABLE);
  switch_.Start();
  ASSERT_TRUE(Eventually([&] { return Start(60).ok(); }));
  EXPECT_EQ(started_.measurement(), 60u);
  ASSERT_TRUE(Get().ok());
  EXPECT_EQ(answer_.workers(0).packets(), 42u);
}

TEST_F(PerfServiceTest, RefusesWhatIsNoLengthOfTime) {
  for (const int32_t seconds : {0, -1, 61}) {
    const grpc::Status status = Start(seconds);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << seconds;
    EXPECT_THAT(status.error_message(), HasSubstr("seconds: "));
    EXPECT_THAT(status.error_message(), HasSubstr("1..60"));
  }
}

}  // namespace
}  // namespace vsw::control
