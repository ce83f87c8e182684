// SPDX-License-Identifier: Apache-2.0
//
// Commands that change the configuration, against a vswmgrd that does as it is told.
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "tests/cli/fake_manager.h"

namespace vsw::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ChangeTest : public testing::Test {
 protected:
  Outcome Vswctl(const std::string& line) { return RunVswctl(manager_.socket(), line); }
  void Fail(const std::string& bridge, const std::string& port, const std::string& reason) {
    v1::Failure* failure = manager_.applied.add_failures();
    failure->set_bridge(bridge);
    failure->set_port(port);
    failure->set_reason(reason);
  }

  FakeManager manager_;
};

// An INVALID_ARGUMENT with a google.rpc.BadRequest about one field.
grpc::Status BadRequest(const std::string& field, const std::string& message) {
  google::rpc::BadRequest bad_request;
  bad_request.add_field_violations()->set_field(field);
  bad_request.mutable_field_violations(0)->set_description(message);
  google::rpc::Status details;
  details.set_code(grpc::StatusCode::INVALID_ARGUMENT);
  details.add_details()->PackFrom(bad_request);
  return {grpc::StatusCode::INVALID_ARGUMENT, message, details.SerializeAsString()};
}

TEST_F(ChangeTest, OneCommandIsOneCallAndWaitsSilently) {
  const Outcome outcome = Vswctl("add-port br0 vm1 type=vhost-user path=/run/vsw/vm1.sock tag=10");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_EQ(outcome.out + outcome.err, "");
  EXPECT_EQ(manager_.batches, 0);
  EXPECT_EQ(manager_.waits, 1);
  ASSERT_EQ(manager_.changes.size(), 1u);
  const v1::Port& port = manager_.changes[0].create_port().port();
  EXPECT_EQ(port.bridge(), "br0");
  EXPECT_EQ(port.name(), "vm1");
  EXPECT_EQ(port.type(), v1::PORT_TYPE_VHOST_USER);
  EXPECT_EQ(port.options().at("path"), "/run/vsw/vm1.sock");
  EXPECT_EQ(port.vlan().tag(), 10u);
}

TEST_F(ChangeTest, JoinedCommandsArriveAsOneBatch) {
  const Outcome outcome = Vswctl("--may-exist add-br br0 -- add-port br0 tap1 type=tap tag=5");
  EXPECT_EQ(outcome.exit_status, 0) << outcome.err;
  EXPECT_EQ(manager_.batches, 1);
  ASSERT_EQ(manager_.changes.size(), 2u);
  EXPECT_TRUE(manager_.changes[0].create_bridge().may_exist());
  EXPECT_FALSE(manager_.changes[1].create_port().may_exist());
  EXPECT_EQ(manager_.changes[1].create_port().port().type(), v1::PORT_TYPE_TAP);
}

TEST_F(ChangeTest, NothingIsSentWhenOneJoinedCommandIsWrong) {
  EXPECT_EQ(Vswctl("add-br br0 -- add-port br0 p trunks=9-5").exit_status, 1);
  EXPECT_EQ(Vswctl("add-br br0 -- fdb add br0 nonsense p").exit_status, 1);
  EXPECT_TRUE(manager_.changes.empty());
}

TEST_F(ChangeTest, APortWithoutTypeIsASystemPort) {
  EXPECT_EQ(Vswctl("add-port br0 eth1").exit_status, 0);
  EXPECT_EQ(manager_.changes[0].create_port().port().type(), v1::PORT_TYPE_SYSTEM);
}

TEST_F(ChangeTest, SetNamesExactlyTheFieldsGiven) {
  EXPECT_EQ(Vswctl("set port vm1 tag=20 mtu= label.owner=x").exit_status, 0);
  const v1::UpdatePortRequest& request = manager_.changes[0].update_port();
  EXPECT_EQ(request.port().name(), "vm1");
  EXPECT_THAT(request.update_mask().paths(),
              ElementsAre("vlan.tag", "options.mtu", "labels.owner"));
  EXPECT_EQ(request.port().type(), v1::PORT_TYPE_UNSPECIFIED);
  EXPECT_EQ(Vswctl("set bridge br0 dpid=16").exit_status, 0);
  EXPECT_EQ(manager_.changes[1].update_bridge().bridge().dpid(), 16u);
  EXPECT_EQ(Vswctl("set port vm1").exit_status, 1);
  EXPECT_EQ(Vswctl("set router r1 a=b").exit_status, 1);
}

TEST_F(ChangeTest, DeletionsCarryTheirConditions) {
  EXPECT_EQ(Vswctl("--if-exists del-br br0 -- del-port p1 -- del-port br0 p2").exit_status, 0);
  EXPECT_TRUE(manager_.changes[0].delete_bridge().if_exists());
  EXPECT_EQ(manager_.changes[1].delete_port().bridge(), "");
  EXPECT_EQ(manager_.changes[1].delete_port().name(), "p1");
  EXPECT_EQ(manager_.changes[2].delete_port().bridge(), "br0");
  EXPECT_EQ(manager_.changes[2].delete_port().name(), "p2");
}

TEST_F(ChangeTest, StaticAddresses) {
  EXPECT_EQ(Vswctl("fdb add br0 52:54:00:00:00:AB vm1 vlan=10").exit_status, 0);
  const v1::FdbEntry& entry = manager_.changes[0].add_fdb_entry().entry();
  EXPECT_EQ(entry.mac(), "52:54:00:00:00:ab");
  EXPECT_EQ(entry.vlan(), 10u);
  EXPECT_EQ(entry.port(), "vm1");
  EXPECT_EQ(Vswctl("fdb del br0 52:54:00:00:00:ab vlan=10").exit_status, 0);
  EXPECT_EQ(manager_.changes[1].delete_fdb_entry().vlan(), 10u);
}

TEST_F(ChangeTest, FlushActsAtOnce) {
  const Outcome outcome = Vswctl("fdb flush br0 port=vm1");
  EXPECT_EQ(outcome.exit_status, 0);
  EXPECT_EQ(outcome.out, "3 addresses forgotten\n");
  EXPECT_EQ(manager_.flush.bridge(), "br0");
  EXPECT_EQ(manager_.flush.port(), "vm1");
}

TEST_F(ChangeTest, ARefusalNamesTheField) {
  manager_.refusal = BadRequest("port.vlan.tag", "4096 is not 1..4094");
  const Outcome outcome = Vswctl("add-port br0 vm1 tag=4096");
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_EQ(outcome.err,
            "vswctl: add-port br0 vm1 tag=4096: 4096 is not 1..4094\n"
            "  field tag (port.vlan.tag)\n");
  EXPECT_EQ(manager_.waits, 0);
}

TEST_F(ChangeTest, ARefusedBatchNamesTheCommand) {
  manager_.refusal = BadRequest("changes[1].create_port.port.options[path]",
                                "changes[1].create_port.port.options[path]: is required");
  const Outcome outcome = Vswctl("add-br br0 -- add-port br0 vm1 type=vhost-user");
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("command 2 (add-port br0 vm1 type=vhost-user)"));
  EXPECT_THAT(outcome.err, HasSubstr("nothing was changed"));
  EXPECT_THAT(outcome.err, HasSubstr("field path ("));
}

TEST_F(ChangeTest, AFailureOfATouchedPortIsExit65WithTheReason) {
  Fail("br0", "vm1", "no folder /run/none");
  const Outcome outcome = Vswctl("add-port br0 vm1 type=vhost-user path=/run/none/x");
  EXPECT_EQ(outcome.exit_status, 65);
  EXPECT_THAT(outcome.err, HasSubstr("port vm1: stored, but the switch could not realise it"));
  EXPECT_THAT(outcome.err, HasSubstr("no folder /run/none"));
}

TEST_F(ChangeTest, FailuresOfOtherPortsAreNotThisCommands) {
  Fail("br0", "other", "broken for long");
  Fail("br1", "", "broken as well");
  const Outcome outcome = Vswctl("add-port br0 vm1 type=tap");
  EXPECT_EQ(outcome.exit_status, 0);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(ChangeTest, AFailedBridgeOrItsInternalPortIsAddBrsFailure) {
  Fail("br0", "", "dpid is taken");
  EXPECT_EQ(Vswctl("add-br br0").exit_status, 65);
  manager_.applied.Clear();
  Fail("br0", "br0", "device exists");
  EXPECT_THAT(Vswctl("add-br br0").err, HasSubstr("port br0: stored"));
}

TEST_F(ChangeTest, NoWaitDoesNotWait) {
  Fail("br0", "vm1", "x");
  EXPECT_EQ(Vswctl("--no-wait add-port br0 vm1 type=tap").exit_status, 0);
  EXPECT_EQ(manager_.waits, 0);
}

TEST_F(ChangeTest, JsonTellsRevisionAndFailures) {
  EXPECT_EQ(Vswctl("--format json --no-wait del-port vm1").out, "{\"revision\":\"7\"}\n");
  Fail("br0", "vm1", "x");
  EXPECT_EQ(Vswctl("--format json add-port br0 vm1").out,
            "{\"revision\":\"7\",\"applied_revision\":\"7\",\"failures\":"
            "[{\"bridge\":\"br0\",\"port\":\"vm1\",\"reason\":\"x\",\"rule\":\"\"}]}\n");
}

TEST_F(ChangeTest, ASwitchThatDoesNotApplyIsNamed) {
  manager_.never_applied = true;
  manager_.status.mutable_switch_status()->set_connected(false);
  manager_.status.mutable_switch_status()->set_error("nobody at vswitchd.sock");
  const Outcome outcome = Vswctl("--timeout 0.4 add-br br0");
  EXPECT_EQ(outcome.exit_status, 142);
  EXPECT_THAT(outcome.err, HasSubstr("no answer from vswitchd: the change is stored as revision 7, "
                                     "not yet applied: nobody at vswitchd.sock"));
}

TEST_F(ChangeTest, ASwitchThatIsBusyIsNamedWithWhatItRuns) {
  manager_.never_applied = true;
  manager_.status.mutable_switch_status()->set_applied_revision(5);
  const Outcome outcome = Vswctl("--timeout 0.4 add-br br0");
  EXPECT_EQ(outcome.exit_status, 142);
  EXPECT_THAT(outcome.err, HasSubstr("revision 7, not yet applied; it runs 5"));
  EXPECT_THAT(outcome.err, Not(HasSubstr("vswmgrd")));
}

TEST_F(ChangeTest, MapsTunnelOptions) {
  const Outcome added = Vswctl("tlv-map add br0 {class=0x102,type=0x80,len=4}->tun_metadata0");
  EXPECT_EQ(added.exit_status, 0) << added.err;
  ASSERT_EQ(manager_.changes.size(), 1u);
  const v1::UpdateBridgeRequest& add = manager_.changes[0].update_bridge();
  EXPECT_EQ(add.bridge().tlv_map().at("tun_metadata0"), "class=0x102,type=0x80,len=4");
  EXPECT_EQ(add.update_mask().paths(0), "tlv_map.tun_metadata0");
  EXPECT_EQ(Vswctl("tlv-map del br0 tun_metadata0").exit_status, 0);
  const v1::UpdateBridgeRequest& del = manager_.changes[1].update_bridge();
  EXPECT_TRUE(del.bridge().tlv_map().empty());
  EXPECT_EQ(del.update_mask().paths(0), "tlv_map.tun_metadata0");
  EXPECT_EQ(Vswctl("tlv-map add br0 class=1,type=2,len=4").exit_status, 1);
}

}  // namespace
}  // namespace vsw::cli
