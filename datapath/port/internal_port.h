// SPDX-License-Identifier: Apache-2.0
//
// Port kind `internal`: a bridge's own port, a device that the host may give an address. It is a
// TAP device under the hood (tap_port.h): the same options, and it stays with its addresses and
// routes while vswitchd is away. It comes up by itself.
#ifndef VSW_DATAPATH_PORT_INTERNAL_PORT_H_
#define VSW_DATAPATH_PORT_INTERNAL_PORT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "datapath/port/port_factory.h"

namespace vsw {

[[nodiscard]] absl::StatusOr<std::unique_ptr<Port>> MakeInternalPort(
    const PortEnvironment& environment, const PortRequest& request);

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_INTERNAL_PORT_H_
