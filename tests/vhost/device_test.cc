// SPDX-License-Identifier: Apache-2.0
//
// Sockets, connections and the guard against memory that vanishes.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fstream>

#include "tests/vhost/harness.h"

namespace vsw::vhost {
namespace {

absl::Status TryOpen(const std::string& path, bool client = false, uint16_t pairs = 1) {
  VhostOptions options;
  options.path = path;
  options.client = client;
  options.queue_pairs = pairs;
  options.pool = testing::MbufPool();
  options.changed = [] {};
  return VhostDevice::Open(std::move(options)).status();
}

int Listen(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(listen(fd, 4), 0);
  return fd;
}

class Device : public VhostTest {};

TEST_F(Device, RefusesPathsThatCannotBeUsedAndCreatesNothing) {
  EXPECT_EQ(TryOpen("relative.sock").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TryOpen("").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TryOpen("/tmp/" + std::string(120, 'x')).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TryOpen(folder_ / "missing/a.sock").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(TryOpen(folder_ / "missing/a.sock", true).code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "missing"));
  EXPECT_EQ(TryOpen(folder_ / "many.sock", false, 9).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "many.sock"));
}

TEST_F(Device, LeavesAFileThatIsNoSocketAlone) {
  const std::string path = folder_ / "file";
  std::ofstream(path) << "precious";
  EXPECT_EQ(TryOpen(path).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(TryOpen(path, true).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::filesystem::file_size(path), 8u);
}

TEST_F(Device, RefusesAPathInUse) {
  EXPECT_EQ(TryOpen(guest_.path).code(), absl::StatusCode::kAlreadyExists) << "by another port";
  const std::string path = folder_ / "taken.sock";
  const int fd = Listen(path);
  EXPECT_EQ(TryOpen(path).code(), absl::StatusCode::kAlreadyExists) << "by another process";
  EXPECT_TRUE(std::filesystem::exists(path));
  close(fd);
}

TEST_F(Device, TakesOverAStaleSocketAndRemovesItsOwn) {
  const std::string path = folder_ / "stale.sock";
  close(Listen(path));
  ASSERT_TRUE(std::filesystem::exists(path));
  EXPECT_TRUE(TryOpen(path).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Device, SleepsWithoutAGuestAndIsWokenByOne) {
  EXPECT_FALSE(guest_.device->ReadState().connected);
  const int fd = guest_.device->BeginSleep(0);
  ASSERT_GE(fd, 0);
  pollfd poller = {fd, POLLIN, 0};
  EXPECT_EQ(poll(&poller, 1, 0), 0);
  guest_.device->EndSleep(0);
  const int changes = guest_.changes.load();
  ASSERT_TRUE(guest_.Boot());
  EXPECT_GT(guest_.changes.load(), changes);
}

TEST_F(Device, CountsConnectionsAndTellsFeatures) {
  const uint64_t before = guest_.device->ReadState().connections;
  ASSERT_TRUE(guest_.Reboot());
  ASSERT_TRUE(guest_.Reboot());
  const VhostState state = guest_.device->ReadState();
  EXPECT_EQ(state.connections, before + 2);
  EXPECT_TRUE(state.running);
  EXPECT_EQ(FeaturesToString(state.features),
            "csum guest-csum tso4 guest-tso4 mrg-rxbuf indirect version-1");
  EXPECT_EQ(state.last_disconnect, "the front-end closed the connection");
}

TEST_F(Device, ServesSeveralQueuePairs) {
  ASSERT_TRUE(guest_.Reboot(kCommonFeatures | kFeatureMergeable | kFeatureMq, 4));
  for (uint16_t pair = 0; pair < 4; ++pair) {
    const auto frame = Frame(100 + pair);
    guest_.front->SendFrame(2 * pair + 1u, frame);
    const auto received = guest_.Receive(pair);
    ASSERT_EQ(received.size(), 1u);
    EXPECT_EQ(received[0], frame);
    guest_.front->Offer(2u * pair, {{kBufferBase, 2048}});
    rte_mbuf* mbuf = testing::MakeMbuf(frame);
    guest_.device->TransmitBurst(pair + 8, {&mbuf, 1}, *guest_.counters);
    EXPECT_EQ(guest_.front->TakeUsed(2u * pair).size(), 1u) << "worker mod queues";
  }
}

TEST_F(Device, AnnouncesAGuestThatMovedHere) {
  ASSERT_TRUE(guest_.Reboot());
  guest_.front->Send(FrontEnd::Message(Request::kSendRarp, {}, uint64_t{0x060504030202}));
  std::vector<std::vector<uint8_t>> frames;
  ASSERT_TRUE(Eventually([&] { return !(frames = guest_.Receive()).empty(); }));
  EXPECT_EQ(frames[0].size(), 60u);
  const std::vector<uint8_t> source(frames[0].begin() + 6, frames[0].begin() + 12);
  EXPECT_EQ(source, (std::vector<uint8_t>{0x02, 0x02, 0x03, 0x04, 0x05, 0x06}));
  EXPECT_TRUE(guest_.Receive().empty());
}

TEST_F(Device, ConnectsAsAClientAndAgainAfterALoss) {
  const std::string path = folder_ / "client.sock";
  VhostOptions options;
  options.path = path;
  options.client = true;
  options.pool = testing::MbufPool();
  options.changed = [] {};
  auto device = VhostDevice::Open(std::move(options));
  ASSERT_TRUE(device.ok()) << "a front-end may come later than its port";
  for (int round = 0; round < 2; ++round) {
    const int listener = Listen(path);
    pollfd poller = {listener, POLLIN, 0};
    ASSERT_EQ(poll(&poller, 1, 5000), 1);
    FrontEnd front;
    front.Use(accept(listener, nullptr, nullptr));
    front.Run(front.Handshake());
    ASSERT_TRUE(Eventually([&] { return (*device)->ReadState().running; }));
    front.SendFrame(1, Frame(100));
    std::array<rte_mbuf*, 32> burst;
    PortCounters counters;
    ASSERT_EQ((*device)->ReceiveBurst(0, burst, counters), 1);
    rte_pktmbuf_free(burst[0]);
    close(listener);
    unlink(path.c_str());
    front.Disconnect();
    ASSERT_TRUE(Eventually([&] { return !(*device)->ReadState().connected; }));
  }
}

TEST_F(Device, IsClosedWhileItsGuestRuns) {
  auto guest = std::make_unique<Guest>(folder_ / "short.sock");
  ASSERT_TRUE(guest->Boot());
  guest->front->SendFrame(1, Frame(100));
  guest->device.reset();
  EXPECT_TRUE(guest->front->WaitClosed());
}

TEST(MemoryGuard, PutsZeroesWhereGuestMemoryVanished) {
  ASSERT_TRUE(MemoryGuard::Install().ok());
  const int fd = memfd_create("guarded", MFD_CLOEXEC);
  ASSERT_EQ(ftruncate(fd, 8192), 0);
  auto* memory = static_cast<volatile uint8_t*>(
      mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  GuardedGuest guest;
  ASSERT_TRUE(MemoryGuard::Add(const_cast<uint8_t*>(memory), 8192, &guest));
  memory[4096] = 42;
  ASSERT_EQ(ftruncate(fd, 4096), 0);
  EXPECT_EQ(memory[4096], 0);
  EXPECT_TRUE(guest.faulted.load());
  EXPECT_EQ(guest.fault_count.load(), 1u);
  memory[5000] = 1;  // the page is there now
  EXPECT_EQ(guest.fault_count.load(), 1u);
  MemoryGuard::Remove(&guest);
  munmap(const_cast<uint8_t*>(memory), 8192);
  close(fd);
}

TEST(MemoryGuardDeathTest, LeavesOtherFaultsToWhoeverHandledThem) {
  const auto touch_vanished_memory = [] {
    signal(SIGBUS, SIG_DFL);  // whatever a sanitizer does with it
    if (!MemoryGuard::Install().ok()) _exit(0);
    const int fd = memfd_create("unguarded", MFD_CLOEXEC);
    if (ftruncate(fd, 4096) != 0) _exit(0);
    auto* memory = static_cast<volatile uint8_t*>(
        mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
    if (ftruncate(fd, 0) != 0) _exit(0);
    memory[0] = 1;
    _exit(0);
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(touch_vanished_memory(), ::testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace vsw::vhost
