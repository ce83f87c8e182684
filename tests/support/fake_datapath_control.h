// SPDX-License-Identifier: Apache-2.0
//
// A datapath without workers: time that the test steps, and a record of what was invalidated. Every
// task is on the slow thread here.
#ifndef VSW_TESTS_SUPPORT_FAKE_DATAPATH_CONTROL_H_
#define VSW_TESTS_SUPPORT_FAKE_DATAPATH_CONTROL_H_

#include <cstdint>
#include <functional>
#include <set>
#include <span>

#include "datapath/flow/slow_path.h"

namespace vsw::testing {

class FakeDatapathControl : public DatapathControl {
 public:
  void Synchronize() override { ++synchronized; }
  void Invalidate(std::span<const Tag> tags) override {
    ++invalidations;
    invalidated.insert(tags.begin(), tags.end());
  }
  void InvalidateAll() override {
    ++invalidations;
    everything = true;
  }
  void RunOnSlowThread(const std::function<void()>& task) override { task(); }
  uint64_t NowNs() const override { return now_ns; }

  void StepSeconds(double seconds) { now_ns += static_cast<uint64_t>(seconds * 1e9); }
  /// Forgets what was recorded.
  void Reset() { invalidations = 0, synchronized = 0, everything = false, invalidated.clear(); }
  bool Hits(std::span<const Tag> tags) const {
    if (everything) return true;
    for (const Tag tag : tags) {
      if (invalidated.contains(tag)) return true;
    }
    return false;
  }

  uint64_t now_ns = 1'000'000'000'000;
  int synchronized = 0;
  int invalidations = 0;  // calls
  bool everything = false;
  std::set<Tag> invalidated;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_SUPPORT_FAKE_DATAPATH_CONTROL_H_
