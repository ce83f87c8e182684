// SPDX-License-Identifier: Apache-2.0
//
// Guests that break the rules of their rings: they harm nobody but themselves. (That the bystander
// still forwards is checked after each test.)
#include "tests/vhost/harness.h"

namespace vsw::vhost {
namespace {

class HostileSplitRing : public VhostTest {
 protected:
  HostileSplitRing() { EXPECT_TRUE(guest_.Reboot()); }
  // A good frame still comes through.
  void ExpectAlive() {
    guest_.front->SendFrame(1, Frame(100));
    EXPECT_EQ(guest_.Receive().size(), 1u);
  }
  void ExpectDropped(DropReason reason, uint64_t times = 1) {
    EXPECT_TRUE(guest_.Receive().empty());
    EXPECT_EQ(guest_.drops(reason), times);
  }
  // Makes descriptor `head` available as it stands.
  void Publish(uint16_t head) {
    SplitAvail* const avail = guest_.front->split_avail(1);
    avail->ring[avail->index % kRingSize] = head;
    __atomic_store_n(&avail->index, avail->index + 1, __ATOMIC_RELEASE);
  }
  SplitDescriptor& Descriptor(uint16_t index) { return guest_.front->split_descriptors(1)[index]; }
};

TEST_F(HostileSplitRing, ChainThatIsALoopGoesBack) {
  Descriptor(40) = {kGuestBase + kBufferBase, 64, kDescNext, 41};
  Descriptor(41) = {kGuestBase + kBufferBase, 64, kDescNext, 40};
  Publish(40);
  ExpectDropped(DropReason::kRxBadRing);
  EXPECT_EQ(guest_.front->TakeUsed(1).size(), 1u);
  ExpectAlive();
}

TEST_F(HostileSplitRing, NextBeyondTheTableGoesBack) {
  Descriptor(40) = {kGuestBase + kBufferBase, 64, kDescNext, 5000};
  Publish(40);
  ExpectDropped(DropReason::kRxBadRing);
  ExpectAlive();
}

TEST_F(HostileSplitRing, BufferOutsideOfMemoryGoesBack) {
  for (const uint64_t address : {uint64_t{0}, kGuestBase + kMemoryBytes, ~uint64_t{0} - 10,
                                 kGuestBase + kMemoryBytes - 50}) {
    Descriptor(40) = {address, 100, 0, 0};
    Publish(40);
    EXPECT_TRUE(guest_.Receive().empty());
  }
  EXPECT_EQ(guest_.drops(DropReason::kRxBadRing), 4u);
  ExpectAlive();
}

TEST_F(HostileSplitRing, BufferOfTheWrongDirectionGoesBack) {
  Descriptor(40) = {kGuestBase + kBufferBase, 100, kDescWrite, 0};
  Publish(40);
  ExpectDropped(DropReason::kRxBadRing);
  ExpectAlive();
}

TEST_F(HostileSplitRing, IndirectInsideIndirectGoesBack) {
  const uint64_t table = kBufferBase;
  const SplitDescriptor inner = {kGuestBase + table, 16, kDescIndirect, 0};
  std::memcpy(guest_.front->memory() + table, &inner, sizeof(inner));
  Descriptor(40) = {kGuestBase + table, 16, kDescIndirect, 0};
  Publish(40);
  Descriptor(41) = {kGuestBase + table, 17, kDescIndirect, 0};  // no whole number of entries
  Publish(41);
  Descriptor(42) = {kGuestBase + kMemoryBytes - 16, 64, kDescIndirect, 0};  // half outside
  Publish(42);
  ExpectDropped(DropReason::kRxBadRing, 3);
  ExpectAlive();
}

TEST_F(HostileSplitRing, IndirectTableThatIsALoopGoesBack) {
  const SplitDescriptor loop = {kGuestBase + kBufferBase, 64, kDescNext, 0};
  std::memcpy(guest_.front->memory() + kBufferBase, &loop, sizeof(loop));
  Descriptor(40) = {kGuestBase + kBufferBase, 16, kDescIndirect, 0};
  Publish(40);
  ExpectDropped(DropReason::kRxBadRing);
  ExpectAlive();
}

TEST_F(HostileSplitRing, FrameOfGigabytesTakesNoBuffers) {
  // 16 pieces of nearly all of memory each: 64 MiB, more than the whole pool of mbufs.
  for (uint16_t i = 0; i < 16; ++i) {
    Descriptor(20 + i) = {kGuestBase, kMemoryBytes, static_cast<uint16_t>(i < 15 ? kDescNext : 0),
                          static_cast<uint16_t>(21 + i)};
  }
  Publish(20);
  ExpectDropped(DropReason::kRxOversized);
  ExpectAlive();
}

TEST_F(HostileSplitRing, LengthsThatWrapAroundAreOversized) {
  // Summed in 32 bits this would be a frame of 88 bytes.
  for (uint16_t i = 0; i < 60; ++i) {
    Descriptor(i) = {kGuestBase, 4 << 20, kDescNext, static_cast<uint16_t>(i + 1)};
  }
  Descriptor(59).flags = 0;
  Publish(0);
  ExpectDropped(DropReason::kRxOversized);
}

TEST_F(HostileSplitRing, FramesTooShortForTheirHeadersAreDropped) {
  guest_.front->Offer(1, {{kBufferBase, 5}});
  guest_.front->Offer(1, {{kBufferBase, 12}});
  guest_.front->Offer(1, {{kBufferBase, 12 + 13}});
  EXPECT_TRUE(guest_.Receive().empty());
  EXPECT_EQ(guest_.drops(DropReason::kRxBadRing), 2u);
  EXPECT_EQ(guest_.drops(DropReason::kRxMalformed), 1u);
  ExpectAlive();
}

TEST_F(HostileSplitRing, AvailableIndexThatJumpsStopsTheRingUntilItIsSetUpAgain) {
  guest_.front->split_avail(1)->index = 30000;
  ExpectDropped(DropReason::kRxBadRing);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(guest_.Receive().empty());
  EXPECT_EQ(guest_.drops(DropReason::kRxBadRing), 1u) << "a stopped ring is not looked at";
  EXPECT_GE(guest_.device->BeginSleep(0), 0) << "a stopped ring must not keep a worker awake";
  guest_.device->EndSleep(0);
  ASSERT_TRUE(guest_.Reboot());
  ExpectAlive();
}

TEST_F(HostileSplitRing, HeadBeyondTheTableStopsTheRing) {
  Publish(kRingSize);
  ExpectDropped(DropReason::kRxBadRing);
  ASSERT_TRUE(guest_.Reboot());
  ExpectAlive();
}

TEST_F(HostileSplitRing, ReadOnlyBufferToReceiveIntoStopsTheRing) {
  guest_.front->split_descriptors(0)[0] = {kGuestBase + kBufferBase, 2048, 0, 0};
  guest_.front->split_avail(0)->index = 1;
  guest_.Transmit(Frame(100));
  EXPECT_EQ(guest_.drops(DropReason::kTxError), 1u);
  guest_.Transmit(Frame(100));
  EXPECT_EQ(guest_.drops(DropReason::kTxNoGuest), 1u);
}

TEST_F(HostileSplitRing, SharedMemoryThatIsTakenBackEndsTheConnectionOnly) {
  guest_.front->SendFrame(1, Frame(100));
  ASSERT_EQ(ftruncate(guest_.front->memory_fd(), 0), 0);
  const uint64_t connections = guest_.device->ReadState().connections;
  guest_.Receive();
  guest_.Transmit(Frame(100));
  ASSERT_TRUE(guest_.Gone());
  EXPECT_GT(guest_.device->ReadState().memory_faults, 0u);
  EXPECT_EQ(guest_.device->ReadState().last_disconnect,
            "the front-end took back memory that it shares");
  ASSERT_TRUE(guest_.Reboot());
  EXPECT_EQ(guest_.device->ReadState().connections, connections + 1);
  ExpectAlive();
}

class HostilePackedRing : public VhostTest {
 protected:
  HostilePackedRing() {
    EXPECT_TRUE(guest_.Reboot(kCommonFeatures | kFeatureMergeable | kFeaturePacked));
  }
  void ExpectAlive() {
    guest_.front->SendFrame(1, Frame(100));
    EXPECT_EQ(guest_.Receive().size(), 1u);
  }
};

TEST_F(HostilePackedRing, ChainWithoutAnEndStopsTheRing) {
  PackedDescriptor* const ring = guest_.front->packed_descriptors(1);
  for (uint16_t i = 0; i < kRingSize; ++i) {
    ring[i] = {kGuestBase + kBufferBase, 8, 0, static_cast<uint16_t>(kDescNext | kDescAvail)};
  }
  EXPECT_TRUE(guest_.Receive().empty());
  EXPECT_EQ(guest_.drops(DropReason::kRxBadRing), 1u);
  ASSERT_TRUE(guest_.Reboot(kCommonFeatures | kFeatureMergeable | kFeaturePacked));
  ExpectAlive();
}

TEST_F(HostilePackedRing, BadChainsGoBackWhole) {
  guest_.front->Offer(1, {{kMemoryBytes, 64}, {kBufferBase, 64}, {kBufferBase, 64}});
  guest_.front->Offer(1, {{kBufferBase, 64, kDescWrite}});
  guest_.front->Offer(1, {{kBufferBase, 17, kDescIndirect}});
  EXPECT_TRUE(guest_.Receive().empty());
  EXPECT_EQ(guest_.drops(DropReason::kRxBadRing), 3u);
  ExpectAlive();
}

TEST_F(HostilePackedRing, FrameOfGigabytesTakesNoBuffers) {
  std::vector<Buffer> buffers(kRingSize, {0, kMemoryBytes});
  guest_.front->Offer(1, buffers);
  EXPECT_TRUE(guest_.Receive().empty());
  EXPECT_EQ(guest_.drops(DropReason::kRxOversized), 1u);
  ExpectAlive();
}

}  // namespace
}  // namespace vsw::vhost
