// SPDX-License-Identifier: Apache-2.0
//
// Requests that come in several messages (OFPMPF_REQ_MORE, 1.3 section 7.3.5). Parts hold whole
// entries, so that each is decoded by itself and what they say is put together here. Bounded in
// how many requests are open, how long each may be and take, and what they hold together.
//
// Thread safety: the thread of the connections.
#ifndef VSW_OFPROTO_CONNECTION_MULTIPART_ASSEMBLER_H_
#define VSW_OFPROTO_CONNECTION_MULTIPART_ASSEMBLER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "ofproto/message/codec.h"

namespace vsw::ofconn {

class MultipartAssembler {
 public:
  static constexpr size_t kMaxOpen = 16;
  static constexpr size_t kMaxBytes = 4 << 20;
  /// Monitors of all that are open: decoded, each takes much more than its few octets.
  static constexpr size_t kMaxMonitors = 4096;
  static constexpr uint64_t kTimeoutNs = 10'000'000'000;

  /// The whole request if this was its last (or only) part, nothing if there is more to come.
  /// Errors end the request to which the part belongs.
  OfResult<std::optional<Request>> Add(Request part, uint64_t now_ns);
  /// A part of xid was in error: the request is given up.
  void GiveUp(uint32_t xid);
  /// Headers of requests whose next part did not come in time: each is told
  /// kMultipartTimeout.
  std::vector<OfHeader> TakeExpired(uint64_t now_ns);
  bool empty() const { return open_.empty(); }

 private:
  struct Open {
    Request request;
    size_t bytes = 0;
    uint64_t last_ns = 0;
  };
  using Map = std::map<uint32_t, Open>;
  OfStatus Grow(Open* open, Request part);
  Map::iterator Erase(Map::iterator it);

  Map open_;
  size_t monitors_ = 0;  // in all of them
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_MULTIPART_ASSEMBLER_H_
