// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a frame, whatever its segments and whatever offloads its sender asks for: it is
// parsed, edited by random actions, and cut or summed for its way out. After each step the mbuf is
// sound, an edit of one field has changed nothing else of the key, an IPv4 header that was summed
// right still is, and no mbuf is lost.
#include <fmt/format.h>
#include <rte_mbuf.h>

#include <array>
#include <cstddef>
#include <cstring>

#include "datapath/packet/checksum.h"
#include "datapath/packet/edit.h"
#include "datapath/packet/headers.h"
#include "datapath/packet/offload.h"
#include "datapath/packet/parser.h"
#include "datapath/packet/plain_parser.h"
#include "tests/fuzz/input.h"
#include "tests/support/eal.h"

namespace vsw::testing {
namespace {

constexpr uint32_t kMostFrameBytes = 65535 + 14 + 8;
constexpr size_t kKeyWords = 3 * kLineBytes / 4;                // the lines that packets have
constexpr uint8_t kTypeWord = offsetof(FlowKey, eth_type) / 4;  // its first two bytes
constexpr uint8_t kFirstIpv4Word = offsetof(FlowKey, ipv4_src) / 4;
constexpr uint8_t kProtocolWord = offsetof(FlowKey, ip_proto) / 4;  // its first byte
constexpr uint8_t kPortsWord = offsetof(FlowKey, l4_src) / 4;
constexpr uint8_t kDiscoveryWord = offsetof(FlowKey, nd_target) / 4;
constexpr uint8_t kIcmpv6 = 58;

struct Parsed {
  bool good = false;
  FlowKey key;
  std::array<uint32_t, kKeyWords> words;
};

Parsed Parse(const rte_mbuf* packet) {
  Parsed parsed;
  std::memset(static_cast<void*>(&parsed.key), 0, sizeof(parsed.key));
  parsed.good = ParsePacket(packet, PortNo{1}, &parsed.key) == DropReason::kNone;
  DefineLines(&parsed.key, kLineIpv6 | kLineExtra | kLineTunnel);
  parsed.key.lines = 0;
  std::memcpy(parsed.words.data(), &parsed.key, sizeof(parsed.words));
  return parsed;
}

void CheckMbuf(const rte_mbuf* packet) {
  const char* reason = nullptr;
  if (rte_mbuf_check(packet, 1, &reason) != 0) Fail("an mbuf is broken", reason);
}

// The parser in memory of just the size that it is told.
void ParseExactly(std::span<const uint8_t> bytes, size_t frame_bytes) {
  const std::vector<uint8_t> exact(bytes.begin(),
                                   bytes.begin() + std::min(bytes.size(), kMaxParsedBytes));
  FlowKey key;
  const bool good = ParseFrame(exact, frame_bytes, PortNo{1}, &key) == DropReason::kNone;
  PacketHeaders headers;
  if (!LocateHeaders(exact, frame_bytes, &headers)) return;
  Require(headers.header_bytes <= exact.size(), "headers are said to end behind the frame");
  if (!good) return;
  const bool ip = headers.l3_header == L3Header::kIpv4 || headers.l3_header == L3Header::kIpv6;
  Require(!ip || headers.end <= frame_bytes, "an IP packet is said to end behind the frame");
  Require(ip || (key.lines & kLineIpv6) == 0, "the parser saw IPv6 where no header was found");
}

// The short way ends where the whole parser does.
void ParseShortly(const rte_mbuf* packet) {
  FlowKey plain, whole;
  KeyLine line;
  if (!ParsePlain(packet, PortNo{1}, &line, &plain)) return;
  Require(ParsePacket(packet, PortNo{1}, &whole) == DropReason::kNone,
          "a frame is plain and cannot be parsed");
  Require(std::memcmp(plain.line(0), whole.line(0), kLineBytes) == 0,
          "the short way gives another key");
}

bool Ipv4SumIsRight(const rte_mbuf* packet) {
  uint8_t gathered[kMaxParsedBytes];
  const auto wanted = std::min<uint32_t>(packet->pkt_len, kMaxParsedBytes);
  const auto* bytes = static_cast<const uint8_t*>(rte_pktmbuf_read(packet, 0, wanted, gathered));
  PacketHeaders headers;
  if (!LocateHeaders({bytes, wanted}, packet->pkt_len, &headers)) return false;
  if (headers.l3_header != L3Header::kIpv4) return false;
  const uint8_t* ip = bytes + headers.l3;
  return FoldSum(AddBytes(0, ip, (ip[0] & 0xfu) * 4)) == 0xffff;
}

// Another type makes another frame of what is behind it.
bool ChangesType(const Action& edit) {
  return edit.index == kTypeWord && (edit.mask & 0xffff) != 0;
}

bool ChangesProtocol(const Action& edit) {
  return edit.index == kProtocolWord && (edit.mask & 0xff) != 0;
}

// Whether the edit may change no other words of the key: a protocol or an ICMPv6 type says which
// fields are behind it, and options of neighbour discovery depend on each other.
bool StandsAlone(const Parsed& before, const Action& edit) {
  if (ChangesProtocol(edit)) return false;
  if (before.key.ip_proto != kIcmpv6) return true;
  return edit.index != kPortsWord && edit.index < kDiscoveryWord;
}

void CheckEdit(const Parsed& before, const Parsed& after, const Action& edit) {
  if (ChangesType(edit)) return;
  Require(before.good == after.good, "an edited frame is parsed no more");
  if (!before.good || !StandsAlone(before, edit)) return;
  const auto say = [&](size_t i) {
    return fmt::format("word {}: {:08x} became {:08x}; set word {} to {:08x}/{:08x}, protocol {}",
                       i, before.words[i], after.words[i], edit.index, edit.value, edit.mask,
                       before.key.ip_proto);
  };
  for (size_t i = 0; i < kKeyWords; ++i) {
    const uint32_t changed = before.words[i] ^ after.words[i];
    const uint32_t allowed = i == edit.index ? edit.mask : 0;
    if ((changed & ~allowed) != 0) Fail("an edit has changed more than its field", say(i));
    if (((after.words[i] ^ edit.value) & changed) != 0) {
      Fail("an edit has set another value", say(i));
    }
  }
}

Action TakeAction(FuzzInput* input) {
  const uint8_t type = input->Take<uint8_t>();
  const uint8_t index = input->Take<uint8_t>();
  const uint32_t value = input->Take<uint32_t>(), mask = input->Take<uint32_t>();
  const auto mpls = static_cast<uint16_t>(0x8847 + index % 2);
  switch (type % 8) {
    case 0:
      return Action::PushVlan(index % 2 ? 0x8100 : 0x88a8, static_cast<uint16_t>(value));
    case 1:
      return Action::PopVlan();
    case 2:
      return Action::SetVlanTci(static_cast<uint16_t>(value));
    case 3:
      return Action::PushMpls(mpls, value);
    case 4:
      return Action::PopMpls(index % 3 ? mpls : static_cast<uint16_t>(value));
    case 5:
      return Action::SetMpls(value, mask);
    case 6:
      return Action::SetWord(index % kKeyWords, value, mask);
    default:
      // Mostly what has a header.
      return Action::SetWord(static_cast<uint8_t>(kFirstIpv4Word + index % 4), value, mask);
  }
}

bool ChangesTag(const Action& action) {
  return action.type == ActionType::kPopVlan || action.type == ActionType::kSetVlanTci;
}

void Edit(FuzzInput* input, PacketEditor* editor) {
  editor->Locate();
  for (uint8_t count = input->Take<uint8_t>() % 16; count > 0; --count) {
    const Action action = TakeAction(input);
    const Parsed before = Parse(editor->packet());
    if (ChangesTag(action) && (!before.good || before.key.vlan[0].tpid.Get() == 0)) continue;
    const bool summed = Ipv4SumIsRight(editor->packet());
    const DropReason reason = editor->Apply(action);
    Require(reason == DropReason::kNone || reason == DropReason::kRxMalformed,
            "an edit was refused for want of a buffer");
    CheckMbuf(editor->packet());
    const Parsed after = Parse(editor->packet());
    if (action.type != ActionType::kSetWord) continue;
    // The slow path has such a packet looked at again before it goes on.
    if (ChangesType(action) || ChangesProtocol(action)) editor->Locate();
    CheckEdit(before, after, action);
    Require(!summed || ChangesType(action) || Ipv4SumIsRight(editor->packet()),
            "an IPv4 header's checksum is wrong now");
  }
  if (input->Take<uint8_t>() % 4 == 0) (void)editor->RemarkDscp(input->Take<uint8_t>() % 4);
}

void SendOut(FuzzInput* input, rte_mbuf* packet) {
  const uint8_t can = input->Take<uint8_t>();
  const OffloadCapabilities capabilities = {(can & 1) != 0, (can & 3) == 3, (can & 5) == 5,
                                            (can & 9) == 9};
  static PortCounters counters;
  std::array<rte_mbuf*, kMaxSegments> frames;
  const uint16_t count = ResolveOffloads(packet, capabilities, MbufPool(), frames, counters);
  for (uint16_t i = 0; i < count; ++i) {
    CheckMbuf(frames[i]);
    const bool summed = (frames[i]->ol_flags & RTE_MBUF_F_TX_L4_MASK) == 0;
    Require(summed || capabilities.checksum, "a frame leaves without a checksum");
    const VirtioHeader header = MakeVirtioHeader(frames[i]);
    Require(header.flags == 0 || header.csum_start + header.csum_offset + 2u <= frames[i]->pkt_len,
            "a checksum is asked for behind the frame's end");
    rte_pktmbuf_free(frames[i]);
  }
}

// What a guest or the kernel says of its frame. False: refused.
bool TakeOffloads(FuzzInput* input, rte_mbuf* packet) {
  const uint8_t flags = input->Take<uint8_t>(), type = input->Take<uint8_t>();
  const auto header_bytes = input->Take<uint16_t>(), segment_bytes = input->Take<uint16_t>();
  const auto start = input->Take<uint16_t>(), offset = input->Take<uint16_t>();
  if (flags == 0 && type == 0) return true;
  return ApplyVirtioHeader(packet, flags, type, header_bytes, segment_bytes, start, offset);
}

// Layout of an input: segments, padding, 10 bytes of offloads, edits behind their length, frame.
void OneFrame(FuzzInput input) {
  const uint8_t segment_bytes = input.Take<uint8_t>();
  const size_t padding = input.Take<uint8_t>() % 8 == 0 ? input.Take<uint16_t>() : size_t{0};
  const std::vector<uint8_t> offload_bytes = input.TakeBytes(10);
  const std::vector<uint8_t> edits = input.TakeBytes(2 + input.Take<uint8_t>());
  std::vector<uint8_t> frame = input.TakeRest();
  ParseExactly(frame, frame.size());
  ParseExactly(frame, frame.size() + padding);
  frame.resize(std::min<size_t>(frame.size() + padding, kMostFrameBytes));
  if (frame.empty()) return;
  rte_mbuf* packet = MakeMbuf(frame, segment_bytes == 0 ? 0 : segment_bytes + size_t{13});
  ParseShortly(packet);
  FuzzInput offload_input(offload_bytes.data(), offload_bytes.size());
  if (!TakeOffloads(&offload_input, packet)) return rte_pktmbuf_free(packet);
  CheckMbuf(packet);
  FuzzInput edit_input(edits.data(), edits.size());
  PacketEditor editor(packet, MbufPool());
  // A frame that is refused on its way in meets no action.
  if (Parse(packet).good) Edit(&edit_input, &editor);
  SendOut(&edit_input, editor.packet());
}

}  // namespace
}  // namespace vsw::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vsw::testing;
  OneFrame(FuzzInput(data, size));
  Require(MbufsInUse() == 0, "an mbuf was lost");
  return 0;
}
