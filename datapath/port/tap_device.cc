// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/tap_device.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/log.h"
#include "base/status.h"
#include "datapath/port/link_speed.h"
#include "datapath/port/netns.h"

namespace vsw {
namespace {

// linux/if_tun.h has these since Linux 6.2.
constexpr unsigned kTunUso4 = 0x20;
constexpr unsigned kTunUso6 = 0x40;
constexpr unsigned kOffloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

// A predecessor that was just killed lets go of its device within moments.
constexpr int kBusyTries = 20;
constexpr auto kBusyPause = std::chrono::milliseconds(25);

uint64_t Hash(const std::string& text) {  // FNV-1a
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ULL;
  return hash;
}

std::string HostIdentity() {
  std::string id;
  std::ifstream("/etc/machine-id") >> id;
  if (!id.empty()) return id;
  char host[HOST_NAME_MAX + 1] = {};
  gethostname(host, HOST_NAME_MAX);
  return host;
}

// The same on every start, so that neighbours' tables stay true; locally administered, unicast.
MacAddress StableMac(const TapOptions& options) {
  MacAddress mac = MacAddress::FromU64(
      Hash(HostIdentity() + '\0' + options.instance + '\0' + options.name) >> 16);
  mac.octets[0] = static_cast<uint8_t>((mac.octets[0] & 0xfc) | 0x02);
  return mac;
}

absl::StatusOr<UniqueFd> OpenTun() {
  UniqueFd fd(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (fd.valid()) return fd;
  if (errno == ENOENT || errno == ENODEV) {
    return NotFound(
        "open /dev/net/tun: {}; load the kernel module 'tun' or give this machine or container "
        "the device",
        std::strerror(errno));
  }
  return ErrnoStatus(errno, "open /dev/net/tun");
}

int SetInterface(int fd, const std::string& device, bool multi_queue) {
  ifreq request{};
  std::strncpy(request.ifr_name, device.c_str(), IFNAMSIZ - 1);
  request.ifr_flags =
      static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (multi_queue ? IFF_MULTI_QUEUE : 0));
  for (int attempt = 0;; ++attempt) {
    if (ioctl(fd, TUNSETIFF, &request) == 0) return 0;
    if (errno != EBUSY || attempt == kBusyTries) return errno;
    std::this_thread::sleep_for(kBusyPause);
  }
}

absl::Status InterfaceError(int error, const std::string& device) {
  switch (error) {
    case EBUSY:
      return AlreadyExists("TAP device {} is held by another process; end that one first", device);
    case EPERM:
      return absl::PermissionDeniedError(fmt::format(
          "make or open TAP device {}: not permitted; vswitchd needs CAP_NET_ADMIN", device));
    default:
      return ErrnoStatus(error, fmt::format("make or open TAP device {}", device));
  }
}

// Ours by its alias, in the calling thread's namespace.
std::optional<LinkInfo> FindMarked(const std::string& alias) {
  const auto links = ListLinks();
  if (!links.ok()) return std::nullopt;
  for (const LinkInfo& link : *links) {
    if (link.kind == "tun" && link.alias == alias) return link;
  }
  return std::nullopt;
}

// In a namespace where `link` is: takes it if its queues fit, else deletes it so that it can be
// made anew (the kernel fixes at creation whether a device may have several queues).
absl::StatusOr<bool> Usable(const LinkInfo& link, uint16_t queues) {
  if (link.multi_queue == (queues > 1)) return true;
  VSW_LOG_INFO("TAP device {} is made anew, for {} queues", link.name, queues);
  VSW_RETURN_IF_ERROR(DeleteLink(link.index, link.name));
  return false;
}

}  // namespace

std::string TapAlias(const std::string& instance, const std::string& port) {
  // The kernel takes 255 characters.
  if (instance.size() > 200) return fmt::format("vsw:{:016x}:{}", Hash(instance), port);
  return fmt::format("vsw:{}:{}", instance, port);
}

absl::StatusOr<std::unique_ptr<TapDevice>> TapDevice::Open(const TapOptions& options) {
  std::unique_ptr<TapDevice> device(new TapDevice(options));
  const std::string alias = TapAlias(options.instance, options.name);

  if (const auto here = FindMarked(alias)) {
    VSW_ASSIGN_OR_RETURN(device->reattached_, Usable(*here, options.queues));
    if (device->reattached_) VSW_RETURN_IF_ERROR(device->Attach(here->name));
  } else {
    absl::Status status;
    ForEachOtherNetns([&](const Netns& netns) {
      bool found = false;
      const absl::Status entered = RunInNetns(netns.fd.get(), [&]() -> absl::Status {
        const auto there = FindMarked(alias);
        if (!there) return absl::OkStatus();
        found = true;
        VSW_ASSIGN_OR_RETURN(device->reattached_, Usable(*there, options.queues));
        return device->reattached_ ? device->Attach(there->name) : absl::OkStatus();
      });
      if (found) status = Annotate(entered, "in " + netns.path);
      return found;
    });
    VSW_RETURN_IF_ERROR(status);
  }
  if (!device->reattached_) VSW_RETURN_IF_ERROR(device->OpenHere());
  VSW_RETURN_IF_ERROR(device->Configure(!device->reattached_));
  return device;
}

absl::Status TapDevice::OpenHere() {
  const auto link = GetLink(options_.name);
  if (link.ok()) {
    return AlreadyExists(
        "a network device {} exists already and is not this port's; delete it, choose another "
        "name, or attach it as it is with type=system",
        options_.name);
  }
  if (!absl::IsNotFound(link.status())) return link.status();
  return Attach(options_.name);
}

absl::Status TapDevice::Attach(const std::string& device) {
  const bool multi_queue = options_.queues > 1;
  for (uint16_t queue = 0; queue < options_.queues; ++queue) {
    VSW_ASSIGN_OR_RETURN(UniqueFd fd, OpenTun());
    if (const int error = SetInterface(fd.get(), device, multi_queue); error != 0) {
      return InterfaceError(error, device);
    }
    fds_.push_back(std::move(fd));
  }
  const int header_bytes = kVnetHeaderBytes;
  if (ioctl(fd(0), TUNSETVNETHDRSZ, &header_bytes) != 0) {
    return ErrnoStatus(errno, fmt::format("set the header size of TAP device {}", device));
  }
  uso_ = ioctl(fd(0), TUNSETOFFLOAD, kOffloads | kTunUso4 | kTunUso6) == 0;
  if (!uso_ && ioctl(fd(0), TUNSETOFFLOAD, kOffloads) != 0) {
    return ErrnoStatus(errno, fmt::format("set the offloads of TAP device {}", device));
  }
  return absl::OkStatus();
}

absl::Status TapDevice::Configure(bool is_new) {
  LinkChange change{.mac = options_.mac, .mtu = options_.mtu, .alias = {}, .up = options_.up};
  if (is_new) {
    if (!change.mac) change.mac = StableMac(options_);
    if (!change.up) change.up = true;
    change.alias = TapAlias(options_.instance, options_.name);
  }
  VSW_RETURN_IF_ERROR(Change(change));
  // Last: a device that could not be set up goes away with the file descriptors.
  return SetPersistent(true);
}

absl::Status TapDevice::SetPersistent(bool persistent) {
  if (ioctl(fd(0), TUNSETPERSIST, persistent ? 1 : 0) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, fmt::format("make TAP device {} {}", options_.name,
                                        persistent ? "persistent" : "go away with its port"));
}

bool TapDevice::IsElsewhere() const {
  const UniqueFd netns(ioctl(fd(0), TUNGETDEVNETNS));
  return netns.valid() && !IsOwnNetns(netns.get());
}

absl::Status TapDevice::RunAtDevice(
    const std::function<absl::Status(const std::string& name)>& work) const {
  ifreq request{};
  if (ioctl(fd(0), TUNGETIFF, &request) != 0) {
    return ErrnoStatus(errno, fmt::format("look up TAP device {}", options_.name));
  }
  const UniqueFd netns(ioctl(fd(0), TUNGETDEVNETNS));
  return RunInNetns(netns.get(), [&] { return work(request.ifr_name); });
}

absl::StatusOr<LinkInfo> TapDevice::ReadLink() const {
  LinkInfo link;
  VSW_RETURN_IF_ERROR(RunAtDevice([&link](const std::string& name) -> absl::Status {
    VSW_ASSIGN_OR_RETURN(link, GetLink(name));
    return absl::OkStatus();
  }));
  return link;
}

uint32_t TapDevice::ReadSpeed() const {
  uint32_t speed = 0;
  const absl::Status found = RunAtDevice([&speed](const std::string& name) {
    speed = ReadLinkSpeed(name);
    return absl::OkStatus();
  });
  return found.ok() ? speed : 0;
}

absl::Status TapDevice::Change(const LinkChange& change) {
  VSW_ASSIGN_OR_RETURN(const LinkInfo link, ReadLink());
  const UniqueFd netns(ioctl(fd(0), TUNGETDEVNETNS));
  return RunInNetns(netns.get(), [&] { return ChangeLink(link.index, link.name, change); });
}

void TapDevice::Adopt(std::unique_ptr<TapDevice> other) {
  // dup3() swaps what a descriptor stands for in one step, so that a worker in read() or write()
  // sees the old device or the new one and never a closed descriptor.
  for (size_t i = 0; i < fds_.size(); ++i) dup3(other->fds_[i].get(), fds_[i].get(), O_CLOEXEC);
  uso_ = other->uso_;
  reattached_ = other->reattached_;
}

std::vector<std::string> RemoveStaleTaps(const std::string& instance,
                                         const std::set<std::string>& wanted) {
  const std::string prefix = TapAlias(instance, "");
  std::vector<std::string> removed;
  const auto sweep = [&]() -> absl::Status {
    VSW_ASSIGN_OR_RETURN(const auto links, ListLinks());
    for (const LinkInfo& link : links) {
      if (link.kind != "tun" || !link.alias.starts_with(prefix)) continue;
      std::string port = link.alias.substr(prefix.size());
      if (wanted.contains(port)) continue;
      const absl::Status status = DeleteLink(link.index, link.name);
      if (!status.ok()) {
        VSW_LOG_WARN("device of a port that is gone: {}", std::string(status.message()));
        continue;
      }
      removed.push_back(std::move(port));
    }
    return absl::OkStatus();
  };
  if (const absl::Status own = sweep(); !own.ok()) {
    VSW_LOG_WARN("look for devices of ports that are gone: {}", std::string(own.message()));
  }
  ForEachOtherNetns([&](const Netns& netns) {
    // A namespace may vanish meanwhile, and its devices with it.
    if (const absl::Status status = RunInNetns(netns.fd.get(), sweep); !status.ok()) {
      VSW_LOG_DEBUG("{}: {}", netns.path, std::string(status.message()));
    }
    return false;
  });
  return removed;
}

}  // namespace vsw
