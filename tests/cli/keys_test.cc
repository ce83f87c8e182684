// SPDX-License-Identifier: Apache-2.0
#include "cli/keys.h"

#include "cli/value.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "vsw/v1/types.pb.h"

namespace vsw::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Keys, OfPortsGoToTheirFieldsAndOthersToOptions) {
  v1::Port port;
  const std::vector<std::string> pairs = {"type=vhost-user",
                                          "path=/run/a=b.sock",
                                          "tag=10",
                                          "trunks=1,2,5-6",
                                          "ofport=0x10",
                                          "label.owner=x",
                                          "vlan-mode=trunk",
                                          "priority-tags=if-nonzero",
                                          "options.mtu=900",
                                          "cvlans=7",
                                          "qinq-ethertype=0x8100"};
  ASSERT_TRUE(ApplyPairs(Noun::kPort, pairs, &port, nullptr).ok());
  EXPECT_EQ(port.type(), v1::PORT_TYPE_VHOST_USER);
  EXPECT_EQ(port.options().at("path"), "/run/a=b.sock");
  EXPECT_EQ(port.options().at("mtu"), "900");
  EXPECT_EQ(port.labels().at("owner"), "x");
  EXPECT_EQ(port.ofport(), 16u);
  EXPECT_EQ(port.vlan().mode(), v1::VLAN_MODE_TRUNK);
  EXPECT_EQ(port.vlan().tag(), 10u);
  EXPECT_THAT(port.vlan().trunks(), ElementsAre(1, 2, 5, 6));
  EXPECT_EQ(port.vlan().priority_tags(), v1::PRIORITY_TAGS_IF_NONZERO);
  EXPECT_THAT(port.vlan().cvlans(), ElementsAre(7));
  EXPECT_EQ(port.vlan().qinq_ethertype(), 0x8100u);
}

TEST(Keys, OfBridges) {
  v1::Bridge bridge;
  const std::vector<std::string> pairs = {"dpid=0x1", "fdb-ageing=60", "fdb-size=99",
                                          "label.a.b=c"};
  ASSERT_TRUE(ApplyPairs(Noun::kBridge, pairs, &bridge, nullptr).ok());
  EXPECT_EQ(bridge.dpid(), 1u);
  EXPECT_EQ(bridge.fdb().ageing_seconds(), 60u);
  EXPECT_EQ(bridge.fdb().max_entries(), 99u);
  EXPECT_EQ(bridge.labels().at("a.b"), "c");
}

TEST(Keys, WithAnEmptyValueAreInTheMaskAndNotInTheMessage) {
  v1::Port port;
  std::vector<std::string> mask;
  const std::vector<std::string> pairs = {"tag=", "mtu=", "label.x=", "trunks=", "vlan-mode="};
  ASSERT_TRUE(ApplyPairs(Noun::kPort, pairs, &port, &mask).ok());
  EXPECT_THAT(mask, ElementsAre("vlan.tag", "options.mtu", "labels.x", "vlan.trunks", "vlan.mode"));
  EXPECT_TRUE(port.options().empty());
  EXPECT_TRUE(port.labels().empty());
  EXPECT_EQ(port.vlan().tag(), 0u);
}

TEST(Keys, AreRefusedWhenUnknownTwiceOrNotToBeChanged) {
  v1::Bridge bridge;
  v1::Port port;
  std::vector<std::string> mask;
  const auto message = [](const absl::Status& status) { return std::string(status.message()); };
  EXPECT_THAT(
      message(ApplyPairs(Noun::kBridge, std::vector<std::string>{"tag=1"}, &bridge, nullptr)),
      HasSubstr("known are dpid, fdb-ageing, fdb-size, fail-mode, controllers, listeners"));
  EXPECT_THAT(
      message(ApplyPairs(Noun::kPort, std::vector<std::string>{"tag=1", "tag=2"}, &port, nullptr)),
      HasSubstr("tag is given twice"));
  EXPECT_THAT(message(ApplyPairs(Noun::kPort, std::vector<std::string>{"mtu=1", "options.mtu=2"},
                                 &port, nullptr)),
              HasSubstr("given twice"));
  EXPECT_THAT(message(ApplyPairs(Noun::kPort, std::vector<std::string>{"type=tap"}, &port, &mask)),
              HasSubstr("cannot be changed"));
  EXPECT_FALSE(ApplyPairs(Noun::kPort, std::vector<std::string>{"label.=x"}, &port, nullptr).ok());
  EXPECT_FALSE(ApplyPairs(Noun::kPort, std::vector<std::string>{"=x"}, &port, nullptr).ok());
}

TEST(Keys, EveryChoiceInTheTableIsOneThatTheFieldTakes) {
  for (const Key& key : KeysOf(Noun::kPort)) {
    for (const std::string& choice : ChoicesOf(Noun::kPort, key.name)) {
      v1::Port port;
      const std::vector<std::string> pairs = {std::string(key.name) + "=" + choice};
      EXPECT_TRUE(ApplyPairs(Noun::kPort, pairs, &port, nullptr).ok()) << pairs[0];
    }
  }
  EXPECT_EQ(ChoicesOf(Noun::kPort, "type"), EnumTexts(v1::PortType_descriptor()));
  EXPECT_EQ(ChoicesOf(Noun::kPort, "vlan-mode"), EnumTexts(v1::VlanMode_descriptor()));
  EXPECT_EQ(ChoicesOf(Noun::kPort, "priority-tags"), EnumTexts(v1::PriorityTags_descriptor()));
}

v1::Port SamplePort() {
  v1::Port port;
  port.set_name("vm1");
  port.mutable_vlan()->set_tag(10);
  (*port.mutable_options())["path"] = "/run/vm1.sock";
  port.mutable_status()->set_state(v1::RESOURCE_STATE_FAILED);
  (*port.mutable_status()->mutable_info())["numa"] = "0";
  return port;
}

std::string Selected(const std::string& key) {
  const auto rows = SelectRows(Noun::kPort, SamplePort(), key);
  if (!rows.ok()) return absl::StatusCodeToString(rows.status().code());
  std::string text;
  for (const Row& row : *rows) text += row.key + "=" + row.value + ";";
  return text;
}

TEST(SelectRows, FindsKeysPathsMapsAndOptions) {
  EXPECT_EQ(Selected("tag"), "tag=10;");
  EXPECT_EQ(Selected("vlan.tag"), "tag=10;");
  EXPECT_EQ(Selected("status.state"), "status.state=failed;");
  EXPECT_EQ(Selected("options.path"), "options.path=/run/vm1.sock;");
  EXPECT_EQ(Selected("path"), "options.path=/run/vm1.sock;");
  EXPECT_EQ(Selected("status.info"), "status.info.numa=0;");
  EXPECT_EQ(Selected("labels"), "");
  EXPECT_EQ(Selected("ofport"), "ofport=;");
}

TEST(SelectRows, TellsWhatIsNotSetFromWhatDoesNotExist) {
  EXPECT_EQ(Selected("mtu"), "NOT_FOUND");
  EXPECT_EQ(Selected("label.x"), "NOT_FOUND");
  EXPECT_EQ(Selected("status.info.x"), "NOT_FOUND");
  EXPECT_EQ(Selected("colour"), "INVALID_ARGUMENT");
  EXPECT_EQ(Selected("status.colour"), "INVALID_ARGUMENT");
}

TEST(DescribeField, NamesTheKeyBesideTheServersPath) {
  EXPECT_EQ(DescribeField("port.vlan.tag"), "tag (port.vlan.tag)");
  EXPECT_EQ(DescribeField("changes[1].create_port.port.options[path]"),
            "path (changes[1].create_port.port.options[path])");
  EXPECT_EQ(DescribeField("bridge.labels[a.b]"), "label.a.b (bridge.labels[a.b])");
  EXPECT_EQ(DescribeField("bridge.fdb.max_entries"), "fdb-size (bridge.fdb.max_entries)");
  EXPECT_EQ(DescribeField("port.name"), "port.name");
  EXPECT_EQ(DescribeField("vlan"), "vlan");
}

}  // namespace
}  // namespace vsw::cli
