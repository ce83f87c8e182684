// SPDX-License-Identifier: Apache-2.0
//
// The flow monitors of one controller (1.4 section 7.3.5.17; NXST_FLOW_MONITOR): which changes of
// which rules it is told. When the peer does not read fast enough updates are paused: from then on
// only deletions of rules that it knows of are told, and once its queue is empty all that was added
// or changed since, before the resumption.
//
// Thread safety: the slow thread.
#ifndef VSW_OFPROTO_CONNECTION_FLOW_MONITORS_H_
#define VSW_OFPROTO_CONNECTION_FLOW_MONITORS_H_

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "ofproto/bridge_control.h"
#include "ofproto/connection/outbox.h"
#include "ofproto/message/codec.h"

namespace vsw::ofconn {

class FlowMonitors {
 public:
  static constexpr size_t kMaxMonitors = 1024;
  /// More than that in the queue: paused.
  static constexpr size_t kPauseBytes = 128 << 10;

  FlowMonitors(OfVersion version, Outbox* outbox) : version_(version), outbox_(outbox) {}

  /// All of a request or none; the rules that the new monitors want to begin with are listed from
  /// `bridge` and sent as the reply. `nicira`: the form of this and later messages.
  OfStatus Change(std::span<const FlowMonitorRequest> requests, uint32_t xid, bool nicira,
                  BridgeControl* bridge);
  OfStatus Cancel(uint32_t id);
  bool empty() const { return monitors_.empty(); }

  /// A rule was changed; `own_xid` is set if this very controller's request did it.
  void OnUpdate(const FlowUpdate& update, const uint32_t* own_xid, uint64_t now_ns);
  /// Sends what OnUpdate() gathered: at the end of each request, and after changes by none.
  void Flush(uint64_t now_ns);
  bool has_pending() const { return !pending_.empty(); }

  bool paused() const { return paused_; }
  /// The peer has read all: tells it what it missed. REQUIRES: paused().
  void Resume(BridgeControl* bridge, uint64_t now_ns);

 private:
  struct Monitor {
    uint16_t flags;
    FlowSelector selector;
  };
  using Map = std::map<uint32_t, Monitor>;

  OfStatus Apply(const FlowMonitorRequest& request, Map* monitors) const;
  uint16_t FlagsFor(const FlowUpdate& update, bool own) const;
  std::vector<FlowUpdate> ListInitial(std::span<const FlowMonitorRequest> requests,
                                      BridgeControl* bridge) const;
  void SendState(FlowUpdate::Event event, uint16_t nicira_subtype);
  void SendPending();
  void PauseIfSlow(uint64_t now_ns);

  OfVersion version_;
  Outbox* outbox_;
  bool nicira_ = false;
  Map monitors_;
  std::vector<FlowUpdate> pending_;
  bool abbreviated_ = false;  // pending_ tells of the controller's own request already
  bool paused_ = false;
  uint64_t paused_ns_ = 0;
};

/// A rule with these instructions outputs to `port` or refers to `group`, as selectors ask.
bool RefersTo(const Instructions& instructions, uint32_t out_port, uint32_t out_group);

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_FLOW_MONITORS_H_
