// SPDX-License-Identifier: Apache-2.0
#include "ofproto/table/prefix_trie.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "tests/support/random_seed.h"

namespace vsw {
namespace {

using testing::Random;
using testing::RandomSeed;

PrefixValue Cut(const PrefixValue& value, unsigned length) {
  auto high_bits = [](unsigned n) { return n == 0 ? 0 : ~uint64_t{0} << (64 - n); };
  return {value.high & high_bits(std::min(length, 64u)),
          value.low & high_bits(length > 64 ? length - 64 : 0)};
}
bool Agree(const PrefixValue& a, const PrefixValue& b, unsigned length) {
  const PrefixValue x = Cut(a, length), y = Cut(b, length);
  return x.high == y.high && x.low == y.low;
}

// Prefixes of a field `width` bits wide, as a list.
class TrieModel {
 public:
  TrieModel(Random* random, unsigned width) : random_(*random), width_(width) {}

  void Change() {
    if (prefixes_.size() < 5 || !random_.OneIn(3)) {
      const unsigned length = 1 + random_.Below(width_);
      prefixes_.emplace_back(Cut(Value(), length), length);
      trie_.Add(prefixes_.back().first, length, &retired_);
    } else {
      const size_t at = random_.Below(static_cast<uint32_t>(prefixes_.size()));
      trie_.Remove(prefixes_[at].first, prefixes_[at].second, &retired_);
      prefixes_.erase(prefixes_.begin() + static_cast<long>(at));
    }
  }
  void Clear() {
    for (const auto& [value, length] : prefixes_) trie_.Remove(value, length, &retired_);
    prefixes_.clear();
  }
  const PrefixTrie& trie() const { return trie_; }

  void Check() {
    const PrefixValue value = Value();
    PrefixTrie::Answer answer;
    trie_.Walk(value, &answer);
    ASSERT_LE(answer.checked, width_);
    for (unsigned length = 1; length <= width_; ++length) {
      ASSERT_EQ(answer.Has(length), Has(value, length)) << "length " << length;
      if (answer.Has(length)) continue;
      // As many bits as are said to be needed do tell.
      const unsigned needed = std::min<unsigned>(length, answer.checked);
      PrefixValue other = Value();
      const PrefixValue front = Cut(value, needed), rest = Cut(other, needed);
      other.high = (other.high ^ rest.high) | front.high;
      other.low = (other.low ^ rest.low) | front.low;
      ASSERT_FALSE(Has(other, length)) << "length " << length << ", needed " << needed;
    }
  }

 private:
  bool Has(const PrefixValue& value, unsigned length) const {
    return std::ranges::any_of(prefixes_, [&](const auto& prefix) {
      return prefix.second == length && Agree(prefix.first, value, length);
    });
  }
  PrefixValue Value() {
    // Few different bits, so that prefixes nest and fork at every depth.
    PrefixValue value;
    for (int i = 0; i < 6; ++i) {
      const unsigned bit = random_.Below(width_);
      (bit < 64 ? value.high : value.low) |= uint64_t{1} << (63 - bit % 64);
    }
    if (random_.OneIn(3)) value = Cut(value, random_.Below(width_));
    return value;
  }

  Random& random_;
  const unsigned width_;
  PrefixTrie trie_;
  RetireList retired_;
  std::vector<std::pair<PrefixValue, unsigned>> prefixes_;
};

TEST(PrefixTrie, AnswersAsAListOfPrefixesDoes) {
  Random random(RandomSeed());
  for (const unsigned width : {16u, 32u, 128u}) {
    for (int round = 0; round < 20; ++round) {
      TrieModel model(&random, width);
      for (int i = 0; i < 200; ++i) {
        model.Change();
        model.Check();
        if (HasFatalFailure()) return;
      }
      model.Clear();
      EXPECT_TRUE(model.trie().empty()) << "nodes without rules were left";
    }
  }
}

TEST(PrefixTrie, TellsPrefixMasksFromOthers) {
  const PrefixField& field = kPrefixFields[0];
  MatchKey mask;
  EXPECT_EQ(PrefixLength(mask.bytes(), field), 0u);
  mask.packet.ipv4_dst = Be32::From(0xfffff000);
  EXPECT_EQ(PrefixLength(mask.bytes(), field), 20u);
  mask.packet.ipv4_dst = Be32::From(0xff00ff00);
  EXPECT_EQ(PrefixLength(mask.bytes(), field), 0u);
  mask.packet.ipv6_dst.fill(0xff);
  EXPECT_EQ(PrefixLength(mask.bytes(), kPrefixFields[2]), 128u);
}

}  // namespace
}  // namespace vsw
