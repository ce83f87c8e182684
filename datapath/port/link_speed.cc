// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/link_speed.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <new>

#include "base/unique_fd.h"

namespace vsw {
namespace {

// The settings are followed by three bitmaps of link modes, whose length the kernel chooses.
constexpr size_t kMaxBitmapWords = 3 * 127;
using Buffer =
    std::array<uint32_t, sizeof(ethtool_link_settings) / sizeof(uint32_t) + kMaxBitmapWords>;
static_assert(alignof(ethtool_link_settings) <= alignof(uint32_t));

// Asks with `words`, the length of a bitmap; 0: the kernel answers with that length, negative.
bool Ask(int socket, const std::string& device, int8_t words, Buffer* buffer) {
  buffer->fill(0);
  auto* settings = new (buffer->data()) ethtool_link_settings;
  settings->cmd = ETHTOOL_GLINKSETTINGS;
  settings->link_mode_masks_nwords = words;
  ifreq request{};
  std::memcpy(request.ifr_name, device.data(), device.size());
  request.ifr_data = reinterpret_cast<char*>(settings);
  return ioctl(socket, SIOCETHTOOL, &request) == 0;
}

const ethtool_link_settings& SettingsIn(const Buffer& buffer) {
  return *reinterpret_cast<const ethtool_link_settings*>(buffer.data());
}

}  // namespace

uint32_t ReadLinkSpeed(const std::string& device) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid() || device.size() >= IFNAMSIZ) return 0;
  Buffer buffer;
  if (!Ask(socket.get(), device, 0, &buffer)) return 0;
  const auto words = static_cast<int8_t>(-SettingsIn(buffer).link_mode_masks_nwords);
  if (words <= 0 || !Ask(socket.get(), device, words, &buffer)) return 0;
  const uint32_t speed = SettingsIn(buffer).speed;
  return speed == static_cast<uint32_t>(SPEED_UNKNOWN) ? 0 : speed;
}

}  // namespace vsw
