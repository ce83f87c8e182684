// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/slow_thread.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "tests/worker/fakes.h"

namespace vsw {
namespace {

using testing::FakeSlowPath;

LearnEvent Learned(uint64_t number) {
  return {.bridge = BridgeId{0}, .vlan = kNoVlan, .mac = MacAddress::FromU64(number), .port = {}};
}

const NoteArea kNoNotes{};

bool Push(SlowEventRing* ring, const LearnEvent& event) {
  return ring->PushDecision(PortNo{1}, {&event, 1}, kNoNotes);
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
    EXPECT_TRUE(Push(&rings[0], Learned(i)));
    EXPECT_TRUE(Push(&rings[1], Learned(i)));
    thread.Notify();
  }
  WaitFor([&] { return slow_path.learned().size() == 2000; });
  std::map<uint64_t, int> times;
  for (const LearnEvent& event : slow_path.learned()) ++times[event.mac.ToU64()];
  for (uint64_t i = 0; i < 1000; ++i) EXPECT_EQ(times[i], 2) << i;
  WaitFor([&] { return slow_path.timers() >= 2; });
}

TEST(SlowThread, DoesInTimeWhatCannotWaitForTheTimer) {
  class DueSlowPath : public FakeSlowPath {
   public:
    uint64_t NextDueNs() const override { return calls_ < 5 ? 1 : ~uint64_t{0}; }
    void OnDue() override { ++calls_; }
    std::atomic<int> calls_{0};
  };
  DueSlowPath slow_path;
  SlowThread thread(&slow_path, [] { return uint64_t{2}; });
  thread.Start({});
  WaitFor([&] { return slow_path.calls_ == 5; });
  EXPECT_LE(slow_path.timers(), 1) << "without a tenth of a second for each";
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

TEST(SlowThread, RunsTasksOnTheCallersThreadWhileItHasNone) {
  FakeSlowPath slow_path;
  SlowThread thread(&slow_path);
  int done = 0;
  const auto task = [&] {
    ++done;
    thread.Run([&] { ++done; });
  };
  thread.Run(task);
  EXPECT_EQ(done, 2);
  thread.Start({});
  thread.Run(task);
  thread.Stop();
  thread.Run(task);
  EXPECT_EQ(done, 6);
}

TEST(SlowThread, LeavesNobodyWaitingWhoComesWhileItStops) {
  for (int round = 0; round < 50; ++round) {
    FakeSlowPath slow_path;
    SlowThread thread(&slow_path);
    thread.Start({});
    int count = 0;  // unguarded: one task at a time, whoever runs it
    std::vector<std::thread> callers;
    for (int i = 0; i < 3; ++i) {
      callers.emplace_back([&] {
        for (int n = 0; n < 100; ++n) thread.Run([&] { ++count; });
      });
    }
    thread.Stop();
    for (std::thread& caller : callers) caller.join();
    EXPECT_EQ(count, 300);
  }
}

}  // namespace
}  // namespace vsw
