// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/own_neighbours.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datapath/tunnel/nd.h"
#include "tests/underlay/fake_kernel.h"

namespace vsw {
namespace {

using testing::Ip;
using testing::Mac;
using State = KernelNeighbour::State;

class OwnNeighboursTest : public ::testing::Test {
 protected:
  void Solicit() { own_.Solicit(key_, as_, now_); }
  void Later(uint64_t ns) {
    now_ += ns;
    own_.OnTimer(now_);
  }
  State state() const { return own_.Find(key_).state; }
  MacAddress Destination(size_t frame) const {
    MacAddress mac;
    std::memcpy(mac.octets.data(), sent_.at(frame).data(), 6);
    return mac;
  }

  uint64_t now_ = 1;
  std::vector<std::vector<uint8_t>> sent_;
  int changes_ = 0;
  OwnNeighbours own_{[this](PortNo, std::vector<uint8_t> f) { sent_.push_back(std::move(f)); },
                     [this](const OwnNeighbours::Key&) { ++changes_; }};
  const OwnNeighbours::Key key_ = {PortNo{5}, Ip("10.0.0.2")};
  const OwnNeighbours::Identity as_ = {Mac(5), Ip("10.0.0.1")};
};

TEST_F(OwnNeighboursTest, AsksThreeTimesAndGivesUp) {
  Solicit();
  Solicit();
  EXPECT_EQ(sent_.size(), 1u);
  EXPECT_TRUE(Destination(0).is_broadcast());
  for (int i = 0; i < 5; ++i) Later(OwnNeighbours::kRetryNs);
  EXPECT_EQ(sent_.size(), 3u);
  EXPECT_EQ(state(), State::kFailed);
  EXPECT_EQ(changes_, 1);
  Solicit();
  EXPECT_EQ(sent_.size(), 4u);
}

TEST_F(OwnNeighboursTest, AnAnswerMakesItUsable) {
  Solicit();
  own_.Heard(key_, Mac(9), /*solicited=*/true, now_);
  EXPECT_EQ(state(), State::kUsable);
  EXPECT_EQ(own_.Find(key_).mac, Mac(9));
  EXPECT_EQ(changes_, 1);
  Later(OwnNeighbours::kRetryNs);
  EXPECT_EQ(sent_.size(), 1u);
}

TEST_F(OwnNeighboursTest, AStaleOneInUseIsAskedDirectly) {
  Solicit();
  own_.Heard(key_, Mac(9), true, now_);
  Solicit();
  EXPECT_EQ(sent_.size(), 1u);
  Later(OwnNeighbours::kReachableNs);
  EXPECT_EQ(sent_.size(), 1u);
  EXPECT_EQ(state(), State::kUsable);
  Solicit();
  ASSERT_EQ(sent_.size(), 2u);
  EXPECT_EQ(Destination(1), Mac(9));
  for (int i = 0; i < 4; ++i) Later(OwnNeighbours::kRetryNs);
  EXPECT_EQ(state(), State::kFailed);
}

TEST_F(OwnNeighboursTest, ANeighbourThatMovesIsFollowed) {
  Solicit();
  own_.Heard(key_, Mac(9), true, now_);
  own_.Heard(key_, Mac(8), /*solicited=*/false, now_);
  EXPECT_EQ(own_.Find(key_).mac, Mac(8));
  EXPECT_EQ(changes_, 2);
  own_.Heard(key_, Mac(8), false, now_);
  EXPECT_EQ(changes_, 2);
}

TEST_F(OwnNeighboursTest, AsksByTheSolicitedNodeGroupForIpv6) {
  const OwnNeighbours::Key key = {PortNo{5}, Ip("2001:db8::1:2")};
  own_.Solicit(key, {Mac(5), Ip("2001:db8::1")}, now_);
  ASSERT_EQ(sent_.size(), 1u);
  const std::vector<uint8_t>& frame = sent_[0];
  EXPECT_EQ(Destination(0), MacAddress::Parse("33:33:ff:01:00:02"));
  EXPECT_EQ(IpAddress::FromV6(frame.data() + 14 + 24), Ip("ff02::1:ff01:2"));
  EXPECT_EQ(frame[14 + 7], 255);
  EXPECT_EQ(SumIcmpv6(frame.data() + 14, kNdMessageBytes), 0xffff);
}

TEST_F(OwnNeighboursTest, ForgetsAPortsNeighbours) {
  own_.Heard(key_, Mac(9), true, now_);
  own_.Forget(PortNo{5});
  EXPECT_EQ(state(), State::kUnknown);
  EXPECT_EQ(own_.next_ns(), std::nullopt);
}

}  // namespace
}  // namespace vsw
