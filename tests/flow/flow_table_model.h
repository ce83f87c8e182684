// SPDX-License-Identifier: Apache-2.0
//
// What a flow table must do, as simply as it can be said: a list of entries that is searched from
// its beginning, with the counts that each counter is owed.
#ifndef VSW_TESTS_FLOW_FLOW_TABLE_MODEL_H_
#define VSW_TESTS_FLOW_FLOW_TABLE_MODEL_H_

#include <cstring>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "datapath/flow/flow_table.h"

namespace vsw::testing {

/// The key with undefined lines as zeros, and without `lines`.
inline FlowKey Canonical(const FlowKey& given) {
  FlowKey key = given;
  DefineLines(&key, 0xff);
  key.lines = 0;
  return key;
}

inline FlowKey And(const FlowKey& key, const FlowMask& mask) {
  FlowKey result = Canonical(key);
  for (size_t i = 0; i < sizeof(result); ++i) result.line(0)[i] &= mask.bits.line(0)[i];
  return result;
}

inline bool SameBits(const FlowKey& a, const FlowKey& b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

class FlowTableModel {
 public:
  struct Entry {
    FlowMask mask;
    FlowKey key;  // masked
    std::vector<Action> actions;
    std::set<Tag> tags;
    std::vector<StatId> stats;
    uint64_t used_tsc;
    bool stale = false;
  };
  struct Use {
    uint64_t packets = 0, bytes = 0;
    bool operator==(const Use&) const = default;
  };

  /// Every entry that the packet belongs to, stale ones as asked for.
  std::vector<Entry*> Matching(const FlowKey& key, bool stale) {
    std::vector<Entry*> found;
    for (Entry& entry : entries_) {
      if (entry.stale == stale && SameBits(And(key, entry.mask), entry.key)) {
        found.push_back(&entry);
      }
    }
    return found;
  }
  /// Replaces the entry of the same match.
  void Install(Entry entry) {
    std::erase_if(entries_, [&](const Entry& other) {
      return SameBits(other.mask.bits, entry.mask.bits) && SameBits(other.key, entry.key);
    });
    entries_.push_back(std::move(entry));
  }
  void Remove(const FlowKey& mask, const FlowKey& key) {
    std::erase_if(entries_, [&](const Entry& other) {
      return SameBits(other.mask.bits, mask) && SameBits(other.key, key);
    });
  }
  void Count(Entry* entry, uint64_t bytes, uint64_t now_tsc) {
    entry->used_tsc = now_tsc;
    for (const StatId stat : entry->stats) {
      owed_[stat].packets += 1;
      owed_[stat].bytes += bytes;
    }
  }
  void Invalidate(Tag tag) {
    for (Entry& entry : entries_) entry.stale |= entry.tags.contains(tag);
  }
  void InvalidateAll() {
    for (Entry& entry : entries_) entry.stale = true;
  }
  void Sweep(uint64_t idle_before_tsc) {
    std::erase_if(entries_,
                  [&](const Entry& e) { return e.stale || e.used_tsc < idle_before_tsc; });
  }
  size_t size() const { return entries_.size(); }
  size_t size(PortNo in_port) const {
    return static_cast<size_t>(std::ranges::count_if(
        entries_, [in_port](const Entry& e) { return e.key.in_port == in_port; }));
  }
  std::set<std::pair<uint32_t, std::vector<uint8_t>>> PortMasks() const {
    std::set<std::pair<uint32_t, std::vector<uint8_t>>> masks;
    for (const Entry& e : entries_) {
      const uint8_t* bytes = e.mask.bits.line(0);
      masks.emplace(ToInt(e.key.in_port), std::vector<uint8_t>(bytes, bytes + sizeof(FlowKey)));
    }
    return masks;
  }
  const std::map<StatId, Use>& owed() const { return owed_; }

 private:
  std::vector<Entry> entries_;
  std::map<StatId, Use> owed_;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_FLOW_FLOW_TABLE_MODEL_H_
