// SPDX-License-Identifier: Apache-2.0
#include "datapath/packet/offload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "datapath/packet/virtio_net.h"
#include "tests/packet/offload_frame.h"
#include "tests/support/eal.h"

namespace vsw {
namespace {

using testing::Bytes;
using testing::BytesOf;
using testing::Frame;
using testing::Get16;
using testing::Get32;
using testing::MakeMbuf;
using testing::MbufPool;

constexpr OffloadCapabilities kNothing{};
constexpr OffloadCapabilities kChecksumOnly{
    .checksum = true, .tso4 = false, .tso6 = false, .uso = false};
constexpr OffloadCapabilities kAll{.checksum = true, .tso4 = true, .tso6 = true, .uso = true};

Bytes Pattern(size_t length) {
  Bytes b(length);
  for (size_t i = 0; i < length; ++i) b[i] = static_cast<uint8_t>(i * 31 + i / 256);
  return b;
}

uint64_t Dropped(const PortCounters& counters, DropReason reason) {
  return counters.drops[static_cast<size_t>(reason)].Get();
}

class OffloadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MbufPool();
    before_ = testing::MbufsInUse();
  }
  void TearDown() override { EXPECT_EQ(testing::MbufsInUse(), before_) << "mbufs leaked"; }

  bool Apply(rte_mbuf* m, const Frame& f, uint8_t type, uint16_t size) {
    return ApplyVirtioHeader(m, kVirtioNeedsChecksum, type, static_cast<uint16_t>(f.header_bytes()),
                             size, static_cast<uint16_t>(f.l4()), f.tcp ? 16 : 6);
  }
  // A frame as a guest hands it over, to be cut into `size` bytes of payload each (0: not to).
  rte_mbuf* FromGuest(const Frame& f, uint16_t size, size_t segment_bytes = 0) {
    rte_mbuf* m = MakeMbuf(f.Build(), segment_bytes);
    const uint8_t gso = size == 0 ? kVirtioGsoNone
                        : !f.tcp  ? kVirtioGsoUdpL4
                        : f.ipv6  ? kVirtioGsoTcpv6
                                  : kVirtioGsoTcpv4;
    EXPECT_TRUE(Apply(m, f, gso, size));
    return m;
  }
  std::vector<Bytes> Resolve(rte_mbuf* m, const OffloadCapabilities& capabilities) {
    std::array<rte_mbuf*, kMaxSegments> out;
    const uint16_t count = ResolveOffloads(m, capabilities, MbufPool(), out, counters_);
    std::vector<Bytes> frames;
    for (uint16_t i = 0; i < count; ++i) {
      rte_mbuf_sanity_check(out[i], 1);
      flags_ = out[i]->ol_flags;
      frames.push_back(BytesOf(out[i]));
      EXPECT_EQ(frames.back().size(), out[i]->pkt_len);
      rte_pktmbuf_free(out[i]);
    }
    return frames;
  }

  uint32_t before_ = 0;
  uint64_t flags_ = 0;  // of the last resolved frame
  PortCounters counters_;
};

TEST_F(OffloadTest, LeavesAFrameAloneThatNeedsNothing) {
  Frame f{.payload = Pattern(100)};
  rte_mbuf* m = MakeMbuf(f.Build());
  EXPECT_THAT(Resolve(m, kNothing), ::testing::ElementsAre(f.Build()));
}

TEST_F(OffloadTest, FinishesAChecksumWhereTheWayOutCannot) {
  for (const bool ipv6 : {false, true}) {
    for (const bool tcp : {false, true}) {
      for (const size_t segment : {0, 7, 61}) {
        Frame f{.ipv6 = ipv6, .tcp = tcp, .tags = 1, .extension_words = 1, .payload = Pattern(333)};
        const auto frames = Resolve(FromGuest(f, 0, segment), kNothing);
        ASSERT_EQ(frames.size(), 1u);
        EXPECT_TRUE(L4ChecksumIsRight(frames[0], f)) << ipv6 << tcp << segment;
        EXPECT_EQ(flags_ & RTE_MBUF_F_TX_L4_MASK, 0u);
      }
    }
  }
}

TEST_F(OffloadTest, LeavesTheChecksumToAWayOutThatCan) {
  Frame f{.payload = Pattern(333)};
  EXPECT_THAT(Resolve(FromGuest(f, 0), kChecksumOnly), ::testing::ElementsAre(f.Build()));
  EXPECT_EQ(flags_ & RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_TCP_CKSUM);
}

TEST_F(OffloadTest, AUdpChecksumOfZeroIsSentAsAllOnes) {
  Frame f{.tcp = false, .payload = Bytes(2, 0)};
  // The payload makes the sum of everything all ones.
  const Bytes plain = f.Build();
  testing::Set16(f.payload, 0, 0xffff ^ testing::Sum(plain, f.l4(), plain.size()));
  const auto frames = Resolve(FromGuest(f, 0), kNothing);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(Get16(frames[0], f.checksum_at()), 0xffff);
}

TEST_F(OffloadTest, LeavesSegmentationToAWayOutThatCan) {
  Frame f{.payload = Pattern(5000)};
  EXPECT_EQ(Resolve(FromGuest(f, 1000), kAll).size(), 1u);
  f.ipv6 = true;
  EXPECT_EQ(Resolve(FromGuest(f, 1000), kAll).size(), 1u);
  f.tcp = false;
  EXPECT_EQ(Resolve(FromGuest(f, 1000), kAll).size(), 1u);
}

TEST_F(OffloadTest, CutsTcpOverIpv4HeaderByHeader) {
  constexpr uint8_t kFin = 1, kPsh = 8, kAck = 16, kCwr = 0x80;
  Frame f{.tags = 2, .tcp_flags = kFin | kPsh | kAck | kCwr, .payload = Pattern(2500)};
  const auto frames = Resolve(FromGuest(f, 1000), kNothing);
  ASSERT_EQ(frames.size(), 3u);
  const size_t l3 = f.l2(), l4 = f.l4();
  for (uint32_t i = 0; i < 3; ++i) {
    const Bytes& b = frames[i];
    const size_t payload = i < 2 ? 1000 : 500;
    EXPECT_EQ(b.size(), f.header_bytes() + payload);
    EXPECT_EQ(Bytes(b.begin(), b.begin() + l3), Bytes(frames[0].begin(), frames[0].begin() + l3));
    EXPECT_EQ(Get16(b, 12), 0x88a8);
    EXPECT_EQ(Get16(b, 16), 0x8100);
    EXPECT_EQ(Get16(b, l3 + 2), b.size() - l3);
    EXPECT_EQ(Get16(b, l3 + 4), static_cast<uint16_t>(f.ip_id + i)) << "identification wraps";
    EXPECT_EQ(Get32(b, l4 + 4), f.sequence + i * 1000);
    EXPECT_TRUE(Ipv4ChecksumIsRight(b, f));
    EXPECT_TRUE(L4ChecksumIsRight(b, f));
  }
  EXPECT_EQ(frames[0][l4 + 13], kAck | kCwr);
  EXPECT_EQ(frames[1][l4 + 13], kAck);
  EXPECT_EQ(frames[2][l4 + 13], kAck | kFin | kPsh);
}

TEST_F(OffloadTest, CutsUdpWithItsOwnLengths) {
  for (const bool ipv6 : {false, true}) {
    Frame f{.ipv6 = ipv6, .tcp = false, .tags = 1, .payload = Pattern(2500)};
    const auto frames = Resolve(FromGuest(f, 1200), kNothing);
    ASSERT_EQ(frames.size(), 3u);
    for (const Bytes& b : frames) {
      EXPECT_EQ(Get16(b, f.l4() + 4), b.size() - f.l4());
      if (ipv6) {
        EXPECT_EQ(Get16(b, f.l2() + 4), b.size() - f.l4());
      }
      EXPECT_TRUE(L4ChecksumIsRight(b, f));
    }
  }
}

TEST_F(OffloadTest, SegmentsKeepAPartialChecksumForAWayOutThatFinishesIt) {
  Frame f{.ipv6 = true, .payload = Pattern(3000)};
  for (const Bytes& b : Resolve(FromGuest(f, 1400), kChecksumOnly)) {
    EXPECT_EQ(Get16(b, f.checksum_at()), testing::PseudoSum(b, f, b.size() - f.l4()));
    EXPECT_EQ(flags_ & RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_TCP_CKSUM);
  }
}

TEST_F(OffloadTest, CutStreamsEqualTheirOriginalWhateverTheLayout) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const auto upto = [&random](size_t n) { return random() % (n + 1); };
  for (int round = 0; round < 300; ++round) {
    Frame f{.ipv6 = upto(1) == 1,
            .tcp = upto(2) > 0,
            .tags = static_cast<int>(upto(2)),
            .extension_words = static_cast<int>(upto(3)),
            .tcp_flags = static_cast<uint8_t>(random()),
            .tcp_option_words = static_cast<int>(upto(10)),
            .sequence = static_cast<uint32_t>(random()),
            .payload = Pattern(1 + upto(60000))};
    const auto size = static_cast<uint16_t>(300 + upto(upto(3) == 0 ? 9000 : 1300));
    const size_t segment = upto(1) == 0 ? 0 : 500 + upto(1500);
    const bool partial = upto(1) == 1;
    const auto frames = Resolve(FromGuest(f, size, segment), partial ? kChecksumOnly : kNothing);
    Bytes stream;
    for (size_t i = 0; i < frames.size(); ++i) {
      const Bytes& b = frames[i];
      ASSERT_GT(b.size(), f.header_bytes());
      ASSERT_LE(b.size() - f.header_bytes(), size);
      if (f.tcp) {
        ASSERT_EQ(Get32(b, f.l4() + 4), f.sequence + static_cast<uint32_t>(stream.size()));
      }
      if (f.ipv6) {
        ASSERT_EQ(Get16(b, f.l2() + 4), b.size() - f.l2() - 40);
      } else {
        ASSERT_TRUE(Ipv4ChecksumIsRight(b, f));
        ASSERT_EQ(Get16(b, f.l2() + 2), b.size() - f.l2());
      }
      if (partial) {
        const uint16_t sum = testing::PseudoSum(b, f, b.size() - f.l4());
        ASSERT_EQ(Get16(b, f.checksum_at()), sum);
      } else {
        ASSERT_TRUE(L4ChecksumIsRight(b, f)) << "frame " << i << " of " << frames.size();
      }
      stream.insert(stream.end(), b.begin() + static_cast<long>(f.header_bytes()), b.end());
    }
    ASSERT_EQ(stream, f.payload) << "round " << round;
  }
}

TEST_F(OffloadTest, RefusesMoreSegmentsThanItMayMake) {
  Frame f{.payload = Pattern(60000)};
  EXPECT_TRUE(Resolve(FromGuest(f, 100), kNothing).empty());
  EXPECT_EQ(Dropped(counters_, DropReason::kTxOffload), 1u);
}

TEST_F(OffloadTest, CountsAnEmptyPool) {
  Frame f{.payload = Pattern(20000)};
  rte_mbuf* m = FromGuest(f, 1000);
  std::vector<rte_mbuf*> all;
  for (rte_mbuf* taken; (taken = rte_pktmbuf_alloc(MbufPool())) != nullptr;) all.push_back(taken);
  EXPECT_TRUE(Resolve(m, kNothing).empty());
  EXPECT_EQ(Dropped(counters_, DropReason::kNoCopyBuffer), 1u);
  rte_pktmbuf_free_bulk(all.data(), static_cast<unsigned>(all.size()));
}

// --- The virtio-net header ---

TEST_F(OffloadTest, VirtioHeaderSurvivesTheWayThroughAnMbuf) {
  for (const bool ipv6 : {false, true}) {
    for (const bool tcp : {false, true}) {
      Frame f{.ipv6 = ipv6, .tcp = tcp, .tags = 1, .extension_words = 2, .payload = Pattern(4000)};
      rte_mbuf* m = FromGuest(f, 1000, 50);
      const VirtioHeader h = MakeVirtioHeader(m);
      EXPECT_EQ(h.flags, kVirtioNeedsChecksum);
      EXPECT_EQ(h.gso_type, !tcp ? kVirtioGsoUdpL4 : ipv6 ? kVirtioGsoTcpv6 : kVirtioGsoTcpv4);
      EXPECT_EQ(h.gso_size, 1000);
      EXPECT_EQ(h.csum_start, f.l4());
      EXPECT_EQ(h.csum_offset, tcp ? 16 : 6);
      EXPECT_EQ(h.hdr_len, f.header_bytes());
      rte_pktmbuf_free(m);
    }
  }
}

TEST_F(OffloadTest, CwrTravelsAsTheEcnBit) {
  Frame f{.tcp_flags = 0x90, .payload = Pattern(4000)};
  rte_mbuf* m = MakeMbuf(f.Build());
  ASSERT_TRUE(Apply(m, f, kVirtioGsoTcpv4 | kVirtioGsoEcn, 1000));
  EXPECT_EQ(MakeVirtioHeader(m).gso_type, kVirtioGsoTcpv4 | kVirtioGsoEcn);
  rte_pktmbuf_free(m);
}

TEST_F(OffloadTest, OneFramesWorthIsNoSegmentation) {
  Frame f{.payload = Pattern(900)};
  rte_mbuf* m = FromGuest(f, 1000);
  EXPECT_EQ(MakeVirtioHeader(m).gso_type, kVirtioGsoNone);
  EXPECT_EQ(MakeVirtioHeader(m).flags, kVirtioNeedsChecksum);
  rte_pktmbuf_free(m);
}

TEST_F(OffloadTest, FinishesAChecksumThatNoDeviceKnowsAtOnce) {
  Frame f{.tcp = false, .payload = Pattern(101)};
  rte_mbuf* m = MakeMbuf(f.Build(), 33);
  // The sender's own tunnel: the inner part begins in the payload.
  const auto start = static_cast<uint16_t>(f.header_bytes() + 10);
  ASSERT_TRUE(ApplyVirtioHeader(m, kVirtioNeedsChecksum, kVirtioGsoNone, 0, 0, start, 4));
  EXPECT_EQ(m->ol_flags & RTE_MBUF_F_TX_L4_MASK, 0u);
  const Bytes b = BytesOf(m);
  const Bytes before = f.Build();
  EXPECT_EQ(Get16(b, start + 4u), 0xffff ^ testing::Sum(before, start, before.size()));
  rte_pktmbuf_free(m);
}

struct BadHeader {
  const char* what;
  uint8_t flags, gso_type;
  uint16_t hdr_len, gso_size, csum_start, csum_offset;
};

TEST_F(OffloadTest, RefusesHeadersThatDoNotFitTheFrame) {
  Frame f{.payload = Pattern(3000)};
  const auto l4 = static_cast<uint16_t>(f.l4());
  const auto end = static_cast<uint16_t>(f.header_bytes() + 3000);
  const BadHeader cases[] = {
      {"checksum behind the end", 1, 0, 0, 0, static_cast<uint16_t>(end - 2), 16},
      {"checksum start behind the end", 1, 0, 0, 0, 0xffff, 0xffff},
      {"checksum in the Ethernet header", 1, 0, 0, 0, 6, 16},
      {"UDP's checksum offset in TCP", 1, 0, 0, 0, l4, 6},
      {"header longer than the frame", 1, 0, static_cast<uint16_t>(end + 1), 0, l4, 16},
      {"segmentation without a checksum", 0, kVirtioGsoTcpv4, 0, 1000, l4, 16},
      {"segments of no bytes", 1, kVirtioGsoTcpv4, 0, 0, l4, 16},
      {"IPv6 segmentation of IPv4", 1, kVirtioGsoTcpv6, 0, 1000, l4, 16},
      {"UDP segmentation of TCP", 1, kVirtioGsoUdpL4, 0, 1000, l4, 16},
      {"UDP fragmentation", 1, kVirtioGsoUdp, 0, 1000, l4, 16},
      {"an unknown kind", 1, 9, 0, 1000, l4, 16},
      {"segmentation elsewhere than the checksum", 1, kVirtioGsoTcpv4, 0, 1000,
       static_cast<uint16_t>(l4 + 20), 16},
  };
  for (const BadHeader& c : cases) {
    rte_mbuf* m = MakeMbuf(f.Build(), 100);
    EXPECT_FALSE(ApplyVirtioHeader(m, c.flags, c.gso_type, c.hdr_len, c.gso_size, c.csum_start,
                                   c.csum_offset))
        << c.what;
    rte_pktmbuf_free(m);
  }
}

TEST_F(OffloadTest, AnyBytesAndAnyHeaderAreSafe) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 20000; ++round) {
    Frame f{.ipv6 = random() % 2 == 0,
            .tcp = random() % 2 == 0,
            .tags = static_cast<int>(random() % 3),
            .extension_words = static_cast<int>(random() % 3),
            .payload = Pattern(random() % 300)};
    Bytes b = f.Build();
    for (int i = random() % 4; i > 0; --i) b[random() % b.size()] = static_cast<uint8_t>(random());
    b.resize(1 + random() % b.size());
    rte_mbuf* m = MakeMbuf(b, 1 + random() % 100);
    const bool near = random() % 2 == 0;
    const bool fits = ApplyVirtioHeader(
        m, static_cast<uint8_t>(random()), static_cast<uint8_t>(random() % 6),
        static_cast<uint16_t>(random() % 100), static_cast<uint16_t>(random() % 200),
        static_cast<uint16_t>(near ? f.l4() : random()), near ? (f.tcp ? 16 : 6) : random() % 200);
    if (!fits) {
      rte_pktmbuf_free(m);
      continue;
    }
    MakeVirtioHeader(m);
    Resolve(m, random() % 2 == 0 ? kNothing : kChecksumOnly);
  }
}

}  // namespace
}  // namespace vsw
