// SPDX-License-Identifier: Apache-2.0
//
// What a rule, group bucket or packet-out does, the same for all OpenFlow versions: a list of small
// values. message/ and text/ turn them from and to the wire and ovs-ofctl's syntax; translate/ does
// what they say. Nothing here knows bytes or syntax.
//
// Sources: OpenFlow 1.3 section 5.12, 1.5 section 5.8; the Nicira extensions as ovs-actions(7)
// tells.
#ifndef VSW_OFPROTO_ACTION_ACTIONS_H_
#define VSW_OFPROTO_ACTION_ACTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ofproto/error.h"
#include "ofproto/match/match.h"

namespace vsw {

struct OfAction;
using OfActions = std::vector<OfAction>;

namespace act {

/// To a port (kOfp... for reserved ones). `max_bytes`: for CONTROLLER how much of the packet is
/// sent (0xffff: all); for others without a meaning, but told as it came, unless output_length.h
/// says that it is the length which the packet is cut to (ovs `output(port=,max_len=)`).
struct Output {
  uint32_t port;
  uint32_t max_bytes = 0;
  bool operator==(const Output&) const = default;
};
struct OutputReg {
  Subfield source;
  uint16_t max_bytes = 0;
  bool operator==(const OutputReg&) const = default;
};
struct Enqueue {
  uint32_t port;
  uint32_t queue;
  bool operator==(const Enqueue&) const = default;
};
struct SetQueue {
  uint32_t queue;
  bool operator==(const SetQueue&) const = default;
};
struct PopQueue {
  bool operator==(const PopQueue&) const = default;
};
/// NXAST_CONTROLLER(2): a packet-in with more say.
struct Controller {
  uint16_t max_bytes = 0xffff;
  uint16_t controller_id = 0;
  uint8_t reason = 1;  // OFPR_ACTION
  bool pause = false;
  std::vector<uint8_t> userdata{};
  std::optional<uint32_t> meter{};
  bool operator==(const Controller&) const = default;
};

/// set_field, load, mod_*: the bits of `mask` in `field` become those of `value`.
/// `how` remembers what it was written as, so that it prints and encodes as it came.
enum class SetForm : uint8_t { kSetField, kRegLoad, kLegacy };
struct SetField {
  FieldId field;
  FieldValue value, mask;
  SetForm form = SetForm::kSetField;
  bool operator==(const SetField&) const = default;
};
/// move (NXAST_REG_MOVE) and copy_field (1.5): equal numbers of bits.
struct Move {
  Subfield source, destination;
  bool operator==(const Move&) const = default;
};
struct StackPush {
  Subfield subfield;
  bool operator==(const StackPush&) const = default;
};
struct StackPop {
  Subfield subfield;
  bool operator==(const StackPop&) const = default;
};

struct PushVlan {
  uint16_t ethertype;
  bool operator==(const PushVlan&) const = default;
};
/// `strip` of 1.0 and pop_vlan.
struct PopVlan {
  bool operator==(const PopVlan&) const = default;
};
/// mod_vlan_vid / mod_vlan_pcp of 1.0: as set, but puts a tag on a frame that has none.
struct SetVlanVid {
  uint16_t vid;
  bool push_if_none = true;
  bool operator==(const SetVlanVid&) const = default;
};
struct SetVlanPcp {
  uint8_t pcp;
  bool push_if_none = true;
  bool operator==(const SetVlanPcp&) const = default;
};
struct PushMpls {
  uint16_t ethertype;
  bool operator==(const PushMpls&) const = default;
};
struct PopMpls {
  uint16_t ethertype;
  bool operator==(const PopMpls&) const = default;
};
struct SetMplsTtl {
  uint8_t ttl;
  bool operator==(const SetMplsTtl&) const = default;
};
struct DecMplsTtl {
  bool operator==(const DecMplsTtl&) const = default;
};
struct SetIpTtl {
  uint8_t ttl;
  bool operator==(const SetIpTtl&) const = default;
};
/// With the controllers to tell when the TTL is used up; {0} for the plain form.
struct DecTtl {
  std::vector<uint16_t> controllers{0};
  bool operator==(const DecTtl&) const = default;
};
struct CopyTtlOut {
  bool operator==(const CopyTtlOut&) const = default;
};
struct CopyTtlIn {
  bool operator==(const CopyTtlIn&) const = default;
};

struct Group {
  uint32_t group;
  bool operator==(const Group&) const = default;
};
struct Meter {
  uint32_t meter;
  bool operator==(const Meter&) const = default;
};  // 1.5 action
/// `in_port` 0xffff8...kOfpInPort: unchanged; `table` 0xff: the present one.
struct Resubmit {
  uint32_t in_port = kOfpInPort;
  uint8_t table = 0xff;
  bool operator==(const Resubmit&) const = default;
};
struct SetTunnel {
  uint64_t id;
  bool wide = false;
  bool operator==(const SetTunnel&) const = default;
};

/// learn(...) (NXAST_LEARN, NXAST_LEARN2).
struct LearnSpec {
  enum class Kind : uint8_t { kMatch, kLoad, kOutput };
  Kind kind;
  bool from_immediate = false;
  Subfield source;       // unless from_immediate
  FieldValue immediate;  // if from_immediate
  Subfield destination;  // kMatch, kLoad
  bool operator==(const LearnSpec&) const = default;
};
struct Learn {
  uint16_t idle_timeout = 0, hard_timeout = 0, priority = 0x8000;
  uint64_t cookie = 0;
  uint8_t table = 1;
  bool send_flow_removed = false, delete_learned = false, write_result = false;
  uint16_t fin_idle_timeout = 0, fin_hard_timeout = 0;
  uint32_t limit = 0;
  Subfield result{};
  std::vector<LearnSpec> specs{};
  bool operator==(const Learn&) const = default;
};
struct Conjunction {
  uint32_t id;
  uint8_t clause;
  uint8_t clauses;
  bool operator==(const Conjunction&) const = default;
};
/// `fields`: NX_HASH_FIELDS_*; `algorithm`: NX_MP_ALG_*.
struct Multipath {
  uint16_t fields, basis, algorithm, max_link;
  uint32_t argument;
  Subfield destination;
  bool operator==(const Multipath&) const = default;
};
/// bundle / bundle_load: `active_backup` or by hash over `ports`.
struct Bundle {
  uint16_t fields, basis;
  bool active_backup = false;
  std::vector<uint32_t> ports{};
  std::optional<Subfield> destination{};
  bool operator==(const Bundle&) const = default;
};
struct Note {
  std::vector<uint8_t> octets;
  bool operator==(const Note&) const = default;
};
struct Exit {
  bool operator==(const Exit&) const = default;
};
struct FinTimeout {
  uint16_t idle, hard;
  bool operator==(const FinTimeout&) const = default;
};
struct CheckPktLarger {
  uint16_t bytes;
  Subfield destination;
  bool operator==(const CheckPktLarger&) const = default;
};
struct Clone {
  OfActions actions;
  bool operator==(const Clone&) const;
};
/// Decoded in full so that it can be refused, or shown; CheckActions() answers kCtDatapathSupport.
struct Ct {
  uint16_t flags = 0;
  std::optional<Subfield> zone_source{};
  uint16_t zone = 0;
  uint8_t recirc_table = 0xff;
  uint16_t alg = 0;
  OfActions exec;
  bool operator==(const Ct&) const;
};
struct CtClear {
  bool operator==(const CtClear&) const = default;
};
/// nat(...) within ct's exec.
struct Nat {
  uint16_t flags = 0;
  std::vector<uint8_t>
      range{};  // range_present and what follows it on the wire, unpadded; or empty
  bool operator==(const Nat&) const = default;
};

}  // namespace act

struct OfAction {
  using Variant =
      std::variant<act::Output, act::OutputReg, act::Enqueue, act::SetQueue, act::PopQueue,
                   act::Controller, act::SetField, act::Move, act::StackPush, act::StackPop,
                   act::PushVlan, act::PopVlan, act::SetVlanVid, act::SetVlanPcp, act::PushMpls,
                   act::PopMpls, act::SetMplsTtl, act::DecMplsTtl, act::SetIpTtl, act::DecTtl,
                   act::CopyTtlOut, act::CopyTtlIn, act::Group, act::Meter, act::Resubmit,
                   act::SetTunnel, act::Learn, act::Conjunction, act::Multipath, act::Bundle,
                   act::Note, act::Exit, act::FinTimeout, act::CheckPktLarger, act::Clone, act::Ct,
                   act::CtClear, act::Nat>;
  Variant what;
  OfAction(Variant v) : what(std::move(v)) {}  // NOLINT: a list of actions reads better so
  template <typename T>
  requires std::is_constructible_v<Variant, T> &&
      (!std::is_same_v<std::decay_t<T>, OfAction>)OfAction(T v)
      : what(std::move(v)) {}  // NOLINT
  bool operator==(const OfAction&) const = default;
};
inline bool act::Clone::operator==(const Clone& o) const { return actions == o.actions; }
inline bool act::Ct::operator==(const Ct& o) const {
  return flags == o.flags && zone_source == o.zone_source && zone == o.zone &&
         recirc_table == o.recirc_table && alg == o.alg && exec == o.exec;
}

/// What a rule does (OpenFlow 1.3 section 5.9), in the order in which it is done. 1.0's actions are
/// an apply list.
struct Instructions {
  std::optional<uint32_t> meter{};
  OfActions apply;
  bool has_apply = false;  // an apply instruction with no actions is not the same on the wire
  bool clear = false;
  OfActions write;
  bool has_write = false;
  uint64_t metadata = 0, metadata_mask = 0;
  std::optional<uint8_t> goto_table;
  bool operator==(const Instructions&) const = default;
};

/// What checking actions needs to know of the bridge.
struct ActionEnvironment {
  uint8_t table_count = 254;
  uint8_t table = 0;  // that the rule stands in
  uint32_t max_port = kOfpMax;
  bool loose_ports = true;  // ports need not exist; their range is checked alone
  /// What is asked of the match for an action on a field that not every packet has.
  enum class Prerequisites : uint8_t {
    kStrict,   // the match says that the packet has it: 1.1 on
    kLenient,  // 1.0 and its kin: its own actions do nothing to a packet without it, so they may
    kUnknown,  // group buckets: nothing is known of the packets
  };
  Prerequisites prerequisites = Prerequisites::kStrict;
};

/// Prerequisites, ranges, nesting, which actions may be in an action set: as ovs-vswitchd and
/// OpenFlow 1.3 section 7.4.4 want. `match`, of the rule they belong to, says what the packet is;
/// it is changed as the actions change the packet (after pop_mpls:0x0800 it is IPv4).
OfStatus CheckInstructions(const Instructions& instructions, const Match& match,
                           const ActionEnvironment& environment);
OfStatus CheckActions(const OfActions& actions, const Match& match,
                      const ActionEnvironment& environment);

}  // namespace vsw

#endif  // VSW_OFPROTO_ACTION_ACTIONS_H_
