// SPDX-License-Identifier: Apache-2.0
#include "control/folder_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace vsw::control {
namespace {

int Milliseconds(std::optional<std::chrono::steady_clock::time_point> until) {
  if (!until.has_value()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*until - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 60'000));
}

}  // namespace

FolderWatch::FolderWatch(std::string path) : path_(std::move(path)) {}

FolderWatch::~FolderWatch() {
  if (inotify_ >= 0) close(inotify_);
  if (event_ >= 0) close(event_);
}

absl::Status FolderWatch::Start() {
  event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event_ < 0) return ErrnoStatus(errno, "create an eventfd");
  inotify_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (inotify_ < 0) {
    return ErrnoStatus(errno, "create an inotify instance (limit fs.inotify.max_user_instances)");
  }
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  if (inotify_add_watch(inotify_, folder.c_str(), IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
    return ErrnoStatus(errno, fmt::format("watch folder {}", folder));
  }
  return absl::OkStatus();
}

bool FolderWatch::Wait(std::optional<std::chrono::steady_clock::time_point> until) {
  std::array<pollfd, 2> polled = {pollfd{event_, POLLIN, 0}, pollfd{inotify_, POLLIN, 0}};
  poll(polled.data(), polled.size(), Milliseconds(until));
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t drained = read(event_, &count, sizeof count);
  return ReadEvents();
}

bool FolderWatch::ReadEvents() {
  const std::string wanted = std::filesystem::path(path_).filename().string();
  alignas(inotify_event) std::array<char, 4096> buffer;
  bool found = false;
  ssize_t length = 0;
  while ((length = read(inotify_, buffer.data(), buffer.size())) > 0) {
    for (ssize_t at = 0; at < length;) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof event);
      // The name is padded with zero octets.
      found = found || (event.len > 0 && wanted == buffer.data() + at + sizeof event);
      at += static_cast<ssize_t>(sizeof event + event.len);
    }
  }
  return found;
}

void FolderWatch::Interrupt() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event_, &one, sizeof one);
}

}  // namespace vsw::control
