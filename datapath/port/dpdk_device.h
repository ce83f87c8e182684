// SPDX-License-Identifier: Apache-2.0
//
// One ethdev of DPDK from its device string to its end: finds or probes it, and stops, closes and
// detaches it. Errors name the device, the reason, and what to do.
//
// Control thread only.
#ifndef VSW_DATAPATH_PORT_DPDK_DEVICE_H_
#define VSW_DATAPATH_PORT_DPDK_DEVICE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace vsw {

class DpdkDevice {
 public:
  /// `devargs` is a PCI address or a driver's device name, with options behind commas:
  /// "0000:01:00.0", "net_pcap0,iface=eth0". `port` is the name of the port that wants it. Errors:
  /// AlreadyExists (another port has it), NotFound (device, driver), InvalidArgument (options),
  /// FailedPrecondition (not bound to a driver that DPDK can use).
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<DpdkDevice>> Probe(const std::string& devargs,
                                                                         const std::string& port);
  ~DpdkDevice();
  DpdkDevice(const DpdkDevice&) = delete;
  DpdkDevice& operator=(const DpdkDevice&) = delete;

  uint16_t id() const { return id_; }  // of the ethdev

 private:
  explicit DpdkDevice(uint16_t id) : id_(id) {}

  const uint16_t id_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_DPDK_DEVICE_H_
