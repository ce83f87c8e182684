// SPDX-License-Identifier: Apache-2.0
#include "base/net_types.h"

#include "fmt/format.h"

namespace vsw {

std::string DpidToString(uint64_t dpid) { return fmt::format("{:016x}", dpid); }

}  // namespace vsw
