// SPDX-License-Identifier: Apache-2.0
//
// The rules of a classifier that share one mask. The mask is kept as its few words that are not
// zero, in the order in which a lookup asks for them: what the pipeline knows anyway first, then
// L2, L3 and L4. A packet that no rule can match is told by the earliest stage, or by the prefix
// tries, so that its megaflow need not match on the later fields.
//
// Thread safety: FindMarked() and Find() on any thread; the rest on the slow thread.
#ifndef VSW_OFPROTO_TABLE_RULE_SUBTABLE_H_
#define VSW_OFPROTO_TABLE_RULE_SUBTABLE_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "ofproto/table/entry_table.h"
#include "ofproto/table/hash_set.h"
#include "ofproto/table/keyed_hash.h"
#include "ofproto/table/prefix_trie.h"

namespace vsw {

using PrefixTries = std::array<PrefixTrie, kPrefixFields.size()>;
/// A bit for each length, as in PrefixTrie::Answer.
using PrefixLengths = std::array<uint64_t, 3>;

/// The tries' answers about one packet, asked for once at most each.
class PrefixAnswers {
 public:
  PrefixAnswers(const PrefixTries& tries, const uint8_t* key) : tries_(tries), key_(key) {}
  const PrefixTrie::Answer& For(size_t field) {
    if ((known_ >> field & 1) == 0) [[unlikely]] {
      known_ |= static_cast<uint8_t>(1u << field);
      tries_[field].Walk(PrefixValue::Read(key_, kPrefixFields[field]), &answers_[field]);
    }
    return answers_[field];
  }
  /// Whether the tries of all these fields (a bit for each) have been asked.
  bool Know(uint8_t fields) const { return (fields & ~known_) == 0; }
  /// Marks that many leading bits of the field.
  void Mark(size_t field, unsigned bits, uint8_t* mask) {
    if (bits <= marked_[field]) return;
    marked_[field] = static_cast<uint8_t>(bits);
    newly_marked_ |= static_cast<uint8_t>(1u << field);
    uint8_t* at = mask + kPrefixFields[field].offset;
    for (; bits >= 8; bits -= 8) *at++ = 0xff;
    if (bits > 0) *at |= static_cast<uint8_t>(0xff << (8 - bits));
  }
  /// Fields with more bits marked than when this was asked last, a bit for each.
  uint8_t TakeNewlyMarked() { return std::exchange(newly_marked_, uint8_t{0}); }
  /// The lengths of which no rule has the packet's prefix, as far as the marked bits tell.
  /// REQUIRES: some are marked.
  PrefixLengths MarkedAsAbsent(size_t field) const {
    const PrefixTrie::Answer& answer = answers_[field];
    PrefixLengths absent;
    for (size_t i = 0; i < absent.size(); ++i) absent[i] = ~answer.lengths[i];
    if (marked_[field] >= answer.checked) return absent;
    for (size_t i = 0; i < absent.size(); ++i) {
      const unsigned from = static_cast<unsigned>(i) * 64;
      if (marked_[field] < from)
        absent[i] = 0;
      else if (marked_[field] < from + 63)
        absent[i] &= (uint64_t{2} << (marked_[field] - from)) - 1;
    }
    return absent;
  }
  /// Whether that many leading bits were marked before, by Mark().
  bool IsMarked(size_t field, unsigned bits) const { return bits <= marked_[field]; }

 private:
  const PrefixTries& tries_;
  const uint8_t* const key_;
  uint8_t known_ = 0;
  uint8_t newly_marked_ = 0;
  std::array<uint8_t, kPrefixFields.size()> marked_{};
  std::array<PrefixTrie::Answer, kPrefixFields.size()> answers_;
};

class alignas(64) RuleSubtable {
 public:
  /// Priority, above it the switch's own rules; what rules are ordered by.
  static uint32_t RankOf(const Rule& rule) {
    return rule.priority | (rule.bookkeeping.hidden ? 0x10000u : 0u);
  }

  /// `sequence`: later ones give way among rules of equal priority.
  RuleSubtable(const MatchKey& mask, uint64_t sequence, const KeyedHash& hash);
  ~RuleSubtable();
  RuleSubtable(const RuleSubtable&) = delete;
  RuleSubtable& operator=(const RuleSubtable&) = delete;

  /// The chain of rules whose values are the key's; marks what of the key it took to know.
  const RuleEntry* FindMarked(const MatchKey& key, PrefixAnswers* prefixes, MatchKey* mask) const;
  /// The same without marks. `key` need not be masked.
  RuleEntry* Find(const MatchKey& key) const;
  /// Whether the rules' values up to some stage are known not to be there, as far as `known` bits
  /// of `key` go. REQUIRES: the slow thread.
  bool Excludes(const MatchKey& key, const MatchKey& known) const;

  void Insert(Rule* rule, PrefixTries* tries, RetireList* retired);
  void Remove(const Rule* rule, PrefixTries* tries, RetireList* retired);

  const MatchKey& mask() const { return mask_; }
  uint64_t sequence() const { return sequence_; }
  std::span<RuleEntry* const> entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  // REQUIRES for both: not empty.
  uint32_t max_rank() const { return ranks_.rbegin()->first; }
  uint32_t min_rank() const { return ranks_.begin()->first; }
  /// Some packet could match the entry's rule and `match`. Where the subtable's mask has all bits
  /// of the match's, that means that the rule is within it.
  bool Overlaps(const RuleEntry& entry, const Match& match) const;

  struct Prefix {
    uint8_t field, length;
  };
  /// Of the mask: fields with a trie that it has leading bits of, and no others.
  std::span<const Prefix> prefixes() const { return prefixes_; }

  // The list's: under which rank lookups find it, and its number there.
  static constexpr uint32_t kNotListed = 0xffffffff;
  uint32_t listed_rank = 0;
  uint32_t listed_number = kNotListed;

 private:
  static constexpr size_t kStages = 4;
  struct Item {
    uint64_t mask;
    uint8_t word;
  };
  struct Stage {
    uint8_t items_end = 0;            // of this stage and those before
    uint8_t prefixes_end = 0;         // of the same
    uint8_t fields = 0;               // that those prefixes are of, a bit for each
    std::unique_ptr<HashSet> hashes;  // of all rules up to here; none in the last stage
  };

  bool PrefixExcludes(size_t from, size_t to, PrefixAnswers* prefixes, MatchKey* mask) const;
  void Mark(size_t items, MatchKey* mask) const;
  bool Equals(const RuleEntry& entry, const uint64_t* words) const;
  uint64_t HashOf(const uint64_t* words, size_t from, size_t to, uint64_t hash) const {
    for (size_t i = from; i < to; ++i) {
      hash = hash_.Add(hash, words[items_[i].word] & items_[i].mask);
    }
    return hash;
  }

  const KeyedHash hash_;
  std::vector<Item> items_;
  std::vector<Prefix> prefixes_;
  std::vector<Stage> stages_;
  EntryTable table_;
  const MatchKey mask_;
  const uint64_t sequence_;
  std::vector<RuleEntry*> entries_;
  std::map<uint32_t, uint32_t> ranks_;  // rules of each
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_RULE_SUBTABLE_H_
