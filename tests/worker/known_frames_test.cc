// SPDX-License-Identifier: Apache-2.0
//
// Frames that need no flow key, in the pipeline: they are sent as they were with one.
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tests/support/packet_builder.h"
#include "tests/support/random_seed.h"
#include "tests/worker/pipeline_fixture.h"

namespace vsw {
namespace {

using testing::Frame;
using testing::PacketBuilder;
using testing::PipelineTest;
using testing::Random;

// `options`: it needs a key each time.
Frame Udp(uint16_t source, uint8_t number = 0, bool options = false) {
  return PacketBuilder()
      .Ethernet(2, 1)
      .Ipv4(1, 2, options ? 4 : 0)
      .Udp(source, 53)
      .Payload(30, number)
      .Build();
}

class KnownFramesTest : public PipelineTest {
 protected:
  // By the source port: even ones leave by port 2, odd ones by port 3. One mask alone, so that a
  // hit in the exact-match cache says that a frame was known.
  void SendByPort(uint16_t shift = 0) {
    slow_path_.Publish([shift](const FlowKey& key, Translation* result) {
      const uint16_t source = key.l4_src.Get();
      result->mask.bits.l4_src.raw = 0xffff;
      result->actions.push_back(Action::Output(PortNo{(source + shift) % 2 == 0 ? 2u : 3u}));
      result->stats.push_back(StatId{1u + source % 100});
      result->tags.push_back(77);
    });
  }
  uint64_t known() const { return pipeline_->stats().exact_match_hits.Get(); }
};

TEST_F(KnownFramesTest, GoAsTheyDidWithAKey) {
  SendByPort();
  Random random(testing::RandomSeed());
  std::map<uint16_t, uint64_t> packets;
  uint64_t received = 0, bytes = 0;
  uint8_t number = 0;
  for (int round = 0; round < 500; ++round) {
    std::vector<Frame> burst, even, odd;
    for (uint32_t n = 1 + random.Below(kBurst); n > 0; --n) {
      const auto source =
          static_cast<uint16_t>(random.OneIn(50) ? random.Below(60'000) : 100 + random.Below(20));
      burst.push_back(Udp(source, ++number, random.OneIn(10)));
      (source % 2 == 0 ? even : odd).push_back(burst.back());
      ++packets[source % 100];
      ++received;
      bytes += burst.back().size();
    }
    Receive(burst);
    ASSERT_EQ(out_.TakeSent(), even) << round;
    ASSERT_EQ(third_.TakeSent(), odd) << round;
  }
  EXPECT_GT(known(), received / 2);
  EXPECT_LT(known(), received);
  EXPECT_EQ(counters_[1].rx_packets.Get(), received);
  EXPECT_EQ(counters_[1].rx_bytes.Get(), bytes);
  pipeline_->Sweep(1u << 12, ++now_);
  for (const auto& [stat, count] : packets) {
    EXPECT_EQ(stats_->Read(StatId{stat + 1u}).packets, count) << stat;
  }
}

TEST_F(KnownFramesTest, FollowTheirDecision) {
  SendByPort();
  const std::vector<Frame> burst = {Udp(1), Udp(2), Udp(3), Udp(4)};
  const std::vector<Frame> odd = {Udp(1), Udp(3)}, even = {Udp(2), Udp(4)};
  for (int i = 0; i < 4; ++i) Receive(burst);
  EXPECT_EQ(known(), 8u) << "of the first two bursts they were learned";
  (void)out_.TakeSent(), (void)third_.TakeSent();
  SendByPort(1);
  for (int i = 0; i < 2; ++i) {
    if (i == 0) pipeline_->flows().Invalidate(77, pipeline_->report());
    if (i == 1) SendByPort(0), pipeline_->SetEpoch(2);
    for (int again = 0; again < 4; ++again) {
      Receive(burst);
      EXPECT_EQ(out_.TakeSent(), i == 0 ? odd : even);
      EXPECT_EQ(third_.TakeSent(), i == 0 ? even : odd);
    }
  }
  EXPECT_EQ(known(), 24u);
}

TEST_F(KnownFramesTest, AreForgottenWithTheirDecision) {
  SendByPort();
  const std::vector<Frame> burst = {Udp(1), Udp(2)};
  for (int i = 0; i < 3; ++i) Receive(burst);
  EXPECT_EQ(known(), 2u);
  // In a table this small others take their places at once.
  Make(2);
  for (int i = 0; i < 3; ++i) Receive(burst);
  ASSERT_EQ(known(), 2u);
  now_ += 1000 * rte_get_tsc_hz();
  pipeline_->Sweep(100, now_);
  ASSERT_EQ(pipeline_->flows().megaflow_count(), 0u);
  SendByPort(1);
  (void)out_.TakeSent(), (void)third_.TakeSent();
  const std::vector<Frame> others = {Udp(4), Udp(3)};
  for (int i = 0; i < 3; ++i) Receive(others);
  Receive(burst);
  EXPECT_EQ(out_.TakeSent(), (std::vector{Udp(3), Udp(3), Udp(3), Udp(1)}));
  EXPECT_EQ(third_.TakeSent(), (std::vector{Udp(4), Udp(4), Udp(4), Udp(2)}));
}

TEST_F(KnownFramesTest, OfOnePortAreNotThoseOfAnother) {
  slow_path_.Publish([](const FlowKey& key, Translation* result) {
    result->mask.bits.l4_src.raw = 0xffff;
    result->actions.push_back(Action::Output(PortNo{key.in_port == PortNo{1} ? 2u : 1u}));
  });
  for (int i = 0; i < 4; ++i) {
    Receive({Udp(1), Udp(2)}, 1);
    Receive({Udp(1), Udp(2)}, 3);
  }
  EXPECT_EQ(known(), 8u);
  EXPECT_EQ(out_.TakeSent().size(), 8u);
  EXPECT_EQ(in_.TakeSent().size(), 8u);
}

}  // namespace
}  // namespace vsw
