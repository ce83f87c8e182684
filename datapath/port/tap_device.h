// SPDX-License-Identifier: Apache-2.0
//
// A TAP device of the kernel that belongs to one port of one switch, and its queues' file
// descriptors. Used by the port kinds `tap` and `internal`.
//
// The device is persistent: when vswitchd ends, cleanly or not, the device stays with its
// addresses, routes, state and network namespace, and the next vswitchd takes it up again, wherever
// it was moved and however it was renamed. It is known by its alias, "vsw:<instance>:<port>". A
// device of the wanted name without that alias is somebody else's and never touched. Only
// SetPersistent(false) followed by the end of the object takes the device away.
//
// Control thread only, but for fd(), which never changes, and uso().
#ifndef VSW_DATAPATH_PORT_TAP_DEVICE_H_
#define VSW_DATAPATH_PORT_TAP_DEVICE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mac_address.h"
#include "base/unique_fd.h"
#include "datapath/port/rtnl.h"

namespace vsw {

/// The size of the virtio-net header in front of each frame, without the merged-buffers field.
inline constexpr size_t kVnetHeaderBytes = 10;

struct TapOptions {
  std::string name;
  std::string instance;  // tells switches on one host apart
  uint16_t queues = 1;
  // Applied to a new and to a found device alike; a new device without them gets an address made
  // of host, instance and name, the kernel's MTU, and is set up; a found one is left as it is.
  std::optional<MacAddress> mac;
  std::optional<uint32_t> mtu;
  std::optional<bool> up;
};

class TapDevice {
 public:
  /// Takes up the device of an earlier life, or makes it. Errors: AlreadyExists (a device of that
  /// name that is not this port's, or that another process holds), PermissionDenied, NotFound (no
  /// /dev/net/tun).
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<TapDevice>> Open(const TapOptions& options);

  /// Non-blocking; each read or write moves one frame behind its virtio-net header.
  int fd(uint16_t queue) const { return fds_[queue].get(); }
  uint16_t queues() const { return static_cast<uint16_t>(fds_.size()); }
  /// The kernel cuts UDP frames by itself (since Linux 6.2).
  bool uso() const { return uso_; }
  /// It was there before, from an earlier life of the port.
  bool reattached() const { return reattached_; }

  /// The device in whichever namespace and under whichever name it is now. Error: it is gone.
  [[nodiscard]] absl::StatusOr<LinkInfo> ReadLink() const;
  /// In Mbit/s; 0 if it is not known.
  uint32_t ReadSpeed() const;
  [[nodiscard]] absl::Status Change(const LinkChange& change);
  /// True if the device was moved into another network namespace.
  bool IsElsewhere() const;
  /// False: the device goes away with the object.
  [[nodiscard]] absl::Status SetPersistent(bool persistent);
  /// Makes the file descriptors of this object stand for the device of `other`, whose object ends.
  void Adopt(std::unique_ptr<TapDevice> other);

 private:
  explicit TapDevice(TapOptions options) : options_(std::move(options)) {}

  /// Runs `work` with the device's present name, in its namespace.
  absl::Status RunAtDevice(const std::function<absl::Status(const std::string& name)>& work) const;

  absl::Status OpenHere();
  absl::Status Attach(const std::string& device);
  absl::Status Configure(bool is_new);

  TapOptions options_;
  std::vector<UniqueFd> fds_;
  bool uso_ = false;
  bool reattached_ = false;
};

/// The alias that marks the device of `port`.
std::string TapAlias(const std::string& instance, const std::string& port);

/// Deletes the devices that an earlier life of this switch left for ports that are not in `wanted`,
/// in every namespace. Returns the names of the deleted ports. Control thread, after the first
/// configuration was applied.
std::vector<std::string> RemoveStaleTaps(const std::string& instance,
                                         const std::set<std::string>& wanted);

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_TAP_DEVICE_H_
