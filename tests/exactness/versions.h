// SPDX-License-Identifier: Apache-2.0
//
// A rule set under change, and what the plain evaluator says of each frame in each of its versions.
#ifndef VSW_TESTS_EXACTNESS_VERSIONS_H_
#define VSW_TESTS_EXACTNESS_VERSIONS_H_

#include <map>
#include <string>
#include <vector>

#include "ofproto/bridge_control.h"
#include "tests/exactness/wire.h"
#include "tests/ofproto/translate/random_pipeline.h"
#include "tests/support/pipeline_oracle.h"

namespace vsw::testing {

/// "2:0200...": the port that a frame leaves by, and the frame.
using Leaving = std::vector<std::string>;  // sorted

class Versions {
 public:
  static constexpr uint32_t kPorts = 4;
  static constexpr uint32_t kGroups = 4;

  explicit Versions(RandomPipeline* world) : world_(*world) {}

  /// Drawn at random: a rule set to begin anew with, or a change of the newest version. A bridge
  /// may refuse them.
  using Entries = std::vector<BridgeControl::BundleEntry>;
  Entries DrawRuleSet(size_t rules);
  Entries DrawChange();
  /// The bridge has taken them all: that is the next version.
  void Add(const Entries& entries);
  size_t newest() const { return oracles_.size() - 1; }

  struct Expected {
    bool beyond_bounds;  // not a case for comparison
    Leaving leaving;
    std::map<size_t, int> hits;  // by index of the rule in rules()
  };
  const Expected& Of(size_t version, const std::vector<Sample>& samples, size_t sample);
  const std::vector<FlowMod>& rules(size_t version) const { return oracles_[version].rules; }
  std::string Describe(size_t version) const;

 private:
  BridgeControl::BundleEntry DrawRule();
  void Do(const FlowMod& mod, PipelineOracle* oracle);

  RandomPipeline& world_;
  std::vector<PipelineOracle> oracles_;
  std::vector<std::map<size_t, Expected>> known_;  // by version and sample
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_EXACTNESS_VERSIONS_H_
