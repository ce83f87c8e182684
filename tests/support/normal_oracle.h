// SPDX-License-Identifier: Apache-2.0
//
// NORMAL as its description in docs/normal.md says it, the slow and plain way: whole frames, port
// by port, no wildcards, no order, no sharing. It shares no code with the switch, so that both
// being wrong in the same way takes two people.
#ifndef VSW_TESTS_SUPPORT_NORMAL_ORACLE_H_
#define VSW_TESTS_SUPPORT_NORMAL_ORACLE_H_

#include <cstddef>
#include <set>
#include <tuple>
#include <vector>

#include "base/drop_reason.h"
#include "datapath/flow/slow_path.h"
#include "tests/support/frame_model.h"

namespace vsw::testing {

struct OracleVerdict {
  std::vector<Sent> sent;  // sorted
  std::set<DropReason>
      refusals;  // why branches ended; one of them is the packet's if none was sent
  /// Addresses that the packet teaches: bridge, VLAN, address, port.
  std::set<std::tuple<uint32_t, uint16_t, uint64_t, uint32_t>> learn;
  size_t bridges_visited = 0;
};

/// What becomes of a packet with this key, in a switch configured so that knows these addresses.
OracleVerdict NormalOracle(const SlowPathConfig& config, const std::vector<FdbRow>& fdb,
                           const FlowKey& key);

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_NORMAL_ORACLE_H_
