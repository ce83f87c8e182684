// SPDX-License-Identifier: Apache-2.0
//
// One question to the kernel over rtnetlink and its answers, and the loops over attributes that
// the library has only as macros that are no C++. For the control path: a call opens a socket of
// its own, in the namespace that the calling thread is in, and blocks for a round trip.
#ifndef VSW_DATAPATH_PORT_NETLINK_H_
#define VSW_DATAPATH_PORT_NETLINK_H_

#include <libmnl/libmnl.h>

#include <functional>
#include <string>

#include "absl/status/status.h"

namespace vsw {

using NetlinkVisit = std::function<void(const nlmsghdr*)>;

/// Sends one request and hands every answer to `visit`. `what` says what is attempted on what, for
/// the message of an error; its code is that of the kernel's errno.
[[nodiscard]] absl::Status TalkNetlink(nlmsghdr* request, const std::string& what,
                                       const NetlinkVisit& visit);

/// A string attribute; what does not end in a NUL is cut at the attribute's end.
std::string NetlinkText(const nlattr* attribute);

template <typename Visitor>
void ForEachAttribute(const void* begin, size_t bytes, Visitor visit) {
  const auto* attribute = static_cast<const nlattr*>(begin);
  const char* end = static_cast<const char*>(begin) + bytes;
  for (; mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)));
       attribute = mnl_attr_next(attribute)) {
    visit(attribute);
  }
}

/// The attributes behind the message's own header of `header_bytes`.
template <typename Visitor>
void ForEachAttributeOf(const nlmsghdr* message, size_t header_bytes, Visitor visit) {
  const size_t payload = mnl_nlmsg_get_payload_len(message);
  if (payload < MNL_ALIGN(header_bytes)) return;
  ForEachAttribute(mnl_nlmsg_get_payload_offset(message, header_bytes),
                   payload - MNL_ALIGN(header_bytes), visit);
}

template <typename Visitor>
void ForEachNested(const nlattr* nest, Visitor visit) {
  ForEachAttribute(mnl_attr_get_payload(nest), mnl_attr_get_payload_len(nest), visit);
}

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_NETLINK_H_
