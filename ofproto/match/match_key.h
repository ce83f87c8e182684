// SPDX-License-Identifier: Apache-2.0
//
// What OpenFlow rules match on: the packet's flow key, and behind it what exists only while the
// packet is in the pipeline. Every field is a run of big-endian bytes at a fixed place (fields.h
// has the table), so that one comparison of masked words serves all of them. A mask is a MatchKey
// too: a set bit must match. A MatchKey has every line of its packet part defined;
// `packet.in_port`, `packet.recirc_id` and `packet.lines` belong to the datapath and are 0 in
// matches and masks (in_port of OpenFlow is pipeline.in_port).
#ifndef VSW_OFPROTO_MATCH_MATCH_KEY_H_
#define VSW_OFPROTO_MATCH_MATCH_KEY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "datapath/packet/flow_key.h"

namespace vsw {

struct alignas(64) PipelineFields {
  Be64 metadata;
  Be32 in_port;        // as OpenFlow 1.3 numbers ports
  Be32 actset_output;  // the action set's output port, kOfPortUnset if none
  Be32 conj_id;
  Be32 packet_type;  // 0: Ethernet (OpenFlow 1.5 section 7.2.3.11)
  Be32 skb_priority;
  Be32 ct_orig_reserved;
  std::array<uint8_t, 32> reserved;
  std::array<Be32, 16> reg;  // xreg N is reg 2N (high half) and 2N+1; xxreg N is reg 4N..4N+3
};
static_assert(sizeof(PipelineFields) == 128);

struct MatchKey {
  FlowKey packet;
  PipelineFields pipeline;

  MatchKey() { std::memset(static_cast<void*>(this), 0, sizeof(*this)); }
  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this); }
  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(this); }
  uint64_t* words() { return reinterpret_cast<uint64_t*>(this); }
  const uint64_t* words() const { return reinterpret_cast<const uint64_t*>(this); }
  bool operator==(const MatchKey& o) const { return std::memcmp(this, &o, sizeof(*this)) == 0; }
};
inline constexpr size_t kMatchKeyWords = 64;
static_assert(sizeof(MatchKey) == kMatchKeyWords * sizeof(uint64_t));
static_assert(offsetof(MatchKey, pipeline) == sizeof(FlowKey));

// Reserved ports (OpenFlow 1.3 section 7.2.1), in 32 bits as all versions are held here.
inline constexpr uint32_t kOfpMax = 0xffffff00;
inline constexpr uint32_t kOfpUnset = 0xfffffff7;
inline constexpr uint32_t kOfpInPort = 0xfffffff8;
inline constexpr uint32_t kOfpTable = 0xfffffff9;
inline constexpr uint32_t kOfpNormal = 0xfffffffa;
inline constexpr uint32_t kOfpFlood = 0xfffffffb;
inline constexpr uint32_t kOfpAll = 0xfffffffc;
inline constexpr uint32_t kOfpController = 0xfffffffd;
inline constexpr uint32_t kOfpLocal = 0xfffffffe;
inline constexpr uint32_t kOfpAny = 0xffffffff;  // NONE of OpenFlow 1.0

}  // namespace vsw

#endif  // VSW_OFPROTO_MATCH_MATCH_KEY_H_
