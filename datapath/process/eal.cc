// SPDX-License-Identifier: Apache-2.0
#include "datapath/process/eal.h"

#include <pthread.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <sched.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/status.h"
#include "datapath/process/mbuf_pool.h"

namespace vsw {
namespace {

ssize_t WriteLog(void* /*cookie*/, const char* text, size_t size) {
  std::string_view line(text, size);
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (line.empty()) return static_cast<ssize_t>(size);
  if (rte_log_cur_msg_loglevel() <= static_cast<int>(RTE_LOG_WARNING)) {
    VSW_LOG_WARN("dpdk: {}", line);
  } else {
    VSW_LOG_DEBUG("dpdk: {}", line);
  }
  return static_cast<ssize_t>(size);
}

void RouteLog() {
  FILE* stream = fopencookie(
      nullptr, "w", {.read = nullptr, .write = WriteLog, .seek = nullptr, .close = nullptr});
  if (stream == nullptr) return;
  setvbuf(stream, nullptr, _IOLBF, 1024);
  rte_openlog_stream(stream);
}

int FirstCore(const cpu_set_t& allowed) {
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed)) return core;
  }
  return 0;
}

std::vector<std::string> Arguments(const MemoryPlan& plan, int core) {
  // A device list with one address that cannot exist: buses are probed for nothing at start, while
  // devices named later are attached all the same.
  std::vector<std::string> arguments = {
      "vswitchd",     "--no-telemetry",        "--no-shconf", "-a",
      "ffff:ff:1f.7", "--log-level=*:warning", "--lcores",    fmt::format("0@{}", core)};
  if (plan.hugepages) {
    // In few files: net_virtio_user shows its peer at most eight.
    arguments.insert(arguments.end(),
                     {"--in-memory", "--single-file-segments", "-m", std::to_string(plan.mib)});
  } else {
    // Packet buffers lie outside then; see mbuf_pool.h.
    arguments.insert(arguments.end(),
                     {"--no-huge", "-m", std::to_string(plan.mib - MbufPoolMib(plan))});
  }
  return arguments;
}

}  // namespace

absl::Status StartEal(const MemoryPlan& plan) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (const int error = pthread_getaffinity_np(pthread_self(), sizeof(allowed), &allowed)) {
    return ErrnoStatus(error, "read the cores that this process may use");
  }
  RouteLog();
  std::vector<std::string> arguments = Arguments(plan, FirstCore(allowed));
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  const bool failed = rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0;
  const int error = rte_errno;
  pthread_setaffinity_np(pthread_self(), sizeof(allowed), &allowed);
  if (failed) {
    const std::string what = rte_strerror(error);
    return ResourceExhausted("DPDK could not start with {} MiB ({}): {}; give another --memory",
                             plan.mib, plan.description, what);
  }
  return absl::OkStatus();
}

}  // namespace vsw
