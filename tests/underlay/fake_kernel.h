// SPDX-License-Identifier: Apache-2.0
//
// A kernel of a few lines: routes by remote address, devices, neighbours, addresses.
#ifndef VSW_TESTS_UNDERLAY_FAKE_KERNEL_H_
#define VSW_TESTS_UNDERLAY_FAKE_KERNEL_H_

#include <map>
#include <utility>
#include <vector>

#include "base/status.h"
#include "datapath/underlay/kernel_view.h"

namespace vsw::testing {

inline IpAddress Ip(const char* text) { return IpAddress::Parse(text).value(); }
inline MacAddress Mac(uint64_t number) { return MacAddress::FromU64(0x020000000000 + number); }

class FakeKernel : public KernelView {
 public:
  absl::StatusOr<KernelRoute> FindRoute(const TunnelEnds& ends) override {
    ++lookups;
    const auto found = routes.find(ends.remote);
    if (found == routes.end()) return NotFound("the kernel has no route");
    return found->second;
  }
  absl::StatusOr<KernelDevice> FindDevice(int index) override {
    const auto found = devices.find(index);
    if (found == devices.end()) return NotFound("no device {}", index);
    return found->second;
  }
  KernelNeighbour FindNeighbour(int device, const IpAddress& address) override {
    const auto found = neighbours.find({device, address});
    return found == neighbours.end() ? KernelNeighbour{} : found->second;
  }
  std::vector<KernelAddress> ListAddresses() override { return addresses; }
  void Solicit(int device, const IpAddress& address) override {
    solicited.emplace_back(device, address);
  }
  int fd() const override { return -1; }
  KernelChanges TakeChanges() override { return {}; }

  void AddDevice(int index, const char* name, uint32_t mtu = 1500) {
    devices[index] = {.index = index,
                      .name = name,
                      .mac = Mac(static_cast<uint64_t>(index)),
                      .mtu = mtu,
                      .up = true,
                      .is_ethernet = true};
  }
  void AddRoute(const char* to, int device, const char* source, const char* gateway = nullptr) {
    routes[Ip(to)] = {.device = device,
                      .gateway = gateway != nullptr ? Ip(gateway) : IpAddress(),
                      .source = Ip(source)};
  }
  void SetNeighbour(int device, const char* address, uint64_t mac) {
    neighbours[{device, Ip(address)}] = {.state = KernelNeighbour::State::kUsable, .mac = Mac(mac)};
  }

  std::map<IpAddress, KernelRoute> routes;
  std::map<int, KernelDevice> devices;
  std::map<std::pair<int, IpAddress>, KernelNeighbour> neighbours;
  std::vector<KernelAddress> addresses;
  std::vector<std::pair<int, IpAddress>> solicited;
  int lookups = 0;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_UNDERLAY_FAKE_KERNEL_H_
