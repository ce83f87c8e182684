// SPDX-License-Identifier: Apache-2.0
//
// The story of a translation, for people: which tables were asked, which rules they gave, what was
// done, what was read, and what became of the packet. A translation tells it to a TraceSink if it
// is given one; workers have none, and pay one comparison for it.
#ifndef VSW_OFPROTO_TRANSLATE_TRACE_H_
#define VSW_OFPROTO_TRANSLATE_TRACE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/drop_reason.h"
#include "datapath/flow/translation.h"
#include "ofproto/translate/translation_context.h"

namespace vsw {

/// `kind`: bridge, table (nothing matched), rule, action, bucket, action-set, normal, note,
/// recirculate or resume.
struct TraceStep {
  std::string kind;
  std::string text;
  uint8_t table = 0;      // of tables and rules
  uint16_t priority = 0;  // of rules
  uint64_t cookie = 0;
};
struct TraceNode {
  TraceStep step;
  std::vector<std::unique_ptr<TraceNode>> children;
};

class TraceSink {
 public:
  TraceSink() { open_.push_back(&root_); }
  void Open(TraceStep step) { open_.push_back(Append(std::move(step))); }
  void Close() { open_.pop_back(); }
  void Add(TraceStep step) { Append(std::move(step)); }
  void Recirculates(const Action& action);
  void Resumed(uint32_t answer);
  const TraceNode& root() const { return root_; }
  TraceNode TakeRoot() { return std::move(root_); }

 private:
  TraceNode* Append(TraceStep step);
  TraceNode root_;
  std::vector<TraceNode*> open_;
};

/// Tells something, if anyone listens. `make` returns a TraceStep.
template <typename Make>
void Tell(const TranslationContext& context, Make&& make) {
  if (context.trace != nullptr && !context.silent()) [[unlikely]]
    context.trace->Add(make());
}

/// The same, with all that is told until the end of its life below it.
class TraceLevel {
 public:
  template <typename Make>
  TraceLevel(const TranslationContext& context, Make&& make)
      : sink_(context.silent() ? nullptr : context.trace) {
    if (sink_ != nullptr) [[unlikely]]
      sink_->Open(make());
  }
  ~TraceLevel() {
    if (sink_ != nullptr) [[unlikely]]
      sink_->Close();
  }
  TraceLevel(const TraceLevel&) = delete;
  TraceLevel& operator=(const TraceLevel&) = delete;

 private:
  TraceSink* const sink_;
};

TraceStep DescribeBridge(const TranslationContext& context);
TraceStep DescribeLookup(const TranslationContext& context, uint8_t table, const Rule* rule);
TraceStep DescribeAction(const OfAction& action);
TraceStep DescribeBucket(const Bucket& bucket, size_t index);
TraceStep DescribeNote(std::span<const uint8_t> note);
TraceStep DescribeKnownAddress(const PortRules& out);

/// One look at the packet; a packet that recirculates is looked at again.
struct TracePass {
  FlowKey key;
  FlowMask mask;
  std::string reason;  // why it was looked at again; empty for the first
  TraceNode story;
  std::vector<Action> actions;
  DropReason drop_reason = DropReason::kNone;  // unless something leaves, or it is looked up again
};
struct TraceResult {
  std::vector<TracePass> passes;
};

/// What cannot be read from a key, for the passes behind the first.
struct TraceFacts {
  uint32_t packet_bytes = 64;
  /// The key that a worker would make of the packet after tags and labels were pushed and taken off
  /// as `edits` say; false: malformed then. Empty: a packet whose inner headers have to be parsed
  /// is looked at no further.
  std::function<bool(std::span<const Action> edits, FlowKey* key)> parse_again;
};

/// Follows a packet with `key` through `config`, and all its recirculations. Changes nothing: what
/// would be learned is told, and forgotten.
TraceResult Trace(const ConfigSnapshot& config, FrozenPool* frozen, const FlowKey& key,
                  const TraceFacts& facts);

/// Where the packet leaves in all passes, in order; kNoPort stands for controllers.
struct TraceFate {
  std::vector<PortNo> outputs;
  DropReason drop_reason = DropReason::kNone;  // why nothing leaves
};
TraceFate FateOf(const TraceResult& result);

/// What people call a port of the datapath.
using PortNamer = std::function<std::string(PortNo)>;
std::string PortNumber(PortNo port);

/// In the manner of `ovs-appctl ofproto/trace`.
std::string RenderTrace(const TraceResult& result, const PortNamer& name_of = PortNumber);
/// "push_vlan(tpid=0x8100,vid=5),eth1,drop": datapath actions, one after the other.
std::string FormatDatapathActions(std::span<const Action> actions,
                                  const PortNamer& name_of = PortNumber);
/// The bits that were read, as a match; those of tunnels and labels of packets that have them.
std::string FormatMegaflow(const FlowKey& key, const FlowMask& mask,
                           const PortNamer& name_of = PortNumber);
/// All that there is to say of a packet, as a match; `in_port`: in the numbers of OpenFlow 1.3.
std::string FormatPacket(const FlowKey& key, uint32_t in_port);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_TRACE_H_
