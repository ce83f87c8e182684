// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/sieve.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <new>

namespace vsw {
namespace {

constexpr uint8_t kWordsOfLine = kLineBytes / sizeof(uint32_t);
constexpr uint8_t kFirstWord = 2;  // in_port and recirc_id are the same for all flows of a port
constexpr uint8_t kL4Word = offsetof(FlowKey, l4_src) / sizeof(uint32_t);
constexpr uint16_t kFullCount = 0xffff;

uint32_t LoadWord(const uint8_t* line, size_t index) {
  uint32_t word;
  std::memcpy(&word, line + index * sizeof(word), sizeof(word));
  return word;
}

// Source and destination port share a word, and have masks of their own.
uint32_t FirstPartOf(uint8_t word) { return word == kL4Word ? 0x0000ffff : 0xffffffff; }

void SetBit(Sieve::Set* set, uint32_t number, bool value) {
  const uint64_t bit = uint64_t{1} << (number % 64);
  uint64_t& word = (*set)[number / 64];
  word = value ? word | bit : word & ~bit;
}

}  // namespace

Sieve* Sieve::Make(const FlowHash& hash, Arena* arena) {
  void* block = arena->Allocate(sizeof(Sieve));
  return block == nullptr ? nullptr : new (block) Sieve(hash);
}

void Sieve::Free(Sieve* sieve, Arena* arena) {
  for (size_t i = 0; i < sieve->fields_; ++i) {
    arena->Free(sieve->field_[i].filters, kMaxProbes * sizeof(Filter));
  }
  arena->Free(sieve, sizeof(Sieve));
}

Sieve::Field* Sieve::FieldFor(uint8_t word, uint32_t bits, Arena* arena) {
  Field* const end = field_.data() + fields_;
  Field* field = std::find_if(field_.data(), end,
                              [&](const Field& f) { return f.word == word && f.bits == bits; });
  if (field != end) return field;
  if (fields_ == kMaxFields) return nullptr;
  void* filters = arena->Allocate(kMaxProbes * sizeof(Filter));
  if (filters == nullptr) return nullptr;
  std::memset(filters, 0, kMaxProbes * sizeof(Filter));
  ++fields_;
  field->masks.fill(0);
  field->filters = static_cast<Filter*>(filters);
  field->word = word;
  field->bits = bits;
  field->probes = 0;
  field->probe.fill(nullptr);
  field->rest.fill(~uint64_t{0});
  return field;
}

Sieve::Probe* Sieve::MakeProbe(Arena* arena) {
  constexpr size_t kCountBytes = kFilterBits * sizeof(uint16_t);
  void* counts = arena->Allocate(kCountBytes);
  if (counts == nullptr) return nullptr;
  void* block = arena->Allocate(sizeof(Probe));
  if (block == nullptr) {
    arena->Free(counts, kCountBytes);
    return nullptr;
  }
  std::memset(counts, 0, kCountBytes);
  return new (block) Probe{.members = {}, .subtables = 1, .counts = static_cast<uint16_t*>(counts)};
}

void Sieve::FreeProbe(Probe* probe, Arena* arena) {
  arena->Free(probe->counts, kFilterBits * sizeof(uint16_t));
  arena->Free(probe, sizeof(Probe));
}

uint8_t Sieve::ProbeFor(Field* field, uint32_t mask, Arena* arena) {
  size_t place = field->probes;
  for (size_t i = 0; i < field->probes; ++i) {
    if (field->probe[i] == nullptr) {
      place = i;
    } else if (field->masks[i] == mask) {
      ++field->probe[i]->subtables;
      return static_cast<uint8_t>(i);
    }
  }
  if (place == kMaxProbes) return Probes::kNone;
  Probe* probe = MakeProbe(arena);
  if (probe == nullptr) return Probes::kNone;
  field->probe[place] = probe;
  field->masks[place] = mask;
  field->probes = std::max(field->probes, static_cast<uint8_t>(place + 1));
  return static_cast<uint8_t>(place);
}

Sieve::Probes Sieve::Take(const FlowMask& mask, Arena* arena) {
  Probes taken;
  for (uint8_t word = kFirstWord; word < 2 * kWordsOfLine; ++word) {
    const uint8_t line = word / kWordsOfLine;
    if (!(mask.lines & (1u << line))) continue;
    const uint32_t bits = LoadWord(mask.bits.line(line), word % kWordsOfLine);
    for (uint32_t part = FirstPartOf(word);; part = ~part) {
      Field* field = (bits & part) == 0 ? nullptr : FieldFor(word, part, arena);
      if (field != nullptr) {
        const auto index = static_cast<size_t>(field - field_.data());
        taken.in[index] = ProbeFor(field, bits & part, arena);
        has_second_line_ |= line == 1;
      }
      if (part != 0x0000ffff) break;
    }
  }
  return taken;
}

void Sieve::Drop(const Probes& probes, Arena* arena) {
  for (size_t i = 0; i < fields_; ++i) {
    if (probes.in[i] == Probes::kNone) continue;
    Field& field = field_[i];
    Probe*& probe = field.probe[probes.in[i]];
    if (--probe->subtables > 0) continue;
    FreeProbe(probe, arena);
    probe = nullptr;
    field.masks[probes.in[i]] = 0;
    field.filters[probes.in[i]].fill(0);
    while (field.probes > 0 && field.probe[field.probes - 1] == nullptr) --field.probes;
  }
}

void Sieve::Place(uint32_t number, const Probes& probes) {
  for (size_t i = 0; i < fields_; ++i) {
    Field& field = field_[i];
    const bool has_probe = probes.in[i] != Probes::kNone;
    SetBit(&field.rest, number, !has_probe);
    if (has_probe) SetBit(&field.probe[probes.in[i]]->members, number, true);
  }
}

void Sieve::Displace(uint32_t number, const Probes& probes) {
  for (size_t i = 0; i < fields_; ++i) {
    if (probes.in[i] == Probes::kNone) continue;
    SetBit(&field_[i].probe[probes.in[i]]->members, number, false);
  }
}

void Sieve::Count(const Probes& probes, const Megaflow& flow, bool comes) {
  for (size_t i = 0; i < fields_; ++i) {
    if (probes.in[i] == Probes::kNone) continue;
    const Field& field = field_[i];
    const uint8_t place = probes.in[i];
    // A mask with bits in the second line has it first among the further ones.
    const uint8_t* line = field.word < kWordsOfLine ? flow.key_line0 : flow.more_key;
    const uint32_t bit = BitOf(LoadWord(line, field.word % kWordsOfLine) & field.masks[place]);
    uint16_t& count = field.probe[place]->counts[bit];
    if (count == kFullCount) continue;
    count = static_cast<uint16_t>(comes ? count + 1 : count - 1);
    const uint64_t flag = uint64_t{1} << (bit % 64);
    uint64_t& word = field.filters[place][bit / 64];
    word = count > 0 ? word | flag : word & ~flag;
  }
}

// A bit for each probe whose filter has the value. Without a branch, since whether it does changes
// with each packet.
uint64_t Sieve::Present(const Field& field, uint32_t value) const {
  static_assert(kMaxProbes == 64);
  std::array<uint32_t, kMaxProbes> bits;
  const size_t count = (field.probes + 3u) & ~3u;
  for (size_t i = 0; i < count; ++i) bits[i] = BitOf(value & field.masks[i]);
  uint64_t present = 0;
  for (size_t i = 0; i < count; ++i) {
    present |= (field.filters[i][bits[i] / 64] >> (bits[i] % 64) & 1) << i;
  }
  return present;
}

void Sieve::Pass(FlowKey* key, uint32_t count, Set* live) const {
  if (has_second_line_) DefineLines(key, kLineIpv6);
  const size_t words = (count + 63) / 64;
  std::fill_n(live->begin(), words, ~uint64_t{0});
  if (count % 64 != 0) (*live)[words - 1] = (uint64_t{1} << (count % 64)) - 1;
  for (size_t i = 0; i < fields_; ++i) {
    const Field& field = field_[i];
    uint64_t present =
        Present(field, LoadWord(key->line(field.word / kWordsOfLine), field.word % kWordsOfLine));
    // The only mask of all that read the field.
    if (field.probes == 1 && present == 1) continue;
    Set some;
    std::copy_n(field.rest.begin(), words, some.begin());
    for (; present != 0; present &= present - 1) {
      const Set& members = field.probe[std::countr_zero(present)]->members;
      for (size_t w = 0; w < words; ++w) some[w] |= members[w];
    }
    for (size_t w = 0; w < words; ++w) (*live)[w] &= some[w];
  }
}

}  // namespace vsw
