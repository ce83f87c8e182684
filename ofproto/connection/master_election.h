// SPDX-License-Identifier: Apache-2.0
//
// The generation id by which a bridge tells a stale master from a new one (1.3 section 6.3.4): ids
// go round, so that newer is by signed distance.
#ifndef VSW_OFPROTO_CONNECTION_MASTER_ELECTION_H_
#define VSW_OFPROTO_CONNECTION_MASTER_ELECTION_H_

#include <cstdint>
#include <optional>

#include "ofproto/error.h"

namespace vsw::ofconn {

class MasterElection {
 public:
  /// Takes the id of a request for master or slave. Errors: kRoleStale.
  OfStatus Advance(uint64_t generation) {
    if (generation_.has_value() && static_cast<int64_t>(generation - *generation_) < 0) {
      return OfErrorId::kRoleStale;
    }
    generation_ = generation;
    return {};
  }
  /// None before the first request with one.
  const std::optional<uint64_t>& generation() const { return generation_; }

 private:
  std::optional<uint64_t> generation_;
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_MASTER_ELECTION_H_
