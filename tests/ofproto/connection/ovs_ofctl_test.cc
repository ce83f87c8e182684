// SPDX-License-Identifier: Apache-2.0
//
// Open vSwitch's own client against our connections, in every version. Left out where it is not
// installed.
#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "tests/ofproto/connection/server_fixture.h"

namespace vsw::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class OvsOfctl : public ServerTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    if (std::system("ovs-ofctl --version >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "ovs-ofctl is not installed";
    }
    Start();
    Connect();  // waits until somebody listens
  }
  std::string version() const { return GetParam(); }
  /// Output and errors of `ovs-ofctl COMMAND`, with BR as the bridge.
  std::string Run(std::string command) {
    if (const size_t at = command.find("BR"); at != std::string::npos) {
      command.replace(at, 2, "unix:" + ManagementPath());
    }
    command =
        "OVS_RUNDIR=" + folder_ + " timeout 20 ovs-ofctl -O " + version() + " " + command + " 2>&1";
    std::string output;
    FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 4096> chunk;
    while (const size_t got = fread(chunk.data(), 1, chunk.size(), pipe)) {
      output.append(chunk.data(), got);
    }
    const int status = pclose(pipe);
    if (status != 0) output += "\n[exit " + std::to_string(status) + "]";
    return output;
  }
  bool before13() const { return version() < "OpenFlow13"; }
};

TEST_P(OvsOfctl, ShowsTheSwitch) {
  const std::string shown = Run("show BR");
  EXPECT_THAT(shown, HasSubstr("dpid:0000aabbccddeeff"));
  EXPECT_THAT(shown, HasSubstr("1(p1)"));
  EXPECT_THAT(shown, HasSubstr("LOCAL(br0)"));
  EXPECT_THAT(Run("dump-desc BR"), HasSubstr("Manufacturer: vsw"));
  EXPECT_THAT(Run("dump-ports BR"), HasSubstr("3 ports"));
  EXPECT_THAT(Run("dump-ports BR 2"), HasSubstr("1 ports"));
  EXPECT_THAT(Run("dump-ports-desc BR"), HasSubstr("2(p2)"));
  EXPECT_THAT(Run("dump-tables BR"), HasSubstr("table 0"));
  EXPECT_THAT(Run("get-frags BR"), HasSubstr("normal"));
  EXPECT_THAT(Run("probe BR"), Not(HasSubstr("exit")));
  EXPECT_THAT(Run("ping BR 64"), Not(HasSubstr("exit")));
}

TEST_P(OvsOfctl, AddsListsAndDeletesFlows) {
  EXPECT_EQ(Run("add-flow BR priority=5,ip,nw_dst=10.0.0.0/8,actions=output:2"), "");
  EXPECT_THAT(Run("dump-flows BR"), HasSubstr("nw_dst=10.0.0.0/8 actions=output:2"));
  EXPECT_THAT(Run("dump-aggregate BR"), HasSubstr("flow_count=1"));
  EXPECT_EQ(Run("mod-flows BR priority=5,ip,nw_dst=10.0.0.0/8,actions=output:1"), "");
  EXPECT_EQ(Run("del-flows BR"), "");
  EXPECT_THAT(Run("dump-flows BR"), Not(HasSubstr("actions")));
}

TEST_P(OvsOfctl, ReplacesAndComparesFlows) {
  std::ofstream(folder_ + "/flows") << "ip actions=output:1\narp actions=output:2\n";
  EXPECT_EQ(Run("replace-flows BR " + folder_ + "/flows"), "");
  EXPECT_EQ(bridge_.flow_count(), 2u);
  EXPECT_EQ(Run("diff-flows BR " + folder_ + "/flows"), "");
}

TEST_P(OvsOfctl, CommitsBundles) {
  if (before13()) return;  // the client speaks none there
  std::ofstream(folder_ + "/flows") << "ip actions=output:1\narp actions=output:2\n";
  EXPECT_EQ(Run("--bundle add-flows BR " + folder_ + "/flows"), "");
  EXPECT_THAT(bridge_.TakeLog(), ::testing::Contains("bundle 2"));
  bridge_.RefuseNext(OfErrorId::kTableFull);
  EXPECT_THAT(Run("--bundle add-flows BR " + folder_ + "/flows"), HasSubstr("TABLE_FULL"));
}

TEST_P(OvsOfctl, MakesGroupsAndMeters) {
  EXPECT_EQ(Run("add-group BR group_id=7,type=all,bucket=output:1,bucket=output:2"), "");
  EXPECT_THAT(Run("dump-groups BR"), HasSubstr("group_id=7,type=all"));
  EXPECT_THAT(Run("dump-group-stats BR"), HasSubstr("group_id=7"));
  EXPECT_EQ(Run("del-groups BR group_id=7"), "");
  if (before13()) return;
  EXPECT_EQ(Run("add-meter BR meter=3,pktps,bands=type=drop,rate=100"), "");
  EXPECT_THAT(Run("dump-meters BR"), HasSubstr("meter=3"));
  EXPECT_THAT(Run("meter-features BR"), HasSubstr("max_meter"));
  EXPECT_THAT(Run("dump-group-features BR"), HasSubstr("Group table"));
  EXPECT_THAT(Run("dump-table-features BR"), HasSubstr("table 0"));
}

TEST_P(OvsOfctl, ChangesPortsAndSendsPackets) {
  bridge_.TakeLog();
  EXPECT_EQ(Run("mod-port BR p2 down"), "");
  EXPECT_EQ(Run("packet-out BR in_port=controller,packet="
                "50540000000550540000000708060001080006040001505400000005c0a80001000000000000c0a800"
                "02,actions=output:1"),
            "");
  EXPECT_THAT(bridge_.TakeLog(), ::testing::IsSupersetOf({"port 2", "packet 42"}));
}

TEST_P(OvsOfctl, MonitorsFlowsAndPackets) {
  bridge_.FillFlows(2);
  const std::string log = folder_ + "/monitor.log";
  const std::string pid = folder_ + "/monitor.pid";
  std::system(("OVS_RUNDIR=" + folder_ + " timeout 30 ovs-ofctl -O " + version() +
               " monitor unix:" + ManagementPath() + " watch: >" + log + " 2>&1 & echo $! >" + pid)
                  .c_str());
  PacketIn packet_in;
  packet_in.packet = Bytes(60, 0);
  packet_in.total_bytes = 60;
  const auto stands = [&](const std::string& what) {
    std::ifstream file(log);
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    return text.find(what) != std::string::npos;
  };
  const auto printed = [&](const std::string& what) {
    return Eventually([&] { return stands(what); });
  };
  // Until 1.4 a rule that is there is told as one that is added.
  EXPECT_TRUE(printed(version() < "OpenFlow14" ? "event=ADDED" : "event=INITIAL"));
  // It asks for packets some time after it has asked for rules.
  EXPECT_TRUE(Eventually([&] {
    bridge_.Tell([&](BridgeObserver* observer) { observer->OnPacketIn(packet_in); });
    return stands("PACKET_IN");
  }));
  EXPECT_EQ(Run("add-flow BR arp,actions=output:1"), "");
  EXPECT_TRUE(printed("event=ADDED table=0 cookie=0 arp actions=output:1"));
  std::system(("kill $(cat " + pid + ")").c_str());
}

INSTANTIATE_TEST_SUITE_P(Versions, OvsOfctl,
                         ::testing::Values("OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow13",
                                           "OpenFlow14", "OpenFlow15"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace vsw::testing
