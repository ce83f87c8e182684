// SPDX-License-Identifier: Apache-2.0
//
// Frames that tunnel ports give back to the pipeline: those that go on by a bridge, as received
// from its internal port, and answers to what does not fit, as received from the tunnel.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_WORKER_ENTERING_FRAMES_H_
#define VSW_DATAPATH_WORKER_ENTERING_FRAMES_H_

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "datapath/packet/flow_key.h"
#include "datapath/packet/tunnel_mark.h"
#include "datapath/port/port.h"

namespace vsw {

class EnteringFrames {
 public:
  struct Answer {
    rte_mbuf* frame;
    FlowKey tunnel;  // in_port and tunnel lines
  };

  bool empty() const { return first_ == nullptr && answer_count_ == 0; }

  /// Any number: they hold each other.
  void Push(PortNo in_port, rte_mbuf* frame) {
    frame->port = static_cast<uint16_t>(ToInt(in_port));
    TunnelMark::Link(frame) = nullptr;
    (first_ == nullptr ? first_ : TunnelMark::Link(last_)) = frame;
    last_ = frame;
  }
  /// What was pushed so far is what Pop() gives. REQUIRES: it has given all of the round before.
  void StartRound() { round_ = std::exchange(first_, nullptr); }
  /// The oldest of the round; nullptr if there is none. Its `port` is the ingress port.
  rte_mbuf* Pop() {
    rte_mbuf* frame = round_;
    if (frame != nullptr) round_ = TunnelMark::Link(frame);
    return frame;
  }

  /// False: no room; a burst of answers is enough.
  bool PushAnswer(rte_mbuf* frame, const FlowKey& tunnel) {
    if (answer_count_ == answers_.size()) return false;
    Answer& answer = answers_[answer_count_++];
    answer.frame = frame;
    answer.tunnel.in_port = tunnel.in_port;
    answer.tunnel.lines = 0;
    CopyTunnelLines(tunnel, &answer.tunnel);
    return true;
  }
  /// Good until the next PushAnswer().
  std::span<const Answer> TakeAnswers() {
    return {answers_.data(), std::exchange(answer_count_, 0)};
  }

 private:
  rte_mbuf* first_ = nullptr;
  rte_mbuf* last_ = nullptr;  // counts while first_ is not null
  rte_mbuf* round_ = nullptr;
  size_t answer_count_ = 0;
  std::array<Answer, kBurst> answers_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_ENTERING_FRAMES_H_
