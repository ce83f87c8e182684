// SPDX-License-Identifier: Apache-2.0
//
// Each ingress port's share of a worker's time for first packets. A port earns translation time as
// time passes, divided by the number of ports that are missing just now, and pays what its
// translations took. Alone it may use the whole worker; beside others it cannot take their share,
// whatever it sends.
//
// Thread safety: none; one worker owns it.
#ifndef VSW_DATAPATH_WORKER_MISS_BUDGET_H_
#define VSW_DATAPATH_WORKER_MISS_BUDGET_H_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/net_types.h"

namespace vsw {

class MissBudget {
 public:
  /// `tick_tsc`: how long a port counts as missing after it missed; `burst_tsc`: the most that can
  /// be saved up.
  MissBudget(uint32_t max_ports, uint64_t tick_tsc, uint64_t burst_tsc)
      : tick_tsc_(tick_tsc), burst_tsc_(burst_tsc), accounts_(max_ports) {}

  /// True if the port may have one more translation at `now_tsc`.
  bool Allow(PortNo port, uint64_t now_tsc) {
    if (now_tsc - tick_start_ >= tick_tsc_) StartTick(now_tsc);
    Account& account = accounts_[ToInt(port)];
    if (account.tick != tick_) {
      account.tick = tick_;
      ++missing_now_;
    }
    const uint64_t sharers = std::max<uint64_t>({missing_now_, missing_before_, 1});
    const uint64_t elapsed =
        account.updated_tsc == 0 ? burst_tsc_ * sharers : now_tsc - account.updated_tsc;
    account.balance = std::min<int64_t>(account.balance + static_cast<int64_t>(elapsed / sharers),
                                        static_cast<int64_t>(burst_tsc_));
    account.updated_tsc = now_tsc;
    return account.balance > 0;
  }

  /// Takes the time that a translation for `port` took.
  void Charge(PortNo port, uint64_t tsc) {
    accounts_[ToInt(port)].balance -= static_cast<int64_t>(tsc);
  }

 private:
  struct Account {
    int64_t balance = 0;
    uint64_t updated_tsc = 0;
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
  const uint64_t burst_tsc_;
  uint64_t tick_start_ = 0;
  uint64_t tick_ = 1;
  uint64_t missing_now_ = 0;     // ports that missed in this tick
  uint64_t missing_before_ = 0;  // and in the one before
  std::vector<Account> accounts_;
};

}  // namespace vsw

#endif  // VSW_DATAPATH_WORKER_MISS_BUDGET_H_
