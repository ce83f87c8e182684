// SPDX-License-Identifier: Apache-2.0
//
// How fast a network device says its link is. Control path only: some drivers ask their hardware.
//
// Thread safety: a pure function; it speaks of the network namespace of the calling thread.
#ifndef VSW_DATAPATH_PORT_LINK_SPEED_H_
#define VSW_DATAPATH_PORT_LINK_SPEED_H_

#include <cstdint>
#include <string>

namespace vsw {

/// In Mbit/s; 0 if the device does not say, or there is none.
uint32_t ReadLinkSpeed(const std::string& device);

}  // namespace vsw

#endif  // VSW_DATAPATH_PORT_LINK_SPEED_H_
