// SPDX-License-Identifier: Apache-2.0
//
// Keyed hashing of flow keys. The secret is drawn once per start, so that nobody outside can choose
// packets that fall into one bucket. The mixing step is a 64x64->128 bit multiplication of
// secret-blinded words, folded (the construction of Wang Yi's wyhash): unlike a CRC, it is not
// linear in its input, so that knowing collisions under one secret tells nothing about another.
// Where the processor has AES, frames are hashed by rounds of it instead.
#ifndef VSW_DATAPATH_FLOW_FLOW_HASH_H_
#define VSW_DATAPATH_FLOW_FLOW_HASH_H_

#include <sys/random.h>
#include <wmmintrin.h>

#include <cstdint>
#include <cstring>
#include <span>

#include "base/status.h"
#include "datapath/packet/frame_mask.h"
#include "datapath/packet/key_line.h"

namespace vsw {

/// What loops over frames may be made of: all that the processor has, or what any has that this
/// runs on.
enum class InstructionSet : uint8_t { kAll, kBaseline };

class FlowHash {
 public:
  /// A secret from the kernel's random source.
  explicit FlowHash(InstructionSet instructions = InstructionSet::kAll)
      : wide_(IsWide(instructions)) {
    VSW_CHECK(getrandom(secret_, sizeof(secret_), 0) == sizeof(secret_));
  }
  /// A given secret, for tests that need the same placement twice.
  explicit FlowHash(uint64_t seed, InstructionSet instructions = InstructionSet::kAll)
      : wide_(IsWide(instructions)) {
    for (uint64_t& word : secret_)
      word = seed = Fold(seed ^ 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9);
  }

  /// Over every line that the parser wrote; `first` is line 0 of `key`.
  [[gnu::always_inline]] uint64_t Whole(const KeyLine& first, const FlowKey& key) const {
    uint64_t hash = Line(first, 0);
    if (key.lines != kLineBase) [[unlikely]]
      hash = MoreLines(hash, key);
    return hash;
  }
  uint64_t Whole(const FlowKey& key) const { return Whole(KeyLine::Load(key), key); }

  /// Over the bits of `mask`; `first` is line 0 of `key`. REQUIRES: the mask's lines are defined in
  /// `key`.
  [[gnu::always_inline]] uint64_t Masked(const KeyLine& first, const FlowKey& key,
                                         const FlowMask& mask) const {
    uint64_t hash = MaskedFirst(first, mask);
    if (mask.lines != kLineBase) [[unlikely]]
      hash = MoreMaskedLines(hash, key, mask);
    return hash;
  }
  /// The same for a mask that has bits in line 0 alone.
  [[gnu::always_inline]] uint64_t MaskedFirst(const KeyLine& first, const FlowMask& mask) const {
    return Line(And(first, mask.bits.line(0)), 0);
  }
  /// Of how a frame looks. REQUIRES: one of the two alone is used, FrameByAes() if it is wide().
  [[gnu::always_inline]] uint64_t FrameByWords(const FrameImage& image) const {
    KeyLine line;
#pragma GCC unroll 4
    for (size_t i = 0; i < FrameImage::kParts; ++i) {
      line.word[2 * i] = static_cast<uint64_t>(_mm_cvtsi128_si64(image.part[i]));
      line.word[2 * i + 1] = static_cast<uint64_t>(
          _mm_cvtsi128_si64(_mm_unpackhi_epi64(image.part[i], image.part[i])));
    }
    return Line(line, 0);
  }
  /// Each part is enciphered by two rounds, under keys of its own, and so is their sum.
  [[gnu::target("aes")]] uint64_t FrameByAes(const FrameImage& image) const {
    __m128i key[4], part[4];
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      key[i] = _mm_load_si128(reinterpret_cast<const __m128i*>(secret_ + 2 * i));
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      part[i] = _mm_aesenc_si128(_mm_xor_si128(image.part[i], key[i]), key[(i + 1) % 4]);
      part[i] = _mm_aesenc_si128(part[i], key[(i + 2) % 4]);
    }
    __m128i sum = _mm_xor_si128(_mm_xor_si128(part[0], part[1]), _mm_xor_si128(part[2], part[3]));
    sum = _mm_aesenc_si128(_mm_aesenc_si128(sum, key[3]), key[0]);
    return static_cast<uint64_t>(_mm_cvtsi128_si64(sum));
  }
  uint64_t Frame(const FrameImage& image) const {
    return wide_ ? FrameByAes(image) : FrameByWords(image);
  }
  /// There are AVX2 and AES, and they may be used.
  bool wide() const { return wide_; }
  /// Of a part of the key by itself.
  uint64_t Word(uint32_t value) const { return Fold(value ^ secret_[3], secret_[4]); }
  uint64_t Masked(const FlowKey& key, const FlowMask& mask) const {
    return Masked(KeyLine::Load(key), key, mask);
  }

 private:
  static constexpr size_t kWords = kLineBytes / sizeof(uint64_t);

  static bool IsWide(InstructionSet instructions) {
    return instructions == InstructionSet::kAll && __builtin_cpu_supports("avx2") != 0 &&
           __builtin_cpu_supports("aes") != 0;
  }
  static uint64_t Fold(uint64_t a, uint64_t b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  [[gnu::always_inline]] static KeyLine And(KeyLine line, const uint8_t* mask) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kWords; ++i) {
      uint64_t word;
      std::memcpy(&word, mask + i * sizeof(word), sizeof(word));
      line.word[i] &= word;
    }
    return line;
  }
  static KeyLine LoadLine(const uint8_t* bytes) {
    KeyLine line;
    std::memcpy(line.word, bytes, kLineBytes);
    return line;
  }
  [[gnu::always_inline]] uint64_t Line(const KeyLine& line, size_t salt) const {
    uint64_t hash = secret_[salt];
#pragma GCC unroll 4
    for (size_t i = 0; i < kWords; i += 2) {
      hash ^= Fold(line.word[i] ^ secret_[i], line.word[i + 1] ^ secret_[i + 1]);
      hash = hash << 23 | hash >> 41;
    }
    return Fold(hash ^ secret_[1], secret_[2]);
  }
  uint64_t MoreLines(uint64_t hash, const FlowKey& key) const {
    for (size_t i = 1; i < kFlowKeyLines; ++i) {
      if (key.lines & (1u << i)) hash = Fold(hash ^ secret_[i], Line(LoadLine(key.line(i)), i));
    }
    return hash;
  }
  uint64_t MoreMaskedLines(uint64_t hash, const FlowKey& key, const FlowMask& mask) const {
    for (size_t i = 1; i < kFlowKeyLines; ++i) {
      if (!(mask.lines & (1u << i))) continue;
      const KeyLine line = And(LoadLine(key.line(i)), mask.bits.line(i));
      hash = Fold(hash ^ secret_[i], Line(line, i));
    }
    return hash;
  }

  alignas(16) uint64_t secret_[kWords];
  bool wide_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_FLOW_HASH_H_
