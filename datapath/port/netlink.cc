// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/netlink.h"

#include <linux/netlink.h>

#include <cstring>
#include <memory>

#include "base/status.h"

namespace vsw {
namespace {

// A dump may use messages of up to 32 KiB; a device with many properties fills more than a page.
constexpr size_t kBufferBytes = 64 * 1024;

struct SocketCloser {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};

int Collect(const nlmsghdr* message, void* visit) {
  (*static_cast<const NetlinkVisit*>(visit))(message);
  return MNL_CB_OK;
}

}  // namespace

absl::Status TalkNetlink(nlmsghdr* request, const std::string& what, const NetlinkVisit& visit) {
  std::unique_ptr<mnl_socket, SocketCloser> socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (socket == nullptr) return ErrnoStatus(errno, what + ": open a netlink socket");
  if (mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    return ErrnoStatus(errno, what + ": bind a netlink socket");
  }
  const unsigned port_id = mnl_socket_get_portid(socket.get());
  request->nlmsg_seq = 1;
  if (mnl_socket_sendto(socket.get(), request, request->nlmsg_len) < 0) {
    return ErrnoStatus(errno, what);
  }
  auto buffer = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  const bool single = (request->nlmsg_flags & (NLM_F_DUMP | NLM_F_ACK)) == 0;
  while (true) {
    const ssize_t length = mnl_socket_recvfrom(socket.get(), buffer.get(), kBufferBytes);
    if (length < 0) return ErrnoStatus(errno, what);
    const int result =
        mnl_cb_run(buffer.get(), length, 1, port_id, Collect, const_cast<NetlinkVisit*>(&visit));
    if (result < 0) return ErrnoStatus(errno, what);
    if (result == MNL_CB_STOP || single) return absl::OkStatus();
  }
}

std::string NetlinkText(const nlattr* attribute) {
  const auto* text = static_cast<const char*>(mnl_attr_get_payload(attribute));
  return {text, strnlen(text, mnl_attr_get_payload_len(attribute))};
}

}  // namespace vsw
