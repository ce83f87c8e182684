// SPDX-License-Identifier: Apache-2.0
//
// Which asynchronous messages one controller gets: by kind, by reason and by its role (1.3 sections
// 6.3.4 and 7.3.10, 1.4 section 7.3.10). The defaults are those of the specifications as Open
// vSwitch reads them: a slave gets port status alone, invalid TTLs must be asked for.
#ifndef VSW_OFPROTO_CONNECTION_ASYNC_FILTER_H_
#define VSW_OFPROTO_CONNECTION_ASYNC_FILTER_H_

#include <cstdint>
#include <optional>

#include "ofproto/message/codec.h"

namespace vsw::ofconn {

class AsyncFilter {
 public:
  explicit AsyncFilter(OfVersion version);

  const msg::AsyncConfig& config() const { return config_; }
  void Set(const msg::SetAsync& change);
  /// OFPC_INVALID_TTL_TO_CONTROLLER of 1.1 and 1.2, and of Open vSwitch in all versions.
  void SetInvalidTtl(bool wanted);
  bool invalid_ttl() const;

  using Masks = std::array<uint32_t, 2>;
  /// Whether reason `reason` of a kind of message is wanted, such as
  /// `Wants(&msg::AsyncConfig::port_status, is_slave, reason)`.
  bool Wants(Masks msg::AsyncConfig::*kind, bool is_slave, uint32_t reason) const {
    return reason < 32 && ((config_.*kind)[is_slave ? 1 : 0] >> reason & 1) != 0;
  }

 private:
  msg::AsyncConfig config_;
};

/// The reason that goes over the wire: versions that lack one get the nearest (1.4 section B.14.4).
/// None: a table miss that this version sees by a rule alone.
std::optional<PacketInReason> WireReason(OfVersion version, PacketInReason reason);
FlowRemovedReason WireReason(OfVersion version, FlowRemovedReason reason);

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_ASYNC_FILTER_H_
