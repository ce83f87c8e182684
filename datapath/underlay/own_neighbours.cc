// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/own_neighbours.h"

#include <algorithm>

#include "datapath/underlay/neighbour_frames.h"

namespace vsw {

KernelNeighbour OwnNeighbours::Find(const Key& key) const {
  const auto found = entries_.find(key);
  using Known = KernelNeighbour::State;
  if (found == entries_.end()) return {};
  switch (found->second.state) {
    case State::kIncomplete:
      return {};
    case State::kFailed:
      return {.state = Known::kFailed, .mac = {}};
    case State::kReachable:
    case State::kStale:
    case State::kProbe:
      break;
  }
  return {.state = Known::kUsable, .mac = found->second.mac};
}

void OwnNeighbours::Solicit(const Key& key, const Identity& as, uint64_t now_ns) {
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (!HasRoom()) return;
    found = entries_.emplace(key, Entry{}).first;
    found->second.state = State::kFailed;
  }
  Entry* entry = &found->second;
  entry->as = as;
  if (entry->state == State::kStale) {
    entry->state = State::kProbe;
  } else if (entry->state == State::kFailed) {
    entry->state = State::kIncomplete;
  } else {
    return;
  }
  entry->tries = 0;
  Ask(key, entry, now_ns);
}

bool OwnNeighbours::HasRoom() {
  if (entries_.size() < kMaxNeighbours) return true;
  std::erase_if(entries_, [](const auto& entry) { return entry.second.state == State::kFailed; });
  return entries_.size() < kMaxNeighbours;
}

void OwnNeighbours::Ask(const Key& key, Entry* entry, uint64_t now_ns) {
  ++entry->tries;
  entry->due_ns = now_ns + kRetryNs;
  send_(key.first, MakeSolicitation(entry->as.mac, entry->as.address, key.second,
                                    entry->state == State::kProbe ? &entry->mac : nullptr));
}

void OwnNeighbours::Heard(const Key& key, const MacAddress& mac, bool solicited, uint64_t now_ns) {
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (!HasRoom()) return;
    found = entries_.emplace(key, Entry{}).first;
  }
  Entry* entry = &found->second;
  const bool was_usable = Find(key).state == KernelNeighbour::State::kUsable;
  const bool moved = !was_usable || entry->mac != mac;
  entry->mac = mac;
  if (solicited) {
    entry->state = State::kReachable;
    entry->due_ns = now_ns + kReachableNs;
  } else if (moved) {
    entry->state = State::kStale;
  }
  if (moved) changed_(key);
}

void OwnNeighbours::OnTimer(uint64_t now_ns) {
  std::vector<Key> failed;
  for (auto& [key, entry] : entries_) {
    if (entry.state == State::kStale || entry.state == State::kFailed || entry.due_ns > now_ns) {
      continue;
    }
    if (entry.state == State::kReachable) {
      entry.state = State::kStale;
    } else if (entry.tries < kTries) {
      Ask(key, &entry, now_ns);
    } else {
      entry.state = State::kFailed;
      failed.push_back(key);
    }
  }
  for (const Key& key : failed) changed_(key);
}

std::optional<uint64_t> OwnNeighbours::next_ns() const {
  std::optional<uint64_t> next;
  for (const auto& [key, entry] : entries_) {
    if (entry.state == State::kStale || entry.state == State::kFailed) continue;
    next = std::min(next.value_or(UINT64_MAX), entry.due_ns);
  }
  return next;
}

void OwnNeighbours::AskAgain(PortNo port, uint64_t now_ns) {
  for (auto& [key, entry] : entries_) {
    if (key.first != port) continue;
    if (entry.state != State::kIncomplete && entry.state != State::kProbe) continue;
    entry.tries = 0;
    Ask(key, &entry, now_ns);
  }
}

void OwnNeighbours::Forget(PortNo port) {
  std::erase_if(entries_, [port](const auto& entry) { return entry.first.first == port; });
}

}  // namespace vsw
