// SPDX-License-Identifier: Apache-2.0
//
// The parser against the least that could be done with a frame: copying its first cache line. What
// tells that a frame goes by the same decision as one before, against its key.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <vector>

#include "datapath/packet/frame_pattern.h"
#include "datapath/packet/parser.h"
#include "datapath/packet/plain_parser.h"
#include "tests/support/packet_builder.h"
#include "tests/support/stack_mbuf.h"

namespace vsw {
namespace {

using testing::PacketBuilder;
using Frame = std::vector<uint8_t>;

void CopyLine(benchmark::State& state) {
  const Frame frame = PacketBuilder().Ethernet(2, 1).Ipv4(1, 2).Tcp(3, 4).Payload(30).Build();
  FlowKey key;
  for (auto _ : state) {
    std::memcpy(key.line(0), frame.data(), kLineBytes);
    benchmark::DoNotOptimize(key);
    benchmark::ClobberMemory();
  }
}

void Parse(benchmark::State& state, const Frame& frame) {
  FlowKey key;
  for (auto _ : state) {
    benchmark::DoNotOptimize(ParseFrame(frame, frame.size(), PortNo{1}, &key));
    benchmark::ClobberMemory();
  }
}

// A burst of frames of different flows.
class Burst {
 public:
  Burst() {
    for (uint16_t i = 0; i < 32; ++i) {
      const Frame frame = PacketBuilder().Ethernet(2, 1).Ipv4(1, i).Udp(i, 53).Payload(18).Build();
      frames_.push_back(std::make_unique<testing::StackMbuf>(frame));
    }
  }
  const rte_mbuf* operator[](size_t i) const { return frames_[i]->get(); }
  static constexpr size_t kFrames = 32;

 private:
  std::vector<std::unique_ptr<testing::StackMbuf>> frames_;
};

void PlainKeys(benchmark::State& state) {
  const Burst burst;
  FlowKey keys[Burst::kFrames];
  for (auto _ : state) {
    for (size_t i = 0; i < Burst::kFrames; ++i) {
      KeyLine line;
      benchmark::DoNotOptimize(ParsePlain(burst[i], PortNo{1}, &line, &keys[i]));
    }
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(Burst::kFrames));
}

void Patterns(benchmark::State& state) {
  const Burst burst;
  FlowMask mask;
  mask.Clear();
  mask.lines = kLineBase;
  mask.bits.l4_dst.raw = 0xffff;
  FramePattern pattern;
  pattern.Learn(burst[0], mask);
  for (auto _ : state) {
    for (size_t i = 0; i < Burst::kFrames; ++i) {
      benchmark::DoNotOptimize(pattern.Matches(burst[i]));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(Burst::kFrames));
}

PacketBuilder Eth() { return PacketBuilder().Ethernet(2, 1); }

BENCHMARK(CopyLine)->Name("parse: copy of one line");
BENCHMARK_CAPTURE(Parse, tcp4, Eth().Ipv4(1, 2).Tcp(3, 4).Payload(30).Build())
    ->Name("parse: TCP over IPv4");
BENCHMARK_CAPTURE(Parse, vlan, Eth().Vlan(1).Vlan(2).Ipv4(1, 2).Udp(3, 4).Payload(30).Build())
    ->Name("parse: UDP, two tags");
BENCHMARK_CAPTURE(Parse, tcp6, Eth().Ipv6(1, 2).Tcp(3, 4).Payload(30).Build())
    ->Name("parse: TCP over IPv6");
BENCHMARK(PlainKeys)->Name("parse: burst of 32, keys of plain frames");
BENCHMARK(Patterns)->Name("parse: burst of 32, alike without keys");

}  // namespace
}  // namespace vsw
