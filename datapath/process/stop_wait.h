// SPDX-License-Identifier: Apache-2.0
//
// What the main thread does while the others switch packets: it waits for the word to stop, and
// shows the service manager's watchdog (systemd's WatchdogSec=) that the switch lives. One that
// hangs shows nothing any more, and is killed and started again.
#ifndef VSW_DATAPATH_PROCESS_STOP_WAIT_H_
#define VSW_DATAPATH_PROCESS_STOP_WAIT_H_

#include <signal.h>

#include <functional>

namespace vsw {

/// Returns the signal of `stop_signals` that has come; these are blocked in all threads. With a
/// watchdog, calls `prove_alive` twice in its period: it returns when the switch works, or never.
int WaitForStop(const sigset_t& stop_signals, const std::function<void()>& prove_alive);

}  // namespace vsw

#endif  // VSW_DATAPATH_PROCESS_STOP_WAIT_H_
