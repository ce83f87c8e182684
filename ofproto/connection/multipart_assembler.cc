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

size_t MonitorsOf(const Request& request) {
  const auto* monitors = std::get_if<msg::FlowMonitorRequests>(&request.body);
  return monitors == nullptr ? 0 : monitors->monitors.size();
}

}  // namespace

MultipartAssembler::Map::iterator MultipartAssembler::Erase(Map::iterator it) {
  monitors_ -= MonitorsOf(it->second.request);
  return open_.erase(it);
}

void MultipartAssembler::GiveUp(uint32_t xid) {
  if (const auto it = open_.find(xid); it != open_.end()) Erase(it);
}

// Adds a further part to what is there of its request.
OfStatus MultipartAssembler::Grow(Open* open, Request part) {
  if (open->request.body.index() != part.body.index() || open->request.nicira != part.nicira) {
    // Another type with the same xid (1.3 section 7.3.5: they must be the same in all parts).
    return {OfErrorId::kBadMultipart, "parts of different types with one xid"};
  }
  const size_t monitors = MonitorsOf(part);
  if (open->bytes > kMaxBytes || monitors_ + monitors > kMaxMonitors) {
    return OfErrorId::kMultipartOverflow;
  }
  VSW_OF_RETURN_IF_ERROR(Join(&open->request, std::move(part)));
  monitors_ += monitors;
  return {};
}

OfResult<std::optional<Request>> MultipartAssembler::Add(Request part, uint64_t now_ns) {
  const uint32_t xid = part.header.xid;
  const size_t bytes = part.header.length;
  const bool more = part.more;
  const auto it = open_.find(xid);
  if (it == open_.end()) {
    if (!more) return std::optional<Request>(std::move(part));
    if (open_.size() >= kMaxOpen || monitors_ + MonitorsOf(part) > kMaxMonitors) {
      return OfStatus(OfErrorId::kMultipartOverflow, "too many requests are incomplete");
    }
    monitors_ += MonitorsOf(part);
    open_.emplace(xid, Open{std::move(part), bytes, now_ns});
    return std::optional<Request>();
  }
  Open& open = it->second;
  open.last_ns = now_ns;
  open.bytes += bytes;
  const OfStatus status = Grow(&open, std::move(part));
  if (!status.ok()) {
    Erase(it);
    return status;
  }
  if (more) return std::optional<Request>();
  monitors_ -= MonitorsOf(open.request);
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
    it = Erase(it);
  }
  return expired;
}

}  // namespace vsw::ofconn
