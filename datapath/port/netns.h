// SPDX-License-Identifier: Apache-2.0
//
// Network namespaces other than the one vsw runs in: a TAP device may have been moved into one.
// Nothing of vsw's own threads ever changes its namespace; what must happen elsewhere happens on a
// helper thread that ends with the call. Control path only.
#ifndef VSW_DATAPATH_PORT_NETNS_H_
#define VSW_DATAPATH_PORT_NETNS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/unique_fd.h"

namespace vsw {

struct Netns {
  std::string path;  // "/run/netns/blue" or "/proc/4711/ns/net"; for people
  UniqueFd fd;
};

/// Runs `work` in the namespace behind `netns_fd` and returns what it returned; in the calling
/// thread if that is in this namespace already. -1: the calling thread's own.
[[nodiscard]] absl::Status RunInNetns(int netns_fd, const std::function<absl::Status()>& work);

/// True if `netns_fd` is the namespace of the calling thread.
bool IsOwnNetns(int netns_fd);

/// Visits every other namespace that has a name in /run/netns, then those that only a process
/// holds, each once, until `visit` returns true.
void ForEachOtherNetns(const std::function<bool(const Netns&)>& visit);

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_NETNS_H_
