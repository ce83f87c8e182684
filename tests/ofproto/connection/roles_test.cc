// SPDX-License-Identifier: Apache-2.0
//
// Roles of several controllers (1.3 section 6.3.4), and asynchronous messages by role and filter.
#include <gmock/gmock.h>

#include "tests/ofproto/connection/server_fixture.h"

namespace vsw::testing {
namespace {

constexpr OfVersion k13 = OfVersion::k13, k14 = OfVersion::k14;
using msg::Role;

class Roles : public ServerTest {
 protected:
  static uint32_t RoleOf(Client& client, OfVersion version) {
    client.Send(MakeRole(version, 1, Role::kNoChange, 0));
    return Reader(client.Expect(type::kRoleReply).body()).U32();
  }
  static void Become(Client& client, Role role, uint64_t generation, OfVersion version = k13) {
    client.Send(MakeRole(version, 2, role, generation));
    const Message reply = client.Expect(type::kRoleReply);
    EXPECT_EQ(Reader(reply.body()).U32(), static_cast<uint32_t>(role));
    EXPECT_EQ(Reader(reply.body().subspan(8)).U64(), generation);
  }
  void SendPacketIn(PacketInReason reason, uint16_t controller_id = 0) {
    PacketIn packet_in;
    packet_in.packet = Bytes(60, 1);
    packet_in.total_bytes = 60;
    packet_in.reason = reason;
    packet_in.controller_id = controller_id;
    bridge_.Tell([&](BridgeObserver* observer) { observer->OnPacketIn(packet_in); });
  }
  void SendPortStatus() {
    PortStatus status{PortStatusReason::kModify, PortDesc{}};
    status.desc.port = 1;
    bridge_.Tell([&](BridgeObserver* observer) { observer->OnPortStatus(status); });
  }
  static int Count(const std::vector<Message>& messages, uint8_t of_type) {
    return static_cast<int>(
        std::count_if(messages.begin(), messages.end(),
                      [&](const Message& message) { return message.header.type == of_type; }));
  }
};

TEST_F(Roles, AreEqualAtFirst) {
  Start();
  Client client = Connect(k13);
  client.Send(MakeRole(k13, 1, Role::kNoChange, 0));
  const Message reply = client.Expect(type::kRoleReply);
  EXPECT_EQ(Reader(reply.body()).U32(), static_cast<uint32_t>(Role::kEqual));
  EXPECT_EQ(Reader(reply.body().subspan(8)).U64(), ~0ull) << "no generation yet";
}

TEST_F(Roles, ANewMasterMakesTheOldOneASlave) {
  Start();
  Client first = Connect(k14), second = Connect(k13), equal = Connect(k13);
  Become(first, Role::kMaster, 1, k14);
  Become(second, Role::kMaster, 2);
  const Message status = first.Expect(type::kRoleStatus);
  Reader in(status.body());
  EXPECT_EQ(in.U32(), static_cast<uint32_t>(Role::kSlave));
  EXPECT_EQ(in.U8(), 0) << "another controller asked for it";
  in.Skip(3);
  EXPECT_EQ(in.U64(), 2u);
  EXPECT_EQ(RoleOf(first, k14), static_cast<uint32_t>(Role::kSlave));
  EXPECT_EQ(RoleOf(equal, k13), static_cast<uint32_t>(Role::kEqual));
}

TEST_F(Roles, AStaleGenerationIsRefused) {
  Start();
  Client client = Connect(k13);
  Become(client, Role::kMaster, 10);
  client.Send(MakeRole(k13, 3, Role::kSlave, 9));
  const Message error = client.Expect(type::kError);
  EXPECT_EQ(error.error_type(), 11);
  EXPECT_EQ(error.error_code(), 0);
  EXPECT_EQ(RoleOf(client, k13), static_cast<uint32_t>(Role::kMaster));
}

TEST_F(Roles, ASlaveMayLookAndNotChange) {
  Start();
  Client client = Connect(k13);
  Become(client, Role::kSlave, 1);
  client.Send(MakeFlowMod(k13, 20, 1));
  Writer out;
  out.U32(kNoBuffer), out.U32(kOfpController), out.U16(0), out.Zeros(6);
  client.Send(MakeMessage(k13, type::kPacketOut, 21, out));
  const auto answers = client.Barrier();
  ASSERT_EQ(answers.size(), 2u);
  for (const Message& error : answers) {
    EXPECT_EQ(error.header.type, type::kError);
    EXPECT_EQ(error.error_type(), 1);
    EXPECT_EQ(error.error_code(), 10);
  }
  EXPECT_EQ(bridge_.flow_count(), 0u);
  client.Send(MakeMessage(k13, type::kFeaturesRequest, 22));
  client.Expect(type::kFeaturesReply);
}

TEST_F(Roles, ASlaveGetsPortStatusAlone) {
  Start();
  Client master = Connect(k13), slave = Connect(k13);
  Become(master, Role::kMaster, 1);
  Become(slave, Role::kSlave, 1);
  SendPacketIn(PacketInReason::kAction);
  SendPortStatus();
  const auto for_master = master.Barrier(), for_slave = slave.Barrier();
  EXPECT_EQ(Count(for_master, type::kPacketIn), 1);
  EXPECT_EQ(Count(for_master, type::kPortStatus), 1);
  EXPECT_EQ(Count(for_slave, type::kPacketIn), 0);
  EXPECT_EQ(Count(for_slave, type::kPortStatus), 1);
}

TEST_F(Roles, APassiveConnectionGetsPacketInsWithoutAsking) {
  Start();
  Client client = Connect(k13);
  client.Barrier();
  SendPacketIn(PacketInReason::kNoMatch);
  EXPECT_EQ(client.Expect(type::kPacketIn).body()[8 + 2 - 4 + 0], 0);
}

TEST_F(Roles, AsyncMasksDecideByReason) {
  Start();
  Client client = Connect(k13);
  Writer masks;  // packet-ins for actions alone, no port status, flow-removed for none
  masks.U32(1 << 1), masks.U32(0), masks.U32(0), masks.U32(0), masks.U32(0), masks.U32(0);
  client.Send(MakeMessage(k13, type::kSetAsync, 30, masks));
  client.Barrier();
  SendPacketIn(PacketInReason::kNoMatch);
  SendPacketIn(PacketInReason::kAction);
  SendPortStatus();
  const auto got = client.Barrier();
  EXPECT_EQ(Count(got, type::kPacketIn), 1);
  EXPECT_EQ(Count(got, type::kPortStatus), 0);
  client.Send(MakeMessage(k13, type::kGetAsync, 31));
  EXPECT_EQ(Reader(client.Expect(type::kAsyncReply).body()).U32(), 2u);
}

TEST_F(Roles, AMissWithoutARuleGoesToOldVersionsAlone) {
  Start();
  Client old = Connect(OfVersion::k10), recent = Connect(k13);
  old.Barrier(OfVersion::k10), recent.Barrier();
  SendPacketIn(PacketInReason::kImplicitMiss);
  EXPECT_EQ(Count(old.Barrier(OfVersion::k10), type::kPacketIn), 1);
  EXPECT_EQ(Count(recent.Barrier(), type::kPacketIn), 0);
}

TEST_F(Roles, PacketInsGoToTheControllerThatTheyNameOnly) {
  Start();
  Client plain = Connect(k13), chosen = Connect(k13);
  Writer id;  // NXT_SET_CONTROLLER_ID
  id.U32(0x2320), id.U32(20), id.Zeros(6), id.U16(77);
  chosen.Send(MakeMessage(k13, type::kExperimenter, 40, id));
  EXPECT_TRUE(chosen.Barrier().empty());
  plain.Barrier();
  SendPacketIn(PacketInReason::kAction, 77);
  EXPECT_EQ(Count(plain.Barrier(), type::kPacketIn), 0);
  EXPECT_EQ(Count(chosen.Barrier(), type::kPacketIn), 1);
}

TEST_F(Roles, FlowRemovedGoesToThoseWhoAreNotSlaves) {
  Start();
  Client client = Connect(k13), slave = Connect(k13);
  Become(slave, Role::kSlave, 1);
  client.Send(MakeFlowMod(k13, 50, 1, FlowMod::Command::kAdd, flow_flags::kSendFlowRemoved));
  client.Send(MakeDeleteAll(k13, 51));
  EXPECT_EQ(Count(client.Barrier(), type::kFlowRemoved), 1);
  EXPECT_EQ(Count(slave.Barrier(), type::kFlowRemoved), 0);
}

TEST_F(Roles, GroupModsAreForwardedToOthersWhoAskedForThem) {
  Start();
  Client changer = Connect(k14), listener = Connect(k14), other = Connect(k14);
  Writer properties;  // OFPACPT_REQUESTFORWARD_MASTER: group mods
  properties.U16(11), properties.U16(8), properties.U32(1);
  for (Client* client : {&changer, &listener}) {
    client->Send(MakeMessage(k14, type::kSetAsync, 60, properties));
    EXPECT_TRUE(client->Barrier(k14).empty());
  }
  other.Barrier(k14);
  Writer mod;
  mod.U16(0), mod.U8(0), mod.U8(0), mod.U32(9);
  changer.Send(MakeMessage(k14, type::kGroupMod, 61, mod));
  EXPECT_EQ(Count(changer.Barrier(k14), type::kRequestForward), 0);
  EXPECT_EQ(Count(listener.Barrier(k14), type::kRequestForward), 1);
  EXPECT_EQ(Count(other.Barrier(k14), type::kRequestForward), 0);
}

TEST_F(Roles, PacketInsBeyondTheRateAreLeftOutAndCounted) {
  settings_.packet_in_rate = 1;
  settings_.packet_in_burst = 10;
  Start();
  Client client = Connect(k13);
  client.Barrier();
  for (int i = 0; i < 50; ++i) SendPacketIn(PacketInReason::kAction);
  SendPacketIn(PacketInReason::kNoMatch);  // has a limit of its own
  const int got = Count(client.Barrier(), type::kPacketIn);
  EXPECT_GE(got, 11);
  EXPECT_LE(got, 13);
  EXPECT_TRUE(Eventually([&] {
    const auto status = Status();
    return status.connections.size() == 1 && status.connections[0].dropped_packet_ins >= 38;
  }));
}

}  // namespace
}  // namespace vsw::testing
