// SPDX-License-Identifier: Apache-2.0
//
// Every edit against a model that changes the bytes where they stand and makes all checksums anew.
#include "datapath/packet/edit.h"

#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "datapath/packet/checksum.h"
#include "datapath/packet/parser.h"
#include "tests/packet/random_frame.h"
#include "tests/support/eal.h"
#include "tests/support/packet_builder.h"

namespace vsw {
namespace {

using testing::BytesOf;
using testing::MakeMbuf;
using testing::PacketBuilder;
using testing::Random;
using testing::RandomFrame;
using testing::RandomSeed;
using Bytes = std::vector<uint8_t>;

// An mbuf with the frame, in some segments, and with the flags of a partial checksum.
rte_mbuf* MbufOf(const RandomFrame& frame, Random* random) {
  rte_mbuf* packet = MakeMbuf(frame.bytes, random->OneIn(2) ? 0 : 14 + random->Below(100));
  if (!frame.partial) return packet;
  packet->l2_len = frame.l3 & 0x7f;
  packet->l3_len = (frame.l4 - frame.l3) & 0x1ff;
  packet->l4_len = frame.protocol == 6 ? 20 : 8;
  packet->ol_flags |= (frame.ipv4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6) |
                      (frame.protocol == 6 ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM);
  return packet;
}

Bytes Edited(rte_mbuf* packet, std::span<const Action> actions) {
  PacketEditor editor(packet, testing::MbufPool());
  editor.Locate();
  for (const Action& action : actions) EXPECT_EQ(editor.Apply(action), DropReason::kNone);
  Bytes bytes = BytesOf(editor.packet());
  EXPECT_EQ(bytes.size(), editor.packet()->pkt_len);
  rte_pktmbuf_free(editor.packet());
  return bytes;
}

// A field of the key and where it stands in a frame; 0: the frame has none.
struct Field {
  const char* name;
  size_t in_key, bytes;
  size_t (*at)(const RandomFrame&);
};

constexpr size_t kAbsent = 0xffff;
size_t When(bool there, size_t at) { return there ? at : kAbsent; }

const Field kFields[] = {
    {"eth_dst", offsetof(FlowKey, eth_dst), 6, [](const RandomFrame&) -> size_t { return 0; }},
    {"eth_src", offsetof(FlowKey, eth_src), 6, [](const RandomFrame&) -> size_t { return 6; }},
    {"ipv4_src", offsetof(FlowKey, ipv4_src), 4,
     [](const RandomFrame& f) { return f.arp ? f.l3 + 14 : When(f.ipv4, f.l3 + 12); }},
    {"ipv4_dst", offsetof(FlowKey, ipv4_dst), 4,
     [](const RandomFrame& f) { return f.arp ? f.l3 + 24 : When(f.ipv4, f.l3 + 16); }},
    {"arp_op", offsetof(FlowKey, ip_proto), 1,
     [](const RandomFrame& f) { return When(f.arp, f.l3 + 7); }},
    {"ip_tos", offsetof(FlowKey, ip_tos), 1,
     [](const RandomFrame& f) { return When(f.ipv4, f.l3 + 1); }},
    {"ip_ttl", offsetof(FlowKey, ip_ttl), 1,
     [](const RandomFrame& f) { return f.ipv6 ? f.l3 + 7 : When(f.ipv4, f.l3 + 8); }},
    {"ipv6_src", offsetof(FlowKey, ipv6_src), 16,
     [](const RandomFrame& f) { return When(f.ipv6, f.l3 + 8); }},
    {"ipv6_dst", offsetof(FlowKey, ipv6_dst), 16,
     [](const RandomFrame& f) { return When(f.ipv6, f.l3 + 24); }},
    {"l4_src", offsetof(FlowKey, l4_src), 2,
     [](const RandomFrame& f) {
       return When(f.protocol == 6 || f.protocol == 17 || f.protocol == 132, f.l4);
     }},
    {"l4_dst", offsetof(FlowKey, l4_dst), 2,
     [](const RandomFrame& f) {
       return When(f.protocol == 6 || f.protocol == 17 || f.protocol == 132, f.l4 + 2);
     }},
    {"icmp_type", offsetof(FlowKey, l4_src) + 1, 1,
     [](const RandomFrame& f) { return When(f.protocol == 1 || f.protocol == 58, f.l4); }},
    {"icmp_code", offsetof(FlowKey, l4_dst) + 1, 1,
     [](const RandomFrame& f) { return When(f.protocol == 1 || f.protocol == 58, f.l4 + 1); }},
    {"nd_reserved", offsetof(FlowKey, nd_reserved), 4,
     [](const RandomFrame& f) { return When(f.neighbor, f.l4 + 4); }},
    {"nd_target", offsetof(FlowKey, nd_target), 16,
     [](const RandomFrame& f) { return When(f.neighbor, f.l4 + 8); }},
    {"arp_sha", offsetof(FlowKey, arp_sha), 6,
     [](const RandomFrame& f) { return f.arp ? f.l3 + 8 : When(f.nd_source != 0, f.nd_source); }},
    {"arp_tha", offsetof(FlowKey, arp_tha), 6,
     [](const RandomFrame& f) { return f.arp ? f.l3 + 18 : When(f.nd_target != 0, f.nd_target); }},
    {"nd_options_type", offsetof(FlowKey, nd_options_type), 1,
     [](const RandomFrame& f) {
       return When(f.nd_options != 0 && f.end >= f.nd_options + 8, f.nd_options);
     }},
};

// Any field, there or not, unless what stands in its place of the key is another one here.
const Field& RandomField(Random* random, const RandomFrame& frame) {
  for (;;) {
    const Field& field = random->Pick(kFields);
    const bool l4 = field.in_key / 4 == offsetof(FlowKey, l4_src) / 4;
    // The word that has the opcode of ARP is the protocol of IP.
    if (field.in_key == offsetof(FlowKey, ip_proto) && (frame.ipv4 || frame.ipv6)) continue;
    if (!l4 || frame.protocol == 0 || field.at(frame) != kAbsent) return field;
  }
}

// What is to be set, byte by byte of a key.
struct Wanted {
  FlowKey value, mask;
  std::vector<Action> Actions() const {
    std::vector<Action> actions;
    for (size_t i = 0; i < 3 * kLineBytes; i += 4) {
      uint32_t v, m;
      std::memcpy(&v, value.line(0) + i, 4);
      std::memcpy(&m, mask.line(0) + i, 4);
      if (m != 0) actions.push_back(Action::SetWord(static_cast<uint8_t>(i / 4), v, m));
    }
    return actions;
  }
};

Wanted RandomlyWanted(Random* random, const Field& field) {
  Wanted wanted;
  std::memset(static_cast<void*>(&wanted), 0, sizeof(wanted));
  for (size_t i = 0; i < field.bytes; ++i) {
    wanted.value.line(0)[field.in_key + i] =
        random->OneIn(8) ? 0 : static_cast<uint8_t>(random->Bits());
    wanted.mask.line(0)[field.in_key + i] =
        random->OneIn(3) ? static_cast<uint8_t>(random->Bits()) : 0xff;
  }
  return wanted;
}

void SetInModel(const Field& field, const Wanted& wanted, RandomFrame* model) {
  if (model->ipv6 && field.in_key == offsetof(FlowKey, ip_tos)) {
    // The traffic class: four bits here, four bits there.
    uint8_t* ip = &model->bytes[model->l3];
    const uint8_t mask = wanted.mask.ip_tos, value = wanted.value.ip_tos & mask;
    ip[0] = static_cast<uint8_t>((ip[0] & ~(mask >> 4)) | value >> 4);
    ip[1] = static_cast<uint8_t>((ip[1] & ~(mask << 4)) | value << 4);
    return;
  }
  const size_t at = field.at(*model);
  if (at == kAbsent) return;
  for (size_t i = 0; i < field.bytes; ++i) {
    const uint8_t mask = wanted.mask.line(0)[field.in_key + i];
    uint8_t& byte = model->bytes[at + i];
    byte = static_cast<uint8_t>((byte & ~mask) | (wanted.value.line(0)[field.in_key + i] & mask));
  }
}

TEST(PacketEditor, SetsEveryFieldAndKeepsChecksumsRight) {
  Random random(RandomSeed());
  const uint32_t in_use = (testing::MbufPool(), testing::MbufsInUse());
  std::map<std::string, int> changed;
  for (int step = 0; step < 60'000; ++step) {
    const RandomFrame frame = RandomFrame::Make(&random);
    RandomFrame model = frame;
    std::vector<Action> actions;
    std::string names;
    for (uint32_t n = 1 + random.Below(3); n > 0; --n) {
      const Field& field = RandomField(&random, frame);
      const Wanted wanted = RandomlyWanted(&random, field);
      for (const Action& action : wanted.Actions()) actions.push_back(action);
      const Bytes before = model.bytes;
      SetInModel(field, wanted, &model);
      changed[field.name] += before != model.bytes;
      names += std::string(" ") + field.name;
    }
    model.FixChecksums();
    ASSERT_EQ(Edited(MbufOf(frame, &random), actions), model.bytes)
        << "step " << step << ":" << names << ", protocol " << int{frame.protocol}
        << (frame.ipv4 ? ", IPv4" : "") << (frame.ipv6 ? ", IPv6" : "")
        << (frame.fragment ? ", fragment" : "") << (frame.partial ? ", partial" : "");
  }
  for (const Field& field : kFields) EXPECT_GT(changed[field.name], 20) << field.name;
  EXPECT_EQ(testing::MbufsInUse(), in_use) << "mbufs leaked";
}

TEST(PacketEditor, TheKeyOfAnEditedPacketHoldsWhatWasSet) {
  Random random(RandomSeed());
  for (int step = 0; step < 20'000; ++step) {
    const RandomFrame frame = RandomFrame::Make(&random);
    // Fields after whose change the packet is read as before.
    const Field& field = kFields[random.Below(12)];
    if (std::string(field.name) == "icmp_type" || field.at(frame) == kAbsent) continue;
    FlowKey before, after;
    ASSERT_EQ(ParseFrame(frame.bytes, frame.bytes.size(), PortNo{1}, &before), DropReason::kNone);
    const Wanted wanted = RandomlyWanted(&random, field);
    const Bytes edited = Edited(MbufOf(frame, &random), wanted.Actions());
    ASSERT_EQ(ParseFrame(edited, edited.size(), PortNo{1}, &after), DropReason::kNone);
    DefineLines(&before, 0xff);
    DefineLines(&after, 0xff);
    for (size_t i = 0; i < 3 * kLineBytes; ++i) {
      const uint8_t mask = wanted.mask.line(0)[i];
      const uint8_t expected =
          static_cast<uint8_t>((before.line(0)[i] & ~mask) | (wanted.value.line(0)[i] & mask));
      ASSERT_EQ(after.line(0)[i], expected) << "step " << step << " " << field.name << " " << i;
    }
  }
}

TEST(PacketEditor, SetsTrafficClassAndLabelOfIpv6) {
  const auto frame = [](uint8_t tos, uint32_t label) {
    return PacketBuilder().Ethernet(2, 1).Ipv6(1, 2, label).Tos(tos).Udp(3, 4).Payload(9).Build();
  };
  constexpr uint8_t kIpWord = offsetof(FlowKey, ip_proto) / 4;
  constexpr uint8_t kLabel = offsetof(FlowKey, ipv6_label) / 4;
  const Action tos = Action::SetWord(kIpWord, 0x0000b800, 0x0000fc00);
  EXPECT_EQ(Edited(MakeMbuf(frame(0x03, 0x12345)), {{tos}}), frame(0xbb, 0x12345));
  const Action label = Action::SetWord(kLabel, Be32::From(0xfedcb).raw, Be32::From(0xfffff).raw);
  EXPECT_EQ(Edited(MakeMbuf(frame(0x03, 0x12345)), {{label}}), frame(0x03, 0xfedcb));
  // What no label has room for is not written.
  const Action beyond = Action::SetWord(kLabel, 0xffffffff, 0xffffffff);
  EXPECT_EQ(Edited(MakeMbuf(frame(0x03, 0x12345)), {{beyond}}), frame(0x03, 0xfffff));
}

TEST(PacketEditor, AFieldThatIsNoFieldOfThePacketStaysAsItIs) {
  Random random(RandomSeed());
  for (int step = 0; step < 5'000; ++step) {
    const RandomFrame frame = RandomFrame::Make(&random);
    std::vector<Action> actions;
    for (uint8_t word = 0; word < 64; ++word) {
      // Neither TCP flags, MPLS nor what only the switch knows of.
      const bool settable = (word >= 2 && word <= 5) || word == 8 || word == 9 || word == 10 ||
                            word == 11 || (word >= 16 && word <= 29) ||
                            (word >= 32 && word <= 34) || word == 38;
      if (!settable) actions.push_back(Action::SetWord(word, 0, 0xffffffff));
    }
    actions.push_back(Action::SetWord(10, 0, frame.arp || frame.ipv4 || frame.ipv6 ? 0 : 0xff));
    ASSERT_EQ(Edited(MbufOf(frame, &random), actions), frame.bytes) << "step " << step;
  }
}

// Of the pseudo-header and the segment of a TCP packet that says it is of `protocol`.
uint16_t SumWithPseudoHeader(const Bytes& frame, size_t addresses, size_t l4, uint8_t protocol) {
  const uint8_t pseudo[4] = {0, protocol, 0, static_cast<uint8_t>(frame.size() - l4)};
  uint64_t sum = AddBytes(0, frame.data() + addresses, addresses == 26 ? 8 : 32);
  sum = AddBytes(sum, pseudo, sizeof(pseudo));
  return FoldSum(AddBytes(sum, frame.data() + l4, frame.size() - l4));
}

TEST(PacketEditor, LeavesPortsThatTheParserDoesNotBelieve) {
  const Action ports = Action::SetWord(offsetof(FlowKey, l4_src) / 4, 0x01020304, 0xffffffff);
  const Action source = Action::SetWord(offsetof(FlowKey, ipv4_src) / 4, Be32::From(9).raw, ~0u);
  Bytes frame = PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Tcp(3, 4).Payload(9).Build();
  EXPECT_NE(Edited(MakeMbuf(frame), {{ports}}), frame);
  for (const uint8_t words : {0, 4, 8}) {
    frame[14 + 20 + 12] = static_cast<uint8_t>(words << 4);
    EXPECT_EQ(Edited(MakeMbuf(frame), {{ports}}), frame) << int{words};
    const Bytes moved = Edited(MakeMbuf(frame), {{source}});
    EXPECT_EQ(SumWithPseudoHeader(moved, 26, 34, 6), SumWithPseudoHeader(frame, 26, 34, 6));
  }
}

TEST(PacketEditor, SetsTheTypeAndNothingBehindIt) {
  constexpr uint8_t kType = offsetof(FlowKey, eth_type) / 4;
  const auto frame = [](uint16_t type) {
    return PacketBuilder().Ethernet(2, 1).Vlan(5).Type(type).Payload(40).Build();
  };
  const Action type = Action::SetWord(kType, Be16::From(0x8848).raw, 0x0000ffff);
  EXPECT_EQ(Edited(MakeMbuf(frame(0x88b5)), {{type}}), frame(0x8848));
  const Bytes length = PacketBuilder().Ethernet(2, 1).Type(40).Payload(40).Build();
  EXPECT_EQ(Edited(MakeMbuf(length), {{type}}), length);
}

TEST(PacketEditor, SetsTheProtocolAndKeepsChecksumsRight) {
  constexpr uint8_t kIpWord = offsetof(FlowKey, ip_proto) / 4;
  const Action udp = Action::SetWord(kIpWord, 17, 0xff), tcp = Action::SetWord(kIpWord, 6, 0xff);
  const Bytes ipv4 = PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Tcp(3, 4).Payload(9).Build();
  const Bytes changed = Edited(MakeMbuf(ipv4), {{udp}});
  EXPECT_EQ(changed[23], 17);
  EXPECT_EQ(FoldSum(AddBytes(0, changed.data() + 14, 20)), 0xffff);
  // The sum is as right as it was.
  EXPECT_EQ(SumWithPseudoHeader(changed, 26, 34, 17), SumWithPseudoHeader(ipv4, 26, 34, 6));
  EXPECT_EQ(Edited(MakeMbuf(ipv4), {{udp, tcp}}), ipv4);

  const Bytes ipv6 =
      PacketBuilder().Ethernet(2, 1).Ipv6(1, 2).Extension(0, 8).Tcp(3, 4).Payload(9).Build();
  const Bytes changed6 = Edited(MakeMbuf(ipv6), {{udp}});
  EXPECT_EQ(changed6[20], 0);
  EXPECT_EQ(changed6[54], 17);
  EXPECT_EQ(SumWithPseudoHeader(changed6, 22, 62, 17), SumWithPseudoHeader(ipv6, 22, 62, 6));
}

TEST(PacketEditor, AnOpcodeOfArpThatIsSetWholeHasNoHighByte) {
  const auto frame = [](uint16_t opcode) {
    return PacketBuilder().Ethernet(2, 1).Arp(opcode, 1, 2, 3, 4).Build();
  };
  constexpr uint8_t kIpWord = offsetof(FlowKey, ip_proto) / 4;
  EXPECT_EQ(Edited(MakeMbuf(frame(0x101)), {{Action::SetWord(kIpWord, 2, 0xff)}}), frame(2));
}

// ---- Tags and labels.

TEST(PacketEditor, PushesAndPopsTagsAndLabelsBetweenOtherEdits) {
  Random random(RandomSeed());
  const uint32_t in_use = (testing::MbufPool(), testing::MbufsInUse());
  for (int step = 0; step < 20'000; ++step) {
    const RandomFrame frame = RandomFrame::Make(&random);
    RandomFrame model = frame;
    std::vector<Action> actions;
    int tags = 0, labels = 0;
    const auto insert = [&](size_t at, uint32_t first, uint32_t second) {
      const uint8_t four[] = {static_cast<uint8_t>(first >> 8), static_cast<uint8_t>(first),
                              static_cast<uint8_t>(second >> 8), static_cast<uint8_t>(second)};
      model.bytes.insert(model.bytes.begin() + static_cast<std::ptrdiff_t>(at), four, four + 4);
    };
    const auto move = [&](int by) {
      for (size_t* place : {&model.type, &model.l3, &model.l4, &model.end, &model.nd_source,
                            &model.nd_target, &model.nd_options}) {
        if (*place != 0) *place += static_cast<size_t>(by);
      }
      if (model.snap_length != 0) model.snap_length += static_cast<size_t>(by);
    };
    for (uint32_t n = random.Below(12); n > 0; --n) {
      const auto bits = static_cast<uint32_t>(random.Bits());
      switch (random.Below(4)) {
        case 0:
          insert(12, 0x88a8, bits & 0xffff);
          move(4);
          actions.push_back(Action::PushVlan(0x88a8, bits & 0xffff));
          ++tags;
          break;
        case 1:
          if (tags == 0) break;
          if (random.OneIn(2)) {
            model.bytes.erase(model.bytes.begin() + 12, model.bytes.begin() + 16);
            move(-4);
            actions.push_back(Action::PopVlan());
            --tags;
          } else {
            model.bytes[14] = static_cast<uint8_t>(bits >> 8);
            model.bytes[15] = static_cast<uint8_t>(bits);
            actions.push_back(Action::SetVlanTci(bits & 0xffff));
          }
          break;
        case 2: {
          const Field& field = RandomField(&random, frame);
          // Behind a label nobody looks.
          if (labels > 0 && field.in_key >= 20) break;
          const Wanted wanted = RandomlyWanted(&random, field);
          for (const Action& action : wanted.Actions()) actions.push_back(action);
          SetInModel(field, wanted, &model);
          break;
        }
        case 3: {
          // Checksums are settled before they are out of sight.
          if (labels == 0) model.FixChecksums();
          insert(model.l3, bits >> 16, bits & 0xffff);
          model.bytes[model.type] = 0x88;
          model.bytes[model.type + 1] = 0x47;
          if (model.snap_length != 0) model.bytes[model.snap_length + 1] += 4;
          actions.push_back(Action::PushMpls(0x8847, bits));
          ++labels;
          if (random.OneIn(2)) {
            actions.push_back(Action::SetMpls(0x00abcd00, 0x0fffff00));
            model.bytes[model.l3] = static_cast<uint8_t>((model.bytes[model.l3] & 0xf0) | 0x00);
            model.bytes[model.l3 + 1] = 0xab;
            model.bytes[model.l3 + 2] = 0xcd;
          }
          break;
        }
      }
    }
    while (labels > 0 && random.OneIn(2)) {
      const uint16_t type = labels > 1 ? 0x8847 : 0x0800;
      model.bytes.erase(model.bytes.begin() + static_cast<std::ptrdiff_t>(model.l3),
                        model.bytes.begin() + static_cast<std::ptrdiff_t>(model.l3 + 4));
      model.bytes[model.type] = static_cast<uint8_t>(type >> 8);
      model.bytes[model.type + 1] = static_cast<uint8_t>(type);
      if (model.snap_length != 0) model.bytes[model.snap_length + 1] -= 4;
      actions.push_back(Action::PopMpls(type));
      --labels;
      if (labels == 0) break;
    }
    if (std::ranges::none_of(actions,
                             [](const Action& a) { return a.type == ActionType::kPushMpls; })) {
      model.FixChecksums();
    }
    ASSERT_EQ(Edited(MbufOf(frame, &random), actions), model.bytes) << "step " << step;
  }
  EXPECT_EQ(testing::MbufsInUse(), in_use) << "mbufs leaked";
}

TEST(PacketEditor, LeavesAPacketWithoutALabelAsItIs) {
  const Bytes frame = PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(3, 4).Payload(9).Build();
  EXPECT_EQ(Edited(MakeMbuf(frame), {{Action::PopMpls(0x0800), Action::SetMpls(5, 0xff)}}), frame);
}

TEST(PacketEditor, KeepsAPendingOffloadRightUnderTagsAndLabels) {
  const Bytes frame = PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(3, 4).Payload(9).Build();
  rte_mbuf* packet = MakeMbuf(frame);
  packet->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM;
  packet->l2_len = 14;
  packet->l3_len = 20;
  PacketEditor editor(packet, testing::MbufPool());
  editor.Locate();
  EXPECT_EQ(editor.Apply(Action::PushVlan(0x8100, 5)), DropReason::kNone);
  EXPECT_EQ(editor.Apply(Action::PushMpls(0x8847, 5)), DropReason::kNone);
  EXPECT_EQ(editor.packet()->l2_len, 22u);
  EXPECT_EQ(editor.Apply(Action::PopMpls(0x0800)), DropReason::kNone);
  EXPECT_EQ(editor.Apply(Action::PopVlan()), DropReason::kNone);
  EXPECT_EQ(editor.packet()->l2_len, 14u);
  // More than l2_len can say.
  DropReason last = DropReason::kNone;
  for (int i = 0; i < 40 && last == DropReason::kNone; ++i) {
    last = editor.Apply(Action::PushVlan(0x8100, 5));
  }
  EXPECT_EQ(last, DropReason::kRxMalformed);
  EXPECT_EQ(editor.packet()->l2_len, 126u);
  rte_pktmbuf_free(editor.packet());
}

// ---- Buffers.

TEST(PacketEditor, NeverWritesToBuffersThatOthersHold) {
  const Bytes frame = PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(3, 4).Payload(900).Build();
  const Action edits[] = {Action::SetWord(2, 0, 0xffffffff), Action::PushVlan(0x8100, 5),
                          Action::SetWord(8, 0, 0xffffffff), Action::PushMpls(0x8847, 5)};
  for (const Action& edit : edits) {
    // Another reference to the same buffer, or the owner of a buffer that is lent out.
    for (const bool indirect : {false, true}) {
      rte_mbuf* owner = MakeMbuf(frame);
      rte_mbuf* packet = owner;
      if (indirect) {
        packet = rte_pktmbuf_clone(owner, testing::MbufPool());
        ASSERT_NE(packet, nullptr);
      } else {
        rte_mbuf_refcnt_update(owner, 1);
      }
      PacketEditor editor(packet, testing::MbufPool());
      editor.Locate();
      EXPECT_EQ(editor.Apply(edit), DropReason::kNone);
      EXPECT_NE(BytesOf(editor.packet()), frame);
      EXPECT_EQ(BytesOf(owner), frame);
      rte_pktmbuf_free(editor.packet());
      rte_pktmbuf_free(owner);
    }
  }
}

TEST(PacketEditor, TakesMoreTagsThanAHeadroomHolds) {
  const Bytes frame = PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(3, 4).Payload(1800).Build();
  const std::vector<Action> pushes(200, Action::PushVlan(0x8100, 7));
  const Bytes edited = Edited(MakeMbuf(frame), pushes);
  ASSERT_EQ(edited.size(), frame.size() + 800);
  EXPECT_TRUE(std::equal(frame.begin() + 12, frame.end(), edited.begin() + 812));
}

TEST(PacketEditor, SaysWhenThereIsNoBufferToCopyInto) {
  const Bytes frame = PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Udp(3, 4).Payload(900).Build();
  rte_mbuf* packet = MakeMbuf(frame, /*segment_bytes=*/10);
  std::vector<rte_mbuf*> taken;
  while (rte_mbuf* m = rte_pktmbuf_alloc(testing::MbufPool())) taken.push_back(m);
  PacketEditor editor(packet, testing::MbufPool());
  editor.Locate();
  EXPECT_EQ(editor.Apply(Action::SetWord(8, 0, 0xffffffff)), DropReason::kNoCopyBuffer);
  EXPECT_EQ(BytesOf(editor.packet()), frame);
  rte_pktmbuf_free(editor.packet());
  rte_pktmbuf_free_bulk(taken.data(), static_cast<unsigned>(taken.size()));
}

// ---- DSCP.

TEST(PacketEditor, RaisesTheDropPrecedenceOfAssuredForwardingAlone) {
  const auto remarked = [](uint8_t dscp, uint8_t precedence) {
    PacketBuilder builder;
    builder.Ethernet(2, 1).Ipv4(1, 2).Tos(static_cast<uint8_t>(dscp << 2 | 1)).Udp(3, 4);
    PacketEditor editor(MakeMbuf(builder.Build()), testing::MbufPool());
    editor.Locate();
    EXPECT_EQ(editor.RemarkDscp(precedence), DropReason::kNone);
    const uint8_t tos = BytesOf(editor.packet())[15];
    EXPECT_EQ(tos & 3, 1) << "ECN is not touched";
    EXPECT_EQ(BytesOf(editor.packet()), builder.Tos(tos).Build()) << "and the checksum is right";
    rte_pktmbuf_free(editor.packet());
    return tos >> 2;
  };
  EXPECT_EQ(remarked(10, 1), 12);  // AF11 to AF12
  EXPECT_EQ(remarked(10, 2), 14);
  EXPECT_EQ(remarked(10, 9), 14);
  EXPECT_EQ(remarked(36, 1), 38);  // AF42 to AF43
  EXPECT_EQ(remarked(38, 1), 38);
  for (const uint8_t dscp : {0, 8, 11, 40, 46, 48, 42, 63}) EXPECT_EQ(remarked(dscp, 1), dscp);
}

TEST(PacketEditor, RemarksIpv6AndLeavesWhatIsNoIpAlone) {
  const auto frame = [](uint8_t tos) {
    return PacketBuilder().Ethernet(2, 1).Ipv6(1, 2).Tos(tos).Udp(3, 4).Build();
  };
  const auto remark = [](const Bytes& bytes) {
    PacketEditor editor(MakeMbuf(bytes), testing::MbufPool());
    editor.Locate();
    EXPECT_EQ(editor.RemarkDscp(1), DropReason::kNone);
    const Bytes result = BytesOf(editor.packet());
    rte_pktmbuf_free(editor.packet());
    return result;
  };
  EXPECT_EQ(remark(frame(10 << 2)), frame(12 << 2));
  const Bytes arp = PacketBuilder().Ethernet(2, 1).Arp(1, 2, 3, 4, 5).Build();
  EXPECT_EQ(remark(arp), arp);
}

}  // namespace
}  // namespace vsw
