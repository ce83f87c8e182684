// SPDX-License-Identifier: Apache-2.0
//
// A switch on a fake datapath, and what its tests say to it.
#ifndef VSW_TESTS_OFPROTO_SWITCH_FIXTURE_H_
#define VSW_TESTS_OFPROTO_SWITCH_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ofproto/switch.h"
#include "tests/support/config_builder.h"
#include "tests/support/fake_datapath_control.h"
#include "tests/support/frame_model.h"
#include "tests/support/key_builder.h"

namespace vsw::testing {

class SwitchTest : public ::testing::Test {
 protected:
  SwitchTest() { switch_.Attach(&datapath_); }

  template <typename... Bridges>
  void Configure(const Bridges&... bridges) {
    switch_.Configure(Config(bridges...));
  }

  const Translation& Translate(const FlowKey& key) {
    translation_->Clear();
    switch_.Translate(key, translation_.get());
    return *translation_;
  }
  /// "2 3[10]": the ports that it leaves by, with the tags that it bears there; or "drop: reason".
  std::string Forward(const FlowKey& key) {
    const Translation& translation = Translate(key);
    if (translation.actions.empty()) {
      return "drop: " + std::string(Describe(translation.drop_reason).name);
    }
    EXPECT_EQ(translation.drop_reason, DropReason::kNone);
    std::string text;
    for (const Sent& sent : RunActions(key, translation.actions.span())) {
      text += (text.empty() ? "" : " ") + ToString(sent);
    }
    return text;
  }
  /// What the datapath does with a packet: it is forwarded, and what it teaches is learned.
  std::string Pass(const FlowKey& key) {
    std::string text = Forward(key);
    LearnPending();
    return text;
  }
  void LearnPending() { switch_.OnLearn(translation_->learn.span()); }

  void Learn(uint32_t bridge, uint16_t vlan, uint64_t mac, uint32_t port) {
    const LearnEvent event = {BridgeId{bridge}, VlanId{vlan}, Mac(mac), PortNo{port}};
    switch_.OnLearn({&event, 1});
  }
  /// Packets of this translation went by now.
  void UseAgain(const Translation& translation, uint64_t packets = 1) {
    for (const StatId stat : translation.stats.span()) {
      datapath_.CountFor(stat, packets, packets * 100);
    }
  }
  /// "0/10 02:00:00:00:00:0a 1 static": bridge/VLAN, address, port.
  std::vector<std::string> Fdb() const {
    std::vector<std::string> rows;
    for (const FdbRow& row : switch_.ListFdb()) {
      rows.push_back(fmt::format("{}/{} {} {}{}", ToInt(row.bridge), ToInt(row.vlan),
                                 row.mac.ToString(), ToInt(row.port),
                                 row.is_static ? " static" : ""));
    }
    return rows;
  }

  FakeDatapathControl datapath_;
  Switch switch_;
  std::unique_ptr<Translation> translation_ = std::make_unique<Translation>();
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_SWITCH_FIXTURE_H_
