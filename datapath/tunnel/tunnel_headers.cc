// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/tunnel_headers.h"

#include <cstring>

namespace vsw {
namespace {

template <typename Header>
bool Load(std::span<const uint8_t> bytes, Header* header) {
  if (bytes.size() < sizeof(*header)) return false;
  std::memcpy(static_cast<void*>(header), bytes.data(), sizeof(*header));
  return true;
}

// RFC 7348 section 5: the I flag must be set, all that is reserved is ignored.
DropReason ReadVxlan(std::span<const uint8_t> bytes, TunnelHeader* header) {
  VxlanHeader vxlan;
  if (!Load(bytes, &vxlan) || (vxlan.flags & VxlanHeader::kFlagVni) == 0) {
    return DropReason::kTunnelMalformed;
  }
  header->bytes = sizeof(vxlan);
  header->key = vxlan.vni.Get() >> 8;
  header->has_key = true;
  header->has_gbp = (vxlan.flags & VxlanHeader::kFlagGbp) != 0;
  if (header->has_gbp) {
    header->gbp_flags = vxlan.gbp_flags & VxlanHeader::kGbpFlags;
    header->gbp_id = vxlan.gbp_id.Get();
  }
  return DropReason::kNone;
}

// RFC 8926 section 3.4: an unknown version is dropped, reserved bits are ignored.
DropReason ReadGeneve(std::span<const uint8_t> bytes, TunnelHeader* header) {
  GeneveHeader geneve;
  if (!Load(bytes, &geneve) || (geneve.version_length & GeneveHeader::kVersionMask) != 0) {
    return DropReason::kTunnelMalformed;
  }
  if (geneve.protocol.Get() != kTransparentEthernet) return DropReason::kTunnelUnknown;
  const size_t option_bytes = (geneve.version_length & GeneveHeader::kLengthMask) * size_t{4};
  if (bytes.size() < sizeof(geneve) + option_bytes) return DropReason::kTunnelMalformed;
  header->bytes = static_cast<uint32_t>(sizeof(geneve) + option_bytes);
  header->key = geneve.vni.Get() >> 8;
  header->has_key = true;
  header->oam = (geneve.flags & GeneveHeader::kFlagOam) != 0;
  header->options = bytes.subspan(sizeof(geneve), option_bytes);
  return DropReason::kNone;
}

// RFC 2784 section 2: version 0; bits 1 to 5 must be zero but for those of RFC 2890, the others of
// the first word are ignored.
DropReason ReadGre(std::span<const uint8_t> bytes, TunnelHeader* header) {
  constexpr uint16_t kVersion = 0x0007;
  constexpr uint16_t kMustBeZero = 0x7c00 & ~(GreHeader::kKey | GreHeader::kSequence);
  GreHeader gre;
  if (!Load(bytes, &gre) || (gre.flags.Get() & (kVersion | kMustBeZero)) != 0) {
    return DropReason::kTunnelMalformed;
  }
  if (gre.protocol.Get() != kTransparentEthernet) return DropReason::kTunnelUnknown;
  size_t at = sizeof(gre);
  header->has_checksum = (gre.flags.Get() & GreHeader::kChecksum) != 0;
  if (header->has_checksum) at += 4;  // with the reserved field beside it
  header->has_key = (gre.flags.Get() & GreHeader::kKey) != 0;
  if (header->has_key) {
    Be32 key;
    if (bytes.size() < at || !Load(bytes.subspan(at), &key)) return DropReason::kTunnelMalformed;
    header->key = key.Get();
    at += sizeof(key);
  }
  if ((gre.flags.Get() & GreHeader::kSequence) != 0) at += 4;  // frames are taken in any order
  if (bytes.size() < at) return DropReason::kTunnelMalformed;
  header->bytes = static_cast<uint32_t>(at);
  return DropReason::kNone;
}

const TunnelOption* FindOption(const TunnelOptionMap* map, const GeneveOption& option) {
  if (map == nullptr) return nullptr;
  for (const TunnelOption& known : *map) {
    if (known.option_class == option.option_class.Get() && known.type == option.type &&
        known.bytes == option.data_bytes()) {
      return &known;
    }
  }
  return nullptr;
}

}  // namespace

DropReason ReadTunnelHeader(TunnelKind kind, std::span<const uint8_t> bytes, TunnelHeader* header) {
  *header = {};
  switch (kind) {
    case TunnelKind::kVxlan:
      return ReadVxlan(bytes, header);
    case TunnelKind::kGeneve:
      return ReadGeneve(bytes, header);
    case TunnelKind::kGre:
      return ReadGre(bytes, header);
    case TunnelKind::kNone:
      break;
  }
  return DropReason::kTunnelUnknown;
}

DropReason ReadGeneveOptions(std::span<const uint8_t> options, const TunnelOptionMap* map,
                             std::span<uint8_t> metadata, uint64_t* present) {
  while (!options.empty()) {
    GeneveOption option;
    if (!Load(options, &option)) return DropReason::kTunnelMalformed;
    const size_t bytes = sizeof(option) + option.data_bytes();
    if (options.size() < bytes) return DropReason::kTunnelMalformed;
    const TunnelOption* known = FindOption(map, option);
    if (known != nullptr && size_t{known->offset} + known->bytes <= metadata.size()) {
      std::memcpy(metadata.data() + known->offset, options.data() + sizeof(option), known->bytes);
      *present |= uint64_t{1} << (known->index & 63);
    } else if ((option.type & GeneveOption::kCritical) != 0) {
      return DropReason::kTunnelOption;
    }
    options = options.subspan(bytes);
  }
  return DropReason::kNone;
}

}  // namespace vsw
