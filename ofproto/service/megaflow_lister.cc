// SPDX-License-Identifier: Apache-2.0
#include "ofproto/service/megaflow_lister.h"

#include <cstdint>
#include <utility>

#include "fmt/format.h"
#include "ofproto/translate/trace.h"

namespace vsw {

std::string NameOf(const std::map<PortNo, PortPlace>& places, PortNo port) {
  const auto place = places.find(port);
  return place == places.end() ? fmt::format("#{}", ToInt(port)) : place->second.name;
}

MegaflowLister::MegaflowLister(const vsw::v1::ListMegaflowsRequest& request,
                               std::map<PortNo, PortPlace> places, const DatapathControl* control,
                               CacheView* caches)
    : bridge_(request.bridge()),
      per_worker_(request.limit() == 0 ? SIZE_MAX : request.limit()),
      places_(std::move(places)),
      control_(control),
      caches_(caches) {
  Next(true);
}

// A message without megaflows would only keep the caller awake.
void MegaflowLister::Next(bool ok) {
  message_.Clear();
  while (ok && more_ && message_.megaflows_size() == 0) {
    more_ = caches_->ListMegaflows(&cursor_, per_worker_, [this](const MegaflowRow& row) {
      if (IsAskedFor(row)) Fill(row, message_.add_megaflows());
    });
  }
  if (ok && message_.megaflows_size() > 0) {
    StartWrite(&message_);
  } else {
    Finish(grpc::Status::OK);
  }
}

bool MegaflowLister::IsAskedFor(const MegaflowRow& row) const {
  if (bridge_.empty()) return true;
  const auto place = places_.find(row.key.in_port);
  return place != places_.end() && place->second.bridge == bridge_;
}

void MegaflowLister::Fill(const MegaflowRow& row, vsw::v1::Megaflow* message) const {
  const PortNamer name_of = [this](PortNo port) { return NameOf(places_, port); };
  message->set_worker(ToInt(row.worker));
  message->set_match(FormatMegaflow(row.key, row.mask, name_of));
  message->set_actions(FormatDatapathActions(row.actions, name_of));
  if (row.actions.empty()) message->set_drop(std::string(Describe(row.drop_reason).name));
  message->set_packets(row.packets);
  message->set_bytes(row.bytes);
  message->set_used_seconds(-1);
  if (row.used_ns == 0) return;
  const uint64_t now_ns = control_->NowNs();
  message->set_used_seconds(static_cast<double>(now_ns > row.used_ns ? now_ns - row.used_ns : 0) /
                            1e9);
}

}  // namespace vsw
