// SPDX-License-Identifier: Apache-2.0
#include "control/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/field_error.h"
#include "control/port_kinds.h"

namespace vsw::control {
namespace {

using db::PortKind;
using testing::ElementsAre;
using testing::HasSubstr;

const HostView kHost = {.is_folder = [](const std::string& path) { return path == "/run/vsw"; },
                        .reserved_paths = {"/run/vsw/mgmt.sock"}};

db::PortRecord Port(PortKind kind, db::StringMap options = {}, const std::string& name = "p0") {
  db::PortRecord port;
  port.name = name;
  port.bridge = "br0";
  port.kind = kind;
  port.options = std::move(options);
  return port;
}

std::string FieldAtFault(const db::PortRecord& port) { return FieldOf(CheckPort(port, kHost)); }

TEST(PortNames, ThatAreKernelDevicesHaveAtMostFifteenCharacters) {
  for (const PortKind kind : {PortKind::kTap, PortKind::kInternal, PortKind::kSystem}) {
    EXPECT_TRUE(CheckPort(Port(kind, {}, "tap-0.12@veth_x"), kHost).ok());
    for (const char* name :
         {"", "sixteencharacter", "a/b", "a b", "a\tb", ".", "..", "a:b", "a%d", "\xc3\xa4"}) {
      EXPECT_EQ(FieldAtFault(Port(kind, {}, name)), "port.name") << name;
    }
  }
}

TEST(PortNames, ThatAreNoKernelDevicesMayBeLonger) {
  const db::StringMap options = {{"devargs", "net_null0"}};
  EXPECT_TRUE(CheckPort(Port(PortKind::kDpdk, options, std::string(63, 'a')), kHost).ok());
  EXPECT_TRUE(CheckPort(Port(PortKind::kDpdk, options, "a_B.9:x-y"), kHost).ok());
  for (const std::string& name : {std::string(64, 'a'), std::string("a b"), std::string("a/b")}) {
    EXPECT_EQ(FieldAtFault(Port(PortKind::kDpdk, options, name)), "port.name") << name;
  }
}

struct OptionCase {
  PortKind kind;
  const char* name;
  std::string value;
  bool accepted;
};

class OptionTest : public testing::TestWithParam<OptionCase> {};

TEST_P(OptionTest, IsCheckedByItsTable) {
  const OptionCase& param = GetParam();
  db::StringMap options = {{param.name, param.value}};
  if (param.kind == PortKind::kVhostUser) options.try_emplace("path", "/run/vsw/a.sock");
  if (param.kind == PortKind::kDpdk) options.try_emplace("devargs", "net_null0");
  if (param.kind == PortKind::kPatch) options.try_emplace("peer", "p1");
  const bool tunnel = param.kind == PortKind::kVxlan || param.kind == PortKind::kGre ||
                      param.kind == PortKind::kGeneve;
  if (tunnel && param.name != std::string("remotes")) options.try_emplace("remote", "192.0.2.2");
  const std::string field = FieldAtFault(Port(param.kind, options));
  EXPECT_EQ(field, param.accepted ? "" : fmt::format("port.options[{}]", param.name))
      << param.value;
}

INSTANTIATE_TEST_SUITE_P(
    Table, OptionTest,
    testing::ValuesIn(std::vector<OptionCase>{
        {PortKind::kTap, "mtu", "68", true},
        {PortKind::kTap, "mtu", "9216", true},
        {PortKind::kTap, "mtu", "67", false},
        {PortKind::kTap, "mtu", "9217", false},
        {PortKind::kTap, "mtu", "", false},
        {PortKind::kTap, "mtu", "1500x", false},
        {PortKind::kTap, "mtu", " 1500", false},
        {PortKind::kTap, "mtu", "99999999999999999999", false},
        {PortKind::kPatch, "admin-state", "down", true},
        {PortKind::kPatch, "admin-state", "up|down", false},
        {PortKind::kPatch, "admin-state", "", false},
        {PortKind::kTap, "mac", "02:00:00:00:00:01", true},
        {PortKind::kTap, "mac", "03:00:00:00:00:01", false},
        {PortKind::kTap, "mac", "00:00:00:00:00:00", false},
        {PortKind::kTap, "mac", "02-00-00-00-00-01", false},
        {PortKind::kTap, "path", "/run/vsw/x", false},
        {PortKind::kTap, "queues", "8", true},
        {PortKind::kTap, "queues", "9", false},
        {PortKind::kVhostUser, "path", "/run/vsw/vm1.sock", true},
        {PortKind::kVhostUser, "path", "vm1.sock", false},
        {PortKind::kVhostUser, "path", "/run/vsw/", false},
        {PortKind::kVhostUser, "path", "/run/vsw", false},
        {PortKind::kVhostUser, "path", "/nowhere/vm1.sock", false},
        {PortKind::kVhostUser, "path", "/run/vsw/mgmt.sock", false},
        {PortKind::kVhostUser, "path", "/run/vsw/../vsw/mgmt.sock", false},
        {PortKind::kVhostUser, "path", "/run/vsw/" + std::string(98, 'a'), true},
        {PortKind::kVhostUser, "path", "/run/vsw/" + std::string(99, 'a'), false},
        {PortKind::kVhostUser, "mode", "client", true},
        {PortKind::kVhostUser, "mode", "peer", false},
        {PortKind::kVhostUser, "queues", "0", false},
        {PortKind::kSystem, "device", "eth1", true},
        {PortKind::kSystem, "device", "a-name-far-too-long", false},
        {PortKind::kSystem, "mac", "02:00:00:00:00:01", false},
        {PortKind::kDpdk, "devargs", "net_pcap0,iface=eth1", true},
        {PortKind::kDpdk, "devargs", "", false},
        {PortKind::kDpdk, "devargs", "a b", false},
        {PortKind::kDpdk, "rxd", "16", false},
        {PortKind::kPatch, "peer", "p0", false},
        {PortKind::kPatch, "peer", "p1", true},
        {PortKind::kDpdk, "address", "192.0.2.1/24,2001:db8::1/64", true},
        {PortKind::kDpdk, "address", "192.0.2.1", false},
        {PortKind::kDpdk, "address", "192.0.2.1/33", false},
        {PortKind::kDpdk, "address", "192.0.2.1/24,", false},
        {PortKind::kSystem, "gateway", "192.0.2.254,2001:db8::ff", true},
        {PortKind::kSystem, "gateway", "192.0.2.254,192.0.2.253", false}}));

INSTANTIATE_TEST_SUITE_P(Tunnels, OptionTest,
                         testing::ValuesIn(std::vector<OptionCase>{
                             {PortKind::kVxlan, "remote", "2001:db8::2", true},
                             {PortKind::kVxlan, "remote", "flow", true},
                             {PortKind::kVxlan, "remote", "239.1.1.1", false},
                             {PortKind::kVxlan, "remote", "ff05::1", false},
                             {PortKind::kVxlan, "remote", "255.255.255.255", false},
                             {PortKind::kVxlan, "remote", "0.0.0.0", false},
                             {PortKind::kVxlan, "remote", "127.0.0.1", false},
                             {PortKind::kVxlan, "remote", "::ffff:192.0.2.2", false},
                             {PortKind::kVxlan, "remote", "host2", false},
                             {PortKind::kVxlan, "remotes", "192.0.2.2,192.0.2.3", true},
                             {PortKind::kVxlan, "remotes", "192.0.2.2,192.0.2.2", false},
                             {PortKind::kVxlan, "remotes", "2001:db8::2,2001:0db8::2", false},
                             {PortKind::kVxlan, "remotes", "192.0.2.2,2001:db8::2", false},
                             {PortKind::kVxlan, "remotes", "192.0.2.2,", false},
                             {PortKind::kVxlan, "local", "192.0.2.1", true},
                             {PortKind::kVxlan, "local", "2001:db8::1", false},
                             {PortKind::kVxlan, "key", "16777215", true},
                             {PortKind::kVxlan, "key", "0xffffff", true},
                             {PortKind::kVxlan, "key", "flow", true},
                             {PortKind::kVxlan, "key", "16777216", false},
                             {PortKind::kVxlan, "key", "-1", false},
                             {PortKind::kGeneve, "in_key", "16777216", false},
                             {PortKind::kGre, "out_key", "4294967295", true},
                             {PortKind::kGre, "out_key", "4294967296", false},
                             {PortKind::kVxlan, "dst_port", "0", false},
                             {PortKind::kGre, "dst_port", "4789", false},
                             {PortKind::kGre, "gbp", "true", false},
                             {PortKind::kVxlan, "gbp", "true", true},
                             {PortKind::kVxlan, "ttl", "inherit", true},
                             {PortKind::kVxlan, "ttl", "0", false},
                             {PortKind::kVxlan, "tos", "256", false},
                             {PortKind::kVxlan, "tos", "flow", false},
                             {PortKind::kVxlan, "df", "yes", false},
                             {PortKind::kVxlan, "bfd", "true", true},
                             {PortKind::kVxlan, "bfd_mult", "0", false}}));

TEST(TlvMap, TakesOptionsThatTheirFieldsHaveRoomFor) {
  const auto fault = [](db::StringMap map) {
    db::BridgeRecord bridge{.name = "br0", .labels = {}};
    bridge.tlv_map = std::move(map);
    return FieldOf(CheckBridge(bridge));
  };
  EXPECT_EQ(fault({{"tun_metadata0", "class=0x102,type=0x80,len=16"},
                   {"tun_metadata4", "class=1,type=2,len=4"}}),
            "");
  EXPECT_EQ(fault({{"tun_metadata4", "class=1,type=2,len=8"}}), "bridge.tlv_map[tun_metadata4]");
  EXPECT_EQ(fault({{"tun_metadata0", "class=1,type=2,len=6"}}), "bridge.tlv_map[tun_metadata0]");
  EXPECT_EQ(fault({{"tun_metadata20", "class=1,type=2,len=4"}}), "bridge.tlv_map[tun_metadata20]");
  EXPECT_EQ(fault({{"tun_metadata0", "type=2,len=4"}}), "bridge.tlv_map[tun_metadata0]");
  EXPECT_EQ(fault({{"reg0", "class=1,type=2,len=4"}}), "bridge.tlv_map[reg0]");
  EXPECT_EQ(fault({{"tun_metadata0", "class=1,type=2,len=4"},
                   {"tun_metadata1", "class=0x1,type=0x2,len=4"}}),
            "bridge.tlv_map[tun_metadata1]");
}

TEST(Tunnels, TalkOfLivenessOverIpv4) {
  EXPECT_EQ(FieldAtFault(
                Port(PortKind::kVxlan, {{"remote", "192.0.2.2"}, {"bfd_src_ip", "2001:db8::1"}})),
            "port.options[bfd_src_ip]");
}

TEST(Tunnels, NeedAnOtherEnd) {
  EXPECT_EQ(FieldAtFault(Port(PortKind::kGre)), "port.options[remote]");
  EXPECT_EQ(FieldAtFault(Port(PortKind::kGre, {{"remote", "192.0.2.2"}, {"remotes", "192.0.2.3"}})),
            "port.options[remotes]");
}

TEST(Tunnels, DoNotLeadToThemselves) {
  const db::StringMap options = {{"remote", "2001:db8::1"}, {"local", "2001:0db8::1"}};
  EXPECT_EQ(FieldAtFault(Port(PortKind::kGeneve, options)), "port.options[remote]");
}

TEST(Tunnels, AskOneRemoteForLiveness) {
  EXPECT_EQ(FieldAtFault(Port(PortKind::kVxlan, {{"remote", "flow"}, {"bfd", "true"}})),
            "port.options[bfd]");
  EXPECT_EQ(FieldAtFault(Port(PortKind::kVxlan, {{"remotes", "192.0.2.2"}, {"bfd", "true"}})),
            "port.options[bfd]");
}

TEST(Tunnels, ClaimWhatTheirPacketsLookLike) {
  const auto claims = [](db::StringMap options, PortKind kind = PortKind::kVxlan) {
    options.try_emplace("remote", "192.0.2.2");
    return ClaimsOf(Port(kind, std::move(options)));
  };
  EXPECT_EQ(claims({{"key", "100"}}), claims({{"key", "0x64"}, {"dst_port", "4789"}}));
  EXPECT_EQ(claims({{"key", "0"}}), claims({}));
  EXPECT_EQ(claims({{"in_key", "7"}, {"out_key", "8"}}), claims({{"key", "7"}}));
  EXPECT_NE(claims({{"key", "0"}}, PortKind::kGre), claims({}, PortKind::kGre));
  EXPECT_NE(claims({}), claims({{"key", "100"}}));
  EXPECT_NE(claims({}), claims({{"dst_port", "8472"}}));
  EXPECT_NE(claims({}), claims({{"local", "192.0.2.1"}}));
  EXPECT_NE(claims({}), claims({}, PortKind::kGeneve));
  EXPECT_NE(claims({}), claims({{"remote", "192.0.2.3"}}));
}

TEST(Options, ThatAreRequiredAreNamed) {
  EXPECT_EQ(FieldAtFault(Port(PortKind::kVhostUser)), "port.options[path]");
  EXPECT_EQ(FieldAtFault(Port(PortKind::kDpdk)), "port.options[devargs]");
  EXPECT_EQ(FieldAtFault(Port(PortKind::kPatch)), "port.options[peer]");
}

TEST(Options, ThatAreUnknownAreAnsweredWithTheKnownOnes) {
  const absl::Status status = CheckPort(Port(PortKind::kTap, {{"peer", "x"}}), kHost);
  EXPECT_THAT(std::string(status.message()), HasSubstr("mac, queues, mtu, admin-state"));
}

struct VlanCase {
  db::VlanRecord vlan;
  const char* field;  // empty: accepted
};

TEST(Vlan, ModesGoWithTheirSettings) {
  using enum db::VlanMode;
  using db::PriorityTags;
  const std::vector<VlanCase> cases = {
      {{.tag = 1}, ""},
      {{.tag = 4094}, ""},
      {{.tag = 4095}, "port.vlan.tag"},
      {{.tag = 4096}, "port.vlan.tag"},
      {{.tag = 4294967295u}, "port.vlan.tag"},
      {{.trunks = {0, 1, 4094}}, ""},
      {{.trunks = {4095}}, "port.vlan.trunks"},
      {{.tag = 1, .trunks = {2}}, "port.vlan.trunks"},
      {{.mode = kAccess}, "port.vlan.tag"},
      {{.mode = kAccess, .tag = 5}, ""},
      {{.mode = kTrunk, .tag = 5}, "port.vlan.tag"},
      {{.mode = kTrunk, .trunks = {5}}, ""},
      {{.mode = kNativeTagged}, "port.vlan.tag"},
      {{.mode = kNativeTagged, .tag = 5, .trunks = {6}}, ""},
      {{.mode = kNativeUntagged, .tag = 5, .trunks = {6}}, ""},
      {{.mode = kDot1qTunnel}, "port.vlan.tag"},
      {{.mode = kDot1qTunnel, .tag = 5, .cvlans = {1, 2}, .qinq_ethertype = 0x8100}, ""},
      {{.mode = kDot1qTunnel, .tag = 5, .qinq_ethertype = 0x9100}, "port.vlan.qinq_ethertype"},
      {{.mode = kDot1qTunnel, .tag = 5, .trunks = {1}}, "port.vlan.trunks"},
      {{.mode = kDot1qTunnel, .tag = 5, .cvlans = {4096}}, "port.vlan.cvlans"},
      {{.tag = 5, .cvlans = {1}}, "port.vlan.cvlans"},
      {{.tag = 5, .qinq_ethertype = 0x88a8}, "port.vlan.qinq_ethertype"},
      {{.tag = 5, .priority_tags = PriorityTags::kAlways}, ""},
      {{.priority_tags = PriorityTags::kAlways}, "port.vlan.priority_tags"},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(FieldOf(CheckVlan(cases[i].vlan)), cases[i].field) << "case " << i;
  }
}

TEST(Fdb, TakesUnicastAddressesInVlansThatExist) {
  EXPECT_TRUE(CheckFdbKey({.bridge = "br0", .vlan = 0, .mac = 0x020000000001}).ok());
  EXPECT_EQ(FieldOf(CheckFdbKey({.bridge = "br0", .vlan = 4095, .mac = 2})), "entry.vlan");
  EXPECT_EQ(FieldOf(CheckFdbKey({.bridge = "br0", .vlan = 1, .mac = 0})), "entry.mac");
  EXPECT_EQ(FieldOf(CheckFdbKey({.bridge = "br0", .vlan = 1, .mac = 0x010000000001})), "entry.mac");
}

TEST(Claims, SeeOneDeviceUnderSeveralSpellings) {
  EXPECT_EQ(DpdkDeviceName("01:00.0"), "0000:01:00.0");
  EXPECT_EQ(DpdkDeviceName("pci:0000:0A:00.0,arg=1"), "0000:0a:00.0");
  EXPECT_EQ(DpdkDeviceName("net_null0,size=64"), "net_null0");
  EXPECT_EQ(ClaimsOf(Port(PortKind::kVhostUser, {{"path", "/run/vsw/./a.sock"}})),
            ClaimsOf(Port(PortKind::kVhostUser, {{"path", "/run/vsw/a.sock"}})));
  EXPECT_EQ(ClaimsOf(Port(PortKind::kSystem, {{"device", "eth1"}})),
            ClaimsOf(Port(PortKind::kTap, {}, "eth1")));
}

TEST(Claims, OfDpdkDriversThatStandOnKernelDevicesNameThese) {
  const auto claims = [](const char* devargs) {
    return ClaimsOf(Port(PortKind::kDpdk, {{"devargs", devargs}}));
  };
  EXPECT_THAT(claims("net_af_packet0,iface=eth1"),
              ElementsAre("DPDK device net_af_packet0", "kernel device eth1"));
  EXPECT_THAT(claims("net_af_xdp1,start_queue=1,iface=eth1,queue_count=2"),
              ElementsAre("DPDK device net_af_xdp1", "kernel device eth1"));
  EXPECT_THAT(claims("net_pcap0,rx_iface=eth1,tx_iface=eth1"),
              ElementsAre("DPDK device net_pcap0", "kernel device eth1"));
  EXPECT_THAT(claims("net_pcap0,rx_iface_in=eth1,tx_iface=eth2"),
              ElementsAre("DPDK device net_pcap0", "kernel device eth1", "kernel device eth2"));
  EXPECT_THAT(claims("net_pcap0,rx_pcap=/tmp/iface,iface,tx_pcap=/tmp/b"),
              ElementsAre("DPDK device net_pcap0"));
}

TEST(Quote, BoundsAndEscapesWhatUsersWrote) {
  EXPECT_EQ(Quote("a\nb"), "\"a\\x0ab\"");
  EXPECT_LT(Quote(std::string(1 << 20, '\0')).size(), 400u);
}

}  // namespace
}  // namespace vsw::control
