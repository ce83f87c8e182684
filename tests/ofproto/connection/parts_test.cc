// SPDX-License-Identifier: Apache-2.0
//
// The small parts of connections, each by itself, with time as the tests say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ofproto/connection/async_filter.h"
#include "ofproto/connection/backoff.h"
#include "ofproto/connection/framer.h"
#include "ofproto/connection/liveness.h"
#include "ofproto/connection/master_election.h"
#include "ofproto/connection/outbox.h"
#include "ofproto/connection/token_bucket.h"
#include "tests/ofproto/connection/client.h"
#include "tests/support/random_seed.h"

namespace vsw::ofconn {
namespace {

using vsw::testing::MakeMessage;
namespace type = vsw::testing::type;

constexpr uint64_t kSecond = 1'000'000'000;

TEST(Backoff, WaitsTwiceAsLongAfterEachFailureUpToItsLimit) {
  Backoff backoff(kSecond, 8 * kSecond);
  EXPECT_EQ(backoff.next_ns(), 0u);
  uint64_t now = 100 * kSecond;
  std::vector<uint64_t> waits;
  for (int i = 0; i < 6; ++i) {
    backoff.Lost(now);
    waits.push_back((backoff.next_ns() - now) / kSecond);
    now = backoff.next_ns();
  }
  EXPECT_THAT(waits, ::testing::ElementsAre(1, 2, 4, 8, 8, 8));
}

TEST(Backoff, BeginsAnewAfterAConnectionThatStood) {
  Backoff backoff(kSecond, 8 * kSecond);
  uint64_t now = 100 * kSecond;
  for (int i = 0; i < 3; ++i) backoff.Lost(now);
  backoff.Connected(now);
  now += 60 * kSecond;
  backoff.Lost(now);
  EXPECT_EQ(backoff.next_ns(), now + kSecond);
}

TEST(Backoff, DoesNotTakeAConnectionThatBreaksAtOnceForOneThatStood) {
  Backoff backoff(kSecond, 8 * kSecond);
  const uint64_t now = 100 * kSecond;
  backoff.Lost(now);
  backoff.Connected(now);
  backoff.Lost(now + 1000);
  EXPECT_EQ(backoff.next_ns(), now + 1000 + 2 * kSecond);
}

TEST(Liveness, ProbesOnceAndGivesUpAnIntervalLater) {
  Liveness liveness(5 * kSecond, 0);
  using Verdict = Liveness::Verdict;
  EXPECT_EQ(liveness.Check(5 * kSecond - 1), Verdict::kFine);
  EXPECT_EQ(liveness.Check(5 * kSecond), Verdict::kProbe);
  EXPECT_EQ(liveness.Check(6 * kSecond), Verdict::kFine);
  EXPECT_EQ(liveness.Check(10 * kSecond), Verdict::kDead);
}

TEST(Liveness, IsFineAgainAfterASignOfLife) {
  Liveness liveness(5 * kSecond, 0);
  EXPECT_EQ(liveness.Check(5 * kSecond), Liveness::Verdict::kProbe);
  liveness.Sign(9 * kSecond);
  EXPECT_EQ(liveness.Check(10 * kSecond), Liveness::Verdict::kFine);
  EXPECT_EQ(liveness.Check(14 * kSecond), Liveness::Verdict::kProbe);
}

TEST(Liveness, NeverProbesWithoutAnInterval) {
  Liveness liveness(0, 0);
  EXPECT_EQ(liveness.Check(~uint64_t{0} - 1), Liveness::Verdict::kFine);
}

TEST(TokenBucket, LetsABurstThroughAndThenItsRate) {
  TokenBucket bucket(10, 25);
  const uint64_t start = 1000 * kSecond;
  int passed = 0;
  for (int i = 0; i < 100; ++i) passed += bucket.Take(start) ? 1 : 0;
  EXPECT_EQ(passed, 25);
  for (int ms = 1; ms <= 2000; ++ms) passed += bucket.Take(start + ms * 1'000'000ull) ? 1 : 0;
  EXPECT_EQ(passed, 25 + 20);
}

TEST(TokenBucket, WithoutARateLimitsNothing) {
  TokenBucket bucket(0, 0);
  for (int i = 0; i < 100000; ++i) ASSERT_TRUE(bucket.Take(1));
}

TEST(TokenBucket, HoldsNoMoreThanItsBurstAfterALongPause) {
  TokenBucket bucket(1000000, 3);
  EXPECT_TRUE(bucket.Take(1));
  int passed = 0;
  for (int i = 0; i < 10; ++i) passed += bucket.Take(~uint64_t{0} / 2) ? 1 : 0;
  EXPECT_EQ(passed, 3);
}

TEST(Framer, CutsMessagesHoweverTheyArrive) {
  const uint64_t seed = vsw::testing::RandomSeed();
  vsw::testing::Random random(seed);
  std::vector<Bytes> sent;
  Bytes stream;
  for (int i = 0; i < 300; ++i) {
    const size_t size = random.OneIn(10) ? random.Below(65528) : random.Below(100);
    sent.push_back(MakeMessage(OfVersion::k13, type::kEchoRequest, i, Bytes(size, i)));
    stream.insert(stream.end(), sent.back().begin(), sent.back().end());
  }
  Framer framer;
  std::vector<Bytes> got;
  for (size_t at = 0; at < stream.size();) {
    const size_t count = std::min<size_t>(stream.size() - at, 1 + random.Below(20000));
    framer.Append(std::span(stream).subspan(at, count));
    at += count;
    while (const auto message = framer.Next()) got.emplace_back(message->begin(), message->end());
  }
  EXPECT_EQ(got, sent);
  EXPECT_FALSE(framer.has_message());
}

TEST(Framer, FindsNothingBehindALengthBelowTheHeader) {
  Framer framer;
  Bytes bytes = MakeMessage(OfVersion::k13, type::kEchoRequest, 1);
  bytes[3] = 7;
  framer.Append(bytes);
  EXPECT_TRUE(framer.broken());
  EXPECT_FALSE(framer.Next().has_value());
}

TEST(Outbox, LeavesOutPacketInsBeforeOthersAndNeverReplies) {
  Outbox outbox([] {});
  const Bytes message(65000, 1);
  while (outbox.dropped_packet_ins() == 0) outbox.Add(Outbox::Kind::kPacketIn, message);
  EXPECT_LE(outbox.queued(), Outbox::kPacketInLimit + message.size());
  EXPECT_EQ(outbox.dropped_others(), 0u);
  while (outbox.dropped_others() == 0) outbox.Add(Outbox::Kind::kAsync, message);
  EXPECT_LE(outbox.queued(), Outbox::kAsyncLimit + message.size());
  EXPECT_TRUE(outbox.full());
  const size_t before = outbox.queued();
  outbox.Add(Outbox::Kind::kReply, message);
  EXPECT_EQ(outbox.queued(), before + message.size());
  EXPECT_FALSE(outbox.overrun());
}

TEST(Outbox, IsOverrunByMonitorUpdatesThatNobodyReads) {
  Outbox outbox([] {});
  const Bytes message(65000, 1);
  for (size_t i = 0; i <= Outbox::kOverrun / message.size() + 1; ++i) {
    outbox.Add(Outbox::Kind::kMonitor, message);
  }
  EXPECT_TRUE(outbox.overrun());
  EXPECT_LE(outbox.queued(), Outbox::kOverrun + message.size());
}

TEST(Outbox, KeepsTheOrderAndGathersSmallMessages) {
  int wakes = 0;
  Outbox outbox([&] { ++wakes; });
  Bytes all;
  for (int i = 0; i < 1000; ++i) {
    const Bytes message(1 + i % 200, static_cast<uint8_t>(i));
    all.insert(all.end(), message.begin(), message.end());
    outbox.Add(i % 2 == 0 ? Outbox::Kind::kAsync : Outbox::Kind::kReply, message);
  }
  EXPECT_EQ(wakes, 1);
  Bytes taken;
  int pieces = 0;
  for (Bytes piece = outbox.Take(); !piece.empty(); piece = outbox.Take()) {
    taken.insert(taken.end(), piece.begin(), piece.end());
    outbox.Sent(piece.size());
    ++pieces;
  }
  EXPECT_EQ(taken, all);
  EXPECT_LE(pieces, 3);
  EXPECT_EQ(outbox.queued(), 0u);
}

TEST(MasterElection, TakesNewerGenerationsAndRefusesOlderOnes) {
  MasterElection election;
  EXPECT_FALSE(election.generation().has_value());
  EXPECT_TRUE(election.Advance(5).ok());
  EXPECT_TRUE(election.Advance(5).ok());
  EXPECT_EQ(election.Advance(4).id(), OfErrorId::kRoleStale);
  EXPECT_EQ(election.generation(), 5u);
}

TEST(MasterElection, ComparesGenerationsThatWentRound) {
  MasterElection election;
  EXPECT_TRUE(election.Advance(~uint64_t{0} - 1).ok());
  EXPECT_TRUE(election.Advance(3).ok());
  EXPECT_EQ(election.Advance(~uint64_t{0}).id(), OfErrorId::kRoleStale);
}

TEST(AsyncFilter, GivesASlavePortStatusAlone) {
  for (const OfVersion version : {OfVersion::k10, OfVersion::k13, OfVersion::k15}) {
    const AsyncFilter filter(version);
    EXPECT_TRUE(filter.Wants(&msg::AsyncConfig::packet_in, false, 0));
    EXPECT_FALSE(filter.Wants(&msg::AsyncConfig::packet_in, true, 0));
    EXPECT_TRUE(filter.Wants(&msg::AsyncConfig::flow_removed, false, 2));
    EXPECT_FALSE(filter.Wants(&msg::AsyncConfig::flow_removed, true, 2));
    EXPECT_TRUE(filter.Wants(&msg::AsyncConfig::port_status, true, 2));
  }
}

TEST(AsyncFilter, GivesInvalidTtlsAndForwardedRequestsOnlyWhenAsked) {
  AsyncFilter filter(OfVersion::k14);
  EXPECT_FALSE(filter.Wants(&msg::AsyncConfig::packet_in, false, 2));
  filter.SetInvalidTtl(true);
  EXPECT_TRUE(filter.Wants(&msg::AsyncConfig::packet_in, false, 2));
  EXPECT_FALSE(filter.Wants(&msg::AsyncConfig::requestforward, false, 0));
  msg::SetAsync change;
  change.values.requestforward[0] = 1;
  change.present.requestforward[0] = ~0u;
  filter.Set(change);
  EXPECT_TRUE(filter.Wants(&msg::AsyncConfig::requestforward, false, 0));
  EXPECT_FALSE(filter.Wants(&msg::AsyncConfig::requestforward, false, 1));
  EXPECT_TRUE(filter.Wants(&msg::AsyncConfig::packet_in, false, 2)) << "what was not named stays";
}

TEST(WireReason, IsTheNearestThatTheVersionHas) {
  EXPECT_EQ(WireReason(OfVersion::k13, PacketInReason::kGroup), PacketInReason::kAction);
  EXPECT_EQ(WireReason(OfVersion::k14, PacketInReason::kGroup), PacketInReason::kGroup);
  EXPECT_EQ(WireReason(OfVersion::k12, PacketInReason::kImplicitMiss), PacketInReason::kNoMatch);
  EXPECT_EQ(WireReason(OfVersion::k13, PacketInReason::kImplicitMiss), std::nullopt);
  EXPECT_EQ(WireReason(OfVersion::k10, FlowRemovedReason::kGroupDelete),
            FlowRemovedReason::kDelete);
  EXPECT_EQ(WireReason(OfVersion::k13, FlowRemovedReason::kGroupDelete),
            FlowRemovedReason::kGroupDelete);
  EXPECT_EQ(WireReason(OfVersion::k13, FlowRemovedReason::kEviction), FlowRemovedReason::kDelete);
}

}  // namespace
}  // namespace vsw::ofconn
