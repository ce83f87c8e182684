// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/link_monitor.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>

#include "base/status.h"
#include "datapath/port/rtnl.h"

namespace vsw {
namespace {

constexpr int kSocketBufferBytes = 1 << 20;

std::mutex instance_mutex;
std::weak_ptr<LinkMonitor> instance;

}  // namespace

absl::StatusOr<std::shared_ptr<LinkMonitor>> LinkMonitor::Get() {
  const std::lock_guard lock(instance_mutex);
  if (auto existing = instance.lock()) return existing;
  std::shared_ptr<LinkMonitor> made(new LinkMonitor);
  VSW_RETURN_IF_ERROR(made->Open());
  made->thread_ = std::thread([monitor = made.get()] { monitor->Run(); });
  pthread_setname_np(made->thread_.native_handle(), "vsw-links");
  instance = made;
  return made;
}

absl::Status LinkMonitor::Open() {
  netlink_.Reset(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  if (!netlink_.valid()) return ErrnoStatus(errno, "open a netlink socket to watch devices");
  setsockopt(netlink_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBufferBytes,
             sizeof(kSocketBufferBytes));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (bind(netlink_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return ErrnoStatus(errno, "watch network devices by netlink");
  }
  wake_.Reset(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake_.valid()) return ErrnoStatus(errno, "make an eventfd");
  return absl::OkStatus();
}

LinkMonitor::~LinkMonitor() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  Kick();
  thread_.join();
}

int LinkMonitor::Subscribe(Callback callback) {
  const std::lock_guard lock(mutex_);
  const int id = next_id_++;
  subscribers_.emplace(id, std::move(callback));
  return id;
}

void LinkMonitor::Unsubscribe(int id) {
  const std::lock_guard lock(mutex_);
  subscribers_.erase(id);
}

void LinkMonitor::Kick() noexcept { eventfd_write(wake_.get(), 1); }

void LinkMonitor::Deliver(const LinkEvent& event) {
  const std::lock_guard lock(mutex_);
  if (stop_) return;
  for (const auto& [id, callback] : subscribers_) callback(event);
}

void LinkMonitor::ReadEvents() {
  alignas(nlmsghdr) static thread_local std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t length = recv(netlink_.get(), buffer.data(), buffer.size(), 0);
    if (length < 0 && errno == ENOBUFS) {
      Deliver({LinkEvent::Kind::kResync, 0, {}});
      continue;
    }
    if (length <= 0) return;
    int left = static_cast<int>(length);
    const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK) continue;
      // Ports of a kernel bridge send such messages too, with another family.
      const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
      if (info->ifi_family != AF_UNSPEC) continue;
      const LinkInfo link = ParseLink(message);
      Deliver({message->nlmsg_type == RTM_NEWLINK ? LinkEvent::Kind::kChanged
                                                  : LinkEvent::Kind::kRemoved,
               link.index, link.name});
    }
  }
}

void LinkMonitor::Run() {
  while (true) {
    std::array<pollfd, 2> fds = {{{netlink_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    poll(fds.data(), fds.size(), -1);
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
    }
    if (fds[1].revents != 0) {
      eventfd_t count;
      eventfd_read(wake_.get(), &count);
      Deliver({LinkEvent::Kind::kResync, 0, {}});
    }
    if (fds[0].revents != 0) ReadEvents();
  }
}

}  // namespace vsw
