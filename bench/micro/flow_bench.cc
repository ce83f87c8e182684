// SPDX-License-Identifier: Apache-2.0
//
// Hash, exact-match cache and classifier, each against what one would take instead: DPDK's jhash,
// std::unordered_map, and a linear search of the rules. (rte_hash wants the whole of DPDK set up;
// unordered_map stands for a general hash table.)
#include <rte_jhash.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <vector>

#include "bench/micro/ratio_reporter.h"
#include "datapath/flow/flow_table.h"

namespace vsw {
namespace {

constexpr uint32_t kFlows = 100'000;
constexpr uint32_t kMasks = 16;
constexpr size_t kBurst = 32;

FlowKey Key(uint32_t flow) {
  FlowKey key;
  std::memset(static_cast<void*>(&key), 0, sizeof(key));
  key.lines = kLineBase;
  key.in_port = PortNo{1};
  key.eth_type = Be16::From(0x0800);
  key.ipv4_src = Be32::From(flow);
  key.ipv4_dst = Be32::From(flow % kMasks);
  return key;
}

// Flows in an order that no prefetcher of the processor foresees.
uint32_t Next(uint32_t* state) { return (*state = *state * 1664525 + 1013904223) >> 8; }

void HashJhash(benchmark::State& state) {
  const FlowKey key = Key(7);
  for (auto _ : state) benchmark::DoNotOptimize(rte_jhash(key.line(0), kLineBytes, 5));
}
void HashWhole(benchmark::State& state) {
  const FlowHash hash(5);
  FlowKey key = Key(7);
  for (auto _ : state) {
    benchmark::DoNotOptimize(key);
    benchmark::DoNotOptimize(hash.Whole(key));
  }
}
BENCHMARK(HashJhash)->Name("hash: rte_jhash, 64 bytes");
BENCHMARK(HashWhole)->Name("hash: keyed, one line");

struct LineHash {
  FlowHash hash{5};
  size_t operator()(const FlowKey& key) const { return hash.Whole(key); }
};
struct LineEqual {
  bool operator()(const FlowKey& a, const FlowKey& b) const {
    return std::memcmp(a.line(0), b.line(0), kLineBytes) == 0;
  }
};

void ExactUnorderedMap(benchmark::State& state) {
  std::unordered_map<FlowKey, uint32_t, LineHash, LineEqual> map;
  for (uint32_t i = 0; i < kFlows; ++i) map.emplace(Key(i), i);
  uint32_t random = 1;
  for (auto _ : state) {
    for (size_t i = 0; i < kBurst; ++i) {
      benchmark::DoNotOptimize(map.find(Key(Next(&random) % kFlows)));
    }
  }
}

// One mask, or (`wide`) flows spread over kMasks of them with hardly any exact-match cache.
std::unique_ptr<FlowTable> MakeTable(uint32_t flows, bool wide) {
  auto table =
      *FlowTable::Create({.exact_match_entries = wide ? 64 : 1u << 18, .max_megaflows = kFlows});
  auto translation = std::make_unique<Translation>();
  for (uint32_t i = 0; i < flows; ++i) {
    translation->Clear();
    translation->mask.bits.ipv4_dst.raw = 0xffffffff;
    translation->mask.bits.ipv4_src.raw = 0xffffffff;
    if (wide) translation->mask.bits.ip_tos = static_cast<uint8_t>(1 + i % kMasks);
    translation->actions.push_back(Action::Output(PortNo{2}));
    FlowLookup lookup;
    lookup.key = Key(i);
    table->Prepare(&lookup);
    DefineLines(&lookup.key, 0xff);
    table->Install(&lookup, *translation, 0, [](auto...) {});
  }
  return table;
}

void ExactCache(benchmark::State& state) {
  const auto table = MakeTable(kFlows, /*wide=*/false);
  const auto lookups = std::make_unique<FlowLookup[]>(kBurst);
  uint32_t random = 1;
  uint64_t misses = 0;
  for (auto _ : state) {
    for (size_t i = 0; i < kBurst; ++i) {
      lookups[i].key = Key(Next(&random) % kFlows);
      table->Prepare(&lookups[i]);
    }
    for (size_t i = 0; i < kBurst; ++i) table->Locate(&lookups[i]);
    for (size_t i = 0; i < kBurst; ++i) {
      table->LookupQuick(&lookups[i]);
      misses += lookups[i].flow == nullptr;
    }
  }
  state.counters["missed%"] =
      100.0 * static_cast<double>(misses) / (static_cast<double>(state.iterations()) * kBurst);
}
BENCHMARK(ExactUnorderedMap)->Name("exact: std::unordered_map, burst");
BENCHMARK(ExactCache)->Name("exact: exact-match cache, burst");

constexpr uint32_t kRules = 1024;

void ClassifyLinear(benchmark::State& state) {
  struct Rule {
    FlowKey key;
    FlowMask mask;
  };
  std::vector<Rule> rules(kRules);
  for (uint32_t i = 0; i < kRules; ++i) {
    rules[i].mask.Clear();
    std::memset(rules[i].mask.bits.line(0), 0xff, kLineBytes);
    rules[i].key = Key(i);
  }
  uint32_t random = 1;
  for (auto _ : state) {
    const FlowKey key = Key(Next(&random) % kRules);
    benchmark::DoNotOptimize(std::ranges::find_if(rules, [&](const Rule& rule) {
      return MaskedLineEquals(key.line(0), rule.mask.bits.line(0), rule.key.line(0));
    }));
  }
}
void ClassifyTuples(benchmark::State& state) {
  const auto table = MakeTable(kRules, /*wide=*/true);
  FlowLookup lookup;
  uint32_t random = 1;
  for (auto _ : state) {
    lookup.key = Key(Next(&random) % kRules);
    table->Prepare(&lookup);
    table->LookupMegaflow(&lookup);
    benchmark::DoNotOptimize(lookup.flow);
  }
}
// A megaflow for each of `state.range(0)` pairs of prefixes, all ones up to the last bit.
void ClassifyPrefixes(benchmark::State& state) {
  const auto masks = static_cast<uint32_t>(state.range(0));
  const auto prefix = [](uint32_t length) { return length == 0 ? 0 : 0xffffffff << (32 - length); };
  const auto table = *FlowTable::Create({.exact_match_entries = 64, .max_megaflows = kFlows});
  auto translation = std::make_unique<Translation>();
  std::vector<FlowKey> keys;
  for (uint32_t i = 0; i < masks; ++i) {
    translation->Clear();
    translation->mask.bits.ipv4_src = Be32::From(prefix(1 + i % 32));
    translation->mask.bits.ipv4_dst = Be32::From(prefix(1 + i / 32));
    translation->actions.push_back(Action::Output(PortNo{2}));
    FlowLookup lookup;
    lookup.key = Key(i);
    lookup.key.ipv4_src = Be32::From(prefix(i % 32));
    lookup.key.ipv4_dst = Be32::From(prefix(i / 32));
    keys.push_back(lookup.key);
    table->Prepare(&lookup);
    DefineLines(&lookup.key, 0xff);
    table->Install(&lookup, *translation, 0, [](auto...) {});
  }
  FlowLookup lookup;
  uint32_t random = 1;
  for (auto _ : state) {
    lookup.key = keys[Next(&random) % masks];
    table->Prepare(&lookup);
    table->LookupMegaflow(&lookup);
    benchmark::DoNotOptimize(lookup.flow);
  }
}
BENCHMARK(ClassifyLinear)->Name("classify: linear, 1024 rules");
BENCHMARK(ClassifyTuples)->Name("classify: classifier, 16 masks");
BENCHMARK(ClassifyPrefixes)->Name("classify: classifier, masks")->Arg(8)->Arg(64)->Arg(1000);

}  // namespace
}  // namespace vsw

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  vsw::bench::RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
}
