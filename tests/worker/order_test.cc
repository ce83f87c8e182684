// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/order.h"

#include <gtest/gtest.h>

#include <deque>
#include <thread>
#include <vector>

namespace vsw {
namespace {

// Takes `steps` steps and then writes down its number.
class TestOrder : public Order {
 public:
  TestOrder(int number, int steps, std::vector<int>* finished)
      : number_(number), steps_(steps), finished_(finished) {}

 protected:
  bool Step(Pipeline&) override {
    if (--steps_ > 0) return false;
    finished_->push_back(number_);
    return true;
  }

 private:
  const int number_;
  int steps_;
  std::vector<int>* const finished_;
};

// What orders are given and TestOrder does not look at.
Pipeline& NoPipeline() {
  alignas(64) static char nothing[64];
  return reinterpret_cast<Pipeline&>(nothing);
}

TEST(Mailbox, DoesOrdersInTurnAFewStepsAtATime) {
  Mailbox box;
  std::vector<int> finished;
  TestOrder long_one(1, 20, &finished), short_one(2, 1, &finished), late(3, 1, &finished);
  box.Post(&long_one);
  box.Post(&short_one);
  box.TakeIn();
  EXPECT_TRUE(box.Run(NoPipeline()));
  EXPECT_TRUE(finished.empty()) << "more than a few steps at once";
  box.Post(&late);
  int runs = 1;
  for (bool more = true; more; ++runs) {
    EXPECT_EQ(long_one.done(), !finished.empty());
    box.TakeIn();
    more = box.Run(NoPipeline());
  }
  EXPECT_GT(runs, 4);
  EXPECT_EQ(finished, (std::vector{1, 2, 3}));
  EXPECT_TRUE(late.done());
  EXPECT_FALSE(box.Run(NoPipeline()));
}

TEST(Mailbox, HandsEveryOrderOverOnceAndInTheOrderOfEachPoster) {
  constexpr int kOrders = 5'000;
  Mailbox box;
  std::vector<int> finished;
  std::deque<TestOrder> orders;
  for (int i = 0; i < 2 * kOrders; ++i) orders.emplace_back(i, 1 + i % 3, &finished);
  std::vector<std::thread> posters;
  for (size_t half = 0; half < 2; ++half) {
    posters.emplace_back([&, half] {
      for (size_t i = 0; i < kOrders; ++i) box.Post(&orders[half * kOrders + i]);
    });
  }
  while (finished.size() < 2 * kOrders) {
    box.TakeIn();
    box.Run(NoPipeline());
  }
  for (std::thread& poster : posters) poster.join();
  int next[2] = {0, kOrders};
  for (const int number : finished) EXPECT_EQ(number, next[number / kOrders]++);
  for (const TestOrder& order : orders) EXPECT_TRUE(order.done());
}

}  // namespace
}  // namespace vsw
