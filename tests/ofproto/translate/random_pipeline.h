// SPDX-License-Identifier: Apache-2.0
//
// Draws rules, groups and frames from small worlds, where they meet often.
#ifndef VSW_TESTS_OFPROTO_TRANSLATE_RANDOM_PIPELINE_H_
#define VSW_TESTS_OFPROTO_TRANSLATE_RANDOM_PIPELINE_H_

#include <vector>

#include "ofproto/message/messages.h"
#include "tests/support/frame.h"
#include "tests/support/packet_builder.h"
#include "tests/support/random_seed.h"

namespace vsw::testing {

class RandomPipeline {
 public:
  static constexpr uint8_t kTables = 5;
  explicit RandomPipeline(uint64_t seed) : random(seed) {}

  FieldId Register() {
    return static_cast<FieldId>(static_cast<int>(FieldId::kReg0) + random.Below(3));
  }
  uint32_t Port() { return 1 + random.Below(5); }  // 5 is not there

  Match RandomMatch() {
    Match match;
    for (uint32_t fields = random.Below(4); fields > 0; --fields) AddField(&match);
    return match;
  }

  void AddField(Match* match) {
    const auto exact = [&](FieldId id, uint64_t value) {
      match->Set(id, FieldValue::OfU64(value));
    };
    switch (random.Below(18)) {
      case 0:
        return exact(FieldId::kInPort, Port());
      case 1:
        return exact(FieldId::kEthDst, Mac(random.Below(3)));
      case 2:
        return match->SetMasked(FieldId::kEthSrc, FieldValue::OfU64(1), FieldValue::OfU64(1));
      case 3:
        return exact(FieldId::kEthType, random.Pick(kTypes));
      case 4:
        return exact(FieldId::kVlanTci, 0);
      case 5:
        return exact(FieldId::kVlanVid, kVlanPresent | random.Below(3));
      case 6:
        return match->SetMasked(FieldId::kVlanTci, FieldValue::OfU64(kVlanPresent),
                                FieldValue::OfU64(kVlanPresent));
      case 7:
        return exact(FieldId::kVlanPcp, random.Below(2));
      case 8: {
        const uint32_t bits = 24 + random.Below(9);
        return match->SetMasked(
            FieldId::kIpv4Dst, FieldValue::OfU64(Ip() & ~((uint64_t{1} << (32 - bits)) - 1)),
            FieldValue::OfU64(0xffffffffULL & ~((uint64_t{1} << (32 - bits)) - 1)));
      }
      case 9:
        return exact(FieldId::kIpv4Src, Ip());
      case 10:
        return exact(FieldId::kIpProto, random.OneIn(2) ? 6 : 17);
      case 11:
        return exact(FieldId::kIpTtl, random.Below(4));
      case 12:
        return match->SetMasked(FieldId::kTcpDst, FieldValue::OfU64(random.Below(2)),
                                FieldValue::OfU64(random.OneIn(2) ? 0xffff : 1));
      case 13:
        return match->SetMasked(FieldId::kMetadata, FieldValue::OfU64(random.Below(2)),
                                FieldValue::OfU64(1));
      case 14:
      case 15:
        return match->SetMasked(Register(), FieldValue::OfU64(random.Below(4)),
                                FieldValue::OfU64(random.OneIn(2) ? 3 : 0xffffffff));
      case 16:
        return exact(random.OneIn(2) ? FieldId::kMplsLabel : FieldId::kMplsTtl, random.Below(3));
      case 17:
        return match->SetMasked(FieldId::kIpFrag, FieldValue::OfU64(random.Below(2)),
                                FieldValue::OfU64(1));
    }
  }

  OfAction RandomSet() {
    const auto set = [](FieldId id, uint64_t value) -> OfAction {
      const uint16_t bits = Describe(id).bits;
      return act::SetField{id, FieldValue::OfU64(value), FieldValue::Ones(bits)};
    };
    switch (random.Below(14)) {
      case 0:
        return set(FieldId::kEthDst, Mac(random.Below(3)));
      case 1:
        return set(FieldId::kEthSrc, Mac(random.Below(3)));
      case 2:
        return set(FieldId::kVlanVid, kVlanPresent | random.Below(3));
      case 3:
        return set(FieldId::kVlanPcp, random.Below(2));
      case 4:
        return set(FieldId::kIpv4Src, Ip());
      case 5:
        return set(FieldId::kIpv4Dst, Ip());
      case 6:
        return set(FieldId::kIpDscp, random.Below(3));
      case 7:
        return set(FieldId::kIpTtl, 1 + random.Below(3));
      case 8:
        return set(random.OneIn(2) ? FieldId::kTcpDst : FieldId::kUdpSrc, random.Below(2));
      case 9:
        return set(FieldId::kMplsLabel, random.Below(3));
      case 10:
        return act::SetField{FieldId::kEthDst, FieldValue::OfU64(random.Below(4)),
                             FieldValue::OfU64(3)};
      case 11:
        return act::SetField{FieldId::kIpv4Dst, FieldValue::OfU64(random.Below(4)),
                             FieldValue::OfU64(3)};
      default:
        return set(Register(), random.Below(4));
    }
  }

  Subfield RandomSubfield(bool writable) {
    constexpr FieldId kFields[] = {FieldId::kEthDst,  FieldId::kEthSrc,  FieldId::kVlanTci,
                                   FieldId::kIpv4Src, FieldId::kIpv4Dst, FieldId::kTcpDst,
                                   FieldId::kInPort};
    // In_port and the tag are read here only: written at random they mean nothing.
    const FieldId field = random.OneIn(2) ? Register() : random.Pick(kFields);
    if (writable && (field == FieldId::kInPort || field == FieldId::kVlanTci)) {
      return {Register(), 0, 4};
    }
    return {field, static_cast<uint16_t>(random.Below(8)), 4};
  }

  OfAction RandomAction(uint8_t table, int depth) {
    const bool last = table + 1 >= kTables;
    switch (random.Below(26)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return act::Output{.port = Port()};
      case 4:
        return act::Output{.port = random.OneIn(2) ? kOfpInPort : kOfpAll};
      case 5:
        return act::Output{.port = kOfpController, .max_bytes = 64};
      case 6:
        return act::Move{RandomSubfield(false), RandomSubfield(true)};
      case 7:
        return act::StackPush{RandomSubfield(false)};
      case 8:
        return act::StackPop{RandomSubfield(true)};
      case 9:
        return act::PushVlan{random.OneIn(3) ? uint16_t{0x88a8} : uint16_t{0x8100}};
      case 10:
      case 11:
        return act::PopVlan{};
      case 12:
        return act::PushMpls{0x8847};
      case 13:
      case 14:
        return act::PopMpls{random.Pick(kPopTypes)};
      case 15:
        return act::DecTtl{};
      case 16:
        return random.OneIn(2) ? OfAction(act::SetMplsTtl{3}) : OfAction(act::DecMplsTtl{});
      case 17:
        // Groups resubmit to the last table, which uses none.
        if (!last) return act::Group{1 + random.Below(4)};
        return RandomSet();
      case 18:
        if (depth == 0) return act::Clone{RandomActions(table, 1)};
        return RandomSet();
      case 19:
        return act::CheckPktLarger{64, {Register(), static_cast<uint16_t>(random.Below(3)), 1}};
      case 20:
      case 21:
        if (last) return RandomSet();
        return act::Resubmit{random.OneIn(4) ? Port() : kOfpInPort,
                             static_cast<uint8_t>(table + 1 + random.Below(kTables - table - 1u))};
      case 22:
        if (random.OneIn(6)) return act::Exit{};
        return RandomSet();
      default:
        return RandomSet();
    }
  }

  OfActions RandomActions(uint8_t table, int depth = 0) {
    OfActions actions;
    for (uint32_t n = random.Below(5); n > 0; --n) actions.push_back(RandomAction(table, depth));
    return actions;
  }

  OfActions RandomSetActions(bool with_group) {
    OfActions actions;
    for (uint32_t n = random.Below(3); n > 0; --n) actions.push_back(RandomSet());
    if (random.OneIn(4)) actions.push_back(act::PushVlan{0x8100});
    if (random.OneIn(4)) actions.push_back(act::PopVlan{});
    if (random.OneIn(6)) actions.push_back(act::PopMpls{0x0800});
    if (random.OneIn(6)) actions.push_back(act::DecTtl{});
    if (with_group && random.OneIn(3)) {
      actions.push_back(act::Group{1 + random.Below(4)});
    } else if (!random.OneIn(4)) {
      actions.push_back(act::Output{.port = Port()});
    }
    return actions;
  }

  FlowMod RandomRule() {
    FlowMod rule;
    rule.table = static_cast<uint8_t>(random.Below(kTables));
    rule.priority = static_cast<uint16_t>(++last_priority_);
    rule.match = RandomMatch();
    rule.instructions.apply = RandomActions(rule.table);
    rule.instructions.has_apply = true;
    const bool last = rule.table + 1 == kTables;
    if (random.OneIn(4)) {
      rule.instructions.write = RandomSetActions(!last);
      rule.instructions.has_write = true;
    }
    rule.instructions.clear = random.OneIn(8);
    if (random.OneIn(5)) {
      rule.instructions.metadata = random.Below(2);
      rule.instructions.metadata_mask = 1;
    }
    if (!last && random.OneIn(2)) {
      rule.instructions.goto_table =
          static_cast<uint8_t>(rule.table + 1 + random.Below(kTables - rule.table - 1u));
    }
    return rule;
  }

  GroupMod RandomGroup(uint32_t number) {
    GroupMod mod;
    mod.group = number;
    mod.type = random.Pick(kGroupTypes);
    const uint32_t buckets = mod.type == GroupType::kIndirect ? 1 : 1 + random.Below(3);
    for (uint32_t i = 0; i < buckets; ++i) {
      Bucket bucket;
      bucket.id = i;
      if (mod.type == GroupType::kSelect) {
        bucket.weight = static_cast<uint16_t>(1 + random.Below(3));
      }
      bucket.actions = RandomSetActions(false);
      if (random.OneIn(4)) {
        std::erase_if(bucket.actions, [](const OfAction& a) {
          return std::holds_alternative<act::Output>(a.what);
        });
        bucket.actions.push_back(act::Resubmit{kOfpInPort, kTables - 1});
      }
      if (number < 4 && random.OneIn(5)) bucket.actions.push_back(act::Group{number + 1});
      mod.buckets.push_back(std::move(bucket));
    }
    return mod;
  }

  Frame RandomFrame(bool many_tags) {
    PacketBuilder packet;
    packet.Ethernet(Mac(random.Below(3)), Mac(random.Below(3)));
    for (uint32_t tags = random.Below(many_tags ? 4 : 2); tags > 0; --tags) {
      packet.Vlan(static_cast<uint16_t>(random.Below(3)), static_cast<uint16_t>(random.Below(2)),
                  random.OneIn(4) ? 0x88a8 : 0x8100);
    }
    const bool labelled = random.OneIn(5);
    if (labelled) {
      for (uint32_t labels = 1 + random.Below(4); labels > 0; --labels) {
        packet.Mpls(random.Below(3), labels == 1, static_cast<uint8_t>(random.Below(4)));
      }
    }
    if (random.OneIn(8)) {
      packet.Arp(1, 1, Ip(), 2, Ip());
    } else if (random.OneIn(8)) {
      packet.Ipv6(1, 2).Tcp(1, static_cast<uint16_t>(random.Below(2)));
    } else {
      packet.Ipv4(Ip(), Ip()).Ttl(static_cast<uint8_t>(random.Below(4)));
      if (random.OneIn(6)) packet.Fragment(static_cast<uint16_t>(random.Below(2)), true);
      const auto port = static_cast<uint16_t>(random.Below(2));
      random.OneIn(2) ? packet.Tcp(1, port) : packet.Udp(port, 1);
    }
    if (labelled) packet.Type(0x8847);
    return Frame(packet.Payload(random.OneIn(2) ? 4 : 40).Build());
  }

  Random random;

 private:
  static constexpr uint16_t kTypes[] = {0x0800, 0x0800, 0x86dd, 0x0806, 0x8847};
  static constexpr uint16_t kPopTypes[] = {0x0800, 0x0800, 0x86dd, 0x8847};
  static constexpr GroupType kGroupTypes[] = {GroupType::kAll, GroupType::kSelect,
                                              GroupType::kIndirect, GroupType::kFastFailover};
  static uint64_t Mac(uint64_t number) { return 0x020000000000 | number; }
  uint32_t Ip() { return 0x0a000000 | random.Below(4); }

  uint32_t last_priority_ = 0;
};

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_TRANSLATE_RANDOM_PIPELINE_H_
