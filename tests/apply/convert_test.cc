// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/convert.h"

#include <gtest/gtest.h>

#include <functional>

namespace vsw {
namespace {

datapath::v1::WantedState Valid() {
  datapath::v1::WantedState state;
  state.set_revision(3);
  state.add_bridges()->set_name("br0");
  vsw::v1::Port* port = state.add_ports();
  port->set_name("a");
  port->set_bridge("br0");
  port->set_type(vsw::v1::PORT_TYPE_TAP);
  port->mutable_vlan()->set_tag(10);
  (*port->mutable_options())["mtu"] = "1400";
  vsw::v1::FdbEntry* entry = state.add_static_fdb();
  entry->set_bridge("br0");
  entry->set_port("a");
  entry->set_mac("02:00:00:00:00:01");
  return state;
}

TEST(Convert, TakesDefaultsForWhatIsLeftOut) {
  const auto state = FromProto(Valid());
  ASSERT_TRUE(state.ok()) << state.status().message();
  EXPECT_EQ(state->revision, 3u);
  const WantedBridge& bridge = state->bridges.at("br0");
  EXPECT_EQ(bridge.dpid, DerivedDpid("br0"));
  EXPECT_EQ(bridge.fdb_ageing_seconds, 300u);
  EXPECT_EQ(bridge.fdb_max_entries, 8192u);
  const WantedPort& port = state->ports.at("a");
  EXPECT_EQ(port.vlan.mode, VlanMode::kAccess);  // a tag and no mode
  EXPECT_EQ(port.vlan.qinq_ethertype, 0x88a8);
  EXPECT_EQ(port.options.at("mtu"), "1400");
  EXPECT_EQ(state->static_fdb.size(), 1u);
}

TEST(Convert, NamesTheFieldThatIsWrong) {
  using Message = datapath::v1::WantedState;
  const std::vector<std::pair<std::string, std::function<void(Message*)>>> cases = {
      {"revision", [](Message* m) { m->set_revision(0); }},
      {"bridges[0].name", [](Message* m) { m->mutable_bridges(0)->set_name(""); }},
      {"bridges[1].name", [](Message* m) { m->add_bridges()->set_name("br0"); }},
      {"bridges[0].name", [](Message* m) { m->mutable_bridges(0)->set_name("a/b"); }},
      {"ports[0].name", [](Message* m) { m->mutable_ports(0)->set_name(std::string(300, 'x')); }},
      {"ports[1].name", [](Message* m) { *m->add_ports() = m->ports(0); }},
      {"ports[0].bridge", [](Message* m) { m->mutable_ports(0)->set_bridge("none"); }},
      {"ports[0].type",
       [](Message* m) { m->mutable_ports(0)->set_type(static_cast<vsw::v1::PortType>(99)); }},
      {"ports[0].type",
       [](Message* m) { m->mutable_ports(0)->set_type(vsw::v1::PORT_TYPE_UNSPECIFIED); }},
      {"ports[0].ofport", [](Message* m) { m->mutable_ports(0)->set_ofport(0xff00); }},
      {"ports[0].vlan.tag", [](Message* m) { m->mutable_ports(0)->mutable_vlan()->set_tag(4096); }},
      {"ports[0].vlan.trunks",
       [](Message* m) { m->mutable_ports(0)->mutable_vlan()->add_trunks(4095); }},
      {"ports[0].vlan.mode",
       [](Message* m) {
         m->mutable_ports(0)->mutable_vlan()->set_mode(static_cast<vsw::v1::VlanMode>(42));
       }},
      {"ports[0].vlan.qinq_ethertype",
       [](Message* m) { m->mutable_ports(0)->mutable_vlan()->set_qinq_ethertype(0x9100); }},
      {"ports[0].options",
       [](Message* m) {
         (*m->mutable_ports(0)->mutable_options())["path"] = std::string(5000, 'x');
       }},
      {"static_fdb[0].mac",
       [](Message* m) { m->mutable_static_fdb(0)->set_mac("01:00:5e:00:00:01"); }},
      {"static_fdb[0].port", [](Message* m) { m->mutable_static_fdb(0)->set_port("none"); }},
      {"static_fdb[0].vlan", [](Message* m) { m->mutable_static_fdb(0)->set_vlan(70000); }},
  };
  for (const auto& [field, spoil] : cases) {
    Message message = Valid();
    spoil(&message);
    const absl::Status status = FromProto(message).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << field;
    EXPECT_EQ(std::string(status.message()).rfind(field, 0), 0u)
        << field << " expected in front of: " << status.message();
  }
}

TEST(Convert, ReportsAFailedPortWithItsReason) {
  StateReport report;
  report.applied_revision = 9;
  report.bridges.push_back({"br0", BridgeId{0}, 42, ""});
  report.ports.push_back({.name = "a",
                          .bridge = "br0",
                          .kind = PortKind::kTap,
                          .number = PortNo{1},
                          .ofport = 4,
                          .failure = "no such device",
                          .info = {},
                          .device = {}});
  datapath::v1::ActualState message;
  ToProto(report, &message);
  EXPECT_EQ(message.applied_revision(), 9u);
  EXPECT_EQ(message.bridges(0).status().dpid(), 42u);
  EXPECT_EQ(message.bridges(0).status().state(), vsw::v1::RESOURCE_STATE_ACTIVE);
  EXPECT_EQ(message.ports(0).status().state(), vsw::v1::RESOURCE_STATE_FAILED);
  EXPECT_EQ(message.ports(0).status().reason(), "no such device");
  EXPECT_EQ(message.ports(0).status().ofport(), 4u);
}

}  // namespace
}  // namespace vsw
