// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/headers.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace vsw {
namespace {

constexpr size_t kTagsOfKey = 2;

// Bytes at absolute offsets, up to a limit that can be drawn closer.
struct View {
  const uint8_t* bytes;
  size_t end;
  bool Has(size_t at, size_t n) const { return at + n <= end; }
  uint8_t At(size_t at) const { return bytes[at]; }
  uint16_t Be16At(size_t at) const { return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]); }
};

void LocateDiscovery(const View& view, PacketHeaders* h) {
  constexpr uint8_t kSolicitation = 135, kAdvertisement = 136;
  const uint8_t type = view.At(h->l4);
  if ((type != kSolicitation && type != kAdvertisement) || view.At(h->l4 + 1) != 0) return;
  if (!view.Has(h->l4, 24)) return;
  size_t at = h->l4 + size_t{24};
  h->nd_options = static_cast<uint16_t>(at);
  h->header_bytes = h->nd_options;
  while (view.Has(at, 8)) {
    const size_t option_bytes = view.At(at + 1) * size_t{8};
    if (option_bytes == 0 || !view.Has(at, option_bytes)) return;
    uint16_t* place = nullptr;
    if (view.At(at) == 1) place = &h->nd_source;
    if (view.At(at) == 2) place = &h->nd_target;
    if (place != nullptr && *place == 0 && option_bytes == 8) {
      *place = static_cast<uint16_t>(at + 2);
    }
    at += option_bytes;
    h->header_bytes = static_cast<uint16_t>(at);
  }
}

void LocateL4(const View& view, uint8_t protocol, PacketHeaders* h) {
  const auto found = [&](L4Header header, size_t bytes) {
    if (!view.Has(h->l4, bytes)) return false;
    h->l4_header = header;
    h->header_bytes = static_cast<uint16_t>(h->l4 + bytes);
    return true;
  };
  switch (protocol) {
    case IPPROTO_TCP:
      if (found(L4Header::kTcp, 20)) {
        const size_t bytes = (view.At(h->l4 + size_t{12}) >> 4) * size_t{4};
        h->has_ports = bytes >= 20 && view.Has(h->l4, bytes);
      }
      return;
    case IPPROTO_UDP:
      found(L4Header::kUdp, 8);
      return;
    case IPPROTO_SCTP:
      found(L4Header::kSctp, 12);
      return;
    case IPPROTO_ICMP:
    case IPPROTO_IGMP:
      found(L4Header::kIcmp, 8);
      return;
    case IPPROTO_ICMPV6:
      // Up to its checksum, which addresses are part of.
      if (found(L4Header::kIcmpv6, 4) && h->l3_header == L3Header::kIpv6) LocateDiscovery(view, h);
      return;
    default:
      return;
  }
}

void LocateIpv4(View view, size_t frame_bytes, PacketHeaders* h) {
  const size_t l3 = h->l3;
  if (!view.Has(l3, 20) || view.At(l3) >> 4 != 4) return;
  const size_t header_bytes = (view.At(l3) & 0xfu) * 4;
  const size_t total_bytes = view.Be16At(l3 + 2);
  if (header_bytes < 20 || !view.Has(l3, header_bytes) || total_bytes < header_bytes ||
      l3 + total_bytes > frame_bytes) {
    return;
  }
  h->l3_header = L3Header::kIpv4;
  h->header_bytes = static_cast<uint16_t>(l3 + header_bytes);
  h->end = static_cast<uint32_t>(l3 + total_bytes);
  h->protocol = static_cast<uint16_t>(l3 + 9);
  const uint16_t fragment = view.Be16At(l3 + 6);
  h->fragment = (fragment & 0x3fff) != 0;
  if ((fragment & 0x1fff) != 0) return;
  h->l4 = static_cast<uint16_t>(l3 + header_bytes);
  view.end = std::min<size_t>(view.end, h->end);
  LocateL4(view, view.At(l3 + 9), h);
}

void LocateIpv6(View view, size_t frame_bytes, PacketHeaders* h) {
  const size_t l3 = h->l3;
  if (!view.Has(l3, 40) || view.At(l3) >> 4 != 6) return;
  const size_t payload_bytes = view.Be16At(l3 + 4);
  if (l3 + 40 + payload_bytes > frame_bytes) return;
  h->l3_header = L3Header::kIpv6;
  h->header_bytes = static_cast<uint16_t>(l3 + 40);
  h->end = static_cast<uint32_t>(l3 + 40 + payload_bytes);
  view.end = std::min<size_t>(view.end, h->end);
  const auto name_protocol_at = [h](size_t named_at) {
    h->protocol = static_cast<uint16_t>(named_at);
    h->header_bytes = std::max(h->header_bytes, static_cast<uint16_t>(named_at + 1));
  };
  name_protocol_at(l3 + 6);
  size_t at = l3 + 40;
  for (uint8_t next = view.At(l3 + 6);;) {
    const bool known = next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING ||
                       next == IPPROTO_FRAGMENT || next == IPPROTO_AH || next == IPPROTO_DSTOPTS;
    if (!known) {
      h->l4 = static_cast<uint16_t>(at);
      return LocateL4(view, next, h);
    }
    if (!view.Has(at, 8)) return;
    size_t bytes = (view.At(at + 1) + size_t{1}) * 8;
    if (next == IPPROTO_AH) bytes = (view.At(at + 1) + size_t{2}) * 4;
    if (next == IPPROTO_ROUTING && view.At(at + 3) != 0) h->routed = true;
    if (next == IPPROTO_FRAGMENT) {
      bytes = 8;
      const uint16_t fragment = view.Be16At(at + 2);
      if ((fragment & 0xfff9) != 0) h->fragment = true;
      if ((fragment & 0xfff8) != 0) return name_protocol_at(at);
    }
    if (!view.Has(at, bytes)) return;
    name_protocol_at(at);
    next = view.At(at);
    at += bytes;
  }
}

void LocateArp(const View& view, PacketHeaders* h) {
  static constexpr uint8_t kIpv4OverEthernet[6] = {0, 1, 0x08, 0, 6, 4};
  if (!view.Has(h->l3, 28)) return;
  if (std::memcmp(view.bytes + h->l3, kIpv4OverEthernet, sizeof(kIpv4OverEthernet)) != 0) return;
  h->l3_header = L3Header::kArp;
  h->header_bytes = static_cast<uint16_t>(h->l3 + 28);
}

// Finds the type that counts; false if the frame is too short for it.
bool LocateType(const View& view, PacketHeaders* h) {
  size_t at = 12;
  for (size_t tags = 0; tags < kTagsOfKey && view.Has(at, 2); ++tags, at += 4) {
    const uint16_t type = view.Be16At(at);
    if (type != 0x8100 && type != 0x88a8) break;
  }
  if (!view.Has(at, 2)) return false;
  h->type = static_cast<uint16_t>(at);
  static constexpr uint8_t kSnap[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};
  if (view.Be16At(at) < 0x0600 && view.Has(at, 10) &&
      std::memcmp(view.bytes + at + 2, kSnap, sizeof(kSnap)) == 0) {
    h->snap_length = h->type;
    h->type = static_cast<uint16_t>(at + 8);
  }
  h->l3 = static_cast<uint16_t>(h->type + 2);
  h->header_bytes = h->l3;
  return true;
}

}  // namespace

bool LocateHeaders(std::span<const uint8_t> bytes, size_t frame_bytes, PacketHeaders* headers) {
  *headers = {};
  const View view = {bytes.data(), bytes.size()};
  if (!LocateType(view, headers)) return false;
  switch (view.Be16At(headers->type)) {
    case 0x0800:
      LocateIpv4(view, frame_bytes, headers);
      break;
    case 0x86dd:
      LocateIpv6(view, frame_bytes, headers);
      break;
    case 0x0806:
    case 0x8035:
      LocateArp(view, headers);
      break;
    case 0x8847:
    case 0x8848:
      if (!view.Has(headers->l3, 4)) break;
      headers->l3_header = L3Header::kMpls;
      headers->header_bytes = static_cast<uint16_t>(headers->l3 + 4);
      break;
    default:
      break;
  }
  return true;
}

}  // namespace vsw
