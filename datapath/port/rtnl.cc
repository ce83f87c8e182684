// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/rtnl.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <cstring>
#include <functional>
#include <memory>

#include "base/status.h"
#include "datapath/port/netlink.h"

namespace vsw {
namespace {

nlmsghdr* NewLinkRequest(char* buffer, uint16_t type, uint16_t flags, int index) {
  nlmsghdr* message = mnl_nlmsg_put_header(buffer);
  message->nlmsg_type = type;
  message->nlmsg_flags = NLM_F_REQUEST | flags;
  auto* info = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg)));
  info->ifi_family = AF_UNSPEC;
  info->ifi_index = index;
  return message;
}

void ParseTunData(const nlattr* data, LinkInfo* link) {
  ForEachNested(data, [link](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == IFLA_TUN_MULTI_QUEUE) {
      link->multi_queue = mnl_attr_get_u8(attribute) != 0;
    }
  });
}

void ParseKind(const nlattr* link_info, LinkInfo* link) {
  ForEachNested(link_info, [link](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND) link->kind = NetlinkText(attribute);
    if (mnl_attr_get_type(attribute) == IFLA_INFO_DATA && link->kind == "tun") {
      ParseTunData(attribute, link);
    }
  });
}

void ParseStats(const nlattr* attribute, LinkInfo* link) {
  rtnl_link_stats64 stats{};
  std::memcpy(&stats, mnl_attr_get_payload(attribute),
              std::min<size_t>(sizeof(stats), mnl_attr_get_payload_len(attribute)));
  link->rx_errors = stats.rx_errors;
  link->rx_missed = stats.rx_missed_errors;
  link->tx_errors = stats.tx_errors;
  link->tx_dropped = stats.tx_dropped;
}

void ParseAttribute(const nlattr* attribute, LinkInfo* link) {
  const uint16_t length = mnl_attr_get_payload_len(attribute);
  switch (mnl_attr_get_type(attribute)) {
    case IFLA_IFNAME:
      link->name = NetlinkText(attribute);
      break;
    case IFLA_MTU:
      link->mtu = mnl_attr_get_u32(attribute);
      break;
    case IFLA_CARRIER:
      link->carrier = mnl_attr_get_u8(attribute) != 0;
      break;
    case IFLA_ADDRESS:
      if (length == link->mac.octets.size()) {
        std::memcpy(link->mac.octets.data(), mnl_attr_get_payload(attribute), length);
      }
      break;
    case IFLA_IFALIAS:
      link->alias = NetlinkText(attribute);
      break;
    case IFLA_LINKINFO:
      ParseKind(attribute, link);
      break;
    case IFLA_STATS64:
      ParseStats(attribute, link);
      break;
    default:
      break;
  }
}

absl::Status SetAttribute(int index, const std::string& what,
                          const std::function<void(nlmsghdr*)>& put) {
  char buffer[1024];
  nlmsghdr* message = NewLinkRequest(buffer, RTM_NEWLINK, NLM_F_ACK, index);
  put(message);
  return TalkNetlink(message, what, [](const nlmsghdr*) {});
}

absl::Status SetUp(int index, const std::string& name, bool up) {
  return SetAttribute(index, fmt::format("set device {} {}", name, up ? "up" : "down"),
                      [up](nlmsghdr* message) {
                        auto* info = static_cast<ifinfomsg*>(mnl_nlmsg_get_payload(message));
                        info->ifi_change = IFF_UP;
                        info->ifi_flags = up ? IFF_UP : 0;
                      });
}

}  // namespace

bool LinkInfo::is_up() const { return (flags & IFF_UP) != 0 && carrier; }

LinkInfo ParseLink(const nlmsghdr* message) {
  LinkInfo link;
  const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  link.index = info->ifi_index;
  link.flags = info->ifi_flags;
  link.is_ethernet = info->ifi_type == ARPHRD_ETHER;
  ForEachAttribute(mnl_nlmsg_get_payload_offset(message, sizeof(*info)),
                   mnl_nlmsg_get_payload_len(message) - MNL_ALIGN(sizeof(*info)),
                   [&link](const nlattr* attribute) { ParseAttribute(attribute, &link); });
  return link;
}

absl::StatusOr<LinkInfo> GetLink(const std::string& name) {
  char buffer[256];
  nlmsghdr* request = NewLinkRequest(buffer, RTM_GETLINK, 0, 0);
  mnl_attr_put_strz(request, IFLA_IFNAME, name.c_str());
  LinkInfo link;
  const absl::Status status =
      TalkNetlink(request, fmt::format("look up network device {}", name),
                  [&link](const nlmsghdr* message) { link = ParseLink(message); });
  if (absl::IsNotFound(status) || status.code() == CodeFromErrno(ENODEV)) {
    return NotFound("there is no network device {}", name);
  }
  VSW_RETURN_IF_ERROR(status);
  return link;
}

absl::StatusOr<std::vector<LinkInfo>> ListLinks() {
  char buffer[256];
  nlmsghdr* request = NewLinkRequest(buffer, RTM_GETLINK, NLM_F_DUMP, 0);
  std::vector<LinkInfo> links;
  VSW_RETURN_IF_ERROR(
      TalkNetlink(request, "list the network devices",
                  [&links](const nlmsghdr* message) { links.push_back(ParseLink(message)); }));
  return links;
}

absl::Status ChangeLink(int index, const std::string& name, const LinkChange& change) {
  if (change.mac) {
    VSW_RETURN_IF_ERROR(SetAttribute(
        index, fmt::format("set the address of {} to {}", name, change.mac->ToString()),
        [&change](nlmsghdr* message) {
          mnl_attr_put(message, IFLA_ADDRESS, change.mac->octets.size(), change.mac->octets.data());
        }));
  }
  if (change.mtu) {
    VSW_RETURN_IF_ERROR(
        SetAttribute(index, fmt::format("set the MTU of {} to {}", name, *change.mtu),
                     [&change](nlmsghdr* m) { mnl_attr_put_u32(m, IFLA_MTU, *change.mtu); }));
  }
  if (change.alias) {
    VSW_RETURN_IF_ERROR(SetAttribute(
        index, fmt::format("set the alias of {}", name),
        [&change](nlmsghdr* m) { mnl_attr_put_strz(m, IFLA_IFALIAS, change.alias->c_str()); }));
  }
  if (change.up) VSW_RETURN_IF_ERROR(SetUp(index, name, *change.up));
  return absl::OkStatus();
}

absl::Status DeleteLink(int index, const std::string& name) {
  char buffer[256];
  nlmsghdr* request = NewLinkRequest(buffer, RTM_DELLINK, NLM_F_ACK, index);
  return TalkNetlink(request, fmt::format("delete network device {}", name),
                     [](const nlmsghdr*) {});
}

}  // namespace vsw
