// SPDX-License-Identifier: Apache-2.0
//
// Sockets that keep the kernel from answering tunnel packets with "port unreachable" or "protocol
// unreachable": it has a copy of what underlay ports receive, and knows nobody who would take it.
// They take it, and drop it unread. Where something else has the port (the kernel's own VXLAN
// device), it keeps the kernel quiet as well.
//
// Thread safety: one thread uses it.
#ifndef VSW_DATAPATH_UNDERLAY_QUIET_SOCKETS_H_
#define VSW_DATAPATH_UNDERLAY_QUIET_SOCKETS_H_

#include <cstdint>
#include <map>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "base/unique_fd.h"

namespace vsw {

class QuietSockets {
 public:
  /// Opens and closes what it takes for these to be quiet. Errors: PermissionDenied and the like;
  /// the rest was done.
  absl::Status Set(std::span<const uint16_t> udp_ports, bool gre);

 private:
  using Key = std::pair<int, uint16_t>;  // family; UDP port, 0 for GRE
  std::map<Key, UniqueFd> sockets_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_UNDERLAY_QUIET_SOCKETS_H_
