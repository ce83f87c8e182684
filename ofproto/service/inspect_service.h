// SPDX-License-Identifier: Apache-2.0
//
// The private gRPC service for those who ask why: what would become of a packet, what workers have
// decided before, and what that costs.
//
// Thread safety: gRPC calls it on its own threads.
#ifndef VSW_OFPROTO_SERVICE_INSPECT_SERVICE_H_
#define VSW_OFPROTO_SERVICE_INSPECT_SERVICE_H_

#include <map>

#include "datapath/flow/cache_view.h"
#include "datapath/flow/datapath_control.h"
#include "ofproto/bridge_directory.h"
#include "vsw/datapath/v1/datapath.grpc.pb.h"

namespace vsw {

class InspectService final : public datapath::v1::Inspect::CallbackService {
 public:
  /// All outlive the service.
  InspectService(DatapathControl* control, CacheView* caches, BridgeDirectory* bridges)
      : control_(control), caches_(caches), bridges_(bridges) {}

  grpc::ServerUnaryReactor* Trace(grpc::CallbackServerContext* context,
                                  const vsw::v1::TraceRequest* request,
                                  vsw::v1::TraceResponse* response) override;
  grpc::ServerWriteReactor<vsw::v1::ListMegaflowsResponse>* ListMegaflows(
      grpc::CallbackServerContext* context, const vsw::v1::ListMegaflowsRequest* request) override;
  grpc::ServerUnaryReactor* GetCacheStats(grpc::CallbackServerContext* context,
                                          const vsw::v1::GetCacheStatsRequest* request,
                                          vsw::v1::GetCacheStatsResponse* response) override;

 private:
  std::map<PortNo, PortPlace> ReadPlaces() const;

  DatapathControl* const control_;
  CacheView* const caches_;
  BridgeDirectory* const bridges_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_SERVICE_INSPECT_SERVICE_H_
