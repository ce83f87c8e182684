// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/slow_thread.h"

#include <gtest/gtest.h>

#include <thread>

#include "datapath/worker/mailbox.h"
#include "tests/worker/fakes.h"

namespace vsw {
namespace {

using testing::FakeSlowPath;

LearnEvent Learned(uint64_t number) {
  return {.bridge = BridgeId{0}, .vlan = kNoVlan, .mac = MacAddress::FromU64(number), .port = {}};
}

TEST(SlowEventRing, KeepsTheOrderAndSaysWhenItIsFull) {
  SlowEventRing ring;
  SlowEvent event;
  EXPECT_TRUE(ring.empty());
  EXPECT_FALSE(ring.Pop(&event));
  uint64_t pushed = 0, popped = 0;
  for (int round = 0; round < 3; ++round) {
    while (ring.Push(Learned(pushed))) ++pushed;
    EXPECT_EQ(pushed - popped, 1u << 14);
    for (int i = 0; i < 10'000; ++i) {
      ASSERT_TRUE(ring.Pop(&event));
      ASSERT_EQ(std::get<LearnEvent>(event).mac.ToU64(), popped++);
    }
  }
}

TEST(SlowEventRing, CarriesEventsBetweenTwoThreads) {
  constexpr uint64_t kEvents = 100'000;
  SlowEventRing ring;
  std::thread worker([&] {
    for (uint64_t i = 0; i < kEvents;) {
      if (ring.Push(CreditEvent{.credit = i, .packets = i, .bytes = 2 * i, .last_used_ns = 0})) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  SlowEvent event;
  for (uint64_t i = 0; i < kEvents;) {
    if (!ring.Pop(&event)) {
      std::this_thread::yield();
      continue;
    }
    EXPECT_EQ(std::get<CreditEvent>(event).credit, i);
    EXPECT_EQ(std::get<CreditEvent>(event).bytes, 2 * i++);
  }
  worker.join();
  EXPECT_TRUE(ring.empty());
}

TEST(Mailbox, HandsEveryOrderOverOnceAndTellsThePosterWhenItIsDone) {
  constexpr size_t kOrders = 5'000;
  std::vector<InvalidationOrder> orders(kOrders);
  Mailbox boxes[2];
  uint64_t sums[2] = {};
  std::atomic<bool> posted{false};
  const auto work = [&](size_t i) {
    for (bool last = false; !last;) {
      last = posted.load();
      boxes[i].Drain([&](std::span<const Tag> tags) { sums[i] += tags[0]; });
      std::this_thread::yield();
    }
  };
  std::thread first(work, 0), second(work, 1);
  for (size_t n = 0; n < kOrders; ++n) {
    orders[n].tags = {n};
    orders[n].links.resize(2);
    orders[n].outstanding = 2;
    for (size_t i = 0; i < 2; ++i) {
      orders[n].links[i].order = &orders[n];
      boxes[i].Post(&orders[n].links[i]);
    }
  }
  posted = true;
  first.join();
  second.join();
  for (const InvalidationOrder& order : orders) EXPECT_EQ(order.outstanding.load(), 0u);
  EXPECT_EQ(sums[0], kOrders * (kOrders - 1) / 2);
  EXPECT_EQ(sums[1], sums[0]);
}

template <typename Condition>
void WaitFor(Condition condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST(SlowThread, RunsTasksOnItselfAndWaitsForThem) {
  FakeSlowPath slow_path;
  SlowThread thread(&slow_path);
  thread.Start({});
  std::thread::id id;
  int done = 0;
  thread.Run([&] {
    id = std::this_thread::get_id();
    ++done;
    thread.Run([&] { ++done; });  // on itself: at once
    EXPECT_EQ(done, 2);
  });
  EXPECT_EQ(done, 2);
  EXPECT_NE(id, std::this_thread::get_id());
}

TEST(SlowThread, RunsTasksOfManyThreadsOneAtATime) {
  FakeSlowPath slow_path;
  SlowThread thread(&slow_path);
  thread.Start({});
  int count = 0;  // unguarded: only the slow thread touches it
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int n = 0; n < 500; ++n) thread.Run([&] { ++count; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  thread.Run([&] { EXPECT_EQ(count, 2000); });
}

TEST(SlowThread, DrainsEveryRingAndCallsTheTimer) {
  FakeSlowPath slow_path;
  SlowEventRing rings[2];
  SlowThread thread(&slow_path);
  thread.Start({&rings[0], &rings[1]});
  for (uint64_t i = 0; i < 1000; ++i) {
    EXPECT_TRUE(rings[0].Push(Learned(i)));
    EXPECT_TRUE(
        rings[1].Push(CreditEvent{.credit = 5, .packets = 2, .bytes = 9, .last_used_ns = 0}));
    thread.Notify();
  }
  WaitFor([&] { return slow_path.learned().size() == 1000 && slow_path.SumOf(5).packets == 2000; });
  EXPECT_EQ(slow_path.SumOf(5).bytes, 9000u);
  for (uint64_t i = 0; i < 1000; ++i) EXPECT_EQ(slow_path.learned()[i].mac.ToU64(), i);
  WaitFor([&] { return slow_path.timers() >= 2; });
}

TEST(SlowThread, RunsWhatItWasGivenBeforeItStops) {
  FakeSlowPath slow_path;
  auto thread = std::make_unique<SlowThread>(&slow_path);
  thread->Start({});
  std::atomic<int> done{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) callers.emplace_back([&] { thread->Run([&] { ++done; }); });
  for (std::thread& caller : callers) caller.join();
  thread.reset();
  EXPECT_EQ(done, 4);
}

}  // namespace
}  // namespace vsw
