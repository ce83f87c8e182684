// SPDX-License-Identifier: Apache-2.0
//
// Which of the host's addresses a tunnel sends from where the kernel's route does not say: the
// route has no preferred source, and the kernel finds none, or one that is good for a single link
// only and means nothing to a remote host behind others (it takes those while better ones are still
// being checked for duplicates, even from other devices).
//
// Thread safety: pure functions.
#ifndef VSW_DATAPATH_UNDERLAY_SOURCE_ADDRESS_H_
#define VSW_DATAPATH_UNDERLAY_SOURCE_ADDRESS_H_

#include <span>

#include "base/ip_address.h"
#include "datapath/underlay/kernel_view.h"

namespace vsw {

/// Whether `source`, as the kernel answered, may stand in packets to `remote`.
bool MaySendFrom(const IpAddress& source, const IpAddress& remote);

/// Unset: none fits. The order is that of RFC 6724 section 5: never an address of a smaller scope
/// than the remote's; no deprecated one if there is another; one of the device that the packets
/// leave by; one of the same kind (label); the one with most leading bits in common. IPv4 goes by
/// the same rules. `on_link`: the remote is on the device's own link.
IpAddress ChooseSource(const IpAddress& remote, int device, bool on_link,
                       std::span<const KernelAddress> addresses);

}  // namespace vsw

#endif  // VSW_DATAPATH_UNDERLAY_SOURCE_ADDRESS_H_
