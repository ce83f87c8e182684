// SPDX-License-Identifier: Apache-2.0
//
// The hash that a classifier places rules by. Its secret is drawn once per start, so that nobody
// outside can choose packets or rules that fall into one place.
#ifndef VSW_OFPROTO_TABLE_KEYED_HASH_H_
#define VSW_OFPROTO_TABLE_KEYED_HASH_H_

#include <cstdint>

namespace vsw {

class KeyedHash {
 public:
  /// With the secret of this start.
  KeyedHash();

  uint64_t seed() const { return seed_; }
  /// Goes on with one more word: a 64x64->128 bit product, folded, so that it is linear in nothing.
  uint64_t Add(uint64_t hash, uint64_t word) const {
    const unsigned __int128 product = static_cast<unsigned __int128>(hash ^ word) * factor_;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }

 private:
  uint64_t seed_;
  uint64_t factor_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TABLE_KEYED_HASH_H_
