// SPDX-License-Identifier: Apache-2.0
//
// Front-ends that break the vhost-user protocol: cut, bent and forged messages. After each, a good
// front-end can connect and its frames flow, and the bystander's do (checked after each test).
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <random>

#include "tests/vhost/harness.h"

namespace vsw::vhost {
namespace {

class HostileMessages : public VhostTest {
 protected:
  void ExpectRecovery() {
    ASSERT_TRUE(guest_.Reboot());
    guest_.front->SendFrame(1, Frame(100));
    EXPECT_EQ(guest_.Receive().size(), 1u);
  }
  // Sends `step` after a good handshake; the switch is expected to hang up.
  void ExpectRefused(const Step& step, const char* reason) {
    ASSERT_TRUE(guest_.Reboot());
    guest_.front->Send(step);
    EXPECT_TRUE(guest_.front->WaitClosed()) << "request " << step.request;
    ASSERT_TRUE(guest_.Gone());
    EXPECT_EQ(guest_.device->ReadState().last_disconnect, reason);
  }
};

TEST_F(HostileMessages, DisconnectAfterEachMessage) {
  const size_t count = guest_.front->Handshake().size();
  for (size_t i = 0; i <= count; ++i) {
    ASSERT_TRUE(guest_.Reset());
    ASSERT_TRUE(guest_.front->Connect(guest_.path));
    auto steps = guest_.front->Handshake();
    steps.resize(i);
    guest_.front->Run(steps);
    guest_.front->Disconnect();
  }
  ExpectRecovery();
}

TEST_F(HostileMessages, CutEachMessageAnywhere) {
  const size_t count = guest_.front->Handshake().size();
  for (size_t i = 0; i < count; ++i) {
    for (const size_t kept : {1, 11, 12, 13, 19}) {
      ASSERT_TRUE(guest_.Reset());
      ASSERT_TRUE(guest_.front->Connect(guest_.path));
      auto steps = guest_.front->Handshake();
      auto bytes = FrontEnd::Encode(steps[i]);
      if (kept >= bytes.size()) continue;
      bytes.resize(kept);
      const auto fds = steps[i].fds;
      steps.resize(i);
      guest_.front->Run(steps);
      guest_.front->SendBytes(bytes, fds);
      guest_.front->Disconnect();
    }
  }
  ExpectRecovery();
}

TEST_F(HostileMessages, StoppingInTheMiddleOfAMessageHoldsUpNobody) {
  ASSERT_TRUE(guest_.front->Connect(guest_.path));
  const auto bytes = FrontEnd::Encode(FrontEnd::Message(Request::kSetFeatures, {}, uint64_t{0}));
  ASSERT_TRUE(guest_.front->SendBytes(std::span(bytes).first(12)));
  EXPECT_TRUE(guest_.front->WaitClosed());
  ExpectRecovery();
}

TEST_F(HostileMessages, FlipBytesOfEachMessage) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 150; ++round) {
    ASSERT_TRUE(guest_.Reset(kCommonFeatures | (round % 2 ? kFeaturePacked : 0)));
    ASSERT_TRUE(guest_.front->Connect(guest_.path));
    const auto steps = guest_.front->Handshake();
    const size_t victim = random() % steps.size();
    for (size_t i = 0; i < steps.size(); ++i) {
      auto bytes = FrontEnd::Encode(steps[i]);
      if (i == victim) {
        for (int flips = 1 + random() % 3; flips > 0; --flips) {
          bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
        }
        // A claim of more payload than there is would only wait for its deadline; see above.
        const uint32_t payload = static_cast<uint32_t>(bytes.size() - 12);
        std::memcpy(&bytes[8], &payload, 4);
      }
      if (!guest_.front->SendBytes(bytes, steps[i].fds)) break;
      if (steps[i].has_reply && i < victim && !guest_.front->Receive()) break;
    }
    guest_.front->SendFrame(1, Frame(100));
    guest_.Receive();
    guest_.Transmit(Frame(100));
  }
  ExpectRecovery();
}

TEST_F(HostileMessages, RandomBytes) {
  std::mt19937 random(42);
  for (int round = 0; round < 50; ++round) {
    ASSERT_TRUE(guest_.Reset());
    ASSERT_TRUE(guest_.front->Connect(guest_.path));
    std::vector<uint8_t> bytes(1 + random() % 400);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    guest_.front->SendBytes(bytes);
    guest_.front->Disconnect();
  }
  ExpectRecovery();
}

TEST_F(HostileMessages, WrongNumbersOfDescriptors) {
  Step table = guest_.front->MemTable(kGuestBase, kMemoryBytes, kUserBase, 0);
  table.fds = {};
  ExpectRefused(table, "wrong number of file descriptors");
  // The front-end of the moment goes with each reboot, and its descriptors: take duplicates.
  const int own = memfd_create("own", MFD_CLOEXEC);
  ASSERT_EQ(ftruncate(own, 1 << 20), 0);
  table.fds = {own, own};
  ExpectRefused(table, "wrong number of file descriptors");
  ExpectRefused(FrontEnd::Message(Request::kSetVringKick, {}, uint64_t{0}),
                "wrong number of file descriptors");
  ExpectRefused(FrontEnd::Message(Request::kSetVringKick, {own, own, own}, uint64_t{0}),
                "wrong number of file descriptors");
  ExpectRefused(FrontEnd::Message(Request::kSetVringCall, {own}, uint64_t{0}),
                "kick or call is no eventfd");
  close(own);
}

TEST_F(HostileMessages, AbsurdMemoryTables) {
  const auto table = [](int fd, uint64_t guest, uint64_t size, uint64_t user, uint64_t offset) {
    return FrontEnd::Message(Request::kSetMemTable, {fd}, uint32_t{1}, uint32_t{0}, guest, size,
                             user, offset);
  };
  const int fd = memfd_create("own", MFD_CLOEXEC);
  ASSERT_EQ(ftruncate(fd, 1 << 20), 0);
  ExpectRefused(table(fd, 0, 0, 0, 0), "absurd memory region");
  ExpectRefused(table(fd, 0, ~uint64_t{0}, 0, 0), "absurd memory region");
  ExpectRefused(table(fd, ~uint64_t{0} - 10, 4096, 0, 0), "absurd memory region");
  ExpectRefused(table(fd, 0, 4096, ~uint64_t{0} - 10, 0), "absurd memory region");
  ExpectRefused(table(fd, 0, 4096, 0, ~uint64_t{0} - 4095), "absurd memory region");
  ExpectRefused(FrontEnd::Message(Request::kSetMemTable, {fd, fd}, uint32_t{2}, uint32_t{0},
                                  uint64_t{0}, uint64_t{8192}, uint64_t{0}, uint64_t{0},
                                  uint64_t{4096}, uint64_t{8192}, uint64_t{1 << 20}, uint64_t{0}),
                "memory regions overlap");
  ExpectRefused(FrontEnd::Message(Request::kSetMemTable, {}, uint32_t{0}, uint32_t{0}),
                "bad number of memory regions");
  ExpectRefused(FrontEnd::Message(Request::kSetMemTable, {fd}, uint32_t{1}, uint32_t{0}),
                "short memory table");
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  ExpectRefused(table(null, 0, 4096, 0, 0), "memory region in a file that may stall its readers");
  close(null);
  close(fd);
}

TEST_F(HostileMessages, MemoryLargerThanItsFileIsSurvived) {
  ASSERT_TRUE(guest_.Reset());
  ASSERT_EQ(ftruncate(guest_.front->memory_fd(), 4096), 0);
  ASSERT_TRUE(guest_.front->Connect(guest_.path));
  guest_.front->Run(guest_.front->Handshake());  // the library reads a ring that is not there
  guest_.Receive();
  ASSERT_TRUE(guest_.Gone());
  ExpectRecovery();
}

TEST_F(HostileMessages, QueuesBeyondThoseOffered) {
  ExpectRefused(FrontEnd::Message(Request::kSetVringNum, {}, uint32_t{8}, uint32_t{64}),
                "queue beyond those offered");
  ExpectRefused(FrontEnd::Message(Request::kSetVringEnable, {}, uint32_t{200}, uint32_t{1}),
                "queue beyond those offered");
  ExpectRefused(FrontEnd::Message(Request::kSetVringKick, {}, uint64_t{0xff | 0x100}),
                "queue beyond those offered");
}

TEST_F(HostileMessages, RequestsThatWouldOpenThisProcess) {
  for (const uint32_t request : {21u, 22u, 24u, 25u, 28u, 29u, 30u, 31u, 32u, 39u, 0u, 77u}) {
    Step step{request, std::vector<uint8_t>(24), {}};
    step.payload[16] = 2;  // queues, where the library looks for a number of them
    ExpectRefused(step, "message that no network device needs");
  }
}

TEST_F(HostileMessages, RingsOutsideOfMemoryStayShut) {
  ASSERT_TRUE(guest_.Reboot());
  // Areas of another size than was checked when they were set; unaligned; at the end of memory.
  guest_.front->Send(FrontEnd::Message(Request::kSetVringNum, {}, uint32_t{1}, uint32_t{32768}));
  guest_.front->Send(FrontEnd::Message(Request::kGetFeatures, {}));
  ASSERT_TRUE(guest_.front->Receive());
  guest_.front->SendFrame(1, Frame(100));
  guest_.Receive();  // whether it runs or not: nothing outside of memory is touched
  ASSERT_TRUE(guest_.Reboot());
  const uint64_t end = kUserBase + kMemoryBytes;
  guest_.front->Send(FrontEnd::Message(Request::kSetVringAddr, {}, uint32_t{1}, uint32_t{0},
                                       end - 8, end - 8, end - 8, uint64_t{0}));
  ASSERT_TRUE(Eventually([&] { return guest_.device->ReadState().open_from_guest == 0; }));
  ASSERT_TRUE(guest_.Reboot());
  guest_.front->Send(FrontEnd::Message(Request::kSetVringAddr, {}, uint32_t{1}, uint32_t{0},
                                       kUserBase + 0x10001, kUserBase + 0x18001,
                                       kUserBase + 0x14001, uint64_t{0}));
  ASSERT_TRUE(Eventually([&] { return guest_.device->ReadState().open_from_guest == 0; }));
  ExpectRecovery();
}

TEST_F(HostileMessages, SettingRingsUpAgainWhileFramesFlow) {
  ASSERT_TRUE(guest_.Reboot());
  for (int i = 0; i < 50; ++i) {
    guest_.front->Send(guest_.front->VringAddress(1));
    guest_.front->Send(
        FrontEnd::Message(Request::kSetVringEnable, {}, uint32_t{1}, uint32_t(i % 2)));
    guest_.front->SendFrame(1, Frame(100));
    guest_.Receive();
    guest_.Transmit(Frame(100));
  }
  ExpectRecovery();
}

TEST_F(HostileMessages, SecondFrontEndIsTurnedAway) {
  ASSERT_TRUE(guest_.Reboot());
  FrontEnd second;
  ASSERT_TRUE(second.Connect(guest_.path));
  EXPECT_TRUE(second.WaitClosed());
  EXPECT_GT(guest_.device->ReadState().refused_connections, 0u);
  guest_.front->SendFrame(1, Frame(100));
  EXPECT_EQ(guest_.Receive().size(), 1u);
}

TEST_F(HostileMessages, LeaveNoDescriptorsBehind) {
  const auto count = [] {
    size_t n = 0;
    for ([[maybe_unused]] const auto& e : std::filesystem::directory_iterator("/proc/self/fd")) ++n;
    return n;
  };
  const size_t before = count();
  for (int i = 0; i < 5; ++i) {
    const int fd = memfd_create("own", MFD_CLOEXEC);
    ExpectRefused(FrontEnd::Message(Request::kSetVringCall, {fd, fd, fd}, uint64_t{0}),
                  "wrong number of file descriptors");
    ExpectRefused(FrontEnd::Message(Request::kGetFeatures, {fd, fd}),
                  "the front-end closed the connection");
    close(fd);
  }
  ASSERT_TRUE(guest_.Reset());
  EXPECT_TRUE(Eventually([&] { return count() <= before; })) << count() << " > " << before;
}

}  // namespace
}  // namespace vsw::vhost
