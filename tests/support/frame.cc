// SPDX-License-Identifier: Apache-2.0
#include "tests/support/frame.h"

#include <cstring>

#include "datapath/packet/parser.h"
#include "fmt/format.h"

namespace vsw::testing {
namespace {

bool IsVlan(uint16_t type) { return type == 0x8100 || type == 0x88a8; }

// Whether `offset` lies in a member of `bytes` bytes at `start`; then where in it.
bool In(size_t offset, size_t start, size_t bytes, size_t* within) {
  *within = offset - start;
  return offset >= start && offset < start + bytes;
}

}  // namespace

FlowKey Frame::Key() const {
  FlowKey key;
  std::memset(static_cast<void*>(&key), 0, sizeof(key));
  ParseFrame(bytes_, bytes_.size(), kNoPort, &key);
  DefineLines(&key, kAllLines);
  key.lines = kAllLines;
  return key;
}

size_t Frame::tags() const {
  size_t count = 0;
  while (IsVlan(Get16(12 + 4 * count))) ++count;
  return count;
}

uint16_t Frame::Get16(size_t at) const {
  return at + 2 > bytes_.size() ? uint16_t{0}
                                : static_cast<uint16_t>(bytes_[at] << 8 | bytes_[at + 1]);
}
uint32_t Frame::Get32(size_t at) const {
  return static_cast<uint32_t>(Get16(at)) << 16 | Get16(at + 2);
}
void Frame::Set16(size_t at, uint16_t value) {
  bytes_[at] = static_cast<uint8_t>(value >> 8);
  bytes_[at + 1] = static_cast<uint8_t>(value);
}

void Frame::PushVlan(uint16_t tpid, uint16_t tci) {
  bytes_.insert(bytes_.begin() + 12, 4, 0);
  Set16(12, tpid);
  Set16(14, tci & 0xefff);
}

void Frame::PopVlan() {
  if (tags() > 0) bytes_.erase(bytes_.begin() + 12, bytes_.begin() + 16);
}

void Frame::SetVlanTci(uint16_t tci) {
  if (tags() > 0) Set16(14, tci & 0xefff);
}

void Frame::PushMpls(uint16_t type, uint32_t entry) {
  const size_t at = Payload();
  bytes_.insert(bytes_.begin() + static_cast<ptrdiff_t>(at), 4, 0);
  Set16(at, static_cast<uint16_t>(entry >> 16));
  Set16(at + 2, static_cast<uint16_t>(entry));
  Set16(at - 2, type);
}

void Frame::PopMpls(uint16_t type) {
  const auto at = static_cast<ptrdiff_t>(Payload());
  if (at + 4 > static_cast<ptrdiff_t>(bytes_.size())) return;
  bytes_.erase(bytes_.begin() + at, bytes_.begin() + at + 4);
  Set16(static_cast<size_t>(at) - 2, type);
}

void Frame::SetMpls(uint32_t value, uint32_t mask) {
  const uint32_t entry = (mpls() & ~mask) | (value & mask);
  Set16(Payload(), static_cast<uint16_t>(entry >> 16));
  Set16(Payload() + 2, static_cast<uint16_t>(entry));
}

// Where the L4 header of an unfragmented, or first, IP packet begins.
std::optional<size_t> Frame::L4() const {
  const FlowKey key = Key();
  if (key.ip_frag & kFragLater) return std::nullopt;
  if (type() == 0x0800 && tags() <= 2 && key.ip_proto != 0) {
    return Payload() + (bytes_[Payload()] & 0xfu) * 4;
  }
  if (type() == 0x86dd && tags() <= 2 && key.ip_proto != 0) return Payload() + 40;
  return std::nullopt;
}

std::optional<size_t> Frame::Locate(size_t offset) const {
  size_t in = 0;
  if (In(offset, offsetof(FlowKey, eth_dst), 6, &in)) return in;
  if (In(offset, offsetof(FlowKey, eth_src), 6, &in)) return 6 + in;
  // What was not parsed has no header, whatever the type says.
  const FlowKey key = Key();
  const bool parsed = key.ip_proto != 0 || key.ip_ttl != 0;
  const bool ipv4 = type() == 0x0800 && parsed, ipv6 = type() == 0x86dd && parsed;
  const bool arp = type() == 0x0806 && parsed;
  const size_t l3 = Payload();
  if (In(offset, offsetof(FlowKey, ipv4_src), 4, &in)) {
    if (ipv4) return l3 + 12 + in;
    if (arp) return l3 + 14 + in;
  }
  if (In(offset, offsetof(FlowKey, ipv4_dst), 4, &in)) {
    if (ipv4) return l3 + 16 + in;
    if (arp) return l3 + 24 + in;
  }
  if (In(offset, offsetof(FlowKey, eth_type), 2, &in) && tags() <= 2) return l3 - 2 + in;
  if (offset == offsetof(FlowKey, ip_proto) && arp) return l3 + 7;
  if (offset == offsetof(FlowKey, ip_proto) && ipv4) return l3 + 9;
  if (offset == offsetof(FlowKey, ip_proto) && ipv6) return l3 + 6;
  if (offset == offsetof(FlowKey, ip_tos) && ipv4) return l3 + 1;
  if (offset == offsetof(FlowKey, ip_ttl) && ipv4) return l3 + 8;
  if (offset == offsetof(FlowKey, ip_ttl) && ipv6) return l3 + 7;
  if (In(offset, offsetof(FlowKey, ipv6_src), 16, &in) && ipv6) return l3 + 8 + in;
  if (In(offset, offsetof(FlowKey, ipv6_dst), 16, &in) && ipv6) return l3 + 24 + in;
  if (In(offset, offsetof(FlowKey, arp_sha), 6, &in) && arp) return l3 + 8 + in;
  if (In(offset, offsetof(FlowKey, arp_tha), 6, &in) && arp) return l3 + 18 + in;
  const std::optional<size_t> l4 = L4();
  if (!l4.has_value()) return std::nullopt;
  const uint8_t protocol = Key().ip_proto;
  if (protocol == 6 || protocol == 17 || protocol == 132) {
    if (In(offset, offsetof(FlowKey, l4_src), 4, &in)) return *l4 + in;
  } else if (protocol == 1 || protocol == 58) {
    if (offset == offsetof(FlowKey, l4_src) + 1) return *l4;
    if (offset == offsetof(FlowKey, l4_dst) + 1) return *l4 + 1;
  }
  return std::nullopt;
}

void Frame::SetKeyByte(size_t offset, uint8_t value, uint8_t mask) {
  if (mask == 0) return;
  if (offset == offsetof(FlowKey, ip_tos) && type() == 0x86dd && Key().ip_ttl != 0) {
    // The traffic class stands across two bytes.
    const auto put = [this](size_t at, unsigned bits, unsigned which) {
      bytes_[at] = static_cast<uint8_t>((bytes_[at] & ~which) | (bits & which));
    };
    put(Payload(), value >> 4, mask >> 4);
    put(Payload() + 1, static_cast<unsigned>(value) << 4, static_cast<unsigned>(mask) << 4 & 0xf0);
    return;
  }
  const std::optional<size_t> at = Locate(offset);
  if (!at.has_value() || *at >= bytes_.size()) return;
  bytes_[*at] = static_cast<uint8_t>((bytes_[*at] & ~mask) | (value & mask));
}

std::string Frame::ToString() const {
  std::string text;
  for (const uint8_t byte : bytes_) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace vsw::testing
