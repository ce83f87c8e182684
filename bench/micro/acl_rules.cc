// SPDX-License-Identifier: Apache-2.0
#include "bench/micro/acl_rules.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <memory>

namespace vsw::bench {
namespace {

struct Pipe {
  FILE* file;
  explicit Pipe(const std::string& path)
      : file(popen(("gzip -dc '" + path + "' 2>/dev/null").c_str(), "r")) {}
  ~Pipe() {
    if (file != nullptr) pclose(file);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
};

struct PortMatch {
  uint16_t value, mask;
};

// The fewest prefixes that make up lo..hi.
std::vector<PortMatch> Prefixes(uint32_t lo, uint32_t hi) {
  std::vector<PortMatch> prefixes;
  while (lo <= hi) {
    uint32_t size = 1;
    while (lo % (size * 2) == 0 && lo + size * 2 - 1 <= hi && size < 0x10000) size *= 2;
    prefixes.push_back({static_cast<uint16_t>(lo), static_cast<uint16_t>(0x10000 - size)});
    lo += size;
  }
  return prefixes;
}

void SetPrefix(Match* match, FieldId field, uint32_t address, uint32_t length) {
  if (length == 0) return;
  match->SetMasked(field, FieldValue::OfU64(address),
                   FieldValue::OfU64(0xffffffffu & (0xffffffffu << (32 - length))));
}

void SetPort(Match* match, FieldId field, const PortMatch& port) {
  if (port.mask == 0) return;
  match->SetMasked(field, FieldValue::OfU64(port.value), FieldValue::OfU64(port.mask));
}

}  // namespace

std::vector<AclRule> ReadAcl(const std::string& path) {
  std::vector<AclRule> rules;
  const Pipe pipe(path);
  char line[256];
  uint16_t priority = 0xffff;
  while (pipe.file != nullptr && std::fgets(line, sizeof(line), pipe.file) != nullptr) {
    uint32_t s[4], d[4], s_length, d_length, s_lo, s_hi, d_lo, d_hi, proto, proto_mask;
    if (std::sscanf(line, "@%u.%u.%u.%u/%u %u.%u.%u.%u/%u %u : %u %u : %u %x/%x", &s[0], &s[1],
                    &s[2], &s[3], &s_length, &d[0], &d[1], &d[2], &d[3], &d_length, &s_lo, &s_hi,
                    &d_lo, &d_hi, &proto, &proto_mask) != 16) {
      continue;
    }
    Match match;
    match.Set(FieldId::kEthType, FieldValue::OfU64(0x0800));
    if (proto_mask == 0xff) match.Set(FieldId::kIpProto, FieldValue::OfU64(proto));
    SetPrefix(&match, FieldId::kIpv4Src, s[0] << 24 | s[1] << 16 | s[2] << 8 | s[3], s_length);
    SetPrefix(&match, FieldId::kIpv4Dst, d[0] << 24 | d[1] << 16 | d[2] << 8 | d[3], d_length);
    for (const PortMatch& src : Prefixes(s_lo, s_hi)) {
      for (const PortMatch& dst : Prefixes(d_lo, d_hi)) {
        Match whole = match;
        SetPort(&whole, FieldId::kTcpSrc, src);
        SetPort(&whole, FieldId::kTcpDst, dst);
        rules.push_back({whole, priority});
      }
    }
    --priority;
  }
  return rules;
}

std::vector<MatchKey> ReadTrace(const std::string& path) {
  std::vector<MatchKey> keys;
  const Pipe pipe(path);
  uint32_t src, dst, src_port, dst_port, proto;
  char line[256];
  while (pipe.file != nullptr && std::fgets(line, sizeof(line), pipe.file) != nullptr) {
    if (std::sscanf(line, "%u %u %u %u %u", &src, &dst, &src_port, &dst_port, &proto) != 5)
      continue;
    MatchKey key;
    key.packet.eth_type = Be16::From(0x0800);
    key.packet.ipv4_src = Be32::From(src);
    key.packet.ipv4_dst = Be32::From(dst);
    key.packet.l4_src = Be16::From(static_cast<uint16_t>(src_port));
    key.packet.l4_dst = Be16::From(static_cast<uint16_t>(dst_port));
    key.packet.ip_proto = static_cast<uint8_t>(proto);
    keys.push_back(key);
  }
  return keys;
}

}  // namespace vsw::bench
