// SPDX-License-Identifier: Apache-2.0
//
// The ways into translation: a packet that a worker has no megaflow for, and a packet-out.
#ifndef VSW_OFPROTO_TRANSLATE_TRANSLATOR_H_
#define VSW_OFPROTO_TRANSLATE_TRANSLATOR_H_

#include <cstdint>

#include "datapath/flow/translation.h"
#include "ofproto/action/actions.h"
#include "ofproto/config_snapshot.h"
#include "ofproto/match/match_key.h"
#include "ofproto/translate/frozen.h"

namespace vsw {

class KnownPacket;
class TraceSink;

/// Decides about a packet with this key, for SlowPath::Translate(): on any number of workers, lock-
/// free, bounded, without allocation as long as nobody traces.
/// REQUIRES: every line of `key` is defined; `*result` was cleared.
void TranslatePacket(const ConfigSnapshot& config, FrozenPool* frozen, const FlowKey& key,
                     Translation* result, TraceSink* trace = nullptr) noexcept;

/// Does `actions` of a packet-out in `bridge`. `metadata`: what it says of the packet (in_port in
/// the numbers of OpenFlow 1.3, registers, metadata, tunnel); `key`: the packet's, with in_port the
/// datapath's number of that port or kNoPort; `packet`: the packet itself, for what no key says.
/// Nothing of the result is fit to be kept. On the slow thread.
void TranslatePacketOut(const ConfigSnapshot& config, BridgeId bridge, const OfActions& actions,
                        const MatchKey& metadata, const FlowKey& key, KnownPacket* packet,
                        Translation* result, TraceSink* trace = nullptr);

}  // namespace vsw

#endif  // VSW_OFPROTO_TRANSLATE_TRANSLATOR_H_
