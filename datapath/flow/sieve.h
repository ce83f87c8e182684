// SPDX-License-Identifier: Apache-2.0
//
// Which of a port's subtables can hold a packet, told before any of them is asked. For each mask
// that some subtables have in a field, a probe keeps a filter of the values that their megaflows
// have there. A subtable is worth asking only if each of its fields' values is among those: one
// test for each distinct mask of a field, however many combinations of them there are. Prefixes of
// two addresses make 1,024 masks out of 64.
//
// A filter errs on one side only: a subtable may be asked in vain, never left out. What has no room
// here (a mask beyond those that a field can have, lines of the key behind the second) does not
// count. The filters are hashed with the table's secret, so that nobody can choose values that look
// like others.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_FLOW_SIEVE_H_
#define VSW_DATAPATH_FLOW_SIEVE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "datapath/flow/arena.h"
#include "datapath/flow/flow_hash.h"
#include "datapath/flow/megaflow.h"

namespace vsw {

class Sieve {
 public:
  /// Subtables have numbers below this one.
  static constexpr uint32_t kMaxSubtables = 1088;
  static constexpr size_t kMaxFields = 16;
  /// A bit for each subtable.
  using Set = std::array<uint64_t, kMaxSubtables / 64>;
  /// A subtable's probe in each of the sieve's fields.
  struct Probes {
    static constexpr uint8_t kNone = 0xff;
    std::array<uint8_t, kMaxFields> in;
    Probes() { in.fill(kNone); }
  };

  /// nullptr when the arena is used up.
  static Sieve* Make(const FlowHash& hash, Arena* arena);
  /// REQUIRES: every probe was dropped.
  static void Free(Sieve* sieve, Arena* arena);

  /// The probes for a mask, until they are dropped, without a flow then.
  Probes Take(const FlowMask& mask, Arena* arena);
  void Drop(const Probes& probes, Arena* arena);

  /// From now on `number` is that of a subtable with these probes; one without any is never left
  /// out. REQUIRES: number < kMaxSubtables, and nobody's.
  void Place(uint32_t number, const Probes& probes);
  void Displace(uint32_t number, const Probes& probes);

  /// What a megaflow of a subtable with these probes has in its fields.
  void Enter(const Probes& probes, const Megaflow& flow) { Count(probes, flow, true); }
  void Leave(const Probes& probes, const Megaflow& flow) { Count(probes, flow, false); }

  /// Those of the subtables below `count` that can hold the packet, in the first words of `live`.
  void Pass(FlowKey* key, uint32_t count, Set* live) const;

 private:
  static constexpr unsigned kFilterBitsLog2 = 10;
  static constexpr size_t kFilterBits = size_t{1} << kFilterBitsLog2;
  static constexpr size_t kMaxProbes = 64;  // of one field
  // Which hashed values there are.
  using Filter = std::array<uint64_t, kFilterBits / 64>;

  struct Probe {
    Set members;
    uint32_t subtables;
    uint16_t* counts;  // values of each bit; one that reached the end stays there
  };
  // Bits of a word of the key that are told apart from the others. Masks and filters of all probes
  // stand together, since a packet is held against all of them.
  struct alignas(64) Field {
    std::array<uint32_t, kMaxProbes> masks;  // 0: nothing is there, nor in its filter
    Filter* filters;
    uint32_t bits;
    uint8_t word;
    uint8_t probes;  // places in use, with holes
    Set rest;        // subtables without a probe here
    std::array<Probe*, kMaxProbes> probe;
  };

  explicit Sieve(const FlowHash& hash) : multiplier_(static_cast<uint32_t>(hash.Word(0)) | 1) {}
  Field* FieldFor(uint8_t word, uint32_t bits, Arena* arena);
  static uint8_t ProbeFor(Field* field, uint32_t mask, Arena* arena);
  static Probe* MakeProbe(Arena* arena);
  static void FreeProbe(Probe* probe, Arena* arena);
  void Count(const Probes& probes, const Megaflow& flow, bool comes);
  uint32_t BitOf(uint32_t value) const { return value * multiplier_ >> (32 - kFilterBitsLog2); }
  uint64_t Present(const Field& field, uint32_t value) const;

  const uint32_t multiplier_;  // the filters' hash: odd, from the table's secret
  size_t fields_ = 0;
  bool has_second_line_ = false;
  std::array<Field, kMaxFields> field_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_FLOW_SIEVE_H_
