// SPDX-License-Identifier: Apache-2.0
//
// Sends frames by one device, at a rate or as fast as they are taken.
#ifndef VSW_BENCH_GENERATOR_SENDER_H_
#define VSW_BENCH_GENERATOR_SENDER_H_

#include <rte_ethdev.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "bench/generator/flow_source.h"
#include "bench/generator/frame_pool.h"

namespace vsw::bench {

class Sender {
 public:
  static constexpr uint16_t kBurst = 64;  // the most that the driver gives at a time

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
      if (drawn_ == 0) {
        drawn_ =
            static_cast<uint16_t>(most_ == 0 ? kBurst : std::min<uint64_t>(kBurst, most_ - sent_));
        flows_->Next({burst_, drawn_});
      }
      if (!pool_.Make({burst_, drawn_}, sent_, frames_)) return 0;
      next_ = 0;
      unsent_ = std::exchange(drawn_, uint16_t{0});
    }
    const uint16_t taken = rte_eth_tx_burst(port_, 0, frames_ + next_, unsent_);
    next_ = static_cast<uint16_t>(next_ + taken);
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
  const uint64_t most_;     // 0: no end
  uint32_t burst_[kBurst];  // flows of the next burst
  uint16_t drawn_ = 0;      // how many of those
  rte_mbuf* frames_[kBurst];
  uint16_t next_ = 0;    // of frames_, to be sent
  uint16_t unsent_ = 0;  // how many, from there on
  uint64_t sent_ = 0;
};

}  // namespace vsw::bench

#endif  // VSW_BENCH_GENERATOR_SENDER_H_
