// SPDX-License-Identifier: Apache-2.0
//
// A front-end that says what it likes on its vhost-user socket, with whatever file descriptors: the
// switch answers or closes the connection, which a next one can follow, and frames that workers
// move meanwhile are not lost. It is the real device on a real socket, so that the library's own
// reading of messages is in it as well. An input is some of a good handshake and then messages:
// request, flags, payload, descriptors.
#include <fcntl.h>
#include <rte_mbuf.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "tests/fuzz/input.h"
#include "tests/support/eal.h"
#include "tests/vhost/front_end.h"
#include "vhost/vhost_device.h"

namespace vsw::vhost {
namespace {

using testing::Fail;
using testing::FuzzInput;
using testing::Require;

constexpr size_t kMostMessages = 24;

// One device for all inputs: the library takes up to a second until it listens on a new socket.
class Device {
 public:
  static Device& Get() {
    static Device* const device = new Device;
    return *device;
  }

  VhostDevice& operator*() { return *device_; }
  const std::string& path() const { return path_; }
  void WaitUntilGone() {
    for (int i = 0; i < 5000; ++i) {
      if (!device_->ReadState().connected) return;
      std::this_thread::sleep_for(std::chrono::microseconds(i < 100 ? 20 : 1000));
    }
    Fail("a closed connection is still there");
  }

 private:
  Device() {
    char folder[] = "/tmp/vsw-fuzz-XXXXXX";
    Require(mkdtemp(folder) != nullptr, "no temporary folder");
    path_ = std::string(folder) + "/guest.sock";
    VhostOptions options;
    options.path = path_;
    options.queue_pairs = 2;
    options.pool = testing::MbufPool();
    options.changed = [] {};
    auto opened = VhostDevice::Open(std::move(options));
    Require(opened.ok(), opened.status().ToString());
    device_ = *std::move(opened);
  }

  std::string path_;
  std::unique_ptr<VhostDevice> device_;
};

// What a front-end could send along; made anew for each input, since a fault may have spoilt it.
class Descriptors {
 public:
  explicit Descriptors(const FrontEnd& front)
      : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        small_(memfd_create("small", MFD_CLOEXEC)),
        folder_(open("/tmp", O_RDONLY | O_CLOEXEC)),
        memory_(front.memory_fd()) {
    (void)!ftruncate(small_, 4096);
  }
  ~Descriptors() {
    for (const int fd : {event_, small_, folder_}) close(fd);
  }
  int Choose(uint8_t choice) const {
    const int fds[] = {event_, memory_, small_, folder_};
    return fds[choice % 4];
  }

 private:
  int event_, small_, folder_, memory_;
};

Step TakeMessage(FuzzInput* input, const Descriptors& descriptors) {
  Step step;
  const auto request = input->Take<uint8_t>();
  step.request = request % 48;
  if (request >= 0xf0) step.request = input->Take<uint32_t>();
  step.payload = input->TakeBytes(input->Take<uint8_t>());
  for (uint8_t count = input->Take<uint8_t>() % 10; count > 0; --count) {
    step.fds.push_back(descriptors.Choose(input->Take<uint8_t>()));
  }
  return step;
}

// What workers do meanwhile.
void MoveFrames() {
  static PortCounters counters;
  std::array<rte_mbuf*, 4> burst;
  VhostDevice& device = *Device::Get();
  for (uint16_t pair = 0; pair < device.queue_pairs(); ++pair) {
    const uint16_t count = device.ReceiveBurst(pair, burst, counters);
    for (uint16_t i = 0; i < count; ++i) rte_pktmbuf_free(burst[i]);
  }
  rte_mbuf* frame = testing::MakeMbuf(std::vector<uint8_t>(100, 0x5a));
  device.TransmitBurst(0, {&frame, 1}, counters);
}

// Says that nothing follows and reads until the switch has closed its side.
void Finish(FrontEnd* front) {
  front->FinishSending();
  MoveFrames();
  bool closed = false;
  for (int patience = 0; patience < 5 && !closed; ++patience) closed = front->WaitClosed();
  Require(closed, "the switch does not close a finished connection");
  front->Disconnect();
  Device::Get().WaitUntilGone();
}

void Talk(FuzzInput* input) {
  const auto shape = input->Take<uint8_t>();
  FrontEnd front(kCommonFeatures | kFeatureMergeable | (shape & 0x80 ? kFeaturePacked : 0));
  const Descriptors descriptors(front);
  Require(front.Connect(Device::Get().path()), "the switch does not listen any more");
  std::vector<Step> steps = front.Handshake(1);
  steps.resize(std::min<size_t>(steps.size(), shape & 0x40 ? steps.size() : shape % 32));
  for (size_t i = 0; i < kMostMessages && !input->empty(); ++i) {
    steps.push_back(TakeMessage(input, descriptors));
  }
  for (const Step& step : steps) {
    if (!front.Send(step)) break;
  }
  Finish(&front);
}

}  // namespace
}  // namespace vsw::vhost

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vsw::testing;
  MbufPool();
  FuzzInput input(data, size);
  vsw::vhost::Talk(&input);
  Require(MbufsInUse() == 0, "an mbuf was lost");
  return 0;
}
