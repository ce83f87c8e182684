// SPDX-License-Identifier: Apache-2.0
//
// A vhost device with a front-end on it, and a bystander: a second, well-behaved guest in the same
// process whose traffic must flow whatever the first one does.
#ifndef VSW_TESTS_VHOST_HARNESS_H_
#define VSW_TESTS_VHOST_HARNESS_H_

#include <gtest/gtest.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/eal.h"
#include "tests/support/temp_folder.h"
#include "tests/vhost/front_end.h"
#include "vhost/vhost_device.h"

namespace vsw::vhost {

/// Waits up to three seconds for what another thread brings about.
template <typename Condition>
bool Eventually(Condition condition) {
  for (int i = 0; i < 1500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return condition();
}

inline std::vector<uint8_t> Frame(size_t bytes, uint8_t seed = 0) {
  std::vector<uint8_t> frame(bytes);
  for (size_t i = 0; i < bytes; ++i) frame[i] = static_cast<uint8_t>(i * 7 + seed);
  if (bytes >= 14) frame[12] = 0x88, frame[13] = 0xb5;  // an EtherType for experiments
  return frame;
}

/// One device on one socket.
struct Guest {
  explicit Guest(const std::string& path, uint64_t features = kCommonFeatures | kFeatureMergeable,
                 uint16_t pairs = 1)
      : path(path), front(std::make_unique<FrontEnd>(features)) {
    VhostOptions options;
    options.path = path;
    options.queue_pairs = pairs;
    options.pool = testing::MbufPool();
    options.changed = [this] { changes.fetch_add(1); };
    auto opened = VhostDevice::Open(std::move(options));
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    if (opened.ok()) device = *std::move(opened);
  }

  bool Boot(uint16_t pairs = 1) {
    if (!front->Connect(path)) return false;
    front->Run(front->Handshake(pairs));
    return Eventually([&] {
      const VhostState state = device->ReadState();
      return state.open_from_guest == pairs && state.open_to_guest == pairs;
    });
  }
  bool Gone() const {
    return Eventually([&] { return !device->ReadState().connected; });
  }
  /// A fresh front-end that has not yet connected, after whatever happened to the former.
  bool Reset(uint64_t features = kCommonFeatures | kFeatureMergeable) {
    front = std::make_unique<FrontEnd>(features);
    counters = std::make_unique<PortCounters>();
    return Gone();
  }
  bool Reboot(uint64_t features = kCommonFeatures | kFeatureMergeable, uint16_t pairs = 1) {
    return Reset(features) && Boot(pairs);
  }

  std::vector<std::vector<uint8_t>> Receive(uint16_t pair = 0) {
    std::array<rte_mbuf*, 32> burst;
    const uint16_t count = device->ReceiveBurst(pair, burst, *counters);
    std::vector<std::vector<uint8_t>> frames;
    for (uint16_t i = 0; i < count; ++i) {
      frames.push_back(testing::BytesOf(burst[i]));
      rte_pktmbuf_free(burst[i]);
    }
    return frames;
  }
  void Transmit(const std::vector<uint8_t>& frame) {
    rte_mbuf* mbuf = testing::MakeMbuf(frame);
    device->TransmitBurst(0, {&mbuf, 1}, *counters);
  }
  uint64_t drops(DropReason reason) const {
    return counters->drops[static_cast<size_t>(reason)].Get();
  }

  std::string path;
  std::atomic<int> changes{0};
  std::unique_ptr<PortCounters> counters = std::make_unique<PortCounters>();
  std::unique_ptr<FrontEnd> front;
  std::unique_ptr<VhostDevice> device;
};

/// The devices stay for the whole binary (the library takes up to a second until it listens on a
/// new socket); each test gets a front-end of its own on the first one.
class VhostTest : public ::testing::Test {
 protected:
  struct Devices {
    TempFolder folder;
    Guest guest{folder / "guest.sock", kCommonFeatures, 4};
    Guest bystander{folder / "bystander.sock", kCommonFeatures, 1};
  };
  static Devices& devices() {
    static Devices* const made = [] {
      testing::MbufPool();
      auto* fresh = new Devices;
      EXPECT_TRUE(fresh->bystander.Boot());
      // Temporary folders are cleaned up at exit; the library's threads end with the process.
      std::atexit([] { devices().folder.Remove(); });
      return fresh;
    }();
    return *made;
  }

  VhostTest() : folder_(devices().folder), guest_(devices().guest) {
    EXPECT_TRUE(guest_.Reset()) << "the former test's guest did not go away";
  }
  ~VhostTest() override {
    EXPECT_TRUE(BystanderForwards()) << "another guest was harmed";
    EXPECT_EQ(testing::MbufsInUse(), 0u) << "mbufs leaked";
    guest_.front->Disconnect();
  }

  bool BystanderForwards() {
    Guest& bystander = devices().bystander;
    const auto frame = Frame(100);
    bystander.front->SendFrame(1, frame);
    const auto received = bystander.Receive();
    bystander.front->TakeUsed(1);
    return received.size() == 1 && received[0] == frame;
  }

  const TempFolder& folder_;
  Guest& guest_;
};

}  // namespace vsw::vhost

#endif  // VSW_TESTS_VHOST_HARNESS_H_
