// SPDX-License-Identifier: Apache-2.0
#include "tests/support/pipeline_oracle.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>

namespace vsw::testing {
namespace {

bool IsMpls(uint16_t type) { return type == 0x8847 || type == 0x8848; }

FieldValue Bits(const FieldValue& value, unsigned offset, unsigned bits, bool up) {
  FieldValue result;
  for (unsigned bit = 0; bit < bits; ++bit) {
    const unsigned from = up ? bit : bit + offset, to = up ? bit + offset : bit;
    if ((value.octets[15 - from / 8] >> from % 8 & 1) != 0) {
      result.octets[15 - to / 8] |= static_cast<uint8_t>(1u << to % 8);
    }
  }
  return result;
}

template <typename T>
const T* LastOf(const OfActions& actions) {
  const T* last = nullptr;
  for (const OfAction& action : actions) {
    if (const T* found = std::get_if<T>(&action.what)) last = found;
  }
  return last;
}

}  // namespace

OracleOutcome PipelineOracle::Run(const Frame& frame, uint32_t in_port) {
  outcome_ = {};
  steps_ = 0;
  Packet packet;
  packet.frame = frame;
  packet.pipeline.pipeline.in_port = Be32::From(in_port);
  packet.pipeline.pipeline.actset_output = Be32::From(kOfpUnset);
  Tables(&packet, 0, in_port, 0);
  EndWithActionSet(&packet, 0, 0);
  std::sort(outcome_.sent.begin(), outcome_.sent.end());
  return outcome_;
}

MatchKey PipelineOracle::KeyOf(const Packet& packet) const {
  Frame received = packet.frame;
  std::vector<VlanTag> pushed;
  for (size_t i = 0; i < packet.pushed_tags; ++i) {
    pushed.push_back(received.Key().vlan[0]);
    received.PopVlan();
  }
  MatchKey key;
  key.packet = received.Key();
  key.packet.lines = 0;
  for (auto tag = pushed.rbegin(); tag != pushed.rend(); ++tag) {
    key.packet.vlan[1] = key.packet.vlan[0];
    key.packet.vlan[0] = *tag;
  }
  key.pipeline = packet.pipeline.pipeline;
  return key;
}

const FlowMod* PipelineOracle::Find(const Packet& packet, uint8_t table, uint32_t in_port) {
  MatchKey key = KeyOf(packet);
  key.pipeline.in_port = Be32::From(in_port);
  if (key.packet.ip_frag != 0) key.packet.l4_src = key.packet.l4_dst = Be16{0};
  const FlowMod* best = nullptr;
  for (const FlowMod& rule : rules) {
    if (rule.table != table || (best != nullptr && rule.priority <= best->priority)) continue;
    bool matches = true;
    for (size_t i = 0; i < sizeof(MatchKey); ++i) {
      const uint8_t mask = rule.match.mask.bytes()[i];
      matches = matches && (key.bytes()[i] & mask) == rule.match.value.bytes()[i];
    }
    if (matches) best = &rule;
  }
  return best;
}

void PipelineOracle::Tables(Packet* packet, uint8_t table, uint32_t in_port, int depth) {
  for (;;) {
    if (depth > 60 || ++steps_ > 3000) outcome_.beyond_bounds = true;
    if (outcome_.beyond_bounds || packet->exited) return;
    const FlowMod* rule = Find(*packet, table, in_port);
    if (rule == nullptr) return;
    ++outcome_.hits[static_cast<size_t>(rule - rules.data())];
    if (!DoAll(packet, rule->instructions.apply, table, depth)) return;
    if (rule->instructions.clear) packet->action_set.clear();
    for (const OfAction& action : rule->instructions.write) packet->action_set.push_back(action);
    const auto* output = LastOf<act::Output>(packet->action_set);
    const bool unset = output == nullptr || LastOf<act::Group>(packet->action_set) != nullptr;
    packet->pipeline.pipeline.actset_output = Be32::From(unset ? kOfpUnset : output->port);
    const uint64_t mask = rule->instructions.metadata_mask;
    Be64& metadata = packet->pipeline.pipeline.metadata;
    metadata = Be64::From((metadata.Get() & ~mask) | (rule->instructions.metadata & mask));
    if (!rule->instructions.goto_table.has_value()) return;
    table = *rule->instructions.goto_table;
    in_port = packet->pipeline.pipeline.in_port.Get();
  }
}

bool PipelineOracle::DoAll(Packet* packet, const OfActions& actions, uint8_t table, int depth) {
  for (const OfAction& action : actions) {
    if (packet->exited || outcome_.beyond_bounds) return false;
    if (!Do(packet, action, table, depth)) return false;
  }
  return true;
}

// OpenFlow 1.3 section 5.10.
void PipelineOracle::DoAsSet(Packet* packet, const OfActions& actions, uint8_t table, int depth) {
  const auto* group = LastOf<act::Group>(actions);
  const auto* output = LastOf<act::Output>(actions);
  const auto* resubmit = LastOf<act::Resubmit>(actions);
  if (group == nullptr && output == nullptr && resubmit == nullptr) return;
  const auto run = [&](const auto* action) {
    return action == nullptr || Do(packet, *action, table, depth);
  };
  if (!run(LastOf<act::PopVlan>(actions)) || !run(LastOf<act::PopMpls>(actions)) ||
      !run(LastOf<act::PushMpls>(actions)) || !run(LastOf<act::PushVlan>(actions)) ||
      !run(LastOf<act::DecTtl>(actions)) || !run(LastOf<act::DecMplsTtl>(actions))) {
    return;
  }
  for (const OfAction& action : actions) {
    const bool sets = std::holds_alternative<act::SetField>(action.what) ||
                      std::holds_alternative<act::Move>(action.what) ||
                      std::holds_alternative<act::SetIpTtl>(action.what) ||
                      std::holds_alternative<act::SetMplsTtl>(action.what);
    if (sets && !Do(packet, action, table, depth)) return;
  }
  if (group != nullptr) {
    Do(packet, *group, table, depth);
  } else if (output != nullptr) {
    Do(packet, *output, table, depth);
  } else {
    Do(packet, *resubmit, table, depth);
  }
}

void PipelineOracle::EndWithActionSet(Packet* packet, uint8_t table, int depth) {
  packet->exited = false;
  const OfActions actions = std::exchange(packet->action_set, {});
  DoAsSet(packet, actions, table, depth);
}

void PipelineOracle::Send(const Packet& packet, uint32_t port) {
  if (std::find(ports.begin(), ports.end(), port) != ports.end()) {
    outcome_.sent.emplace_back(port, packet.frame);
  }
}

bool PipelineOracle::Has(const Packet& packet, FieldId field) const {
  const FlowKey key = KeyOf(packet).packet;
  const uint16_t type = key.eth_type.Get();
  const bool ip = type == 0x0800 || type == 0x86dd;
  const auto transport = [&](uint8_t protocol) {
    return ip && key.ip_proto == protocol && (key.ip_frag & kFragLater) == 0;
  };
  switch (Describe(field).prerequisite) {
    case Prerequisite::kVlan:
      return packet.frame.tags() > 0;
    case Prerequisite::kMpls:
      return IsMpls(type);
    case Prerequisite::kIpv4:
      return type == 0x0800;
    case Prerequisite::kIpv6:
      return type == 0x86dd;
    case Prerequisite::kIp:
      return ip;
    case Prerequisite::kArp:
      return type == 0x0806 || type == 0x8035;
    case Prerequisite::kTcp:
      return transport(6);
    case Prerequisite::kUdp:
      return transport(17);
    default:
      return true;
  }
}

void PipelineOracle::PushVlan(Packet* packet, uint16_t tpid, uint16_t tci) {
  packet->frame.PushVlan(tpid, tci);
  ++packet->pushed_tags;
  // With more tags than a key holds, what shows of the packet depends on when it was parsed.
  if (packet->frame.tags() > 2) outcome_.beyond_bounds = true;
}

void PipelineOracle::PopVlan(Packet* packet) {
  if (packet->frame.tags() == 0) return;
  packet->frame.PopVlan();
  if (packet->pushed_tags > 0) --packet->pushed_tags;
}

void PipelineOracle::Write(Packet* packet, FieldId field, const FieldValue& value,
                           const FieldValue& mask) {
  MatchKey key = KeyOf(*packet);
  const MatchKey before = key;
  SetFieldMasked(&key, field, value, mask);
  packet->pipeline.pipeline = key.pipeline;
  const uint16_t old_tci = before.packet.vlan[0].tci.Get(), tci = key.packet.vlan[0].tci.Get();
  if (old_tci != tci) {
    if ((tci & kVlanPresent) == 0) return PopVlan(packet);
    if ((old_tci & kVlanPresent) == 0) return PushVlan(packet, 0x8100, tci);
    return packet->frame.SetVlanTci(tci);
  }
  if (key.packet.mpls[0].raw != before.packet.mpls[0].raw) {
    return packet->frame.SetMpls(key.packet.mpls[0].Get(), ~0u);
  }
  const uint16_t type = key.packet.eth_type.Get();
  const bool has_l3 = type == 0x0800 || type == 0x86dd || type == 0x0806;
  const bool l3_field = Describe(field).prerequisite != Prerequisite::kNone &&
                        Describe(field).prerequisite != Prerequisite::kMpls;
  if (has_l3 && l3_field && before.packet.ip_proto == 0 && before.packet.ip_ttl == 0) {
    // A header that says IP and is none: whether a write to it shows in later lookups is open.
    outcome_.beyond_bounds = true;
  }
  for (size_t i = 0; i < sizeof(FlowKey); ++i) {
    if (key.bytes()[i] != before.bytes()[i]) {
      packet->frame.SetKeyByte(i, key.bytes()[i], 0xff);
    }
  }
}

bool PipelineOracle::DecrementTtl(Packet* packet, FieldId field) {
  if (!Has(*packet, field)) return true;
  const uint64_t ttl = GetField(KeyOf(*packet), field).low64();
  if (ttl <= 1) {
    ++outcome_.upcalls;
    return false;
  }
  Write(packet, field, FieldValue::OfU64(ttl - 1), FieldValue::Ones(8));
  return true;
}

void PipelineOracle::DoGroup(Packet* packet, uint32_t number, uint8_t table, int depth) {
  const auto found = groups.find(number);
  if (found == groups.end()) return;
  ++outcome_.group_hits[number];
  const GroupDesc& group = found->second;
  std::vector<const Bucket*> chosen;
  if (group.type == GroupType::kSelect) {
    uint32_t divisor = 0;
    for (const Bucket& bucket : group.buckets) divisor = std::gcd(divisor, bucket.weight);
    std::vector<const Bucket*> slots;
    for (const Bucket& bucket : group.buckets) {
      for (uint32_t i = 0; divisor != 0 && i < bucket.weight / divisor; ++i) {
        slots.push_back(&bucket);
      }
    }
    if (!slots.empty()) chosen.push_back(slots[hash % slots.size()]);
  } else {
    for (const Bucket& bucket : group.buckets) chosen.push_back(&bucket);
    if (group.type == GroupType::kFastFailover && chosen.size() > 1) chosen.resize(1);
  }
  for (const Bucket* bucket : chosen) {
    Packet copy = *packet;
    DoAsSet(&copy, bucket->actions, table, depth + 1);
  }
}

bool PipelineOracle::Do(Packet* packet, const OfAction& action, uint8_t table, int depth) {
  if (const auto* a = std::get_if<act::Output>(&action.what)) {
    const uint32_t in_port = packet->pipeline.pipeline.in_port.Get();
    if (a->port == kOfpInPort) {
      Send(*packet, in_port);
    } else if (a->port == kOfpController) {
      ++outcome_.upcalls;
    } else if (a->port == kOfpAll || a->port == kOfpFlood) {
      for (const uint32_t port : ports) {
        if (port != in_port) Send(*packet, port);
      }
    } else if (a->port != in_port) {
      Send(*packet, a->port);
    }
  } else if (const auto* a = std::get_if<act::SetField>(&action.what)) {
    if (Has(*packet, a->field)) Write(packet, a->field, a->value, a->mask);
  } else if (const auto* a = std::get_if<act::Move>(&action.what)) {
    if (!Has(*packet, a->source.field) || !Has(*packet, a->destination.field)) return true;
    const FieldValue value =
        Bits(GetField(KeyOf(*packet), a->source.field), a->source.offset, a->source.bits, false);
    Write(packet, a->destination.field,
          Bits(value, a->destination.offset, a->destination.bits, true),
          Bits(FieldValue::Ones(a->destination.bits), a->destination.offset, a->destination.bits,
               true));
  } else if (const auto* a = std::get_if<act::StackPush>(&action.what)) {
    packet->stack.push_back(Bits(GetField(KeyOf(*packet), a->subfield.field), a->subfield.offset,
                                 a->subfield.bits, false));
  } else if (const auto* a = std::get_if<act::StackPop>(&action.what)) {
    if (packet->stack.empty()) return true;
    const FieldValue value = packet->stack.back();
    packet->stack.pop_back();
    if (!Has(*packet, a->subfield.field)) return true;
    Write(packet, a->subfield.field, Bits(value, a->subfield.offset, a->subfield.bits, true),
          Bits(FieldValue::Ones(a->subfield.bits), a->subfield.offset, a->subfield.bits, true));
  } else if (const auto* a = std::get_if<act::PushVlan>(&action.what)) {
    const uint16_t outer = KeyOf(*packet).packet.vlan[0].tci.Get();
    PushVlan(packet, a->ethertype, packet->frame.tags() > 0 ? outer : uint16_t{0});
  } else if (std::holds_alternative<act::PopVlan>(action.what)) {
    PopVlan(packet);
  } else if (const auto* a = std::get_if<act::PushMpls>(&action.what)) {
    const FlowKey key = KeyOf(*packet).packet;
    const uint16_t type = key.eth_type.Get();
    uint32_t entry = 0x100;
    if (IsMpls(type)) {
      entry = key.mpls[0].Get() & ~0x100u;
    } else if (type == 0x0800 || type == 0x86dd) {
      entry |= key.ip_ttl;
    }
    if (packet->frame.tags() > 2) outcome_.beyond_bounds = true;
    packet->frame.PushMpls(a->ethertype, entry);
  } else if (const auto* a = std::get_if<act::PopMpls>(&action.what)) {
    if (IsMpls(KeyOf(*packet).packet.eth_type.Get())) packet->frame.PopMpls(a->ethertype);
  } else if (const auto* a = std::get_if<act::SetMplsTtl>(&action.what)) {
    if (Has(*packet, FieldId::kMplsTtl)) {
      Write(packet, FieldId::kMplsTtl, FieldValue::OfU64(a->ttl), FieldValue::Ones(8));
    }
  } else if (const auto* a = std::get_if<act::SetIpTtl>(&action.what)) {
    if (Has(*packet, FieldId::kIpTtl)) {
      Write(packet, FieldId::kIpTtl, FieldValue::OfU64(a->ttl), FieldValue::Ones(8));
    }
  } else if (std::holds_alternative<act::DecMplsTtl>(action.what)) {
    return DecrementTtl(packet, FieldId::kMplsTtl);
  } else if (std::holds_alternative<act::DecTtl>(action.what)) {
    return DecrementTtl(packet, FieldId::kIpTtl);
  } else if (const auto* a = std::get_if<act::Group>(&action.what)) {
    DoGroup(packet, a->group, table, depth);
  } else if (const auto* a = std::get_if<act::Resubmit>(&action.what)) {
    const uint32_t own = packet->pipeline.pipeline.in_port.Get();
    Tables(packet, a->table == 0xff ? table : a->table, a->in_port == kOfpInPort ? own : a->in_port,
           depth + 1);
  } else if (const auto* a = std::get_if<act::Clone>(&action.what)) {
    Packet copy = *packet;
    DoAll(&copy, a->actions, table, depth + 1);
    EndWithActionSet(&copy, table, depth + 1);
  } else if (const auto* a = std::get_if<act::CheckPktLarger>(&action.what)) {
    const bool longer = packet->frame.bytes().size() > a->bytes;
    Write(packet, a->destination.field,
          Bits(FieldValue::OfU64(longer ? 1 : 0), a->destination.offset, 1, true),
          Bits(FieldValue::Ones(1), a->destination.offset, 1, true));
  } else if (std::holds_alternative<act::Exit>(action.what)) {
    packet->exited = true;
    return false;
  }
  return !packet->exited;
}

}  // namespace vsw::testing
