// SPDX-License-Identifier: Apache-2.0
#include "datapath/tunnel/tunnel_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vsw {
namespace {

using ::testing::HasSubstr;
using Options = std::map<std::string, std::string>;

std::string Refusal(TunnelKind kind, const Options& options) {
  return std::string(ParseTunnelOptions(kind, options).status().message());
}

TEST(TunnelConfig, HasTheDefaultsOfOpenVSwitch) {
  const auto config = ParseTunnelOptions(TunnelKind::kVxlan, {{"remote", "192.0.2.2"}});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->facts.udp_port, 4789);
  EXPECT_EQ(config->facts.in_key, 0u);
  EXPECT_EQ(config->facts.out_key, 0u);
  EXPECT_EQ(config->facts.tos, 0);
  EXPECT_EQ(config->facts.ttl, 64);
  EXPECT_TRUE(config->dont_fragment);
  EXPECT_FALSE(config->checksum);
  EXPECT_TRUE(config->up);
  const auto gre = ParseTunnelOptions(TunnelKind::kGre, {{"remote", "192.0.2.2"}});
  EXPECT_EQ(gre->facts.in_key, std::nullopt);
  EXPECT_EQ(gre->facts.udp_port, 0);
}

TEST(TunnelConfig, ReadsEveryOption) {
  const auto config =
      ParseTunnelOptions(TunnelKind::kGeneve, {{"remotes", "fd00::2,fd00::3"},
                                               {"local", "fd00::1"},
                                               {"in_key", "flow"},
                                               {"key", "0x10"},
                                               {"dst_port", "7000"},
                                               {"tos", "inherit"},
                                               {"ttl", "inherit"},
                                               {"df", "false"},
                                               {"csum", "true"},
                                               {"mtu", "1300"},
                                               {"admin-state", "down"},
                                               {"bfd", "true"},
                                               {"bfd_min_rx", "300"},
                                               {"bfd_local_src_mac", "02:00:00:00:00:07"}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->facts.replicates());
  EXPECT_TRUE(config->facts.in_key_is_flow);
  EXPECT_EQ(config->facts.out_key, 16u);
  EXPECT_EQ(config->facts.udp_port, 7000);
  EXPECT_EQ(config->facts.tos, std::nullopt);
  EXPECT_EQ(config->facts.ttl, std::nullopt);
  EXPECT_FALSE(config->dont_fragment);
  EXPECT_TRUE(config->checksum);
  EXPECT_EQ(config->mtu, 1300u);
  EXPECT_FALSE(config->up);
  EXPECT_TRUE(config->facts.bfd.enabled);
  EXPECT_EQ(config->facts.bfd.min_rx_ms, 300u);
  EXPECT_EQ(config->facts.bfd.local_source_mac, MacAddress::FromU64(0x020000000007));
}

TEST(TunnelConfig, NamesTheOptionThatIsWrong) {
  EXPECT_THAT(Refusal(TunnelKind::kVxlan, {}), HasSubstr("remote"));
  EXPECT_THAT(Refusal(TunnelKind::kVxlan, {{"remote", "host"}}), HasSubstr("remote=host"));
  EXPECT_THAT(Refusal(TunnelKind::kVxlan, {{"remote", "224.0.0.1"}}), HasSubstr("unicast"));
  EXPECT_THAT(Refusal(TunnelKind::kVxlan, {{"remote", "1.2.3.4"}, {"key", "16777216"}}),
              HasSubstr("key=16777216"));
  EXPECT_THAT(Refusal(TunnelKind::kVxlan, {{"remote", "1.2.3.4"}, {"local", "fd00::1"}}),
              HasSubstr("family"));
  EXPECT_THAT(Refusal(TunnelKind::kVxlan, {{"remote", "1.2.3.4"}, {"local", "1.2.3.4"}}),
              HasSubstr("local address"));
  EXPECT_THAT(Refusal(TunnelKind::kGre, {{"remote", "1.2.3.4"}, {"ttl", "0"}}), HasSubstr("ttl=0"));
  EXPECT_TRUE(
      ParseTunnelOptions(TunnelKind::kGre, {{"remote", "1.2.3.4"}, {"key", "4294967295"}}).ok());
}

}  // namespace
}  // namespace vsw
