// SPDX-License-Identifier: Apache-2.0
//
// One translation while it is under way: what it may read (the view, the configuration), what it
// has decided (the action writer, tags, counters, events), and what bounds it. Each rule and each
// family of actions is a function in a file of its own that takes the context; they call each
// other, as NORMAL calls a patch port and that NORMAL in the next bridge.
//
// Lives on the worker's stack for one call of SlowPath::Translate(). Allocates nothing.
#ifndef VSW_OFPROTO_TRANSLATE_TRANSLATION_CONTEXT_H_
#define VSW_OFPROTO_TRANSLATE_TRANSLATION_CONTEXT_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/drop_reason.h"
#include "base/net_types.h"
#include "datapath/flow/slow_path.h"
#include "ofproto/config_snapshot.h"
#include "ofproto/translate/action_writer.h"
#include "ofproto/translate/field_view.h"

namespace vsw {

class TranslationContext {
 public:
  /// Bridges on one way, and all bridges that one packet may visit.
  static constexpr size_t kMaxDepth = 16;
  static constexpr size_t kMaxVisits = 256;

  TranslationContext(const ConfigSnapshot& config, FieldView& view, Translation* result)
      : config(config), view(view), writer_(view, result->actions), result_(*result) {}
  TranslationContext(const TranslationContext&) = delete;
  TranslationContext& operator=(const TranslationContext&) = delete;

  const ConfigSnapshot& config;
  FieldView& view;

  /// The decision depends on what `tag` stands for.
  void DependOn(Tag tag);
  /// Every packet of the decision counts for `stat`.
  void CountFor(StatId stat) {
    if (stat != kNoStat) result_.stats.push_back(stat);
  }
  void Learn(const LearnEvent& event) { result_.learn.push_back(event); }
  void Output(PortNo port, const FrameTags& tags) { writer_.Output(port, tags); }
  /// This branch ends without an output. The first reason is the packet's, if no branch has one.
  void Drop(DropReason reason) {
    if (first_drop_ == DropReason::kNone) first_drop_ = reason;
  }

  /// Steps into a VLAN of a bridge. False, and the branch is dropped, if this way leads in a circle
  /// or too far. Each that returned true ends with Leave().
  bool Enter(BridgeId bridge, VlanId vlan);
  void Leave() { --depth_; }

  /// Settles the drop reason. Last call.
  void Finish();

 private:
  struct Visit {
    BridgeId bridge;
    VlanId vlan;
  };

  ActionWriter writer_;
  Translation& result_;
  DropReason first_drop_ = DropReason::kNone;
  size_t depth_ = 0;
  size_t visits_ = 0;
  std::array<Visit, kMaxDepth> way_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_TRANSLATION_CONTEXT_H_
