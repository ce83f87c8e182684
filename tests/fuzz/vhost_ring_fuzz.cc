// SPDX-License-Identifier: Apache-2.0
//
// A guest that writes what it likes into its rings, split or packed, while the switch receives from
// and transmits into them: nothing outside of the guest's memory is read or written, no mbuf is
// lost, and a burst ends. The guest's memory is two regions of just their sizes, so that a
// sanitizer sees every byte beyond them; what the guest does is a list of small steps.
#include <rte_log.h>
#include <rte_mbuf.h>

#include <array>
#include <memory>

#include "datapath/packet/lent_tail.h"
#include "tests/fuzz/input.h"
#include "tests/support/eal.h"
#include "vhost/queue.h"

namespace vsw::vhost {
namespace {

using testing::FuzzInput;
using testing::Require;

constexpr uint64_t kLowBytes = 0x4000, kHighBytes = 0x2000;
constexpr uint64_t kHighAddress = 0x6000;  // a hole lies between the two
constexpr uint64_t kDescriptors = 0, kDriverArea = 0x1000, kDeviceArea = 0x1800, kTables = 0x2000;
constexpr uint32_t kMostEntries = 64;

class Guest {
 public:
  Guest(FuzzInput* input) : input_(input) {
    const auto shape = input->Take<uint16_t>();
    size_ = 1u << shape % 7;
    features_ = kFeatureVersion1 | kFeatureGuestCsum | kFeatureGuestTso4;
    packed_ = shape & 0x80;
    if (packed_) features_ |= kFeaturePacked;
    if (shape & 0x100) features_ |= kFeatureMergeable;
    if (shape & 0x200) features_ |= kFeatureEventIdx;
    if (shape & 0x400) features_ |= kFeatureIndirect;
    if (shape & 0x800) features_ &= ~kFeatureVersion1;
    if (shape & 0x4000) features_ |= kFeatureInOrder;
    lends_ = shape & 0x8000;
    // Sizes of packed rings are any number.
    if (packed_ && (shape & 0x1000)) size_ += shape >> 13;
    Start();
  }
  ~Guest() { queue_.Stop(); }

  void Step() {
    switch (input_->Take<uint8_t>() % 10) {
      case 0:
        return Scribble();
      case 1:
      case 2:
      case 3:
        return Describe(kDescriptors);
      case 4:
        return Describe(kTables);
      case 5:
      case 6:
        return MakeAvailable();
      case 7:
        return Receive();
      case 8:
        return Transmit();
      case 9:
        return Sleep();
    }
  }

 private:
  void Start() {
    std::vector<MemoryRegion> regions = {{0, kLowBytes, low_.get()},
                                         {kHighAddress, kHighBytes, high_.get()}};
    RingSetup setup;
    setup.memory = std::make_shared<const GuestMemory>(std::move(regions));
    setup.descriptors = low_.get() + kDescriptors;
    setup.driver_area = low_.get() + kDriverArea;
    setup.device_area = low_.get() + kDeviceArea;
    setup.size = size_;
    setup.avail_base = setup.used_base = packed_ ? 0x8000 : 0;
    setup.features = features_;
    setup.vring = 1;
    queue_.Start(setup);
  }

  template <typename T>
  void Put(uint64_t at, T value) {
    if (at + sizeof(value) <= kLowBytes) std::memcpy(low_.get() + at, &value, sizeof(value));
  }
  void Scribble() {
    const auto at = input_->Take<uint16_t>();
    for (const uint8_t byte : input_->TakeBytes(input_->Take<uint8_t>() % 16)) {
      Put(at % kLowBytes, byte);
    }
  }
  // An entry of the ring or of an indirect table, mostly with a buffer that exists.
  void Describe(uint64_t base) {
    const uint64_t at = base + input_->Take<uint8_t>() % kMostEntries * sizeof(SplitDescriptor);
    const auto choice = input_->Take<uint8_t>();
    uint64_t address = input_->Take<uint16_t>();
    if (choice % 8 == 0) address = ~address;
    if (choice % 8 == 1) address = kTables + address % kMostEntries * sizeof(SplitDescriptor);
    uint32_t length = input_->Take<uint16_t>();
    if (choice & 0x80) length *= 0x10001;
    if (choice & 0x40) length &= 0xf0;
    Put(at, SplitDescriptor{address, length, input_->Take<uint16_t>(), input_->Take<uint8_t>()});
  }
  void MakeAvailable() {
    // In a packed ring the flags of entries say so; Describe() has written them.
    if (packed_) return;
    auto* const avail = reinterpret_cast<SplitAvail*>(low_.get() + kDriverArea);
    avail->ring[avail->index % size_] = input_->Take<uint8_t>() % kMostEntries;
    ++avail->index;
  }
  void Receive() {
    std::array<rte_mbuf*, 32> burst;
    bool lent = false;
    const uint16_t count =
        queue_.Receive(burst, testing::MbufPool(), *counters_, lends_ ? &lent : nullptr);
    for (uint16_t i = 0; i < count; ++i) {
      LentTail::Fetch(burst[i]);
      Require(rte_mbuf_check(burst[i], 1, &reason_) == 0, "a broken mbuf was received");
      Require(burst[i]->pkt_len >= 14 && burst[i]->pkt_len <= kMaxFrameBytes,
              "a frame of impossible length was received");
      rte_pktmbuf_free(burst[i]);
    }
    if (lent) queue_.TakeBack();
  }
  void Transmit() {
    std::array<rte_mbuf*, 4> burst;
    for (rte_mbuf*& frame : burst) {
      const size_t bytes = 14 + input_->Take<uint16_t>() % 9000;
      frame = testing::MakeMbuf(std::vector<uint8_t>(bytes, 0x5a));
    }
    queue_.Transmit(burst, *counters_);
  }
  void Sleep() {
    int kick_fd = -1;
    (void)queue_.BeginSleep(&kick_fd);
    queue_.EndSleep();
  }

  FuzzInput* const input_;
  uint32_t size_;
  uint64_t features_;
  bool packed_;
  bool lends_;
  const char* reason_ = nullptr;
  const std::unique_ptr<uint8_t[]> low_ = std::make_unique<uint8_t[]>(kLowBytes);
  const std::unique_ptr<uint8_t[]> high_ = std::make_unique<uint8_t[]>(kHighBytes);
  const std::unique_ptr<PortCounters> counters_ = std::make_unique<PortCounters>();
  Queue queue_;
};

}  // namespace
}  // namespace vsw::vhost

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  vsw::testing::MbufPool();
  vsw::LentTail::Register();
  // The rings belong to no device of the library, which says so each time.
  rte_log_set_level_pattern("lib.vhost.*", RTE_LOG_CRIT);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vsw::testing;
  FuzzInput input(data, size);
  {
    vsw::vhost::Guest guest(&input);
    for (int steps = 0; steps < 200 && !input.empty(); ++steps) guest.Step();
  }
  Require(MbufsInUse() == 0, "an mbuf was lost");
  return 0;
}
