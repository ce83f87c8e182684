// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/perf_service.h"

#include <algorithm>

#include "base/status.h"

namespace vsw {
namespace {

constexpr int32_t kMaxSeconds = 60;

// Those of a busy worker, in the order of PerfStage.
constexpr const char* kBusyStages[] = {"receive", "parse",    "lookup", "miss",
                                       "execute", "transmit", "other"};
static_assert(std::size(kBusyStages) == static_cast<size_t>(PerfStage::kIdle));

void AddBucket(uint64_t from, uint64_t to, uint64_t bursts,
               google::protobuf::RepeatedPtrField<vsw::v1::PerfBucket>* buckets) {
  vsw::v1::PerfBucket* bucket = buckets->Add();
  bucket->set_from(from);
  bucket->set_to(to);
  bucket->set_bursts(bursts);
}

void FillStages(const PerfTotals& totals, vsw::v1::WorkerPerf* message) {
  uint64_t busy = 0;
  for (size_t i = 0; i < std::size(kBusyStages); ++i) {
    vsw::v1::StageCycles* stage = message->add_stages();
    stage->set_stage(kBusyStages[i]);
    stage->set_cycles(totals.stage_tsc[i]);
    busy += totals.stage_tsc[i];
  }
  message->set_busy_cycles(busy);
  message->set_idle_cycles(totals.stage_tsc[static_cast<size_t>(PerfStage::kIdle)]);
}

// Bucket i ends with the i-th power of two.
void FillBurstSizes(const PerfTotals& totals, vsw::v1::WorkerPerf* message) {
  uint64_t from = 1;
  for (size_t i = 0; i < kBurstSizeBuckets; ++i) {
    const uint64_t to = uint64_t{1} << i;
    AddBucket(from, to, totals.burst_sizes[i], message->mutable_burst_sizes());
    from = to + 1;
  }
}

// From the first one that has any to the last one.
void FillPacketCycles(const PerfTotals& totals, vsw::v1::WorkerPerf* message) {
  const auto any = [](uint64_t bursts) { return bursts > 0; };
  const auto& all = totals.packet_cycles;
  const auto first = static_cast<size_t>(std::find_if(all.begin(), all.end(), any) - all.begin());
  const auto end = static_cast<size_t>(all.rend() - std::find_if(all.rbegin(), all.rend(), any));
  for (size_t i = first; i < end; ++i) {
    const bool last = i + 1 == kPacketCycleBuckets;
    AddBucket(i == 0 ? 0 : uint64_t{1} << i, last ? 0 : (uint64_t{2} << i) - 1, all[i],
              message->mutable_packet_cycles());
  }
}

void Fill(const WorkerPerf& worker, vsw::v1::WorkerPerf* message) {
  const PerfTotals& totals = worker.totals;
  message->set_worker(ToInt(worker.id));
  message->set_core(worker.core);
  message->set_measuring(worker.measuring);
  message->set_elapsed_cycles(totals.elapsed_tsc);
  FillStages(totals, message);
  message->set_packets(totals.packets);
  message->set_bursts(totals.bursts);
  FillBurstSizes(totals, message);
  FillPacketCycles(totals, message);
  message->set_exact_match_hits(totals.lookups.exact_match_hits);
  message->set_megaflow_hits(totals.lookups.megaflow_hits);
  message->set_misses(totals.lookups.misses);
}

}  // namespace

grpc::ServerUnaryReactor* PerfService::StartPerf(grpc::CallbackServerContext* context,
                                                 const vsw::v1::StartPerfRequest* request,
                                                 vsw::v1::StartPerfResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (request->seconds() < 1 || request->seconds() > kMaxSeconds) {
    reactor->Finish(
        {grpc::StatusCode::INVALID_ARGUMENT,
         fmt::format("seconds: {} is not one of 1..{}", request->seconds(), kMaxSeconds)});
    return reactor;
  }
  response->set_measurement(view_->StartPerf(static_cast<uint32_t>(request->seconds())));
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* PerfService::GetPerf(grpc::CallbackServerContext* context,
                                               const vsw::v1::GetPerfRequest* /*request*/,
                                               vsw::v1::GetPerfResponse* response) {
  const PerfReport report = view_->ReadPerf();
  response->set_measurement(report.measurement);
  response->set_cycles_per_second(report.tsc_hz);
  for (const WorkerPerf& worker : report.workers) Fill(worker, response->add_workers());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace vsw
