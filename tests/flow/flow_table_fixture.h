// SPDX-License-Identifier: Apache-2.0
//
// A flow table with what a worker does around it, and keys and masks for it.
#ifndef VSW_TESTS_FLOW_FLOW_TABLE_FIXTURE_H_
#define VSW_TESTS_FLOW_FLOW_TABLE_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "datapath/flow/flow_table.h"
#include "tests/flow/flow_table_model.h"

namespace vsw::testing {

inline constexpr uint32_t kAll = 0xffffffff;

inline FlowKey MakeKey(uint32_t in_port, uint8_t lines = kLineBase) {
  FlowKey key;
  // What the parser does not write has no defined content.
  std::memset(static_cast<void*>(&key), 0xa5, sizeof(key));
  std::memset(key.line(0), 0, kLineBytes);
  for (size_t i = 1; i < kFlowKeyLines; ++i) {
    if (lines & (1u << i)) std::memset(key.line(i), 0, kLineBytes);
  }
  key.lines = lines;
  key.in_port = PortNo{in_port};
  return key;
}

inline FlowKey Ipv4Key(uint32_t in_port, uint32_t source) {
  FlowKey key = MakeKey(in_port);
  key.eth_type = Be16::From(0x0800);
  key.ipv4_src = Be32::From(source);
  return key;
}

inline FlowMask MaskOf(const std::function<void(FlowKey*)>& set) {
  FlowMask mask;
  mask.Clear();
  set(&mask.bits);
  mask.UpdateLines();
  return mask;
}

inline const FlowMask kMaskSource = MaskOf([](FlowKey* bits) { bits->ipv4_src.raw = kAll; });
inline const FlowMask kMaskNothing = MaskOf([](FlowKey*) {});
inline const FlowMask kMaskDestination = MaskOf([](FlowKey* bits) { bits->ipv4_dst.raw = kAll; });

// A table with what a worker does around it.
class FlowTableTest : public ::testing::Test {
 protected:
  void Make(const FlowTableOptions& options = {.exact_match_entries = 1024,
                                               .max_megaflows = 4096}) {
    auto table = FlowTable::Create(options);
    ASSERT_TRUE(table.ok()) << table.status();
    table_ = *std::move(table);
    report_ = [this](std::span<const StatId> stats, uint64_t packets, uint64_t bytes,
                     uint64_t used_tsc) {
      EXPECT_GT(packets, 0u);
      for (const StatId stat : stats) {
        reported_[stat].packets += packets;
        reported_[stat].bytes += bytes;
        last_used_[stat] = used_tsc;
      }
    };
  }

  FlowLookup Lookup(const FlowKey& key) {
    FlowLookup lookup;
    lookup.key = key;
    LookupQuick(&lookup);
    if (lookup.flow == nullptr) table_->LookupMegaflow(&lookup);
    return lookup;
  }
  void LookupQuick(FlowLookup* lookup) {
    table_->Prepare(lookup);
    table_->Locate(lookup);
    table_->LookupQuick(lookup);
  }
  Translation* Decide(const FlowMask& mask, std::vector<Action> actions, std::vector<Tag> tags = {},
                      std::vector<StatId> stats = {}) {
    translation_->Clear();
    translation_->mask = mask;
    for (const Action& action : actions) translation_->actions.push_back(action);
    for (const Tag tag : tags) translation_->tags.push_back(tag);
    for (const StatId stat : stats) translation_->stats.push_back(stat);
    return translation_.get();
  }
  // What Decide() said, for the packet's flow.
  Megaflow* Install(const FlowKey& key, uint64_t now_tsc = 0) {
    FlowLookup lookup = Lookup(key);
    EXPECT_EQ(lookup.flow, nullptr) << "a worker translates only what it does not find";
    DefineLines(&lookup.key, 0xff);
    return table_->Install(&lookup, *translation_, now_tsc, report_);
  }
  Megaflow* InstallOutput(const FlowKey& key, const FlowMask& mask, uint32_t port,
                          std::vector<Tag> tags = {}) {
    Decide(mask, {Action::Output(PortNo{port})}, std::move(tags));
    return Install(key);
  }

  std::unique_ptr<FlowTable> table_;
  std::unique_ptr<Translation> translation_ = std::make_unique<Translation>();
  FlowTable::Report report_;
  std::map<StatId, FlowTableModel::Use> reported_;
  std::map<StatId, uint64_t> last_used_;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_FLOW_FLOW_TABLE_FIXTURE_H_
