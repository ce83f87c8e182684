// SPDX-License-Identifier: Apache-2.0
//
// The kernel's network by rtnetlink (rtnetlink(7)).
#ifndef VSW_DATAPATH_UNDERLAY_NETLINK_VIEW_H_
#define VSW_DATAPATH_UNDERLAY_NETLINK_VIEW_H_

#include <memory>

#include "absl/status/statusor.h"
#include "datapath/underlay/kernel_view.h"

namespace vsw {

/// Of the namespace that the calling thread is in; to be used by threads in the same one.
[[nodiscard]] absl::StatusOr<std::unique_ptr<KernelView>> MakeNetlinkView();

}  // namespace vsw

#endif  // VSW_DATAPATH_UNDERLAY_NETLINK_VIEW_H_
