// SPDX-License-Identifier: Apache-2.0
//
// Flow monitors (1.4 section 7.3.5.17, NXST_FLOW_MONITOR).
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "ofproto/message/parts.h"
#include "tests/ofproto/connection/server_fixture.h"

namespace vsw::testing {
namespace {

constexpr OfVersion k14 = OfVersion::k14;
constexpr uint16_t kFlowMonitor = 16;
// OFPFME_*
constexpr uint16_t kInitial = 0, kAdded = 1, kRemoved = 2, kModified = 3, kAbbrev = 4, kPaused = 5,
                   kResumed = 6;
constexpr uint16_t kAllEvents = monitor_flags::kInitial | monitor_flags::kAdd |
                                monitor_flags::kDelete | monitor_flags::kModify |
                                monitor_flags::kActions;

class Monitors : public ServerTest {
 protected:
  static Bytes Request(uint32_t xid, uint32_t id, uint16_t flags = kAllEvents,
                       uint8_t command = 0) {
    Writer body;
    body.U32(id), body.U32(kOfpAny), body.U32(kGroupAny), body.U16(flags), body.U8(kTableAll),
        body.U8(command);
    EncodeMatch(k14, Match{}, &body);
    return MakeMultipart(k14, xid, kFlowMonitor, body);
  }
  /// The events of one message, in order.
  static std::vector<uint16_t> EventsOf(const Message& message) {
    std::vector<uint16_t> events;
    if (message.header.type != type::kMultipartReply) return events;
    Reader in(message.body().subspan(8));
    while (in.left() >= 4) {
      const uint16_t length = in.U16();
      events.push_back(in.U16());
      in.Skip(length - 4u);
    }
    return events;
  }
  /// The same with the metadata that the rule matches (0 for events without a rule).
  static std::vector<std::pair<uint16_t, uint64_t>> ChangesOf(const Message& message) {
    std::vector<std::pair<uint16_t, uint64_t>> changes;
    Reader in(message.body().subspan(8));
    while (in.left() >= 4) {
      const uint16_t length = in.U16();
      const uint16_t event = in.U16();
      Reader rest(in.Take(length - 4u));
      rest.Skip(20 + 4 + 4);  // fixed part, header of the match, header of the field
      changes.emplace_back(event, event <= kModified ? rest.U64() : 0);
    }
    return changes;
  }
  static std::vector<uint16_t> EventsOf(const std::vector<Message>& messages) {
    std::vector<uint16_t> all;
    for (const Message& message : messages) {
      const auto events = EventsOf(message);
      all.insert(all.end(), events.begin(), events.end());
    }
    return all;
  }
};

TEST_F(Monitors, BeginWithTheRulesThatAreThere) {
  Start();
  bridge_.FillFlows(3);
  Client client = Connect(k14);
  client.Send(Request(9, 1));
  const Message reply = client.Expect(type::kMultipartReply);
  EXPECT_EQ(reply.header.xid, 9u);
  EXPECT_THAT(EventsOf(reply), ::testing::ElementsAre(kInitial, kInitial, kInitial));
}

TEST_F(Monitors, TellOfTheChangesOfOthersInFull) {
  Start();
  Client watcher = Connect(k14), changer = Connect(OfVersion::k13);
  watcher.Send(Request(9, 1));
  EXPECT_EQ(EventsOf(watcher.Expect(type::kMultipartReply)).size(), 0u);
  changer.Send(MakeFlowMod(OfVersion::k13, 1, 5));
  changer.Send(MakeFlowMod(OfVersion::k13, 2, 5));
  changer.Send(MakeDeleteAll(OfVersion::k13, 3));
  changer.Barrier();
  EXPECT_THAT(EventsOf(watcher.Barrier(k14)), ::testing::ElementsAre(kAdded, kModified, kRemoved));
  EXPECT_TRUE(changer.Barrier().empty());
}

TEST_F(Monitors, AbbreviateTheOwnChanges) {
  Start();
  Client client = Connect(k14);
  client.Send(Request(9, 1));
  client.Barrier(k14);
  client.Send(MakeFlowMod(k14, 77, 5));
  const auto messages = client.Barrier(k14);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_THAT(EventsOf(messages), ::testing::ElementsAre(kAbbrev));
  EXPECT_EQ(Reader(messages[0].body().subspan(8 + 4)).U32(), 77u);
}

TEST_F(Monitors, TellTheOwnChangesInFullWhenAsked) {
  Start();
  Client client = Connect(k14);
  client.Send(Request(9, 1, kAllEvents | monitor_flags::kOwn));
  client.Barrier(k14);
  client.Send(MakeFlowMod(k14, 77, 5));
  EXPECT_THAT(EventsOf(client.Barrier(k14)), ::testing::ElementsAre(kAdded));
}

TEST_F(Monitors, TellTheOwnChangesAloneWhenAsked) {
  Start();
  Client watcher = Connect(k14), changer = Connect(k14);
  watcher.Send(Request(9, 1, kAllEvents | monitor_flags::kOwn | monitor_flags::kOnlyOwn));
  watcher.Barrier(k14);
  changer.Send(MakeFlowMod(k14, 1, 5));
  changer.Barrier(k14);
  EXPECT_TRUE(EventsOf(watcher.Barrier(k14)).empty());
  watcher.Send(MakeFlowMod(k14, 77, 6));
  EXPECT_THAT(EventsOf(watcher.Barrier(k14)), ::testing::ElementsAre(kAdded));
}

TEST_F(Monitors, TellTheChangesOfOthersToOvsOfctlWhichSetsOnlyOwn) {
  Start();
  Client watcher = Connect(k14), changer = Connect(k14);
  watcher.Send(Request(9, 1, kAllEvents | monitor_flags::kOnlyOwn));
  watcher.Barrier(k14);
  changer.Send(MakeFlowMod(k14, 1, 5));
  changer.Barrier(k14);
  EXPECT_THAT(EventsOf(watcher.Barrier(k14)), ::testing::ElementsAre(kAdded));
}

TEST_F(Monitors, TellOnlyTheEventsThatAreWanted) {
  Start();
  Client watcher = Connect(k14), changer = Connect(k14);
  watcher.Send(Request(9, 1, monitor_flags::kDelete));
  watcher.Barrier(k14);
  changer.Send(MakeFlowMod(k14, 1, 5));
  changer.Send(MakeDeleteAll(k14, 2));
  changer.Barrier(k14);
  EXPECT_THAT(EventsOf(watcher.Barrier(k14)), ::testing::ElementsAre(kRemoved));
}

TEST_F(Monitors, EndWhenTheyAreDeleted) {
  Start();
  Client watcher = Connect(k14), changer = Connect(k14);
  watcher.Send(Request(9, 1));
  watcher.Send(Request(10, 1, 0, 2));
  watcher.Barrier(k14);
  changer.Send(MakeFlowMod(k14, 1, 5));
  changer.Barrier(k14);
  EXPECT_TRUE(EventsOf(watcher.Barrier(k14)).empty());
}

TEST_F(Monitors, OfAKnownOrUnknownIdAreErrors) {
  Start();
  Client client = Connect(k14);
  client.Send(Request(9, 1));
  client.Send(Request(10, 1));
  client.Send(Request(11, 2, 0, 2));
  std::vector<std::pair<uint32_t, uint16_t>> errors;
  for (const Message& message : client.Barrier(k14)) {
    if (message.header.type != type::kError) continue;
    EXPECT_EQ(message.error_type(), 16);
    errors.emplace_back(message.header.xid, message.error_code());
  }
  EXPECT_THAT(errors, ::testing::ElementsAre(std::pair(10u, 1), std::pair(11u, 3)));
}

// The reader stops; a great many changes come; then it reads on. What it believes the rules to be,
// following events alone, must be what they are.
TEST_F(Monitors, PauseForASlowReaderWhoKnowsAllInTheEnd) {
  Start();
  bridge_.FillFlows(50);
  Client watcher = Connect(k14), changer = Connect(k14);
  watcher.Send(Request(9, 1));
  watcher.Expect(type::kMultipartReply);
  constexpr uint32_t kRules = 8000;
  for (uint32_t i = 0; i < kRules; ++i) changer.Send(MakeFlowMod(k14, i, 1000 + i));
  for (uint32_t i = 0; i < 60; ++i) {
    changer.Send(MakeFlowMod(k14, i, i, FlowMod::Command::kDelete));
  }
  changer.Barrier(k14);
  std::map<uint16_t, size_t> count;
  std::set<uint64_t> believed;
  for (uint64_t i = 0; i < 50; ++i) believed.insert(i);
  while (count[kResumed] == 0) {
    const Message message = watcher.Expect(type::kMultipartReply);
    for (const auto& [event, metadata] : ChangesOf(message)) {
      ++count[event];
      if (event == kAdded || event == kModified) believed.insert(metadata);
      if (event == kRemoved) believed.erase(metadata);
    }
  }
  std::set<uint64_t> real;
  for (uint64_t i = 0; i < kRules; ++i) real.insert(1000 + i);
  EXPECT_EQ(count[kPaused], 1u);
  EXPECT_TRUE(believed == real) << believed.size() << " rules instead of " << real.size();
  EXPECT_GE(count[kRemoved], 50u);
  EXPECT_LT(count[kAdded], kRules + kRules / 10) << "few are told twice";
}

TEST_F(Monitors, SpeakNiciraInOldVersions) {
  Start();
  bridge_.FillFlows(2);
  constexpr OfVersion k10 = OfVersion::k10;
  Client client = Connect(k10);
  Writer body;
  body.U16(0xffff), body.U16(0), body.U32(0x2320), body.U32(2), body.Zeros(4);
  body.U32(1), body.U16(kAllEvents), body.U16(0xffff), body.U16(0), body.U8(kTableAll),
      body.Zeros(5);
  client.Send(MakeMessage(k10, 16, 9, body));
  const Message reply = client.Expect(17);
  EXPECT_EQ(reply.header.xid, 9u);
  Reader in(reply.body().subspan(4 + 12));
  int entries = 0;
  while (in.left() >= 4) {
    const uint16_t length = in.U16();
    in.Skip(length - 2u);
    ++entries;
  }
  EXPECT_EQ(entries, 2);
}

}  // namespace
}  // namespace vsw::testing
