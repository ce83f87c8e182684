// SPDX-License-Identifier: Apache-2.0
#include "ofproto/connection/multipart_assembler.h"

#include <iterator>
#include <utility>

namespace vsw::ofconn {
namespace {

// Adds what `part` says to `whole`, which is of the same kind. Only the requests that are lists can
// go on in a further part.
OfStatus Join(Request* whole, Request part) {
  if (auto* features = std::get_if<msg::TableFeaturesRequest>(&whole->body)) {
    features->wants_change |= std::get<msg::TableFeaturesRequest>(part.body).wants_change;
    return {};
  }
  if (auto* monitors = std::get_if<msg::FlowMonitorRequests>(&whole->body)) {
    auto& more = std::get<msg::FlowMonitorRequests>(part.body).monitors;
    monitors->monitors.insert(monitors->monitors.end(), std::make_move_iterator(more.begin()),
                              std::make_move_iterator(more.end()));
    return {};
  }
  return {OfErrorId::kBadLength, "a request of this type has one part"};
}

}  // namespace

OfResult<std::optional<Request>> MultipartAssembler::Add(Request part, uint64_t now_ns) {
  const uint32_t xid = part.header.xid;
  const size_t bytes = part.header.length;
  const bool more = part.more;
  const auto it = open_.find(xid);
  if (it == open_.end()) {
    if (!more) return std::optional<Request>(std::move(part));
    if (open_.size() >= kMaxOpen) {
      return OfStatus(OfErrorId::kMultipartOverflow, "too many requests are incomplete");
    }
    open_.emplace(xid, Open{std::move(part), bytes, now_ns});
    return std::optional<Request>();
  }
  Open& open = it->second;
  open.last_ns = now_ns;
  open.bytes += bytes;
  OfStatus status;
  if (open.request.body.index() != part.body.index() || open.request.nicira != part.nicira) {
    // Another type with the same xid (1.3 section 7.3.5: they must be the same in all parts).
    status = OfStatus(OfErrorId::kBadMultipart, "parts of different types with one xid");
  } else if (open.bytes > kMaxBytes) {
    status = OfErrorId::kMultipartOverflow;
  } else {
    status = Join(&open.request, std::move(part));
  }
  if (!status.ok()) {
    open_.erase(it);
    return status;
  }
  if (more) return std::optional<Request>();
  std::optional<Request> whole(std::move(open.request));
  whole->more = false;
  open_.erase(it);
  return whole;
}

std::vector<OfHeader> MultipartAssembler::TakeExpired(uint64_t now_ns) {
  std::vector<OfHeader> expired;
  for (auto it = open_.begin(); it != open_.end();) {
    if (now_ns - it->second.last_ns < kTimeoutNs) {
      ++it;
      continue;
    }
    expired.push_back(it->second.request.header);
    it = open_.erase(it);
  }
  return expired;
}

}  // namespace vsw::ofconn
