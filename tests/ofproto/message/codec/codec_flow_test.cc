// SPDX-License-Identifier: Apache-2.0
//
// Flow-mods, packet-outs, and requests for flow statistics.
#include <gtest/gtest.h>

#include "tests/ofproto/message/codec/wire_message.h"

namespace vsw {
namespace {

using namespace testing;
using enum OfVersion;
using Command = FlowMod::Command;

// A flow-mod of 1.0 that matches everything, up to its actions.
struct FlowMod10 {
  uint64_t cookie = 0x11;
  uint16_t command = 0, idle = 0, hard = 0;
  uint16_t out_port = 0xffff, flags = 0;
  Bytes actions;
  Bytes Build() const {
    return WireMessage(k10, 14)
        .U32(0x3fffff)
        .Zeros(36)
        .U64(cookie)
        .U16(command)
        .U16(idle)
        .U16(hard)
        .U16(100)
        .U32(0xffffffff)
        .U16(out_port)
        .U16(flags)
        .Put(actions)
        .Build();
  }
};

// One of 1.1 on; 1.1 has its own match.
struct FlowMod13 {
  OfVersion version = k13;
  uint64_t cookie = 0x11, mask = 0;
  uint8_t table = 3, command = 0;
  uint32_t out_port = kOfpAny, out_group = kGroupAny;
  uint16_t flags = 0, importance = 0;
  Bytes instructions;
  Bytes Build() const {
    WireMessage message(version, 14);
    message.U64(cookie).U64(mask).U8(table).U8(command).U16(30).U16(60).U16(100).U32(0xffffffff);
    message.U32(out_port).U32(out_group).U16(flags).U16(importance);
    if (version == k11) {
      message.U16(0).U16(88).U32(0).U32(0x3ff).Zeros(6).Put(Bytes(6, 0xff)).Zeros(6);
      message.Put(Bytes(6, 0xff)).Zeros(12).U32(~0u).U32(0).U32(~0u).Zeros(12).U64(0).U64(~0ull);
    } else {
      message.Put(EmptyMatch());
    }
    return message.Put(instructions).Build();
  }
};

Bytes OutputAction10(uint16_t port) {
  return {0, 0, 0, 8, static_cast<uint8_t>(port >> 8), static_cast<uint8_t>(port), 0, 0};
}

TEST(FlowModCodec, ReadsAFlowModOf10) {
  FlowMod10 wire;
  wire.idle = 5;
  wire.hard = 6;
  wire.flags = 3;
  wire.actions = OutputAction10(2);
  const auto mod = DecodeAs<FlowMod>(k10, wire.Build());
  EXPECT_EQ(mod.command, Command::kAdd);
  EXPECT_EQ(mod.table, kTableAll);
  EXPECT_EQ(mod.match, Match());
  EXPECT_EQ(mod.priority, 100);
  EXPECT_EQ(mod.cookie, 0x11u);
  EXPECT_EQ(mod.cookie_mask, 0u);
  EXPECT_TRUE(mod.set_cookie);
  EXPECT_EQ(mod.idle_timeout, 5);
  EXPECT_EQ(mod.hard_timeout, 6);
  EXPECT_EQ(mod.buffer_id, kNoBuffer);
  EXPECT_EQ(mod.flags,
            flow_flags::kSendFlowRemoved | flow_flags::kCheckOverlap | flow_flags::kResetCounts);
  EXPECT_EQ(mod.instructions.apply, OfActions{act::Output{2}});
}

TEST(FlowModCodec, ReadsTheTableFromTheCommandWhenTheExtensionIsOn) {
  FlowMod10 wire;
  wire.command = 0x0703;
  EXPECT_EQ(ErrorOf(k10, wire.Build()), OfErrorId::kBadCommand);
  Dialect dialect;
  dialect.version = k10;
  dialect.flow_mod_table_id = true;
  const OfResult<Request> request = DecodeRequest(dialect, wire.Build());
  ASSERT_TRUE(request.ok());
  const auto& mod = std::get<FlowMod>(request->body);
  EXPECT_EQ(mod.table, 7);
  EXPECT_EQ(mod.command, Command::kDelete);
}

TEST(FlowModCodec, KnowsTheCookieRulesOf10) {
  FlowMod10 wire;
  wire.command = 1;
  EXPECT_TRUE(DecodeAs<FlowMod>(k10, wire.Build()).set_cookie);
  wire.cookie = ~0ull;  // keeps the flows' own
  EXPECT_FALSE(DecodeAs<FlowMod>(k10, wire.Build()).set_cookie);
}

TEST(FlowModCodec, FiltersByPortOnlyInDeletions) {
  FlowMod10 wire;
  wire.out_port = 3;
  EXPECT_EQ(DecodeAs<FlowMod>(k10, wire.Build()).out_port, kOfpAny);
  wire.command = 3;
  EXPECT_EQ(DecodeAs<FlowMod>(k10, wire.Build()).out_port, 3u);
  FlowMod13 later;
  later.out_port = 4;
  later.out_group = 5;
  EXPECT_EQ(DecodeAs<FlowMod>(k13, later.Build()).out_port, kOfpAny);
  EXPECT_EQ(DecodeAs<FlowMod>(k13, later.Build()).out_group, kGroupAny);
  later.command = 4;
  EXPECT_EQ(DecodeAs<FlowMod>(k13, later.Build()).out_port, 4u);
  EXPECT_EQ(DecodeAs<FlowMod>(k13, later.Build()).out_group, 5u);
}

TEST(FlowModCodec, RefusesEmergencyFlows) {
  FlowMod10 wire;
  wire.flags = 4;
  EXPECT_EQ(ErrorOf(k10, wire.Build()), OfErrorId::kTableFull);
  wire.idle = 1;
  EXPECT_EQ(ErrorOf(k10, wire.Build()), OfErrorId::kBadTimeout);
}

TEST(FlowModCodec, RefusesFlagsThatTheVersionDoesNotHave) {
  FlowMod10 wire;
  wire.flags = 8;
  EXPECT_EQ(ErrorOf(k10, wire.Build()), OfErrorId::kBadFlags);
  FlowMod13 later;
  for (const OfVersion version : {k11, k12, k13, k14, k15}) {
    later.version = version;
    later.flags = 32;
    EXPECT_EQ(ErrorOf(version, later.Build()), OfErrorId::kBadFlags);
    later.flags = 4;
    EXPECT_EQ(ErrorOf(version, later.Build()),
              version == k11 ? OfErrorId::kBadFlags : OfErrorId::kCount);
    later.flags = 16;
    EXPECT_EQ(ErrorOf(version, later.Build()),
              version <= k12 ? OfErrorId::kBadFlags : OfErrorId::kCount);
  }
}

TEST(FlowModCodec, ReadsAFlowModOf13) {
  FlowMod13 wire;
  wire.flags = flow_flags::kSendFlowRemoved;
  wire.importance = 9;                           // padding before 1.4
  wire.instructions = {0, 1, 0, 8, 7, 0, 0, 0};  // goto table 7
  const auto mod = DecodeAs<FlowMod>(k13, wire.Build());
  EXPECT_EQ(mod.table, 3);
  EXPECT_EQ(mod.cookie, 0x11u);
  EXPECT_TRUE(mod.set_cookie);
  EXPECT_EQ(mod.idle_timeout, 30);
  EXPECT_EQ(mod.hard_timeout, 60);
  EXPECT_EQ(mod.priority, 100);
  EXPECT_EQ(mod.flags, flow_flags::kSendFlowRemoved);
  EXPECT_EQ(mod.importance, 0);
  EXPECT_EQ(mod.instructions.goto_table, 7);
  wire.version = k14;
  EXPECT_EQ(DecodeAs<FlowMod>(k14, wire.Build()).importance, 9);
}

TEST(FlowModCodec, MatchesCookiesFrom11On) {
  FlowMod13 wire;
  wire.command = 1;
  wire.cookie = 0x1ff;
  wire.mask = 0xff;
  for (const OfVersion version : {k11, k12, k13, k14, k15}) {
    wire.version = version;
    const auto mod = DecodeAs<FlowMod>(version, wire.Build());
    EXPECT_FALSE(mod.set_cookie);
    EXPECT_EQ(mod.match_cookie, 0xffu);
    EXPECT_EQ(mod.cookie_mask, 0xffu);
  }
}

TEST(FlowModCodec, KeepsTheCookieForTheFlowThatAModifyOf11Adds) {
  FlowMod13 wire;
  wire.command = 1;
  wire.version = k11;
  EXPECT_EQ(DecodeAs<FlowMod>(k11, wire.Build()).cookie, 0x11u);
  wire.version = k12;
  EXPECT_EQ(DecodeAs<FlowMod>(k12, wire.Build()).cookie, ~0ull);
}

TEST(FlowModCodec, NeedsOneTableExceptToDelete) {
  FlowMod13 wire;
  wire.table = kTableAll;
  for (uint8_t command = 0; command <= 4; ++command) {
    wire.command = command;
    EXPECT_EQ(ErrorOf(k13, wire.Build()),
              command >= 3 ? OfErrorId::kCount : OfErrorId::kFlowModBadTable);
  }
  wire.command = 5;
  EXPECT_EQ(ErrorOf(k13, wire.Build()), OfErrorId::kBadCommand);
}

WireMessage NxFlowMod(uint64_t cookie, uint16_t command, const Bytes& match) {
  WireMessage message = WireMessage::Nicira(k10, 13);
  message.U64(cookie).U16(command).U16(0).U16(0).U16(100).U32(0xffffffff).U16(0xffff).U16(0);
  message.U16(static_cast<uint16_t>(match.size())).Zeros(6);
  message.Put(match).Zeros((8 - match.size() % 8) % 8);
  return message;
}

TEST(FlowModCodec, ReadsNiciraFlowModsWithACookieAmongTheFields) {
  // NXM_OF_ETH_TYPE = 0x0806, NXM_NX_COOKIE = 0x5 of 0xf
  const Bytes match = {0, 0, 6, 2, 8, 6, 0, 1, 0x3d, 16, 0, 0, 0,
                       0, 0, 0, 0, 5, 0, 0, 0, 0,    0,  0, 0, 15};
  const auto mod = DecodeAs<FlowMod>(k10, NxFlowMod(~0ull, 3, match).Build());
  EXPECT_EQ(mod.match_cookie, 5u);
  EXPECT_EQ(mod.cookie_mask, 15u);
  Match arp;
  arp.Set(FieldId::kEthType, FieldValue::OfU64(0x0806));
  EXPECT_EQ(mod.match, arp);
  // What is added has no cookie before it.
  EXPECT_EQ(ErrorOf(k10, NxFlowMod(1, 0, match).Build()), OfErrorId::kNxmInvalid);
}

TEST(FlowModCodec, RefusesACookieTwiceOrCutShort) {
  const Bytes cookie = {0, 1, 0x3c, 8, 0, 0, 0, 0, 0, 0, 0, 5};
  Bytes twice = cookie;
  twice.insert(twice.end(), cookie.begin(), cookie.end());
  EXPECT_EQ(ErrorOf(k10, NxFlowMod(~0ull, 3, twice).Build()), OfErrorId::kDuplicateField);
  const Bytes cut(cookie.begin(), cookie.end() - 2);
  EXPECT_EQ(ErrorOf(k10, NxFlowMod(~0ull, 3, cut).Build()), OfErrorId::kBadMatchLength);
}

TEST(PacketOutCodec, ReadsThePacketBehindTheActions) {
  const Bytes packet(60, 0xaa);
  const auto old = DecodeAs<PacketOut>(
      k10, WireMessage(k10, 13).U32(~0u).U16(1).U16(8).Put(OutputAction10(2)).Put(packet).Build());
  EXPECT_EQ(GetField(old.metadata, FieldId::kInPort).low64(), 1u);
  EXPECT_EQ(old.actions, OfActions{act::Output{2}});
  EXPECT_EQ(old.packet, packet);

  const Bytes output13 = {0, 0, 0, 16, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0};
  for (const OfVersion version : {k11, k12, k13, k14}) {
    const auto out = DecodeAs<PacketOut>(version, WireMessage(version, 13)
                                                      .U32(~0u)
                                                      .U32(kOfpController)
                                                      .U16(16)
                                                      .Zeros(6)
                                                      .Put(output13)
                                                      .Put(packet)
                                                      .Build());
    EXPECT_EQ(GetField(out.metadata, FieldId::kInPort).low64(), kOfpController);
    EXPECT_EQ(out.actions, OfActions{act::Output{2}});
    EXPECT_EQ(out.packet, packet);
  }
}

WireMessage PacketOut15(const Bytes& match) {
  WireMessage message(k15, 13);
  message.U32(~0u).U16(0).U16(0).Put(match).Put(Bytes(60, 0xaa));
  return message;
}

TEST(PacketOutCodec, ReadsPipelineFieldsIn15) {
  const Bytes port_and_metadata = {0,    1, 0, 24, 0x80, 0, 0, 4, 0, 0, 0, 9,
                                   0x80, 0, 4, 8,  0,    0, 0, 0, 0, 0, 0, 5};
  const auto out = DecodeAs<PacketOut>(k15, PacketOut15(port_and_metadata).Build());
  EXPECT_EQ(GetField(out.metadata, FieldId::kInPort).low64(), 9u);
  EXPECT_EQ(GetField(out.metadata, FieldId::kMetadata).low64(), 5u);
  const Bytes with_eth_type = {0,    1, 0,  18, 0x80, 0, 0, 4, 0, 0, 0, 9,
                               0x80, 0, 10, 2,  8,    6, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(ErrorOf(k15, PacketOut15(with_eth_type).Build()), OfErrorId::kPipelineFieldsOnly);
  EXPECT_EQ(ErrorOf(k15, PacketOut15(EmptyMatch()).Build()), OfErrorId::kBadRequestPort);
}

TEST(PacketOutCodec, ComesInByAPortThatCanBe) {
  const auto error = [](uint32_t port) {
    return ErrorOf(k13, WireMessage(k13, 13).U32(~0u).U32(port).U16(0).Zeros(6).Build());
  };
  EXPECT_EQ(error(1), OfErrorId::kCount);
  EXPECT_EQ(error(kOfpLocal), OfErrorId::kCount);
  EXPECT_EQ(error(kOfpAny), OfErrorId::kCount);
  EXPECT_EQ(error(kOfpController), OfErrorId::kCount);
  EXPECT_EQ(error(kOfpFlood), OfErrorId::kBadRequestPort);
  EXPECT_EQ(error(kOfpMax), OfErrorId::kBadRequestPort);
}

TEST(PacketOutCodec, RefusesActionsLongerThanTheMessage) {
  EXPECT_EQ(ErrorOf(k13, WireMessage(k13, 13).U32(~0u).U32(1).U16(16).Zeros(6).Build()),
            OfErrorId::kBadLength);
}

TEST(FlowStatsCodec, ReadsSelectorsOfAllVersions) {
  const auto old = DecodeAs<msg::FlowStatsRequest>(
      k10, WireMessage::Multipart(k10, 1).U32(0x3fffff).Zeros(36).U8(4).U8(0).U16(0xfffe).Build());
  EXPECT_EQ(old.selector.table, 4);
  EXPECT_EQ(old.selector.out_port, kOfpLocal);
  for (const OfVersion version : {k12, k13, k14, k15}) {
    const auto request = DecodeAs<msg::AggregateRequest>(version, WireMessage::Multipart(version, 2)
                                                                      .U8(4)
                                                                      .Zeros(3)
                                                                      .U32(7)
                                                                      .U32(8)
                                                                      .Zeros(4)
                                                                      .U64(0x1ff)
                                                                      .U64(0xff)
                                                                      .Put(EmptyMatch())
                                                                      .Build());
    EXPECT_EQ(request.selector.table, 4);
    EXPECT_EQ(request.selector.out_port, 7u);
    EXPECT_EQ(request.selector.out_group, 8u);
    EXPECT_EQ(request.selector.cookie, 0xffu);
    EXPECT_EQ(request.selector.cookie_mask, 0xffu);
  }
}

TEST(FlowStatsCodec, KnowsNiciraRequests) {
  const OfResult<Request> request = Decode(k10, WireMessage::Multipart(k10, 0xffff)
                                                    .U32(0x2320)
                                                    .U32(0)
                                                    .Zeros(4)
                                                    .U16(0xffff)
                                                    .U16(0)
                                                    .U8(0xff)
                                                    .Zeros(3)
                                                    .Build());
  ASSERT_TRUE(request.ok());
  EXPECT_TRUE(request->nicira);
  const auto& stats = std::get<msg::FlowStatsRequest>(request->body);
  EXPECT_EQ(stats.selector.table, kTableAll);
  EXPECT_EQ(stats.selector.out_port, kOfpAny);
}

}  // namespace
}  // namespace vsw
