// SPDX-License-Identifier: Apache-2.0
#include "datapath/port/internal_port.h"

#include "datapath/port/tap_port.h"

namespace vsw {

absl::StatusOr<std::unique_ptr<Port>> MakeInternalPort(const PortEnvironment& environment,
                                                       const PortRequest& request) {
  return TapPort::Make(environment, request);
}

}  // namespace vsw
