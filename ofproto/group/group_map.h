// SPDX-License-Identifier: Apache-2.0
//
// The groups of a bridge as workers read them while they translate: immutable, replaced as a whole
// by a new map when a group changes. Unchanged groups are shared between maps.
#ifndef VSW_OFPROTO_GROUP_GROUP_MAP_H_
#define VSW_OFPROTO_GROUP_GROUP_MAP_H_

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "datapath/flow/translation.h"
#include "ofproto/message/messages.h"

namespace vsw {

struct GroupEntry {
  GroupDesc desc;
  uint64_t id = 0;  // never used again: another for each change of the group, for its tag
  StatId stat = kNoStat;
  std::vector<StatId> bucket_stats;  // one for each bucket, in order
};

struct GroupMap {
  std::unordered_map<uint32_t, std::shared_ptr<const GroupEntry>> groups;
  const GroupEntry* Find(uint32_t group) const {
    const auto found = groups.find(group);
    return found == groups.end() ? nullptr : found->second.get();
  }
};

}  // namespace vsw

#endif  // VSW_OFPROTO_GROUP_GROUP_MAP_H_
