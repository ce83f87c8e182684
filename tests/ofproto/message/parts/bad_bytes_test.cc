// SPDX-License-Identifier: Apache-2.0
//
// What peers must not send: each fault has its error, nothing is read beyond the end, and no bytes
// whatever do harm.
#include <gtest/gtest.h>

#include "tests/ofproto/message/parts/samples.h"
#include "tests/support/random_seed.h"

namespace vsw {
namespace {

using namespace testing;

Bytes FromHex(std::string_view text) {
  Bytes bytes;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  return bytes;
}

template <typename T>
std::string ErrorOf(const OfResult<T>& result) {
  return result.ok() ? "ok" : std::string(OfErrorName(result.status().id()));
}

struct Fault {
  OfVersion version;
  const char* hex;
  const char* error;
};
constexpr auto k10 = OfVersion::k10, k11 = OfVersion::k11, k12 = OfVersion::k12,
               k13 = OfVersion::k13, k15 = OfVersion::k15;

constexpr Fault kBadActions[] = {
    // Framing.
    {k13, "000000", "OFPBAC_BAD_LEN"},
    {k13, "0000 0000 00000001 ffff 000000000000", "OFPBAC_BAD_LEN"},
    {k13, "0000 0008 00000001", "OFPBAC_BAD_LEN"},
    {k13, "0000 0014 00000001 ffff 000000000000 00000000", "OFPBAC_BAD_LEN"},
    {k13, "0000 0018 00000001 ffff 000000000000", "OFPBAC_BAD_LEN"},
    {k10, "0000 0010 0001 ffff 0000000000000000", "OFPBAC_BAD_LEN"},
    // Types that there are not, or not in this version.
    {k13, "0063 0008 00000000", "OFPBAC_BAD_TYPE"},
    {k13, "0003 0010 001122334455 000000000000", "OFPBAC_BAD_TYPE"},
    {k11, "0019 0010 80000606 001122334455 0000", "OFPBAC_BAD_TYPE"},
    {k13, "001a 0008 88e70000", "OFPBAC_BAD_TYPE"},  // provider backbone bridging
    {k13, "001d 0008 00000001", "OFPBAC_BAD_TYPE"},  // meter, an action in 1.5 alone
    {k13, "ffff 0010 12345678 0000000000000000", "OFPBAC_BAD_EXPERIMENTER"},
    {k13, "ffff 0010 00002320 00ff 000000000000", "OFPBAC_BAD_EXP_TYPE"},
    {k13, "ffff 0010 4f4e4600 0001 000000000000", "OFPBAC_BAD_EXP_TYPE"},
    {k13, "ffff 0008 00002320", "OFPBAC_BAD_LEN"},
    // Ports.
    {k10, "0000 0008 ff01 0000", "OFPBAC_BAD_OUT_PORT"},
    {k13, "0000 0010 ffffff50 ffff 000000000000", "OFPBAC_BAD_OUT_PORT"},
    {k10, "000b 0010 fffb 000000000000 00000001", "OFPBAC_BAD_OUT_PORT"},
    {k13, "ffff 0010 00002320 0027 0001 0000000d", "OFPBAC_BAD_ARGUMENT"},
    // Values.
    {k10, "0001 0008 1000 0000", "OFPBAC_BAD_ARGUMENT"},
    {k10, "0002 0008 08 000000", "OFPBAC_BAD_ARGUMENT"},
    {k10, "0008 0008 03 000000", "OFPBAC_BAD_ARGUMENT"},
    {k11, "0008 0008 04 000000", "OFPBAC_BAD_ARGUMENT"},
    {k11, "000e 0008 08 000000", "OFPBAC_BAD_ARGUMENT"},
    {k13, "0011 0008 0800 0000", "OFPBAC_BAD_ARGUMENT"},
    {k13, "0013 0008 0800 0000", "OFPBAC_BAD_ARGUMENT"},
    // Set-field.
    {k13, "0019 0010 80000c02 0005 000000000000", "OFPBAC_BAD_SET_ARGUMENT"},
    {k13, "0019 0010 80000c02 1005 000100000000", "OFPBAC_BAD_SET_ARGUMENT"},
    {k13, "0019 0010 80004e02 0001 000000000000", "OFPBAC_BAD_SET_ARGUMENT"},
    {k13, "0019 0010 80000004 00000001 00000000", "OFPBAC_BAD_SET_ARGUMENT"},
    {k13, "0019 0010 80001001 40 00000000000000", "OFPBAC_BAD_SET_ARGUMENT"},
    {k13, "0019 0010 80001602 0a00 000000000000", "OFPBAC_BAD_SET_LEN"},
    {k13, "0019 0010 8000fe02 0005 000000000000", "OFPBAC_BAD_SET_TYPE"},
    {k13, "0019 0018 80001708 0a000000 ff000000 0000000000000000", "OFPBAC_BAD_SET_MASK"},
    {k15, "0019 0018 80001708 0a000001 ff000000 0000000000000000", "OFPBAC_BAD_SET_MASK"},
    {k15, "0019 0018 80000d04 0005 0fff 00000000 0000000000000000", "OFPBAC_BAD_SET_ARGUMENT"},
    {k13, "0019 0010 80001c10 00000000 00000000", "OFPBAC_BAD_LEN"},
    // Sub-fields.
    {k13, "ffff 0018 00002320 0007 0003 00010004 0000000000000010", "OFPBAC_BAD_ARGUMENT"},
    {k13, "ffff 0018 00002320 0007 0bff 00010004 0000000000000001", "OFPBAC_BAD_SET_LEN"},
    {k13, "ffff 0018 00002320 0007 0001 0001fe04 0000000000000001", "OFPBAC_BAD_SET_TYPE"},
    {k13, "ffff 0018 00002320 0007 0000 80004e02 0000000000000001", "OFPBAC_BAD_SET_ARGUMENT"},
    {k13, "ffff 0018 00002320 0006 0020 0008 0000 00010004 00010204", "OFPBAC_BAD_SET_LEN"},
    {k13, "ffff 0018 00002320 0006 0000 0000 0000 00010004 00010204", "OFPBAC_BAD_SET_LEN"},
    {k13, "ffff 0020 00002320 0006 0008 0000 0000 00010004 00010204 0000000000000001",
     "NXBRC_MUST_BE_ZERO"},
    {k13, "ffff 0018 00002320 001b 0000 00010004 0030 000000000000", "OFPBAC_BAD_SET_LEN"},
    {k13, "ffff 0018 00002320 0031 05dc 0020 00010004 00000000 0000", "OFPBAC_BAD_SET_LEN"},
    // Nicira's others.
    {k13, "ffff 0010 00002320 000e 0001 05 000001", "OFPBAC_BAD_ARGUMENT"},
    {k13, "ffff 0010 00002320 0022 05 02 00000007", "NXBAC_BAD_CONJUNCTION"},
    {k13, "ffff 0010 00002320 0022 00 01 00000007", "NXBAC_BAD_CONJUNCTION"},
    {k13, "ffff 0010 00002320 0022 00 41 00000007", "NXBAC_BAD_CONJUNCTION"},
    {k13, "ffff 0010 00002320 0015 0003 00000000", "OFPBAC_BAD_LEN"},
    {k13, "ffff 0010 00002320 002c 0001 05 000000", "NXBAC_CT_DATAPATH_SUPPORT"},
    {k13, "ffff 0018 00002320 0025 000000000000 0009 0008 01000000", "OFPBPC_BAD_TYPE"},
    {k13, "ffff 0018 00002320 0025 000000000000 0000 0003 01000000", "OFPBPC_BAD_LEN"},
    {k13, "ffff 0020 00002320 000c 0002 0000 0000 00000002 0000 0000 00000000 00000000",
     "OFPBAC_BAD_ARGUMENT"},  // an algorithm that there is not
    {k13, "ffff 0020 00002320 000c 0001 0000 0000 00000002 0004 0000 00000000 00000000",
     "OFPBAC_BAD_LEN"},  // four members promised, none there
    {k13, "ffff 0020 00002320 000a 0000 0000 0000 0000 0010 00000000 0000 0000 00010004",
     "OFPBAC_BAD_ARGUMENT"},  // 17 links in one bit
    // Learn: unknown flags, table 255, an unknown kind, an immediate value as an output.
    {k13, "ffff 0020 00002320 0010 0000 0000 8000 0000000000000000 0008 01 00 0000 0000",
     "OFPBAC_BAD_ARGUMENT"},
    {k13, "ffff 0020 00002320 0010 0000 0000 8000 0000000000000000 0000 ff 00 0000 0000",
     "OFPBAC_BAD_ARGUMENT"},
    {k13,
     "ffff 0028 00002320 0010 0000 0000 8000 0000000000000000 0000 01 00 0000 0000"
     "1810 00010004 0000",
     "OFPBAC_BAD_ARGUMENT"},
    {k13,
     "ffff 0028 00002320 0010 0000 0000 8000 0000000000000000 0000 01 00 0000 0000"
     "3010 0001 00000000",
     "OFPBAC_BAD_ARGUMENT"},
    {k13,
     "ffff 0028 00002320 0010 0000 0000 8000 0000000000000000 0000 01 00 0000 0000"
     "0010 00010004 0000",
     "OFPBAC_BAD_LEN"},  // no room for where it goes
};

TEST(DecodeActions, NamesEachFault) {
  for (const Fault& fault : kBadActions) {
    const Exact exact(FromHex(fault.hex));
    EXPECT_EQ(ErrorOf(DecodeActions(fault.version, exact.span())), fault.error)
        << Name(fault.version) << " " << fault.hex;
  }
}

TEST(DecodeActions, BoundsHowDeepListsNest) {
  Bytes list;
  for (int depth = 0; depth < 40; ++depth) {
    Bytes outer = FromHex("ffff 0000 00002320 002a 000000000000");
    outer.insert(outer.end(), list.begin(), list.end());
    outer[2] = static_cast<uint8_t>(outer.size() >> 8);
    outer[3] = static_cast<uint8_t>(outer.size());
    list = outer;
    EXPECT_EQ(ErrorOf(DecodeActions(k13, list)), depth < 16 ? "ok" : "OFPBAC_BAD_ARGUMENT");
  }
}

constexpr Fault kBadInstructions[] = {
    {k13, "0001 0007 01 0000", "OFPBIC_BAD_LEN"},
    {k13, "0001 0010 01 000000 0000000000000000", "OFPBIC_BAD_LEN"},
    {k13, "0002 0008 00000000", "OFPBIC_BAD_LEN"},
    {k13, "0004 0010 00000000", "OFPBIC_BAD_LEN"},
    {k13, "0009 0008 00000000", "OFPBIC_UNKNOWN_INST"},
    {k12, "0006 0008 00000001", "OFPBIC_UNKNOWN_INST"},
    {k13, "ffff 0010 00002320 0000000000000000", "OFPBIC_BAD_EXPERIMENTER"},
    {k13, "0001 0008 01 000000 0001 0008 02 000000", "OFPBIC_DUP_INST"},
    {k13, "0004 0008 00000000 0004 0008 00000000", "OFPBIC_DUP_INST"},
    {k13, "0004 0010 00000000 0063 0008 00000000", "OFPBAC_BAD_TYPE"},
};

TEST(DecodeInstructions, NamesEachFault) {
  for (const Fault& fault : kBadInstructions) {
    const Exact exact(FromHex(fault.hex));
    EXPECT_EQ(ErrorOf(DecodeInstructions(fault.version, exact.span())), fault.error)
        << Name(fault.version) << " " << fault.hex;
  }
}

constexpr Fault kBadFields[] = {
    {k13, "800006", "OFPBMC_BAD_LEN"},
    {k13, "80000606 0011223344", "OFPBMC_BAD_LEN"},
    {k13, "80000604 00112233", "OFPBMC_BAD_FIELD"},
    {k13, "8000fe02 0001", "OFPBMC_BAD_FIELD"},
    {k13, "80000204 00000001", "OFPBMC_BAD_FIELD"},       // in_phy_port, which a key does not tell
    {k13, "ffff5406 4f4e4601 0002", "OFPBMC_BAD_FIELD"},  // another experimenter's
    {k13, "ffff5402 4f4e", "OFPBMC_BAD_LEN"},
    {k13, "80000604 0011", "OFPBMC_BAD_LEN"},
    {k13, "80000a02 0800 80000a02 0800", "OFPBMC_DUP_FIELD"},
    {k13, "80000c02 1005 00000802 1005", "OFPBMC_DUP_FIELD"},  // vlan_vid and vlan_tci
    {k13, "00010004 00000001 80010008 0000000000000001", "OFPBMC_DUP_FIELD"},  // reg0 and xreg0
    {k13, "80001604 0a000001", "OFPBMC_BAD_PREREQ"},
    {k13, "80001604 0a000001 80000a02 0800", "OFPBMC_BAD_PREREQ"},  // in the wrong order
    {k13, "80000a02 0800 80001a02 0050", "OFPBMC_BAD_PREREQ"},
    {k13, "80000a02 0800 80001401 11 80001a02 0050", "OFPBMC_BAD_PREREQ"},
    {k13, "80000e01 03", "OFPBMC_BAD_PREREQ"},
    {k13, "80000c02 0000 80000e01 03", "OFPBMC_BAD_PREREQ"},
    {k13, "80000c02 2005", "OFPBMC_BAD_VALUE"},
    {k13, "80000c02 1005 80000e01 08", "OFPBMC_BAD_VALUE"},
    {k13, "80000a02 0800 80001001 40", "OFPBMC_BAD_VALUE"},
    {k13, "80000a02 0800 80001201 04", "OFPBMC_BAD_VALUE"},
    {k13, "80000a02 0800 00000a01 03", "OFPBMC_BAD_VALUE"},
    {k13, "80000a02 86dd 80003804 00100000", "OFPBMC_BAD_VALUE"},
    {k13, "80000a02 8847 80004404 00100000", "OFPBMC_BAD_VALUE"},
    {k13, "80000a02 0806 80002a02 0100", "OFPBMC_BAD_VALUE"},
    {k13, "80000b04 0800 ff00", "OFPBMC_BAD_MASK"},
    {k13, "80000a02 0800 80001502 06 0f", "OFPBMC_BAD_MASK"},
    {k13, "8000070c 001122334455 ffffff000000", "OFPBMC_BAD_WILDCARDS"},
    {k13, "00013c08 0000000000000005", "OFPBMC_BAD_FIELD"},  // a cookie where there can be none
};

TEST(DecodeOxm, NamesEachFault) {
  for (const Fault& fault : kBadFields) {
    const Exact exact(FromHex(fault.hex));
    EXPECT_EQ(ErrorOf(DecodeOxm(exact.span())), fault.error) << fault.hex;
  }
}

TEST(DecodeOxm, LeavesOutUnknownFieldsWhenNotStrict) {
  const Exact exact(FromHex("8000fe02 0001 80000a02 0800 ffff0206 12345678 0001"));
  const OfResult<Match> match = DecodeOxm(exact.span(), /*strict=*/false);
  ASSERT_TRUE(match.ok());
  Match wanted;
  wanted.Set(FieldId::kEthType, FieldValue::OfU64(0x0800));
  EXPECT_TRUE(*match == wanted);
}

TEST(DecodeOxm, TakesAMaskOfOnesForNoMask) {
  const Exact exact(FromHex("80000b04 0800 ffff"));
  const OfResult<Match> match = DecodeOxm(exact.span());
  ASSERT_TRUE(match.ok());
  EXPECT_EQ(match->mask.packet.eth_type, Be16::From(0xffff));
}

TEST(DecodeOxm, TakesTheCookieFromAmongNiciraFields) {
  Match match;
  match.Set(FieldId::kInPort, FieldValue::OfU64(7));
  for (const uint64_t mask : {~0ull, 0xff00ull}) {
    const NxmCookie cookie{0x1200, mask};
    Writer out;
    EncodeOxm(match, /*nxm=*/true, &out, k10, &cookie);
    NxmCookie read;
    const OfResult<Match> back = DecodeOxm(out.bytes(), /*strict=*/true, &read);
    ASSERT_TRUE(back.ok());
    EXPECT_TRUE(*back == match);
    EXPECT_EQ(read.value, cookie.value);
    EXPECT_EQ(read.mask, mask);
  }
}

TEST(DecodeMatch, NamesEachFault) {
  const auto error = [](OfVersion version, const char* hex) {
    const Exact exact(FromHex(hex));
    Reader in(exact.span());
    return ErrorOf(DecodeMatch(version, &in));
  };
  EXPECT_EQ(error(k13, "0001"), "OFPBMC_BAD_LEN");
  EXPECT_EQ(error(k13, "0001 0003 00000000"), "OFPBMC_BAD_LEN");
  EXPECT_EQ(error(k13, "0001 0010 00000000"), "OFPBMC_BAD_LEN");
  EXPECT_EQ(error(k13, "0001 000a 80000a02 0800"), "OFPBMC_BAD_LEN");  // no padding
  EXPECT_EQ(error(k13, "0000 0058 00000000"), "OFPBMC_BAD_TYPE");
  EXPECT_EQ(error(k13, "0002 0004 00000000"), "OFPBMC_BAD_TYPE");
  EXPECT_EQ(error(k11, "0000 0050 00000000"), "OFPBMC_BAD_LEN");
  EXPECT_EQ(error(k10, "00000000"), "OFPBMC_BAD_LEN");
}

TEST(DecodeMatch, IgnoresIn10WhatAPacketCannotHave) {
  // Every field matters, of a frame that is neither IP nor ARP.
  const Exact exact(
      FromHex("00000000 0001 001122334455 001122334466 0005 03 00 88cc b8 06 0000"
              "0a000001 0a000002 0050 0051"));
  Reader in(exact.span());
  const OfResult<Match> match = DecodeMatch(k10, &in);
  ASSERT_TRUE(match.ok());
  EXPECT_TRUE(CheckMatch(*match).ok());
  EXPECT_EQ(match->mask.packet.ipv4_src, Be32::From(0));
  EXPECT_EQ(match->mask.packet.ip_proto, 0);
  EXPECT_EQ(match->mask.packet.l4_dst, Be16::From(0));
  EXPECT_EQ(match->value.packet.vlan[0].tci, Be16::From(0x7005));
}

TEST(FitsOf10, IsTrueForWhatComesBackFrom10Alone) {
  size_t fitting = 0;
  for (const MatchSample& sample : MatchSamples()) {
    const Bytes bytes = EncodedMatch(k10, sample.value);
    Reader in(bytes);
    const OfResult<Match> back = DecodeMatch(k10, &in);
    ASSERT_TRUE(back.ok()) << sample.text;
    if (!FitsOf10(sample.value)) continue;
    EXPECT_TRUE(*back == sample.value) << sample.text;
    ++fitting;
  }
  EXPECT_GT(fitting, 10u);
  Match masked;
  masked.SetMasked(FieldId::kEthDst, FieldValue::OfU64(0x010000000000),
                   FieldValue::OfU64(0x010000000000));
  EXPECT_FALSE(FitsOf10(masked));
  Match reg;
  reg.Set(FieldId::kReg0, FieldValue::OfU64(1));
  EXPECT_FALSE(FitsOf10(reg));
}

TEST(Parts, EveryTruncationIsAnErrorOrAShorterList) {
  for (const Golden& line : ReadGolden("ovs_actions.txt")) {
    for (size_t size = 0; size < line.bytes.size(); ++size) {
      const Exact exact(std::span(line.bytes).first(size));
      const OfResult<Instructions> decoded = DecodeInstructions(line.version, exact.span());
      // Whole actions of 1.0, or whole instructions, in front of what is missing.
      EXPECT_TRUE(!decoded.ok() || size % 8 == 0) << line.text << " cut to " << size;
    }
  }
  for (const Golden& line : ReadGolden("ovs_matches.txt")) {
    if (line.nxm) continue;
    for (size_t size = 0; size < line.bytes.size(); ++size) {
      const Exact exact(std::span(line.bytes).first(size));
      Reader in(exact.span());
      EXPECT_FALSE(DecodeMatch(line.version, &in).ok()) << line.text << " cut to " << size;
    }
  }
}

/// What was decoded says the same after a way to bytes and back.
void ExpectStable(OfVersion version, const Instructions& value) {
  const Bytes once = EncodedInstructions(version, value);
  const OfResult<Instructions> back = DecodeInstructions(version, once);
  ASSERT_TRUE(back.ok()) << Hex(once) << ": " << back.status().ToString();
  EXPECT_EQ(Hex(EncodedInstructions(version, *back)), Hex(once));
}

TEST(Parts, MutationsOfValidBytesAreRefusedOrStable) {
  Random random(RandomSeed());
  const std::vector<Golden> actions = ReadGolden("ovs_actions.txt");
  const std::vector<Golden> matches = ReadGolden("ovs_matches.txt");
  size_t accepted = 0;
  for (int round = 0; round < 200000; ++round) {
    Golden line = random.Pick(round % 2 == 0 ? actions : matches);
    if (line.bytes.empty()) continue;
    for (uint32_t n = 1 + random.Below(3); n-- > 0;) {
      line.bytes[random.Below(static_cast<uint32_t>(line.bytes.size()))] =
          static_cast<uint8_t>(random.OneIn(3) ? random.Bits() : 1u << random.Below(8));
    }
    const Exact exact(line.bytes);
    if (round % 2 == 0) {
      const OfResult<Instructions> decoded = DecodeInstructions(line.version, exact.span());
      if (!decoded.ok()) continue;
      ExpectStable(line.version, *decoded);
      (void)CheckInstructions(*decoded, Match(), {});
    } else {
      Reader in(exact.span());
      const OfResult<Match> decoded =
          line.nxm ? DecodeOxm(exact.span()) : DecodeMatch(line.version, &in);
      if (!decoded.ok()) continue;
      const Bytes once = EncodedMatch(line.version, *decoded);
      Reader again(once);
      const OfResult<Match> back = DecodeMatch(line.version, &again);
      ASSERT_TRUE(back.ok()) << Hex(line.bytes) << ": " << back.status().ToString();
    }
    ++accepted;
  }
  EXPECT_GT(accepted, 1000u);
}

TEST(Parts, RandomBytesDoNoHarm) {
  Random random(RandomSeed());
  for (int round = 0; round < 200000; ++round) {
    Bytes bytes(random.Below(96));
    for (uint8_t& octet : bytes) octet = static_cast<uint8_t>(random.Bits());
    // Lengths and types near what they should be get further in.
    if (bytes.size() >= 10 && random.OneIn(2)) {
      const Bytes head = FromHex("ffff 0000 00002320 00");
      std::copy(head.begin(), head.end(), bytes.begin());
      bytes[3] = static_cast<uint8_t>(bytes.size() & ~7u);
      bytes[9] = static_cast<uint8_t>(random.Below(50));
    }
    const Exact exact(bytes);
    const OfVersion version = random.Pick(kVersions);
    (void)DecodeActions(version, exact.span());
    (void)DecodeInstructions(version, exact.span());
    (void)DecodeOxm(exact.span(), random.OneIn(2));
    Reader in(exact.span());
    (void)DecodeMatch(version, &in);
  }
}

}  // namespace
}  // namespace vsw
