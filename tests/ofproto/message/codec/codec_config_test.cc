// SPDX-License-Identifier: Apache-2.0
//
// Requests that set up groups, meters, ports and tables, bundles and flow monitors.
#include <gtest/gtest.h>

#include "ofproto/message/group_check.h"
#include "tests/ofproto/message/codec/wire_message.h"

namespace vsw {
namespace {

using namespace testing;
using enum OfVersion;

// --- Groups ----------------------------------------------------------------

struct Bucket11 {
  uint16_t length = 16, weight = 0;
  uint32_t watch_port = kOfpAny, watch_group = kGroupAny;
};
Bytes GroupMod11(uint16_t command, uint8_t type, std::initializer_list<Bucket11> buckets,
                 uint32_t group = 5) {
  WireMessage message(k13, 15);
  message.U16(command).U8(type).U8(0).U32(group);
  for (const Bucket11& b : buckets) {
    message.U16(b.length).U16(b.weight).U32(b.watch_port).U32(b.watch_group).Zeros(4);
  }
  return message.Build();
}
constexpr uint8_t kAll = 0, kSelect = 1, kIndirect = 2, kFailover = 3;

TEST(GroupModCodec, ReadsBuckets) {
  const auto mod =
      DecodeAs<GroupMod>(k13, GroupMod11(0, kSelect, {{16, 3}, {16, 4, /*watch_port=*/2}}));
  EXPECT_EQ(mod.command, GroupMod::Command::kAdd);
  EXPECT_EQ(mod.type, GroupType::kSelect);
  EXPECT_EQ(mod.group, 5u);
  ASSERT_EQ(mod.buckets.size(), 2u);
  EXPECT_EQ(mod.buckets[0].weight, 3);
  EXPECT_EQ(mod.buckets[0].id, kBucketAll);
  EXPECT_EQ(mod.buckets[1].watch_port, 2u);
}

TEST(GroupModCodec, RefusesBucketsOfBadLength) {
  for (const uint16_t length : {0, 8, 15, 24, 0xffff}) {
    EXPECT_EQ(ErrorOf(k13, GroupMod11(0, kSelect, {{length}})), OfErrorId::kBadBucket) << length;
  }
}

TEST(GroupModCodec, RefusesWhatDoesNotFitTheTypeOfGroup) {
  EXPECT_EQ(ErrorOf(k13, GroupMod11(0, kAll, {{16, 1}})), OfErrorId::kInvalidGroup);
  EXPECT_EQ(ErrorOf(k13, GroupMod11(0, kAll, {{16, 0, 1}})), OfErrorId::kWatchUnsupported);
  EXPECT_EQ(ErrorOf(k13, GroupMod11(0, kIndirect, {{}, {}})), OfErrorId::kInvalidGroup);
  EXPECT_EQ(ErrorOf(k13, GroupMod11(0, kIndirect, {})), OfErrorId::kInvalidGroup);
  EXPECT_EQ(ErrorOf(k13, GroupMod11(0, kFailover, {{}})), OfErrorId::kInvalidGroup);
  EXPECT_EQ(ErrorOf(k13, GroupMod11(0, kFailover, {{16, 0, 1}})), OfErrorId::kCount);
  EXPECT_EQ(ErrorOf(k13, GroupMod11(0, 9, {})), OfErrorId::kBadGroupType);
}

TEST(GroupModCodec, RefusesCommandsAndGroupsThatDoNotExist) {
  EXPECT_EQ(ErrorOf(k13, GroupMod11(3, kAll, {})), OfErrorId::kBadGroupCommand);
  EXPECT_EQ(ErrorOf(k13, GroupMod11(77, kAll, {})), OfErrorId::kBadGroupCommand);
  EXPECT_EQ(ErrorOf(k13, GroupMod11(0, kAll, {}, kGroupAll)), OfErrorId::kInvalidGroup);
  EXPECT_EQ(ErrorOf(k13, GroupMod11(2, kAll, {}, kGroupAll)), OfErrorId::kCount);
  EXPECT_EQ(DecodeAs<GroupMod>(k13, GroupMod11(0x8000, kAll, {})).command,
            GroupMod::Command::kAddOrModify);
}

WireMessage GroupMod15(uint16_t command, uint8_t type, uint16_t bucket_bytes, uint32_t bucket) {
  WireMessage message(k15, 15);
  message.U16(command).U8(type).U8(0).U32(5).U16(bucket_bytes).U16(0).U32(bucket);
  return message;
}

TEST(GroupModCodec, ReadsBucketsWithPropertiesIn15) {
  const auto mod = DecodeAs<GroupMod>(k15, GroupMod15(0, kSelect, 24, kBucketAll)
                                               .U16(24)  // bucket
                                               .U16(0)
                                               .U32(7)
                                               .U16(0)  // weight
                                               .U16(8)
                                               .U16(30)
                                               .U16(0)
                                               .U16(1)  // watch port
                                               .U16(8)
                                               .U32(2)
                                               .Build());
  ASSERT_EQ(mod.buckets.size(), 1u);
  EXPECT_EQ(mod.buckets[0].id, 7u);
  EXPECT_EQ(mod.buckets[0].weight, 30);
  EXPECT_EQ(mod.buckets[0].watch_port, 2u);
}

TEST(GroupModCodec, InsertsAndRemovesBucketsIn15) {
  const auto insert =
      DecodeAs<GroupMod>(k15, GroupMod15(3, kAll, 8, kBucketLast).U16(8).U16(0).U32(1).Build());
  EXPECT_EQ(insert.command, GroupMod::Command::kInsertBucket);
  EXPECT_EQ(insert.command_bucket, kBucketLast);
  EXPECT_EQ(ErrorOf(k15, GroupMod15(3, kAll, 0, kBucketAll).Build()), OfErrorId::kUnknownBucket);
  EXPECT_EQ(ErrorOf(k15, GroupMod15(5, kAll, 0, kBucketAll).Build()), OfErrorId::kCount);
  EXPECT_EQ(ErrorOf(k15, GroupMod15(5, kAll, 8, 3).U16(8).U16(0).U32(1).Build()),
            OfErrorId::kBadBucket);
  EXPECT_EQ(ErrorOf(k15, GroupMod15(0, kAll, 0, 3).Build()), OfErrorId::kBadBucket);
  // The same by Nicira's message.
  const auto nicira = DecodeAs<GroupMod>(
      k10, WireMessage::Nicira(k10, 31).U16(5).U16(0).U32(5).U16(0).U16(0).U32(3).Build());
  EXPECT_EQ(nicira.command, GroupMod::Command::kRemoveBucket);
  EXPECT_EQ(nicira.command_bucket, 3u);
}

TEST(GroupModCodec, RefusesTheSameBucketTwiceAndListsThatOverrun) {
  EXPECT_EQ(
      ErrorOf(
          k15,
          GroupMod15(0, kAll, 16, kBucketAll).U16(8).U16(0).U32(1).U16(8).U16(0).U32(1).Build()),
      OfErrorId::kBucketExists);
  EXPECT_EQ(ErrorOf(k15, GroupMod15(0, kAll, 16, kBucketAll).U16(8).U16(0).U32(1).Build()),
            OfErrorId::kBadLength);
  EXPECT_EQ(ErrorOf(k15, GroupMod15(0, kAll, 8, kBucketAll).U16(8).U16(8).U32(1).Build()),
            OfErrorId::kBadBucket);
}

Bytes SelectionMethod(uint8_t type, Bytes method, const Bytes& fields) {
  method.resize(16);
  return GroupMod15(0, type, 0, kBucketAll)
      .U16(0xffff)
      .U16(static_cast<uint16_t>(40 + fields.size()))
      .U32(0x154d)
      .U32(1)
      .U32(0)
      .Put(method)
      .U64(0x1234)
      .Put(fields)
      .Zeros((8 - fields.size() % 8) % 8)
      .Build();
}

TEST(GroupModCodec, ReadsTheSelectionMethod) {
  const Bytes hash = {'h', 'a', 's', 'h'};
  const Bytes ip_src = {0x80, 0, 0x16, 4, 0xff, 0xff, 0xff, 0xff};
  const auto mod = DecodeAs<GroupMod>(k15, SelectionMethod(kSelect, hash, ip_src));
  EXPECT_EQ(mod.selection_method, "hash");
  EXPECT_EQ(mod.selection_parameter, 0x1234u);
  EXPECT_EQ(mod.selection_fields, std::vector<FieldId>{FieldId::kIpv4Src});
  EXPECT_EQ(ErrorOf(k15, SelectionMethod(kAll, hash, {})), OfErrorId::kBadPropertyValue);
  EXPECT_EQ(ErrorOf(k15, SelectionMethod(kSelect, {'x'}, {})), OfErrorId::kBadPropertyValue);
  EXPECT_EQ(ErrorOf(k15, SelectionMethod(kSelect, Bytes(16, 'h'), {})),
            OfErrorId::kBadPropertyValue);
  EXPECT_EQ(ErrorOf(k15, SelectionMethod(kSelect, hash, {0x80, 0, 0x16, 4, 0xff})),
            OfErrorId::kBadPropertyLength);
}

// --- Meters ----------------------------------------------------------------

WireMessage Meter(uint16_t command, uint16_t flags) {
  WireMessage message(k13, 29);
  message.U16(command).U16(flags).U32(4);
  return message;
}

TEST(MeterModCodec, ReadsBands) {
  const auto mod = DecodeAs<MeterMod>(k13, Meter(1, 2 | 4 | 8)
                                               .U16(1)
                                               .U16(16)
                                               .U32(100)
                                               .U32(10)
                                               .Zeros(4)
                                               .U16(2)
                                               .U16(16)
                                               .U32(50)
                                               .U32(5)
                                               .U8(3)
                                               .Zeros(3)
                                               .Build());
  EXPECT_EQ(mod.command, MeterMod::Command::kModify);
  EXPECT_EQ(mod.config.meter, 4u);
  EXPECT_TRUE(mod.config.packets_per_second);
  EXPECT_TRUE(mod.config.has_burst);
  EXPECT_TRUE(mod.config.keep_stats);
  const std::vector<MeterBand> bands = {{MeterBand::Type::kDrop, 100, 10, 0},
                                        {MeterBand::Type::kDscpRemark, 50, 5, 3}};
  EXPECT_EQ(mod.config.bands, bands);
}

TEST(MeterModCodec, RefusesBadFlagsBandsAndCommands) {
  EXPECT_EQ(ErrorOf(k13, Meter(0, 3).Build()), OfErrorId::kBadMeterFlags);
  EXPECT_EQ(ErrorOf(k13, Meter(0, 16).Build()), OfErrorId::kBadMeterFlags);
  EXPECT_EQ(ErrorOf(k13, Meter(3, 1).Build()), OfErrorId::kBadMeterCommand);
  EXPECT_EQ(ErrorOf(k13, Meter(0, 1).U16(3).U16(16).Zeros(12).Build()), OfErrorId::kBadMeterBand);
  EXPECT_EQ(ErrorOf(k13, Meter(0, 1).U16(1).U16(12).Zeros(12).Build()), OfErrorId::kBadLength);
  EXPECT_EQ(ErrorOf(k13, Meter(0, 1).U16(1).U16(16).Zeros(4).Build()), OfErrorId::kBadLength);
}

// --- Ports and tables ------------------------------------------------------

TEST(PortModCodec, ReadsAllForms) {
  const Bytes mac = {0, 1, 2, 3, 4, 5};
  const Bytes forms[] = {
      WireMessage(k10, 15).U16(3).Put(mac).U32(17).U32(1).U32(0x80).Zeros(4).Build(),
      WireMessage(k13, 16)
          .U32(3)
          .Zeros(4)
          .Put(mac)
          .Zeros(2)
          .U32(17)
          .U32(1)
          .U32(0x800)
          .Zeros(4)
          .Build(),
      WireMessage(k14, 16)
          .U32(3)
          .Zeros(4)
          .Put(mac)
          .Zeros(2)
          .U32(17)
          .U32(1)
          .U16(0)
          .U16(8)
          .U32(0x800)
          .Build(),
  };
  const OfVersion versions[] = {k10, k13, k14};
  for (size_t i = 0; i < 3; ++i) {
    const auto mod = DecodeAs<PortMod>(versions[i], forms[i]);
    EXPECT_EQ(mod.port, 3u);
    EXPECT_EQ(mod.mac, MacAddress::FromU64(0x000102030405));
    EXPECT_EQ(mod.mask, port_config::kDown);
    EXPECT_EQ(mod.config, port_config::kDown);  // NO_FLOOD is not in the mask
    EXPECT_EQ(mod.advertise, 0x800u) << "copper, as 1.1 on number it";
  }
}

TEST(PortModCodec, RefusesUnknownProperties) {
  WireMessage message(k14, 16);
  message.Zeros(24).U16(1).U16(8).Zeros(4);
  EXPECT_EQ(ErrorOf(k14, message.Build()), OfErrorId::kBadPropertyType);
}

TEST(TableModCodec, ReadsMissesUntil12AndEvictionFrom14) {
  const auto miss = DecodeAs<TableMod>(k12, WireMessage(k12, 17).U8(5).Zeros(3).U32(2).Build());
  EXPECT_EQ(miss.table, 5);
  EXPECT_EQ(miss.config.miss, TableConfig::Miss::kDrop);
  EXPECT_EQ(ErrorOf(k12, WireMessage(k12, 17).U8(5).Zeros(3).U32(3).Build()),
            OfErrorId::kTableModBadConfig);
  const auto vacancy = DecodeAs<TableMod>(
      k14, WireMessage(k14, 17).U8(5).Zeros(3).U32(12).U16(3).U16(8).U8(20).U8(80).U16(0).Build());
  EXPECT_TRUE(vacancy.set_eviction);
  EXPECT_TRUE(vacancy.config.eviction);
  EXPECT_TRUE(vacancy.config.vacancy_events);
  EXPECT_EQ(vacancy.config.vacancy_down, 20);
  EXPECT_EQ(vacancy.config.vacancy_up, 80);
  EXPECT_EQ(
      ErrorOf(k14, WireMessage(k14, 17).U32(0).U32(8).U16(3).U16(8).U8(80).U8(20).U16(0).Build()),
      OfErrorId::kBadPropertyValue);
}

TEST(TableFeaturesCodec, AcceptsWhatItHasToldAndSeesOtherWishes) {
  std::vector<TableStats> tables(254);
  for (size_t i = 0; i < tables.size(); ++i) {
    tables[i].table = static_cast<uint8_t>(i);
    tables[i].max_entries = 1'000'000;
  }
  for (const OfVersion version : {k13, k14, k15}) {
    std::vector<Bytes> replies = EncodeTableFeatures(version, 7, tables);
    for (size_t i = 0; i < replies.size(); ++i) {
      replies[i][1] = 18;  // a request
      const OfResult<Request> request = Decode(version, replies[i]);
      ASSERT_TRUE(request.ok()) << request.status().ToString();
      EXPECT_FALSE(std::get<msg::TableFeaturesRequest>(request->body).wants_change);
      EXPECT_EQ(request->more, i + 1 < replies.size());
    }
    Bytes other = replies[0];
    other[16 + 40] ^= 1;  // metadata that can be matched
    EXPECT_TRUE(DecodeAs<msg::TableFeaturesRequest>(version, other).wants_change);
    Bytes unknown = replies[0];
    unknown[16 + 2] = 254;
    EXPECT_EQ(ErrorOf(version, unknown), OfErrorId::kTableFeaturesBadTable);
  }
  const Bytes query = WireMessage::Multipart(k13, 12).Build();
  EXPECT_FALSE(DecodeAs<msg::TableFeaturesRequest>(k13, query).wants_change);
}

// --- Bundles ---------------------------------------------------------------

Bytes Barrier(OfVersion version, uint32_t xid) { return WireMessage(version, 20, xid).Build(); }
Bytes DeletePort(OfVersion version, uint32_t xid) {
  return WireMessage(version, 16, xid).U32(1).Zeros(20).Build();
}

TEST(BundleCodec, ReadsControlsOf14AndOfTheExtension) {
  const Bytes native = WireMessage(k14, 33).U32(9).U16(4).U16(3).Build();
  const auto control = DecodeAs<msg::BundleControl>(k14, native);
  EXPECT_EQ(control.id, 9u);
  EXPECT_EQ(control.type, msg::BundleControl::Type::kCommit);
  EXPECT_EQ(control.flags, 3);
  EXPECT_FALSE(control.onf);
  const Bytes onf = WireMessage::Experimenter(k13, 0x4f4e4600, 2300).U32(9).U16(0).U16(3).Build();
  EXPECT_TRUE(DecodeAs<msg::BundleControl>(k13, onf).onf);
  // Replies go back in the same form.
  EXPECT_EQ(EncodeBundleReply(k14, 7, control), native);
  EXPECT_EQ(EncodeBundleReply(k13, 7, DecodeAs<msg::BundleControl>(k13, onf)), onf);
  EXPECT_EQ(ErrorOf(k14, WireMessage(k14, 33).U32(9).U16(8).U16(3).Build()),
            OfErrorId::kBundleBadType);
}

TEST(BundleCodec, ReadsTheMessageWithin) {
  const Bytes inner = DeletePort(k14, 7);
  const auto add =
      DecodeAs<msg::BundleAdd>(k14, WireMessage(k14, 34).U32(9).U16(0).U16(1).Put(inner).Build());
  EXPECT_EQ(add.id, 9u);
  EXPECT_EQ(add.flags, 1);
  EXPECT_EQ(add.inner, inner);
  EXPECT_EQ(add.inner_type, 16);
  EXPECT_EQ(add.inner_xid, 7u);
  EXPECT_TRUE(std::holds_alternative<PortMod>(add.entry));
}

TEST(BundleCodec, RefusesWhatCannotBeBundled) {
  const auto error = [](const Bytes& inner) {
    return ErrorOf(k14, WireMessage(k14, 34).U32(9).U16(0).U16(1).Put(inner).Build());
  };
  EXPECT_EQ(error(Barrier(k14, 7)), OfErrorId::kBundleMessageUnsupported);
  EXPECT_EQ(error(DeletePort(k14, 8)), OfErrorId::kBundleMessageBadXid);
  EXPECT_EQ(error(DeletePort(k13, 7)), OfErrorId::kBadVersion);
  EXPECT_EQ(error(Bytes(4)), OfErrorId::kBundleMessageBadLength);
  Bytes longer = DeletePort(k14, 7);
  longer[3] += 8;
  EXPECT_EQ(error(longer), OfErrorId::kBundleMessageBadLength);
  const Bytes nested = WireMessage(k14, 34).U32(9).U32(1).Put(DeletePort(k14, 7)).Build();
  EXPECT_EQ(error(nested), OfErrorId::kBundleMessageUnsupported);
  // What is wrong with the message itself is told as such.
  EXPECT_EQ(error(WireMessage(k14, 16).U32(1).Build()), OfErrorId::kBadLength);
}

// --- Flow monitors ---------------------------------------------------------

TEST(FlowMonitorCodec, ReadsMonitorsOf14) {
  const auto requests = DecodeAs<msg::FlowMonitorRequests>(k14, WireMessage::Multipart(k14, 16)
                                                                    .U32(5)
                                                                    .U32(3)
                                                                    .U32(kGroupAny)
                                                                    .U16(0x47)
                                                                    .U8(1)
                                                                    .U8(0)
                                                                    .Put(EmptyMatch())
                                                                    .U32(6)
                                                                    .U32(kOfpAny)
                                                                    .U32(kGroupAny)
                                                                    .U16(0)
                                                                    .U8(0xff)
                                                                    .U8(2)
                                                                    .Put(EmptyMatch())
                                                                    .Build());
  ASSERT_EQ(requests.monitors.size(), 2u);
  EXPECT_EQ(requests.monitors[0].id, 5u);
  EXPECT_EQ(requests.monitors[0].selector.out_port, 3u);
  EXPECT_EQ(requests.monitors[0].selector.table, 1);
  EXPECT_EQ(requests.monitors[0].flags, 0x47);
  EXPECT_EQ(requests.monitors[1].command, FlowMonitorRequest::Command::kDelete);
}

Bytes NxMonitor(uint16_t flags, uint8_t pad) {
  return WireMessage::Multipart(k10, 0xffff)
      .U32(0x2320)
      .U32(2)
      .Zeros(4)
      .U32(5)
      .U16(flags)
      .U16(3)
      .U16(0)
      .U8(1)
      .Zeros(4)
      .U8(pad)
      .Build();
}

TEST(FlowMonitorCodec, ReadsNiciraMonitorsWhichHaveNoOnlyOwn) {
  const auto requests = DecodeAs<msg::FlowMonitorRequests>(k10, NxMonitor(0x3f, 0));
  ASSERT_EQ(requests.monitors.size(), 1u);
  EXPECT_EQ(requests.monitors[0].selector.out_port, 3u);
  EXPECT_EQ(ErrorOf(k10, NxMonitor(0x40, 0)), OfErrorId::kMonitorBadFlags);
  EXPECT_EQ(ErrorOf(k10, NxMonitor(1, 1)), OfErrorId::kMustBeZero);
}

}  // namespace
}  // namespace vsw
