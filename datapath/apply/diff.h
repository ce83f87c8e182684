// SPDX-License-Identifier: Apache-2.0
//
// The difference between two wanted states, as what has to happen to ports and bridges. A pure
// function of two values. What is in none of the lists is left entirely alone; VLANs, OpenFlow
// numbers and static addresses need no list, since they live in the slow path, which is configured
// as a whole.
#ifndef VSW_DATAPATH_APPLY_DIFF_H_
#define VSW_DATAPATH_APPLY_DIFF_H_

#include <string>
#include <vector>

#include "datapath/apply/wanted_state.h"

namespace vsw {

struct Difference {
  std::vector<std::string> bridges_removed;
  std::vector<std::string> bridges_added;
  /// A port of another kind or on another bridge is another port: removed and added.
  std::vector<std::string> ports_removed;
  std::vector<std::string> ports_added;
  /// Same port, other options: Reconfigure(), or made anew if that cannot be.
  std::vector<std::string> ports_reoptioned;
  bool operator==(const Difference&) const = default;
};

/// Every list is in order of names.
Difference Compare(const WantedState& running, const WantedState& wanted);

}  // namespace vsw

#endif  // VSW_DATAPATH_APPLY_DIFF_H_
