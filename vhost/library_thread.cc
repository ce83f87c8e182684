// SPDX-License-Identifier: Apache-2.0
#include "vhost/library_thread.h"

#include <dirent.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace vsw::vhost {
namespace {

constexpr char kThreadName[] = "vhost-events";
// Ignored unless handled, so that nothing else of the process can depend on it.
constexpr int kWakeSignal = SIGURG;

// Only a handled signal interrupts a system call.
void HandleWakeSignal() {
  struct sigaction action = {};
  action.sa_handler = [](int) {};
  sigemptyset(&action.sa_mask);
  sigaction(kWakeSignal, &action, nullptr);
}

// Empty if there is no such thread (any more).
std::string NameOf(const std::string& task) {
  std::ifstream file("/proc/self/task/" + task + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace

void WakeLibraryThread() {
  [[maybe_unused]] static const bool handled = (HandleWakeSignal(), true);
  DIR* const tasks = opendir("/proc/self/task");
  if (tasks == nullptr) return;
  while (const dirent* entry = readdir(tasks)) {
    if (NameOf(entry->d_name) != kThreadName) continue;
    syscall(SYS_tgkill, getpid(), std::atoi(entry->d_name), kWakeSignal);
  }
  closedir(tasks);
}

}  // namespace vsw::vhost
