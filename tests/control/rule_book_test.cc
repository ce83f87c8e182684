// SPDX-License-Identifier: Apache-2.0
#include "control/rules/rule_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/random_seed.h"

namespace vsw::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using FlowCommand = FlowMod::Command;
using GroupCommand = GroupMod::Command;
using MeterCommand = MeterMod::Command;

std::vector<std::string> Texts(const RuleBook& book) {
  std::vector<std::string> texts;
  for (const auto& [id, flow] : book.flows()) texts.push_back(TextOf(id, *flow));
  return texts;
}

class RuleBookTest : public ::testing::Test {
 protected:
  absl::Status Try(const absl::StatusOr<RuleChange>& change) {
    if (!change.ok()) return change.status();
    journal_ = {};
    sent_.clear();
    return book_.Apply(*change, &journal_, &sent_);
  }
  void Do(const absl::StatusOr<RuleChange>& change) {
    const absl::Status status = Try(change);
    EXPECT_TRUE(status.ok()) << status;
  }
  static absl::StatusOr<RuleChange> Flow(FlowCommand command, const std::string& text) {
    return ReadFlowChange(command, text, nullptr);
  }
  static absl::StatusOr<RuleChange> Add(const std::string& text) {
    return Flow(FlowCommand::kAdd, text);
  }
  static absl::StatusOr<RuleChange> Group(GroupCommand command, const std::string& text) {
    return ReadGroupChange(command, text, nullptr);
  }
  static absl::StatusOr<RuleChange> Meter(MeterCommand command, const std::string& text) {
    return ReadMeterChange(command, text);
  }
  std::string GroupText(uint32_t group) { return TextOf(*book_.groups().at(group)); }

  RuleBook book_;
  RuleBook::Journal journal_;
  std::vector<RuleText> sent_;
};

TEST_F(RuleBookTest, KnowsWhetherAVeryRuleIsStored) {
  Do(Group(GroupCommand::kAdd, "group_id=1,type=all,bucket=actions=output:1"));
  Do(Meter(MeterCommand::kAdd, "meter=2,kbps,band=type=drop,rate=1000"));
  Do(Add("priority=5,cookie=0x3,tcp,actions=output:1"));
  for (const std::string& text :
       {Texts(book_)[0], GroupText(1), FormatMeter(*book_.meters().at(2))}) {
    EXPECT_TRUE(book_.Holds(text)) << text;
  }
  for (const char* text :
       {"priority=5,cookie=0x4,tcp,actions=output:1", "priority=5,cookie=0x3,tcp,actions=output:2",
        "priority=6,cookie=0x3,tcp,actions=output:1", "group_id=2,type=all,bucket=actions=output:1",
        "group_id=1,type=all,bucket=actions=output:2", "meter=2,kbps,band=type=drop,rate=999",
        "meter=3,kbps,band=type=drop,rate=1000", "nonsense"}) {
    EXPECT_FALSE(book_.Holds(text)) << text;
  }
}

TEST_F(RuleBookTest, ReplacesARuleOfTheSameTablePriorityAndMatch) {
  Do(Add("table=1,priority=5,tcp,actions=output:1"));
  Do(Add("table=1,priority=5,tcp,actions=output:2"));
  Do(Add("table=1,priority=6,tcp,actions=output:3"));
  EXPECT_THAT(Texts(book_), ElementsAre("table=1,priority=5,tcp,actions=output:2",
                                        "table=1,priority=6,tcp,actions=output:3"));
}

TEST_F(RuleBookTest, DeletesWhatIsWithinTheMatch) {
  Do(Add("priority=5,tcp,nw_dst=10.0.0.1,actions=output:1"));
  Do(Add("priority=5,ip,nw_dst=10.0.1.0/24,actions=output:1"));
  Do(Add("priority=5,ip,actions=output:1"));
  Do(Flow(FlowCommand::kDelete, "ip,nw_dst=10.0.0.0/16"));
  EXPECT_THAT(Texts(book_), ElementsAre("table=0,priority=5,ip,actions=output:1"));
}

TEST_F(RuleBookTest, DeletesStrictlyOneRule) {
  Do(Add("priority=5,ip,actions=output:1"));
  Do(Add("priority=6,ip,actions=output:1"));
  Do(Flow(FlowCommand::kDeleteStrict, "table=0,priority=6,ip"));
  EXPECT_THAT(Texts(book_), ElementsAre("table=0,priority=5,ip,actions=output:1"));
}

TEST_F(RuleBookTest, SelectsByCookieOutputPortAndGroup) {
  Do(Group(GroupCommand::kAdd, "group_id=1,type=all,bucket=output:9"));
  Do(Add("priority=1,cookie=0x11,actions=output:1"));
  Do(Add("priority=2,cookie=0x12,actions=clone(output:2)"));
  Do(Add("priority=3,cookie=0x23,actions=group:1"));
  Do(Flow(FlowCommand::kDelete, "out_port=2"));
  EXPECT_THAT(Texts(book_), ElementsAre(HasSubstr("priority=1"), HasSubstr("priority=3")));
  Do(Flow(FlowCommand::kDelete, "cookie=0x10/0xf0"));
  EXPECT_THAT(Texts(book_), ElementsAre(HasSubstr("priority=3")));
  Do(Flow(FlowCommand::kDelete, "out_group=1"));
  EXPECT_THAT(Texts(book_), IsEmpty());
}

TEST_F(RuleBookTest, ModifiesActionsAndKeepsTheRest) {
  Do(Add("priority=5,cookie=7,importance=3,send_flow_rem,tcp,actions=output:1"));
  Do(Flow(FlowCommand::kModify, "ip,actions=output:2"));
  EXPECT_THAT(Texts(book_), ElementsAre("table=0,priority=5,cookie=0x7,importance=3,send_flow_rem,"
                                        "tcp,actions=output:2"));
  Do(Flow(FlowCommand::kModify, "tcp,cookie=9,actions=output:3"));
  EXPECT_THAT(Texts(book_), ElementsAre(HasSubstr("cookie=0x9")));
}

TEST_F(RuleBookTest, TellsTheSwitchWhatAModifyAdded) {
  Do(Flow(FlowCommand::kModify, "priority=5,cookie=1,tcp,actions=output:2"));
  ASSERT_EQ(sent_.size(), 2u);
  EXPECT_EQ(sent_[1].command, decltype(sent_[1].command)(FlowCommand::kAdd));
  EXPECT_THAT(Texts(book_), ElementsAre(sent_[1].text));
}

TEST_F(RuleBookTest, DoesNotStoreRulesThatExpire) {
  Do(Add("priority=5,tcp,actions=output:1"));
  Do(Add("priority=5,tcp,idle_timeout=10,actions=output:2"));
  EXPECT_THAT(Texts(book_), IsEmpty());
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_THAT(sent_[0].text, HasSubstr("idle_timeout=10"));
}

TEST_F(RuleBookTest, RefusesAnOverlapIfAsked) {
  Do(Add("priority=5,tcp,actions=output:1"));
  const absl::Status status = Try(Add("priority=5,check_overlap,ip,actions=output:2"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("OFPFMFC_OVERLAP"));
  Do(Add("priority=6,check_overlap,ip,actions=output:2"));
  Do(Add("priority=5,check_overlap,udp,actions=output:2"));
}

TEST_F(RuleBookTest, KeepsRulesTogetherWithTheirGroupsAndMeters) {
  EXPECT_THAT(std::string(Try(Add("actions=group:1")).message()), HasSubstr("group 1"));
  EXPECT_THAT(std::string(Try(Add("actions=meter:1,output:1")).message()), HasSubstr("meter 1"));
  Do(Group(GroupCommand::kAdd, "group_id=1,type=all,bucket=output:9"));
  Do(Meter(MeterCommand::kAdd, "meter=1,kbps,band=type=drop,rate=100"));
  Do(Add("priority=1,actions=group:1"));
  Do(Add("priority=2,actions=meter:1,output:1"));
  Do(Add("priority=3,actions=output:1"));
  Do(Group(GroupCommand::kDelete, "group_id=1"));
  Do(Meter(MeterCommand::kDelete, "meter=1"));
  EXPECT_THAT(Texts(book_), ElementsAre(HasSubstr("priority=3")));
  EXPECT_THAT(book_.groups(), IsEmpty());
  EXPECT_THAT(book_.meters(), IsEmpty());
}

TEST_F(RuleBookTest, RefusesGroupsAndMetersThatAreThereOrNot) {
  const std::string group = "group_id=1,type=all,bucket=output:9";
  const std::string meter = "meter=1,kbps,band=type=drop,rate=100";
  EXPECT_EQ(Try(Group(GroupCommand::kModify, group)).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Try(Meter(MeterCommand::kModify, meter)).code(), absl::StatusCode::kNotFound);
  Do(Group(GroupCommand::kAddOrModify, group));
  Do(Meter(MeterCommand::kAdd, meter));
  EXPECT_EQ(Try(Group(GroupCommand::kAdd, group)).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Try(Meter(MeterCommand::kAdd, meter)).code(), absl::StatusCode::kAlreadyExists);
  Do(Group(GroupCommand::kDelete, "group_id=77"));
}

TEST_F(RuleBookTest, InsertsAndRemovesBucketsByNumber) {
  Do(Group(GroupCommand::kAdd, "group_id=1,type=select,bucket=output:1,bucket=output:2"));
  Do(Group(GroupCommand::kInsertBucket, "group_id=1,command_bucket_id=0,bucket=output:3"));
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_THAT(sent_[0].text, HasSubstr("bucket_id:2"));
  std::vector<uint32_t> ids;
  for (const Bucket& bucket : book_.groups().at(1)->buckets) ids.push_back(bucket.id);
  EXPECT_THAT(ids, ElementsAre(0, 2, 1));
  Do(Group(GroupCommand::kRemoveBucket, "group_id=1,command_bucket_id=last"));
  Do(Group(GroupCommand::kRemoveBucket, "group_id=1,command_bucket_id=first"));
  EXPECT_EQ(book_.groups().at(1)->buckets.size(), 1u);
  EXPECT_EQ(Try(Group(GroupCommand::kRemoveBucket, "group_id=1,command_bucket_id=0")).code(),
            absl::StatusCode::kNotFound);
}

TEST_F(RuleBookTest, ReplacesAllRulesOrThoseOfATable) {
  Do(Add("table=0,priority=1,actions=output:1"));
  Do(Add("table=1,priority=1,actions=output:1"));
  std::vector<RuleChange> wanted = {*Add("table=1,priority=2,actions=output:2")};
  journal_ = {};
  ASSERT_TRUE(book_.Replace(uint8_t{1}, wanted, &journal_, &sent_).ok());
  EXPECT_THAT(Texts(book_), ElementsAre(HasSubstr("table=0"), HasSubstr("priority=2")));
  ASSERT_TRUE(book_.Replace({}, wanted, &journal_, &sent_).ok());
  EXPECT_THAT(Texts(book_), ElementsAre(HasSubstr("priority=2")));
  EXPECT_FALSE(book_.Replace(uint8_t{2}, wanted, &journal_, &sent_).ok());
}

TEST_F(RuleBookTest, ComesBackFromItsOwnText) {
  Do(Group(GroupCommand::kAdd,
           "group_id=1,type=select,selection_method=hash,fields(ip_dst),"
           "bucket=weight:3,actions=output:1,bucket=watch_port:2,actions=output:2"));
  Do(Meter(MeterCommand::kAdd, "meter=2,pktps,burst,stats,bands=type=drop,rate=10,burst_size=5"));
  Do(
      Add("table=3,priority=7,cookie=0x8000000000000000,tcp,in_port=LOCAL,tcp_dst=80/0xfff0,"
          "actions=meter:2,group:1"));
  Do(Add("priority=0,actions=learn(table=1,priority=2,eth_dst=eth_src,output:in_port[]),NORMAL"));
  db::RuleDelta delta;
  {
    RuleBook::Journal all;
    for (const auto& [id, flow] : book_.flows()) all.flows[id] = nullptr;
    for (const auto& [number, group] : book_.groups()) all.groups[number] = nullptr;
    for (const auto& [number, meter] : book_.meters()) all.meters[number] = nullptr;
    delta = book_.Difference("br0", all);
  }
  RuleBook again;
  for (const auto& row : delta.put.meters) ASSERT_TRUE(again.LoadMeter(row).ok()) << row.text;
  for (const auto& row : delta.put.groups) ASSERT_TRUE(again.LoadGroup(row).ok()) << row.text;
  for (const auto& row : delta.put.flows) {
    const absl::Status status = again.Load(row);
    ASSERT_TRUE(status.ok()) << status;
  }
  EXPECT_EQ(Texts(again), Texts(book_));
  EXPECT_EQ(TextOf(*again.groups().at(1)), GroupText(1));
  EXPECT_EQ(*again.meters().at(2), *book_.meters().at(2));
}

TEST(RuleText, ReadsBackToTheSameChange) {
  const std::vector<std::pair<FlowCommand, std::string>> changes = {
      {FlowCommand::kAdd, "tcp,actions=drop"},
      {FlowCommand::kAdd,
       "table=7,priority=3,cookie=5,idle_timeout=1,hard_timeout=2,importance=3,"
       "check_overlap,reset_counts,ip,actions=output:1"},
      {FlowCommand::kModify, "cookie=1/3,cookie=9,ip,actions=NORMAL"},
      {FlowCommand::kModifyStrict, "table=2,priority=77,ip,actions=NORMAL"},
      {FlowCommand::kDelete, "cookie=0x1/-1,out_port=3,out_group=4,table=9,ip"},
      {FlowCommand::kDelete, ""},
      {FlowCommand::kDeleteStrict, "priority=9,in_port=LOCAL"},
  };
  for (const auto& [command, text] : changes) {
    const auto first = ReadFlowChange(command, text, nullptr);
    ASSERT_TRUE(first.ok()) << text << ": " << first.status();
    const auto second = ReadFlowChange(command, first->text, nullptr);
    ASSERT_TRUE(second.ok()) << first->text << ": " << second.status();
    EXPECT_EQ(second->text, first->text);
    const auto& a = std::get<FlowChange>(first->what);
    const auto& b = std::get<FlowChange>(second->what);
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(*a.flow, *b.flow);
    EXPECT_EQ(a.expires, b.expires);
    EXPECT_EQ(a.set_cookie, b.set_cookie);
    EXPECT_EQ(std::tie(a.match_cookie, a.cookie_mask, a.out_port, a.out_group),
              std::tie(b.match_cookie, b.cookie_mask, b.out_port, b.out_group));
  }
}

TEST(RuleText, IsRefusedWithTheWordThatIsWrong) {
  const auto message = [](FlowCommand command, const std::string& text) {
    return std::string(ReadFlowChange(command, text, nullptr).status().message());
  };
  EXPECT_THAT(message(FlowCommand::kAdd, "in_prt=1,actions=drop"), HasSubstr("in_prt"));
  EXPECT_THAT(message(FlowCommand::kAdd, "table=254,actions=drop"), HasSubstr("254"));
  EXPECT_THAT(message(FlowCommand::kAdd, "table=3,actions=goto_table:3"), HasSubstr("BAD_TABLE"));
  EXPECT_THAT(message(FlowCommand::kAdd, "ip,actions=ct(commit)"), HasSubstr("CT_DATAPATH"));
}

// --- Against the semantics written down naively
// ---------------------------------------------------

struct Model {
  std::vector<FlowMod> flows;

  static bool SamePlace(const FlowMod& a, const FlowMod& b) {
    return a.table == b.table && a.priority == b.priority && a.match == b.match;
  }
  static bool OutputsTo(const FlowMod& flow, uint32_t port) {
    return std::any_of(flow.instructions.apply.begin(), flow.instructions.apply.end(),
                       [&](const OfAction& action) {
                         const auto* output = std::get_if<act::Output>(&action.what);
                         return output != nullptr && output->port == port;
                       });
  }
  static bool IsSelected(const FlowMod& mod, const FlowMod& flow, bool strict, bool is_delete) {
    if (mod.table != kTableAll && mod.table != flow.table) return false;
    if (strict && (flow.priority != mod.priority || !(flow.match == mod.match))) return false;
    if (!strict && !flow.match.IsWithin(mod.match)) return false;
    if ((flow.cookie & mod.cookie_mask) != (mod.match_cookie & mod.cookie_mask)) return false;
    return !is_delete || mod.out_port == kOfpAny || OutputsTo(flow, mod.out_port);
  }
  void Add(const FlowMod& mod) {
    std::erase_if(flows, [&](const FlowMod& flow) { return SamePlace(flow, mod); });
    flows.push_back(mod);
  }
  void Do(const FlowMod& mod) {
    switch (mod.command) {
      case FlowCommand::kAdd:
        return Add(mod);
      case FlowCommand::kModify:
      case FlowCommand::kModifyStrict: {
        bool any = false;
        for (FlowMod& flow : flows) {
          if (!IsSelected(mod, flow, mod.command == FlowCommand::kModifyStrict, false)) continue;
          any = true;
          flow.instructions = mod.instructions;
          if (mod.set_cookie) flow.cookie = mod.cookie;
        }
        if (any || !mod.set_cookie || mod.cookie_mask != 0) return;
        FlowMod added = mod;
        if (added.table == kTableAll) added.table = 0;
        return Add(added);
      }
      case FlowCommand::kDelete:
      case FlowCommand::kDeleteStrict:
        std::erase_if(flows, [&](const FlowMod& flow) {
          return IsSelected(mod, flow, mod.command == FlowCommand::kDeleteStrict, true);
        });
    }
  }
  std::vector<std::string> Texts() const {
    std::vector<std::string> texts;
    for (const FlowMod& flow : flows) {
      FlowMod plain = flow;
      texts.push_back(FormatFlow(plain));
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  }
};

class RandomChange {
 public:
  explicit RandomChange(uint64_t seed) : random_(seed) {}
  uint32_t Below(uint32_t end) { return random_.Below(end); }
  FlowCommand Command() { return static_cast<FlowCommand>(Below(5)); }
  std::string Text(FlowCommand command) {
    const bool is_delete = command == FlowCommand::kDelete || command == FlowCommand::kDeleteStrict;
    std::string text = fmt::format("priority={}", Below(3));
    if (command == FlowCommand::kModify || command == FlowCommand::kDelete) text = "";
    const auto add = [&text](const std::string& word) { text += (text.empty() ? "" : ",") + word; };
    if (command == FlowCommand::kAdd || Below(3) != 0) add(fmt::format("table={}", Below(3)));
    if (command != FlowCommand::kAdd && Below(3) == 0) {
      add(fmt::format("cookie={}/{}", Below(4), Below(3) + 1));
    }
    if (!is_delete && Below(2) == 0) add(fmt::format("cookie={}", Below(4)));
    if (is_delete && Below(3) == 0) add(fmt::format("out_port={}", Below(3) + 1));
    if (Below(3) == 0) add(fmt::format("in_port={}", Below(3) + 1));
    static constexpr const char* kProtocols[] = {"", "ip", "tcp", "udp"};
    const uint32_t protocol = Below(4);
    if (protocol != 0) {
      add(kProtocols[protocol]);
      if (Below(2) == 0) add(fmt::format("nw_dst=10.0.{}.0/{}", Below(3), 14 + Below(11)));
      if (protocol > 1 && Below(2) == 0) add(fmt::format("tp_dst={}", Below(3)));
    }
    if (!is_delete) add(fmt::format("actions=output:{}", Below(3) + 1));
    return text;
  }

 private:
  ::vsw::testing::Random random_;
};

TEST(RuleBookModel, AgreesWithTheNaiveSemantics) {
  const uint64_t seed = ::vsw::testing::RandomSeed();
  RandomChange random(seed);
  Model model;
  RuleBook book;
  for (int i = 0; i < 5000; ++i) {
    const FlowCommand command = random.Command();
    const std::string text = random.Text(command);
    SCOPED_TRACE(fmt::format("change {}: command {} {}", i, static_cast<int>(command), text));
    absl::StatusOr<FlowMod> mod = ParseFlow(text, command);
    ASSERT_TRUE(mod.ok()) << mod.status();
    mod->command = command;
    const auto change = ReadFlowChange(command, text, nullptr);
    ASSERT_TRUE(change.ok()) << change.status();
    const std::vector<std::string> before = Texts(book);
    RuleBook::Journal journal;
    std::vector<RuleText> sent;
    ASSERT_TRUE(book.Apply(*change, &journal, &sent).ok());
    if (random.Below(4) == 0) {
      book.Rollback(journal);
      ASSERT_EQ(Texts(book), before);
      continue;
    }
    model.Do(*mod);
    std::vector<std::string> texts;
    for (const std::string& line : Texts(book)) {
      texts.push_back(FormatFlow(*ParseFlow(line, FlowCommand::kAdd)));
    }
    std::sort(texts.begin(), texts.end());
    ASSERT_EQ(texts, model.Texts());
  }
}

}  // namespace
}  // namespace vsw::control
