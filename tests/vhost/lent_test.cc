// SPDX-License-Identifier: Apache-2.0
//
// Long frames on their way from guest to guest: their tails stay where the sender has them.
#include <thread>

#include "datapath/packet/lent_tail.h"
#include "tests/vhost/harness.h"

namespace vsw::vhost {
namespace {

struct RingKind {
  const char* name;
  uint64_t features;
};

class Lent : public VhostTest, public ::testing::WithParamInterface<RingKind> {
 protected:
  static constexpr size_t kHead = LentTail::kHeadBytes;
  Lent() { EXPECT_TRUE(guest_.Reboot(kCommonFeatures | GetParam().features)); }
  ~Lent() override { rte_pktmbuf_free_bulk(burst_.data(), count_); }

  // Where the guest has the frame that it sends first.
  uint8_t* sent() { return guest_.front->memory() + kBufferBase + sizeof(NetHeader); }
  // True: tails are lent.
  bool Receive() {
    rte_pktmbuf_free_bulk(burst_.data(), count_);
    bool lent = false;
    count_ = guest_.device->ReceiveBurst(0, burst_, *guest_.counters, &lent);
    return lent;
  }
  void TakeBack() { guest_.device->TakeBack(0); }
  size_t returned() { return guest_.front->TakeUsed(1).size(); }

  std::array<rte_mbuf*, 32> burst_;
  uint16_t count_ = 0;
};

INSTANTIATE_TEST_SUITE_P(
    Kinds, Lent,
    ::testing::Values(RingKind{"split", 0}, RingKind{"split_mergeable", kFeatureMergeable},
                      RingKind{"packed", kFeaturePacked},
                      RingKind{"packed_mergeable", kFeaturePacked | kFeatureMergeable},
                      RingKind{"split_in_order", kFeatureInOrder},
                      RingKind{"packed_in_order", kFeaturePacked | kFeatureInOrder}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(Lent, StayWithTheSenderUntilTheyAreTakenBack) {
  for (int i = 0; i < 3 * kRingSize; ++i) {
    const auto frame = Frame(LentTail::kMinFrameBytes + i, static_cast<uint8_t>(i));
    guest_.front->SendFrame(1, frame);
    ASSERT_TRUE(Receive());
    ASSERT_EQ(count_, 1);
    EXPECT_TRUE(LentTail::IsLent(burst_[0]));
    EXPECT_EQ(burst_[0]->pkt_len, frame.size());
    EXPECT_EQ(returned(), 0u);
    LentTail::Fetch(burst_[0]);
    EXPECT_EQ(testing::BytesOf(burst_[0]), frame);
    TakeBack();
    EXPECT_EQ(returned(), 1u);
  }
}

TEST_P(Lent, AreNotForThoseWhoDoNotAsk) {
  const auto frame = Frame(1500);
  guest_.front->SendFrame(1, frame);
  EXPECT_EQ(guest_.Receive(), (std::vector<std::vector<uint8_t>>{frame}));
  EXPECT_EQ(returned(), 1u);
}

TEST_P(Lent, AreNotOfShortFrames) {
  const auto frame = Frame(LentTail::kMinFrameBytes - 1);
  guest_.front->SendFrame(1, frame);
  EXPECT_FALSE(Receive());
  ASSERT_EQ(count_, 1);
  EXPECT_EQ(testing::BytesOf(burst_[0]), frame);
  EXPECT_EQ(returned(), 1u);
}

TEST_P(Lent, ComeAmongShortOnesInTheirOrder) {
  std::vector<std::vector<uint8_t>> frames;
  for (const size_t bytes : {100, 1500, 60, 900, 64}) {
    frames.push_back(Frame(bytes, static_cast<uint8_t>(frames.size())));
    guest_.front->SendFrame(1, frames.back());
  }
  ASSERT_TRUE(Receive());
  ASSERT_EQ(count_, frames.size());
  for (size_t i = 0; i < count_; ++i) {
    EXPECT_EQ(LentTail::IsLent(burst_[i]), frames[i].size() >= LentTail::kMinFrameBytes);
    LentTail::Fetch(burst_[i]);
    EXPECT_EQ(testing::BytesOf(burst_[i]), frames[i]);
  }
  EXPECT_EQ(returned(), 0u);
  TakeBack();
  EXPECT_EQ(returned(), frames.size());
}

// Chains of several pieces are copied at once, and go back at once.
TEST_P(Lent, LetOtherChainsWait) {
  constexpr uint64_t kAt = kBufferBase + 65536;
  std::memset(guest_.front->memory() + kAt, 0, 4096);
  const auto offer = [&] {
    guest_.front->Offer(1, {{kAt, 12}, {kAt + 12, 900}, {kAt + 912, 500}});
  };
  offer();
  guest_.front->SendFrame(1, Frame(1500));
  offer();
  ASSERT_TRUE(Receive());
  ASSERT_EQ(count_, 2);
  EXPECT_FALSE(LentTail::IsLent(burst_[0]));
  EXPECT_TRUE(LentTail::IsLent(burst_[1]));
  EXPECT_EQ(returned(), 1u);
  TakeBack();
  EXPECT_EQ(returned(), 1u);
  EXPECT_FALSE(Receive());
  ASSERT_EQ(count_, 1);
  EXPECT_EQ(burst_[0]->pkt_len, 1400u);
  EXPECT_EQ(returned(), 1u);
}

// What was looked at is what is sent, whatever the guest does meanwhile.
TEST_P(Lent, AreCopiedFromGuestToGuestBehindAHeadThatStays) {
  Guest& receiver = devices().bystander;
  receiver.front->Offer(0, {{kBufferBase + 65536, 2048}});
  auto frame = Frame(1500, 1);
  guest_.front->SendFrame(1, frame);
  ASSERT_TRUE(Receive());
  for (size_t i = 0; i < frame.size(); ++i) sent()[i] = 0xee;
  for (size_t i = kHead; i < frame.size(); ++i) frame[i] = 0xee;
  receiver.device->TransmitBurst(0, {burst_.data(), count_}, *receiver.counters);
  count_ = 0;
  TakeBack();
  EXPECT_EQ(returned(), 1u);
  EXPECT_EQ(receiver.front->TakeUsed(0), std::vector<uint32_t>{12 + 1500});
  const uint8_t* const got = receiver.front->memory() + kBufferBase + 65536 + 12;
  EXPECT_EQ(std::vector<uint8_t>(got, got + frame.size()), frame);
}

TEST_P(Lent, ReachAGuestInSeveralPieces) {
  Guest& receiver = devices().bystander;
  receiver.front->Offer(0, {{kBufferBase + 65536, 512}, {kBufferBase + 66048, 2048}});
  const auto frame = Frame(1500, 2);
  guest_.front->SendFrame(1, frame);
  ASSERT_TRUE(Receive());
  receiver.device->TransmitBurst(0, {burst_.data(), count_}, *receiver.counters);
  count_ = 0;
  TakeBack();
  EXPECT_EQ(receiver.front->TakeUsed(0), std::vector<uint32_t>{12 + 1500});
  const uint8_t* const got = receiver.front->memory() + kBufferBase + 65536 + 12;
  EXPECT_EQ(std::vector<uint8_t>(got, got + frame.size()), frame);
}

TEST_P(Lent, KeepTheGuestsMemoryWhileItGoes) {
  const auto frame = Frame(1500, 3);
  guest_.front->SendFrame(1, frame);
  ASSERT_TRUE(Receive());
  guest_.front->Disconnect();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_TRUE(guest_.device->ReadState().connected);
  LentTail::Fetch(burst_[0]);
  EXPECT_EQ(testing::BytesOf(burst_[0]), frame);
  TakeBack();
  EXPECT_TRUE(guest_.Gone());
}

}  // namespace
}  // namespace vsw::vhost
