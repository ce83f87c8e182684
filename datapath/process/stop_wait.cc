// SPDX-License-Identifier: Apache-2.0
#include "datapath/process/stop_wait.h"

#include <systemd/sd-daemon.h>

#include <cstdint>

namespace vsw {
namespace {

constexpr uint64_t kMicrosPerSecond = 1'000'000;

timespec FromMicros(uint64_t micros) {
  return {.tv_sec = static_cast<time_t>(micros / kMicrosPerSecond),
          .tv_nsec = static_cast<long>(micros % kMicrosPerSecond * 1000)};
}

}  // namespace

int WaitForStop(const sigset_t& stop_signals, const std::function<void()>& prove_alive) {
  uint64_t period_us = 0;
  int number = 0;
  if (sd_watchdog_enabled(/*unset_environment=*/0, &period_us) <= 0) {
    sigwait(&stop_signals, &number);
    return number;
  }
  const timespec pause = FromMicros(period_us / 2);
  do {
    prove_alive();
    sd_notify(0, "WATCHDOG=1");
    number = sigtimedwait(&stop_signals, nullptr, &pause);
  } while (number < 0);
  return number;
}

}  // namespace vsw
