// SPDX-License-Identifier: Apache-2.0
#include "datapath/worker/looks.h"

#include <immintrin.h>

namespace vsw {
namespace {

// What any processor does that this runs on.
struct Portable {
  static void Read(const uint8_t* frame, const FrameImage& mask, __m128i stamp, FrameImage* image) {
    FrameLook::Read(frame, mask, stamp, image);
  }
  static uint64_t Hash(const FlowHash& hash, const FrameImage& image) {
    return hash.FrameByWords(image);
  }
  static bool Same(const FrameImage& a, const FrameImage& b) { return LookSame(a, b); }
};

// The same with registers of twice the width, and rounds of AES to hash by.
struct Avx2 {
  [[gnu::target("avx2,aes")]] static void Read(const uint8_t* frame, const FrameImage& mask,
                                               __m128i stamp, FrameImage* image) {
    const auto* const masks = reinterpret_cast<const __m256i*>(&mask);
    auto* const to = reinterpret_cast<__m256i*>(image);
    const __m256i stamps = _mm256_inserti128_si256(_mm256_setzero_si256(), stamp, 1);
    const __m256i first = _mm256_lddqu_si256(reinterpret_cast<const __m256i*>(frame));
    const __m256i last = _mm256_inserti128_si256(
        _mm256_castsi128_si256(FrameImage::LoadPart(frame, 2)), FrameImage::LoadPart(frame, 3), 1);
    _mm256_store_si256(to, _mm256_and_si256(first, masks[0]));
    _mm256_store_si256(to + 1, _mm256_or_si256(_mm256_and_si256(last, masks[1]), stamps));
  }
  [[gnu::target("avx2,aes")]] static uint64_t Hash(const FlowHash& hash, const FrameImage& image) {
    return hash.FrameByAes(image);
  }
  [[gnu::target("avx2,aes")]] static bool Same(const FrameImage& a, const FrameImage& b) {
    const auto* const halves = reinterpret_cast<const __m256i*>(&a);
    const auto* const others = reinterpret_cast<const __m256i*>(&b);
    const __m256i all_but_users = _mm256_set_epi32(-1, -1, -1, ~0xffffff, -1, -1, -1, -1);
    const __m256i first = _mm256_xor_si256(halves[0], others[0]);
    const __m256i last = _mm256_and_si256(_mm256_xor_si256(halves[1], others[1]), all_but_users);
    const __m256i difference = _mm256_or_si256(first, last);
    return _mm256_testz_si256(difference, difference) != 0;
  }
};

}  // namespace

template <typename Isa>
[[gnu::always_inline]] inline Looks::Found Looks::FindBy(const FlowTable& flows,
                                                         const FrameLook& look,
                                                         std::span<rte_mbuf* const> burst,
                                                         StageClock* clock) {
  static_assert(kBurst <= 32);
  const FrameCache& frames = flows.frames();
  const __m128i stamp = look.stamp();
  Found found;
  uint32_t unreadable = 0;
  for (size_t i = 0; i < burst.size(); ++i) {
    const FrameImage* mask;
    if (!look.FindMask(burst[i], &mask)) [[unlikely]] {
      unreadable |= uint32_t{1} << i;
      continue;
    }
    Isa::Read(rte_pktmbuf_mtod(burst[i], const uint8_t*), *mask, stamp, &image_[i]);
  }
  for (size_t i = 0; i < burst.size(); ++i) {
    hash_[i] = Isa::Hash(flows.hash(), image_[i]);
    flows.PrefetchFrame(hash_[i]);
  }
  clock->Enter(PerfStage::kLookup);
  for (size_t i = 0; i < burst.size(); ++i) {
    flow_[i] = nullptr;
    if ((unreadable >> i & 1) != 0) [[unlikely]]
      continue;
    FrameCache::Place place = frames.First(hash_[i]);
    if (Isa::Same(frames[place], image_[i]) || Isa::Same(frames[place = place.Beside()], image_[i]))
        [[likely]] {
      ++found.near;
    } else {
      if (!frames.uses_second()) continue;
      place = frames.Second(hash_[i]);
      if (!Isa::Same(frames[place], image_[i]) &&
          !Isa::Same(frames[place = place.Beside()], image_[i])) {
        continue;
      }
    }
    flow_[i] = flows.FetchKnown(frames[place]);
  }
  found.unreadable = static_cast<uint32_t>(__builtin_popcount(unreadable));
  return found;
}

[[gnu::target("avx2,aes")]] Looks::Found Looks::FindByAvx2(const FlowTable& flows,
                                                           const FrameLook& look,
                                                           std::span<rte_mbuf* const> burst,
                                                           StageClock* clock) {
  return FindBy<Avx2>(flows, look, burst, clock);
}

Looks::Found Looks::Find(const FlowTable& flows, const FrameLook& look,
                         std::span<rte_mbuf* const> burst, StageClock* clock) {
  return flows.hash().wide() ? FindByAvx2(flows, look, burst, clock)
                             : FindBy<Portable>(flows, look, burst, clock);
}

}  // namespace vsw
