// SPDX-License-Identifier: Apache-2.0
//
// The session by the sections of RFC 5880, with a clock that only these tests move.
#include "ofproto/bfd/session.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace vsw::bfd {
namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint32_t kOurs = 0x11, kTheirs = 0x22;

class BfdSession : public testing::Test {
 protected:
  // What the other end says, unless a test says otherwise.
  static Packet Theirs(State state) {
    return {.state = state,
            .detect_mult = 3,
            .my_discriminator = kTheirs,
            .your_discriminator = state == State::kDown ? 0 : kOurs,
            .desired_min_tx_us = 200'000,
            .required_min_rx_us = 50'000};
  }

  // Moves the clock step by step, keeping the other end alive with `heartbeat` if there is one.
  std::vector<Packet> Run(uint64_t milliseconds, std::optional<Packet> heartbeat = std::nullopt) {
    std::vector<Packet> sent;
    for (uint64_t i = 0; i < milliseconds; ++i) {
      now_ns_ += kMs;
      if (heartbeat && i % 100 == 0) session_.Receive(*heartbeat, now_ns_);
      while (const auto packet = session_.Run(now_ns_)) sent.push_back(*packet);
    }
    return sent;
  }

  void BringUp() {
    session_.Receive(Theirs(State::kDown), now_ns_);
    session_.Receive(Theirs(State::kInit), now_ns_);
    ASSERT_EQ(session_.state(), State::kUp);
    Packet final = Theirs(State::kUp);
    final.final = true;
    session_.Receive(final, now_ns_);
    ASSERT_FALSE(session_.is_polling());
    Run(5);
  }

  uint64_t now_ns_ = 1000 * kMs;
  Settings settings_;
  Session session_{settings_, kOurs, /*seed=*/7, now_ns_};
};

TEST_F(BfdSession, BeginsDownAndSpeaksNoFasterThanOnceASecond) {
  EXPECT_EQ(session_.state(), State::kDown);
  const std::vector<Packet> sent = Run(10'000);
  EXPECT_GE(sent.size(), 10u);
  EXPECT_LE(sent.size(), 14u);  // 75 percent of a second at the least
  for (const Packet& packet : sent) {
    EXPECT_EQ(packet.state, State::kDown);
    EXPECT_EQ(packet.my_discriminator, kOurs);
    EXPECT_EQ(packet.your_discriminator, 0u);
    EXPECT_EQ(packet.desired_min_tx_us, Session::kSlowTxUs);
    EXPECT_EQ(packet.required_min_rx_us, 1'000'000u);
  }
}

TEST_F(BfdSession, ComesUpInThreeSteps) {  // section 6.2
  session_.Receive(Theirs(State::kDown), now_ns_);
  EXPECT_EQ(session_.state(), State::kInit);
  EXPECT_FALSE(session_.is_forwarding());
  const std::vector<Packet> sent = Run(1);
  ASSERT_EQ(sent.size(), 1u) << "a change of state is told at once";
  EXPECT_EQ(sent[0].state, State::kInit);
  EXPECT_EQ(sent[0].your_discriminator, kTheirs);
  session_.Receive(Theirs(State::kUp), now_ns_);
  EXPECT_EQ(session_.state(), State::kUp);
  EXPECT_TRUE(session_.is_forwarding());
  EXPECT_EQ(session_.flaps(), 1u);
}

TEST_F(BfdSession, GoesFromDownUpWhenTheOtherEndIsInInit) {
  session_.Receive(Theirs(State::kInit), now_ns_);
  EXPECT_EQ(session_.state(), State::kUp);
}

TEST_F(BfdSession, StaysDownWhenTheOtherEndSaysUp) {
  session_.Receive(Theirs(State::kUp), now_ns_);
  EXPECT_EQ(session_.state(), State::kDown);
}

TEST_F(BfdSession, LeavesPacketsOfOtherSessionsAlone) {  // section 6.8.6
  Packet other = Theirs(State::kInit);
  other.your_discriminator = kOurs + 1;
  EXPECT_FALSE(session_.Receive(other, now_ns_));
  EXPECT_EQ(session_.state(), State::kDown);
  EXPECT_EQ(session_.remote_discriminator(), 0u);
}

TEST_F(BfdSession, SendsByTheSlowerOfItsWishAndTheOthersLimit) {  // section 6.8.2
  BringUp();
  EXPECT_EQ(session_.transmit_interval_us(), 100'000u);
  Packet slow = Theirs(State::kUp);
  slow.required_min_rx_us = 400'000;
  session_.Receive(slow, now_ns_);
  EXPECT_EQ(session_.transmit_interval_us(), 400'000u);
  const size_t sent = Run(8'000, slow).size();
  EXPECT_GE(sent, 19u);
  EXPECT_LE(sent, 28u);
}

TEST_F(BfdSession, SaysNothingByItselfToWhoWantsToHearNothing) {  // section 6.8.1, RemoteMinRx
  BringUp();
  Packet deaf = Theirs(State::kUp);
  deaf.required_min_rx_us = 0;
  session_.Receive(deaf, now_ns_);
  EXPECT_TRUE(Run(3'000, deaf).empty());
  deaf.poll = true;
  session_.Receive(deaf, now_ns_);
  EXPECT_EQ(Run(1).size(), 1u) << "but a poll is answered";
}

TEST_F(BfdSession, IsQuietTowardsDemandMode) {  // section 6.6
  BringUp();
  Packet demand = Theirs(State::kUp);
  demand.demand = true;
  session_.Receive(demand, now_ns_);
  EXPECT_TRUE(Run(3'000, demand).empty());
}

TEST_F(BfdSession, GoesDownWhenNothingComesForTheDetectionTime) {  // section 6.8.4
  BringUp();
  EXPECT_EQ(session_.detection_time_us(), 3'000'000u);  // 3 * max(our min_rx, their min_tx)
  session_.Receive(Theirs(State::kUp), now_ns_);
  Run(2'999);
  EXPECT_EQ(session_.state(), State::kUp);
  const std::vector<Packet> sent = Run(2);
  EXPECT_EQ(session_.state(), State::kDown);
  EXPECT_EQ(session_.diagnostic(), Diagnostic::kDetectionTimeExpired);
  EXPECT_EQ(session_.flaps(), 2u);
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent.back().state, State::kDown);
  EXPECT_EQ(sent.back().diagnostic, Diagnostic::kDetectionTimeExpired);
  EXPECT_EQ(sent.back().your_discriminator, 0u) << "section 6.8.1, RemoteDiscr";
}

TEST_F(BfdSession, TheOtherEndsSlowPacketsStretchTheDetectionTime) {
  BringUp();
  Packet slow = Theirs(State::kUp);
  slow.desired_min_tx_us = 2'000'000;
  slow.detect_mult = 5;
  session_.Receive(slow, now_ns_);
  EXPECT_EQ(session_.detection_time_us(), 10'000'000u);
}

TEST_F(BfdSession, FollowsTheOtherEndDown) {
  BringUp();
  Packet down = Theirs(State::kDown);
  down.your_discriminator = kOurs;
  session_.Receive(down, now_ns_);
  EXPECT_EQ(session_.state(), State::kDown);
  EXPECT_EQ(session_.diagnostic(), Diagnostic::kNeighborSignaledDown);
}

TEST_F(BfdSession, FollowsTheOtherEndsAdministrator) {  // section 6.8.16
  BringUp();
  session_.Receive(Theirs(State::kAdminDown), now_ns_);
  EXPECT_EQ(session_.state(), State::kDown);
  EXPECT_EQ(session_.diagnostic(), Diagnostic::kNeighborSignaledDown);
  session_.Receive(Theirs(State::kAdminDown), now_ns_);
  EXPECT_EQ(session_.state(), State::kDown) << "and does not come up towards it";
}

TEST_F(BfdSession, ForwardsNotWhereTheWayEndsBehindTheOtherEnd) {
  BringUp();
  Packet broken = Theirs(State::kUp);
  broken.diagnostic = Diagnostic::kConcatenatedPathDown;
  session_.Receive(broken, now_ns_);
  EXPECT_EQ(session_.state(), State::kUp);
  EXPECT_FALSE(session_.is_forwarding());
  EXPECT_EQ(session_.flaps(), 2u);
}

TEST_F(BfdSession, AnswersAPollAtOnceWithFinalAndWithoutPoll) {  // section 6.8.7
  BringUp();
  Packet poll = Theirs(State::kUp);
  poll.poll = true;
  session_.Receive(poll, now_ns_);
  const auto answer = session_.Run(now_ns_);
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->final);
  EXPECT_FALSE(answer->poll);
}

TEST_F(BfdSession, PollsWhenItComesUpSinceItThenSendsFaster) {  // section 6.8.3
  session_.Receive(Theirs(State::kDown), now_ns_);
  session_.Receive(Theirs(State::kInit), now_ns_);
  EXPECT_TRUE(session_.is_polling());
  EXPECT_EQ(session_.transmit_interval_us(), 100'000u) << "faster needs no consent";
  const std::vector<Packet> sent = Run(1);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(sent[0].poll);
  EXPECT_EQ(sent[0].desired_min_tx_us, 100'000u);
  Packet final = Theirs(State::kUp);
  final.final = true;
  session_.Receive(final, now_ns_);
  EXPECT_FALSE(session_.is_polling());
}

TEST_F(BfdSession, SendsSlowerOnlyAfterThePollIsAnswered) {  // section 6.8.3
  BringUp();
  Settings slower = settings_;
  slower.min_tx_us = 500'000;
  session_.Configure(slower, now_ns_);
  EXPECT_EQ(session_.transmit_interval_us(), 100'000u);
  const std::vector<Packet> sent = Run(1'000, Theirs(State::kUp));
  EXPECT_GE(sent.size(), 9u);
  EXPECT_TRUE(sent.back().poll) << "until it is answered";
  EXPECT_EQ(sent.back().desired_min_tx_us, 500'000u) << "but it is announced";
  Packet final = Theirs(State::kUp);
  final.final = true;
  session_.Receive(final, now_ns_);
  EXPECT_EQ(session_.transmit_interval_us(), 500'000u);
}

TEST_F(BfdSession, SuspectsSoonerOnlyAfterThePollIsAnswered) {  // section 6.8.3
  BringUp();
  Settings quicker = settings_;
  quicker.min_rx_us = 10'000;
  session_.Configure(quicker, now_ns_);
  EXPECT_EQ(session_.detection_time_us(), 3'000'000u);
  Packet final = Theirs(State::kUp);
  final.final = true;
  session_.Receive(final, now_ns_);
  EXPECT_EQ(session_.detection_time_us(), 600'000u);
}

TEST_F(BfdSession, SlowsDownAtOnceWhenItGoesDown) {
  BringUp();
  session_.Receive(Theirs(State::kAdminDown), now_ns_);
  EXPECT_EQ(session_.transmit_interval_us(), Session::kSlowTxUs);
}

TEST_F(BfdSession, JittersBetweenThreeQuartersAndTheWholeInterval) {  // section 6.8.7
  BringUp();
  uint64_t least = ~uint64_t{0}, most = 0, before = 0;
  for (int i = 0; i < 60'000; ++i) {
    now_ns_ += kMs / 2;
    if (i % 100 == 0) session_.Receive(Theirs(State::kUp), now_ns_);
    while (session_.Run(now_ns_)) {
      if (before != 0) {
        least = std::min(least, now_ns_ - before);
        most = std::max(most, now_ns_ - before);
      }
      before = now_ns_;
    }
  }
  EXPECT_GE(least, 75 * kMs);
  EXPECT_LE(most, 101 * kMs);
  EXPECT_GT(most - least, 10 * kMs);
}

TEST_F(BfdSession, SaysWhenItWantsToRunNext) {
  BringUp();
  session_.Receive(Theirs(State::kUp), now_ns_);
  for (int i = 0; i < 1'000; ++i) {
    const uint64_t next = session_.next_run_ns();
    ASSERT_GT(next, now_ns_);
    EXPECT_FALSE(session_.Run(next - 1).has_value()) << "nothing before that";
    now_ns_ = next;
    const State before = session_.state();
    const bool sent = session_.Run(now_ns_).has_value();
    EXPECT_TRUE(sent || session_.state() != before);
    while (session_.Run(now_ns_)) {
    }
  }
  EXPECT_EQ(session_.state(), State::kDown);
}

TEST(BfdSessions, TalkEachOtherUpAndNoticeASilence) {
  uint64_t now_ns = kMs;
  Session a({}, 1, 3, now_ns), b({.min_tx_us = 300'000, .min_rx_us = 50'000}, 2, 5, now_ns);
  const auto run = [&](int milliseconds, bool connected) {
    for (int i = 0; i < milliseconds; ++i) {
      now_ns += kMs;
      while (const auto packet = a.Run(now_ns)) {
        if (connected) b.Receive(*Decode(Encode(*packet)), now_ns);
      }
      while (const auto packet = b.Run(now_ns)) {
        if (connected) a.Receive(*Decode(Encode(*packet)), now_ns);
      }
    }
  };
  run(3'000, true);
  EXPECT_EQ(a.state(), State::kUp);
  EXPECT_EQ(b.state(), State::kUp);
  EXPECT_FALSE(a.is_polling());
  EXPECT_FALSE(b.is_polling());
  EXPECT_EQ(a.transmit_interval_us(), 100'000u);
  EXPECT_EQ(b.transmit_interval_us(), 1'000'000u);
  EXPECT_EQ(b.detection_time_us(), 300'000u);
  run(4'000, false);
  EXPECT_EQ(a.state(), State::kDown);
  EXPECT_EQ(b.state(), State::kDown);
  run(4'000, true);
  EXPECT_TRUE(a.is_forwarding());
  EXPECT_TRUE(b.is_forwarding());
  EXPECT_EQ(a.flaps(), 3u);
}

}  // namespace
}  // namespace vsw::bfd
