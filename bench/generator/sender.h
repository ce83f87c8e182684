// SPDX-License-Identifier: Apache-2.0
//
// Sends frames by one device, at a rate or as fast as they are taken.
#ifndef VSW_BENCH_GENERATOR_SENDER_H_
#define VSW_BENCH_GENERATOR_SENDER_H_

#include <rte_ethdev.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "bench/generator/flow_source.h"
#include "bench/generator/frame_pool.h"

namespace vsw::bench {

class Sender {
 public:
  static constexpr uint16_t kBurst = 32;

  /// `rate`: packets a second, 0 for as many as are taken; `most`: packets in all, 0 without end.
  Sender(uint16_t port, FramePool pool, std::unique_ptr<FlowSource> flows, double rate,
         uint64_t most)
      : port_(port), pool_(std::move(pool)), flows_(std::move(flows)), rate_(rate), most_(most) {}

  /// Sends a burst if it is time for one; returns how many packets were taken. `seconds` have
  /// passed since the first call.
  uint16_t Send(double seconds) {
    if (rate_ > 0 && static_cast<double>(sent_) >= rate_ * seconds) return 0;
    if (Done()) return 0;
    if (unsent_ == 0) {
      if (!drawn_) flows_->Next(burst_);
      drawn_ = true;
      if (!pool_.Make(burst_, sent_, frames_)) return 0;
      drawn_ = false;
      unsent_ = kBurst;
    }
    const uint16_t taken = rte_eth_tx_burst(port_, 0, frames_ + (kBurst - unsent_), unsent_);
    unsent_ = static_cast<uint16_t>(unsent_ - taken);
    sent_ += taken;
    return taken;
  }
  bool Done() const { return most_ != 0 && sent_ >= most_; }
  uint64_t sent() const { return sent_; }
  uint16_t port() const { return port_; }

 private:
  const uint16_t port_;
  FramePool pool_;
  const std::unique_ptr<FlowSource> flows_;
  const double rate_;
  const uint64_t most_;     // a multiple of kBurst, or a burst more is sent in part
  uint32_t burst_[kBurst];  // flows of the burst that is sent, or is next (drawn_)
  bool drawn_ = false;
  rte_mbuf* frames_[kBurst];
  uint16_t unsent_ = 0;  // the last ones of frames_
  uint64_t sent_ = 0;
};

}  // namespace vsw::bench

#endif  // VSW_BENCH_GENERATOR_SENDER_H_
