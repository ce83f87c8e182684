// SPDX-License-Identifier: Apache-2.0
//
// What instructions refer to: output ports, groups and meters, at any depth.
#ifndef VSW_CONTROL_RULES_REFERENCES_H_
#define VSW_CONTROL_RULES_REFERENCES_H_

#include <cstdint>
#include <vector>

#include "ofproto/action/actions.h"

namespace vsw::control {

/// Each list ascending, without duplicates.
struct References {
  std::vector<uint32_t> ports;
  std::vector<uint32_t> groups;
  std::vector<uint32_t> meters;
  bool operator==(const References&) const = default;
};

References ReferencesOf(const Instructions& instructions);
References ReferencesOf(const OfActions& actions);

/// REQUIRES: `list` is one of a References.
bool Contains(const std::vector<uint32_t>& list, uint32_t number);

}  // namespace vsw::control

#endif  // VSW_CONTROL_RULES_REFERENCES_H_
