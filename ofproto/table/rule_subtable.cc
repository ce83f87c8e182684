// SPDX-License-Identifier: Apache-2.0
#include "ofproto/table/rule_subtable.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/status.h"

namespace vsw {
namespace {

// Which bits belong to which stage. What the datapath matches exactly anyway, and what only tunnels
// and the pipeline set, comes first.
struct StageMasks {
  std::array<MatchKey, 4> stage;

  StageMasks() {
    auto fill = [](void* field, size_t bytes) { std::memset(field, 0xff, bytes); };
    FlowKey& metadata = stage[0].packet;
    fill(&stage[0].pipeline, sizeof(PipelineFields));
    fill(metadata.line(3), kTunnelLinesBytes);
    fill(&metadata.ct_zone, sizeof(metadata.ct_zone));
    fill(&metadata.ct_state, sizeof(metadata.ct_state));
    fill(&metadata.ct_mark, sizeof(metadata.ct_mark));
    fill(&metadata.ct_label, sizeof(metadata.ct_label));
    fill(&metadata.packet_mark, sizeof(metadata.packet_mark));
    FlowKey& l2 = stage[1].packet;
    fill(&l2.eth_dst, sizeof(l2.eth_dst));
    fill(&l2.eth_src, sizeof(l2.eth_src));
    fill(&l2.eth_type, sizeof(l2.eth_type));
    fill(&l2.vlan, sizeof(l2.vlan));
    fill(&l2.mpls, sizeof(l2.mpls));
    FlowKey& l4 = stage[3].packet;
    fill(&l4.l4_src, sizeof(l4.l4_src));
    fill(&l4.l4_dst, sizeof(l4.l4_dst));
    fill(&l4.tcp_flags, sizeof(l4.tcp_flags));
    fill(&l4.nd_target, sizeof(l4.nd_target));
    fill(&l4.nd_reserved, sizeof(l4.nd_reserved));
    fill(&l4.nd_options_type, sizeof(l4.nd_options_type));
    fill(&l4.arp_sha, sizeof(l4.arp_sha));
    fill(&l4.arp_tha, sizeof(l4.arp_tha));
    // L3: the rest.
    for (size_t i = 0; i < kMatchKeyWords; ++i) {
      stage[2].words()[i] = ~(stage[0].words()[i] | stage[1].words()[i] | stage[3].words()[i]);
    }
  }
};

const StageMasks& Stages() {
  static const StageMasks masks;
  return masks;
}

}  // namespace

RuleSubtable::RuleSubtable(const MatchKey& mask, uint64_t sequence, const KeyedHash& hash)
    : hash_(hash), mask_(mask), sequence_(sequence) {
  for (size_t s = 0; s < kStages; ++s) {
    const MatchKey& of_stage = Stages().stage[s];
    const size_t before = items_.size();
    for (size_t i = 0; i < kMatchKeyWords; ++i) {
      const uint64_t bits = mask.words()[i] & of_stage.words()[i];
      if (bits != 0) items_.push_back({bits, static_cast<uint8_t>(i)});
    }
    for (size_t f = 0; f < kPrefixFields.size(); ++f) {
      if (of_stage.bytes()[kPrefixFields[f].offset] == 0) continue;
      const unsigned length = PrefixLength(mask.bytes(), kPrefixFields[f]);
      if (length > 0) prefixes_.push_back({static_cast<uint8_t>(f), static_cast<uint8_t>(length)});
    }
    if (items_.size() == before) continue;
    if (!stages_.empty()) stages_.back().hashes = std::make_unique<HashSet>();
    Stage stage;
    stage.items_end = static_cast<uint8_t>(items_.size());
    stage.prefixes_end = static_cast<uint8_t>(prefixes_.size());
    for (const Prefix& prefix : prefixes_) stage.fields |= static_cast<uint8_t>(1u << prefix.field);
    stages_.push_back(std::move(stage));
  }
}

RuleSubtable::~RuleSubtable() {
  for (RuleEntry* entry : entries_) RuleEntry::Free(entry);
}

// The first field whose trie has no such prefix of the packet's value says that no rule matches,
// whatever the other fields are: a field that costs no new bit if there is one.
bool RuleSubtable::PrefixExcludes(size_t from, size_t to, PrefixAnswers* prefixes,
                                  MatchKey* mask) const {
  const Prefix* found = nullptr;
  unsigned bits = 0;
  for (size_t i = from; i < to; ++i) {
    const Prefix& prefix = prefixes_[i];
    const PrefixTrie::Answer& answer = prefixes->For(prefix.field);
    if (answer.Has(prefix.length)) continue;
    const unsigned needed = std::min(prefix.length, answer.checked);
    if (prefixes->IsMarked(prefix.field, needed)) return true;
    if (found == nullptr) found = &prefix, bits = needed;
  }
  if (found == nullptr) return false;
  prefixes->Mark(found->field, bits, mask->bytes());
  return true;
}

void RuleSubtable::Mark(size_t items, MatchKey* mask) const {
  uint64_t* words = mask->words();
  for (size_t i = 0; i < items; ++i) words[items_[i].word] |= items_[i].mask;
}

bool RuleSubtable::Equals(const RuleEntry& entry, const uint64_t* words) const {
  uint64_t difference = 0;
  for (size_t i = 0; i < items_.size(); ++i) {
    difference |= (words[items_[i].word] & items_[i].mask) ^ entry.values[i];
  }
  return difference == 0;
}

// Tries that were walked before are asked first, since that costs next to nothing; a walk is made
// only to learn that less than all the bits looked at would have told the same.
const RuleEntry* RuleSubtable::FindMarked(const MatchKey& key, PrefixAnswers* prefixes,
                                          MatchKey* mask) const {
  const uint64_t* words = key.words();
  uint64_t hash = hash_.seed();
  size_t item = 0, prefix = 0;
  for (const Stage& stage : stages_) {
    if (prefix < stage.prefixes_end) {
      if (prefixes->Know(stage.fields) &&
          PrefixExcludes(prefix, stage.prefixes_end, prefixes, mask)) {
        return nullptr;
      }
      prefix = stage.prefixes_end;
    }
    hash = HashOf(words, item, stage.items_end, hash);
    item = stage.items_end;
    if (stage.hashes != nullptr && !stage.hashes->Contains(hash)) {
      if (!PrefixExcludes(0, prefix, prefixes, mask)) Mark(item, mask);
      return nullptr;
    }
  }
  const RuleEntry* entry =
      table_.Find(hash, [&](const RuleEntry& candidate) { return Equals(candidate, words); });
  if (entry != nullptr) entry->rule->Prefetch();
  if (entry != nullptr || !PrefixExcludes(0, prefix, prefixes, mask)) Mark(item, mask);
  return entry;
}

RuleEntry* RuleSubtable::Find(const MatchKey& key) const {
  const uint64_t* words = key.words();
  return table_.Find(HashOf(words, 0, items_.size(), hash_.seed()),
                     [&](const RuleEntry& entry) { return Equals(entry, words); });
}

bool RuleSubtable::Excludes(const MatchKey& key, const MatchKey& known) const {
  uint64_t hash = hash_.seed();
  size_t item = 0;
  for (const Stage& stage : stages_) {
    for (; item < stage.items_end; ++item) {
      if ((items_[item].mask & ~known.words()[items_[item].word]) != 0) return false;
      hash = HashOf(key.words(), item, item + 1, hash);
    }
    if (stage.hashes != nullptr && !stage.hashes->Contains(hash)) return true;
  }
  return false;
}

void RuleSubtable::Insert(Rule* rule, PrefixTries* tries, RetireList* retired) {
  RuleEntry* entry = RuleEntry::Make(items_.size());
  entry->rule = rule;
  entry->priority = RankOf(*rule);
  entry->conjunctive = !rule->conjunctions.empty();
  entry->position = static_cast<uint32_t>(entries_.size());
  const uint64_t* words = rule->match.value.words();
  for (size_t i = 0; i < items_.size(); ++i) {
    entry->values[i] = words[items_[i].word] & items_[i].mask;
  }
  entries_.push_back(entry);
  ++ranks_[entry->priority];
  // What says "not here" first: a reader must not be told so once it may look for the rule.
  for (const Prefix& prefix : prefixes_) {
    (*tries)[prefix.field].Add(
        PrefixValue::Read(rule->match.value.bytes(), kPrefixFields[prefix.field]), prefix.length,
        retired);
  }
  uint64_t hash = hash_.seed();
  size_t item = 0;
  for (Stage& stage : stages_) {
    hash = HashOf(words, item, stage.items_end, hash);
    item = stage.items_end;
    if (stage.hashes != nullptr) stage.hashes->Add(hash, retired);
  }
  entry->hash = hash;
  RuleEntry* head = table_.Find(hash, [&](const RuleEntry& other) { return Equals(other, words); });
  if (head == nullptr) {
    table_.InsertHead(entry, retired);
    return;
  }
  RuleEntry* before = nullptr;
  RuleEntry* after = head;
  for (; after != nullptr && after->priority > entry->priority;
       after = after->next.load(std::memory_order_relaxed)) {
    before = after;
  }
  entry->next.store(after, std::memory_order_relaxed);
  if (before == nullptr) {
    table_.ReplaceHead(head, entry);
  } else {
    before->next.store(entry, std::memory_order_release);
  }
}

void RuleSubtable::Remove(const Rule* rule, PrefixTries* tries, RetireList* retired) {
  const uint64_t* words = rule->match.value.words();
  const uint64_t whole = HashOf(words, 0, items_.size(), hash_.seed());
  RuleEntry* head =
      table_.Find(whole, [&](const RuleEntry& other) { return Equals(other, words); });
  RuleEntry* before = nullptr;
  RuleEntry* entry = head;
  for (; entry != nullptr && entry->rule != rule;
       entry = entry->next.load(std::memory_order_relaxed)) {
    before = entry;
  }
  VSW_CHECK(entry != nullptr);
  RuleEntry* after = entry->next.load(std::memory_order_relaxed);
  if (before == nullptr) {
    table_.ReplaceHead(entry, after);
  } else {
    before->next.store(after, std::memory_order_release);
  }
  uint64_t hash = hash_.seed();
  size_t item = 0;
  for (Stage& stage : stages_) {
    hash = HashOf(words, item, stage.items_end, hash);
    item = stage.items_end;
    if (stage.hashes != nullptr) stage.hashes->Remove(hash);
  }
  for (const Prefix& prefix : prefixes_) {
    (*tries)[prefix.field].Remove(
        PrefixValue::Read(rule->match.value.bytes(), kPrefixFields[prefix.field]), prefix.length,
        retired);
  }
  const auto rank = ranks_.find(entry->priority);
  if (--rank->second == 0) ranks_.erase(rank);
  entries_[entry->position] = entries_.back();
  entries_[entry->position]->position = entry->position;
  entries_.pop_back();
  retired->Add(entry, &RuleEntry::Free);
}

bool RuleSubtable::Overlaps(const RuleEntry& entry, const Match& match) const {
  uint64_t difference = 0;
  for (size_t i = 0; i < items_.size(); ++i) {
    const size_t word = items_[i].word;
    difference |=
        (entry.values[i] ^ match.value.words()[word]) & items_[i].mask & match.mask.words()[word];
  }
  return difference == 0;
}

}  // namespace vsw
