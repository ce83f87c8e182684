// SPDX-License-Identifier: Apache-2.0
//
// The OpenFlow classifier: lookups in an access list and in a route table, against a linear search
// of the same rules (what the answer costs without a classifier); inserts and removals, against the
// same matches in a std::unordered_map (what keeping them costs without being able to search them);
// flow-mods, each a transaction of its own, with what is to be invalidated.
// The access list is read from the folder that VSW_BENCH_DATA names (classbench/acl1_10k.*.gz); it
// is left out, and that is said, where there is none.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bench/micro/acl_rules.h"
#include "bench/micro/no_datapath.h"
#include "bench/micro/ratio_reporter.h"
#include "ofproto/table/rule_classifier.h"
#include "ofproto/table/table_set.h"

namespace vsw {
namespace {

constexpr uint32_t kRoutes = 100'000;

// Keys in an order that no prefetcher of the processor foresees.
uint32_t Next(uint32_t* state) { return (*state = *state * 1664525 + 1013904223) >> 8; }

class RuleSet {
 public:
  void Add(const Match& match, uint16_t priority) {
    rules_.push_back(std::make_unique<Rule>());
    rules_.back()->match = match;
    rules_.back()->priority = priority;
  }
  /// Highest priority first, for a linear search that stops at the first hit.
  void Sort() {
    std::ranges::stable_sort(
        rules_, [](const auto& a, const auto& b) { return a->priority > b->priority; });
  }
  const Rule* Linear(const MatchKey& key) const {
    for (const auto& rule : rules_) {
      if (rule->match.Matches(key)) return rule.get();
    }
    return nullptr;
  }
  const std::vector<std::unique_ptr<Rule>>& rules() const { return rules_; }

 private:
  std::vector<std::unique_ptr<Rule>> rules_;
};

class Loaded {
 public:
  explicit Loaded(const RuleSet& set) {
    for (const auto& rule : set.rules()) classifier_.Insert(rule.get());
    for (int i = 0; i < 2; ++i) classifier_.Reclaim();
  }
  const RuleClassifier& classifier() const { return classifier_; }

 private:
  RuleClassifier classifier_;
};

// Spread over the address space, as routes are.
uint32_t RouteAddress(uint32_t i) { return i * 167 << 8; }
Match Route(uint32_t i) {
  Match match;
  match.Set(FieldId::kEthType, FieldValue::OfU64(0x0800));
  match.SetMasked(FieldId::kIpv4Dst, FieldValue::OfU64(RouteAddress(i)),
                  FieldValue::OfU64(0xffffff00));
  return match;
}
const RuleSet& Routes() {
  static const RuleSet set = [] {
    RuleSet routes;
    for (uint32_t i = 0; i < kRoutes; ++i) routes.Add(Route(i), 24);
    routes.Add(Match(), 0);
    return routes;
  }();
  return set;
}
// Sets a packet's address to one within a route; the rest of the key stays.
void GoTo(uint32_t random, MatchKey* key) {
  key->packet.ipv4_dst = Be32::From(RouteAddress(random % kRoutes) | (random & 0xff));
}
MatchKey Packet() { return Route(0).value; }

void RoutesLinear(benchmark::State& state) {
  uint32_t random = 1;
  MatchKey key = Packet();
  for (auto _ : state) {
    GoTo(Next(&random), &key);
    benchmark::DoNotOptimize(Routes().Linear(key));
  }
}
void RoutesClassifier(benchmark::State& state) {
  static const Loaded loaded(Routes());
  uint32_t random = 1;
  MatchKey key = Packet(), mask;
  for (auto _ : state) {
    GoTo(Next(&random), &key);
    benchmark::DoNotOptimize(loaded.classifier().Lookup(0, key, &mask));
  }
}
void RoutesMiss(benchmark::State& state) {
  static const Loaded loaded(Routes());
  uint32_t random = 1;
  MatchKey key = Packet(), mask;
  for (auto _ : state) {
    GoTo(Next(&random), &key);
    key.packet.ipv4_dst = Be32::From(key.packet.ipv4_dst.Get() ^ 0x80000000);
    benchmark::DoNotOptimize(loaded.classifier().Lookup(0, key, &mask));
  }
}
BENCHMARK(RoutesLinear)->Name("routes: linear search, 100,000 /24");
BENCHMARK(RoutesClassifier)->Name("routes: classifier, found");
BENCHMARK(RoutesMiss)->Name("routes: classifier, default route");

struct Acl {
  RuleSet set;
  std::vector<MatchKey> trace;
};
const Acl* TheAcl() {
  static const std::unique_ptr<Acl> acl = []() -> std::unique_ptr<Acl> {
    const char* folder = std::getenv("VSW_BENCH_DATA");
    if (folder == nullptr) return nullptr;
    auto read = std::make_unique<Acl>();
    const std::string base = std::string(folder) + "/classbench/acl1_10k.";
    for (const auto& rule : bench::ReadAcl(base + "rules.gz")) {
      read->set.Add(rule.match, rule.priority);
    }
    read->set.Sort();
    read->trace = bench::ReadTrace(base + "trace.gz");
    if (read->set.rules().empty() || read->trace.empty()) return nullptr;
    return read;
  }();
  return acl.get();
}

void AclLinear(benchmark::State& state) {
  const Acl& acl = *TheAcl();
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(acl.set.Linear(acl.trace[i]));
    i = (i + 7919) % acl.trace.size();
  }
  state.counters["rules"] = static_cast<double>(acl.set.rules().size());
}
void AclClassifier(benchmark::State& state) {
  const Acl& acl = *TheAcl();
  const Loaded loaded(acl.set);
  size_t i = 0;
  MatchKey mask;
  for (auto _ : state) {
    benchmark::DoNotOptimize(loaded.classifier().Lookup(0, acl.trace[i], &mask));
    i = (i + 7919) % acl.trace.size();
  }
  state.counters["masks"] = static_cast<double>(loaded.classifier().mask_count());
}

struct MatchHash {
  size_t operator()(const Match& match) const {
    return std::hash<std::string_view>()(
        {reinterpret_cast<const char*>(match.value.bytes()), sizeof(MatchKey)});
  }
};
void ChangeMap(benchmark::State& state) {
  std::unordered_map<Match, const Rule*, MatchHash> map;
  for (const auto& rule : Routes().rules()) map.emplace(rule->match, rule.get());
  uint32_t i = 0;
  for (auto _ : state) {
    const Rule* rule = Routes().rules()[i++ % kRoutes].get();
    map.erase(rule->match);
    map.emplace(rule->match, rule);
  }
}
void ChangeClassifier(benchmark::State& state) {
  RuleClassifier classifier;
  for (const auto& rule : Routes().rules()) classifier.Insert(rule.get());
  uint32_t i = 0;
  for (auto _ : state) {
    Rule* rule = Routes().rules()[i++ % kRoutes].get();
    classifier.Remove(rule);
    classifier.Insert(rule);
    if (i % 256 == 0) classifier.Reclaim();
  }
}
void LoadClassifier(benchmark::State& state) {
  for (auto _ : state) {
    RuleClassifier classifier;
    for (const auto& rule : Routes().rules()) classifier.Insert(rule.get());
  }
  state.counters["rules/s"] =
      benchmark::Counter(kRoutes, benchmark::Counter::kIsIterationInvariantRate);
}

void ChangeTables(benchmark::State& state) {
  bench::NoDatapath control;
  TableSet tables(&control);
  std::vector<Tag> tags;
  std::vector<DatapathControl::TagFilter> filters;
  bool everything = false;
  auto transaction = [&](const FlowMod& mod) {
    tables.Begin();
    benchmark::DoNotOptimize(tables.Modify(mod, {}).ok());
    tags.clear(), filters.clear();
    tables.Apply(&tags, &filters, &everything);
    tables.Reclaim();
  };
  FlowMod mod;
  for (uint32_t i = 0; i < kRoutes; ++i) {
    mod.match = Route(i);
    transaction(mod);
  }
  uint32_t i = 0;
  for (auto _ : state) {
    mod.match = Routes().rules()[i++ % kRoutes]->match;
    mod.command = FlowMod::Command::kDeleteStrict;
    transaction(mod);
    mod.command = FlowMod::Command::kAdd;
    transaction(mod);
  }
}
BENCHMARK(ChangeMap)->Name("change: std::unordered_map, out and in");
BENCHMARK(ChangeClassifier)->Name("change: classifier, out and in");
BENCHMARK(ChangeTables)->Name("change: two flow-mods, out and in");
BENCHMARK(LoadClassifier)->Name("load: classifier, 100,000 rules")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vsw

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (vsw::TheAcl() != nullptr) {
    benchmark::RegisterBenchmark("acl: linear search", vsw::AclLinear);
    benchmark::RegisterBenchmark("acl: classifier", vsw::AclClassifier);
  } else {
    std::printf("SKIPPED: acl (VSW_BENCH_DATA names no folder with classbench/acl1_10k.*.gz)\n");
  }
  vsw::bench::RatioReporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
}
