// SPDX-License-Identifier: Apache-2.0
//
// A port's description as it stands in features replies, port descriptions and port statuses.
#ifndef VSW_OFPROTO_MESSAGE_PORT_DESC_H_
#define VSW_OFPROTO_MESSAGE_PORT_DESC_H_

#include "ofproto/message/messages.h"
#include "ofproto/message/wire.h"

namespace vsw {

/// ofp_phy_port (1.0 section 5.2.1), ofp_port (1.3 section 7.2.1, 1.4 section 7.2.1).
void PutPortDesc(OfVersion version, const PortDesc& port, Writer* out);

}  // namespace vsw

#endif  // VSW_OFPROTO_MESSAGE_PORT_DESC_H_
