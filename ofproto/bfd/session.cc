// SPDX-License-Identifier: Apache-2.0
#include "ofproto/bfd/session.h"

#include <algorithm>
#include <limits>

namespace vsw::bfd {
namespace {

constexpr uint64_t kNsPerUs = 1000;
constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

}  // namespace

Session::Session(const Settings& settings, uint32_t discriminator, uint64_t seed, uint64_t now_ns)
    : settings_(settings),
      discriminator_(discriminator),
      random_(seed | 1),
      desired_min_tx_us_(wanted_min_tx_us()),
      active_min_tx_us_(desired_min_tx_us_),
      required_min_rx_us_(settings.min_rx_us),
      active_min_rx_us_(settings.min_rx_us),
      last_tx_ns_(now_ns) {}

// --- Intervals -------------------------------------------------------------------------------

uint32_t Session::wanted_min_tx_us() const {
  return state_ == State::kUp ? settings_.min_tx_us : std::max(settings_.min_tx_us, kSlowTxUs);
}

uint64_t Session::transmit_interval_us() const {
  return std::max(active_min_tx_us_, remote_min_rx_us_);
}

uint64_t Session::detection_time_us() const {
  return uint64_t{remote_detect_mult_} * std::max(active_min_rx_us_, remote_min_tx_us_);
}

void Session::AdoptIntervals() {
  const uint32_t min_tx = wanted_min_tx_us(), min_rx = settings_.min_rx_us;
  if (min_tx == desired_min_tx_us_ && min_rx == required_min_rx_us_) return;
  desired_min_tx_us_ = min_tx;
  required_min_rx_us_ = min_rx;
  // Section 6.8.3: slower sending and quicker suspicion wait for the other end's answer.
  const bool up = state_ == State::kUp;
  if (!up || desired_min_tx_us_ < active_min_tx_us_) active_min_tx_us_ = desired_min_tx_us_;
  if (!up || required_min_rx_us_ > active_min_rx_us_) active_min_rx_us_ = required_min_rx_us_;
  StartPoll();
}

void Session::StartPoll() {
  // Without one at the other end there is nobody to answer.
  polling_ = remote_discriminator_ != 0;
  if (!polling_) EndPoll();
}

void Session::EndPoll() {
  polling_ = false;
  active_min_tx_us_ = desired_min_tx_us_;
  active_min_rx_us_ = required_min_rx_us_;
}

void Session::Configure(const Settings& settings, uint64_t now_ns) {
  if (settings == settings_) return;
  settings_ = settings;
  AdoptIntervals();
  wait_ns_ = std::min(wait_ns_, transmit_interval_us() * kNsPerUs);
  last_tx_ns_ = std::min(last_tx_ns_, now_ns);
}

// Section 6.8.7: 75 to 100 percent of the interval, or to 90 if one lost packet means down.
uint64_t Session::JitteredNs(uint64_t interval_us) {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const uint64_t spread = settings_.detect_mult == 1 ? 15 : 25;
  const uint64_t whole = interval_us * kNsPerUs;
  return whole / 100 * 75 + whole / 100 * spread / 1000 * (random_ % 1001);
}

// --- States ----------------------------------------------------------------------------------

bool Session::is_forwarding() const {
  return state_ == State::kUp && remote_diagnostic_ != Diagnostic::kPathDown &&
         remote_diagnostic_ != Diagnostic::kConcatenatedPathDown &&
         remote_diagnostic_ != Diagnostic::kReverseConcatenatedPathDown;
}

void Session::CountFlap() {
  if (is_forwarding() == was_forwarding_) return;
  was_forwarding_ = !was_forwarding_;
  ++flaps_;
}

void Session::SetState(State state, Diagnostic diagnostic, uint64_t now_ns) {
  if (state == state_) return;
  state_ = state;
  diagnostic_ = diagnostic;
  AdoptIntervals();
  // The other end is told at once.
  last_tx_ns_ = now_ns;
  wait_ns_ = 0;
}

// Section 6.8.6, the last third.
void Session::Transition(State received, uint64_t now_ns) {
  if (received == State::kAdminDown) {
    if (state_ != State::kDown) {
      SetState(State::kDown, Diagnostic::kNeighborSignaledDown, now_ns);
    }
    return;
  }
  switch (state_) {
    case State::kAdminDown:
      return;
    case State::kDown:
      if (received == State::kDown) SetState(State::kInit, Diagnostic::kNone, now_ns);
      if (received == State::kInit) SetState(State::kUp, Diagnostic::kNone, now_ns);
      return;
    case State::kInit:
      if (received != State::kDown) SetState(State::kUp, Diagnostic::kNone, now_ns);
      return;
    case State::kUp:
      if (received == State::kDown) {
        SetState(State::kDown, Diagnostic::kNeighborSignaledDown, now_ns);
      }
      return;
  }
}

bool Session::Receive(const Packet& packet, uint64_t now_ns) {
  if (packet.your_discriminator != 0 && packet.your_discriminator != discriminator_) return false;
  Expire(now_ns);
  const uint64_t interval_before = transmit_interval_us();
  remote_discriminator_ = packet.my_discriminator;
  remote_state_ = packet.state;
  remote_diagnostic_ = packet.diagnostic;
  remote_demand_ = packet.demand;
  remote_min_rx_us_ = packet.required_min_rx_us;
  remote_min_tx_us_ = packet.desired_min_tx_us;
  remote_detect_mult_ = packet.detect_mult;
  if (packet.final && polling_) EndPoll();
  last_rx_ns_ = now_ns;
  // A wait that was begun under a longer interval does not go on to its end.
  if (transmit_interval_us() < interval_before) {
    wait_ns_ = std::min(wait_ns_, JitteredNs(transmit_interval_us()));
  }
  Transition(packet.state, now_ns);
  CountFlap();
  if (packet.poll) final_due_ = true;
  return true;
}

void Session::Expire(uint64_t now_ns) {
  if (last_rx_ns_ == 0 || now_ns < last_rx_ns_ + detection_time_us() * kNsPerUs) return;
  last_rx_ns_ = 0;
  remote_discriminator_ = 0;
  remote_state_ = State::kDown;
  remote_min_rx_us_ = 1;
  remote_demand_ = false;
  if (polling_) EndPoll();
  if (state_ == State::kInit || state_ == State::kUp) {
    SetState(State::kDown, Diagnostic::kDetectionTimeExpired, now_ns);
  }
  CountFlap();
}

// --- Sending ---------------------------------------------------------------------------------

// Whether packets go out by time (section 6.8.7).
bool Session::transmits() const {
  if (remote_min_rx_us_ == 0) return false;
  const bool both_up = state_ == State::kUp && remote_state_ == State::kUp;
  return !(remote_demand_ && both_up) || polling_;
}

Packet Session::Make() const {
  return {.diagnostic = diagnostic_,
          .state = state_,
          .detect_mult = settings_.detect_mult,
          .my_discriminator = discriminator_,
          .your_discriminator = remote_discriminator_,
          .desired_min_tx_us = desired_min_tx_us_,
          .required_min_rx_us = required_min_rx_us_};
}

std::optional<Packet> Session::Run(uint64_t now_ns) {
  Expire(now_ns);
  Packet packet = Make();
  if (final_due_) {
    final_due_ = false;
    packet.final = true;
    return packet;
  }
  if (!transmits() || now_ns < last_tx_ns_ + wait_ns_) return std::nullopt;
  last_tx_ns_ = now_ns;
  wait_ns_ = JitteredNs(transmit_interval_us());
  packet.poll = polling_;
  return packet;
}

uint64_t Session::next_run_ns() const {
  if (final_due_) return 0;
  const uint64_t send = transmits() ? last_tx_ns_ + wait_ns_ : kNever;
  const uint64_t expiry = last_rx_ns_ == 0 ? kNever : last_rx_ns_ + detection_time_us() * kNsPerUs;
  return std::min(send, expiry);
}

}  // namespace vsw::bfd
