// SPDX-License-Identifier: Apache-2.0
//
// Commands that read, and what happens when vswmgrd is slow or away.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/fake_manager.h"

namespace vsw::cli {
namespace {

using testing::HasSubstr;

class ReadTest : public testing::Test {
 protected:
  ReadTest() {
    v1::Bridge* bridge = manager_.bridges.add_bridges();
    bridge->set_name("br0");
    bridge->mutable_status()->set_state(v1::RESOURCE_STATE_ACTIVE);
    bridge->mutable_status()->set_dpid(1);
    v1::Port* port = manager_.ports.add_ports();
    port->set_name("vm1");
    port->set_bridge("br0");
    port->set_type(v1::PORT_TYPE_VHOST_USER);
    port->mutable_vlan()->set_tag(10);
    (*port->mutable_options())["path"] = "/run/vsw/vm1.sock";
    port->mutable_status()->set_state(v1::RESOURCE_STATE_FAILED);
    port->mutable_status()->set_reason("the folder /run/vsw does not exist; make it");
    v1::Port* tap = manager_.ports.add_ports();
    tap->set_name("tap1");
    tap->set_bridge("br0");
    tap->set_type(v1::PORT_TYPE_TAP);
    tap->mutable_status()->set_state(v1::RESOURCE_STATE_ACTIVE);
    tap->mutable_status()->set_ofport(2);
    tap->mutable_status()->set_link_up(true);
  }
  Outcome Vswctl(const std::string& line) { return RunVswctl(manager_.socket(), line); }

  FakeManager manager_;
};

TEST_F(ReadTest, NamesStandOneALine) {
  EXPECT_EQ(Vswctl("list-br").out, "br0\n");
  EXPECT_EQ(Vswctl("list-ports br0").out, "vm1\ntap1\n");
  EXPECT_EQ(Vswctl("list-ports br1").out, "");
  EXPECT_EQ(Vswctl("port-to-br vm1").out, "br0\n");
  EXPECT_EQ(Vswctl("port-to-br vm1 --format json").out, "{\"bridge\":\"br0\"}\n");
}

TEST_F(ReadTest, BridgeExistsSpeaksByItsExitStatus) {
  EXPECT_EQ(Vswctl("br-exists br0").exit_status, 0);
  const Outcome outcome = Vswctl("br-exists br1");
  EXPECT_EQ(outcome.exit_status, 2);
  EXPECT_EQ(outcome.out + outcome.err, "");
  EXPECT_EQ(Vswctl("br-exists br1 --format json").out, "{\"exists\":false}\n");
}

TEST_F(ReadTest, GetPrintsOneValueBare) {
  EXPECT_EQ(Vswctl("get port vm1 status.state").out, "failed\n");
  EXPECT_EQ(Vswctl("get port vm1 options.path").out, "/run/vsw/vm1.sock\n");
  EXPECT_EQ(Vswctl("get port vm1 path").out, "/run/vsw/vm1.sock\n");
  EXPECT_EQ(Vswctl("get port vm1 tag ofport").out, "10\n\n");
  EXPECT_EQ(Vswctl("get port vm1 options").out, "options.path=/run/vsw/vm1.sock\n");
  EXPECT_EQ(Vswctl("get bridge br0 status.dpid").out, "0x0000000000000001\n");
  EXPECT_EQ(Vswctl("get port vm1 tag --format json").out, "{\"tag\":\"10\"}\n");
}

TEST_F(ReadTest, GetOfWhatIsNotSetIsAnErrorUnlessIfExists) {
  EXPECT_EQ(Vswctl("get port vm1 mtu").exit_status, 1);
  const Outcome outcome = Vswctl("--if-exists get port vm1 mtu");
  EXPECT_EQ(outcome.exit_status, 0);
  EXPECT_EQ(outcome.out, "\n");
  EXPECT_EQ(Vswctl("--if-exists get port vm1 colour").exit_status, 1);
  EXPECT_EQ(Vswctl("get port vm2").exit_status, 1);
}

TEST_F(ReadTest, GetWithoutKeyShowsWhatIsSet) {
  const std::string out = Vswctl("get port vm1").out;
  EXPECT_THAT(out, HasSubstr("KEY "));
  EXPECT_THAT(out, HasSubstr("\ntag "));
  EXPECT_THAT(out, HasSubstr("\noptions.path "));
  EXPECT_THAT(out, HasSubstr("\nstatus.state "));
}

TEST_F(ReadTest, ShowGivesTheWholePicture) {
  manager_.status.set_wanted_revision(12);
  v1::SwitchStatus* vswitchd = manager_.status.mutable_switch_status();
  vswitchd->set_applied_revision(11);
  vswitchd->set_version("1.2.4");
  vswitchd->set_memory("ordinary memory: no hugepages");
  vswitchd->add_warnings("core 7 does not exist");
  vswitchd->set_uptime_seconds(90061);
  v1::WorkerStatus* worker = vswitchd->add_workers();
  worker->set_core(1);
  worker->set_rx_queues(3);
  worker->set_idle(0.5);
  EXPECT_EQ(Vswctl("show").out,
            "revision: 12 wanted, 11 applied\n"
            "vswmgrd: 1.2.3\n"
            "vswitchd: 1.2.4, connected, up 1d 01:01:01\n"
            "memory: ordinary memory: no hugepages\n"
            "worker 0: core 1, receive queues 3, megaflows 0, masks 0, idle 50%\n"
            "warning: core 7 does not exist\n"
            "\n"
            "bridge br0: active, dpid 0x0000000000000001, 0 addresses, 0 static\n"
            "  PORT  TYPE        OFPORT  VLAN       STATE   LINK  REASON\n"
            "  vm1   vhost-user       -  access 10  failed  -     "
            "the folder /run/vsw does not exist; make it\n"
            "  tap1  tap              2  trunk      active  up\n");
}

TEST_F(ReadTest, ShowSaysWhyTheSwitchIsAway) {
  manager_.status.mutable_switch_status()->set_connected(false);
  manager_.status.mutable_switch_status()->set_error("connection refused");
  manager_.ports.mutable_ports(0)->mutable_status()->set_reason("connection refused");
  const std::string out = Vswctl("show").out;
  EXPECT_THAT(out, HasSubstr("vswitchd: not connected: connection refused\n"));
  EXPECT_EQ(out.find("connection refused"), out.rfind("connection refused")) << "told once";
  EXPECT_THAT(Vswctl("show --format json").out, HasSubstr("\"wanted_revision\":\"0\""));
}

TEST_F(ReadTest, CountersKeepAll64Bits) {
  v1::PortCountersEntry* entry = manager_.counters.add_ports();
  entry->set_bridge("br0");
  entry->set_port("vm1");
  entry->mutable_counters()->set_rx_bytes(UINT64_MAX);
  EXPECT_THAT(Vswctl("stats").out, HasSubstr(" 18446744073709551615 "));
  EXPECT_THAT(Vswctl("stats --format json").out,
              HasSubstr("\"rx_bytes\":\"18446744073709551615\""));
}

TEST_F(ReadTest, TellsWhichTunnelsAnswer) {
  v1::BfdSession* session = manager_.bfd.add_sessions();
  session->set_bridge("br0");
  session->set_port("t1");
  session->set_state("up");
  session->set_remote_state("up");
  session->set_forwarding(true);
  session->set_flaps(1);
  session->set_tx_interval_us(100000);
  session->set_detection_time_us(3000000);
  session->set_diagnostic("No Diagnostic");
  session->set_remote_diagnostic("No Diagnostic");
  EXPECT_EQ(
      Vswctl("bfd show").out,
      "BRIDGE  PORT  STATE  REMOTE  FORWARDING  FLAPS  TX-INTERVAL  DETECTION  DIAGNOSTIC     "
      "REMOTE-DIAGNOSTIC\n"
      "br0     t1    up     up      true            1        100ms     3000ms  No Diagnostic  "
      "No Diagnostic\n");
  EXPECT_THAT(Vswctl("bfd show --format json").out, HasSubstr("\"detection_time_us\":\"3000000\""));
}

TEST_F(ReadTest, TablesOfTunnelOptions) {
  v1::Bridge* bridge = manager_.bridges.add_bridges();
  bridge->set_name("br7");
  (*bridge->mutable_tlv_map())["tun_metadata0"] = "class=0x102,type=0x80,len=4";
  EXPECT_EQ(Vswctl("tlv-map show br7").out,
            "BRIDGE  FIELD          OPTION\n"
            "br7     tun_metadata0  class=0x102,type=0x80,len=4\n");
  EXPECT_EQ(Vswctl("tlv-map show br7 --format json").out,
            "{\"br7\":{\"tun_metadata0\":\"class=0x102,type=0x80,len=4\"}}\n");
  EXPECT_EQ(Vswctl("tlv-map show br8").exit_status, 1);
}

TEST_F(ReadTest, TablesOfAddressesAndDrops) {
  v1::FdbEntry* learned = manager_.fdb.add_entries();
  learned->set_bridge("br0");
  learned->set_mac("52:54:00:00:00:02");
  learned->set_port("vm1");
  learned->set_age_seconds(7);
  v1::FdbEntry* fixed = manager_.fdb.add_entries();
  *fixed = *learned;
  fixed->set_mac("52:54:00:00:00:01");
  fixed->set_is_static(true);
  learned->set_remote("192.0.2.3");
  EXPECT_EQ(Vswctl("fdb show br0").out,
            "BRIDGE  VLAN  MAC                PORT  REMOTE     KIND     AGE\n"
            "br0        0  52:54:00:00:00:01  vm1   -          static     -\n"
            "br0        0  52:54:00:00:00:02  vm1   192.0.2.3  learned    7\n");
  EXPECT_EQ(manager_.list_fdb.bridge(), "br0");
  v1::DropCount* drop = manager_.drops.add_drops();
  drop->set_bridge("br0");
  drop->set_port("vm1");
  drop->set_reason("vlan-not-allowed");
  drop->set_packets(3);
  EXPECT_EQ(Vswctl("drops").out,
            "BRIDGE  PORT  REASON            PACKETS\n"
            "br0     vm1   vlan-not-allowed        3\n");
}

TEST_F(ReadTest, AManagerThatDoesNotAnswerInTimeIsNamed) {
  manager_.read_delay = std::chrono::seconds(30);
  const Outcome outcome = Vswctl("--timeout 0.2 list-br");
  EXPECT_EQ(outcome.exit_status, 142);
  EXPECT_THAT(outcome.err, HasSubstr("no answer from vswmgrd at " + manager_.socket()));
}

TEST_F(ReadTest, ASwitchThatIsAwayIsNamedAsVswmgrdSaysIt) {
  manager_.read_error = {grpc::StatusCode::UNAVAILABLE, "vswitchd is not connected"};
  const Outcome outcome = Vswctl("fdb show");
  EXPECT_EQ(outcome.exit_status, 142);
  EXPECT_EQ(outcome.err, "vswctl: fdb show: vswitchd is not connected\n");
}

TEST(AbsentManager, MissingSocketIsNamed) {
  const TempFolder folder;
  const Outcome outcome = RunVswctl(folder / "none.sock", "--timeout 0.1 list-br");
  EXPECT_EQ(outcome.exit_status, 142);
  EXPECT_THAT(outcome.err,
              HasSubstr("vswmgrd is not reachable: no socket " + folder / "none.sock"));
}

// A socket file as a killed daemon leaves it, or one whose daemon never accepts.
class SilentSocket {
 public:
  SilentSocket(const std::string& path, bool listening) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    if (listening) {
      EXPECT_EQ(listen(fd_, 8), 0);
    }
  }
  ~SilentSocket() { close(fd_); }

 private:
  const int fd_;
};

TEST(AbsentManager, RefusingSocketIsNamed) {
  const TempFolder folder;
  const SilentSocket socket(folder / "x.sock", /*listening=*/false);
  const Outcome outcome = RunVswctl(folder / "x.sock", "--timeout 0.1 add-br br0");
  EXPECT_EQ(outcome.exit_status, 142);
  EXPECT_THAT(outcome.err, HasSubstr("vswmgrd is not reachable: nobody listens"));
}

TEST(AbsentManager, OneThatNeverAcceptsIsNamed) {
  const TempFolder folder;
  const SilentSocket socket(folder / "x.sock", /*listening=*/true);
  const Outcome outcome = RunVswctl(folder / "x.sock", "--timeout 0.3 add-br br0");
  EXPECT_EQ(outcome.exit_status, 142);
  EXPECT_THAT(outcome.err, HasSubstr("no answer from vswmgrd"));
}

TEST(AbsentManager, VersionAndCompletionStillAnswer) {
  const TempFolder folder;
  const Outcome version = RunVswctl(folder / "x.sock", "--timeout 0.1 version");
  EXPECT_EQ(version.exit_status, 0);
  EXPECT_THAT(version.out, HasSubstr("vswmgrd not reachable"));
  const Outcome names = RunVswctl(folder / "x.sock", "__complete del-port v");
  EXPECT_EQ(names.exit_status, 0);
  EXPECT_EQ(names.out + names.err, "");
}

TEST(AbsentManager, HelpNeedsNobody) {
  const Outcome outcome = RunVswctl("/nonexistent", "help add-port");
  EXPECT_EQ(outcome.exit_status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("vlan-mode="));
}

}  // namespace
}  // namespace vsw::cli
