// SPDX-License-Identifier: Apache-2.0
#include "datapath/underlay/netlink_view.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "base/status.h"
#include "base/unique_fd.h"
#include "datapath/port/netlink.h"
#include "datapath/port/rtnl.h"

namespace vsw {
namespace {

constexpr int kSocketBufferBytes = 4 << 20;
constexpr size_t kRequestBytes = 256;
constexpr uint16_t kUsableStates =
    NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT;

constexpr std::array kGroups = {RTNLGRP_LINK,        RTNLGRP_NEIGH,      RTNLGRP_IPV4_IFADDR,
                                RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
                                RTNLGRP_IPV4_RULE,   RTNLGRP_IPV6_RULE};

uint8_t FamilyOf(const IpAddress& address) { return address.is_v4() ? AF_INET : AF_INET6; }

void PutAddress(nlmsghdr* message, uint16_t type, const IpAddress& address) {
  mnl_attr_put(message, type, address.size(), address.bytes());
}

// Unset if the attribute is of no known length.
IpAddress AddressIn(const void* data, size_t bytes) {
  const auto* octets = static_cast<const uint8_t*>(data);
  if (bytes == 4) return IpAddress::FromV4Octets(octets[0], octets[1], octets[2], octets[3]);
  return bytes == 16 ? IpAddress::FromV6(octets) : IpAddress();
}
IpAddress AddressIn(const nlattr* attribute) {
  return AddressIn(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
}

template <typename Header>
Header* PutHeader(char* buffer, uint16_t type, uint16_t flags, nlmsghdr** message) {
  *message = mnl_nlmsg_put_header(buffer);
  (*message)->nlmsg_type = type;
  (*message)->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  return static_cast<Header*>(mnl_nlmsg_put_extra_header(*message, sizeof(Header)));
}

// RTA_VIA: a gateway of another family than the route's.
IpAddress ViaIn(const nlattr* attribute) {
  const size_t bytes = mnl_attr_get_payload_len(attribute);
  if (bytes < sizeof(rtvia)) return {};
  const auto* via = static_cast<const rtvia*>(mnl_attr_get_payload(attribute));
  return AddressIn(via->rtvia_addr, bytes - sizeof(rtvia));
}

struct RouteAnswer {
  uint8_t type = RTN_UNSPEC;
  KernelRoute route;
};

void ParseRoute(const nlmsghdr* message, RouteAnswer* answer) {
  const auto* header = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
  answer->type = header->rtm_type;
  KernelRoute* route = &answer->route;
  ForEachAttributeOf(message, sizeof(*header), [route](const nlattr* attribute) {
    switch (mnl_attr_get_type(attribute)) {
      case RTA_OIF:
        route->device = static_cast<int>(mnl_attr_get_u32(attribute));
        break;
      case RTA_GATEWAY:
        route->gateway = AddressIn(attribute);
        break;
      case RTA_VIA:
        route->gateway = ViaIn(attribute);
        break;
      case RTA_PREFSRC:
        route->source = AddressIn(attribute);
        break;
      case RTA_METRICS:
        ForEachNested(attribute, [route](const nlattr* metric) {
          if (mnl_attr_get_type(metric) == RTAX_MTU) route->mtu = mnl_attr_get_u32(metric);
        });
        break;
      default:
        break;
    }
  });
}

void ParseNeighbour(const nlmsghdr* message, KernelNeighbour* neighbour) {
  const auto* header = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(message));
  ForEachAttributeOf(message, sizeof(*header), [neighbour](const nlattr* attribute) {
    const size_t bytes = mnl_attr_get_payload_len(attribute);
    if (mnl_attr_get_type(attribute) == NDA_LLADDR && bytes == neighbour->mac.octets.size()) {
      std::memcpy(neighbour->mac.octets.data(), mnl_attr_get_payload(attribute), bytes);
    }
  });
  using State = KernelNeighbour::State;
  neighbour->state = (header->ndm_state & kUsableStates) != 0 ? State::kUsable
                     : (header->ndm_state & NUD_FAILED) != 0  ? State::kFailed
                                                              : State::kUnknown;
}

class NetlinkView final : public KernelView {
 public:
  absl::Status Open() {
    fd_.Reset(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    if (!fd_.valid()) return ErrnoStatus(errno, "open a netlink socket to watch routes");
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBufferBytes,
               sizeof(kSocketBufferBytes));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      return ErrnoStatus(errno, "bind a netlink socket to watch routes");
    }
    for (const int group : kGroups) {
      if (setsockopt(fd_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) != 0) {
        return ErrnoStatus(errno, "watch routes, neighbours and addresses by netlink");
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<KernelRoute> FindRoute(const TunnelEnds& ends) override {
    char buffer[kRequestBytes];
    nlmsghdr* request;
    auto* header = PutHeader<rtmsg>(buffer, RTM_GETROUTE, 0, &request);
    header->rtm_family = FamilyOf(ends.remote);
    header->rtm_dst_len = static_cast<uint8_t>(ends.remote.size() * 8);
    PutAddress(request, RTA_DST, ends.remote);
    if (!ends.local.is_any()) {
      header->rtm_src_len = static_cast<uint8_t>(ends.local.size() * 8);
      PutAddress(request, RTA_SRC, ends.local);
    }
    RouteAnswer answer;
    const absl::Status status =
        TalkNetlink(request, "look up the route to " + ends.remote.ToString(),
                    [&answer](const nlmsghdr* message) { ParseRoute(message, &answer); });
    answer.route.to_this_host = answer.type == RTN_LOCAL;
    const bool found = status.ok() && (answer.type == RTN_UNICAST || answer.type == RTN_LOCAL);
    if (found && answer.route.device != 0) return answer.route;
    return NotFound("the kernel has no route to {}{}", ends.remote.ToString(),
                    ends.local.is_any() ? "" : " from " + ends.local.ToString());
  }

  absl::StatusOr<KernelDevice> FindDevice(int index) override {
    char buffer[kRequestBytes];
    nlmsghdr* request;
    PutHeader<ifinfomsg>(buffer, RTM_GETLINK, 0, &request)->ifi_index = index;
    LinkInfo link;
    VSW_RETURN_IF_ERROR(TalkNetlink(request, fmt::format("look up network device {}", index),
                                    [&link](const nlmsghdr* m) { link = ParseLink(m); }));
    return KernelDevice{.index = link.index,
                        .name = link.name,
                        .mac = link.mac,
                        .mtu = link.mtu,
                        .up = link.is_up(),
                        .is_ethernet = link.is_ethernet};
  }

  KernelNeighbour FindNeighbour(int device, const IpAddress& address) override {
    char buffer[kRequestBytes];
    nlmsghdr* request;
    auto* header = PutHeader<ndmsg>(buffer, RTM_GETNEIGH, 0, &request);
    header->ndm_family = FamilyOf(address);
    header->ndm_ifindex = device;
    PutAddress(request, NDA_DST, address);
    KernelNeighbour neighbour;
    const absl::Status status =
        TalkNetlink(request, "look up a neighbour",
                    [&neighbour](const nlmsghdr* m) { ParseNeighbour(m, &neighbour); });
    return status.ok() ? neighbour : KernelNeighbour{};
  }

  std::vector<KernelAddress> ListAddresses() override {
    char buffer[kRequestBytes];
    nlmsghdr* request;
    PutHeader<ifaddrmsg>(buffer, RTM_GETADDR, NLM_F_DUMP, &request)->ifa_family = AF_UNSPEC;
    std::vector<KernelAddress> all;
    const absl::Status ignored =
        TalkNetlink(request, "list the host's addresses", [&all](const nlmsghdr* message) {
          const auto* header = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
          // IPv6 duplicate address detection has not ended well (yet).
          if ((header->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0 &&
              (header->ifa_flags & IFA_F_OPTIMISTIC) == 0) {
            return;
          }
          IpAddress address, local;
          ForEachAttributeOf(message, sizeof(*header), [&](const nlattr* attribute) {
            if (mnl_attr_get_type(attribute) == IFA_ADDRESS) address = AddressIn(attribute);
            // Of a point-to-point device IFA_ADDRESS is the peer's.
            if (mnl_attr_get_type(attribute) == IFA_LOCAL) local = AddressIn(attribute);
          });
          if (local.is_unset()) local = address;
          if (local.is_unset() || local.is_loopback()) return;
          all.push_back({.device = static_cast<int>(header->ifa_index),
                         .address = local,
                         .one_link = header->ifa_scope >= RT_SCOPE_LINK,
                         .deprecated = (header->ifa_flags & IFA_F_DEPRECATED) != 0});
        });
    return all;
  }

  void Solicit(int device, const IpAddress& address) override {
    char buffer[kRequestBytes];
    nlmsghdr* request;
    auto* header = PutHeader<ndmsg>(buffer, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_ACK, &request);
    header->ndm_family = FamilyOf(address);
    header->ndm_ifindex = device;
    header->ndm_flags = NTF_USE;
    PutAddress(request, NDA_DST, address);
    // Fails only if the device has just gone, which its own event tells.
    const absl::Status ignored =
        TalkNetlink(request, "ask for a neighbour", [](const nlmsghdr*) {});
  }

  int fd() const override { return fd_.get(); }

  KernelChanges TakeChanges() override {
    KernelChanges changes;
    alignas(nlmsghdr) static thread_local std::array<char, 64 * 1024> buffer;
    while (true) {
      const ssize_t length = recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (length < 0 && errno == ENOBUFS) {
        changes.lost = true;
        continue;
      }
      if (length <= 0) return changes;
      int left = static_cast<int>(length);
      const auto* message = reinterpret_cast<const nlmsghdr*>(buffer.data());
      for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
        Note(message, &changes);
      }
    }
  }

 private:
  static void Note(const nlmsghdr* message, KernelChanges* changes) {
    switch (message->nlmsg_type) {
      case RTM_NEWROUTE:
      case RTM_DELROUTE:
      case RTM_NEWRULE:
      case RTM_DELRULE:
        changes->routes = true;
        break;
      case RTM_NEWADDR:
      case RTM_DELADDR:
        changes->addresses = true;
        break;
      case RTM_NEWLINK:
      case RTM_DELLINK:
        changes->devices = true;
        break;
      case RTM_NEWNEIGH:
      case RTM_DELNEIGH:
        NoteNeighbour(message, changes);
        break;
      default:
        break;
    }
  }

  static void NoteNeighbour(const nlmsghdr* message, KernelChanges* changes) {
    const auto* header = static_cast<const ndmsg*>(mnl_nlmsg_get_payload(message));
    // A kernel bridge's learned addresses come as neighbours of a family of their own.
    if (header->ndm_family != AF_INET && header->ndm_family != AF_INET6) return;
    ForEachAttributeOf(message, sizeof(*header), [&](const nlattr* attribute) {
      if (mnl_attr_get_type(attribute) != NDA_DST) return;
      changes->neighbours.emplace_back(header->ndm_ifindex, AddressIn(attribute));
    });
  }

  UniqueFd fd_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<KernelView>> MakeNetlinkView() {
  auto view = std::make_unique<NetlinkView>();
  VSW_RETURN_IF_ERROR(view->Open());
  return view;
}

}  // namespace vsw
