// SPDX-License-Identifier: Apache-2.0
//
// Actions as text, against the bytes that Debian's ovs-ofctl made of the same words.
#include <gtest/gtest.h>

#include "ofproto/text/text.h"
#include "tests/ofproto/message/parts/samples.h"

namespace vsw {
namespace {

using namespace testing;

Bytes EncodedFlow(OfVersion version, const FlowMod& flow) {
  Writer out;
  EncodeInstructions(version, flow.instructions, &out, &flow.match);
  return out.Release();
}

// Where ovs-ofctl sends something else: it loses the mask of set_field in the versions that have no
// such action, and writes a mask of all ones as none.
bool DiffersOnPurpose(const Golden& line) {
  const bool masked = line.text.starts_with("set_field:") && line.text.find('/') < line.text.find("->");
  if (masked && line.version <= OfVersion::k11) return true;
  return line.version == OfVersion::k15 && line.text == "load:0x20->NXM_OF_IP_TOS[]";
}

TEST(ParseFlow, MeansByActionsWhatOvsOfctlSends) {
  size_t compared = 0;
  for (const Golden& line : ReadGolden("ovs_actions.txt")) {
    const std::string text = line.match + (line.match.empty() ? "" : ",") + "actions=" + line.text;
    const auto flow = ParseFlow(text, FlowMod::Command::kAdd);
    ASSERT_TRUE(flow.ok()) << text << ": " << flow.status();
    if (DiffersOnPurpose(line)) continue;
    EXPECT_EQ(Hex(EncodedFlow(line.version, *flow)), Hex(line.bytes))
        << Name(line.version) << " " << text;
    ++compared;
  }
  EXPECT_GT(compared, 700u);
}

std::string Again(const std::string& text) {
  const auto actions = ParseActions(text);
  return actions.ok() ? FormatActions(*actions) : std::string(actions.status().message());
}

TEST(FormatActions, NamesAWholeFieldByEmptyBrackets) {
  for (const std::string text :
       {"load:0x2->NXM_OF_ARP_OP[]", "move:NXM_OF_ARP_OP[]->NXM_NX_REG0[0..15]",
        "push:NXM_NX_REG3[]", "output:NXM_NX_REG0[]", "output:NXM_NX_REG0[16..31]"}) {
    EXPECT_EQ(Again(text), text);
  }
}

TEST(FormatActions, WritesZeroAndNoPortAsOvsOfctlDoes) {
  for (const std::string text :
       {"set_field:0/0x1000->reg10", "load:0->NXM_NX_REG3[]", "set_tunnel:0",
        "push:NXM_OF_IN_PORT[],set_field:ANY->in_port,resubmit(,65),pop:NXM_OF_IN_PORT[]"}) {
    EXPECT_EQ(Again(text), text);
  }
}

TEST(ParseActions, TakesDecTtlOfNobodyForThePlainOne) { EXPECT_EQ(Again("dec_ttl()"), "dec_ttl"); }

TEST(ParseActions, SendsTheWholePacketToAControllerInARegister) {
  const auto actions = ParseActions("output:NXM_NX_REG0[]");
  ASSERT_TRUE(actions.ok());
  EXPECT_EQ(std::get<act::OutputReg>(actions->front().what).max_bytes, 0xffff);
}

}  // namespace
}  // namespace vsw
