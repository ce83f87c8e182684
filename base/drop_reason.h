// SPDX-License-Identifier: Apache-2.0
//
// Why a packet was lost. There is no silent drop: whoever frees a packet that was not delivered
// counts it at a port under one of these. Reasons of ingress are counted at the port that the
// packet came in by, reasons of egress at the port that it should have left by. docs/drops.md
// explains each one.
#ifndef VSW_BASE_DROP_REASON_H_
#define VSW_BASE_DROP_REASON_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vsw {

// name in code, name for people, egress?, meaning
#define VSW_DROP_REASONS(X)                                                                        \
  X(kRxMalformed, "malformed", false, "frame shorter than its Ethernet or VLAN header")            \
  X(kRxOversized, "oversized", false, "frame longer than the switch can hold")                     \
  X(kRxBadOffload, "bad-offload", false, "offload request that does not fit the frame")            \
  X(kRxBadRing, "bad-ring", false, "descriptor chain that breaks the virtio rules")                \
  X(kRxNoBuffer, "rx-no-buffer", false, "no packet buffer left to receive into")                   \
  X(kPortDown, "port-down", false, "received on a port that is administratively down")             \
  X(kReservedAddress, "reserved-address", false, "to 01:80:c2:00:00:0x, which no bridge forwards") \
  X(kBadSourceAddress, "bad-source-address", false, "source address is a group address")           \
  X(kVlanNotAllowed, "vlan-not-allowed", false, "VLAN is not allowed on the ingress port")         \
  X(kTaggedOnAccess, "tagged-on-access", false, "tagged frame on an access port")                  \
  X(kHairpin, "hairpin", false, "the destination is behind the ingress port")                      \
  X(kNoDestination, "no-destination", false, "no other port carries the VLAN")                     \
  X(kPatchLoop, "patch-loop", false, "patch ports form a loop, or too many in a row")              \
  X(kTooManyActions, "too-many-actions", false, "translation exceeded its bound of outputs")       \
  X(kMissBudget, "miss-budget", false, "port exceeded its share of first packets")                 \
  X(kControllerQueue, "controller-queue", false, "too many packets for controllers are waiting")   \
  X(kRecirculationLimit, "recirculation-limit", false, "packet was looked up again too often")     \
  X(kMeter, "meter", false, "packet exceeded the rate of a meter")                                 \
  X(kNoBridge, "no-bridge", false, "port belongs to no bridge at this moment")                     \
  X(kNoCopyBuffer, "no-copy-buffer", false, "no packet buffer left to copy a flooded frame into")  \
  X(kTableMiss, "table-miss", false, "no rule of the table matches")                               \
  X(kRuleDrops, "rule-drops", false, "the rules that match send the packet nowhere")               \
  X(kNoReceive, "no-receive", false, "the port is set not to receive (port-mod)")                  \
  X(kNoForward, "no-forward", false, "the egress port is set not to forward (port-mod)")           \
  X(kFragmentDropped, "fragment-dropped", false, "the bridge drops IP fragments")                  \
  X(kInvalidTtl, "invalid-ttl", false, "a TTL was used up")                                        \
  X(kNoLiveBucket, "no-live-bucket", false, "the group has no bucket that can be used")            \
  X(kGroupLoop, "group-loop", false, "groups call each other in a circle")                         \
  X(kResubmitDepth, "resubmit-depth", false, "resubmits, groups and clones nest too deep")         \
  X(kTooManySteps, "too-many-steps", false, "rules take too many lookups and actions")             \
  X(kStackLimit, "stack-limit", false, "rules push more on the stack than it holds")               \
  X(kRecirculationFull, "recirculation-full", false, "no room to remember recirculated packets")   \
  X(kRecirculationStale, "recirculation-stale", false, "rules changed while it recirculated")      \
  X(kTunnelMalformed, "tunnel-malformed", false, "outer or tunnel header is cut short or wrong")   \
  X(kTunnelChecksum, "tunnel-checksum", false, "checksum of a tunnel packet is wrong")             \
  X(kTunnelUnknown, "tunnel-unknown", false, "no tunnel has this key and these addresses")         \
  X(kTunnelOption, "tunnel-option", false, "critical tunnel option that nobody understands")       \
  X(kTunnelFragment, "tunnel-fragment", false, "tunnel packet came in fragments")                  \
  X(kTunnelEcn, "tunnel-ecn", false, "congestion on the way, and a sender that does not know ECN") \
  X(kTunnelLoop, "tunnel-loop", false, "packet was put into tunnels too often")                    \
  X(kTunnelNoRemote, "tunnel-no-remote", true, "nothing says which remote the packet is for")      \
  X(kTunnelNoRoute, "tunnel-no-route", true, "no way leads to the tunnel's remote")                \
  X(kTunnelUnresolved, "tunnel-unresolved", true, "the next hop to the remote does not answer")    \
  X(kTunnelTooBig, "tunnel-too-big", true, "packet does not fit through the tunnel")               \
  X(kTxNoPort, "tx-no-port", true, "egress port is gone or could not be realised")                 \
  X(kTxPortDown, "tx-port-down", true, "egress port is administratively down or has no link")      \
  X(kTxNoGuest, "tx-no-guest", true, "no guest is connected, or its driver is not ready")          \
  X(kTxQueueFull, "tx-queue-full", true, "guest, NIC or kernel took no more frames")               \
  X(kTxTooBig, "tx-too-big", true, "frame exceeds the egress port's MTU")                          \
  X(kTxOffload, "tx-offload", true,                                                                \
    "offload that the way out lacks could not be done in software")                                \
  X(kTxError, "tx-error", true, "device or kernel refused the frame")

enum class DropReason : uint8_t {
  kNone = 0,
#define VSW_DROP_ENUM(name, text, egress, meaning) name,
  VSW_DROP_REASONS(VSW_DROP_ENUM)
#undef VSW_DROP_ENUM
      kCount
};

inline constexpr size_t kDropReasonCount = static_cast<size_t>(DropReason::kCount);

struct DropReasonInfo {
  std::string_view name;     // kebab-case, stable: part of the API
  bool egress;               // counted at the egress port
  std::string_view meaning;  // one line for people
};

inline constexpr std::array<DropReasonInfo, kDropReasonCount> kDropReasons = {
    {{"none", false, ""},
#define VSW_DROP_INFO(name, text, egress, meaning) {text, egress, meaning},
     VSW_DROP_REASONS(VSW_DROP_INFO)
#undef VSW_DROP_INFO
    }};

constexpr const DropReasonInfo& Describe(DropReason reason) {
  return kDropReasons[static_cast<size_t>(reason)];
}

}  // namespace vsw

#endif  // VSW_BASE_DROP_REASON_H_
