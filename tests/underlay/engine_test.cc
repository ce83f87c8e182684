// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datapath/underlay/neighbour_frames.h"
#include "tests/underlay/fake_kernel.h"

namespace vsw {
namespace {

using ::testing::ElementsAre;
using testing::FakeKernel;
using ::testing::HasSubstr;
using testing::Ip;
using ::testing::IsEmpty;
using testing::Mac;

constexpr uint64_t kSecond = 1'000'000'000;

class UnderlayEngineTest : public ::testing::Test {
 protected:
  UnderlayEngineTest() {
    kernel_.AddDevice(2, "eth0");
    kernel_.AddDevice(3, "eth1");
    kernel_.addresses = {{2, Ip("192.0.2.1")}, {3, Ip("198.51.100.1")}};
    kernel_.AddRoute("192.0.2.2", 2, "192.0.2.1");
    kernel_.AddRoute("192.0.2.3", 2, "192.0.2.1");
    config_.tunnels = {{{}, Ip("192.0.2.2")}};
    config_.udp_ports = {4789};
  }

  void Configure() {
    engine_.Configure(config_, now_);
    engine_.Settle();
  }
  void Miss(const char* remote) {
    engine_.OnEvent({.kind = UnderlayEvent::Kind::kMiss, .remote = Ip(remote)}, now_);
    engine_.Settle();
  }
  void Changed(const KernelChanges& changes) {
    engine_.OnChanges(changes, now_);
    engine_.Settle();
  }
  void Later(uint64_t ns) {
    now_ += ns;
    engine_.OnTimer(now_);
    engine_.Settle();
  }
  // nullptr: not published.
  const NextHop* Published(const char* remote) {
    for (const auto& [ends, next_hop] : published_.next_hops) {
      if (ends.remote == Ip(remote)) return &next_hop;
    }
    return nullptr;
  }
  bool Sends(const char* remote, uint64_t mac) {
    const NextHop* next_hop = Published(remote);
    return next_hop != nullptr && next_hop->refusal == DropReason::kNone &&
           next_hop->destination_mac == Mac(mac);
  }

  FakeKernel kernel_;
  UnderlayConfig config_;
  uint64_t now_ = 100 * kSecond;
  UnderlayPublication published_;
  int publications_ = 0;
  std::map<PortNo, std::string> open_;
  absl::Status open_error_;
  std::vector<std::pair<PortNo, std::vector<uint8_t>>> sent_;
  UnderlayEngine engine_{{
      .kernel = &kernel_,
      .open_port = [this](const KernelDevice& device) -> absl::StatusOr<PortNo> {
        if (!open_error_.ok()) return open_error_;
        const PortNo port{4000 + static_cast<uint32_t>(device.index)};
        open_[port] = device.name;
        return port;
      },
      .close_port = [this](PortNo port) { open_.erase(port); },
      .publish =
          [this](UnderlayPublication p) {
            published_ = std::move(p);
            ++publications_;
          },
      .send = [this](PortNo port, std::vector<uint8_t> f) { sent_.emplace_back(port, f); },
  }};
};

TEST_F(UnderlayEngineTest, AsksForTheNeighbourOfAConfiguredTunnelBeforeItsFirstPacket) {
  Configure();
  EXPECT_THAT(kernel_.solicited, ElementsAre(std::pair(2, Ip("192.0.2.2"))));
  EXPECT_EQ(Published("192.0.2.2"), nullptr);
  EXPECT_THAT(open_, ElementsAre(std::pair(PortNo{4002}, "eth0")));
  EXPECT_FALSE(engine_.report().tunnels.at({{}, Ip("192.0.2.2")}).ready);

  kernel_.SetNeighbour(2, "192.0.2.2", 0x22);
  Changed({.neighbours = {{2, Ip("192.0.2.2")}}});
  ASSERT_TRUE(Sends("192.0.2.2", 0x22));
  const NextHop& next_hop = *Published("192.0.2.2");
  EXPECT_EQ(next_hop.egress, PortNo{4002});
  EXPECT_EQ(next_hop.local, Ip("192.0.2.1"));
  EXPECT_EQ(next_hop.source_mac, Mac(2));
  EXPECT_EQ(next_hop.mtu, 1500u);
  EXPECT_TRUE(engine_.report().tunnels.at({{}, Ip("192.0.2.2")}).ready);
}

TEST_F(UnderlayEngineTest, ReceivesWhereTheAddressIsThatItSendsFrom) {
  kernel_.AddRoute("192.0.2.2", 2, "198.51.100.1");
  Configure();
  EXPECT_THAT(open_, ElementsAre(std::pair(PortNo{4002}, "eth0"), std::pair(PortNo{4003}, "eth1")));
}

TEST_F(UnderlayEngineTest, HiddenPortsReceiveForEveryAddressOfTheHost) {
  Configure();
  ASSERT_TRUE(published_.roles.contains(PortNo{4002}));
  const IngressRole& role = published_.roles.at(PortNo{4002});
  EXPECT_TRUE(role.hidden);
  EXPECT_TRUE(role.Has(Ip("198.51.100.1")));
  EXPECT_FALSE(role.Has(Ip("192.0.2.2")));
}

TEST_F(UnderlayEngineTest, OpensPortsWhereTheLocalAddressIs) {
  config_.tunnels = {{Ip("198.51.100.1"), Ip("192.0.2.2")}};
  Configure();
  EXPECT_EQ(open_.size(), 2u);
}

TEST_F(UnderlayEngineTest, AFlowTunnelReceivesOnEveryDeviceWithAnAddress) {
  config_.tunnels = {TunnelEnds{}};
  Configure();
  EXPECT_EQ(open_.size(), 2u);
  config_.tunnels.clear();
  Configure();
  EXPECT_THAT(open_, IsEmpty());
  EXPECT_THAT(published_.roles, IsEmpty());
}

TEST_F(UnderlayEngineTest, FindsOtherRemotesOnTheirFirstPacketAndForgetsThemUnused) {
  config_.tunnels = {TunnelEnds{}};
  Configure();
  kernel_.SetNeighbour(2, "192.0.2.3", 0x33);
  Miss("192.0.2.3");
  EXPECT_TRUE(Sends("192.0.2.3", 0x33));
  engine_.OnUsed({{}, Ip("192.0.2.3")}, now_ += 100 * kSecond);
  Later(100 * kSecond);
  EXPECT_TRUE(Sends("192.0.2.3", 0x33));
  Later(UnderlayEngine::kForgetNs);
  EXPECT_EQ(Published("192.0.2.3"), nullptr);
}

TEST_F(UnderlayEngineTest, RefusesWhatHasNoRouteUntilThereIsOne) {
  Configure();
  Miss("203.0.113.9");
  ASSERT_NE(Published("203.0.113.9"), nullptr);
  EXPECT_EQ(Published("203.0.113.9")->refusal, DropReason::kTunnelNoRoute);
  kernel_.AddRoute("203.0.113.9", 2, "192.0.2.1", "192.0.2.254");
  kernel_.SetNeighbour(2, "192.0.2.254", 0xfe);
  now_ += kSecond;
  Changed({.routes = true});
  EXPECT_TRUE(Sends("203.0.113.9", 0xfe));
}

TEST_F(UnderlayEngineTest, FollowsARouteToAnotherDevice) {
  kernel_.SetNeighbour(2, "192.0.2.2", 0x22);
  kernel_.SetNeighbour(3, "192.0.2.2", 0x23);
  Configure();
  kernel_.AddRoute("192.0.2.2", 3, "198.51.100.1");
  now_ += kSecond;
  Changed({.routes = true});
  ASSERT_TRUE(Sends("192.0.2.2", 0x23));
  EXPECT_EQ(Published("192.0.2.2")->egress, PortNo{4003});
  EXPECT_THAT(open_, ElementsAre(std::pair(PortNo{4003}, "eth1")));
}

TEST_F(UnderlayEngineTest, LosesTheWayWhenTheDeviceGoesDownAndFindsItAgain) {
  kernel_.SetNeighbour(2, "192.0.2.2", 0x22);
  Configure();
  kernel_.devices[2].up = false;
  now_ += kSecond;
  Changed({.devices = true});
  EXPECT_EQ(Published("192.0.2.2")->refusal, DropReason::kTunnelNoRoute);
  EXPECT_THAT(engine_.report().tunnels.begin()->second.way, HasSubstr("down"));
  kernel_.devices[2].up = true;
  now_ += kSecond;
  Changed({.devices = true});
  EXPECT_TRUE(Sends("192.0.2.2", 0x22));
}

TEST_F(UnderlayEngineTest, FollowsANeighbourThatMovesOrGoes) {
  kernel_.SetNeighbour(2, "192.0.2.2", 0x22);
  Configure();
  kernel_.SetNeighbour(2, "192.0.2.2", 0x99);
  Changed({.neighbours = {{2, Ip("192.0.2.2")}}});
  EXPECT_TRUE(Sends("192.0.2.2", 0x99));
  kernel_.neighbours.clear();
  Changed({.neighbours = {{2, Ip("192.0.2.2")}}});
  EXPECT_EQ(Published("192.0.2.2"), nullptr);
  kernel_.solicited.clear();
  now_ += kSecond;
  Miss("192.0.2.2");
  EXPECT_THAT(kernel_.solicited, ElementsAre(std::pair(2, Ip("192.0.2.2"))));
}

TEST_F(UnderlayEngineTest, MakesSureOfNeighboursThatAreUsedAndOfNoOthers) {
  kernel_.SetNeighbour(2, "192.0.2.2", 0x22);
  Configure();
  Later(UnderlayEngine::kRefreshNs);
  kernel_.solicited.clear();
  Later(UnderlayEngine::kRefreshNs);
  EXPECT_THAT(kernel_.solicited, IsEmpty());
  engine_.OnUsed({{}, Ip("192.0.2.2")}, now_);
  Later(UnderlayEngine::kRefreshNs);
  EXPECT_THAT(kernel_.solicited, ElementsAre(std::pair(2, Ip("192.0.2.2"))));
}

TEST_F(UnderlayEngineTest, GathersManyRouteChangesAndPublishesOnlyNews) {
  kernel_.SetNeighbour(2, "192.0.2.2", 0x22);
  Configure();
  now_ += kSecond;
  kernel_.lookups = 0;
  const int publications = publications_;
  for (int i = 0; i < 100; ++i) Changed({.routes = true});
  EXPECT_EQ(kernel_.lookups, 1);
  Later(UnderlayEngine::kPauseNs);
  EXPECT_EQ(kernel_.lookups, 2);
  EXPECT_EQ(publications_, publications);
}

TEST_F(UnderlayEngineTest, TheHostsAddressesOnABridgeAreReported) {
  config_.bridge_devices[2] = PortNo{7};
  kernel_.SetNeighbour(2, "192.0.2.2", 0x22);
  Configure();
  EXPECT_THAT(open_, IsEmpty());
  ASSERT_TRUE(Sends("192.0.2.2", 0x22));
  EXPECT_EQ(Published("192.0.2.2")->enters_bridge_by, PortNo{7});
  EXPECT_THAT(engine_.report().locals,
              ElementsAre(TunnelLocal{PortNo{7}, Mac(2), {Ip("192.0.2.1")}}));
}

TEST_F(UnderlayEngineTest, SaysThatADeviceCannotBeUsed) {
  open_error_ = absl::PermissionDeniedError("open a packet socket: not permitted");
  kernel_.SetNeighbour(2, "192.0.2.2", 0x22);
  Configure();
  EXPECT_EQ(Published("192.0.2.2")->refusal, DropReason::kTunnelNoRoute);
  EXPECT_THAT(engine_.report().tunnels.begin()->second.way, HasSubstr("not permitted"));
}

class AddressedEngineTest : public UnderlayEngineTest {
 protected:
  AddressedEngineTest() {
    config_.addressed_ports = {{.port = PortNo{5},
                                .mac = Mac(5),
                                .mtu = 1500,
                                .addresses = {*IpPrefix::Parse("10.0.0.1/24")},
                                .gateways = {},
                                .ready = true}};
    config_.tunnels = {{{}, Ip("10.0.0.2")}};
  }
};

TEST_F(AddressedEngineTest, AsksByItselfWhereThePortHasTheAddress) {
  Configure();
  EXPECT_THAT(open_, IsEmpty());
  ASSERT_EQ(sent_.size(), 2u);
  EXPECT_EQ(sent_[0].second, MakeAnnouncement(Mac(5), Ip("10.0.0.1")));
  EXPECT_EQ(sent_[1].first, PortNo{5});
  EXPECT_EQ(sent_[1].second, MakeSolicitation(Mac(5), Ip("10.0.0.1"), Ip("10.0.0.2"), nullptr));
  EXPECT_EQ(Published("10.0.0.2"), nullptr);
  engine_.OnEvent({.kind = UnderlayEvent::Kind::kAnswered,
                   .port = PortNo{5},
                   .mac = Mac(0x77),
                   .remote = Ip("10.0.0.2")},
                  now_);
  engine_.Settle();
  ASSERT_TRUE(Sends("10.0.0.2", 0x77));
  EXPECT_EQ(Published("10.0.0.2")->egress, PortNo{5});
  const IngressRole& role = published_.roles.at(PortNo{5});
  EXPECT_FALSE(role.hidden);
  EXPECT_TRUE(role.Has(Ip("10.0.0.1")));
  EXPECT_FALSE(role.Has(Ip("192.0.2.1")));
}

TEST_F(AddressedEngineTest, SendsNothingBeforeThePortIsReadyAndThenAtOnce) {
  config_.addressed_ports[0].ready = false;
  Configure();
  EXPECT_THAT(sent_, IsEmpty());
  EXPECT_TRUE(published_.roles.contains(PortNo{5})) << "it may receive";
  config_.addressed_ports[0].ready = true;
  Configure();
  EXPECT_EQ(sent_.size(), 2u) << "the announcement and the question";
}

TEST_F(AddressedEngineTest, KeepsTheAnswerThatCameBeforeThePortWasReady) {
  config_.addressed_ports[0].ready = false;
  Configure();
  engine_.OnEvent({.kind = UnderlayEvent::Kind::kAnswered,
                   .port = PortNo{5},
                   .mac = Mac(0x77),
                   .remote = Ip("10.0.0.2")},
                  now_);
  config_.addressed_ports[0].ready = true;
  Configure();
  EXPECT_TRUE(Sends("10.0.0.2", 0x77));
  EXPECT_EQ(sent_.size(), 1u) << "the announcement";
}

TEST_F(AddressedEngineTest, AnnouncesAnAddressOnce) {
  Configure();
  sent_.clear();
  config_.udp_ports = {4789, 6081};
  Configure();
  EXPECT_THAT(sent_, IsEmpty());
  config_.addressed_ports[0].addresses.push_back(*IpPrefix::Parse("2001:db8::1/64"));
  Configure();
  EXPECT_THAT(sent_, ::testing::Contains(
                         ::testing::Pair(PortNo{5}, MakeAnnouncement(Mac(5), Ip("2001:db8::1")))));
}

}  // namespace
}  // namespace vsw
