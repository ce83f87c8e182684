// SPDX-License-Identifier: Apache-2.0
#include "control/configurator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/field_error.h"
#include "tests/support/temp_folder.h"

namespace vsw::control {
namespace {

using absl::StatusCode;
using db::PortKind;
using testing::HasSubstr;
using testing::SizeIs;

CreateBridge NewBridge(const std::string& name, bool may_exist = false) {
  CreateBridge change;
  change.bridge.name = name;
  change.may_exist = may_exist;
  return change;
}

CreatePort NewPort(const std::string& name, const std::string& bridge,
                   PortKind kind = PortKind::kTap, db::StringMap options = {}) {
  CreatePort change;
  change.port.name = name;
  change.port.bridge = bridge;
  change.port.kind = kind;
  change.port.options = std::move(options);
  return change;
}

UpdatePort PortUpdate(const std::string& name, std::vector<std::string> paths) {
  UpdatePort change;
  change.port.name = name;
  change.paths = std::move(paths);
  return change;
}

AddFdbEntry NewAddress(const std::string& bridge, uint64_t mac, const std::string& port) {
  AddFdbEntry change;
  change.entry = {.key = {.bridge = bridge, .vlan = 0, .mac = mac}, .port = port};
  return change;
}

class ConfiguratorTest : public testing::Test {
 protected:
  ConfiguratorTest() { Open(); }

  void Open() {
    configurator_ = nullptr;
    auto store = db::Store::Open(dir_ / "conf.db");
    EXPECT_TRUE(store.ok()) << store.status();
    auto made = Configurator::Make(*std::move(store), RealHost({}));
    EXPECT_TRUE(made.ok()) << made.status();
    configurator_ = *std::move(made);
    configurator_->set_listener([this] { ++changes_heard_; });
  }
  uint64_t Do(std::vector<Change> changes) {
    const auto revision = configurator_->Execute({.changes = std::move(changes), .is_batch = true});
    EXPECT_TRUE(revision.ok()) << revision.status();
    return revision.value_or(0);
  }
  absl::Status Try(Change change) {
    return configurator_->Execute({.changes = {std::move(change)}, .is_batch = false}).status();
  }
  void ExpectRefused(Change change, StatusCode code, const std::string& field,
                     const std::string& words) {
    const uint64_t before = configurator_->Current()->revision;
    const absl::Status status = Try(std::move(change));
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(FieldOf(status), field) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
    EXPECT_EQ(configurator_->Current()->revision, before);
  }
  const db::PortRecord& Port(const std::string& name) {
    current_ = configurator_->Current();
    const db::PortRecord* port = current_->FindPort(name);
    EXPECT_NE(port, nullptr) << name;
    static const db::PortRecord none;
    return port == nullptr ? none : *port;
  }

  TempFolder dir_;
  int changes_heard_ = 0;
  std::unique_ptr<Configurator> configurator_;
  std::shared_ptr<const Config> current_;
};

TEST_F(ConfiguratorTest, GivesABridgeItsOwnPort) {
  EXPECT_EQ(Do({NewBridge("br0")}), 2u);
  EXPECT_EQ(Port("br0").kind, PortKind::kInternal);
  EXPECT_EQ(Port("br0").ofport, kLocalOfPort);
  EXPECT_EQ(changes_heard_, 1);
}

TEST_F(ConfiguratorTest, KeepsEverythingOverARestart) {
  Do({NewBridge("br0"), NewPort("tap0", "br0"), NewAddress("br0", 0x020000000001, "tap0")});
  Open();
  EXPECT_EQ(configurator_->Current()->revision, 2u);
  EXPECT_THAT(configurator_->Current()->ports(), SizeIs(2));
  EXPECT_THAT(configurator_->Current()->static_fdb(), SizeIs(1));
}

TEST_F(ConfiguratorTest, LeavesTheRevisionWhenNothingChanges) {
  Do({NewBridge("br0"), NewPort("tap0", "br0")});
  EXPECT_EQ(Do({NewBridge("br0", true)}), 2u);
  EXPECT_EQ(Do({DeletePort{.name = "none", .bridge = "", .if_exists = true}}), 2u);
  EXPECT_EQ(Do({PortUpdate("tap0", {"vlan.tag"})}), 2u);
  CreatePort again = NewPort("tap0", "br0");
  again.port.ofport = Port("tap0").ofport;
  EXPECT_EQ(Do({DeletePort{.name = "tap0"}, again}), 2u);
  EXPECT_EQ(changes_heard_, 1);
}

TEST_F(ConfiguratorTest, StoresAllOfABatchOrNothing) {
  Do({NewBridge("br0")});
  const auto result = configurator_->Execute(
      {.changes = {NewPort("a", "br0"), NewPort("b", "nowhere")}, .is_batch = true});
  EXPECT_EQ(result.status().code(), StatusCode::kNotFound);
  EXPECT_EQ(FieldOf(result.status()), "changes[1].create_port.port.bridge");
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("changes[1].create_port"));
  EXPECT_EQ(configurator_->Current()->FindPort("a"), nullptr);
  Open();
  EXPECT_EQ(configurator_->Current()->FindPort("a"), nullptr);
}

TEST_F(ConfiguratorTest, RefusesNamesThatAreTaken) {
  Do({NewBridge("br0"), NewBridge("br1"), NewPort("tap0", "br0")});
  ExpectRefused(NewBridge("br0"), StatusCode::kAlreadyExists, "bridge.name", "exists already");
  ExpectRefused(NewBridge("tap0"), StatusCode::kAlreadyExists, "bridge.name", "port of bridge");
  ExpectRefused(NewPort("tap0", "br1"), StatusCode::kAlreadyExists, "port.name",
                "on bridge \"br0\"");
  ExpectRefused(NewPort("br1", "br0"), StatusCode::kAlreadyExists, "port.name", "br1");
}

TEST_F(ConfiguratorTest, RefusesAnExistingPortOfAnotherTypeOrBridgeEvenIfItMayExist) {
  Do({NewBridge("br0"), NewBridge("br1"), NewPort("tap0", "br0")});
  CreatePort same = NewPort("tap0", "br0");
  same.may_exist = true;
  EXPECT_TRUE(Try(same).ok());
  same.port.bridge = "br1";
  EXPECT_EQ(Try(same).code(), StatusCode::kAlreadyExists);
  same.port.bridge = "br0";
  same.port.kind = PortKind::kSystem;
  EXPECT_EQ(Try(same).code(), StatusCode::kAlreadyExists);
}

TEST_F(ConfiguratorTest, RefusesTwoPortsOnOneResourceNamingTheOther) {
  const std::string path = dir_ / "a.sock";
  Do({NewBridge("br0"), NewBridge("br1"),
      NewPort("vm1", "br0", PortKind::kVhostUser, {{"path", path}}),
      NewPort("up", "br0", PortKind::kSystem, {{"device", "eth1"}}),
      NewPort("n0", "br0", PortKind::kDpdk, {{"devargs", "net_null0"}})});
  ExpectRefused(NewPort("vm2", "br1", PortKind::kVhostUser, {{"path", path}}),
                StatusCode::kAlreadyExists, "port.options[path]", "\"vm1\"");
  ExpectRefused(NewPort("eth1", "br1", PortKind::kSystem), StatusCode::kAlreadyExists, "port.name",
                "\"up\"");
  ExpectRefused(NewPort("x", "br1", PortKind::kSystem, {{"device", "br0"}}),
                StatusCode::kAlreadyExists, "port.options[device]", "\"br0\"");
  ExpectRefused(NewBridge("eth1"), StatusCode::kAlreadyExists, "bridge.name", "\"up\"");
  ExpectRefused(NewPort("n1", "br1", PortKind::kDpdk, {{"devargs", "net_null0,size=64"}}),
                StatusCode::kAlreadyExists, "port.options[devargs]", "\"n0\"");
}

TEST_F(ConfiguratorTest, FreesAResourceWithItsPort) {
  Do({NewBridge("br0"), NewPort("up", "br0", PortKind::kSystem, {{"device", "eth1"}})});
  Do({DeletePort{.name = "up"}, NewPort("eth1", "br0", PortKind::kSystem)});
  UpdatePort update = PortUpdate("eth1", {"options.device"});
  update.port.options = {{"device", "eth2"}};
  Do({update, NewPort("eth3", "br0", PortKind::kSystem, {{"device", "eth1"}})});
}

TEST_F(ConfiguratorTest, KeepsPortNumbersUniqueOnABridge) {
  CreatePort a = NewPort("a", "br0");
  a.port.ofport = 7;
  CreatePort b = NewPort("b", "br0");
  b.port.ofport = 7;
  Do({NewBridge("br0"), NewBridge("br1"), a});
  ExpectRefused(b, StatusCode::kAlreadyExists, "port.ofport", "\"a\"");
  b.port.ofport = kMaxOfPort + 1;
  ExpectRefused(b, StatusCode::kInvalidArgument, "port.ofport", "1..65279");
  b.port.bridge = "br1";
  b.port.ofport = 7;
  EXPECT_TRUE(Try(b).ok());
}

TEST_F(ConfiguratorTest, ChoosesAPortNumberThatStays) {
  CreatePort c = NewPort("c", "br0");
  c.port.ofport = 2;
  Do({NewBridge("br0"), NewBridge("br1"), c, NewPort("a", "br0"), NewPort("b", "br0"),
      NewPort("other", "br1")});
  EXPECT_EQ(Port("a").ofport, 1u);
  EXPECT_EQ(Port("b").ofport, 3u);
  EXPECT_EQ(Port("other").ofport, 1u);
  UpdatePort update = PortUpdate("b", {"vlan.tag"});
  update.port.vlan.tag = 9;
  Do({DeletePort{.name = "a"}, update});
  EXPECT_EQ(Port("b").ofport, 3u);
  Open();
  Do({NewPort("d", "br0")});
  EXPECT_EQ(Port("b").ofport, 3u);
  EXPECT_EQ(Port("d").ofport, 1u);
}

TEST_F(ConfiguratorTest, GivesTheNumberOfADeletedPortOutLast) {
  Do({NewBridge("br0"), NewPort("a", "br0"), NewPort("b", "br0")});
  Do({DeletePort{.name = "a"}});
  Do({NewPort("c", "br0")});
  EXPECT_EQ(Port("c").ofport, 3u);
  UpdatePort anew = PortUpdate("c", {"ofport"});
  Do({anew});
  EXPECT_EQ(Port("c").ofport, 4u);
}

TEST_F(ConfiguratorTest, ProtectsTheBridgesOwnPort) {
  Do({NewBridge("br0")});
  ExpectRefused(DeletePort{.name = "br0"}, StatusCode::kFailedPrecondition, "name",
                "delete the bridge");
  UpdatePort update = PortUpdate("br0", {"ofport"});
  update.port.ofport = 3;
  ExpectRefused(update, StatusCode::kFailedPrecondition, "port.ofport", "65534");
  update = PortUpdate("br0", {"vlan.tag", "options.mac", "options.mtu"});
  update.port.vlan.tag = 9;
  update.port.options = {{"mac", "02:00:00:00:00:09"}, {"mtu", "1400"}};
  Do({update});
  EXPECT_EQ(Port("br0").vlan.tag, 9u);
  EXPECT_EQ(Port("br0").ofport, kLocalOfPort);
}

TEST_F(ConfiguratorTest, UpdatesWhatTheMaskNamesOnly) {
  CreatePort port = NewPort("a", "br0");
  port.port.options = {{"mtu", "1400"}, {"mac", "02:00:00:00:00:01"}};
  port.port.labels = {{"a.b", "1"}, {"c", "2"}};
  port.port.vlan.tag = 4;
  Do({NewBridge("br0"), port});
  UpdatePort update = PortUpdate("a", {"options.mtu", "options.mac", "labels.a.b"});
  update.port.options = {{"mtu", "1500"}, {"queues", "2"}};
  Do({update});
  EXPECT_EQ(Port("a").options, (db::StringMap{{"mtu", "1500"}}));
  EXPECT_EQ(Port("a").labels, (db::StringMap{{"c", "2"}}));
  EXPECT_EQ(Port("a").vlan.tag, 4u);
  ExpectRefused(PortUpdate("a", {}), StatusCode::kInvalidArgument, "update_mask", "empty");
  ExpectRefused(PortUpdate("a", {"bridge"}), StatusCode::kInvalidArgument, "update_mask",
                "delete the port");
  ExpectRefused(PortUpdate("a", {"options."}), StatusCode::kInvalidArgument, "update_mask",
                "options.KEY");
  ExpectRefused(PortUpdate("none", {"vlan"}), StatusCode::kNotFound, "port.name", "none");
}

TEST_F(ConfiguratorTest, TakesAPatchPortBeforeItsPeer) {
  Do({NewBridge("br0"), NewBridge("br1"), NewPort("tap0", "br0"),
      NewPort("p0", "br0", PortKind::kPatch, {{"peer", "p1"}}),
      NewPort("p1", "br1", PortKind::kPatch, {{"peer", "p0"}})});
  ExpectRefused(NewPort("p2", "br0", PortKind::kPatch, {{"peer", "tap0"}}),
                StatusCode::kInvalidArgument, "port.options[peer]", "of type tap");
}

TEST_F(ConfiguratorTest, RefusesASecondTunnelForTheSamePackets) {
  Do({NewBridge("br0"),
      NewPort("t1", "br0", PortKind::kVxlan, {{"remote", "192.0.2.2"}, {"key", "1"}}),
      NewPort("t2", "br0", PortKind::kVxlan, {{"remote", "192.0.2.2"}, {"key", "2"}})});
  ExpectRefused(
      NewPort("t3", "br0", PortKind::kVxlan, {{"remotes", "192.0.2.3,192.0.2.2"}, {"in_key", "1"}}),
      StatusCode::kAlreadyExists, "port.options[remotes]", "belongs to port \"t1\"");
  UpdatePort update = PortUpdate("t2", {"options.key"});
  update.port.options = {{"key", "1"}};
  ExpectRefused(update, StatusCode::kAlreadyExists, "port.options[remote]", "\"t1\"");
  Do({DeletePort{.name = "t1"}, update});
}

TEST_F(ConfiguratorTest, KeepsStaticAddressesWithTheirPort) {
  Do({NewBridge("br0"), NewBridge("br1"), NewPort("a", "br0"), NewPort("b", "br0")});
  const uint64_t mac = 0x020000000001;
  ExpectRefused(NewAddress("br1", mac, "a"), StatusCode::kFailedPrecondition, "entry.port",
                "on bridge \"br0\"");
  ExpectRefused(NewAddress("br0", mac, "none"), StatusCode::kNotFound, "entry.port", "none");
  Do({NewAddress("br0", mac, "a")});
  ExpectRefused(NewAddress("br0", mac, "b"), StatusCode::kAlreadyExists, "entry.mac", "\"a\"");
  AddFdbEntry moved = NewAddress("br0", mac, "b");
  moved.may_exist = true;
  Do({moved});
  EXPECT_EQ(*configurator_->Current()->FindFdb(moved.entry.key), "b");
  Do({DeletePort{.name = "b"}});
  EXPECT_EQ(configurator_->Current()->FindFdb(moved.entry.key), nullptr);
  ExpectRefused(DeleteFdbEntry{.key = moved.entry.key}, StatusCode::kNotFound, "mac", "no static");
}

TEST_F(ConfiguratorTest, DeletesABridgeWithEverythingOnIt) {
  Do({NewBridge("br0"), NewPort("a", "br0"), NewAddress("br0", 0x020000000001, "a"),
      NewBridge("br1")});
  Do({DeleteBridge{.name = "br0"}});
  Open();
  EXPECT_THAT(configurator_->Current()->bridges(), SizeIs(1));
  EXPECT_THAT(configurator_->Current()->ports(), SizeIs(1));
  EXPECT_THAT(configurator_->Current()->static_fdb(), SizeIs(0));
  ExpectRefused(DeleteBridge{.name = "br0"}, StatusCode::kNotFound, "name", "br0");
}

TEST_F(ConfiguratorTest, MovesAPortToAnotherBridgeWithinOneBatch) {
  Do({NewBridge("br0"), NewBridge("br1"), NewPort("a", "br0")});
  Do({DeletePort{.name = "a"}, NewPort("a", "br1"), DeleteBridge{.name = "br0"}});
  Open();
  EXPECT_EQ(Port("a").bridge, "br1");
}

TEST_F(ConfiguratorTest, RaisesTheRevisionAndNeverLowersIt) {
  Do({NewBridge("br0")});
  EXPECT_EQ(configurator_->RaiseRevisionAbove(100).value(), 101u);
  EXPECT_EQ(configurator_->RaiseRevisionAbove(50).value(), 101u);
  Open();
  EXPECT_EQ(configurator_->Current()->revision, 101u);
  EXPECT_NE(configurator_->Current()->FindBridge("br0"), nullptr);
  EXPECT_FALSE(configurator_->RaiseRevisionAbove(~0ull).ok());
}

TEST_F(ConfiguratorTest, RefusesTwoBridgesOfOneDatapathId) {
  CreateBridge a = NewBridge("a");
  a.bridge.dpid = 5;
  CreateBridge b = NewBridge("b");
  b.bridge.dpid = 5;
  Do({a});
  ExpectRefused(b, StatusCode::kAlreadyExists, "bridge.dpid", "\"a\"");
}

TEST_F(ConfiguratorTest, TakesThousandsOfPortsInOneBatch) {
  std::vector<Change> changes = {NewBridge("br0")};
  for (int i = 0; i < 2000; ++i) changes.emplace_back(NewPort(fmt::format("tap{}", i), "br0"));
  EXPECT_EQ(Do(std::move(changes)), 2u);
  Open();
  EXPECT_THAT(configurator_->Current()->ports(), SizeIs(2001));
}

}  // namespace
}  // namespace vsw::control
