// SPDX-License-Identifier: Apache-2.0
//
// Each ingress port's share of a worker's time for first packets. A port earns translation time as
// time passes, divided by the number of ports that are missing just now, and pays what its
// translations took. Alone it may use the whole worker; beside others that miss it cannot take
// their share, whatever it sends. While packets of another port wait to be received, which it may
// have cached decisions for, it earns a small share only and has nothing saved up: first packets
// get the time that the others leave, and never quite nothing.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_WORKER_MISS_BUDGET_H_
#define VSW_DATAPATH_WORKER_MISS_BUDGET_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/net_types.h"

namespace vsw {

/// Ports whose queues hold more packets than the worker has come round to.
struct WaitingPorts {
  PortNo first = kNoPort;  // one of them, or kNoPort
  bool several = false;    // there are others

  void Add(PortNo port) {
    several |= first != kNoPort && first != port;
    first = port;
  }
  bool AnyBeside(PortNo port) const { return several || (first != kNoPort && first != port); }
};

class MissBudget {
 public:
  /// What a port earns while another one waits: one part in so many.
  static constexpr uint64_t kPressedShare = 16;

  /// `tick_tsc`: how long a port counts as missing after it missed; `burst_tsc`: the most that can
  /// be saved up; `pressed_burst_tsc`: of that, what is left while another port waits.
  MissBudget(uint32_t max_ports, uint64_t tick_tsc, uint64_t burst_tsc, uint64_t pressed_burst_tsc)
      : tick_tsc_(tick_tsc),
        burst_tsc_(static_cast<int64_t>(burst_tsc)),
        pressed_burst_tsc_(static_cast<int64_t>(pressed_burst_tsc)),
        accounts_(max_ports) {}

  /// A round of the worker is over that took so long, with these ports waiting at its end.
  void Pass(uint64_t tsc, const WaitingPorts& waiting) {
    waiting_ = waiting;
    if (waiting.first == kNoPort) [[likely]]
      return;
    const uint64_t lost_tsc = tsc - tsc / kPressedShare;
    lost_tsc_ += lost_tsc;
    if (!waiting.several) accounts_[ToInt(waiting.first)].spared_tsc += lost_tsc;
  }

  /// True if the port may have one more translation at `now_tsc`.
  bool Allow(PortNo port, uint64_t now_tsc) {
    if (now_tsc - tick_start_ >= tick_tsc_) StartTick(now_tsc);
    Account& account = accounts_[ToInt(port)];
    if (account.tick != tick_) {
      account.tick = tick_;
      ++missing_now_;
    }
    const auto sharers =
        static_cast<int64_t>(std::max<uint64_t>({missing_now_, missing_before_, 1}));
    const int64_t most = waiting_.AnyBeside(port) ? pressed_burst_tsc_ : burst_tsc_;
    // The time that counts goes on more slowly while others wait.
    const uint64_t counted_tsc = now_tsc - (lost_tsc_ - account.spared_tsc);
    const int64_t earned = account.counted_tsc == 0
                               ? most
                               : static_cast<int64_t>(counted_tsc - account.counted_tsc) / sharers;
    account.balance = std::min(account.balance + earned, most);
    account.counted_tsc = counted_tsc;
    return account.balance > 0;
  }

  /// Takes the time that a translation for `port` took. Debts are bounded as savings are: decisions
  /// that are renewed whatever it takes must not keep the port from new ones for long.
  void Charge(PortNo port, uint64_t tsc) {
    int64_t& balance = accounts_[ToInt(port)].balance;
    balance = std::max(balance - static_cast<int64_t>(tsc), -burst_tsc_);
  }

 private:
  struct Account {
    int64_t balance = 0;
    uint64_t counted_tsc = 0;  // up to where it earned
    uint64_t spared_tsc = 0;   // of lost_tsc_: while no port waited but this one
    uint64_t tick = 0;
  };

  void StartTick(uint64_t now_tsc) {
    const bool next = now_tsc - tick_start_ < 2 * tick_tsc_;
    missing_before_ = next ? missing_now_ : 0;
    missing_now_ = 0;
    tick_start_ = now_tsc;
    ++tick_;
  }

  const uint64_t tick_tsc_;
  const int64_t burst_tsc_;
  const int64_t pressed_burst_tsc_;
  WaitingPorts waiting_;
  uint64_t lost_tsc_ = 0;  // that did not count
  uint64_t tick_start_ = 0;
  uint64_t tick_ = 1;
  uint64_t missing_now_ = 0;     // ports that missed in this tick
  uint64_t missing_before_ = 0;  // and in the one before
  std::vector<Account> accounts_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_MISS_BUDGET_H_
