// SPDX-License-Identifier: Apache-2.0
//
// Bundles (1.4 section 7.3.9, and ONF's extension 230 for 1.3).
#include <gmock/gmock.h>

#include "tests/ofproto/connection/server_fixture.h"

namespace vsw::testing {
namespace {

constexpr OfVersion k14 = OfVersion::k14;
constexpr uint16_t kOpen = 0, kClose = 2, kCommit = 4, kDiscard = 6;
constexpr uint16_t kAtomicOrdered = 3;
// Codes of OFPET_BUNDLE_FAILED.
constexpr uint16_t kBundleFailed = 17, kBadId = 2, kClosed = 4, kBadFlags = 7, kMsgBadXid = 9,
                   kMsgFailed = 13, kTimeout = 14;

class Bundles : public ServerTest {
 protected:
  static Bytes Control(uint32_t xid, uint32_t id, uint16_t what, uint16_t flags = kAtomicOrdered) {
    Writer body;
    body.U32(id), body.U16(what), body.U16(flags);
    return MakeMessage(k14, type::kBundleControl, xid, body);
  }
  static Bytes Add(uint32_t xid, uint32_t id, const Bytes& message,
                   uint16_t flags = kAtomicOrdered) {
    Writer body;
    body.U32(id), body.Zeros(2), body.U16(flags), body.Put(message);
    return MakeMessage(k14, type::kBundleAdd, xid, body);
  }
  /// The single answer to `request`; checks that a control's reply is of its kind.
  static Message Ask(Client& client, const Bytes& request) {
    client.Send(request);
    auto reply = client.Receive();
    if (!reply.has_value()) throw std::runtime_error("ended");
    return std::move(*reply);
  }
  static void ExpectReply(Client& client, const Bytes& request, uint16_t reply_type) {
    const Message reply = Ask(client, request);
    ASSERT_EQ(reply.header.type, type::kBundleControl);
    EXPECT_EQ(Reader(reply.body().subspan(4)).U16(), reply_type);
  }
  static void ExpectError(const Message& reply, uint16_t code) {
    ASSERT_EQ(reply.header.type, type::kError);
    EXPECT_EQ(reply.error_type(), kBundleFailed);
    EXPECT_EQ(reply.error_code(), code);
  }
};

TEST_F(Bundles, AreAppliedTogetherAndCommittedBeforeTheReply) {
  Start();
  Client client = Connect(k14);
  ExpectReply(client, Control(1, 5, kOpen), kOpen + 1);
  for (uint32_t i = 0; i < 3; ++i) client.Send(Add(10 + i, 5, MakeFlowMod(k14, 10 + i, i)));
  EXPECT_TRUE(client.Barrier(k14).empty());
  EXPECT_EQ(bridge_.flow_count(), 0u) << "nothing happens before the commit";
  ExpectReply(client, Control(2, 5, kClose), kClose + 1);
  bridge_.TakeLog();
  ExpectReply(client, Control(3, 5, kCommit), kCommit + 1);
  EXPECT_THAT(bridge_.TakeLog(),
              ::testing::ElementsAre("bundle 3", "flow", "flow", "flow", "commit"));
  ExpectError(Ask(client, Control(4, 5, kCommit)), kBadId);
}

TEST_F(Bundles, NeedNotBeOpenedOrClosed) {
  Start();
  Client client = Connect(k14);
  client.Send(Add(10, 6, MakeFlowMod(k14, 10, 1)));
  ExpectReply(client, Control(3, 6, kCommit), kCommit + 1);
  EXPECT_EQ(bridge_.flow_count(), 1u);
}

TEST_F(Bundles, AFailureNamesTheMessageAndThenTheBundle) {
  Start();
  Client client = Connect(k14);
  client.Send(Add(10, 5, MakeFlowMod(k14, 10, 1)));
  client.Send(Add(11, 5, MakeFlowMod(k14, 11, 2)));
  client.Barrier(k14);
  bridge_.RefuseNext(OfErrorId::kTableFull);
  client.Send(Control(12, 5, kCommit));
  const Message why = client.Expect(type::kError);
  EXPECT_EQ(why.error_type(), 5);
  EXPECT_EQ(why.error_code(), 1);
  EXPECT_EQ(ReadHeader(why.body().subspan(4)).type, type::kFlowMod) << "quotes the inner message";
  EXPECT_EQ(ReadHeader(why.body().subspan(4)).xid, 11u);
  const Message failed = client.Expect(type::kError);
  ExpectError(failed, kMsgFailed);
  EXPECT_EQ(failed.header.xid, 12u);
  EXPECT_EQ(bridge_.flow_count(), 0u);
}

TEST_F(Bundles, OfTheSameIdTwiceAreRefusedAndDiscarded) {
  Start();
  Client client = Connect(k14);
  ExpectReply(client, Control(1, 5, kOpen), kOpen + 1);
  ExpectError(Ask(client, Control(2, 5, kOpen)), kBadId);
  ExpectError(Ask(client, Control(3, 5, kDiscard)), kBadId);
}

TEST_F(Bundles, TakeNoMessagesWhenClosed) {
  Start();
  Client client = Connect(k14);
  ExpectReply(client, Control(1, 5, kOpen), kOpen + 1);
  ExpectReply(client, Control(2, 5, kClose), kClose + 1);
  ExpectError(Ask(client, Add(3, 5, MakeFlowMod(k14, 3, 1))), kClosed);
  ExpectError(Ask(client, Control(4, 5, kCommit)), kBadId);
}

TEST_F(Bundles, WantTheSameFlagsThroughout) {
  Start();
  Client client = Connect(k14);
  ExpectReply(client, Control(1, 5, kOpen, 1), kOpen + 1);
  ExpectError(Ask(client, Add(3, 5, MakeFlowMod(k14, 3, 1), 2)), kBadFlags);
  ExpectError(Ask(client, Control(4, 6, kOpen, 0x80)), kBadFlags);
}

TEST_F(Bundles, AreDiscardedWithWhatTheyHold) {
  Start();
  Client client = Connect(k14);
  client.Send(Add(3, 5, MakeFlowMod(k14, 3, 1)));
  ExpectReply(client, Control(4, 5, kDiscard), kDiscard + 1);
  ExpectError(Ask(client, Control(5, 5, kCommit)), kBadId);
  EXPECT_EQ(bridge_.flow_count(), 0u);
}

TEST_F(Bundles, WantTheTransactionIdOfTheirMessages) {
  Start();
  Client client = Connect(k14);
  ExpectError(Ask(client, Add(3, 5, MakeFlowMod(k14, 4, 1))), kMsgBadXid);
}

TEST_F(Bundles, OfOneConnectionAreNotThoseOfAnother) {
  Start();
  Client first = Connect(k14), second = Connect(k14);
  ExpectReply(first, Control(1, 5, kOpen), kOpen + 1);
  ExpectReply(second, Control(1, 5, kOpen), kOpen + 1);
  ExpectReply(first, Control(2, 5, kDiscard), kDiscard + 1);
  ExpectReply(second, Control(2, 5, kCommit), kCommit + 1);
}

TEST_F(Bundles, EndWhenNobodyTouchesThem) {
  options_.bundle_timeout_ms = 150;
  Start();
  Client client = Connect(k14);
  ExpectReply(client, Control(33, 5, kOpen), kOpen + 1);
  const Message error = client.Expect(type::kError);
  ExpectError(error, kTimeout);
  EXPECT_EQ(error.header.xid, 33u);
  ExpectError(Ask(client, Control(4, 5, kCommit)), kBadId);
}

TEST_F(Bundles, AreBoundedInNumber) {
  Start();
  Client client = Connect(k14);
  for (uint32_t id = 0; id < 64; ++id) ExpectReply(client, Control(1, id, kOpen), kOpen + 1);
  const Message error = Ask(client, Control(2, 64, kOpen));
  EXPECT_EQ(error.error_type(), kBundleFailed);
  EXPECT_EQ(error.error_code(), 5) << "out of bundles";
}

TEST_F(Bundles, WorkInOneDotThreeByTheExtension) {
  Start();
  constexpr OfVersion k13 = OfVersion::k13;
  Client client = Connect(k13);
  const auto control = [&](uint16_t what) {
    Writer body;
    body.U32(0x4f4e4600), body.U32(2300), body.U32(5), body.U16(what), body.U16(3);
    return MakeMessage(k13, type::kExperimenter, 70, body);
  };
  client.Send(control(kOpen));
  EXPECT_EQ(client.Expect(type::kExperimenter).header.xid, 70u);
  Writer add;
  add.U32(0x4f4e4600), add.U32(2301), add.U32(5), add.Zeros(2), add.U16(3);
  add.Put(MakeFlowMod(k13, 71, 1));
  client.Send(MakeMessage(k13, type::kExperimenter, 71, add));
  client.Send(control(kCommit));
  EXPECT_EQ(Reader(client.Expect(type::kExperimenter).body().subspan(12)).U16(), kCommit + 1);
  EXPECT_EQ(bridge_.flow_count(), 1u);
}

}  // namespace
}  // namespace vsw::testing
