// SPDX-License-Identifier: Apache-2.0
//
// Keyed hashing of flow keys. The secret is drawn once per start, so that nobody outside can choose
// packets that fall into one bucket. The mixing step is a 64x64->128 bit multiplication of
// secret-blinded words, folded (the construction of Wang Yi's wyhash): unlike a CRC, it is not
// linear in its input, so that knowing collisions under one secret tells nothing about another.
#ifndef VSW_DATAPATH_FLOW_FLOW_HASH_H_
#define VSW_DATAPATH_FLOW_FLOW_HASH_H_

#include <sys/random.h>

#include <cstdint>
#include <cstring>

#include "base/status.h"
#include "datapath/packet/flow_key.h"

namespace vsw {

class FlowHash {
 public:
  /// A secret from the kernel's random source.
  FlowHash() { VSW_CHECK(getrandom(secret_, sizeof(secret_), 0) == sizeof(secret_)); }
  /// A given secret, for tests that need the same placement twice.
  explicit FlowHash(uint64_t seed) {
    for (uint64_t& word : secret_)
      word = seed = Fold(seed ^ 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9);
  }

  /// Over every line that the parser wrote.
  uint64_t Whole(const FlowKey& key) const {
    uint64_t hash = Line(key.line(0), 0);
    for (size_t i = 1; i < kFlowKeyLines; ++i) {
      if (key.lines & (1u << i)) [[unlikely]]
        hash = Fold(hash ^ secret_[i], Line(key.line(i), i));
    }
    return hash;
  }

  /// Over the bits of `mask`. REQUIRES: the mask's lines are defined in `key`.
  uint64_t Masked(const FlowKey& key, const FlowMask& mask) const {
    uint64_t hash = MaskedLine(key.line(0), mask.bits.line(0), 0);
    for (size_t i = 1; i < kFlowKeyLines; ++i) {
      if (mask.lines & (1u << i)) [[unlikely]] {
        hash = Fold(hash ^ secret_[i], MaskedLine(key.line(i), mask.bits.line(i), i));
      }
    }
    return hash;
  }

 private:
  static constexpr size_t kWords = kLineBytes / sizeof(uint64_t);

  static uint64_t Fold(uint64_t a, uint64_t b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  static uint64_t Word(const uint8_t* line, size_t i) {
    uint64_t word;
    std::memcpy(&word, line + i * sizeof(word), sizeof(word));
    return word;
  }
  uint64_t Line(const uint8_t* line, size_t salt) const {
    uint64_t hash = secret_[salt];
    for (size_t i = 0; i < kWords; i += 2) {
      hash ^= Fold(Word(line, i) ^ secret_[i], Word(line, i + 1) ^ secret_[i + 1]);
      hash = hash << 23 | hash >> 41;
    }
    return Fold(hash ^ secret_[1], secret_[2]);
  }
  uint64_t MaskedLine(const uint8_t* line, const uint8_t* mask, size_t salt) const {
    uint64_t hash = secret_[salt];
    for (size_t i = 0; i < kWords; i += 2) {
      hash ^= Fold((Word(line, i) & Word(mask, i)) ^ secret_[i],
                   (Word(line, i + 1) & Word(mask, i + 1)) ^ secret_[i + 1]);
      hash = hash << 23 | hash >> 41;
    }
    return Fold(hash ^ secret_[1], secret_[2]);
  }

  uint64_t secret_[kWords];
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_FLOW_HASH_H_
