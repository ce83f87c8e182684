// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/perf_service.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "tests/apply/fakes.h"

namespace vsw {
namespace {

class PerfServiceTest : public testing::Test {
 protected:
  PerfServiceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = datapath::v1::Perf::NewStub(server_->InProcessChannel({}));
  }
  grpc::Status Start(int32_t seconds) {
    grpc::ClientContext context;
    vsw::v1::StartPerfRequest request;
    request.set_seconds(seconds);
    return stub_->StartPerf(&context, request, &started_);
  }
  vsw::v1::GetPerfResponse Get() {
    grpc::ClientContext context;
    vsw::v1::GetPerfResponse response;
    EXPECT_TRUE(stub_->GetPerf(&context, {}, &response).ok());
    return response;
  }

  FakeSlowPath slow_path_;
  FakeWorkers workers_{&slow_path_};
  PerfService service_{&workers_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<datapath::v1::Perf::Stub> stub_;
  vsw::v1::StartPerfResponse started_;
};

TEST_F(PerfServiceTest, BeginsAMeasurementOfUpToAMinute) {
  for (const int32_t seconds : {0, -1, 61}) {
    const grpc::Status status = Start(seconds);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << seconds;
    EXPECT_EQ(status.error_message(),
              "seconds: " + std::to_string(seconds) + " is not one of 1..60");
  }
  EXPECT_EQ(workers_.perf.measurement, 0u);
  ASSERT_TRUE(Start(60).ok());
  EXPECT_EQ(workers_.perf_seconds, 60u);
  EXPECT_EQ(started_.measurement(), 1u);
}

TEST_F(PerfServiceTest, TellsWhatWasMeasured) {
  PerfTotals totals;
  totals.stage_tsc = {1, 2, 3, 4, 5, 6, 7, 1000};
  totals.elapsed_tsc = 1028;
  totals.packets = 40;
  totals.bursts = 2;
  totals.burst_sizes[3] = totals.burst_sizes[5] = 1;
  totals.packet_cycles[8] = totals.packet_cycles[10] = 1;
  totals.lookups = {.exact_match_hits = 30, .megaflow_hits = 9, .misses = 1};
  workers_.perf = {
      .measurement = 3,
      .tsc_hz = 2'000'000'000,
      .workers = {{.id = WorkerId{0}, .core = -1, .measuring = true, .totals = totals}}};
  const vsw::v1::GetPerfResponse response = Get();
  EXPECT_EQ(response.measurement(), 3u);
  EXPECT_EQ(response.cycles_per_second(), 2'000'000'000u);
  ASSERT_EQ(response.workers_size(), 1);
  const vsw::v1::WorkerPerf& worker = response.workers(0);
  EXPECT_EQ(worker.core(), -1);
  EXPECT_TRUE(worker.measuring());
  EXPECT_EQ(worker.busy_cycles(), 28u);
  EXPECT_EQ(worker.idle_cycles(), 1000u);
  ASSERT_EQ(worker.stages_size(), 7);
  EXPECT_EQ(worker.stages(0).stage(), "receive");
  EXPECT_EQ(worker.stages(3).stage(), "miss");
  EXPECT_EQ(worker.stages(3).cycles(), 4u);
  EXPECT_EQ(worker.stages(6).stage(), "other");
  ASSERT_EQ(worker.burst_sizes_size(), 6);
  EXPECT_EQ(worker.burst_sizes(2).from(), 3u);
  EXPECT_EQ(worker.burst_sizes(2).to(), 4u);
  EXPECT_EQ(worker.burst_sizes(2).bursts(), 0u);
  EXPECT_EQ(worker.burst_sizes(5).from(), 17u);
  EXPECT_EQ(worker.burst_sizes(5).to(), 32u);
  EXPECT_EQ(worker.burst_sizes(5).bursts(), 1u);
  ASSERT_EQ(worker.packet_cycles_size(), 3);  // from the first that has any to the last
  EXPECT_EQ(worker.packet_cycles(0).from(), 256u);
  EXPECT_EQ(worker.packet_cycles(0).to(), 511u);
  EXPECT_EQ(worker.packet_cycles(1).bursts(), 0u);
  EXPECT_EQ(worker.packet_cycles(2).to(), 2047u);
  EXPECT_EQ(worker.exact_match_hits(), 30u);
  EXPECT_EQ(worker.megaflow_hits(), 9u);
  EXPECT_EQ(worker.misses(), 1u);
}

TEST_F(PerfServiceTest, HasNoBucketsOfWhatForwardedNothing) {
  workers_.perf = {.measurement = 1, .tsc_hz = 1, .workers = {{}}};
  EXPECT_EQ(Get().workers(0).packet_cycles_size(), 0);
  PerfTotals totals;
  totals.packet_cycles.front() = totals.packet_cycles.back() = 1;
  workers_.perf.workers[0].totals = totals;
  const vsw::v1::GetPerfResponse response = Get();
  const auto& buckets = response.workers(0).packet_cycles();
  ASSERT_EQ(buckets.size(), static_cast<int>(kPacketCycleBuckets));
  EXPECT_EQ(buckets.begin()->from(), 0u);
  EXPECT_EQ(buckets.begin()->to(), 1u);
  EXPECT_EQ(buckets.rbegin()->to(), 0u) << "no upper end";
}

}  // namespace
}  // namespace vsw
