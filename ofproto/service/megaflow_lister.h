// SPDX-License-Identifier: Apache-2.0
//
// Cached decisions as messages. They are read from the workers as the stream takes them, so that a
// million of them are never all in memory as text.
#ifndef VSW_OFPROTO_SERVICE_MEGAFLOW_LISTER_H_
#define VSW_OFPROTO_SERVICE_MEGAFLOW_LISTER_H_

#include <grpcpp/grpcpp.h>

#include <map>
#include <string>

#include "datapath/flow/cache_view.h"
#include "datapath/flow/datapath_control.h"
#include "ofproto/bridge_directory.h"
#include "vsw/v1/inspect.pb.h"

namespace vsw {

/// "eth1", or "#7" for a port that is gone.
std::string NameOf(const std::map<PortNo, PortPlace>& places, PortNo port);

/// One ListMegaflows call; deletes itself.
class MegaflowLister final : public grpc::ServerWriteReactor<vsw::v1::ListMegaflowsResponse> {
 public:
  /// `control` and `caches` outlive the call.
  MegaflowLister(const vsw::v1::ListMegaflowsRequest& request, std::map<PortNo, PortPlace> places,
                 const DatapathControl* control, CacheView* caches);
  void OnWriteDone(bool ok) override { Next(ok); }
  void OnDone() override { delete this; }

 private:
  void Next(bool ok);
  bool IsAskedFor(const MegaflowRow& row) const;
  void Fill(const MegaflowRow& row, vsw::v1::Megaflow* message) const;

  const std::string bridge_;
  const size_t per_worker_;
  const std::map<PortNo, PortPlace> places_;
  const DatapathControl* const control_;
  CacheView* const caches_;
  MegaflowCursor cursor_;
  bool more_ = true;
  vsw::v1::ListMegaflowsResponse message_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_SERVICE_MEGAFLOW_LISTER_H_
