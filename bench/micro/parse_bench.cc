// SPDX-License-Identifier: Apache-2.0
//
// The parser against the least that could be done with a frame: copying its first cache line.
#include <benchmark/benchmark.h>

#include <array>

#include "datapath/packet/parser.h"
#include "tests/support/packet_builder.h"

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

PacketBuilder Eth() { return PacketBuilder().Ethernet(2, 1); }

BENCHMARK(CopyLine)->Name("parse: copy of one line");
BENCHMARK_CAPTURE(Parse, tcp4, Eth().Ipv4(1, 2).Tcp(3, 4).Payload(30).Build())
    ->Name("parse: TCP over IPv4");
BENCHMARK_CAPTURE(Parse, vlan, Eth().Vlan(1).Vlan(2).Ipv4(1, 2).Udp(3, 4).Payload(30).Build())
    ->Name("parse: UDP, two tags");
BENCHMARK_CAPTURE(Parse, tcp6, Eth().Ipv6(1, 2).Tcp(3, 4).Payload(30).Build())
    ->Name("parse: TCP over IPv6");

}  // namespace
}  // namespace vsw
