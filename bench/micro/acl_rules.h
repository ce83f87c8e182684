// SPDX-License-Identifier: Apache-2.0
//
// Rule sets and header traces in ClassBench's format (filters "@src/len dst/len lo : hi lo : hi
// proto/mask flags/mask"; a header's five numbers in a line), as OpenFlow matches.
#ifndef VSW_BENCH_MICRO_ACL_RULES_H_
#define VSW_BENCH_MICRO_ACL_RULES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "ofproto/match/match.h"

namespace vsw::bench {

struct AclRule {
  Match match;
  uint16_t priority;
};

/// Earlier filters have the higher priority; port ranges become as many matches as it takes. Empty
/// if there is no such file (NAME, gzip-compressed).
std::vector<AclRule> ReadAcl(const std::string& path);
std::vector<MatchKey> ReadTrace(const std::string& path);

}  // namespace vsw::bench

#endif  // VSW_BENCH_MICRO_ACL_RULES_H_
