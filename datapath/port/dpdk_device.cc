// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/dpdk_device.h"

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <regex>

#include "base/log.h"
#include "base/status.h"
#include "datapath/port/rtnl.h"

namespace vsw {
namespace {

// Which port has which ethdev; ethdevs are the process's.
std::mutex owners_mutex;
std::map<uint16_t, std::string>& Owners() {
  static auto* owners = new std::map<uint16_t, std::string>;
  return *owners;
}

// The device's name within its bus: what stands before the first comma, a PCI address in full.
std::string NameOf(const std::string& devargs) {
  std::string name = devargs.substr(0, devargs.find(','));
  if (name.starts_with("pci:")) name.erase(0, 4);
  static const std::regex short_pci("[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\\.[0-7]");
  return std::regex_match(name, short_pci) ? "0000:" + name : name;
}

bool IsPciAddress(const std::string& name) {
  static const std::regex pci("[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}\\.[0-7]");
  return std::regex_match(name, pci);
}

// REQUIRES: owners_mutex is held. Prefers ethdevs that no port has (a card may have several).
std::optional<uint16_t> FindEthdev(const std::string& name) {
  std::optional<uint16_t> found;
  uint16_t id;
  RTE_ETH_FOREACH_DEV(id) {
    rte_eth_dev_info info{};
    char ethdev_name[RTE_ETH_NAME_MAX_LEN] = {};
    const bool named = rte_eth_dev_get_name_by_port(id, ethdev_name) == 0 && name == ethdev_name;
    const bool on_device = rte_eth_dev_info_get(id, &info) == 0 && info.device != nullptr &&
                           name == rte_dev_name(info.device);
    if (!named && !on_device) continue;
    if (!Owners().contains(id)) return id;
    found = id;
  }
  return found;
}

// "vfio-pci", "ixgbe", ...; empty if no kernel driver has the device.
std::string KernelDriverOf(const std::string& pci) {
  std::error_code error;
  const auto link = std::filesystem::read_symlink("/sys/bus/pci/devices/" + pci + "/driver", error);
  return error ? "" : link.filename().string();
}

absl::Status CheckPci(const std::string& pci) {
  if (std::filesystem::exists("/sys/bus/pci/devices/" + pci)) return absl::OkStatus();
  return NotFound("there is no PCI device {}; `lspci -D` lists those that are", pci);
}

absl::Status PciError(const std::string& pci, int error) {
  const std::string driver = KernelDriverOf(pci);
  const bool usable = driver == "vfio-pci" || driver == "igb_uio" || driver == "uio_pci_generic" ||
                      driver.starts_with("mlx");
  if (!usable) {
    return FailedPrecondition(
        "PCI device {} is {}, which DPDK cannot use; bind it with `dpdk-devbind.py "
        "--bind=vfio-pci {}`, or attach its network device with type=system",
        pci, driver.empty() ? "bound to no driver" : "bound to the kernel driver " + driver, pci);
  }
  if (driver == "vfio-pci" && access("/dev/vfio/vfio", R_OK | W_OK) != 0) {
    return absl::PermissionDeniedError(
        fmt::format("PCI device {}: /dev/vfio/vfio cannot be opened ({}); run vswitchd as root or "
                    "give its user the device's VFIO group",
                    pci, std::generic_category().message(errno)));
  }
  const char* memory =
      rte_eal_has_hugepages() != 0
          ? ""
          : "; vswitchd runs without hugepages, which this card's driver may need: reserve some "
            "(vm.nr_hugepages) and restart vswitchd";
  return Annotate(
      ErrnoStatus(error, "probe"),
      fmt::format("PCI device {} (driver {}) could not be used{}", pci, driver, memory));
}

// The kernel device that some drivers stand on ("iface=eth0"). Others, such as net_tap and
// net_virtio_user, make the one that they name.
absl::Status CheckInterface(const std::string& devargs) {
  static const std::regex stands_on_one("net_(?:af_packet|af_xdp|pcap).*");
  static const std::regex iface(",(?:iface|rx_iface|rx_iface_in|tx_iface)=([^,]+)");
  if (!std::regex_match(devargs, stands_on_one)) return absl::OkStatus();
  for (auto it = std::sregex_iterator(devargs.begin(), devargs.end(), iface);
       it != std::sregex_iterator(); ++it) {
    const absl::Status status = GetLink((*it)[1].str()).status();
    if (absl::IsNotFound(status)) return Annotate(status, "DPDK device " + devargs);
  }
  return absl::OkStatus();
}

// The peer of net_virtio_user reads our packet buffers, which are private in ordinary memory.
absl::Status CheckSharing(const std::string& name) {
  if (!name.starts_with("net_virtio_user") || rte_eal_has_hugepages() != 0) {
    return absl::OkStatus();
  }
  return FailedPrecondition(
      "DPDK device {} shares packet buffers with its peer, which needs hugepages: reserve some "
      "(sysctl vm.nr_hugepages) and restart vswitchd",
      name);
}

absl::Status VirtualError(const std::string& devargs, const std::string& name, int error) {
  switch (error) {
    case ENODEV:
    case ENOENT:
    case EFAULT:  // no bus knows the name
      return NotFound(
          "DPDK device {}: no driver knows {}, or the driver refused it; there are net_af_packet, "
          "net_af_xdp, net_pcap, net_memif, net_virtio_user, net_null, net_ring and others, each "
          "followed by a number of its own; vswitchd's log says what the driver says",
          devargs, name);
    case EINVAL:
      return InvalidArgument(
          "DPDK device {}: the driver refused its options; vswitchd's log says which", devargs);
    default:
      break;
  }
  return ErrnoStatus(error, fmt::format("probe DPDK device {}", devargs));
}

}  // namespace

absl::StatusOr<std::unique_ptr<DpdkDevice>> DpdkDevice::Probe(const std::string& devargs,
                                                              const std::string& port) {
  const std::string name = NameOf(devargs);
  if (name.empty()) return InvalidArgument("option devargs is empty: name a DPDK device");
  const bool pci = IsPciAddress(name);
  const std::lock_guard lock(owners_mutex);
  std::optional<uint16_t> id = FindEthdev(name);
  if (id && Owners().contains(*id)) {
    return AlreadyExists("DPDK device {} is in use by port {}", name, Owners().at(*id));
  }
  if (!id) {
    VSW_RETURN_IF_ERROR(pci ? CheckPci(name) : CheckInterface(devargs));
    VSW_RETURN_IF_ERROR(CheckSharing(name));
    const int result = rte_dev_probe(devargs.c_str());
    if (result < 0) return pci ? PciError(name, -result) : VirtualError(devargs, name, -result);
    id = FindEthdev(name);
    if (!id) {
      return pci ? PciError(name, ENODEV)
                 : NotFound("DPDK device {} was probed but is no network device", devargs);
    }
  }
  Owners().emplace(*id, port);
  return std::unique_ptr<DpdkDevice>(new DpdkDevice(*id));
}

DpdkDevice::~DpdkDevice() {
  const std::lock_guard lock(owners_mutex);
  rte_eth_dev_info info{};
  rte_device* device = rte_eth_dev_info_get(id_, &info) == 0 ? info.device : nullptr;
  rte_eth_dev_stop(id_);
  if (const int result = rte_eth_dev_close(id_); result != 0) {
    VSW_LOG_WARN("close DPDK device {}: {}", id_, rte_strerror(-result));
  }
  Owners().erase(id_);
  if (device == nullptr) return;
  uint16_t other;
  RTE_ETH_FOREACH_DEV_OF(other, device) return;  // a card with several ports stays for the others
  if (const int result = rte_dev_remove(device); result != 0) {
    VSW_LOG_WARN("detach DPDK device {}: {}", id_, rte_strerror(-result));
  }
}

}  // namespace vsw
