// SPDX-License-Identifier: Apache-2.0
//
// A bridge with rules and groups in ovs-ofctl's syntax, without a datapath: packets go in as
// frames, and what comes out is read off as text. Ports have the same number in OpenFlow and in the
// datapath.
#ifndef VSW_TESTS_OFPROTO_TRANSLATE_PIPELINE_FIXTURE_H_
#define VSW_TESTS_OFPROTO_TRANSLATE_PIPELINE_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ofproto/config_snapshot.h"
#include "ofproto/fdb/mac_table.h"
#include "ofproto/table/table_set.h"
#include "ofproto/text/text.h"
#include "ofproto/translate/frozen.h"
#include "ofproto/translate/notes.h"
#include "ofproto/translate/recirculation.h"
#include "ofproto/translate/tags.h"
#include "ofproto/translate/trace.h"
#include "ofproto/translate/translator.h"
#include "tests/support/action_runner.h"
#include "tests/support/config_builder.h"
#include "tests/support/fake_datapath_control.h"
#include "tests/support/packet_builder.h"

namespace vsw::testing {

/// One bridge's tables, published as a Bridge would.
class TestPipeline {
 public:
  explicit TestPipeline(FakeDatapathControl* control)
      : control_(control), tables_(control), fdb_(300'000'000'000ULL, 1000, control) {
    for (StatId& stat : pipeline.miss_stats) stat = control->AllocateStat();
    pipeline.tables = &tables_;
    pipeline.state.store(&state);
    state.groups = groups_;
    state.meters = meters_;
  }

  /// Returns the tags that the change invalidates.
  void Change(const FlowMod& mod) {
    const TableVersion version = tables_.Begin();
    const OfStatus status = tables_.Modify(mod, {});
    ASSERT_TRUE(status.ok()) << status.ToString();
    state.version = version;
    std::vector<Tag> tags;
    std::vector<DatapathControl::TagFilter> filters;
    bool everything = false;
    tables_.Apply(&tags, &filters, &everything);
    control_->Invalidate(tags);
    control_->InvalidateMatching(filters);
    if (everything) control_->InvalidateAll();
    tables_.Reclaim();
  }
  void AddGroup(const GroupMod& mod) {
    auto entry = std::make_shared<GroupEntry>();
    entry->desc = {.group = mod.group,
                   .type = mod.type,
                   .buckets = mod.buckets,
                   .selection_method = mod.selection_method,
                   .selection_parameter = mod.selection_parameter,
                   .selection_fields = mod.selection_fields};
    for (uint32_t i = 0; i < entry->desc.buckets.size(); ++i) {
      if (entry->desc.buckets[i].id == kBucketAll) entry->desc.buckets[i].id = i;
      entry->bucket_stats.push_back(control_->AllocateStat());
    }
    entry->id = ++last_group_;
    entry->stat = control_->AllocateStat();
    groups_->groups[mod.group] = entry;
  }
  const GroupEntry& group(uint32_t number) const { return *groups_->Find(number); }
  void AddMeter(uint32_t meter, uint32_t index) { (*meters_)[meter] = index; }
  TableSet& tables() { return tables_; }
  const GroupMap& groups() const { return *groups_; }
  MacTable& fdb() { return fdb_; }

  BridgePipeline pipeline;
  PipelineState state;

 private:
  FakeDatapathControl* const control_;
  TableSet tables_;
  MacTable fdb_;
  std::shared_ptr<GroupMap> groups_ = std::make_shared<GroupMap>();
  std::shared_ptr<std::unordered_map<uint32_t, uint32_t>> meters_ =
      std::make_shared<std::unordered_map<uint32_t, uint32_t>>();
  uint64_t last_group_ = 1000;
};

class PipelineTest : public ::testing::Test {
 protected:
  /// Ports 1 to 4 on bridge 0, if a test does not say otherwise.
  PipelineTest()
      : runner_([this](const FlowKey& key, Translation* result) {
          TranslatePacket(*config_, &frozen_, key, result);
        }) {
    Configure(Config(BridgeBuilder(0).With(Trunk(1)).With(Trunk(2)).With(Trunk(3)).With(Trunk(4))));
  }

  void Configure(const SlowPathConfig& config) {
    slow_path_config_ = config;
    for (const SlowPathBridge& bridge : config.bridges) {
      auto& pipeline = pipelines_[bridge.id];
      if (pipeline == nullptr) pipeline = std::make_unique<TestPipeline>(&control_);
    }
    config_ = std::make_unique<ConfigSnapshot>(config, [this](BridgeId bridge) {
      TestPipeline& pipeline = *pipelines_.at(bridge);
      return BridgeTables{.fdb = &pipeline.fdb(), .pipeline = &pipeline.pipeline};
    });
  }
  void PortMod(uint32_t port, uint32_t of_config) {
    std::map<PortNo, uint32_t> all;
    if (bridge().state.port_config != nullptr) all = *bridge().state.port_config;
    all[PortNo{port}] = of_config;
    bridge().state.port_config = std::make_shared<const std::map<PortNo, uint32_t>>(all);
  }
  TestPipeline& bridge(uint32_t id = 0) { return *pipelines_.at(BridgeId{id}); }

  void Flow(const std::string& text, uint32_t id = 0) {
    const auto mod = ParseFlow(text, FlowMod::Command::kAdd);
    ASSERT_TRUE(mod.ok()) << text << ": " << mod.status();
    bridge(id).Change(*mod);
  }
  void Flows(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) Flow(line);
  }
  void Group(const std::string& text) {
    const auto mod = ParseGroup(text, GroupMod::Command::kAdd);
    ASSERT_TRUE(mod.ok()) << text << ": " << mod.status();
    bridge().AddGroup(*mod);
  }

  Outcome Run(const PacketBuilder& packet, uint32_t in_port = 1) {
    return runner_.Run(Frame(packet.Build()), PortNo{in_port});
  }
  /// "2 3": ports in order; "drop: reason".
  std::string Ports(const PacketBuilder& packet, uint32_t in_port = 1) {
    DropReason reason = DropReason::kNone;
    runner_.on_pass = [&](const FlowKey&, const Translation& t) { reason = t.drop_reason; };
    const Outcome outcome = Run(packet, in_port);
    runner_.on_pass = nullptr;
    std::vector<uint32_t> ports;
    for (const auto& [port, frame] : outcome.sent) ports.push_back(port);
    std::sort(ports.begin(), ports.end());
    std::string text;
    for (const uint32_t port : ports) text += (text.empty() ? "" : " ") + std::to_string(port);
    if (!text.empty()) return text;
    return "drop: " + std::string(vsw::Describe(reason).name);
  }
  /// The one frame that left by `port`.
  Frame Sent(const Outcome& outcome, uint32_t port) {
    std::vector<Frame> frames;
    for (const auto& [to, frame] : outcome.sent) {
      if (to == port) frames.push_back(frame);
    }
    EXPECT_EQ(frames.size(), 1u) << "frames on port " << port;
    return frames.empty() ? Frame() : frames[0];
  }
  Translation& Translate(const FlowKey& key) {
    translation_->Clear();
    TranslatePacket(*config_, &frozen_, key, translation_.get());
    return *translation_;
  }
  Translation& Translate(const PacketBuilder& packet, uint32_t in_port = 1) {
    FlowKey key = Frame(packet.Build()).Key();
    key.in_port = PortNo{in_port};
    return Translate(key);
  }

  static PacketBuilder Udp() {
    return PacketBuilder().Ethernet(0xb, 0xa).Ipv4(0x0a000001, 0x0a000002).Udp(1000, 2000);
  }
  static PacketBuilder Tcp() {
    return PacketBuilder().Ethernet(0xb, 0xa).Ipv4(0x0a000001, 0x0a000002).Tcp(1000, 80);
  }

  FakeDatapathControl control_;
  std::map<BridgeId, std::unique_ptr<TestPipeline>> pipelines_;
  SlowPathConfig slow_path_config_;
  FrozenPool frozen_;
  std::unique_ptr<ConfigSnapshot> config_;
  ActionRunner runner_;
  std::unique_ptr<Translation> translation_ = std::make_unique<Translation>();
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_TRANSLATE_PIPELINE_FIXTURE_H_
