// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/decap_table.h"

#include <bit>
#include <cstring>
#include <set>

namespace vsw {

TunnelMatch TunnelMatch::Without(uint8_t bits) const {
  TunnelMatch match = *this;
  match.any |= bits;
  if ((bits & kAnyLocal) != 0) match.local = {};
  if ((bits & kAnyRemote) != 0) match.remote = {};
  if ((bits & kAnyKey) != 0) match.key = 0, match.has_key = false;
  return match;
}

std::vector<TunnelMatch> MatchesOf(const TunnelFacts& facts) {
  TunnelMatch match = {.remote = {},
                       .local = facts.local,
                       .key = facts.in_key.value_or(0),
                       .udp_port = facts.udp_port,
                       .kind = facts.kind,
                       .has_key = facts.in_key.has_value()};
  uint8_t any = 0;
  if (facts.local.is_unset()) any |= TunnelMatch::kAnyLocal;
  if (facts.in_key_is_flow) any |= TunnelMatch::kAnyKey;
  if (facts.remote_is_flow) return {match.Without(any | TunnelMatch::kAnyRemote)};
  std::vector<TunnelMatch> matches;
  for (const IpAddress& remote : facts.remotes) {
    match.remote = remote;
    matches.push_back(match.Without(any));
  }
  return matches;
}

DecapTable::DecapTable(const std::vector<Row>& rows) {
  if (rows.empty()) return;
  slots_.resize(std::bit_ceil(rows.size() * 2));
  mask_ = slots_.size() - 1;
  std::set<uint8_t> levels;
  std::set<std::pair<uint16_t, TunnelKind>> ports;
  for (const Row& row : rows) {
    size_t at = HashOf(row.match) & mask_;
    while (slots_[at].taken) at = (at + 1) & mask_;
    slots_[at] = {row.match, row.entry, true};
    levels.insert(row.match.any);
    has_gre_ |= row.match.kind == TunnelKind::kGre;
    if (row.match.kind != TunnelKind::kGre) ports.emplace(row.match.udp_port, row.match.kind);
  }
  levels_.assign(levels.begin(), levels.end());
  udp_ports_.assign(ports.begin(), ports.end());
}

const DecapTable::Entry* DecapTable::Find(const TunnelMatch& packet) const noexcept {
  for (const uint8_t level : levels_) {
    const TunnelMatch wanted = packet.Without(level);
    for (size_t at = HashOf(wanted) & mask_; slots_[at].taken; at = (at + 1) & mask_) {
      if (slots_[at].match == wanted) return &slots_[at].entry;
    }
  }
  return nullptr;
}

size_t DecapTable::HashOf(const TunnelMatch& match) noexcept {
  uint64_t remote[2], local[2];
  std::memcpy(remote, match.remote.octets.data(), sizeof(remote));
  std::memcpy(local, match.local.octets.data(), sizeof(local));
  uint64_t hash = match.key ^ uint64_t { match.udp_port } << 32 ^ uint64_t { match.any } << 56;
  for (const uint64_t word : {remote[0], remote[1], local[0], local[1]}) {
    hash = std::rotl(hash ^ word, 29) * 0x9e3779b97f4a7c15;
  }
  return hash ^ hash >> 32;
}

}  // namespace vsw
