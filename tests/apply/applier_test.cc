// SPDX-License-Identifier: Apache-2.0
#include "datapath/apply/applier.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <set>

#include "tests/apply/fakes.h"

namespace vsw {
namespace {

class ApplierTest : public testing::Test {
 protected:
  ~ApplierTest() override { workers_.stopping = true; }
  void Apply(const WantedState& state) {
    const absl::Status status = applier_.Apply(state);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  std::string Failure(const std::string& port) {
    return applier_.report()->FindPort(port)->failure;
  }
  uint32_t OfPortOf(const std::string& port) { return applier_.report()->FindPort(port)->ofport; }

  FakeSlowPath slow_path_;
  FakeWorkers workers_{&slow_path_};
  FakePorts ports_;
  Applier applier_{&workers_, &slow_path_,
                   [this](const PortRequest& request) { return ports_.Make(request); },
                   [this](const std::set<std::string>& wanted) { sweeps_.push_back(wanted); }};
  std::vector<std::set<std::string>> sweeps_;
};

TEST_F(ApplierTest, LooksForLeftoversOnceWithTheFirstState) {
  Apply(StateBuilder(1).Bridge("br0").Port("a", "br0"));
  Apply(StateBuilder(2).Bridge("br0").Port("b", "br0"));
  ASSERT_EQ(sweeps_.size(), 1u);
  EXPECT_EQ(sweeps_[0], std::set<std::string>{"a"});
}

TEST_F(ApplierTest, ConfiguresEverythingOnceBeforeAnyPortIsPolled) {
  Apply(StateBuilder(1)
            .Bridge("br0")
            .Port("a", "br0", {}, 0, PortKind::kTap, 10)
            .Port("b", "br0")
            .Static("br0", 0x020000000001, "b"));
  EXPECT_EQ(slow_path_.configured, 1);  // the order itself is checked by FakeWorkers::AddPort()
  EXPECT_EQ(workers_.polled.size(), 2u);
  EXPECT_EQ(slow_path_.Find("a")->tag, 10);
  ASSERT_EQ(slow_path_.config.bridges[0].static_fdb.size(), 1u);
  EXPECT_EQ(slow_path_.config.bridges[0].static_fdb[0].port, slow_path_.Find("b")->number);
}

TEST_F(ApplierTest, DoesNothingForTheSameStateTwice) {
  const WantedState state = StateBuilder(1).Bridge("br0").Port("a", "br0");
  Apply(state);
  const uint64_t version = applier_.report()->version;
  workers_.log.clear();
  Apply(state);
  EXPECT_EQ(slow_path_.configured, 1);
  EXPECT_TRUE(workers_.log.empty());
  EXPECT_EQ(ports_.opened["a"], 1);
  EXPECT_EQ(applier_.report()->version, version);
}

TEST_F(ApplierTest, RefusesAnOlderRevision) {
  Apply(StateBuilder(5).Bridge("br0"));
  EXPECT_TRUE(absl::IsFailedPrecondition(applier_.Apply(StateBuilder(4))));
  EXPECT_EQ(applier_.report()->bridges.size(), 1u);
  EXPECT_EQ(applier_.report()->applied_revision, 5u);
}

TEST_F(ApplierTest, ChangesVlansWithoutTouchingAPort) {
  Apply(StateBuilder(1).Bridge("br0").Port("a", "br0"));
  workers_.log.clear();
  Apply(StateBuilder(2).Bridge("br0").Port("a", "br0", {}, 0, PortKind::kTap, 20));
  EXPECT_EQ(slow_path_.Find("a")->tag, 20);
  EXPECT_TRUE(workers_.log.empty());
  EXPECT_EQ(ports_.opened["a"], 1);
}

TEST_F(ApplierTest, TellsTheSlowPathWhatTunnelsThereAre) {
  Apply(StateBuilder(1)
            .Bridge("br0")
            .Bridge("br1")
            .Port("a", "br0")
            .Port("t", "br0", {{"remote", "192.0.2.2"}, {"key", "7"}}, 0, PortKind::kVxlan)
            .Port("g", "br1", {{"remote", "flow"}}, 0, PortKind::kGre));
  EXPECT_FALSE(slow_path_.Find("a")->tunnel.is_tunnel());
  EXPECT_EQ(slow_path_.Find("t")->tunnel.kind, TunnelKind::kVxlan);
  EXPECT_EQ(slow_path_.Find("t")->tunnel.out_key, 7u);
  EXPECT_TRUE(slow_path_.Find("g")->tunnel.remote_is_flow);
  for (const SlowPathBridge& bridge : slow_path_.config.bridges) {
    EXPECT_EQ(bridge.tunnel_udp_ports, std::vector<uint16_t>{4789}) << "also of other bridges";
    EXPECT_TRUE(bridge.has_gre);
  }
}

TEST_F(ApplierTest, RemakesAPortOnlyWhenItsOptionsCannotChange) {
  Apply(StateBuilder(1).Bridge("br0").Port("a", "br0", {{"mtu", "1500"}}).Port("b", "br0"));
  const PortNo number = applier_.report()->FindPort("a")->number;
  Apply(StateBuilder(2).Bridge("br0").Port("a", "br0", {{"mtu", "9000"}}).Port("b", "br0"));
  EXPECT_EQ(ports_.opened["a"], 1);
  EXPECT_EQ(ports_.options["a"]["mtu"], "9000");
  Apply(StateBuilder(3).Bridge("br0").Port("a", "br0", {{"fixed", "1"}}).Port("b", "br0"));
  EXPECT_EQ(ports_.opened["a"], 2);
  EXPECT_EQ(ports_.opened["b"], 1);
  EXPECT_EQ(applier_.report()->FindPort("a")->number, number);
  EXPECT_TRUE(slow_path_.Find("a")->usable);
}

TEST_F(ApplierTest, KeepsALivingPortThatRefusesNewOptions) {
  Apply(StateBuilder(1).Bridge("br0").Port("a", "br0"));
  Apply(StateBuilder(2).Bridge("br0").Port("a", "br0", {{"bad", "1"}}));
  EXPECT_NE(Failure("a").find("former options"), std::string::npos);
  EXPECT_TRUE(slow_path_.Find("a")->usable);
  Apply(StateBuilder(3).Bridge("br0").Port("a", "br0"));
  EXPECT_EQ(Failure("a"), "");
  EXPECT_EQ(ports_.opened["a"], 1);
}

TEST_F(ApplierTest, HandsADeviceFromARemovedPortToANewOne) {
  Apply(StateBuilder(1).Bridge("br0").Port("old", "br0", {{"device", "eth0"}}));
  Apply(StateBuilder(2).Bridge("br0").Port("new", "br0", {{"device", "eth0"}}));
  EXPECT_EQ(Failure("new"), "");
  EXPECT_EQ(slow_path_.Find("old"), nullptr);
}

TEST_F(ApplierTest, KeepsTheRowOfAFailedPortAndRetriesWithBackOff) {
  ports_.broken.insert("a");
  Apply(StateBuilder(1).Bridge("br0").Port("a", "br0").Port("b", "br0"));
  EXPECT_EQ(Failure("a"), "no such device");
  EXPECT_EQ(Failure("b"), "");
  EXPECT_FALSE(slow_path_.Find("a")->usable);
  std::vector<uint64_t> waits;
  for (int i = 0; i < 7; ++i) {
    const uint64_t next = applier_.next_retry_ns().value();
    waits.push_back((next - workers_.now_ns) / 1'000'000);
    workers_.now_ns = next;
    applier_.RetryDue();
  }
  EXPECT_EQ(waits, (std::vector<uint64_t>{500, 1000, 2000, 4000, 8000, 10000, 10000}));
  ports_.broken.clear();
  workers_.now_ns = applier_.next_retry_ns().value();
  applier_.RetryDue();
  EXPECT_EQ(Failure("a"), "");
  EXPECT_TRUE(slow_path_.Find("a")->usable);
  EXPECT_EQ(workers_.polled.size(), 2u);
  EXPECT_FALSE(applier_.next_retry_ns().has_value());
}

TEST_F(ApplierTest, RetriesAFailedPortWithEachApply) {
  ports_.broken.insert("a");
  Apply(StateBuilder(1).Bridge("br0").Port("a", "br0"));
  ports_.broken.clear();
  Apply(StateBuilder(1).Bridge("br0").Port("a", "br0"));
  EXPECT_EQ(Failure("a"), "");
}

TEST_F(ApplierTest, GivesAnExplicitOfPortPriorityAndMovesTheOther) {
  Apply(StateBuilder(1)
            .Bridge("br0")
            .Port("a", "br0")
            .Port("br0", "br0", {}, 0, PortKind::kInternal));
  EXPECT_EQ(OfPortOf("a"), 1u);
  EXPECT_EQ(OfPortOf("br0"), ToInt(kOfPortLocal));
  Apply(StateBuilder(2).Bridge("br0").Port("a", "br0").Port("b", "br0", {}, 1));
  EXPECT_EQ(OfPortOf("b"), 1u);
  EXPECT_EQ(OfPortOf("a"), 2u);
  Apply(StateBuilder(3).Bridge("br0").Port("b", "br0", {}, 1).Port("c", "br0", {}, 1));
  EXPECT_EQ(OfPortOf("b"), 1u);
  EXPECT_NE(Failure("c").find("taken by port 'b'"), std::string::npos);
  EXPECT_EQ(slow_path_.Find("c"), nullptr);
  Apply(StateBuilder(4).Bridge("br0").Port("c", "br0", {}, 1));
  EXPECT_EQ(Failure("c"), "");
}

TEST_F(ApplierTest, JoinsTwoPatchPortsByName) {
  const auto patch = PortKind::kPatch;
  StateBuilder one(1);
  one.Bridge("br0").Bridge("br1").Port("p0", "br0", {{"peer", "p1"}}, 0, patch);
  Apply(one);
  EXPECT_NE(Failure("p0").find("peer 'p1' does not exist"), std::string::npos);
  EXPECT_FALSE(slow_path_.Find("p0")->usable);
  Apply(StateBuilder(2)
            .Bridge("br0")
            .Bridge("br1")
            .Port("p0", "br0", {{"peer", "p1"}}, 0, patch)
            .Port("p1", "br1", {{"peer", "p0"}}, 0, patch));
  EXPECT_EQ(Failure("p0"), "");
  EXPECT_EQ(slow_path_.Find("p0")->patch_peer, slow_path_.Find("p1")->number);
  EXPECT_TRUE(ports_.opened.empty());
}

TEST_F(ApplierTest, DoesNotUseAPortThatIsAdministrativelyDown) {
  Apply(StateBuilder(1).Bridge("br0").Port("a", "br0", {{"admin-state", "down"}}));
  EXPECT_FALSE(slow_path_.Find("a")->usable);
  Apply(StateBuilder(2).Bridge("br0").Port("a", "br0", {{"admin-state", "up"}}));
  EXPECT_TRUE(slow_path_.Find("a")->usable);
  EXPECT_EQ(ports_.opened["a"], 1);
}

TEST_F(ApplierTest, TellsTheSlowPathWhatThePortsSayOfThemselves) {
  Apply(StateBuilder(1).Bridge("br0").Port("a", "br0"));
  const SlowPathPort* port = slow_path_.Find("a");
  EXPECT_EQ(port->mac, MacAddress::FromU64(0x020000000000 + ToInt(port->number)));
  EXPECT_EQ(port->speed_mbps, 25'000u);
  EXPECT_TRUE(port->link_up);
  const int before = slow_path_.configured;
  applier_.RefreshInfo();
  EXPECT_EQ(slow_path_.configured, before) << "nothing new";
  ports_.link_up = false;
  applier_.RefreshInfo();
  EXPECT_EQ(slow_path_.configured, before + 1);
  EXPECT_FALSE(slow_path_.Find("a")->link_up);
  EXPECT_TRUE(slow_path_.Find("a")->usable);
}

TEST_F(ApplierTest, LetsThePortNumberOfARemovedPortRest) {
  Apply(StateBuilder(1).Bridge("br0").Port("a", "br0"));
  const PortNo number = applier_.report()->FindPort("a")->number;
  Apply(StateBuilder(2).Bridge("br0"));
  Apply(StateBuilder(3).Bridge("br0").Port("b", "br0"));
  EXPECT_NE(applier_.report()->FindPort("b")->number, number);
  workers_.now_ns += NumberPool::kRestNs;
  Apply(StateBuilder(4).Bridge("br0").Port("b", "br0").Port("c", "br0"));
  EXPECT_EQ(applier_.report()->FindPort("c")->number, number);
}

WantedState RandomState(uint64_t revision, std::mt19937* random) {
  auto pick = [random](int n) { return static_cast<int>((*random)() % n); };
  StateBuilder state(revision);
  std::vector<std::string> bridges = {"br0"};
  if (pick(2) == 0) bridges.push_back("br1");
  for (const std::string& bridge : bridges) state.Bridge(bridge);
  for (int i = 0; i < 12; ++i) {
    if (pick(3) == 0) continue;
    std::map<std::string, std::string> options;
    if (pick(2) == 0) options["mtu"] = std::to_string(1500 + pick(2));
    if (pick(4) == 0) options["fixed"] = std::to_string(pick(2));
    const std::string name = "p" + std::to_string(i);
    const std::string bridge = bridges[i % bridges.size()];
    if (pick(4) == 0) options["device"] = "dev" + name;
    state.Port(name, bridge, options, pick(6) == 0 ? 1 + pick(5) : 0,
               pick(8) == 0 ? PortKind::kSystem : PortKind::kTap, static_cast<uint16_t>(pick(4)));
    if (pick(4) == 0) state.Static(bridge, 0x020000000000 + i, name);
  }
  return state;
}

TEST_F(ApplierTest, EndsWhereARandomSequenceOfStatesLeads) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  WantedState previous;
  for (uint64_t revision = 1; revision <= 400; ++revision) {
    const WantedState wanted = RandomState(revision, &random);
    workers_.now_ns += random() % 2'000'000'000;
    const std::map<std::string, int> opened = ports_.opened;
    const StateReportPtr before = applier_.report();
    Apply(wanted);
    const StateReportPtr after = applier_.report();
    std::set<uint32_t> numbers;
    std::set<std::pair<std::string, uint32_t>> ofports;
    size_t realised = 0;
    for (const auto& [name, port] : wanted.ports) {
      const PortReport* report = after->FindPort(name);
      ASSERT_NE(report, nullptr);
      EXPECT_TRUE(numbers.insert(ToInt(report->number)).second);
      const SlowPathPort* configured = slow_path_.Find(name);
      EXPECT_EQ(report->failure.empty(), configured != nullptr && configured->usable) << name;
      if (!report->failure.empty()) continue;
      ++realised;
      EXPECT_TRUE(ofports.insert({port.bridge, report->ofport}).second);
      if (port.ofport != 0) {
        EXPECT_EQ(report->ofport, port.ofport);
      }
      EXPECT_EQ(configured->tag, port.vlan.tag);
      EXPECT_EQ(ports_.options.at(name), port.options);
      EXPECT_EQ(workers_.polled.at(report->number), name);
      // Untouched: same port, same options, realised before.
      const auto old = previous.ports.find(name);
      if (old != previous.ports.end() && old->second.options == port.options &&
          old->second.kind == port.kind && old->second.bridge == port.bridge &&
          before->FindPort(name)->failure.empty()) {
        EXPECT_EQ(ports_.opened.at(name), opened.at(name)) << name;
        EXPECT_EQ(before->FindPort(name)->number, report->number);
      }
    }
    EXPECT_GE(workers_.polled.size(), realised);
    EXPECT_EQ(after->ports.size(), wanted.ports.size());
    EXPECT_EQ(after->bridges.size(), wanted.bridges.size());
    previous = wanted;
    if (HasFailure()) return;
  }
}

TEST(Diff, NamesOnlyWhatDiffers) {
  const WantedState running =
      StateBuilder(1).Bridge("br0").Port("keep", "br0").Port("go", "br0").Port("kind", "br0");
  const WantedState wanted = StateBuilder(2)
                                 .Bridge("br1")
                                 .Bridge("br0")
                                 .Port("keep", "br0", {}, 7)
                                 .Port("come", "br1")
                                 .Port("kind", "br0", {}, 0, PortKind::kSystem);
  const Difference difference = Compare(running, wanted);
  EXPECT_EQ(difference.bridges_added, std::vector<std::string>{"br1"});
  EXPECT_EQ(difference.ports_removed, (std::vector<std::string>{"go", "kind"}));
  EXPECT_EQ(difference.ports_added, (std::vector<std::string>{"come", "kind"}));
  EXPECT_TRUE(difference.ports_reoptioned.empty());
  EXPECT_EQ(Compare(wanted, wanted), Difference{});
}

}  // namespace
}  // namespace vsw
