// SPDX-License-Identifier: Apache-2.0
//
// Framing, and the messages that set up and hold a connection.
#include <gtest/gtest.h>

#include "tests/ofproto/message/codec/wire_message.h"

namespace vsw {
namespace {

using namespace testing;
using enum OfVersion;

constexpr uint8_t kEchoRequestType = 2, kFeaturesType = 5, kSetConfigType = 9, kRoleType = 24;

TEST(Codec, ReadsTheHeader) {
  const OfHeader header = ReadHeader(WireMessage(k13, kFeaturesType, 0x01020304).Build());
  EXPECT_EQ(header.version, 4);
  EXPECT_EQ(header.type, kFeaturesType);
  EXPECT_EQ(header.length, 8);
  EXPECT_EQ(header.xid, 0x01020304u);
}

TEST(Codec, RefusesLengthsThatAreNotTheMessages) {
  Bytes bytes = WireMessage(k13, kFeaturesType).Build();
  bytes[3] = 9;
  EXPECT_EQ(ErrorOf(k13, bytes), OfErrorId::kBadLength);
  bytes[3] = 7;
  EXPECT_EQ(ErrorOf(k13, bytes), OfErrorId::kBadLength);
  EXPECT_EQ(ErrorOf(k13, Bytes(7)), OfErrorId::kBadLength);
  EXPECT_EQ(ErrorOf(k13, Bytes()), OfErrorId::kBadLength);
}

TEST(Codec, RefusesOtherVersionsThanAgreedUnlessTheMessageIsTheSameInAll) {
  EXPECT_EQ(ErrorOf(k13, WireMessage(k14, kFeaturesType).Build()), OfErrorId::kBadVersion);
  DecodeAs<msg::EchoRequest>(k13, WireMessage(k14, kEchoRequestType).Build());
}

TEST(Codec, RefusesUnknownMessagesAndThoseOfSwitches) {
  for (const OfVersion version : kVersions) {
    EXPECT_EQ(ErrorOf(version, WireMessage(version, 99).Build()), OfErrorId::kBadType);
    EXPECT_EQ(ErrorOf(version, WireMessage(version, 6).Zeros(24).Build()), OfErrorId::kBadType);
  }
  EXPECT_EQ(ErrorOf(k10, WireMessage(k10, kRoleType).Zeros(16).Build()), OfErrorId::kBadType);
  EXPECT_EQ(ErrorOf(k13, WireMessage::Multipart(k13, 99).Build()), OfErrorId::kBadMultipart);
  EXPECT_EQ(ErrorOf(k13, WireMessage::Experimenter(k13, 0x1234, 1).Build()),
            OfErrorId::kBadExperimenter);
  EXPECT_EQ(ErrorOf(k13, WireMessage::Nicira(k13, 9999).Build()), OfErrorId::kBadExpType);
}

TEST(Codec, ChecksTheLengthOfFixedMessages) {
  for (const OfVersion version : kVersions) {
    EXPECT_EQ(ErrorOf(version, WireMessage(version, kFeaturesType).U8(0).Build()),
              OfErrorId::kBadLength);
    EXPECT_EQ(ErrorOf(version, WireMessage(version, kSetConfigType).U16(0).Build()),
              OfErrorId::kBadLength);
  }
}

TEST(Codec, ReadsTheVersionsOfAHello) {
  const Bytes bitmap = WireMessage(k13, 0).U16(1).U16(8).U32(0b10010).Build();
  EXPECT_EQ(DecodeAs<msg::Hello>(k13, bitmap).versions, 0b10010u);
  // Without a bitmap all versions up to that of the header.
  EXPECT_EQ(DecodeAs<msg::Hello>(k13, WireMessage(k13, 0).Build()).versions, 0b11110u);
  EXPECT_EQ(DecodeAs<msg::Hello>(k10, WireMessage(k10, 0).Build()).versions, 0b10u);
}

TEST(Codec, SkipsElementsOfAHelloThatItDoesNotKnow) {
  const Bytes bytes =
      WireMessage(k15, 0).U16(9).U16(6).U16(0xabcd).Zeros(2).U16(1).U16(8).U32(0b1000000).Build();
  EXPECT_EQ(DecodeAs<msg::Hello>(k15, bytes).versions, 0b1000000u);
  const Bytes broken = WireMessage(k13, 0).U16(1).U16(200).U32(0b10).Build();
  EXPECT_EQ(DecodeAs<msg::Hello>(k13, broken).versions, 0b11110u);
}

TEST(Codec, ReadsAHelloOfAVersionToCome) {
  Bytes bytes = WireMessage(k13, 0).Build();
  bytes[0] = 9;
  EXPECT_EQ(DecodeAs<msg::Hello>(k13, bytes).versions, 0b1111111110u);
}

TEST(Codec, WritesAHelloThatItCanRead) {
  const Bytes bytes = EncodeHello(0b1010010);
  EXPECT_EQ(bytes[0], 6);
  EXPECT_EQ(DecodeAs<msg::Hello>(k13, bytes).versions, 0b1010010u);
}

TEST(Codec, GivesBackTheDataOfAnEcho) {
  const Bytes data = {1, 2, 3};
  const auto request =
      DecodeAs<msg::EchoRequest>(k13, WireMessage(k13, kEchoRequestType).Put(data).Build());
  EXPECT_EQ(request.data, data);
  const Bytes reply = EncodeEcho(k13, /*is_reply=*/true, 7, request.data);
  EXPECT_EQ(DecodeAs<msg::EchoReply>(k13, reply).data, data);
}

TEST(Codec, ReadsErrorsOfThePeer) {
  const auto error =
      DecodeAs<msg::Error>(k10, WireMessage(k10, 1).U16(3).U16(4).Put({9, 8}).Build());
  EXPECT_EQ(error.type, 3);
  EXPECT_EQ(error.code, 4);
  EXPECT_EQ(error.data, Bytes({9, 8}));
}

TEST(Codec, ReadsTheSwitchConfiguration) {
  for (const OfVersion version : kVersions) {
    const auto config = DecodeAs<msg::SetConfig>(
        version, WireMessage(version, kSetConfigType).U16(1).U16(200).Build());
    EXPECT_EQ(config.fragments, FragmentHandling::kDrop);
    EXPECT_EQ(config.miss_send_len, 200);
  }
  const Bytes ttl = WireMessage(k12, kSetConfigType).U16(4).U16(0).Build();
  EXPECT_TRUE(DecodeAs<msg::SetConfig>(k12, ttl).invalid_ttl_to_controller);
  EXPECT_EQ(ErrorOf(k13, WireMessage(k13, kSetConfigType).U16(4).U16(0).Build()),
            OfErrorId::kSwitchConfigBadFlags);
}

TEST(Codec, ReadsRoles) {
  const auto role = DecodeAs<msg::RoleRequest>(
      k13, WireMessage(k13, kRoleType).U32(2).Zeros(4).U64(0x55).Build());
  EXPECT_EQ(role.role, msg::Role::kMaster);
  EXPECT_TRUE(role.has_generation);
  EXPECT_EQ(role.generation, 0x55u);
  EXPECT_FALSE(role.nicira);
  EXPECT_EQ(ErrorOf(k13, WireMessage(k13, kRoleType).U32(4).Zeros(12).Build()),
            OfErrorId::kRoleBad);
}

TEST(Codec, ReadsNiciraRolesWhichAreNumberedFromOther) {
  const msg::Role roles[] = {msg::Role::kEqual, msg::Role::kMaster, msg::Role::kSlave};
  for (uint32_t number = 0; number < 3; ++number) {
    const auto role =
        DecodeAs<msg::RoleRequest>(k10, WireMessage::Nicira(k10, 10).U32(number).Build());
    EXPECT_EQ(role.role, roles[number]);
    EXPECT_TRUE(role.nicira);
    EXPECT_FALSE(role.has_generation);
    // The reply has the same number.
    const Bytes reply = EncodeRoleReply(k10, 7, role);
    EXPECT_EQ(Reader(std::span(reply).subspan(16)).U32(), number);
  }
  EXPECT_EQ(ErrorOf(k10, WireMessage::Nicira(k10, 10).U32(3).Build()), OfErrorId::kRoleBad);
}

TEST(Codec, ReadsAsynchronousMasksOf13) {
  const auto set = DecodeAs<msg::SetAsync>(
      k13, WireMessage(k13, 28).U32(1).U32(2).U32(3).U32(4).U32(5).U32(6).Build());
  EXPECT_EQ(set.values.packet_in[0], 1u);
  EXPECT_EQ(set.values.packet_in[1], 2u);
  EXPECT_EQ(set.values.port_status[0], 3u);
  EXPECT_EQ(set.values.flow_removed[1], 6u);
  EXPECT_NE(set.present.packet_in[0], 0u);
  EXPECT_EQ(set.present.role_status[0], 0u);
}

TEST(Codec, ReadsAsynchronousPropertiesOf14) {
  // The slave's property is even, the master's odd; what is not there stays.
  const auto set = DecodeAs<msg::SetAsync>(
      k14, WireMessage(k14, 28).U16(0).U16(8).U32(3).U16(5).U16(8).U32(4).Build());
  EXPECT_EQ(set.values.packet_in[1], 3u);
  EXPECT_NE(set.present.packet_in[1], 0u);
  EXPECT_EQ(set.present.packet_in[0], 0u);
  EXPECT_EQ(set.values.flow_removed[0], 4u);
  EXPECT_EQ(set.present.flow_removed[1], 0u);

  const auto error = [](uint16_t type, uint16_t length, uint32_t mask) {
    return ErrorOf(k14, WireMessage(k14, 28).U16(type).U16(length).U32(mask).Build());
  };
  EXPECT_EQ(error(0, 8, 1u << 20), OfErrorId::kAsyncInvalid);
  EXPECT_EQ(error(40, 8, 0), OfErrorId::kBadPropertyType);
  EXPECT_EQ(error(0xffff, 8, 0), OfErrorId::kAsyncUnsupported);
  EXPECT_EQ(error(0, 7, 0), OfErrorId::kBadPropertyLength);
  EXPECT_EQ(error(0, 3, 0), OfErrorId::kBadPropertyLength);
  EXPECT_EQ(error(0, 16, 0), OfErrorId::kBadPropertyLength);
}

TEST(Codec, WritesAsynchronousConfigurationAsItReadsIt) {
  msg::AsyncConfig config;
  config.packet_in = {0x7, 0x1};
  config.port_status = {0x3, 0x2};
  config.flow_removed = {0x5, 0x4};
  config.requestforward = {0x3, 0x0};
  for (const OfVersion version : {k13, k14, k15}) {
    Bytes reply = EncodeAsyncConfig(version, 7, config);
    reply[1] = 28;  // a set has the same body
    const auto set = DecodeAs<msg::SetAsync>(version, reply);
    EXPECT_EQ(set.values.packet_in, config.packet_in);
    EXPECT_EQ(set.values.port_status, config.port_status);
    EXPECT_EQ(set.values.flow_removed, config.flow_removed);
    if (version != k13) EXPECT_EQ(set.values.requestforward, config.requestforward);
  }
}

TEST(Codec, ReadsNiciraSettings) {
  EXPECT_EQ(DecodeAs<msg::SetFlowFormat>(k10, WireMessage::Nicira(k10, 12).U32(2).Build()).format,
            2u);
  EXPECT_EQ(ErrorOf(k10, WireMessage::Nicira(k10, 12).U32(1).Build()), OfErrorId::kPermission);
  EXPECT_TRUE(
      DecodeAs<msg::SetFlowModTableId>(k10, WireMessage::Nicira(k10, 15).U8(1).Zeros(7).Build())
          .enabled);
  EXPECT_EQ(
      DecodeAs<msg::SetPacketInFormat>(k13, WireMessage::Nicira(k13, 16).U32(2).Build()).format,
      PacketInFormat::kNxt2);
  EXPECT_EQ(ErrorOf(k13, WireMessage::Nicira(k13, 16).U32(3).Build()), OfErrorId::kPermission);
  EXPECT_EQ(
      DecodeAs<msg::SetControllerId>(k13, WireMessage::Nicira(k13, 20).Zeros(6).U16(5).Build()).id,
      5);
  EXPECT_EQ(ErrorOf(k13, WireMessage::Nicira(k13, 20).U8(1).Zeros(5).U16(5).Build()),
            OfErrorId::kMustBeZero);
  EXPECT_EQ(DecodeAs<msg::CancelFlowMonitor>(k10, WireMessage::Nicira(k10, 21).U32(9).Build()).id,
            9u);
}

TEST(Codec, ReadsChangesOfTheTlvTable) {
  const auto mod = DecodeAs<TlvTableMod>(k13, WireMessage::Nicira(k13, 24)
                                                  .U16(0)
                                                  .Zeros(6)
                                                  .U16(0x102)
                                                  .U8(0x80)
                                                  .U8(4)
                                                  .U16(3)
                                                  .Zeros(2)
                                                  .Build());
  EXPECT_EQ(mod.command, TlvTableMod::Command::kAdd);
  ASSERT_EQ(mod.mappings.size(), 1u);
  EXPECT_EQ(mod.mappings[0], (TlvMapping{0x102, 0x80, 4, 3}));
  EXPECT_EQ(ErrorOf(k13, WireMessage::Nicira(k13, 24).U16(3).Zeros(6).Build()),
            OfErrorId::kTlvBadCommand);
  EXPECT_TRUE(Decode(k13, WireMessage::Nicira(k13, 25).Build()).ok());
}

TEST(Codec, WritesTheTlvTable) {
  const TlvMapping mapping{0x102, 0x80, 4, 3};
  const Bytes reply = EncodeTlvTable(k13, 7, {&mapping, 1});
  EXPECT_EQ(reply, WireMessage::Nicira(k13, 26)
                       .U32(128)
                       .U16(20)
                       .Zeros(10)
                       .U16(0x102)
                       .U8(0x80)
                       .U8(4)
                       .U16(3)
                       .Zeros(2)
                       .Build());
}

TEST(Codec, TellsThatMoreOfARequestFollows) {
  const OfResult<Request> more = Decode(k13, WireMessage::Multipart(k13, 12, 1).Build());
  ASSERT_TRUE(more.ok());
  EXPECT_TRUE(more->more);
  const OfResult<Request> last = Decode(k13, WireMessage::Multipart(k13, 12).Build());
  ASSERT_TRUE(last.ok());
  EXPECT_FALSE(last->more);
  // Before 1.3 requests have no flags.
  const OfResult<Request> old = Decode(k10, WireMessage::Multipart(k10, 0, 1).Build());
  ASSERT_TRUE(old.ok());
  EXPECT_FALSE(old->more);
}

TEST(Codec, QuotesTheStartOfTheRequestInAnError) {
  const Bytes request(100, 0xab);
  const Bytes error = EncodeError(k13, OfErrorId::kTableFull, 9, request);
  const auto decoded = DecodeAs<msg::Error>(k13, error);
  EXPECT_EQ(decoded.type, 5);
  EXPECT_EQ(decoded.code, 1);
  EXPECT_EQ(decoded.data, Bytes(64, 0xab));
  EXPECT_EQ(ReadHeader(error).xid, 9u);
}

TEST(Codec, WritesNiciraErrorsInTheFormOfTheVersion) {
  const auto old = DecodeAs<msg::Error>(k10, EncodeError(k10, OfErrorId::kMustBeZero, 9, {}));
  EXPECT_EQ(old.type, 0xb0c2);
  EXPECT_EQ(old.code, 0);
  EXPECT_EQ(old.data, Bytes({0, 0, 0x23, 0x20, 0, 1, 2, 3}));  // type 1, code 515
  const auto later = DecodeAs<msg::Error>(k13, EncodeError(k13, OfErrorId::kMustBeZero, 9, {}));
  EXPECT_EQ(later.type, 0xffff);
  EXPECT_EQ(later.code, 4);
  EXPECT_EQ(later.data, Bytes({0, 0, 0x23, 0x20}));
}

TEST(Codec, ExplainsAnIncompatibleHelloInWords) {
  const OfStatus status(OfErrorId::kHelloIncompatible, "speak 1.3");
  const auto error = DecodeAs<msg::Error>(k10, EncodeError(k10, status, 1, Bytes(8)));
  EXPECT_EQ(std::string(error.data.begin(), error.data.end()), "speak 1.3");
}

}  // namespace
}  // namespace vsw
