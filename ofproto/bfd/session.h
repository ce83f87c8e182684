// SPDX-License-Identifier: Apache-2.0
//
// One BFD session in asynchronous mode without authentication and echo (RFC 5880 section 6.8): a
// pure state machine. Packets and the time go in, packets to be sent come out; it knows no sockets,
// no clock and no frames. What a caller does: Receive() for each packet, Run() whenever
// next_run_ns() has come.
//
// The intervals are those of RFC 5880 section 6.8.3: while the session is not up at least a second
// between packets, a poll sequence for each change, and what a change makes worse for the other
// side is not done before the other side knows.
#ifndef VSW_OFPROTO_BFD_SESSION_H_
#define VSW_OFPROTO_BFD_SESSION_H_

#include <cstdint>
#include <optional>

#include "ofproto/bfd/packet.h"

namespace vsw::bfd {

struct Settings {
  uint32_t min_tx_us = 100'000;
  uint32_t min_rx_us = 1'000'000;
  uint8_t detect_mult = 3;
  bool operator==(const Settings&) const = default;
};

class Session {
 public:
  /// Not up: no more often than this (RFC 5880 section 6.8.3).
  static constexpr uint32_t kSlowTxUs = 1'000'000;

  /// `discriminator`: unique on this host, not 0. `seed`: of the jitter.
  Session(const Settings& settings, uint32_t discriminator, uint64_t seed, uint64_t now_ns);

  void Configure(const Settings& settings, uint64_t now_ns);
  /// False: discarded, since it belongs to another session.
  bool Receive(const Packet& packet, uint64_t now_ns);
  /// Notices what has not come, and returns the packet to be sent now. Call again until it returns
  /// nothing.
  std::optional<Packet> Run(uint64_t now_ns);
  /// When Run() has something to do next.
  uint64_t next_run_ns() const;

  State state() const { return state_; }
  State remote_state() const { return remote_state_; }
  Diagnostic diagnostic() const { return diagnostic_; }
  Diagnostic remote_diagnostic() const { return remote_diagnostic_; }
  /// Traffic may be sent: both ends hear each other, and neither says that the way ends behind it.
  bool is_forwarding() const;
  /// How often is_forwarding() changed.
  uint64_t flaps() const { return flaps_; }
  bool is_polling() const { return polling_; }
  uint32_t discriminator() const { return discriminator_; }
  uint32_t remote_discriminator() const { return remote_discriminator_; }
  uint8_t remote_detect_mult() const { return remote_detect_mult_; }
  uint32_t remote_min_tx_us() const { return remote_min_tx_us_; }
  uint32_t remote_min_rx_us() const { return remote_min_rx_us_; }
  /// What it is now: between packets (before jitter), and until the other end counts as gone (0:
  /// nothing heard of it yet).
  uint64_t transmit_interval_us() const;
  uint64_t detection_time_us() const;

 private:
  void SetState(State state, Diagnostic diagnostic, uint64_t now_ns);
  void Transition(State received, uint64_t now_ns);
  void AdoptIntervals();
  void StartPoll();
  void EndPoll();
  void Expire(uint64_t now_ns);
  void CountFlap();
  uint32_t wanted_min_tx_us() const;
  bool transmits() const;
  uint64_t JitteredNs(uint64_t interval_us);
  Packet Make() const;

  Settings settings_;
  const uint32_t discriminator_;
  uint64_t random_;

  State state_ = State::kDown;
  Diagnostic diagnostic_ = Diagnostic::kNone;
  // As announced, and what is gone by until the poll sequence ends.
  uint32_t desired_min_tx_us_ = kSlowTxUs, active_min_tx_us_ = kSlowTxUs;
  uint32_t required_min_rx_us_, active_min_rx_us_;
  bool polling_ = false;
  bool final_due_ = false;

  State remote_state_ = State::kDown;
  Diagnostic remote_diagnostic_ = Diagnostic::kNone;
  uint32_t remote_discriminator_ = 0;
  uint32_t remote_min_rx_us_ = 1;  // RFC 5880 section 6.8.1
  uint32_t remote_min_tx_us_ = 0;
  uint8_t remote_detect_mult_ = 0;
  bool remote_demand_ = false;

  uint64_t last_tx_ns_ = 0;
  uint64_t wait_ns_ = 0;     // behind last_tx_ns_, jitter included
  uint64_t last_rx_ns_ = 0;  // 0: nothing heard
  bool was_forwarding_ = false;
  uint64_t flaps_ = 0;
};

}  // namespace vsw::bfd

#endif  // VSW_OFPROTO_BFD_SESSION_H_
