// SPDX-License-Identifier: Apache-2.0
//
// What is answered to requests, and with which errors.
#include <gmock/gmock.h>

#include "tests/ofproto/connection/server_fixture.h"

namespace vsw::testing {
namespace {

using ::testing::ElementsAre;

constexpr OfVersion k13 = OfVersion::k13;

class Requests : public ServerTest {
 protected:
  /// Sends one message and returns the first answer to it.
  static Message Ask(Client& client, const Bytes& request) {
    client.Send(request);
    for (;;) {
      auto reply = client.Receive();
      if (!reply.has_value()) throw std::runtime_error("connection ended");
      if (reply->header.xid == ReadHeader(request).xid) return std::move(*reply);
    }
  }
  static void ExpectError(const Message& reply, uint16_t error_type, uint16_t code) {
    ASSERT_EQ(reply.header.type, type::kError);
    EXPECT_EQ(reply.error_type(), error_type);
    EXPECT_EQ(reply.error_code(), code);
  }
  /// Type and first entry bytes of a multipart reply.
  static std::span<const uint8_t> Entries(const Message& reply) { return reply.body().subspan(8); }
};

TEST_F(Requests, FeaturesTellTheDatapathIdAndItsTables) {
  Start();
  Client client = Connect(k13);
  const Message reply = Ask(client, MakeMessage(k13, type::kFeaturesRequest, 2));
  Reader in(reply.body());
  EXPECT_EQ(in.U64(), 0x0000aabbccddeeffull);
  EXPECT_EQ(in.U32(), 0u) << "nothing is buffered";
  EXPECT_EQ(in.U8(), 254);
}

TEST_F(Requests, DescriptionNamesTheBridge) {
  Start();
  Client client = Connect(k13);
  const Message reply = Ask(client, MakeMultipart(k13, 3, 0));
  const std::string text(reply.bytes.begin(), reply.bytes.end());
  EXPECT_THAT(text, ::testing::HasSubstr("vsw test"));
  EXPECT_THAT(text, ::testing::HasSubstr("br0"));
}

TEST_F(Requests, ConfigurationIsKeptAndAppliedToTheBridge) {
  Start();
  Client client = Connect(k13);
  Writer config;
  config.U16(1), config.U16(999);  // drop fragments
  client.Send(MakeMessage(k13, type::kSetConfig, 4, config));
  const Message reply = Ask(client, MakeMessage(k13, type::kGetConfig, 5));
  EXPECT_THAT(reply.body(), ElementsAre(0, 1, 999 >> 8, 999 & 0xff));
  EXPECT_THAT(bridge_.TakeLog(), ::testing::IsSupersetOf({"fragments 1", "commit"}));
}

TEST_F(Requests, ReassemblyIsRefused) {
  Start();
  Client client = Connect(k13);
  Writer config;
  config.U16(2), config.U16(128);
  ExpectError(Ask(client, MakeMessage(k13, type::kSetConfig, 4, config)), 10, 0);
}

TEST_F(Requests, ABarrierIsAnsweredAfterACommit) {
  Start();
  Client client = Connect(k13);
  client.Barrier();
  bridge_.TakeLog();
  client.Send(MakeFlowMod(k13, 10, 1));
  client.Send(MakeFlowMod(k13, 11, 2));
  EXPECT_TRUE(client.Barrier().empty());
  const auto log = bridge_.TakeLog();
  ASSERT_FALSE(log.empty());
  EXPECT_EQ(log.back(), "commit");
  EXPECT_EQ(std::count(log.begin(), log.end(), "flow"), 2);
}

TEST_F(Requests, ABarrierInTheMiddleCommitsBeforeWhatFollows) {
  Start();
  Client client = Connect(k13);
  client.Barrier();
  bridge_.TakeLog();
  Bytes all;
  for (const Bytes& message : {MakeFlowMod(k13, 10, 1), MakeMessage(k13, type::kBarrierRequest, 11),
                               MakeFlowMod(k13, 12, 2), MakeMultipart(k13, 13, 3)}) {
    all.insert(all.end(), message.begin(), message.end());
  }
  client.Send(all);
  EXPECT_EQ(client.Expect(type::kMultipartReply).header.xid, 13u);
  EXPECT_THAT(bridge_.TakeLog(), ElementsAre("flow", "commit", "flow", "commit"));
}

TEST_F(Requests, AnErrorQuotesItsRequestAndOthersGoOn) {
  Start();
  Client client = Connect(k13);
  bridge_.RefuseNext(OfErrorId::kTableFull);
  const Bytes refused = MakeFlowMod(k13, 20, 1);
  client.Send(refused);
  client.Send(MakeFlowMod(k13, 21, 2));
  const auto answers = client.Barrier();
  ASSERT_EQ(answers.size(), 1u);
  ExpectError(answers[0], 5, 1);
  EXPECT_EQ(answers[0].header.xid, 20u);
  const auto quoted = answers[0].body().subspan(4);
  EXPECT_EQ(quoted.size(), std::min<size_t>(refused.size(), 64));
  EXPECT_TRUE(std::equal(quoted.begin(), quoted.end(), refused.begin()));
  EXPECT_EQ(bridge_.flow_count(), 1u);
}

TEST_F(Requests, UnknownTypesAreErrorsThatEndNothing) {
  Start();
  Client client = Connect(k13);
  ExpectError(Ask(client, MakeMessage(k13, 99, 30)), 1, 1);
  ExpectError(Ask(client, MakeMultipart(k13, 31, 4000)), 1, 2);
  Writer experimenter;
  experimenter.U32(0x123456), experimenter.U32(1);
  ExpectError(Ask(client, MakeMessage(k13, type::kExperimenter, 32, experimenter)), 1, 3);
  EXPECT_TRUE(client.Barrier().empty());
}

TEST_F(Requests, StatisticsOfOneGroupOrPortLeaveOutTheOthers) {
  Start();
  Client client = Connect(k13);
  for (uint32_t group : {5u, 6u}) {
    Writer mod;
    mod.U16(0), mod.U8(0), mod.U8(0), mod.U32(group);
    client.Send(MakeMessage(k13, type::kGroupMod, 40, mod));
  }
  Writer one, none, all;
  one.U32(6), one.Zeros(4);
  none.U32(7), none.Zeros(4);
  all.U32(kGroupAll), all.Zeros(4);
  const Message reply = Ask(client, MakeMultipart(k13, 41, 6, one));
  EXPECT_EQ(Entries(reply).size(), 40u);
  EXPECT_EQ(Reader(Entries(reply).subspan(4)).U32(), 6u);
  EXPECT_EQ(Entries(Ask(client, MakeMultipart(k13, 42, 6, none))).size(), 0u);
  EXPECT_EQ(Entries(Ask(client, MakeMultipart(k13, 43, 6, all))).size(), 80u);
  Writer port, any;
  port.U32(2), port.Zeros(4);
  any.U32(kOfpAny), any.Zeros(4);
  EXPECT_EQ(Entries(Ask(client, MakeMultipart(k13, 44, 4, port))).size(), 112u);
  EXPECT_EQ(Entries(Ask(client, MakeMultipart(k13, 45, 4, any))).size(), 3 * 112u);
}

TEST_F(Requests, StatisticsOfUnknownMetersQueuesAndTablesAreErrors) {
  Start();
  Client client = Connect(k13);
  Writer meter;
  meter.U32(9), meter.Zeros(4);
  ExpectError(Ask(client, MakeMultipart(k13, 50, 9, meter)), 12, 3);
  ExpectError(Ask(client, MakeMultipart(k13, 51, 10, meter)), 12, 3);
  Writer bad_port, bad_queue, queues;
  bad_port.U32(99), bad_port.U32(0xffffffff);
  bad_queue.U32(1), bad_queue.U32(5);
  queues.U32(1), queues.U32(0xffffffff);
  ExpectError(Ask(client, MakeMultipart(k13, 52, 5, bad_port)), 9, 0);
  ExpectError(Ask(client, MakeMultipart(k13, 53, 5, bad_queue)), 9, 1);
  EXPECT_EQ(Entries(Ask(client, MakeMultipart(k13, 54, 5, queues))).size(), 0u);
  Writer config;
  config.U32(99), config.Zeros(4);
  ExpectError(Ask(client, MakeMessage(k13, type::kQueueConfig, 55, config)), 9, 0);
  Writer flows;
  flows.U8(254), flows.Zeros(3), flows.U32(kOfpAny), flows.U32(kGroupAny), flows.Zeros(4 + 16);
  flows.U16(1), flows.U16(4), flows.Zeros(4);
  ExpectError(Ask(client, MakeMultipart(k13, 56, 1, flows)), 1, 9);
}

TEST_F(Requests, BuffersAreUnknown) {
  Start();
  Client client = Connect(k13);
  Writer out;
  out.U32(7), out.U32(kOfpController), out.U16(0), out.Zeros(6);
  ExpectError(Ask(client, MakeMessage(k13, type::kPacketOut, 60, out)), 1, 8);
  Bytes mod = MakeFlowMod(k13, 61, 1);
  mod[8 + 24 + 3] = 7, mod[8 + 24] = mod[8 + 25] = mod[8 + 26] = 0;  // buffer_id
  ExpectError(Ask(client, mod), 1, 8);
  EXPECT_EQ(bridge_.flow_count(), 1u) << "the flow itself is made";
}

TEST_F(Requests, TableFeaturesComeInManyPartsAndCannotBeChanged) {
  Start();
  Client client = Connect(k13);
  client.Send(MakeMultipart(k13, 70, 12));
  int parts = 0;
  for (bool more = true; more; ++parts) {
    const Message part = client.Expect(type::kMultipartReply);
    EXPECT_EQ(part.header.xid, 70u);
    more = (part.body()[3] & 1) != 0;
  }
  EXPECT_GT(parts, 1);
}

TEST_F(Requests, ARequestInPartsIsAnsweredOnce) {
  Start();
  Client client = Connect(k13);
  client.Send(MakeMultipart(k13, 80, 12, {}, true));
  EXPECT_TRUE(client.Barrier().empty());
  client.Send(MakeMultipart(k13, 80, 12, {}, false));
  EXPECT_EQ(client.Expect(type::kMultipartReply).header.xid, 80u);
}

TEST_F(Requests, PartsOfDifferentTypesAreAnError) {
  Start();
  Client client = Connect(k13);
  client.Send(MakeMultipart(k13, 81, 12, {}, true));
  ExpectError(Ask(client, MakeMultipart(k13, 81, 0)), 1, 2);
}

TEST_F(Requests, TooManyOpenMultipartsAreAnError) {
  Start();
  Client client = Connect(k13);
  for (uint32_t xid = 100; xid < 116; ++xid) client.Send(MakeMultipart(k13, xid, 12, {}, true));
  EXPECT_TRUE(client.Barrier().empty());
  ExpectError(Ask(client, MakeMultipart(k13, 116, 12, {}, true)), 1, 13);
}

TEST_F(Requests, PortAndTableModsReachTheBridge) {
  Start();
  Client client = Connect(k13);
  client.Barrier();
  bridge_.TakeLog();
  Writer mod;
  mod.U32(2), mod.Zeros(4 + 6 + 2), mod.U32(1), mod.U32(1), mod.U32(0), mod.Zeros(4);
  Bytes both = MakeMessage(k13, type::kPortMod, 90, mod);
  Writer table;
  table.U8(3), table.Zeros(3), table.U32(0);
  const Bytes second = MakeMessage(k13, type::kTableMod, 91, table);
  both.insert(both.end(), second.begin(), second.end());
  client.Send(both);  // what comes together is committed together
  EXPECT_TRUE(client.Barrier().empty());
  EXPECT_THAT(bridge_.TakeLog(), ElementsAre("port 2", "table", "commit"));
}

TEST_F(Requests, MetersAreMadeAndListed) {
  Start();
  Client client = Connect(k13);
  Writer mod;
  mod.U16(0), mod.U16(1), mod.U32(3);
  mod.U16(1), mod.U16(16), mod.U32(1000), mod.U32(0), mod.Zeros(4);
  client.Send(MakeMessage(k13, type::kMeterMod, 95, mod));
  Writer all;
  all.U32(kMeterAll), all.Zeros(4);
  EXPECT_EQ(Entries(Ask(client, MakeMultipart(k13, 96, 10, all))).size(), 8u + 16u);
}

}  // namespace
}  // namespace vsw::testing
