// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/next_hop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace vsw {
namespace {

using ::testing::UnorderedElementsAre;

IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

NextHop By(uint32_t port) {
  return {.egress = PortNo{port}, .local = Ip("192.0.2.1"), .mtu = 1500};
}

TEST(NextHopMap, FindsEachPairOfEndsAmongMany) {
  NextHopMap::Rows rows;
  for (uint32_t i = 0; i < 1000; ++i) {
    const IpAddress remote =
        IpAddress::FromV4Octets(10, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i));
    rows.push_back({{{}, remote}, By(i + 1)});
    rows.push_back({{Ip("192.0.2.1"), remote}, By(i + 10001)});
  }
  const NextHopMap map(rows);
  for (const auto& [ends, next_hop] : rows) {
    const NextHop* found = map.Find(ends);
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(*found, next_hop);
  }
  EXPECT_EQ(map.Find({{}, Ip("10.0.4.1")}), nullptr);
  EXPECT_EQ(map.Find({Ip("192.0.2.2"), Ip("10.0.0.1")}), nullptr);
}

TEST(NextHopMap, TellsWhichWereUsedSinceTheLastTime) {
  const TunnelEnds a = {{}, Ip("10.0.0.1")}, b = {{}, Ip("10.0.0.2")};
  const NextHopMap map({{a, By(1)}, {b, By(2)}});
  std::vector<TunnelEnds> used;
  const auto note = [&used](const TunnelEnds& ends) { used.push_back(ends); };
  map.Find(a);
  map.TakeUsed(note);
  EXPECT_THAT(used, UnorderedElementsAre(a));
  used.clear();
  map.TakeUsed(note);
  EXPECT_TRUE(used.empty());
}

TEST(NextHopTable, ShowsTheNewMapOncePublished) {
  UnderlayEvents events;
  NextHopTable table(&events);
  EXPECT_EQ(table.Find({}, Ip("10.0.0.1")), nullptr);
  const uint64_t before = table.generation();
  const NextHopMap::Rows rows = {{{{}, Ip("10.0.0.1")}, By(7)}};
  EXPECT_NE(table.Publish(std::make_unique<NextHopMap>(rows)), nullptr);
  ASSERT_NE(table.Find({}, Ip("10.0.0.1")), nullptr);
  EXPECT_EQ(table.Find({}, Ip("10.0.0.1"))->egress, PortNo{7});
  EXPECT_NE(table.generation(), before);
}

TEST(NextHopTable, HandsMissesToTheUnderlay) {
  UnderlayEvents events;
  NextHopTable table(&events);
  table.Miss({}, Ip("10.0.0.1"));
  UnderlayEvent event;
  ASSERT_TRUE(events.Pop(&event));
  EXPECT_EQ(event.kind, UnderlayEvent::Kind::kMiss);
  EXPECT_EQ(event.remote, Ip("10.0.0.1"));
  EXPECT_FALSE(events.Pop(&event));
}

TEST(UnderlayEvents, KeepsTheOrderOfEachWriterAndLosesOnlyWhatFindsNoRoom) {
  UnderlayEvents events;
  constexpr uint32_t kEach = 50000;
  std::atomic<uint32_t> pushed{0}, writers{2};
  const auto write = [&](uint32_t writer) {
    for (uint32_t i = 0; i < kEach; ++i) {
      UnderlayEvent event{.port = PortNo{writer}};
      std::memcpy(event.local.octets.data(), &i, sizeof(i));
      if (events.Push(event)) ++pushed;
    }
    --writers;
  };
  std::thread first(write, 0), second(write, 1);
  uint32_t popped = 0;
  int64_t last[2] = {-1, -1};
  for (bool more = true; more;) {
    more = writers > 0;
    UnderlayEvent event;
    while (events.Pop(&event)) {
      uint32_t i;
      std::memcpy(&i, event.local.octets.data(), sizeof(i));
      ASSERT_GT(static_cast<int64_t>(i), last[ToInt(event.port)]);
      last[ToInt(event.port)] = i;
      ++popped;
    }
  }
  first.join();
  second.join();
  EXPECT_EQ(popped, pushed);
}

TEST(UnderlayEvents, DoesNotLetTheReaderSleepOverAnEvent) {
  UnderlayEvents events;
  EXPECT_TRUE(events.BeginSleep());
  events.EndSleep();
  events.Push({.remote = Ip("10.0.0.1")});
  EXPECT_FALSE(events.BeginSleep());
  events.EndSleep();
}

}  // namespace
}  // namespace vsw
