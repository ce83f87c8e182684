// SPDX-License-Identifier: Apache-2.0
//
// Which OpenFlow number each port of one bridge bears. An explicitly wanted number always wins, and
// a port that had it by chance moves; a number given by chance stays as long as the port lives and
// nobody asks for it. The bridge's own internal port is LOCAL. A pure function.
#ifndef VSW_DATAPATH_APPLY_OFPORT_ASSIGNMENT_H_
#define VSW_DATAPATH_APPLY_OFPORT_ASSIGNMENT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/net_types.h"

namespace vsw {

/// Highest number that is not reserved (OpenFlow 1.0 section 5.2.1: OFPP_MAX is 0xff00).
inline constexpr uint32_t kMaxOfPort = 0xfeff;

struct OfPortRequest {
  std::string name;
  uint32_t wanted = 0;   // 0 = any
  uint32_t current = 0;  // 0 = none so far
  bool is_local = false;
};

struct OfPortResult {
  uint32_t number = 0;   // 0: none could be had
  std::string taken_by;  // then: the port that has the wanted one; empty if none is left
};

/// One result per name. Of two that want the same number, the one that has it now keeps it, else
/// the first in `requests`.
std::map<std::string, OfPortResult> AssignOfPorts(const std::vector<OfPortRequest>& requests);

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_OFPORT_ASSIGNMENT_H_
