// SPDX-License-Identifier: Apache-2.0
//
// Tunnels as translation sees them. A tunnel port whose options leave something open (an address,
// the key, what options a packet has) gets it from the packet's tunnel fields: those that it was
// received with, as actions have changed them. A packet that leaves by an internal port to one of
// the addresses that tunnels use is a tunnel's, and is taken out of it.
#ifndef VSW_OFPROTO_TRANSLATE_TUNNEL_H_
#define VSW_OFPROTO_TRANSLATE_TUNNEL_H_

#include "base/ip_address.h"
#include "ofproto/config_snapshot.h"
#include "ofproto/translate/frame_tags.h"
#include "ofproto/translate/translation_context.h"

namespace vsw {

/// Sends the packet into the tunnel, with `tags` on it. `remote`: to this one of the port's
/// remotes; nullptr: to each of them.
/// REQUIRES: out.tunnel.is_tunnel().
void OutputToTunnel(TranslationContext& context, const PortRules& out, const FrameTags& tags,
                    const IpAddress* remote);

/// True: the packet is a tunnel's, or its headers have to be parsed first to know; nothing else is
/// to be done with it. REQUIRES: out.decapsulates.
bool DecapsulateAt(TranslationContext& context, const PortRules& out, const FrameTags& tags);

/// The other end of the tunnel that the packet came by.
IpAddress ReceivedFrom(FieldView& view);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_TUNNEL_H_
