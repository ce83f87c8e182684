// SPDX-License-Identifier: Apache-2.0
#include "ofproto/service/inspect_service.h"

#include <utility>

#include "base/status.h"
#include "ofproto/service/megaflow_lister.h"
#include "ofproto/service/trace_call.h"

namespace vsw {
namespace {

void Fill(const WorkerStats& stats, vsw::v1::WorkerCache* message) {
  message->set_worker(ToInt(stats.id));
  message->set_exact_match_hits(stats.exact_match_hits);
  message->set_megaflow_hits(stats.megaflow_hits);
  message->set_misses(stats.misses);
  message->set_megaflows(stats.megaflows);
  message->set_masks(stats.masks);
  message->set_translations(stats.translations);
  message->set_translation_ns(stats.translation_ns);
  message->set_misses_over_budget(stats.misses_over_budget);
  message->set_not_cached(stats.not_cached);
  message->set_recirculations(stats.recirculations);
  message->set_notes(stats.notes);
  message->set_upcalls(stats.upcalls);
  message->set_ring_full(stats.ring_full);
}

}  // namespace

std::map<PortNo, PortPlace> InspectService::ReadPlaces() const {
  std::map<PortNo, PortPlace> places;
  control_->RunOnSlowThread([&] { places = bridges_->ListPortPlaces(); });
  return places;
}

grpc::ServerUnaryReactor* InspectService::Trace(grpc::CallbackServerContext* context,
                                                const vsw::v1::TraceRequest* request,
                                                vsw::v1::TraceResponse* response) {
  // absl and gRPC number the canonical codes alike.
  const absl::Status status = AnswerTrace(*request, ReadPlaces(), control_, bridges_, response);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish({static_cast<grpc::StatusCode>(status.code()), std::string(status.message())});
  return reactor;
}

grpc::ServerWriteReactor<vsw::v1::ListMegaflowsResponse>* InspectService::ListMegaflows(
    grpc::CallbackServerContext* /*context*/, const vsw::v1::ListMegaflowsRequest* request) {
  return new MegaflowLister(*request, ReadPlaces(), control_, caches_);  // deletes itself
}

grpc::ServerUnaryReactor* InspectService::GetCacheStats(
    grpc::CallbackServerContext* context, const vsw::v1::GetCacheStatsRequest* /*request*/,
    vsw::v1::GetCacheStatsResponse* response) {
  for (const WorkerStats& stats : caches_->ReadWorkers()) Fill(stats, response->add_workers());
  const std::map<PortNo, PortPlace> places = ReadPlaces();
  for (const auto& [port, masks] : caches_->ReadMaskCounts()) {
    const auto place = places.find(port);
    if (place == places.end()) continue;  // gone meanwhile
    vsw::v1::PortMasks* message = response->add_ports();
    message->set_port(place->second.name);
    message->set_bridge(place->second.bridge);
    message->set_masks(masks);
  }
  const CacheLimits limits = caches_->cache_limits();
  response->mutable_limits()->set_exact_match_entries(limits.exact_match_entries);
  response->mutable_limits()->set_megaflows(limits.megaflows);
  response->mutable_limits()->set_masks_per_port(limits.masks_per_port);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace vsw
