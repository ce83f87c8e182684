// SPDX-License-Identifier: Apache-2.0
//
// The groups of one bridge and what group-mods do to them (OpenFlow 1.3 section 6.5; buckets
// inserted and removed: 1.5 section 6.7). The present groups are an immutable map; a change makes
// another one, which the bridge publishes or drops, so that a bundle can be undone.
//
// Thread safety: the slow thread alone; workers read the maps that it published.
#ifndef VSW_OFPROTO_GROUP_GROUP_TABLE_H_
#define VSW_OFPROTO_GROUP_GROUP_TABLE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "datapath/flow/datapath_control.h"
#include "ofproto/error.h"
#include "ofproto/group/group_map.h"
#include "ofproto/message/messages.h"

namespace vsw {

class GroupTable {
 public:
  static constexpr size_t kMaxGroups = 65536;
  static constexpr size_t kMaxBuckets = 2048;  // of one group

  explicit GroupTable(DatapathControl* control);
  ~GroupTable();

  /// Starts a change: what follows is Staged() until Keep() or Drop().
  void Begin();
  /// Checks and enters one group-mod. `*changed` gets the groups that are not what they were,
  /// `*deleted` those that are no more (whose users have to go).
  OfStatus Modify(const GroupMod& mod, std::vector<uint32_t>* changed,
                  std::vector<uint32_t>* deleted);
  const std::shared_ptr<const GroupMap>& staged() const { return staged_; }
  void Keep();
  void Drop();
  /// After a grace period and invalidation: counters of former groups are given back.
  void Reclaim();

  const std::shared_ptr<const GroupMap>& present() const { return present_; }
  std::vector<GroupDesc> List() const;
  /// `references_of`: how many rules and buckets refer to a group.
  std::vector<GroupStats> ListStats(uint64_t now_ns,
                                    const std::function<uint32_t(uint32_t)>& references_of) const;

 private:
  std::shared_ptr<GroupEntry> MakeEntry(const GroupDesc& desc, const GroupEntry* former);
  OfStatus Check(const GroupDesc& desc) const;
  bool Reaches(uint32_t from, uint32_t target, const GroupDesc* instead) const;
  OfStatus InsertBuckets(const GroupMod& mod, GroupDesc* desc) const;
  OfStatus RemoveBuckets(const GroupMod& mod, GroupDesc* desc) const;
  void Retire(const GroupEntry& entry, const GroupEntry* successor);
  OfStatus GiveBucketIds(GroupDesc* desc) const;

  DatapathControl* const control_;
  std::shared_ptr<const GroupMap> present_ = std::make_shared<GroupMap>();
  std::shared_ptr<const GroupMap> staged_;
  std::map<uint32_t, uint64_t> created_ns_;  // of present groups
  std::vector<StatId> allocated_;            // by the change under way
  std::vector<StatId> retiring_;             // given up by the change under way
  std::vector<StatId> retired_;
};

/// Groups that an action list refers to, wherever in it.
std::vector<uint32_t> GroupsIn(const OfActions& actions);

}  // namespace vsw

#endif  // VSW_OFPROTO_GROUP_GROUP_TABLE_H_
