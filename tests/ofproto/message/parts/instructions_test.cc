// SPDX-License-Identifier: Apache-2.0
//
// Actions and instructions against the bytes that ovs-ofctl sent for them.
#include <gtest/gtest.h>

#include <map>

#include "tests/ofproto/message/parts/samples.h"

namespace vsw {
namespace {

using namespace testing;

const std::vector<Golden>& OvsActions() {
  static const std::vector<Golden> lines = ReadGolden("ovs_actions.txt");
  return lines;
}

const InstructionSample* FindSample(const std::string& text) {
  for (const InstructionSample& sample : InstructionSamples()) {
    if (sample.text == text) return &sample;
  }
  return nullptr;
}

/// Where this codec writes other bytes on purpose.
bool IsDifferentOnPurpose(const Golden& line) {
  // The length of an output is for the controller alone; ovs-ofctl sends 0xffff in this one case.
  if (line.text == "enqueue:3:7") return line.version > OfVersion::k10;
  // ovs-ofctl forgets the mask.
  return line.version < OfVersion::k12 &&
         (line.text == "set_field:00:11:22:00:00:00/ff:ff:ff:00:00:00->eth_dst" ||
          line.text == "set_field:10.1.0.0/16->ip_dst");
}

TEST(EncodeInstructions, WritesWhatOvsOfctlSends) {
  size_t compared = 0;
  for (const Golden& line : OvsActions()) {
    if (IsDifferentOnPurpose(line)) continue;
    const InstructionSample* sample = FindSample(line.text);
    ASSERT_NE(sample, nullptr) << line.text;
    EXPECT_EQ(Hex(EncodedInstructions(line.version, sample->value)), Hex(line.bytes))
        << Name(line.version) << " " << line.text;
    ++compared;
  }
  EXPECT_GT(compared, 700u);
}

TEST(DecodeInstructions, ReadsWhatOvsOfctlSendsAndWritesItAgain) {
  for (const Golden& line : OvsActions()) {
    const Exact exact(line.bytes);
    const OfResult<Instructions> decoded = DecodeInstructions(line.version, exact.span());
    ASSERT_TRUE(decoded.ok()) << Name(line.version) << " " << line.text << ": "
                              << decoded.status().ToString();
    if (line.text == "enqueue:3:7" && line.version > OfVersion::k10) continue;
    EXPECT_EQ(Hex(EncodedInstructions(line.version, *decoded)), Hex(line.bytes))
        << Name(line.version) << " " << line.text;
  }
}

std::string Encoded13(OfActions actions, const Match& match) {
  Instructions instructions;
  instructions.has_apply = true;
  instructions.apply = std::move(actions);
  Writer out;
  EncodeInstructions(OfVersion::k13, instructions, &out, &match);
  return Hex(out.Release());
}
act::SetField Set(FieldId field, uint64_t value) {
  return {field, FieldValue::OfU64(value), FieldValue::Ones(Describe(field).bits)};
}

// 1.0's mod_vlan_vid pushes a tag where there is none.
TEST(EncodeInstructions, PushesATagWhereThereIsNone) {
  const act::SetField vid = Set(FieldId::kVlanVid, kVlanPresent | 5);
  const act::SetField pcp = Set(FieldId::kVlanPcp, 3);
  const OfActions old = {act::SetVlanVid{5}, act::SetVlanPcp{3}};
  EXPECT_EQ(Encoded13(old, {}), Encoded13({act::PushVlan{0x8100}, vid, pcp}, {}));

  Match tagged;
  tagged.Set(FieldId::kVlanVid, FieldValue::OfU64(kVlanPresent | 7));
  EXPECT_EQ(Encoded13(old, tagged), Encoded13({vid, pcp}, tagged));
  EXPECT_EQ(Encoded13({act::PopVlan{}, act::SetVlanVid{5}}, tagged),
            Encoded13({act::PopVlan{}, act::PushVlan{0x8100}, vid}, tagged));
  const OfActions on_copy = {act::Clone{{act::SetVlanVid{5}}}, act::SetVlanVid{5}};
  EXPECT_EQ(Encoded13(on_copy, {}), Encoded13({act::Clone{{act::PushVlan{0x8100}, vid}},
                                               act::PushVlan{0x8100}, vid},
                                              {}));
}

// 1.0's mod_tp_dst says nothing of the protocol.
TEST(EncodeInstructions, NamesThePortOfTheProtocolThatTheRuleMatches) {
  Match udp;
  udp.Set(FieldId::kEthType, FieldValue::OfU64(0x0800));
  udp.Set(FieldId::kIpProto, FieldValue::OfU64(17));
  act::SetField port = Set(FieldId::kTcpDst, 53);
  port.form = act::SetForm::kLegacy;
  EXPECT_EQ(Encoded13({port}, udp), Encoded13({Set(FieldId::kUdpDst, 53)}, udp));
}

}  // namespace
}  // namespace vsw
