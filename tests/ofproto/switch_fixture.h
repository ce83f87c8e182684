// SPDX-License-Identifier: Apache-2.0
//
// A switch on a fake datapath, and what its tests say to it.
#ifndef VSW_TESTS_OFPROTO_SWITCH_FIXTURE_H_
#define VSW_TESTS_OFPROTO_SWITCH_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
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
  /// What becomes of a packet, with all its lookups.
  struct Fate {
    std::vector<Sent> sent;         // sorted
    std::vector<DropReason> drops;  // of lookups that sent nothing
    std::vector<LearnEvent> learn;
    bool learn_overflowed = false;
    int lookups = 0;
  };
  Fate Follow(const FlowKey& key) {
    Fate fate;
    Follow(key, &fate);
    std::sort(fate.sent.begin(), fate.sent.end());
    return fate;
  }
  /// "2 3[10]": the ports that it leaves by, with the tags that it bears there; or "drop: reason".
  std::string Forward(const FlowKey& key) { return ToText(Follow(key)); }
  /// What the datapath does with a packet: it is forwarded, and what it teaches is learned.
  std::string Pass(const FlowKey& key) {
    const Fate fate = Follow(key);
    switch_.OnLearn(fate.learn);
    NotePending();
    return ToText(fate);
  }
  /// What the last translation taught.
  void LearnPending() {
    switch_.OnLearn(translation_->learn.span());
    NotePending();
  }
  void NotePending() {
    for (size_t i = 0; i < translation_->notes.size(); ++i) switch_.OnNote(translation_->notes[i]);
  }

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

 private:
  void Follow(const FlowKey& key, Fate* fate) {
    if (++fate->lookups > 1000) throw std::logic_error("looked up again without end");
    const Translation& translation = Translate(key);
    fate->learn.insert(fate->learn.end(), translation.learn.begin(), translation.learn.end());
    fate->learn_overflowed = fate->learn_overflowed || translation.learn.overflowed();
    if (translation.drop_reason != DropReason::kNone) {
      fate->drops.push_back(translation.drop_reason);
    }
    const std::vector<Action> actions(translation.actions.begin(), translation.actions.end());
    RunOn(TagsOf(key), actions, &fate->sent, [&](const ModelTags& tags, uint32_t recirc_id) {
      Follow(KeyOfPass(key, tags, recirc_id), fate);
    });
  }
  static std::string ToText(const Fate& fate) {
    if (fate.sent.empty()) {
      EXPECT_FALSE(fate.drops.empty()) << "dropped without a reason";
      if (fate.drops.empty()) return "drop";
      return "drop: " + std::string(Describe(fate.drops.front()).name);
    }
    EXPECT_TRUE(fate.drops.empty() || fate.lookups > 1);
    std::string text;
    for (const Sent& sent : fate.sent) text += (text.empty() ? "" : " ") + ToString(sent);
    return text;
  }
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_SWITCH_FIXTURE_H_
