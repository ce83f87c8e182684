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
                               kFeaturePacked | kFeatureMergeable | kFeatureEventIdx}),
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
