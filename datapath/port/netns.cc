// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/netns.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <thread>
#include <utility>

#include "base/status.h"

namespace vsw {
namespace {

constexpr char kOwnNetns[] = "/proc/thread-self/ns/net";

using Identity = std::pair<dev_t, ino_t>;

Identity Identify(const struct stat& status) { return {status.st_dev, status.st_ino}; }

Identity OwnIdentity() {
  struct stat own {};
  return stat(kOwnNetns, &own) == 0 ? Identify(own) : Identity{};
}

// Opens `path` if it is a network namespace that is not in `seen` yet.
Netns OpenUnseen(const std::string& path, std::set<Identity>* seen) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || seen->contains(Identify(status))) return {};
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid() || ioctl(fd.get(), NS_GET_NSTYPE) != CLONE_NEWNET) return {};
  seen->insert(Identify(status));
  return {path, std::move(fd)};
}

bool IsProcess(const std::string& name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool IsOwnNetns(int netns_fd) {
  struct stat other {};
  return fstat(netns_fd, &other) == 0 && Identify(other) == OwnIdentity();
}

absl::Status RunInNetns(int netns_fd, const std::function<absl::Status()>& work) {
  if (netns_fd < 0 || IsOwnNetns(netns_fd)) return work();
  absl::Status status;
  std::thread helper([&status, &work, netns_fd] {
    if (setns(netns_fd, CLONE_NEWNET) != 0) {
      status = ErrnoStatus(errno, "enter another network namespace (needs CAP_SYS_ADMIN)");
      return;
    }
    status = work();
  });
  helper.join();
  return status;
}

void ForEachOtherNetns(const std::function<bool(const Netns&)>& visit) {
  std::set<Identity> seen = {OwnIdentity()};
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/run/netns", error)) {
    const Netns netns = OpenUnseen(entry.path().string(), &seen);
    if (netns.fd.valid() && visit(netns)) return;
  }
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    if (!IsProcess(entry.path().filename().string())) continue;
    const Netns netns = OpenUnseen(entry.path().string() + "/ns/net", &seen);
    if (netns.fd.valid() && visit(netns)) return;
  }
}

}  // namespace vsw
