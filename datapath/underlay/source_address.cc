// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/source_address.h"

#include <bit>
#include <cstddef>
#include <tuple>

namespace vsw {
namespace {

bool IsLinkLocal(const IpAddress& address) {
  if (!address.is_v4()) return address.is_link_local();
  return address.bytes()[0] == 169 && address.bytes()[1] == 254;  // RFC 3927
}

// RFC 6724 section 2.1, as far as hosts have such addresses.
int LabelOf(const IpAddress& address) {
  const auto& octets = address.octets;
  if (address.is_v4()) return 4;
  if ((octets[0] & 0xfe) == 0xfc) return 13;             // unique local
  if (octets[0] == 0x20 && octets[1] == 0x02) return 2;  // 6to4
  const bool teredo = octets[0] == 0x20 && octets[1] == 0x01 && octets[2] == 0 && octets[3] == 0;
  return teredo ? 5 : 1;
}

int CommonBits(const IpAddress& a, const IpAddress& b) {
  for (size_t i = 0; i < a.octets.size(); ++i) {
    const auto differ = static_cast<uint8_t>(a.octets[i] ^ b.octets[i]);
    if (differ != 0) return static_cast<int>(i * 8) + std::countl_zero(differ);
  }
  return 128;
}

}  // namespace

bool MaySendFrom(const IpAddress& source, const IpAddress& remote) {
  return !source.is_any() && (!IsLinkLocal(source) || IsLinkLocal(remote));
}

IpAddress ChooseSource(const IpAddress& remote, int device, bool on_link,
                       std::span<const KernelAddress> addresses) {
  const KernelAddress* best = nullptr;
  const auto rank = [&](const KernelAddress& own) {
    return std::tuple(!own.deprecated, own.device == device,
                      LabelOf(own.address) == LabelOf(remote), CommonBits(own.address, remote));
  };
  for (const KernelAddress& own : addresses) {
    if (own.address.is_v4() != remote.is_v4() || !MaySendFrom(own.address, remote)) continue;
    if (own.one_link && (own.device != device || !on_link)) continue;
    if (best == nullptr || rank(own) > rank(*best)) best = &own;
  }
  return best != nullptr ? best->address : IpAddress{};
}

}  // namespace vsw
