// SPDX-License-Identifier: Apache-2.0
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/fake_manager.h"

namespace vsw::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class PerfTest : public testing::Test {
 protected:
  PerfTest() {
    manager_.perf.set_measurement(1);
    manager_.perf.set_cycles_per_second(2'000'000);
    v1::WorkerPerf* worker = manager_.perf.add_workers();
    worker->set_core(3);
    worker->set_elapsed_cycles(2'000'000);
    worker->set_idle_cycles(1'500'000);
    worker->set_busy_cycles(500'000);
    AddStage("receive", 100'000);
    AddStage("miss", 0);
    AddStage("other", 400'000);
    worker->set_packets(1000);
    worker->set_bursts(40);
    AddBucket(1, 1, 10, worker->mutable_burst_sizes());
    AddBucket(2, 2, 0, worker->mutable_burst_sizes());
    AddBucket(17, 32, 30, worker->mutable_burst_sizes());
    AddBucket(256, 511, 39, worker->mutable_packet_cycles());
    AddBucket(8388608, 0, 1, worker->mutable_packet_cycles());
    worker->set_exact_match_hits(900);
    worker->set_megaflow_hits(80);
    worker->set_misses(20);
  }
  void AddStage(const std::string& name, uint64_t cycles) {
    v1::StageCycles* stage = manager_.perf.mutable_workers(0)->add_stages();
    stage->set_stage(name);
    stage->set_cycles(cycles);
  }
  static void AddBucket(uint64_t from, uint64_t to, uint64_t bursts,
                        google::protobuf::RepeatedPtrField<v1::PerfBucket>* buckets) {
    v1::PerfBucket* bucket = buckets->Add();
    bucket->set_from(from);
    bucket->set_to(to);
    bucket->set_bursts(bursts);
  }
  Outcome Vswctl(const std::string& line) { return RunVswctl(manager_.socket(), line); }

  FakeManager manager_;
};

TEST_F(PerfTest, ShowsStagesLookupsAndHistogramsOfEachWorker) {
  v1::WorkerPerf* idle = manager_.perf.add_workers();
  idle->set_worker(1);
  idle->set_core(-1);
  idle->set_elapsed_cycles(2'000'000);
  idle->set_idle_cycles(2'000'000);
  EXPECT_EQ(Vswctl("perf").out,
            "worker 0, core 3: busy 25.0% of 1.00 s, 1000 packets in 40 bursts, 25.0 each\n"
            "  STAGE    CYCLES/PACKET   SHARE\n"
            "  receive          100.0   20.0%\n"
            "  miss               0.0    0.0%\n"
            "  other            400.0   80.0%\n"
            "  all              500.0  100.0%\n"
            "  lookups: 900 exact-hits (90.0%), 80 megaflow-hits (8.0%), 20 misses (2.0%)\n"
            "  PACKETS/BURST  BURSTS  SHARE\n"
            "              1      10  25.0%  ##########\n"
            "              2       0   0.0%\n"
            "          17-32      30  75.0%  ##############################\n"
            "  CYCLES/PACKET  BURSTS  SHARE\n"
            "        256-511      39  97.5%  #######################################\n"
            "       8388608-       1   2.5%  #\n"
            "worker 1: busy 0.0% of 1.00 s, no packets\n");
  EXPECT_EQ(manager_.start_perf.seconds(), 1);
}

TEST_F(PerfTest, WaitsForTheMeasurementWhateverTheTimeout) {
  const Outcome outcome = Vswctl("--timeout 0.5 --format json perf 2");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_EQ(manager_.start_perf.seconds(), 2);
  EXPECT_GE(manager_.perf_read - manager_.perf_started, 2s);
  EXPECT_THAT(outcome.out, HasSubstr("\"busy_cycles\":\"500000\""));
  EXPECT_THAT(outcome.out, HasSubstr("{\"stage\":\"other\",\"cycles\":\"400000\"}"));
}

TEST_F(PerfTest, SaysThatAnotherMeasurementCameBetween) {
  manager_.perf.set_measurement(2);
  const Outcome outcome = Vswctl("perf 1");
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("another measurement"));
  EXPECT_EQ(outcome.out, "");
}

TEST_F(PerfTest, RefusesWhatIsNoLengthOfTime) {
  for (const char* seconds : {"0", "61", "one", "1.5", "99999999999999999999"}) {
    const Outcome outcome = Vswctl(std::string("perf ") + seconds);
    EXPECT_EQ(outcome.exit_status, 1) << seconds;
    EXPECT_THAT(outcome.err, HasSubstr("from 1 to 60")) << seconds;
  }
  EXPECT_EQ(manager_.start_perf.seconds(), 0) << "nothing was begun";
  EXPECT_EQ(Vswctl("perf -1").exit_status, 1);
  EXPECT_EQ(Vswctl("perf 1 2").exit_status, 1);
}

}  // namespace
}  // namespace vsw::cli
