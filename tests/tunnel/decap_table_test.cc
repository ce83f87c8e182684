// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/decap_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datapath/tunnel/tunnel_config.h"
#include "datapath/tunnel/tunnel_table.h"

namespace vsw {
namespace {

using ::testing::HasSubstr;
using Options = std::map<std::string, std::string>;

IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

TunnelFacts Facts(const Options& options, TunnelKind kind = TunnelKind::kVxlan) {
  return ParseTunnelOptions(kind, options)->facts;
}

class TunnelTableTest : public ::testing::Test {
 protected:
  absl::Status Set(uint32_t port, const Options& options, TunnelKind kind = TunnelKind::kVxlan) {
    return table_.Set(PortNo{port}, "t" + std::to_string(port), BridgeId{0}, Facts(options, kind));
  }
  // The port that a VXLAN packet is for; 0: none.
  uint32_t Find(const char* remote, const char* local, uint64_t key, uint16_t udp_port = 4789) {
    const TunnelMatch match = {.remote = Ip(remote),
                               .local = Ip(local),
                               .key = key,
                               .udp_port = udp_port,
                               .kind = TunnelKind::kVxlan,
                               .has_key = true};
    const DecapTable::Entry* entry = table_.Load()->Find(match);
    return entry == nullptr ? 0 : ToInt(entry->port);
  }
  int synchronized_ = 0;
  TunnelTable table_{[this] { ++synchronized_; }};
};

TEST_F(TunnelTableTest, PrefersThePortThatSaysMost) {
  ASSERT_TRUE(Set(1, {{"remote", "flow"}, {"key", "flow"}}).ok());
  ASSERT_TRUE(Set(2, {{"remote", "192.0.2.2"}, {"key", "flow"}}).ok());
  ASSERT_TRUE(Set(3, {{"remote", "flow"}, {"key", "7"}}).ok());
  ASSERT_TRUE(Set(4, {{"remote", "192.0.2.2"}, {"key", "7"}}).ok());
  ASSERT_TRUE(Set(5, {{"remote", "192.0.2.2"}, {"key", "7"}, {"local", "192.0.2.1"}}).ok());
  EXPECT_EQ(Find("192.0.2.2", "192.0.2.1", 7), 5u);
  EXPECT_EQ(Find("192.0.2.2", "192.0.2.9", 7), 4u);
  EXPECT_EQ(Find("192.0.2.3", "192.0.2.1", 7), 3u) << "a key goes before a remote";
  EXPECT_EQ(Find("192.0.2.2", "192.0.2.1", 8), 2u);
  EXPECT_EQ(Find("192.0.2.3", "192.0.2.1", 8), 1u);
  EXPECT_EQ(Find("192.0.2.2", "192.0.2.1", 7, 8472), 0u);
}

TEST_F(TunnelTableTest, KnowsEveryRemoteOfAReplicationList) {
  ASSERT_TRUE(Set(1, {{"remotes", "192.0.2.2,192.0.2.3"}, {"key", "7"}}).ok());
  EXPECT_EQ(Find("192.0.2.2", "192.0.2.1", 7), 1u);
  EXPECT_EQ(Find("192.0.2.3", "192.0.2.1", 7), 1u);
  EXPECT_EQ(Find("192.0.2.4", "192.0.2.1", 7), 0u);
}

TEST_F(TunnelTableTest, RefusesASecondPortForTheSamePackets) {
  ASSERT_TRUE(Set(1, {{"remote", "192.0.2.2"}, {"key", "7"}}).ok());
  const absl::Status refused = Set(2, {{"remotes", "192.0.2.3,192.0.2.2"}, {"key", "7"}});
  EXPECT_TRUE(absl::IsAlreadyExists(refused));
  EXPECT_THAT(refused.message(), HasSubstr("'t1'"));
  EXPECT_EQ(Find("192.0.2.3", "192.0.2.1", 7), 0u) << "nothing of it was entered";
  EXPECT_TRUE(Set(1, {{"remote", "192.0.2.2"}, {"key", "7"}}).ok()) << "itself it may replace";
}

TEST_F(TunnelTableTest, LetsOneUdpPortServeOneKind) {
  ASSERT_TRUE(Set(1, {{"remote", "192.0.2.2"}}).ok());
  const absl::Status refused =
      Set(2, {{"remote", "192.0.2.3"}, {"dst_port", "4789"}}, TunnelKind::kGeneve);
  EXPECT_TRUE(absl::IsAlreadyExists(refused));
}

TEST_F(TunnelTableTest, ForgetsAPortAndWaitsForTheWorkers) {
  ASSERT_TRUE(Set(1, {{"remote", "192.0.2.2"}}).ok());
  EXPECT_TRUE(table_.Load()->Receives(17, 4789));
  const int before = synchronized_;
  table_.Remove(PortNo{1});
  EXPECT_EQ(Find("192.0.2.2", "192.0.2.1", 0), 0u);
  EXPECT_FALSE(table_.Load()->Receives(17, 4789));
  EXPECT_EQ(synchronized_, before + 1);
}

TEST_F(TunnelTableTest, TellsGreWithoutAKeyFromKeyZero) {
  ASSERT_TRUE(Set(1, {{"remote", "192.0.2.2"}}, TunnelKind::kGre).ok());
  ASSERT_TRUE(Set(2, {{"remote", "192.0.2.2"}, {"key", "0"}}, TunnelKind::kGre).ok());
  TunnelMatch match = {
      .remote = Ip("192.0.2.2"), .local = Ip("192.0.2.1"), .kind = TunnelKind::kGre};
  EXPECT_EQ(table_.Load()->Find(match)->port, PortNo{1});
  match.has_key = true;
  EXPECT_EQ(table_.Load()->Find(match)->port, PortNo{2});
}

TEST_F(TunnelTableTest, FindsEachOfManyPorts) {
  for (uint32_t i = 1; i <= 300; ++i) {
    ASSERT_TRUE(Set(i, {{"remote", "2001:db8::2"}, {"key", std::to_string(i)}}).ok());
  }
  for (uint32_t i = 1; i <= 300; ++i) EXPECT_EQ(Find("2001:db8::2", "2001:db8::1", i), i);
}

}  // namespace
}  // namespace vsw
