// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/slow_events.h"

#include <gtest/gtest.h>

#include <deque>
#include <numeric>
#include <thread>

#include "tests/support/random_seed.h"

namespace vsw {
namespace {

using testing::Random;
using testing::RandomSeed;
using Bytes = std::vector<uint8_t>;

struct Event {
  LearnEvent learn{};
  Bytes note{}, blob{}, packet{};
  uint32_t total_bytes = 0;
};

LearnEvent Learned(uint64_t number) {
  return {.bridge = BridgeId{0}, .vlan = kNoVlan, .mac = MacAddress::FromU64(number), .port = {}};
}
Bytes Numbered(size_t bytes, uint8_t first) {
  Bytes result(bytes);
  std::iota(result.begin(), result.end(), first);
  return result;
}
bool PushUpcall(SlowEventRing* ring, uint32_t port, const Bytes& blob, const Bytes& packet,
                uint32_t total_bytes) {
  return ring->PushUpcall(PortNo{port}, blob, static_cast<uint32_t>(packet.size()), total_bytes,
                          [&](uint8_t* out) { std::copy(packet.begin(), packet.end(), out); });
}
bool PushNote(SlowEventRing* ring, uint32_t port, const Bytes& bytes) {
  NoteArea notes;
  notes.Add(bytes);
  return ring->PushDecision(PortNo{port}, {}, notes);
}
std::vector<Event> Drain(SlowEventRing* ring, size_t most = SIZE_MAX) {
  std::vector<Event> events;
  ring->Drain(
      most, [&](const LearnEvent& learn) { events.push_back({.learn = learn}); },
      [&](std::span<const uint8_t> note) {
        events.push_back({.note = Bytes(note.begin(), note.end())});
      },
      [&](std::span<const uint8_t> blob, std::span<const uint8_t> packet, uint32_t total_bytes) {
        events.push_back({.blob = Bytes(blob.begin(), blob.end()),
                          .packet = Bytes(packet.begin(), packet.end()),
                          .total_bytes = total_bytes});
      });
  return events;
}

TEST(SlowEventRing, HandsOverWhatItWasGivenInOrder) {
  SlowEventRing ring;
  EXPECT_TRUE(ring.empty());
  const LearnEvent learned[] = {Learned(1), Learned(2)};
  NoteArea notes;
  ASSERT_TRUE(notes.Add(Numbered(3, 7)));
  ASSERT_TRUE(notes.Add(Numbered(100, 9)));
  ASSERT_TRUE(ring.PushDecision(PortNo{1}, learned, notes));
  ASSERT_TRUE(PushUpcall(&ring, 2, Numbered(5, 1), Numbered(60, 2), 1500));
  EXPECT_FALSE(ring.empty());
  std::vector<Event> events = Drain(&ring, 3);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[1].learn.mac.ToU64(), 2u);
  EXPECT_EQ(events[2].note, Numbered(3, 7));
  events = Drain(&ring);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].note, Numbered(100, 9));
  EXPECT_EQ(events[1].blob, Numbered(5, 1));
  EXPECT_EQ(events[1].packet, Numbered(60, 2));
  EXPECT_EQ(events[1].total_bytes, 1500u);
  EXPECT_TRUE(ring.empty());
}

TEST(SlowEventRing, TakesAllOfADecisionOrNothing) {
  SlowEventRing ring;
  NoteArea notes;
  while (notes.Add(Numbered(500, 1))) {
  }
  size_t pushed = 0;
  for (uint32_t port = 1; port < 10; ++port) {
    while (ring.PushDecision(PortNo{port}, {}, notes)) ++pushed;
  }
  EXPECT_EQ(Drain(&ring).size(), pushed * notes.size());
}

TEST(SlowEventRing, LeavesOnePortNoMoreThanItsShare) {
  SlowEventRing ring;
  const Bytes packet = Numbered(1500, 0);
  size_t noisy = 0;
  while (PushUpcall(&ring, 1, {}, packet, 1500)) ++noisy;
  EXPECT_GT(noisy * 1500, SlowEventRing::kPortShare * 9 / 10);
  EXPECT_LE(noisy * 1500, SlowEventRing::kPortShare);
  EXPECT_FALSE(PushNote(&ring, 1, packet));
  EXPECT_TRUE(PushUpcall(&ring, 2, {}, packet, 1500));
  EXPECT_EQ(Drain(&ring).size(), noisy + 1);
  EXPECT_TRUE(PushUpcall(&ring, 1, {}, packet, 1500)) << "the share is free again";
}

TEST(SlowEventRing, KeepsRoomForNotesWhateverPacketsCome) {
  SlowEventRing ring;
  const Bytes packet = Numbered(1500, 0);
  for (uint32_t port = 1; port < 100; ++port) {
    while (PushUpcall(&ring, port, {}, packet, 1500)) {
    }
  }
  EXPECT_TRUE(PushNote(&ring, 200, packet));
}

TEST(SlowEventRing, RefusesWhatIsGreaterThanAPortsShare) {
  SlowEventRing ring;
  EXPECT_FALSE(PushUpcall(&ring, 1, {}, Bytes(SlowEventRing::kPortShare), 0));
  EXPECT_TRUE(ring.empty());
}

TEST(SlowEventRing, BehavesAsAQueueOverManyRounds) {
  Random random(RandomSeed());
  SlowEventRing ring;
  std::deque<Event> expected;
  size_t refused = 0;
  for (int step = 0; step < 60'000; ++step) {
    Event event;
    const uint32_t port = 1 + random.Below(6);
    if (random.OneIn(2)) {
      event.note = Numbered(1 + random.Below(3000), static_cast<uint8_t>(step));
      if (PushNote(&ring, port, event.note)) {
        expected.push_back(event);
      } else {
        ++refused;
      }
    } else {
      event.blob = Numbered(random.Below(200), 3);
      event.packet = Numbered(random.Below(9000), static_cast<uint8_t>(step));
      event.total_bytes = static_cast<uint32_t>(step);
      if (PushUpcall(&ring, port, event.blob, event.packet, event.total_bytes)) {
        expected.push_back(event);
      } else {
        ++refused;
      }
    }
    if (!random.OneIn(200)) continue;
    for (const Event& got : Drain(&ring, random.OneIn(20) ? SIZE_MAX : random.Below(300))) {
      ASSERT_FALSE(expected.empty());
      ASSERT_EQ(got.note, expected.front().note);
      ASSERT_EQ(got.blob, expected.front().blob);
      ASSERT_EQ(got.packet, expected.front().packet);
      ASSERT_EQ(got.total_bytes, expected.front().total_bytes);
      expected.pop_front();
    }
  }
  EXPECT_EQ(Drain(&ring).size(), expected.size());
  EXPECT_GT(refused, 0u) << "the ring was never full: this run proved less than it should";
}

TEST(SlowEventRing, CarriesEventsBetweenTwoThreads) {
  constexpr uint32_t kEvents = 100'000;
  SlowEventRing ring;
  std::thread worker([&] {
    for (uint32_t i = 0; i < kEvents;) {
      const Bytes packet = Numbered(i % 700, static_cast<uint8_t>(i));
      if (PushUpcall(&ring, 1 + i % 9, {}, packet, i)) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  for (uint32_t next = 0; next < kEvents;) {
    for (const Event& event : Drain(&ring, 64)) {
      ASSERT_EQ(event.total_bytes, next);
      ASSERT_EQ(event.packet, Numbered(next % 700, static_cast<uint8_t>(next)));
      ++next;
    }
  }
  worker.join();
  EXPECT_TRUE(ring.empty());
}

}  // namespace
}  // namespace vsw
