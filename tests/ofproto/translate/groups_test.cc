// SPDX-License-Identifier: Apache-2.0
#include "tests/ofproto/translate/pipeline_fixture.h"

namespace vsw::testing {
namespace {

class Groups : public PipelineTest {};

TEST_F(Groups, AllSendsACopyByEachBucket) {
  Group(
      "group_id=1,type=all,bucket=actions=set_field:9.9.9.9->ip_src,output:2,"
      "bucket=actions=output:3");
  Flow("ip actions=group:1,output:4");
  const Outcome outcome = Run(Udp());
  EXPECT_EQ(Sent(outcome, 2).Key().ipv4_src.Get(), 0x09090909u);
  EXPECT_EQ(Sent(outcome, 3), Frame(Udp().Build()));
  EXPECT_EQ(Sent(outcome, 4), Frame(Udp().Build()));
}

TEST_F(Groups, BucketsAndGroupsAreCounted) {
  Group("group_id=1,type=all,bucket=actions=output:2,bucket=actions=output:3");
  Flow("actions=group:1,group:1");
  const Outcome outcome = Run(Udp());
  auto counted = outcome.counted;
  EXPECT_EQ(counted[ToInt(bridge().group(1).stat)], 2);
  EXPECT_EQ(counted[ToInt(bridge().group(1).bucket_stats[1])], 2);
}

TEST_F(Groups, SelectPicksByHashAndWeight) {
  Group(
      "group_id=1,type=select,bucket=weight:1,actions=output:2,bucket=weight:3,actions=output:3,"
      "bucket=weight:0,actions=output:4");
  Flow("actions=group:1");
  std::map<std::string, int> seen;
  for (runner_.hash = 0; runner_.hash < 16; ++runner_.hash) ++seen[Ports(Udp())];
  EXPECT_EQ(seen, (std::map<std::string, int>{{"2", 4}, {"3", 12}}));
}

TEST_F(Groups, WhatFollowsASelectGroupSeesThePacketUnchanged) {
  Group("group_id=1,type=select,bucket=actions=mod_vlan_vid:5,output:2,bucket=actions=output:3");
  Flow("actions=group:1,output:4");
  const Outcome outcome = Run(Udp());
  EXPECT_EQ(Sent(outcome, 2).tags(), 1u);
  EXPECT_EQ(Sent(outcome, 4), Frame(Udp().Build()));
  EXPECT_EQ(outcome.sent.size(), 2u);
}

TEST_F(Groups, SelectCountsEachPacketOnce) {
  Group("group_id=1,type=select,bucket=actions=output:2,bucket=actions=output:3");
  Flow("actions=group:1");
  Outcome outcome = Run(Udp());
  EXPECT_EQ(outcome.passes, 2);
  EXPECT_EQ(outcome.counted[ToInt(bridge().group(1).stat)], 1);
  EXPECT_EQ(outcome.counted[ToInt(bridge().group(1).bucket_stats[0])], 1);
}

TEST_F(Groups, SelectByNamedFieldsMatchesOnThem) {
  Group(
      "group_id=1,type=select,selection_method=hash,fields(ip_src),bucket=actions=output:2,"
      "bucket=actions=output:3");
  Flow("actions=group:1");
  std::set<std::string> seen;
  for (uint32_t ip = 1; ip < 40; ++ip) {
    seen.insert(Ports(PacketBuilder().Ethernet(2, 1).Ipv4(ip, 2).Udp(1, 2)));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"2", "3"}));
  EXPECT_EQ(Translate(Udp()).mask.bits.ipv4_src.raw, 0xffffffffu);
}

TEST_F(Groups, FastFailoverTakesTheFirstBucketThatIsAlive) {
  Group(
      "group_id=1,type=ff,bucket=watch_port:2,actions=output:2,"
      "bucket=watch_port:3,actions=output:3");
  Flow("actions=group:1");
  EXPECT_EQ(Ports(Udp()), "2");
  EXPECT_THAT(Translate(Udp()).tags.span(), ::testing::Contains(PortTag(PortNo{2})));
  PortMod(2, port_config::kDown);
  EXPECT_EQ(Ports(Udp()), "3");
  PortMod(3, port_config::kDown);
  EXPECT_EQ(Ports(Udp()), "drop: no-live-bucket");
}

TEST_F(Groups, WatchedGroupIsAliveAsLongAsOneOfItsBucketsIs) {
  Group("group_id=2,type=ff,bucket=watch_port:2,actions=output:2");
  Group(
      "group_id=1,type=ff,bucket=watch_group:2,actions=group:2,"
      "bucket=watch_port:3,actions=output:3");
  Flow("actions=group:1");
  EXPECT_EQ(Ports(Udp()), "2");
  PortMod(2, port_config::kDown);
  EXPECT_EQ(Ports(Udp()), "3");
}

TEST_F(Groups, GroupThatCallsItselfIsALoop) {
  Group("group_id=1,type=all,bucket=actions=group:2");
  Group("group_id=2,type=all,bucket=actions=group:1");
  Flow("actions=group:1");
  EXPECT_EQ(Ports(Udp()), "drop: group-loop");
}

TEST_F(Groups, MissingGroupDropsUntilItIsThere) {
  Flow("actions=group:9");
  EXPECT_EQ(Ports(Udp()), "drop: no-live-bucket");
  EXPECT_THAT(Translate(Udp()).tags.span(), ::testing::Contains(GroupTag(BridgeId{0}, 9)));
}

TEST_F(Groups, PacketThatCameBackByRulesThatAreGoneIsDropped) {
  Group("group_id=1,type=select,bucket=actions=output:2,bucket=actions=output:3");
  Flow("actions=group:1");
  FlowKey again;
  runner_.on_pass = [&](const FlowKey& key, const Translation&) { again = key; };
  Run(Udp());
  runner_.on_pass = nullptr;
  ASSERT_NE(again.recirc_id, 0u);
  Flow("actions=output:4,group:1");  // replaces it
  const Translation& t = Translate(again);
  EXPECT_EQ(t.drop_reason, DropReason::kRecirculationStale);
  EXPECT_TRUE(t.uncacheable);
}

TEST_F(Groups, EmptiedPoolStillKnowsWhatItGaveOutUntilReclaimed) {
  Group("group_id=1,type=select,bucket=actions=output:2,bucket=actions=output:3");
  Flow("actions=group:1");
  FlowKey again;
  runner_.on_pass = [&](const FlowKey& key, const Translation&) { again = key; };
  Run(Udp());
  runner_.on_pass = nullptr;
  frozen_.Reset();
  EXPECT_EQ(frozen_.size(), 0u);
  EXPECT_EQ(Translate(again).actions.size(), 1u);
  frozen_.Reclaim();
  EXPECT_EQ(Translate(again).drop_reason, DropReason::kRecirculationStale);
  EXPECT_EQ(Ports(Udp()), "2");
}

}  // namespace
}  // namespace vsw::testing
