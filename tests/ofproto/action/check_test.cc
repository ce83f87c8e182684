// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "ofproto/action/actions.h"

namespace vsw {
namespace {

using enum FieldId;
using Prerequisites = ActionEnvironment::Prerequisites;

FieldValue Number(uint64_t value) { return FieldValue::OfU64(value); }
Subfield Whole(FieldId id) { return {id, 0, Describe(id).bits}; }
act::SetField Set(FieldId id, uint64_t value) {
  return {id, Number(value), FieldValue::Ones(Describe(id).bits)};
}
act::SetField Legacy(FieldId id, uint64_t value) {
  return {id, Number(value), FieldValue::Ones(Describe(id).bits), act::SetForm::kLegacy};
}
act::SetField Load(FieldId id, uint64_t value) {
  return {id, Number(value), FieldValue::Ones(Describe(id).bits), act::SetForm::kRegLoad};
}

Match Any() { return {}; }
Match Type(uint16_t type) {
  Match match;
  match.Set(kEthType, Number(type));
  return match;
}
Match Ip() { return Type(0x0800); }
Match Ip(uint8_t proto) {
  Match match = Ip();
  match.Set(kIpProto, Number(proto));
  return match;
}
Match Tcp() { return Ip(6); }
Match Mpls() { return Type(0x8847); }
Match Tagged() {
  Match match;
  match.SetMasked(kVlanVid, Number(kVlanPresent), Number(kVlanPresent));
  return match;
}

std::string Error(const OfStatus& status) {
  return status.ok() ? "ok" : std::string(OfErrorName(status.id()));
}
std::string Checked(const OfActions& actions, const Match& match = Any(),
                    Prerequisites prerequisites = Prerequisites::kStrict) {
  ActionEnvironment environment;
  environment.prerequisites = prerequisites;
  return Error(CheckActions(actions, match, environment));
}
constexpr auto kInconsistent = "OFPBAC_MATCH_INCONSISTENT";

TEST(CheckActions, WantsTheFieldsThatItSetsInEveryPacket) {
  EXPECT_EQ(Checked({Set(kIpv4Src, 1)}), kInconsistent);
  EXPECT_EQ(Checked({Set(kIpv4Src, 1)}, Ip()), "ok");
  EXPECT_EQ(Checked({Set(kTcpSrc, 1)}, Ip()), kInconsistent);
  EXPECT_EQ(Checked({Set(kTcpSrc, 1)}, Tcp()), "ok");
  EXPECT_EQ(Checked({Set(kUdpSrc, 1)}, Tcp()), kInconsistent);
  EXPECT_EQ(Checked({Set(kVlanVid, 0x1005)}), kInconsistent);
  EXPECT_EQ(Checked({Set(kVlanVid, 0x1005)}, Tagged()), "ok");
  EXPECT_EQ(Checked({Set(kVlanPcp, 5)}), kInconsistent);
  EXPECT_EQ(Checked({Load(kVlanTci, 0)}), "ok");
  EXPECT_EQ(Checked({Set(kArpOp, 2)}, Type(0x0806)), "ok");
  EXPECT_EQ(Checked({Set(kReg0, 2), Set(kTunId, 3), Set(kEthDst, 4)}), "ok");
  EXPECT_EQ(Checked({act::Move{Whole(kIpv4Src), Whole(kReg0)}}), kInconsistent);
  EXPECT_EQ(Checked({act::Move{Whole(kReg0), Whole(kIpv4Src)}}), kInconsistent);
  EXPECT_EQ(Checked({act::Move{Whole(kReg0), Whole(kIpv4Src)}}, Ip()), "ok");
  EXPECT_EQ(Checked({act::StackPush{Whole(kIpv4Src)}}), kInconsistent);
  EXPECT_EQ(Checked({act::DecTtl{}}), kInconsistent);
  EXPECT_EQ(Checked({act::DecTtl{}}, Type(0x86dd)), "ok");
  EXPECT_EQ(Checked({act::DecMplsTtl{}}, Ip()), kInconsistent);
  EXPECT_EQ(Checked({act::FinTimeout{1, 1}}, Ip(17)), kInconsistent);
}

TEST(CheckActions, KnowsWhatThePacketBecomes) {
  EXPECT_EQ(Checked({Set(kEthType, 0x0800), Set(kIpv4Src, 1)}), "ok");
  EXPECT_EQ(Checked({Set(kEthType, 0x0806), Set(kIpv4Src, 1)}, Ip()), kInconsistent);
  EXPECT_EQ(Checked({Set(kIpProto, 17), Set(kUdpDst, 53)}, Tcp()), "ok");
  EXPECT_EQ(Checked({Set(kIpProto, 17), Set(kTcpDst, 53)}, Tcp()), kInconsistent);
  EXPECT_EQ(Checked({Set(kEthType, 0x05dc)}), "OFPBAC_BAD_SET_ARGUMENT");
}

TEST(CheckActions, RefusesToPausePackets) {
  EXPECT_EQ(Checked({act::Controller{.pause = true}}), "OFPBAC_BAD_ARGUMENT");
  EXPECT_EQ(Checked({act::Controller{.userdata = {1, 2}}}), "ok");
}

TEST(CheckActions, KnowsThatALaterFragmentHasNoPorts) {
  Match match = Tcp();
  match.Set(kIpFrag, Number(kFragAny | kFragLater));
  EXPECT_EQ(Checked({Set(kTcpSrc, 1)}, match), kInconsistent);
  EXPECT_EQ(Checked({Set(kIpv4Src, 1)}, match), "ok");
}

TEST(CheckActions, FollowsThePacketThroughTagsAndLabels) {
  EXPECT_EQ(Checked({act::PopVlan{}}), kInconsistent);
  EXPECT_EQ(Checked({act::PopVlan{}}, Tagged()), "ok");
  EXPECT_EQ(Checked({act::PushVlan{0x8100}, Set(kVlanVid, 0x1005), act::PopVlan{}}), "ok");
  EXPECT_EQ(Checked({act::PushVlan{0x8100}, act::PopVlan{}, act::PopVlan{}}), kInconsistent);
  EXPECT_EQ(Checked({act::PushVlan{0x8100}, act::PopVlan{}, act::PopVlan{}}, Tagged()), "ok");
  EXPECT_EQ(Checked({act::PushVlan{0x88a8}, act::PushVlan{0x8100}}), "ok");
  EXPECT_EQ(Checked({act::PushVlan{0x88a8}, act::PushVlan{0x8100}}, Tagged()), "OFPBAC_BAD_TAG");
  EXPECT_EQ(Checked({Load(kVlanTci, 0x1005), act::PopVlan{}}), "ok");
  EXPECT_EQ(Checked({Load(kVlanTci, 0), act::PopVlan{}}, Tagged()), kInconsistent);
  EXPECT_EQ(Checked({act::SetVlanVid{5, true}, act::PopVlan{}}), "ok");
  EXPECT_EQ(Checked({act::SetVlanVid{5, false}}), kInconsistent);

  EXPECT_EQ(Checked({act::PushMpls{0x8847}, Set(kMplsLabel, 5)}, Ip()), "ok");
  EXPECT_EQ(Checked({act::PushMpls{0x8847}, Set(kIpv4Src, 5)}, Ip()), kInconsistent);
  EXPECT_EQ(Checked({act::PopMpls{0x0800}, Set(kIpv4Src, 5)}, Mpls()), "ok");
  EXPECT_EQ(Checked({act::PopMpls{0x0800}, Set(kTcpSrc, 5)}, Mpls()), kInconsistent);
  EXPECT_EQ(Checked({act::PushMpls{0x8847}, act::PopMpls{0x0800}, Set(kTcpSrc, 5)}, Tcp()),
            kInconsistent);
  EXPECT_EQ(Checked({act::PopMpls{0x0800}}, Ip()), kInconsistent);
}

TEST(CheckActions, ForgetsWhatACloneDidToItsCopy) {
  EXPECT_EQ(Checked({act::Clone{{act::PushVlan{0x8100}, act::PopVlan{}}}}), "ok");
  EXPECT_EQ(Checked({act::Clone{{act::PushVlan{0x8100}}}, act::PopVlan{}}), kInconsistent);
  EXPECT_EQ(Checked({act::PushVlan{0x8100}, act::Clone{{act::PopVlan{}}}, act::PopVlan{}}), "ok");
}

TEST(CheckActions, LetsActionsOf10DoNothing) {
  const OfActions old = {Legacy(kIpv4Src, 1), act::PopVlan{}, Legacy(kTcpSrc, 80), act::DecTtl{}};
  EXPECT_EQ(Checked(old), kInconsistent);
  EXPECT_EQ(Checked(old, Any(), Prerequisites::kLenient), "ok");
  // Not so what came later.
  EXPECT_EQ(Checked({Load(kIpv4Src, 1)}, Any(), Prerequisites::kLenient), kInconsistent);
}

TEST(CheckActions, TakesThePortOf10ForThatOfAnyTransport) {
  for (const uint8_t proto : {6, 17, 132})
    EXPECT_EQ(Checked({Legacy(kTcpDst, 80)}, Ip(proto)), "ok");
  EXPECT_EQ(Checked({Legacy(kTcpDst, 80)}, Ip(1)), kInconsistent);
}

TEST(CheckActions, AsksNothingOfThePacketsOfAGroup) {
  EXPECT_EQ(
      Checked({Set(kIpv4Src, 1), act::PopVlan{}, Set(kTcpSrc, 2)}, Any(), Prerequisites::kUnknown),
      "ok");
  EXPECT_EQ(Checked({Set(kEthType, 1)}, Any(), Prerequisites::kUnknown), "OFPBAC_BAD_SET_ARGUMENT");
}

TEST(CheckActions, RefusesFieldsThatCannotBeWritten) {
  EXPECT_EQ(Checked({Set(kIpv6Exthdr, 1)}, Type(0x86dd)), "OFPBAC_BAD_SET_ARGUMENT");
  EXPECT_EQ(Checked({act::Move{Whole(kReg0), Whole(kConjId)}}), "OFPBAC_BAD_SET_ARGUMENT");
  EXPECT_EQ(Checked({act::StackPop{Whole(kActsetOutput)}}), "OFPBAC_BAD_SET_ARGUMENT");
  EXPECT_EQ(Checked({act::StackPush{Whole(kActsetOutput)}}), "ok");
}

TEST(CheckActions, RefusesValuesAndRangesThatAFieldDoesNotHave) {
  EXPECT_EQ(Checked({Set(kVlanVid, 0x2005)}, Tagged()), "OFPBAC_BAD_SET_ARGUMENT");
  act::SetField wide = Set(kReg0, 1);
  wide.mask = FieldValue::Ones(33);
  EXPECT_EQ(Checked({wide}), "OFPBAC_BAD_SET_MASK");
  act::SetField stray = Set(kReg0, 3);
  stray.mask = Number(1);
  EXPECT_EQ(Checked({stray}), "OFPBAC_BAD_SET_ARGUMENT");
  EXPECT_EQ(Checked({act::StackPush{{kReg0, 30, 3}}}), "OFPBAC_BAD_SET_LEN");
  EXPECT_EQ(Checked({act::StackPush{{kReg0, 3, 0}}}), "OFPBAC_BAD_SET_LEN");
  EXPECT_EQ(Checked({act::Move{Whole(kEthSrc), Whole(kReg0)}}), "OFPBAC_BAD_SET_LEN");
  EXPECT_EQ(Checked({act::SetVlanVid{4096}}), "OFPBAC_BAD_ARGUMENT");
  EXPECT_EQ(Checked({act::PushVlan{0x0800}}), "OFPBAC_BAD_ARGUMENT");
}

TEST(CheckActions, RefusesPortsGroupsAndMetersThatThereCannotBe) {
  for (const uint32_t port : {1u, kOfpInPort, kOfpTable, kOfpNormal, kOfpController, kOfpLocal}) {
    EXPECT_EQ(Checked({act::Output{port}}), "ok") << port;
  }
  for (const uint32_t port : {kOfpMax, kOfpUnset, kOfpAny}) {
    EXPECT_EQ(Checked({act::Output{port}}), "OFPBAC_BAD_OUT_PORT") << port;
  }
  ActionEnvironment few;
  few.max_port = 100;
  EXPECT_EQ(Error(CheckActions({act::Output{100}}, Any(), few)), "OFPBAC_BAD_OUT_PORT");
  EXPECT_EQ(Error(CheckActions({act::Output{99}}, Any(), few)), "ok");
  EXPECT_EQ(Checked({act::Enqueue{kOfpFlood, 1}}), "OFPBAC_BAD_OUT_PORT");
  EXPECT_EQ(Checked({act::Bundle{.fields = 0, .basis = 0, .ports = {kOfpLocal}}}),
            "OFPBAC_BAD_OUT_PORT");
  EXPECT_EQ(Checked({act::Group{0xffffff01}}), "OFPBAC_BAD_OUT_GROUP");
  EXPECT_EQ(Checked({act::Meter{0}}), "OFPMMFC_INVALID_METER");
}

TEST(CheckActions, RefusesConnectionTracking) {
  EXPECT_EQ(Checked({act::Ct{}}, Ip()), "NXBAC_CT_DATAPATH_SUPPORT");
  EXPECT_EQ(Checked({act::CtClear{}}), "NXBAC_CT_DATAPATH_SUPPORT");
  EXPECT_EQ(Checked({act::Clone{{act::Ct{}}}}), "NXBAC_CT_DATAPATH_SUPPORT");
}

TEST(CheckActions, KeepsConjunctionsApart) {
  EXPECT_EQ(Checked({act::Conjunction{1, 0, 2}, act::Conjunction{2, 1, 3}, act::Note{}}), "ok");
  EXPECT_EQ(Checked({act::Conjunction{1, 0, 2}, act::Output{1}}), "NXBAC_BAD_CONJUNCTION");
  EXPECT_EQ(Checked({act::Conjunction{1, 2, 2}}), "NXBAC_BAD_CONJUNCTION");
  EXPECT_EQ(Checked({act::Conjunction{1, 0, 1}}), "NXBAC_BAD_CONJUNCTION");
  EXPECT_EQ(Checked({act::Conjunction{1, 0, 65}}), "NXBAC_BAD_CONJUNCTION");
}

TEST(CheckActions, ChecksALearnedRulesFieldsAgainstWhatItMatches) {
  using Spec = act::LearnSpec;
  const auto copy = [](Spec::Kind kind, FieldId from, FieldId to) {
    return Spec{kind, false, Whole(from), {}, Whole(to)};
  };
  const Spec is_ip{Spec::Kind::kMatch, true, {}, Number(0x0800), Whole(kEthType)};
  const auto learn = [](std::vector<Spec> specs) { return act::Learn{.specs = std::move(specs)}; };
  EXPECT_EQ(Checked({learn({copy(Spec::Kind::kMatch, kEthSrc, kEthDst)})}), "ok");
  EXPECT_EQ(Checked({learn({copy(Spec::Kind::kMatch, kIpv4Src, kIpv4Dst)})}, Ip()), kInconsistent);
  EXPECT_EQ(Checked({learn({is_ip, copy(Spec::Kind::kMatch, kIpv4Src, kIpv4Dst)})}, Ip()), "ok");
  EXPECT_EQ(Checked({learn({is_ip, copy(Spec::Kind::kMatch, kIpv4Src, kIpv4Dst)})}), kInconsistent);
  EXPECT_EQ(Checked({learn({copy(Spec::Kind::kLoad, kReg0, kConjId)})}), "OFPBAC_BAD_SET_ARGUMENT");
  EXPECT_EQ(Checked({learn({copy(Spec::Kind::kMatch, kReg0, kEthDst)})}), "OFPBAC_BAD_SET_LEN");
}

TEST(CheckActions, BoundsListsByDepthAndSize) {
  OfActions deep = {act::Output{1}};
  for (int depth = 1; depth <= 17; ++depth) {
    deep = {act::Clone{deep}};
    EXPECT_EQ(Checked(deep), depth <= 16 ? "ok" : "OFPBAC_BAD_ARGUMENT") << depth;
  }
  EXPECT_EQ(Checked(OfActions(2000, act::Output{1})), "ok");
  EXPECT_EQ(Checked(OfActions(3000, act::Output{1})), "OFPBAC_TOO_MANY");
  EXPECT_EQ(Checked({act::Note{std::vector<uint8_t>(70000)}}), "OFPBAC_TOO_MANY");
}

TEST(CheckInstructions, WantsAGotoToALaterTable) {
  ActionEnvironment environment;
  environment.table = 3;
  environment.table_count = 10;
  const auto go = [&](uint8_t table) {
    Instructions instructions;
    instructions.goto_table = table;
    return Error(CheckInstructions(instructions, Any(), environment));
  };
  EXPECT_EQ(go(2), "OFPBIC_BAD_TABLE_ID");
  EXPECT_EQ(go(3), "OFPBIC_BAD_TABLE_ID");
  EXPECT_EQ(go(4), "ok");
  EXPECT_EQ(go(9), "ok");
  EXPECT_EQ(go(10), "OFPBIC_BAD_TABLE_ID");
}

TEST(CheckInstructions, LetsIntoAnActionSetWhatHasAPlaceThere) {
  const auto write = [](OfActions actions, OfActions apply = {}) {
    Instructions instructions;
    instructions.has_write = true;
    instructions.write = std::move(actions);
    instructions.apply = std::move(apply);
    return Error(CheckInstructions(instructions, Any(), {}));
  };
  EXPECT_EQ(write({Set(kReg0, 1), act::Group{1}, act::Output{2}, act::PushVlan{0x8100}}), "ok");
  for (const OfAction& action :
       OfActions{act::Resubmit{}, act::Exit{}, act::Note{}, act::Learn{},
                 act::StackPush{Whole(kReg0)}, act::Conjunction{1, 0, 2}, act::Controller{}}) {
    EXPECT_EQ(write({action}), "OFPBAC_BAD_TYPE");
  }
  // The set is done after the list: of the packet as that left it.
  EXPECT_EQ(write({act::PopVlan{}}), kInconsistent);
  EXPECT_EQ(write({act::PopVlan{}}, {act::PushVlan{0x8100}}), "ok");
}

TEST(CheckInstructions, KeepsConjunctionsFromOtherInstructions) {
  Instructions instructions;
  instructions.apply = {act::Conjunction{1, 0, 2}};
  EXPECT_EQ(Error(CheckInstructions(instructions, Any(), {})), "ok");
  instructions.goto_table = 5;
  EXPECT_EQ(Error(CheckInstructions(instructions, Any(), {})), "NXBAC_BAD_CONJUNCTION");
}

TEST(CheckInstructions, RefusesMetersThatThereCannotBe) {
  Instructions instructions;
  instructions.meter = 0;
  EXPECT_EQ(Error(CheckInstructions(instructions, Any(), {})), "OFPMMFC_INVALID_METER");
}

}  // namespace
}  // namespace vsw
