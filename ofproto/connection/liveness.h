// SPDX-License-Identifier: Apache-2.0
//
// Whether the peer is still there: after an interval without a sign of life it is probed with an
// echo request, and after another one it is given up. Pure: time is what the caller says.
#ifndef VSW_OFPROTO_CONNECTION_LIVENESS_H_
#define VSW_OFPROTO_CONNECTION_LIVENESS_H_

#include <cstdint>

namespace vsw::ofconn {

class Liveness {
 public:
  enum class Verdict : uint8_t { kFine, kProbe, kDead };

  /// `interval_ns` 0: never probes.
  Liveness(uint64_t interval_ns, uint64_t now_ns) : interval_ns_(interval_ns), since_ns_(now_ns) {}

  /// Bytes came in, or went out to a peer that had held them up.
  void Sign(uint64_t now_ns) {
    since_ns_ = now_ns;
    probed_ = false;
  }
  /// kProbe at most once an interval: the caller sends the echo request.
  Verdict Check(uint64_t now_ns) {
    if (interval_ns_ == 0 || now_ns < deadline_ns()) return Verdict::kFine;
    if (probed_) return Verdict::kDead;
    probed_ = true;
    since_ns_ = now_ns;
    return Verdict::kProbe;
  }
  uint64_t deadline_ns() const {
    return interval_ns_ == 0 ? ~uint64_t{0} : since_ns_ + interval_ns_;
  }

 private:
  uint64_t interval_ns_;
  uint64_t since_ns_;
  bool probed_ = false;
};

}  // namespace vsw::ofconn

#endif  // VSW_OFPROTO_CONNECTION_LIVENESS_H_
