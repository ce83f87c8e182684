// SPDX-License-Identifier: Apache-2.0
//
// Matches, keys and flow-mods for tests of the tables: MatchBuilder().InPort(1).Dst("10.0.0.0", 8).
#ifndef VSW_TESTS_OFPROTO_TABLE_MATCH_BUILDER_H_
#define VSW_TESTS_OFPROTO_TABLE_MATCH_BUILDER_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "ofproto/message/messages.h"
#include "ofproto/table/rule.h"

namespace vsw::testing {

/// 10.0.0.0 is Ip(10, 0, 0, 0).
constexpr uint32_t Ip(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

class MatchBuilder {
 public:
  MatchBuilder& Field(FieldId field, uint64_t value) {
    match_.Set(field, FieldValue::OfU64(value));
    return *this;
  }
  MatchBuilder& Field(FieldId field, uint64_t value, uint64_t mask) {
    match_.SetMasked(field, FieldValue::OfU64(value), FieldValue::OfU64(mask));
    return *this;
  }
  MatchBuilder& InPort(uint32_t port) { return Field(FieldId::kInPort, port); }
  MatchBuilder& Reg0(uint32_t value) { return Field(FieldId::kReg0, value); }
  MatchBuilder& EthDst(uint64_t mac) { return Field(FieldId::kEthDst, mac); }
  MatchBuilder& Type(uint16_t type) { return Field(FieldId::kEthType, type); }
  MatchBuilder& Src(uint32_t address, unsigned length = 32) {
    return Field(FieldId::kIpv4Src, address, Prefix(length));
  }
  MatchBuilder& Dst(uint32_t address, unsigned length = 32) {
    return Field(FieldId::kIpv4Dst, address, Prefix(length));
  }
  MatchBuilder& Proto(uint8_t proto) { return Field(FieldId::kIpProto, proto); }
  MatchBuilder& L4Src(uint16_t port, uint16_t mask = 0xffff) {
    return Field(FieldId::kTcpSrc, port, mask);
  }
  MatchBuilder& L4Dst(uint16_t port, uint16_t mask = 0xffff) {
    return Field(FieldId::kTcpDst, port, mask);
  }
  MatchBuilder& ConjId(uint32_t id) { return Field(FieldId::kConjId, id); }
  operator const Match&() const { return match_; }  // NOLINT: reads like the match that it is
  /// The packet that has these values, zeros elsewhere.
  MatchKey Key() const { return match_.value; }

 private:
  static uint64_t Prefix(unsigned length) {
    return length == 0 ? 0 : 0xffffffffu & (0xffffffffu << (32 - length));
  }
  Match match_;
};

/// A rule that is visible from version 0 on.
inline std::unique_ptr<Rule> MakeRule(const Match& match, uint16_t priority,
                                      std::vector<act::Conjunction> conjunctions = {}) {
  static uint64_t last_id = 0;
  auto rule = std::make_unique<Rule>();
  rule->match = match;
  rule->priority = priority;
  rule->id = ++last_id;
  rule->conjunctions = std::move(conjunctions);
  return rule;
}

inline Instructions OutputTo(uint32_t port) {
  Instructions instructions;
  instructions.apply.push_back(act::Output{port});
  instructions.has_apply = true;
  return instructions;
}

class FlowModBuilder {
 public:
  explicit FlowModBuilder(FlowMod::Command command) { mod_.command = command; }
  FlowModBuilder& Table(uint8_t table) { return mod_.table = table, *this; }
  FlowModBuilder& On(const Match& match) { return mod_.match = match, *this; }
  FlowModBuilder& Priority(uint16_t priority) { return mod_.priority = priority, *this; }
  FlowModBuilder& Cookie(uint64_t cookie) { return mod_.cookie = cookie, *this; }
  FlowModBuilder& KeepCookie() { return mod_.set_cookie = false, *this; }
  FlowModBuilder& WithCookie(uint64_t cookie, uint64_t mask) {
    return mod_.match_cookie = cookie, mod_.cookie_mask = mask, *this;
  }
  FlowModBuilder& Output(uint32_t port) { return mod_.instructions = OutputTo(port), *this; }
  FlowModBuilder& Action(const OfAction& action) {
    return mod_.instructions.apply.push_back(action), *this;
  }
  FlowModBuilder& Do(const Instructions& i) { return mod_.instructions = i, *this; }
  FlowModBuilder& Idle(uint16_t seconds) { return mod_.idle_timeout = seconds, *this; }
  FlowModBuilder& Hard(uint16_t seconds) { return mod_.hard_timeout = seconds, *this; }
  FlowModBuilder& Importance(uint16_t value) { return mod_.importance = value, *this; }
  FlowModBuilder& Flags(uint16_t flags) { return mod_.flags = flags, *this; }
  FlowModBuilder& OutPort(uint32_t port) { return mod_.out_port = port, *this; }
  FlowModBuilder& OutGroup(uint32_t group) { return mod_.out_group = group, *this; }
  operator const FlowMod&() const { return mod_; }  // NOLINT

 private:
  FlowMod mod_;
};
inline FlowModBuilder Add() { return FlowModBuilder(FlowMod::Command::kAdd); }
inline FlowModBuilder Modify() { return FlowModBuilder(FlowMod::Command::kModify); }
inline FlowModBuilder ModifyStrict() { return FlowModBuilder(FlowMod::Command::kModifyStrict); }
inline FlowModBuilder Delete() { return FlowModBuilder(FlowMod::Command::kDelete); }
inline FlowModBuilder DeleteStrict() { return FlowModBuilder(FlowMod::Command::kDeleteStrict); }

}  // namespace vsw::testing

#endif  // VSW_TESTS_OFPROTO_TABLE_MATCH_BUILDER_H_
