// SPDX-License-Identifier: Apache-2.0
#include "ofproto/group/group_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_datapath_control.h"


namespace vsw {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Command = GroupMod::Command;

Bucket To(uint32_t port, uint32_t id = kBucketAll) {
  Bucket bucket;
  bucket.id = id;
  bucket.actions = {act::Output{.port = port}};
  return bucket;
}
Bucket Into(uint32_t group) {
  Bucket bucket;
  bucket.actions = {act::Group{.group = group}};
  return bucket;
}

class GroupTableTest : public ::testing::Test {
 protected:
  /// The name of the error; "" if it was done.
  std::string Do(Command command, uint32_t group, GroupType type, std::vector<Bucket> buckets,
                 uint32_t command_bucket = kBucketAll) {
    GroupMod mod;
    mod.command = command;
    mod.group = group;
    mod.type = type;
    mod.buckets = std::move(buckets);
    mod.command_bucket = command_bucket;
    changed_.clear();
    deleted_.clear();
    groups_->Begin();
    const OfStatus status = groups_->Modify(mod, &changed_, &deleted_);
    if (!status.ok()) {
      groups_->Drop();
      return std::string(OfErrorName(status.id()));
    }
    groups_->Keep();
    groups_->Reclaim();
    return "";
  }
  std::vector<uint32_t> BucketIds(uint32_t group) {
    std::vector<uint32_t> ids;
    for (const Bucket& bucket : groups_->present()->Find(group)->desc.buckets) {
      ids.push_back(bucket.id);
    }
    return ids;
  }

  testing::FakeDatapathControl datapath_;
  std::unique_ptr<GroupTable> groups_ = std::make_unique<GroupTable>(&datapath_);
  std::vector<uint32_t> changed_, deleted_;
};

TEST_F(GroupTableTest, AddsModifiesAndDeletes) {
  EXPECT_EQ(Do(Command::kAdd, 1, GroupType::kAll, {To(1), To(2)}), "");
  EXPECT_THAT(changed_, ElementsAre(1));
  const uint64_t first = groups_->present()->Find(1)->id;
  EXPECT_EQ(Do(Command::kModify, 1, GroupType::kSelect, {To(3)}), "");
  EXPECT_NE(groups_->present()->Find(1)->id, first) << "decisions by the former one are told apart";
  EXPECT_EQ(Do(Command::kDelete, 1, GroupType::kAll, {}), "");
  EXPECT_THAT(deleted_, ElementsAre(1));
  EXPECT_THAT(groups_->List(), IsEmpty());
  EXPECT_EQ(Do(Command::kDelete, 1, GroupType::kAll, {}), "") << "nothing to delete is no error";
}

TEST_F(GroupTableTest, RefusesWhatTheSpecificationForbids) {
  EXPECT_EQ(Do(Command::kAdd, 1, GroupType::kAll, {To(1)}), "");
  EXPECT_EQ(Do(Command::kAdd, 1, GroupType::kAll, {To(1)}), "OFPGMFC_GROUP_EXISTS");
  EXPECT_EQ(Do(Command::kModify, 2, GroupType::kAll, {To(1)}), "OFPGMFC_UNKNOWN_GROUP");
  EXPECT_EQ(Do(Command::kAdd, 2, GroupType::kIndirect, {To(1), To(2)}), "OFPGMFC_INVALID_GROUP");
  EXPECT_EQ(Do(Command::kAdd, 2, GroupType::kFastFailover, {To(1)}), "OFPGMFC_INVALID_GROUP")
      << "a fast failover bucket watches something";
  EXPECT_EQ(Do(Command::kAdd, kGroupAll, GroupType::kAll, {}), "OFPGMFC_INVALID_GROUP");
  EXPECT_EQ(Do(Command::kAdd, 2, GroupType::kAll, {Into(9)}), "OFPBAC_BAD_OUT_GROUP");
  EXPECT_EQ(Do(Command::kAdd, 2, GroupType::kAll, {To(1, 5), To(2, 5)}), "OFPGMFC_BUCKET_EXISTS");
}

TEST_F(GroupTableTest, RefusesLoops) {
  EXPECT_EQ(Do(Command::kAdd, 1, GroupType::kAll, {To(1)}), "");
  EXPECT_EQ(Do(Command::kAdd, 2, GroupType::kAll, {Into(1)}), "");
  EXPECT_EQ(Do(Command::kModify, 1, GroupType::kAll, {Into(2)}), "OFPGMFC_LOOP");
  EXPECT_EQ(Do(Command::kModify, 1, GroupType::kAll, {Into(1)}), "OFPGMFC_LOOP");
}

TEST_F(GroupTableTest, InsertsAndRemovesBuckets) {
  EXPECT_EQ(Do(Command::kAdd, 1, GroupType::kAll, {To(1, 10), To(2, 20)}), "");
  EXPECT_EQ(Do(Command::kInsertBucket, 1, GroupType::kAll, {To(3, 30)}, kBucketFirst), "");
  EXPECT_EQ(Do(Command::kInsertBucket, 1, GroupType::kAll, {To(4, 40)}, 10), "");
  EXPECT_THAT(BucketIds(1), ElementsAre(30, 10, 40, 20));
  EXPECT_EQ(Do(Command::kInsertBucket, 1, GroupType::kAll, {To(5, 50)}, 99),
            "OFPGMFC_UNKNOWN_BUCKET");
  EXPECT_EQ(Do(Command::kInsertBucket, 1, GroupType::kAll, {To(5, 20)}, kBucketLast),
            "OFPGMFC_BUCKET_EXISTS");
  EXPECT_EQ(Do(Command::kRemoveBucket, 1, GroupType::kAll, {}, 10), "");
  EXPECT_EQ(Do(Command::kRemoveBucket, 1, GroupType::kAll, {}, kBucketLast), "");
  EXPECT_THAT(BucketIds(1), ElementsAre(30, 40));
  EXPECT_EQ(Do(Command::kRemoveBucket, 1, GroupType::kAll, {}, kBucketAll), "");
  EXPECT_THAT(BucketIds(1), IsEmpty());
}

TEST_F(GroupTableTest, BucketsThatStayKeepCounting) {
  EXPECT_EQ(Do(Command::kAdd, 1, GroupType::kAll, {To(1, 10), To(2, 20)}), "");
  const StatId kept = groups_->present()->Find(1)->bucket_stats[1];
  datapath_.stats[ToInt(kept)] = {.packets = 7, .bytes = 700};
  EXPECT_EQ(Do(Command::kRemoveBucket, 1, GroupType::kAll, {}, 10), "");
  const std::vector<GroupStats> stats =
      groups_->ListStats(datapath_.now_ns, [](uint32_t) { return 3; });
  ASSERT_THAT(stats, SizeIs(1));
  EXPECT_EQ(stats[0].references, 3u);
  ASSERT_THAT(stats[0].buckets, SizeIs(1));
  EXPECT_EQ(stats[0].buckets[0].packets, 7u);
}

TEST_F(GroupTableTest, GivesEveryCounterBack) {
  EXPECT_EQ(Do(Command::kAdd, 1, GroupType::kAll, {To(1), To(2)}), "");
  EXPECT_EQ(Do(Command::kModify, 1, GroupType::kAll, {To(3)}), "");
  EXPECT_EQ(Do(Command::kAdd, 1, GroupType::kAll, {To(1)}), "OFPGMFC_GROUP_EXISTS");
  EXPECT_EQ(Do(Command::kAdd, 2, GroupType::kAll, {To(1, 5), To(2, 5)}), "OFPGMFC_BUCKET_EXISTS");
  EXPECT_EQ(Do(Command::kDelete, kGroupAll, GroupType::kAll, {}), "");
  EXPECT_THAT(datapath_.stats, IsEmpty());
  EXPECT_EQ(Do(Command::kAdd, 3, GroupType::kAll, {To(1)}), "");
  groups_.reset();
  EXPECT_THAT(datapath_.stats, IsEmpty());
}

TEST_F(GroupTableTest, DroppedChangesLeaveNothing) {
  groups_->Begin();
  GroupMod mod;
  mod.group = 1;
  mod.buckets = {To(1)};
  ASSERT_TRUE(groups_->Modify(mod, &changed_, &deleted_).ok());
  mod.command = Command::kModify;
  ASSERT_TRUE(groups_->Modify(mod, &changed_, &deleted_).ok());
  groups_->Drop();
  EXPECT_THAT(groups_->List(), IsEmpty());
  EXPECT_THAT(datapath_.stats, IsEmpty());
}

}  // namespace
}  // namespace vsw
