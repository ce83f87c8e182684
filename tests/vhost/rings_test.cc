// SPDX-License-Identifier: Apache-2.0
//
// Frames through the rings of a well-behaved guest, for both kinds of rings.
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include "tests/vhost/harness.h"

namespace vsw::vhost {
namespace {

struct RingKind {
  const char* name;
  uint64_t features;
};

class Rings : public VhostTest, public ::testing::WithParamInterface<RingKind> {
 protected:
  Rings() { EXPECT_TRUE(guest_.Reboot(kCommonFeatures | GetParam().features)); }
  bool mergeable() const { return GetParam().features & kFeatureMergeable; }
};

INSTANTIATE_TEST_SUITE_P(
    Kinds, Rings,
    ::testing::Values(RingKind{"split", 0}, RingKind{"split_mergeable", kFeatureMergeable},
                      RingKind{"split_event_idx", kFeatureMergeable | kFeatureEventIdx},
                      RingKind{"packed", kFeaturePacked},
                      RingKind{"packed_mergeable", kFeaturePacked | kFeatureMergeable},
                      RingKind{"packed_event_idx",
                               kFeaturePacked | kFeatureMergeable | kFeatureEventIdx},
                      RingKind{"split_in_order", kFeatureInOrder},
                      RingKind{"packed_in_order", kFeaturePacked | kFeatureInOrder}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(Rings, DeliverFramesFromTheGuestOverManyLaps) {
  for (int i = 0; i < 5 * kRingSize; ++i) {
    const auto frame = Frame(60 + i, static_cast<uint8_t>(i));
    guest_.front->SendFrame(1, frame);
    const auto received = guest_.Receive();
    ASSERT_EQ(received.size(), 1u) << "frame " << i;
    EXPECT_EQ(received[0], frame);
    EXPECT_EQ(guest_.front->TakeUsed(1).size(), 1u);
  }
}

TEST_P(Rings, DeliverFramesToTheGuestOverManyLaps) {
  for (int i = 0; i < 5 * kRingSize; ++i) {
    const auto frame = Frame(60 + i, static_cast<uint8_t>(i));
    guest_.front->Offer(0, {{kBufferBase, 2048}});
    guest_.Transmit(frame);
    const auto used = guest_.front->TakeUsed(0);
    ASSERT_EQ(used.size(), 1u) << "frame " << i;
    EXPECT_EQ(used[0], 12 + frame.size());
    const uint8_t* const memory = guest_.front->memory() + kBufferBase + 12;
    EXPECT_TRUE(std::equal(frame.begin(), frame.end(), memory));
  }
  EXPECT_EQ(guest_.counters->tx_packets.Get(), 5u * kRingSize);
}

TEST_P(Rings, WriteTheHeaderOverWhateverStandsThere) {
  uint8_t* const buffer = guest_.front->memory() + kBufferBase;
  NetHeader plain = {};
  plain.num_buffers = 1;
  for (size_t foreign = 0; foreign <= sizeof(NetHeader); ++foreign) {  // the last time: none
    std::memcpy(buffer, &plain, sizeof(plain));
    if (foreign < sizeof(NetHeader)) buffer[foreign] = 0x5a;
    guest_.front->Offer(0, {{kBufferBase, 2048}});
    guest_.Transmit(Frame(60));
    ASSERT_EQ(guest_.front->TakeUsed(0).size(), 1u);
    EXPECT_EQ(std::memcmp(buffer, &plain, sizeof(plain)), 0) << "byte " << foreign;
  }
}

TEST_P(Rings, TakeTheLargestFrameFromOneDescriptor) {
  const auto frame = Frame(65535 + 14);
  guest_.front->SendFrame(1, frame);
  const auto received = guest_.Receive();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0], frame);
}

TEST_P(Rings, PutAFrameTogetherFromSeveralBuffers) {
  const auto frame = Frame(300);
  uint8_t* const memory = guest_.front->memory() + kBufferBase;
  std::fill_n(memory, 12, 0);
  std::copy(frame.begin(), frame.end(), memory + 12);
  // The header itself is split, too.
  guest_.front->Offer(1, {{kBufferBase, 5}, {kBufferBase + 5, 7 + 100}, {kBufferBase + 112, 200}});
  const auto received = guest_.Receive();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0], frame);
}

TEST_P(Rings, SpreadAFrameOverBuffersOnlyIfTheDriverAgreed) {
  const auto frame = Frame(1000);
  for (int i = 0; i < 4; ++i) {
    guest_.front->Offer(0, {{kBufferBase + static_cast<uint64_t>(i) * 300, 300}});
  }
  guest_.Transmit(frame);
  if (!mergeable()) {
    EXPECT_EQ(guest_.drops(DropReason::kTxTooBig), 1u);
    return;
  }
  EXPECT_EQ(guest_.front->TakeUsed(0), (std::vector<uint32_t>{300, 300, 300, 112}));
  NetHeader header;
  std::memcpy(&header, guest_.front->memory() + kBufferBase, sizeof(header));
  EXPECT_EQ(header.num_buffers, 4);
  const uint8_t* const memory = guest_.front->memory() + kBufferBase + 12;
  EXPECT_TRUE(std::equal(frame.begin(), frame.end(), memory));
}

// Chains of one piece are taken by the burst, others one by one: neither way loses the order.
TEST_P(Rings, TakeABurstOfAllKindsInOrder) {
  const auto split = Frame(300, 4);
  uint8_t* const memory = guest_.front->memory() + kMemoryBytes / 2;
  std::fill_n(memory, 12, 0);
  std::copy(split.begin(), split.end(), memory + 12);
  NetHeader asks = {};
  asks.flags = 1;  // a checksum is missing (section 5.1.6)
  asks.csum_start = 1000;
  guest_.front->SendFrame(1, Frame(60, 1));
  guest_.front->SendFrame(1, Frame(1514, 2));
  guest_.front->SendFrame(1, Frame(5));
  guest_.front->SendFrame(1, Frame(61, 3));
  guest_.front->Offer(1, {{kMemoryBytes / 2, 100}, {kMemoryBytes / 2 + 100, 212}});
  guest_.front->SendFrame(1, Frame(62), asks);
  guest_.front->SendFrame(1, Frame(20000, 5));
  guest_.front->SendFrame(1, Frame(63, 6));
  EXPECT_EQ(guest_.Receive(), (std::vector{Frame(60, 1), Frame(1514, 2), Frame(61, 3), split,
                                           Frame(20000, 5), Frame(63, 6)}));
  EXPECT_EQ(guest_.front->TakeUsed(1), std::vector<uint32_t>(8, 0));
  EXPECT_EQ(guest_.drops(DropReason::kRxMalformed), 1u);
  EXPECT_EQ(guest_.drops(DropReason::kRxBadOffload), 1u);
}

TEST_P(Rings, TakeNoMoreThanABurst) {
  for (int i = 0; i < 40; ++i) guest_.front->SendFrame(1, Frame(60, static_cast<uint8_t>(i)));
  for (const int count : {32, 8, 0}) {
    const auto received = guest_.Receive();
    ASSERT_EQ(received.size(), static_cast<size_t>(count));
    EXPECT_EQ(guest_.front->TakeUsed(1).size(), static_cast<size_t>(count));
  }
}

TEST_P(Rings, GiveABurstBackByOneEntryToDriversThatAllowIt) {
  for (int i = 0; i < 20; ++i) guest_.front->SendFrame(1, Frame(60, static_cast<uint8_t>(i)));
  EXPECT_EQ(guest_.Receive().size(), 20u);
  EXPECT_EQ(guest_.front->TakeUsed(1).size(), 20u);
  EXPECT_EQ(guest_.front->used_entries(), GetParam().features & kFeatureInOrder ? 1u : 20u);
}

TEST_P(Rings, SendABurstOfAllKindsInOrder) {
  uint8_t* const memory = guest_.front->memory() + kBufferBase;
  std::fill_n(memory, 16 * 2048, 0xaa);
  const auto offer = [this](size_t at, const std::vector<uint32_t>& lengths) {
    std::vector<Buffer> buffers;
    uint64_t offset = kBufferBase + at * 2048;
    for (const uint32_t length : lengths) {
      buffers.push_back({offset, length});
      offset += length;
    }
    guest_.front->Offer(0, buffers);
  };
  offer(0, {2048});
  offer(1, {2048});
  offer(2, {12, 1000});
  offer(3, {2048});
  offer(4, {2048});
  const std::vector frames = {Frame(60, 1), Frame(1514, 2), Frame(700, 3), Frame(61, 4)};
  std::vector<rte_mbuf*> burst;
  for (const auto& frame : frames) burst.push_back(testing::MakeMbuf(frame));
  rte_mbuf* const tail = testing::MakeMbuf(Frame(300, 5));
  rte_pktmbuf_chain(burst.back(), tail);
  guest_.device->TransmitBurst(0, burst, *guest_.counters);
  EXPECT_EQ(guest_.front->TakeUsed(0), (std::vector<uint32_t>{72, 1526, 712, 373}));
  NetHeader header;
  for (size_t i = 0; i < frames.size(); ++i) {
    const uint8_t* const at = memory + i * 2048;
    std::memcpy(&header, at, sizeof(header));
    EXPECT_EQ(header.num_buffers, 1);
    EXPECT_EQ(header.flags, 0);
    EXPECT_TRUE(std::equal(frames[i].begin(), frames[i].end(), at + 12)) << "frame " << i;
  }
  EXPECT_EQ(memory[4 * 2048], 0xaa) << "a buffer was used that no frame was left for";
  EXPECT_EQ(guest_.counters->tx_packets.Get(), 4u);
  EXPECT_EQ(guest_.counters->tx_bytes.Get(), 60u + 1514 + 700 + 361);
}

TEST_P(Rings, SendWhatThereIsRoomFor) {
  for (int i = 0; i < 3; ++i) {
    guest_.front->Offer(0, {{kBufferBase + static_cast<uint64_t>(i) * 2048, 2048}});
  }
  std::vector<rte_mbuf*> burst;
  for (int i = 0; i < 8; ++i) burst.push_back(testing::MakeMbuf(Frame(60)));
  guest_.device->TransmitBurst(0, burst, *guest_.counters);
  EXPECT_EQ(guest_.front->TakeUsed(0).size(), 3u);
  EXPECT_EQ(guest_.drops(DropReason::kTxQueueFull), 5u);
}

TEST_P(Rings, DropForAGuestThatOffersNoBuffer) {
  guest_.Transmit(Frame(100));
  EXPECT_EQ(guest_.drops(DropReason::kTxQueueFull), 1u);
}

TEST_P(Rings, ReadIndirectTables) {
  const auto frame = Frame(200);
  uint8_t* const memory = guest_.front->memory() + kBufferBase;
  std::fill_n(memory, 12, 0);
  std::copy(frame.begin(), frame.end(), memory + 12);
  const uint64_t table = kBufferBase + 4096;
  if (guest_.front->packed()) {
    const PackedDescriptor entries[] = {{kGuestBase + kBufferBase, 12, 0, 0},
                                        {kGuestBase + kBufferBase + 12, 200, 0, 0}};
    std::memcpy(guest_.front->memory() + table, entries, sizeof(entries));
  } else {
    const SplitDescriptor entries[] = {{kGuestBase + kBufferBase, 12, kDescNext, 1},
                                       {kGuestBase + kBufferBase + 12, 200, 0, 0}};
    std::memcpy(guest_.front->memory() + table, entries, sizeof(entries));
  }
  guest_.front->Offer(1, {{table, 32, kDescIndirect}});
  const auto received = guest_.Receive();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0], frame);
}

TEST_P(Rings, InterruptTheGuest) {
  eventfd_t calls = 0;
  eventfd_read(guest_.front->call_fd(0), &calls);
  guest_.front->Offer(0, {{kBufferBase, 2048}});
  guest_.Transmit(Frame(100));
  EXPECT_EQ(eventfd_read(guest_.front->call_fd(0), &calls), 0);
}

TEST_P(Rings, WakeASleeperByAKick) {
  const int fd = guest_.device->BeginSleep(0);
  ASSERT_GE(fd, 0);
  pollfd poller = {fd, POLLIN, 0};
  EXPECT_EQ(poll(&poller, 1, 0), 0);
  guest_.front->SendFrame(1, Frame(100));
  eventfd_write(guest_.front->kick_fd(1), 1);
  EXPECT_EQ(poll(&poller, 1, 1000), 1);
  guest_.device->EndSleep(0);
  EXPECT_EQ(poll(&poller, 1, 0), 0) << "the kick was not cleared";
  EXPECT_EQ(guest_.device->BeginSleep(0), VhostDevice::kHasWork);
  guest_.device->EndSleep(0);
  EXPECT_EQ(guest_.Receive().size(), 1u);
}

TEST_P(Rings, CheckOffloadRequests) {
  NetHeader header = {};
  header.flags = 1;           // needs a checksum
  header.csum_start = 60000;  // far behind the frame
  guest_.front->SendFrame(1, Frame(100), header);
  header = {};
  header.gso_type = 1;  // TCP over IPv4, which the frame is not
  header.gso_size = 0;
  guest_.front->SendFrame(1, Frame(100), header);
  EXPECT_TRUE(guest_.Receive().empty());
  EXPECT_EQ(guest_.drops(DropReason::kRxBadOffload), 2u);
  EXPECT_EQ(guest_.front->TakeUsed(1).size(), 2u) << "bad frames must go back to the guest";
}

TEST_P(Rings, ReadNoRequestsOfADriverThatMayNotAsk) {
  ASSERT_TRUE(guest_.Reboot((kCommonFeatures | GetParam().features) & ~kFeaturesHostOffload));
  NetHeader asks = {};
  asks.flags = 1;  // a checksum is missing (section 5.1.6)
  asks.csum_start = 1000;
  guest_.front->SendFrame(1, Frame(60), asks);
  const auto received = guest_.Receive();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0], Frame(60));
}

TEST_P(Rings, DisabledQueueLosesNothingOfTheOthers) {
  guest_.front->Send(FrontEnd::Message(Request::kSetVringEnable, {}, uint32_t{0}, uint32_t{0}));
  ASSERT_TRUE(Eventually([&] { return guest_.device->ReadState().open_to_guest == 0; }));
  guest_.Transmit(Frame(100));
  EXPECT_EQ(guest_.drops(DropReason::kTxNoGuest), 1u);
  guest_.front->SendFrame(1, Frame(100));
  EXPECT_EQ(guest_.Receive().size(), 1u);
  guest_.front->Send(FrontEnd::Message(Request::kSetVringEnable, {}, uint32_t{0}, uint32_t{1}));
  ASSERT_TRUE(Eventually([&] { return guest_.device->ReadState().open_to_guest == 1; }));
  guest_.front->Offer(0, {{kBufferBase, 2048}});
  guest_.Transmit(Frame(100));
  EXPECT_EQ(guest_.front->TakeUsed(0).size(), 1u);
}

TEST_P(Rings, GoOnWhereTheyStoppedAfterANewMemoryTable) {
  guest_.front->SendFrame(1, Frame(100));
  ASSERT_EQ(guest_.Receive().size(), 1u);
  // The same memory at twice: half of the region is left away, so the table differs.
  guest_.front->Send(guest_.front->MemTable(kGuestBase, kMemoryBytes / 2, kUserBase, 0));
  guest_.front->Send(FrontEnd::Message(Request::kGetFeatures, {}));
  ASSERT_TRUE(guest_.front->Receive());
  ASSERT_TRUE(Eventually([&] { return guest_.device->ReadState().open_from_guest == 1; }));
  const auto frame = Frame(200);
  guest_.front->SendFrame(1, frame);
  const auto received = guest_.Receive();
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0], frame);
}

// Live migration: every page that the switch writes is marked (vhost-user, "Migration").
TEST_P(Rings, MarkWhatTheyWriteInTheDirtyLog) {
  constexpr uint64_t kLogBytes = (kGuestBase + kMemoryBytes) / 4096 / 8;
  const int fd = memfd_create("log", MFD_CLOEXEC);
  ASSERT_EQ(ftruncate(fd, kLogBytes), 0);
  guest_.front->Send(FrontEnd::Message(Request::kSetLogBase, {fd}, kLogBytes, uint64_t{0}));
  ASSERT_TRUE(guest_.front->Receive());
  guest_.front->Send(FrontEnd::Message(Request::kSetFeatures, {},
                                       kCommonFeatures | GetParam().features | kFeatureLogAll));
  guest_.front->Send(FrontEnd::Message(Request::kGetFeatures, {}));
  ASSERT_TRUE(guest_.front->Receive());
  ASSERT_TRUE(Eventually([&] { return guest_.device->ReadState().open_to_guest == 1; }));
  const auto* log = static_cast<uint8_t*>(mmap(nullptr, kLogBytes, PROT_READ, MAP_SHARED, fd, 0));
  ASSERT_NE(log, MAP_FAILED);
  const auto dirty = [log](uint64_t offset) {
    const uint64_t page = (kGuestBase + offset) / 4096;
    return (log[page / 8] >> (page % 8)) & 1;
  };
  guest_.front->Offer(0, {{kBufferBase + 8192, 2048}});
  EXPECT_FALSE(dirty(kBufferBase + 8192));
  guest_.Transmit(Frame(100));
  EXPECT_TRUE(dirty(kBufferBase + 8192));
  EXPECT_FALSE(dirty(kBufferBase + 16384));
  munmap(const_cast<uint8_t*>(log), kLogBytes);
  close(fd);
}

}  // namespace
}  // namespace vsw::vhost
