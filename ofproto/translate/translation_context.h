// SPDX-License-Identifier: Apache-2.0
//
// One translation while it is under way: what it may read (the view, the configuration, the bridge
// that it is in), what it has decided (the action writer, tags, counters, events), and what bounds
// it. Each rule and each family of actions is a function in a file of its own that takes the
// context; they call each other, as an action calls NORMAL, that a patch port, and that the tables
// of the next bridge.
//
// Lives on the worker's stack for one call of SlowPath::Translate(). Allocates nothing.
#ifndef VSW_OFPROTO_TRANSLATE_TRANSLATION_CONTEXT_H_
#define VSW_OFPROTO_TRANSLATE_TRANSLATION_CONTEXT_H_

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/drop_reason.h"
#include "base/net_types.h"
#include "datapath/flow/slow_path.h"
#include "ofproto/action/actions.h"
#include "ofproto/config_snapshot.h"
#include "ofproto/message/messages.h"
#include "ofproto/translate/action_writer.h"
#include "ofproto/translate/field_view.h"
#include "ofproto/translate/frozen.h"

namespace vsw {

class KnownPacket;
class TraceSink;

/// Why actions are being done; packet-ins tell.
enum class ActionSource : uint8_t { kRule, kTableMiss, kActionSet, kGroup, kPacketOut };

/// The bridge that the packet is in, and how it got there.
struct BridgeStay {
  const BridgeRules* bridge = nullptr;
  const PortRules* in = nullptr;         // nullptr: no port of the bridge (packet-out)
  const PipelineState* state = nullptr;  // nullptr: NORMAL for everything
  uint32_t in_config = 0;                // port_config bits of `in`
  uint32_t action_set = 0;               // see TranslationContext::Remember()
  const Rule* rule = nullptr;            // whose actions are being done
  uint8_t table = 0;                     // that it stands in
  ActionSource source = ActionSource::kRule;
};

/// Places for things that are not there before they are assigned: to clear them all would cost more
/// than many a translation.
template <typename T, size_t kCount>
class Places {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  static constexpr size_t size() { return kCount; }
  T& operator[](size_t i) { return *reinterpret_cast<T*>(bytes_.data() + i * sizeof(T)); }
  const T& operator[](size_t i) const {
    return *reinterpret_cast<const T*>(bytes_.data() + i * sizeof(T));
  }

 private:
  alignas(T) std::array<std::byte, kCount * sizeof(T)> bytes_;
};

class TranslationContext {
 public:
  /// Bridges on one way of NORMAL, and all bridges that one packet may visit by it.
  static constexpr size_t kMaxDepth = 16;
  static constexpr size_t kMaxVisits = 256;
  // As Open vSwitch bounds it: backward resubmits, groups, clones and patch ports that nest; and
  // lookups in all. Forward resubmits are bounded by the number of tables and by kMaxNesting.
  static constexpr int kMaxResubmitDepth = 64;
  static constexpr int kMaxNesting = 512;
  static constexpr int kMaxSteps = 4096;
  static constexpr size_t kMaxActionsDone = 65536;
  static constexpr uint32_t kMaxNodes = 1024;

  TranslationContext(const ConfigSnapshot& config, FieldView& view, Translation* result,
                     FrozenPool* frozen = nullptr)
      : config(config),
        view(view),
        frozen(frozen),
        writer(view, result->actions),
        result_(*result) {}
  TranslationContext(const TranslationContext&) = delete;
  TranslationContext& operator=(const TranslationContext&) = delete;

  const ConfigSnapshot& config;
  FieldView& view;
  FrozenPool* const frozen;
  TraceSink* trace = nullptr;
  /// Set where the packet itself is at hand, on the slow thread: nothing recirculates then.
  KnownPacket* known = nullptr;
  BridgeStay stay;
  ActionWriter writer;

  // --- What was decided.

  /// The decision depends on what `tag` stands for.
  void DependOn(Tag tag);
  /// This packet counts for `stat`.
  void Count(StatId stat);
  void Learn(const LearnEvent& event) {
    if (!silent()) result_.learn.push_back(event);
  }
  /// Where an address is by what this packet itself has taught so far, which the tables know only
  /// later; kNoPort: it said nothing of it. Of the last few addresses that it came from.
  void Teach(const LearnEvent& event) { taught_[taught_count_++ % taught_.size()] = event; }
  PortNo TaughtPort(BridgeId bridge, VlanId vlan, const MacAddress& mac) const;
  void AddNote(std::span<const uint8_t> note) {
    if (!silent()) result_.notes.Add(note);
  }
  /// Sends the packet, with `tags` on it, by a port that is no patch port.
  void Output(PortNo port, const FrameTags& tags);
  /// This branch ends without an output. The first reason is the packet's, if no branch has one.
  void Drop(DropReason reason);
  /// The whole packet is dropped: a bound was reached.
  void Fail(DropReason reason);
  void SetUncacheable() { result_.uncacheable = true; }
  /// What was done before is only being repeated.
  bool silent() const { return writer.silent(); }
  /// Something was said of how a tunnel is to carry the packet; it holds until said otherwise.
  bool sets_tunnel = false;
  /// A longest length that outputs have from here on; 0: none. Kept over patch ports.
  uint16_t cut_bytes = 0;

  // --- How far it may go.

  /// Nothing more is to be done in this scope.
  bool halted() const { return failed_ || finished_ || stopped_ || exited_; }
  /// The packet's way in this scope ends here (it recirculates).
  void Stop() { stopped_ = true; }
  /// The exit action.
  void Exit() { exited_ = true; }
  void ClearExit() { exited_ = false; }
  /// One more lookup or bucket; one more action, or as many ports of a flood. False: too many, and
  /// the packet is dropped.
  bool Step();
  bool CountAction(size_t count = 1);

  /// A level of resubmits, groups or clones. `deepens`: counts to kMaxResubmitDepth.
  class Level {
   public:
    Level(TranslationContext& context, bool deepens);
    ~Level();
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    bool ok() const { return ok_; }

   private:
    TranslationContext& context_;
    const bool deepens_;
    bool ok_;
  };

  /// What is done on a copy of the packet: all that actions change in the view, the stack and the
  /// action set is as before when the scope ends.
  class Scope {
   public:
    explicit Scope(TranslationContext& context);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    TranslationContext& context_;
    FieldView::State view_;
    ActionWriter::Scope writer_;
    BridgeStay stay_;
    uint32_t stack_;
    uint16_t cut_bytes_;
    bool exited_, stopped_;
  };

  /// Marks that a group is being done. Groups of other bridges are others.
  class GroupStay {
   public:
    GroupStay(TranslationContext& context, uint32_t group)
        : context_(context),
          outer_(context.innermost_group_),
          group_(group),
          bridge_(context.stay.bridge) {
      context_.innermost_group_ = this;
    }
    ~GroupStay() { context_.innermost_group_ = outer_; }
    GroupStay(const GroupStay&) = delete;
    GroupStay& operator=(const GroupStay&) = delete;

   private:
    friend class TranslationContext;
    TranslationContext& context_;
    const GroupStay* const outer_;
    const uint32_t group_;
    const BridgeRules* const bridge_;
  };
  /// A lookup in between makes it another matter: what then leads back is bounded by depth.
  const GroupStay* SwapGroups(const GroupStay* groups) {
    return std::exchange(innermost_group_, groups);
  }
  bool IsInGroup(uint32_t group) const {
    const GroupStay* at = innermost_group_;
    while (at != nullptr && (at->group_ != group || at->bridge_ != stay.bridge)) at = at->outer_;
    return at != nullptr;
  }

  /// Steps into a VLAN of a bridge (NORMAL). False, and the branch is dropped, if this way leads in
  /// a circle or too far. Each that returned true ends with Leave().
  bool Enter(BridgeId bridge, VlanId vlan);
  void Leave() { --depth_; }

  /// What the bridge decides by, the same for the whole translation. nullptr: NORMAL.
  const PipelineState* StateOf(const BridgeRules& bridge);

  /// port_config bits of a port of the bridge that the packet is in.
  uint32_t ConfigOf(const PortRules& port) const;
  /// Group buckets and bundles may use it (OpenFlow 1.3 section 7.2.1, OFPPS_LIVE).
  bool IsLive(const PortRules& port) const {
    return port.usable && port.link_up && port.answers &&
           (ConfigOf(port) & port_config::kDown) == 0;
  }
  /// Not set down or not to forward by a port-mod.
  bool MayForward(const PortRules& port) const {
    return (ConfigOf(port) & (port_config::kNoFwd | port_config::kDown)) == 0;
  }

  // --- Small things that are remembered: the stack and the action set, as lists that grow at one
  // end. A list is known by its newest node (0: empty), so that it is restored by one assignment.

  struct Node {
    uint32_t previous;
    const OfAction* action;  // of an action set
    FieldValue value;        // of the stack
  };
  /// 0, and the packet is dropped: too many.
  uint32_t Remember(const Node& node, DropReason if_full);
  const Node& node(uint32_t index) const { return nodes_[index - 1]; }
  uint32_t stack = 0;

  // --- Recirculation; see recirculation.h.

  struct Replay {
    std::array<const FrozenPacket*, kMaxRecirculations> chain;  // the first pass first
    size_t length = 0;
    size_t next = 0;
    const FlowKey* packet = nullptr;  // the one that came back
    uint32_t id = 0;                  // its recirc_id
  };
  Replay replay;
  uint32_t next_ordinal = 0;
  /// Of the rules and buckets that led here: a packet that comes back must have come the same way.
  uint64_t way_hash = 0;
  void WentBy(uint64_t what) {
    way_hash = (way_hash ^ what) * 0x9e3779b97f4a7c15ULL;
    way_hash ^= way_hash >> 29;
  }
  /// From here on it is done aloud, to the end of this scope.
  void Resume();

  /// Settles the drop reason. Last call.
  void Finish();

  /// True the first time that the table of this bridge is asked.
  bool FirstLookupIn(uint8_t table);

 private:
  struct Visit {
    BridgeId bridge;
    VlanId vlan;
  };
  struct Seen {
    const BridgeRules* bridge;
    const PipelineState* state;
    std::bitset<256> tables;
  };

  Translation& result_;
  DropReason first_drop_ = DropReason::kNone;
  DropReason failure_ = DropReason::kNone;
  bool failed_ = false;    // dropped as a whole
  bool finished_ = false;  // the scope that came back has ended
  bool stopped_ = false;
  bool exited_ = false;
  int resubmit_depth_ = 0;
  int nesting_ = 0;
  int steps_ = 0;
  size_t actions_done_ = 0;
  int scope_depth_ = 0;
  int last_scope_ = -1;  // the scope that came back
  const GroupStay* innermost_group_ = nullptr;
  Places<LearnEvent, 8> taught_;
  size_t taught_count_ = 0;
  size_t depth_ = 0;
  size_t visits_ = 0;
  Places<Visit, kMaxDepth> way_;
  size_t seen_count_ = 0;
  Places<Seen, kMaxDepth> seen_;
  uint32_t node_count_ = 0;
  Places<Node, kMaxNodes> nodes_;
};

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_TRANSLATION_CONTEXT_H_
