// SPDX-License-Identifier: Apache-2.0
//
// Matches against the bytes that ovs-ofctl sent for them.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/ofproto/message/parts/samples.h"

namespace vsw {
namespace {

using namespace testing;

const std::vector<Golden>& OvsMatches() {
  static const std::vector<Golden> lines = ReadGolden("ovs_matches.txt");
  return lines;
}

const MatchSample& FindSample(const std::string& text) {
  for (const MatchSample& sample : MatchSamples()) {
    if (sample.text == text) return sample;
  }
  ADD_FAILURE() << "no sample for " << text;
  return MatchSamples().front();
}

/// OXM fields as a set: their order may be any that has what others require first.
std::vector<std::string> SortedFields(std::span<const uint8_t> bytes) {
  std::vector<std::string> fields;
  while (bytes.size() >= 4) {
    const size_t length = std::min<size_t>(4 + bytes[3], bytes.size());
    fields.push_back(Hex(bytes.first(length)));
    bytes = bytes.subspan(length);
  }
  std::sort(fields.begin(), fields.end());
  return fields;
}

std::string InOrder(const Golden& line, std::span<const uint8_t> bytes) {
  const bool fixed_size = !line.nxm && line.version <= OfVersion::k11;
  if (fixed_size) return Hex(bytes);
  const size_t header = line.nxm ? 0 : 4;
  if (bytes.size() < header) return "";
  const size_t end = line.nxm ? bytes.size() : size_t{bytes[2]} << 8 | bytes[3];
  std::string text = Hex(bytes.first(header));
  for (const std::string& field : SortedFields(bytes.subspan(header, end - header))) {
    text += " " + field;
  }
  return text;
}

Bytes Encoded(const Golden& line, const Match& match) {
  if (!line.nxm) return EncodedMatch(line.version, match);
  Writer out;
  EncodeOxm(match, /*nxm=*/true, &out);
  return out.Release();
}

OfResult<Match> Decoded(const Golden& line) {
  const Exact exact(line.bytes);
  if (line.nxm) return DecodeOxm(exact.span());
  Reader in(exact.span());
  return DecodeMatch(line.version, &in);
}

TEST(EncodeMatch, WritesWhatOvsOfctlSends) {
  size_t compared = 0;
  for (const Golden& line : OvsMatches()) {
    // ovs-ofctl makes the whole priority of a part of it.
    if (line.text == "vlan_tci=0x3005/0x3fff" && !line.nxm) continue;
    EXPECT_EQ(InOrder(line, Encoded(line, FindSample(line.text).value)), InOrder(line, line.bytes))
        << Name(line.version) << " " << line.text;
    ++compared;
  }
  EXPECT_GT(compared, 300u);
}

TEST(DecodeMatch, ReadsWhatOvsOfctlSends) {
  for (const Golden& line : OvsMatches()) {
    if (line.text == "vlan_tci=0x3005/0x3fff" && !line.nxm) continue;
    // 1.1 has no such field; ovs-ofctl leaves it out.
    if (line.text.find("nw_ecn") != std::string::npos && line.version == OfVersion::k11) continue;
    const OfResult<Match> decoded = Decoded(line);
    ASSERT_TRUE(decoded.ok()) << Name(line.version) << " " << line.text << ": "
                              << decoded.status().ToString();
    Match wanted = FindSample(line.text).value;
    // OXM's "no tag" does not speak of the priority.
    if (!line.nxm && line.version >= OfVersion::k12 &&
        wanted.mask.packet.vlan[0].tci == Be16::From(0xffff) &&
        wanted.value.packet.vlan[0].tci.is_zero()) {
      wanted = Match();
      wanted.Set(FieldId::kVlanVid, {});
    }
    EXPECT_TRUE(*decoded == wanted)
        << Name(line.version) << " " << line.text << " read as " << Hex(Encoded(line, *decoded));
  }
}

}  // namespace
}  // namespace vsw
