// SPDX-License-Identifier: Apache-2.0
//
// Sizes and limits of what the switch sends; ovs_print_test.cc sees to what it says.
#include <gtest/gtest.h>

#include <algorithm>

#include "ofproto/message/frame.h"
#include "ofproto/message/parts.h"
#include "tests/ofproto/message/codec/samples.h"
#include "tests/ofproto/message/codec/wire_message.h"

namespace vsw {
namespace {

using namespace testing;
using enum OfVersion;

// Bytes of a multipart reply's header.
size_t HeaderBytes(OfVersion version) { return version == k10 ? 12 : 16; }
bool HasMore(const Bytes& message) { return message[11] == 1; }

TEST(CodecReplies, AreMessagesOfTheirOwnLengthAndVersion) {
  size_t messages = 0;
  for (const Sample& sample : EncodedSamples()) {
    std::span<const uint8_t> rest = sample.bytes;
    while (!rest.empty()) {
      const OfHeader header = ReadHeader(rest);
      EXPECT_EQ(NameOf(static_cast<OfVersion>(header.version)), sample.title.substr(0, 3));
      ASSERT_GE(header.length, kOfHeaderBytes) << sample.title;
      ASSERT_LE(header.length, rest.size()) << sample.title;
      rest = rest.subspan(header.length);
      ++messages;
    }
  }
  EXPECT_GT(messages, 150u);
}

TEST(CodecReplies, HaveEntriesOfTheSpecifiedSizes) {
  const PortDesc port = SamplePort();
  const TableStats table = SampleTable();
  const PortStats port_stats;
  const GroupStats group_stats;
  const MeterStats meter_stats;
  struct Sizes {
    OfVersion version;
    size_t port, port_stats, table_stats;
  };
  const Sizes all[] = {{k10, 48, 104, 64}, {k11, 64, 104, 88}, {k12, 64, 104, 128},
                       {k13, 64, 112, 24}, {k14, 72, 120, 24}, {k15, 72, 120, 24}};
  for (const Sizes& sizes : all) {
    const OfVersion version = sizes.version;
    const size_t header = HeaderBytes(version);
    EXPECT_EQ(EncodePortDesc(version, 1, {&port, 1})[0].size(), header + sizes.port);
    EXPECT_EQ(EncodePortStatus(version, {PortStatusReason::kAdd, port}).size(), 16 + sizes.port);
    EXPECT_EQ(EncodePortStats(version, 1, {&port_stats, 1})[0].size(), header + sizes.port_stats);
    EXPECT_EQ(EncodeTableStats(version, 1, {&table, 1})[0].size(), header + sizes.table_stats);
    EXPECT_EQ(EncodeDesc(version, 1, {})[0].size(), header + 1056);
    EXPECT_EQ(EncodeQueueStats(version, 1)[0].size(), header);
  }
  EXPECT_EQ(EncodeGroupStats(k12, 1, {&group_stats, 1})[0].size(), 16 + 32u);
  EXPECT_EQ(EncodeGroupStats(k13, 1, {&group_stats, 1})[0].size(), 16 + 40u);
  EXPECT_EQ(EncodeMeterStats(k13, 1, {&meter_stats, 1})[0].size(), 16 + 40u);
  EXPECT_EQ(EncodeGroupFeatures(k13, 1)[0].size(), 16 + 40u);
  EXPECT_EQ(EncodeMeterFeatures(k13, 1)[0].size(), 16 + 16u);
}

TEST(CodecReplies, AreEmptyMessagesWhenThereIsNothingToTell) {
  for (const OfVersion version : kVersions) {
    const std::vector<Bytes> reply = EncodeFlowStats(version, 5, false, {});
    ASSERT_EQ(reply.size(), 1u);
    EXPECT_EQ(reply[0].size(), HeaderBytes(version));
    EXPECT_EQ(ReadHeader(reply[0]).xid, 5u);
    EXPECT_FALSE(HasMore(reply[0]));
  }
}

TEST(CodecReplies, GoOnInFurtherMessagesBetweenEntries) {
  const std::vector<FlowStats> flows(2000, SampleFlow());
  for (const OfVersion version : kVersions) {
    const std::vector<Bytes> reply = EncodeFlowStats(version, 5, false, flows);
    ASSERT_GT(reply.size(), 2u);
    size_t entries = 0;
    for (size_t i = 0; i < reply.size(); ++i) {
      EXPECT_EQ(HasMore(reply[i]), i + 1 < reply.size());
      EXPECT_EQ(ReadHeader(reply[i]).length, reply[i].size());
      EXPECT_EQ(ReadHeader(reply[i]).xid, 5u);
      Reader in{std::span<const uint8_t>(reply[i]).subspan(HeaderBytes(version))};
      while (in.left() > 0) {
        Reader peek = in;
        in.Skip(peek.U16());
        ASSERT_TRUE(in.ok());
        ++entries;
      }
    }
    EXPECT_EQ(entries, flows.size());
  }
}

TEST(CodecReplies, TellOfAFlowWhoseActionsDoNotFitBehindItsStatistics) {
  FlowStats flow = SampleFlow();
  flow.instructions.apply.assign(4090, act::Output{1});  // 16 bytes each: just below 64 KiB
  const std::vector<Bytes> reply = EncodeFlowStats(k13, 5, false, {&flow, 1});
  ASSERT_EQ(reply.size(), 1u);
  EXPECT_GT(reply[0].size(), HeaderBytes(k13));
  EXPECT_LT(reply[0].size(), 200u);
}

TEST(CodecReplies, CutAPacketThatNoMessageCanHold) {
  PacketIn in = SamplePacketIn();
  in.packet.assign(70'000, 0xaa);
  in.total_bytes = 70'000;
  for (const OfVersion version : kVersions) {
    for (const PacketInFormat format :
         {PacketInFormat::kStandard, PacketInFormat::kNxt, PacketInFormat::kNxt2}) {
      Dialect dialect;
      dialect.version = version;
      dialect.packet_in_format = format;
      const Bytes bytes = EncodePacketIn(dialect, in);
      EXPECT_LE(bytes.size(), 0xffffu);
      EXPECT_GT(bytes.size(), 0xff00u);
      EXPECT_EQ(ReadHeader(bytes).length, bytes.size());
    }
  }
}

TEST(CodecReplies, GiveReasonsThatTheVersionKnows) {
  const auto reason = [](OfVersion version, PacketInReason packet_in_reason) {
    PacketIn in = SamplePacketIn();
    in.reason = packet_in_reason;
    Dialect dialect;
    dialect.version = version;
    return EncodePacketIn(dialect, in)[version == k10 ? 16 : 14];
  };
  EXPECT_EQ(reason(k13, PacketInReason::kNoMatch), 0);
  EXPECT_EQ(reason(k12, PacketInReason::kNoMatch), 1);  // there are no table-miss rules
  EXPECT_EQ(reason(k10, PacketInReason::kImplicitMiss), 0);
  EXPECT_EQ(reason(k13, PacketInReason::kGroup), 1);
  EXPECT_EQ(reason(k14, PacketInReason::kGroup), 4);
  EXPECT_EQ(reason(k10, PacketInReason::kInvalidTtl), 2);
}

TEST(CodecReplies, SayOfAVersionsNewMessagesNothingInOlderOnes) {
  EXPECT_TRUE(EncodeRoleStatus(k13, msg::Role::kSlave, RoleStatusReason::kConfig, 1).empty());
  EXPECT_TRUE(EncodeTableStatus(k13, 3, SampleTable()).empty());
  EXPECT_TRUE(EncodeRequestForward(k13, GroupMod()).empty());
  EXPECT_TRUE(EncodeRequestForward(k13, MeterMod()).empty());
}

TEST(CodecReplies, ForwardInNicirasWordsWhatAVersionHasNone) {
  GroupMod mod;
  mod.command = GroupMod::Command::kInsertBucket;
  mod.type = GroupType::kSelect;  // the one with weights
  mod.group = 7;
  mod.command_bucket = kBucketFirst;
  mod.buckets.resize(1);
  mod.buckets[0].id = 1;
  for (const OfVersion version : {k14, k15}) {
    const Bytes forwarded = EncodeRequestForward(version, mod);
    const std::span<const uint8_t> inner = std::span(forwarded).subspan(kOfHeaderBytes);
    EXPECT_EQ(inner[1], version == k14 ? of_type::kExperimenter : of_type::kGroupMod);
    Dialect dialect;
    dialect.version = version;
    const OfResult<Request> request = DecodeRequest(dialect, inner);
    ASSERT_TRUE(request.ok()) << request.status().ToString();
    const GroupMod& again = std::get<GroupMod>(request->body);
    EXPECT_EQ(again.command, mod.command);
    EXPECT_EQ(again.command_bucket, mod.command_bucket);
    EXPECT_EQ(again.buckets, mod.buckets);
  }
}

TEST(CodecReplies, LeaveOutWhatAVersionCannotSay) {
  FlowStats flow = SampleFlow();
  flow.match.Set(FieldId::kReg0, FieldValue::OfU64(5));
  Dialect dialect;
  dialect.version = k10;
  // ofp_match has no registers: NXT_FLOW_REMOVED has.
  EXPECT_EQ(EncodeFlowRemoved(dialect, {flow, FlowRemovedReason::kDelete})[1], 4);
  EXPECT_EQ(EncodeFlowRemoved(dialect, {SampleFlow(), FlowRemovedReason::kDelete})[1], 11);
}

TEST(CodecReplies, ListAllTheFieldsOfTableFeaturesOnce) {
  const TableStats table = SampleTable();
  for (const OfVersion version : {k13, k14, k15}) {
    const Bytes reply = EncodeTableFeatures(version, 1, {&table, 1})[0];
    Reader in{std::span<const uint8_t>(reply).subspan(16 + 64)};
    std::vector<uint16_t> types;
    while (in.left() > 0) {
      const size_t start = in.position();
      types.push_back(in.U16());
      const size_t length = in.U16();
      ASSERT_GE(length, 4u);
      Reader body(in.Take(length - 4));
      in.Skip((8 - (in.position() - start) % 8) % 8);
      ASSERT_TRUE(in.ok());
      if (types.back() != 8) continue;
      std::vector<FieldId> seen;
      while (body.left() > 0) {
        bool has_mask = false;
        const OfResult<FieldId> field = DecodeFieldHeader(&body, &has_mask);
        ASSERT_TRUE(field.ok());
        EXPECT_EQ(std::count(seen.begin(), seen.end(), *field), 0) << Describe(*field).name;
        seen.push_back(*field);
      }
      EXPECT_GT(seen.size(), 80u);
    }
    // Each property with the one for the table-miss rule behind it (1.3 section 7.3.5.5.2).
    const std::vector<uint16_t> expected = {2, 3, 0, 1, 4, 5, 6, 7, 8, 10, 12, 13, 14, 15};
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), types.begin()));
  }
}

}  // namespace
}  // namespace vsw
