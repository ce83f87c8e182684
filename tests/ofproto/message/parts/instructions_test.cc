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

}  // namespace
}  // namespace vsw
