// SPDX-License-Identifier: Apache-2.0
//
// Bundles as packets see them that are translated while one is applied: all of it or nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ofproto/switch.h"
#include "ofproto/text/text.h"
#include "tests/support/config_builder.h"
#include "tests/support/fake_datapath_control.h"
#include "tests/support/key_builder.h"

namespace vsw::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Translates a packet whenever the switch lets the workers catch up, which is between its steps.
class WatchedDatapath : public FakeDatapathControl {
 public:
  void Synchronize() override {
    FakeDatapathControl::Synchronize();
    if (on_synchronize) on_synchronize();
  }
  std::function<void()> on_synchronize;
};

class Bundles : public ::testing::Test {
 protected:
  Bundles() {
    switch_.Attach(&datapath_);
    SlowPathBridge bridge = BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)).With(Trunk(3));
    bridge.fail_secure = true;
    switch_.Configure({.bridges = {bridge}});
  }

  std::vector<uint32_t> PortsNow() {
    translation_->Clear();
    switch_.Translate(KeyBuilder().In(1), translation_.get());
    std::vector<uint32_t> ports;
    for (const Action& action : translation_->actions) ports.push_back(ToInt(action.port()));
    return ports;
  }
  static FlowMod Flow(const std::string& text) { return *ParseFlow(text, FlowMod::Command::kAdd); }
  static PortMod NoForward(uint32_t port, bool set) {
    const uint32_t bits = port_config::kNoFwd;
    return {.port = port, .mac = {}, .config = set ? bits : 0, .mask = bits};
  }
  BridgeControl& bridge() { return *switch_.FindBridge("br0"); }

  WatchedDatapath datapath_;
  Switch switch_;
  std::unique_ptr<Translation> translation_ = std::make_unique<Translation>();
};

TEST_F(Bundles, ShowRulesAndPortsTogether) {
  std::vector<std::vector<uint32_t>> seen;
  datapath_.on_synchronize = [&] { seen.push_back(PortsNow()); };
  size_t failed;
  const BridgeControl::BundleEntry on[] = {Flow("actions=output:2,output:3"), NoForward(2, true)};
  ASSERT_TRUE(bridge().ApplyBundle(on, {}, &failed).ok());
  ASSERT_FALSE(seen.empty());
  EXPECT_THAT(seen, Each(ElementsAre(3)));

  seen.clear();
  const BridgeControl::BundleEntry off[] = {Flow("actions=output:2"), NoForward(2, false)};
  ASSERT_TRUE(bridge().ApplyBundle(off, {}, &failed).ok());
  ASSERT_FALSE(seen.empty());
  EXPECT_THAT(seen, Each(ElementsAre(2)));
}

TEST_F(Bundles, ThatAreRefusedLeaveThePortsAlone) {
  size_t failed;
  const BridgeControl::BundleEntry entries[] = {Flow("actions=output:2"), NoForward(2, true),
                                                Flow("actions=group:7")};
  ASSERT_FALSE(bridge().ApplyBundle(entries, {}, &failed).ok());
  EXPECT_EQ(failed, 2u);
  EXPECT_THAT(PortsNow(), IsEmpty());
  ASSERT_TRUE(bridge().ModifyFlow(Flow("actions=output:2"), {}).ok());
  bridge().Commit();
  EXPECT_THAT(PortsNow(), ElementsAre(2));
}

TEST_F(Bundles, APortThatComesBackHasNoFormerSettings) {
  ASSERT_TRUE(bridge().ModifyFlow(Flow("actions=output:2"), {}).ok());
  ASSERT_TRUE(bridge().ModifyPort(NoForward(2, true)).ok());
  EXPECT_THAT(PortsNow(), IsEmpty());
  SlowPathBridge without = BridgeBuilder(0).With(Trunk(1)).With(Trunk(3));
  SlowPathBridge with = BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)).With(Trunk(3));
  without.fail_secure = with.fail_secure = true;
  switch_.Configure({.bridges = {without}});
  switch_.Configure({.bridges = {with}});
  EXPECT_THAT(PortsNow(), ElementsAre(2));
}

}  // namespace
}  // namespace vsw::testing
