// SPDX-License-Identifier: Apache-2.0
#include "ofproto/action/check.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <type_traits>
#include <variant>

#include "ofproto/match/match_fields.h"

namespace vsw {
namespace {

constexpr unsigned kMaxDepth = 16;          // of lists within clone and ct
constexpr size_t kMostBytes = 0xf000;       // of all actions of a rule: one message shows them
constexpr uint32_t kMaxGroup = 0xffffff00;  // OFPG_MAX
constexpr uint32_t kMaxMeter = 0xffff0000;  // OFPM_MAX
constexpr uint8_t kMostClauses = 64;
constexpr uint16_t kFirstEthType = 0x0600;  // below: lengths (IEEE 802.3 section 3.2.6)

/// Whether an action may be in an action set (1.3 section 5.10 and what ovs-vswitchd adds).
template <typename Action>
constexpr bool IsForSet() {
  using A = std::decay_t<Action>;
  return std::is_same_v<A, act::Output> || std::is_same_v<A, act::SetQueue> ||
         std::is_same_v<A, act::SetField> || std::is_same_v<A, act::Move> ||
         std::is_same_v<A, act::PushVlan> || std::is_same_v<A, act::PopVlan> ||
         std::is_same_v<A, act::SetVlanVid> || std::is_same_v<A, act::SetVlanPcp> ||
         std::is_same_v<A, act::PushMpls> || std::is_same_v<A, act::PopMpls> ||
         std::is_same_v<A, act::SetMplsTtl> || std::is_same_v<A, act::DecMplsTtl> ||
         std::is_same_v<A, act::SetIpTtl> || std::is_same_v<A, act::DecTtl> ||
         std::is_same_v<A, act::CopyTtlOut> || std::is_same_v<A, act::CopyTtlIn> ||
         std::is_same_v<A, act::Group> || std::is_same_v<A, act::SetTunnel> ||
         std::is_same_v<A, act::Ct> || std::is_same_v<A, act::Clone>;
}

/// The most bytes that an action has in a message of any version.
size_t Weight(const OfAction& action);

size_t Weight(const OfActions& actions) {
  return std::accumulate(actions.begin(), actions.end(), size_t{0},
                         [](size_t sum, const OfAction& a) { return sum + Weight(a); });
}

/// One action with the mask, or a load for every run of its bits.
size_t SetWeight(const FieldValue& mask) {
  constexpr size_t kSet = 48, kLoad = 24;
  size_t runs = 0;
  bool inside = false;
  for (const uint8_t octet : mask.octets) {
    for (int bit = 7; bit >= 0; --bit) {
      const bool set = (octet >> bit & 1) != 0;
      if (set && !inside) ++runs;
      inside = set;
    }
  }
  return std::max(kSet, kLoad * runs);
}

size_t Weight(const OfAction& action) {
  constexpr size_t kPlain = 24, kSet = 48, kEnqueue = 40, kSpec = 2 + 2 * (8 + 2) + 16;
  return std::visit(
      [](const auto& a) -> size_t {
        using A = std::decay_t<decltype(a)>;
        if constexpr (std::is_same_v<A, act::SetField>) return SetWeight(a.mask);
        if constexpr (std::is_same_v<A, act::SetVlanVid> || std::is_same_v<A, act::SetVlanPcp>) {
          return kSet;
        }
        if constexpr (std::is_same_v<A, act::Enqueue>) return kEnqueue;
        if constexpr (std::is_same_v<A, act::Multipath>) return 32;
        if constexpr (std::is_same_v<A, act::Note>) return kPlain + a.octets.size();
        if constexpr (std::is_same_v<A, act::Controller>) return 64 + a.userdata.size();
        if constexpr (std::is_same_v<A, act::Learn>) return 64 + kSpec * a.specs.size();
        if constexpr (std::is_same_v<A, act::Bundle>) return 40 + 2 * a.ports.size();
        if constexpr (std::is_same_v<A, act::DecTtl>) return kPlain + 2 * a.controllers.size();
        if constexpr (std::is_same_v<A, act::Nat>) return kPlain + a.range.size();
        if constexpr (std::is_same_v<A, act::Clone>) return kPlain + Weight(a.actions);
        if constexpr (std::is_same_v<A, act::Ct>) return kPlain + Weight(a.exec);
        return kPlain;
      },
      action.what);
}

bool IsTransportPort(FieldId field) {
  switch (field) {
    case FieldId::kTcpSrc:
    case FieldId::kTcpDst:
    case FieldId::kUdpSrc:
    case FieldId::kUdpDst:
    case FieldId::kSctpSrc:
    case FieldId::kSctpDst:
      return true;
    default:
      return false;
  }
}

OfStatus Inconsistent(FieldId field) {
  return {OfErrorId::kMatchInconsistent, Describe(field).name + ": not in every such packet"};
}

template <typename Action>
bool Contains(const OfActions& actions) {
  return std::any_of(actions.begin(), actions.end(), [](const OfAction& action) {
    return std::holds_alternative<Action>(action.what);
  });
}

/// A rule with conjunctions is a clause of another one: it does nothing itself.
bool HasOthersThanClauses(const OfActions& actions) {
  return std::any_of(actions.begin(), actions.end(), [](const OfAction& action) {
    return !std::holds_alternative<act::Conjunction>(action.what) &&
           !std::holds_alternative<act::Note>(action.what);
  });
}

}  // namespace

bool ActionChecker::IsTagged() const {
  const VlanTag& value = match_.value.packet.vlan[0];
  return (value.tci.Get() & match_.mask.packet.vlan[0].tci.Get() & kVlanPresent) != 0;
}

void ActionChecker::SetTag(bool present) {
  match_.mask.packet.vlan[0].tci = Be16::From(kVlanPresent);
  match_.value.packet.vlan[0].tci = Be16::From(present ? kVlanPresent : 0);
}

void ActionChecker::Become(FieldId field, const FieldValue& value) {
  // What follows is another header than the match knows of.
  if (field == FieldId::kEthType) match_.SetMasked(FieldId::kIpProto, {}, {});
  match_.Set(field, value);
}

bool ActionChecker::Has(FieldId field) const {
  if (environment_.prerequisites == Prerequisites::kUnknown) return true;
  if (field == FieldId::kVlanVid) return IsTagged();
  return MeetsPrerequisite(match_, field);
}

OfStatus ActionChecker::CheckHas(FieldId field) const {
  if (Has(field) || environment_.prerequisites == Prerequisites::kLenient) return {};
  return Inconsistent(field);
}

OfStatus ActionChecker::CheckRange(const Subfield& subfield) const {
  if (subfield.field >= FieldId::kCount) return OfErrorId::kBadSetType;
  if (subfield.bits == 0 || subfield.offset + subfield.bits > FieldWireBits(subfield.field)) {
    return {OfErrorId::kBadSetLength, Describe(subfield.field).name + ": no such bits"};
  }
  return {};
}

OfStatus ActionChecker::CheckSource(const Subfield& subfield) const {
  VSW_OF_RETURN_IF_ERROR(CheckRange(subfield));
  return Has(subfield.field) ? OfStatus() : Inconsistent(subfield.field);
}

OfStatus ActionChecker::CheckDestination(const Subfield& subfield) const {
  VSW_OF_RETURN_IF_ERROR(CheckSource(subfield));
  if (!Describe(subfield.field).writable) {
    return {OfErrorId::kBadSetArgument, Describe(subfield.field).name + ": cannot be written"};
  }
  return {};
}

OfStatus ActionChecker::CheckPort(uint32_t port) const {
  if (port < std::min(environment_.max_port, kOfpMax)) return {};
  if (port >= kOfpInPort && port <= kOfpLocal) return {};
  return OfErrorId::kBadOutPort;
}

OfStatus ActionChecker::Check(const act::Output& a) { return CheckPort(a.port); }

OfStatus ActionChecker::Check(const act::Enqueue& a) {
  if (a.port == kOfpInPort || a.port == kOfpLocal) return {};
  if (a.port >= kOfpMax) return OfErrorId::kBadOutPort;
  return CheckPort(a.port);
}

OfStatus ActionChecker::Check(const act::Controller& a) {
  // Done without the pause it would send on what the controller wants to have first.
  if (a.pause) return {OfErrorId::kBadArgument, "controller(pause): packets cannot be paused"};
  if (a.meter && (*a.meter == 0 || *a.meter > kMaxMeter)) return OfErrorId::kInvalidMeter;
  return {};
}

OfStatus ActionChecker::Check(const act::SetField& a) {
  if (a.field >= FieldId::kCount) return OfErrorId::kBadSetType;
  const FieldInfo& info = Describe(a.field);
  if (!info.writable) return {OfErrorId::kBadSetArgument, info.name + ": cannot be written"};
  const FieldValue ones = FieldValue::Ones(info.bits);
  for (size_t i = 0; i < ones.octets.size(); ++i) {
    if ((a.mask.octets[i] & ~ones.octets[i]) != 0) return OfErrorId::kBadSetMask;
    if ((a.value.octets[i] & ~a.mask.octets[i]) != 0) return OfErrorId::kBadSetArgument;
  }
  if (a.form == act::SetForm::kLegacy) {
    if (!IsTransportPort(a.field)) return CheckHas(a.field);
    // 1.0's name no protocol: of TCP, UDP and SCTP, whichever it is.
    const bool has = Has(FieldId::kTcpSrc) || Has(FieldId::kUdpSrc) || Has(FieldId::kSctpSrc);
    return has ? OfStatus() : CheckHas(a.field);
  }
  if (a.form == act::SetForm::kSetField && !IsValidFieldValue(a.field, a.value)) {
    return {OfErrorId::kBadSetArgument, info.name + ": no such value"};
  }
  if (!Has(a.field)) return Inconsistent(a.field);
  if (a.field == FieldId::kEthType && a.value.low64() < kFirstEthType) {
    return {OfErrorId::kBadSetArgument, "eth_type: a length"};
  }
  const bool says_what_follows = a.field == FieldId::kEthType || a.field == FieldId::kIpProto;
  if (says_what_follows && a.mask == ones) Become(a.field, a.value);
  if (a.field == FieldId::kVlanTci && (a.mask.low64() & kVlanPresent) != 0) {
    SetTag((a.value.low64() & kVlanPresent) != 0);
  }
  return {};
}

OfStatus ActionChecker::Check(const act::Move& a) {
  if (a.source.bits != a.destination.bits) return OfErrorId::kBadSetLength;
  VSW_OF_RETURN_IF_ERROR(CheckSource(a.source));
  return CheckDestination(a.destination);
}

OfStatus ActionChecker::Check(const act::PushVlan& a) {
  if (a.ethertype != 0x8100 && a.ethertype != 0x88a8) return OfErrorId::kBadArgument;
  VlanTag* const tags_value = match_.value.packet.vlan.data();
  // A key holds two tags, so that a third could not be told.
  if ((tags_value[1].tci.Get() & kVlanPresent) != 0) return OfErrorId::kBadTag;
  tags_value[1] = tags_value[0];
  match_.mask.packet.vlan[1] = match_.mask.packet.vlan[0];
  SetTag(true);
  return {};
}

OfStatus ActionChecker::Check(const act::PopVlan&) {
  VSW_OF_RETURN_IF_ERROR(CheckHas(FieldId::kVlanVid));
  match_.value.packet.vlan[0] = match_.value.packet.vlan[1];
  match_.mask.packet.vlan[0] = match_.mask.packet.vlan[1];
  match_.value.packet.vlan[1] = {};
  match_.mask.packet.vlan[1] = {};
  return {};
}

OfStatus ActionChecker::Check(const act::SetVlanVid& a) {
  if (a.vid > kVlanIdMask) return OfErrorId::kBadArgument;
  if (!a.push_if_none) return CheckHas(FieldId::kVlanVid);
  SetTag(true);
  return {};
}

OfStatus ActionChecker::Check(const act::SetVlanPcp& a) {
  if (a.pcp > 7) return OfErrorId::kBadArgument;
  if (!a.push_if_none) return CheckHas(FieldId::kVlanVid);
  SetTag(true);
  return {};
}

OfStatus ActionChecker::Check(const act::PushMpls& a) {
  if (a.ethertype != 0x8847 && a.ethertype != 0x8848) return OfErrorId::kBadArgument;
  Become(FieldId::kEthType, FieldValue::OfU64(a.ethertype));
  return {};
}

OfStatus ActionChecker::Check(const act::PopMpls& a) {
  VSW_OF_RETURN_IF_ERROR(CheckHas(FieldId::kMplsLabel));
  match_.Set(FieldId::kEthType, FieldValue::OfU64(a.ethertype));
  return {};
}

OfStatus ActionChecker::Check(const act::Group& a) {
  return a.group <= kMaxGroup ? OfStatus() : OfErrorId::kBadOutGroup;
}

OfStatus ActionChecker::Check(const act::Meter& a) {
  return a.meter != 0 && a.meter <= kMaxMeter ? OfStatus() : OfErrorId::kInvalidMeter;
}

OfStatus ActionChecker::Check(const act::Learn& a) {
  // The fields that the new rule matches are prerequisites to one another, in their order.
  ActionChecker learned(Match(), environment_, depth_);
  if (a.table == 0xff) return OfErrorId::kBadArgument;
  for (const act::LearnSpec& spec : a.specs) {
    const bool output = spec.kind == act::LearnSpec::Kind::kOutput;
    if (output && spec.from_immediate) return OfErrorId::kBadArgument;
    if (!spec.from_immediate) VSW_OF_RETURN_IF_ERROR(CheckSource(spec.source));
    if (output) continue;
    if (!spec.from_immediate && spec.source.bits != spec.destination.bits) {
      return OfErrorId::kBadSetLength;
    }
    if (spec.kind == act::LearnSpec::Kind::kLoad) {
      VSW_OF_RETURN_IF_ERROR(learned.CheckDestination(spec.destination));
      continue;
    }
    VSW_OF_RETURN_IF_ERROR(learned.CheckSource(spec.destination));
    if (spec.from_immediate) {
      SetSubfield(&learned.match_.value, spec.destination, spec.immediate);
      SetSubfield(&learned.match_.mask, spec.destination, FieldValue::Ones(spec.destination.bits));
    }
  }
  return a.write_result ? CheckDestination(a.result) : OfStatus();
}

OfStatus ActionChecker::Check(const act::Conjunction& a) {
  const bool right = a.clause < a.clauses && a.clauses >= 2 && a.clauses <= kMostClauses;
  return right ? OfStatus() : OfErrorId::kBadConjunction;
}

OfStatus ActionChecker::Check(const act::Multipath& a) {
  if (a.destination.bits < 16 && a.max_link >> a.destination.bits != 0) {
    return OfErrorId::kBadArgument;
  }
  return CheckDestination(a.destination);
}

OfStatus ActionChecker::Check(const act::Bundle& a) {
  for (const uint32_t port : a.ports) {
    if (port >= std::min(environment_.max_port, kOfpMax)) return OfErrorId::kBadOutPort;
  }
  if (!a.destination) return {};
  if (a.destination->bits < 16) return OfErrorId::kBadArgument;
  return CheckDestination(*a.destination);
}

OfStatus ActionChecker::Check(const act::Clone& a) {
  // A copy of the packet; what becomes of it is forgotten.
  return ActionChecker(match_, environment_, depth_ + 1).CheckList(a.actions);
}

OfStatus ActionChecker::CheckList(const OfActions& actions) {
  if (depth_ > kMaxDepth) return OfErrorId::kBadArgument;
  if (Contains<act::Conjunction>(actions) && (depth_ > 0 || HasOthersThanClauses(actions))) {
    return OfErrorId::kBadConjunction;
  }
  for (const OfAction& action : actions) {
    VSW_OF_RETURN_IF_ERROR(std::visit([&](const auto& a) { return Check(a); }, action.what));
  }
  return {};
}

OfStatus ActionChecker::CheckSet(const OfActions& actions) {
  for (const OfAction& action : actions) {
    VSW_OF_RETURN_IF_ERROR(std::visit(
        [&](const auto& a) -> OfStatus {
          if constexpr (!IsForSet<decltype(a)>()) {
            return {OfErrorId::kBadActionType, "not for an action set"};
          } else {
            return Check(a);
          }
        },
        action.what));
  }
  return {};
}

OfStatus CheckActions(const OfActions& actions, const Match& match,
                      const ActionEnvironment& environment) {
  if (Weight(actions) > kMostBytes) return OfErrorId::kTooManyActions;
  return ActionChecker(match, environment).CheckList(actions);
}

OfStatus CheckInstructions(const Instructions& instructions, const Match& match,
                           const ActionEnvironment& environment) {
  if (Weight(instructions.apply) + Weight(instructions.write) > kMostBytes) {
    return OfErrorId::kTooManyActions;
  }
  ActionChecker checker(match, environment);
  if (instructions.meter) {
    VSW_OF_RETURN_IF_ERROR(checker.Check(act::Meter{*instructions.meter}));
  }
  VSW_OF_RETURN_IF_ERROR(checker.CheckList(instructions.apply));
  if (Contains<act::Conjunction>(instructions.apply) &&
      (instructions.meter || instructions.clear || instructions.has_write ||
       instructions.metadata_mask != 0 || instructions.goto_table)) {
    return OfErrorId::kBadConjunction;
  }
  VSW_OF_RETURN_IF_ERROR(checker.CheckSet(instructions.write));
  if (instructions.goto_table && (*instructions.goto_table <= environment.table ||
                                  *instructions.goto_table >= environment.table_count)) {
    return OfErrorId::kInstructionBadTable;
  }
  return {};
}

}  // namespace vsw
