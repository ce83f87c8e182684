// SPDX-License-Identifier: Apache-2.0
// The whole way of a packet, real workers and their caches included, against the plain evaluator:
// random rule sets and frames with caches off, cold and warm, and while rules change. Once a change
// is committed no packet may be decided by what was before, and no packet may see half of a bundle.
//
// Sends VSW_EXACTNESS_PACKETS packets in all (four millions, if it does not say).
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>

#include "fmt/format.h"
#include "ofproto/switch.h"
#include "tests/exactness/versions.h"
#include "tests/exactness/wire.h"
#include "tests/support/config_builder.h"

namespace vsw::testing {
namespace {

constexpr size_t kSamples = 60;
constexpr size_t kBatch = 256;
constexpr int kChanges = 20;  // of each rule set

// What a worker refuses when it has too much to do, and packets that came back to other rules than
// those that sent them around: not wrong, but few.
constexpr DropReason kExcuses[] = {DropReason::kMissBudget,         DropReason::kTooManySteps,
                                   DropReason::kResubmitDepth,      DropReason::kTooManyActions,
                                   DropReason::kRecirculationLimit, DropReason::kRecirculationStale,
                                   DropReason::kNoCopyBuffer};

size_t PacketsWanted() {
  const char* given = std::getenv("VSW_EXACTNESS_PACKETS");
  return given == nullptr ? 4'000'000 : std::strtoull(given, nullptr, 0);
}

// A packet that was put in when `from` was committed, and was through before what comes behind `to`
// began.
struct Sent {
  size_t sample;
  size_t from, to;
};

class ExactnessTest : public ::testing::Test {
 protected:
  void Start(uint32_t max_megaflows) {
    auto set = WorkerSet::Start(
        {.cores = {-1, -1}, .exact_match_entries = 1u << 12, .max_megaflows = max_megaflows},
        &switch_, MbufPool());
    ASSERT_TRUE(set.ok()) << set.status();
    workers_ = *std::move(set);
    SlowPathBridge bridge = BridgeBuilder(0);
    bridge.fail_secure = true;
    for (uint32_t port = 1; port <= Versions::kPorts; ++port) bridge.ports.push_back(Trunk(port));
    workers_->RunOnSlowThread([&] { switch_.Configure({.bridges = {bridge}}); });
    wire_ = std::make_unique<Wire>(workers_.get(), Versions::kPorts);
  }
  void TearDown() override {
    if (workers_ == nullptr) return;  // skipped
    wire_.reset();
    // A bridge gives back what it has of the datapath.
    workers_->RunOnSlowThread([&] { switch_.Configure({}); });
    workers_.reset();
    std::printf("%zu of %zu rules refused; %zu packets judged, %zu excused, %zu saw two versions\n",
                refused_, drawn_, judged_, excused_, mixed_);
    EXPECT_LT(excused_ * 20, judged_) << "too many packets were not forwarded to mean much";
    EXPECT_LT(mixed_ * 100, judged_);
  }

  // All of the entries or none. True: the bridge took them.
  bool Apply(const Versions::Entries& entries) {
    bool taken = false;
    workers_->RunOnSlowThread([&] {
      BridgeControl* control = switch_.FindBridge("br0");
      size_t failed = 0;
      taken = control->ApplyBundle(entries, {}, &failed).ok();
      control->Commit();
    });
    return taken;
  }
  // A rule set of those rules that the bridge takes.
  void LoadRuleSet(size_t rules) {
    Versions::Entries taken;
    size_t drawn = 0;
    for (const BridgeControl::BundleEntry& entry : versions_.DrawRuleSet(rules)) {
      ++drawn;
      if (Apply({entry})) taken.push_back(entry);
    }
    drawn_ += drawn;
    refused_ += drawn - taken.size();
    versions_.Add(taken);
    begun_ = committed_ = versions_.newest();
    samples_.clear();
    while (samples_.size() < kSamples) {
      samples_.emplace_back(world_.RandomFrame(false), 1 + world_.random.Below(Versions::kPorts));
    }
  }

  uint64_t Excuses() const {
    uint64_t sum = 0;
    for (uint32_t port = 0; port <= Versions::kPorts; ++port) {
      const PortTotals totals = workers_->ReadPort(PortNo{port});
      for (const DropReason reason : kExcuses) sum += totals.drops[static_cast<size_t>(reason)];
    }
    return sum;
  }

  // Sends a batch of samples and waits until they are through.
  void SendBatch(Random* random, std::vector<Sent>* sent) {
    for (size_t i = 0; i < kBatch; ++i) {
      const size_t sample = random->Below(kSamples);
      sent->push_back({.sample = sample, .from = committed_.load(), .to = 0});
      wire_->Put(samples_[sample], static_cast<uint32_t>(sent->size() - 1));
    }
    wire_->Wait();
    const size_t begun = begun_.load();
    for (size_t i = sent->size() - kBatch; i < sent->size(); ++i) (*sent)[i].to = begun;
  }
  void SendAndJudge(size_t batches) {
    const uint64_t excuses = Excuses();
    std::vector<Sent> sent;
    for (size_t i = 0; i < batches; ++i) SendBatch(&world_.random, &sent);
    Judge(sent, excuses);
  }

  Leaving LeavingOf(const Sent& sent, Arrivals& arrivals, uint32_t number) const {
    Leaving leaving;
    for (auto& [port, octets] : arrivals[number]) {
      leaving.push_back(
          fmt::format("{}:{}", port, samples_[sent.sample].Comparable(std::move(octets))));
    }
    std::sort(leaving.begin(), leaving.end());
    return leaving;
  }

  enum class Verdict { kRight, kIncomplete, kMixed, kWrong, kNoCase };
  Verdict VerdictOn(const Sent& sent, const Leaving& got) {
    bool incomplete = false;
    Leaving any;
    for (size_t version = sent.from; version <= std::min(sent.to, versions_.newest()); ++version) {
      const Versions::Expected& expected = versions_.Of(version, samples_, sent.sample);
      if (expected.beyond_bounds) return Verdict::kNoCase;
      const Leaving& right = expected.leaving;
      if (got == right) return Verdict::kRight;
      incomplete = incomplete || std::includes(right.begin(), right.end(), got.begin(), got.end());
      any.insert(any.end(), right.begin(), right.end());
    }
    if (incomplete) return Verdict::kIncomplete;
    std::sort(any.begin(), any.end());
    // Looked up again, it may go on by newer rules than those it began with.
    const bool mixed =
        sent.from < sent.to && std::includes(any.begin(), any.end(), got.begin(), got.end());
    return mixed ? Verdict::kMixed : Verdict::kWrong;
  }

  void Judge(const std::vector<Sent>& sent, uint64_t excuses_before) {
    workers_->Synchronize();  // counters are those of now
    uint64_t excuses = Excuses() - excuses_before;
    Arrivals arrivals = wire_->Take();
    for (uint32_t number = 0; number < sent.size(); ++number) {
      const Leaving got = LeavingOf(sent[number], arrivals, number);
      const Verdict verdict = VerdictOn(sent[number], got);
      if (verdict == Verdict::kIncomplete && excuses > 0) {
        --excuses;
        ++excused_;
        continue;
      }
      mixed_ += verdict == Verdict::kMixed ? 1 : 0;
      judged_ += verdict != Verdict::kNoCase ? 1 : 0;
      ASSERT_NE(verdict, Verdict::kWrong) << Story(sent[number], got);
      ASSERT_NE(verdict, Verdict::kIncomplete) << Story(sent[number], got);
    }
  }
  std::string Story(const Sent& sent, const Leaving& got) {
    const Sample& sample = samples_[sent.sample];
    std::string text = fmt::format("in_port {} {}\n", sample.in_port(), sample.frame().ToString());
    for (size_t version = sent.from; version <= std::min(sent.to, versions_.newest()); ++version) {
      text += versions_.Describe(version);
      for (const std::string& one : versions_.Of(version, samples_, sent.sample).leaving) {
        text += "  wanted " + one + "\n";
      }
    }
    for (const std::string& one : got) text += "     got " + one + "\n";
    for (size_t version = 0; version <= versions_.newest(); ++version) {
      if (versions_.Of(version, samples_, sent.sample).leaving != got) continue;
      text += "as by " + versions_.Describe(version);
    }
    return text;
  }

  uint64_t PacketsOf(const FlowMod& rule) {
    uint64_t packets = 0;
    workers_->RunOnSlowThread([&] {
      for (const FlowStats& stats : switch_.FindBridge("br0")->ListFlows({})) {
        if (stats.table == rule.table && stats.priority == rule.priority) packets = stats.packets;
      }
    });
    return packets;
  }

  RandomPipeline world_{RandomSeed()};
  Versions versions_{&world_};
  std::vector<Sample> samples_;
  Switch switch_;
  std::unique_ptr<WorkerSet> workers_;
  std::unique_ptr<Wire> wire_;
  std::atomic<size_t> begun_{0}, committed_{0};  // versions
  size_t drawn_ = 0, refused_ = 0, judged_ = 0, excused_ = 0, mixed_ = 0;
};

TEST_F(ExactnessTest, ForwardsAsTheRulesSayWithoutCaches) {
  Start(/*max_megaflows=*/1);
  while (judged_ < PacketsWanted() / 10) {
    LoadRuleSet(12);
    SendAndJudge(20);
    if (HasFatalFailure()) return;
  }
}

TEST_F(ExactnessTest, ForwardsAndCountsAsTheRulesSayColdAndWarm) {
  Start(1u << 14);
  size_t counted = 0;
  while (judged_ < PacketsWanted() * 3 / 10) {
    LoadRuleSet(12);
    const size_t version = versions_.newest();
    for (int round = 0; round < 4; ++round) {
      workers_->RunOnSlowThread([&] { workers_->InvalidateAll(); });
      SendAndJudge(1);
    }
    std::vector<uint64_t> packets;
    for (const FlowMod& rule : versions_.rules(version)) packets.push_back(PacketsOf(rule));
    const size_t judged = judged_, excused = excused_;
    std::vector<uint64_t> wanted(packets.size());
    std::vector<Sent> sent;
    const uint64_t excuses = Excuses();
    for (int round = 0; round < 20; ++round) SendBatch(&world_.random, &sent);
    Judge(sent, excuses);
    if (HasFatalFailure()) return;
    if (excused_ != excused || judged_ - judged != sent.size()) continue;
    for (const Sent& one : sent) {
      for (const auto& [rule, hits] : versions_.Of(version, samples_, one.sample).hits) {
        wanted[rule] += static_cast<uint64_t>(hits);
      }
    }
    for (size_t rule = 0; rule < packets.size(); ++rule) {
      ASSERT_EQ(PacketsOf(versions_.rules(version)[rule]) - packets[rule], wanted[rule])
          << "rule " << rule << "\n"
          << versions_.Describe(version);
    }
    ++counted;
  }
  EXPECT_GT(counted, 3u) << "counters were hardly ever compared";
}

TEST_F(ExactnessTest, UsesNoOlderDecisionOnceAChangeIsCommitted) {
  Start(1u << 14);
  size_t changes = 0;
  while (judged_ < PacketsWanted() * 6 / 10) {
    LoadRuleSet(10);
    const uint64_t excuses = Excuses();
    std::vector<Sent> sent;
    std::atomic<size_t> batches{0};
    std::atomic<bool> stop{false};
    Random random(world_.random.Bits());
    std::thread sender([&] {
      while (!stop.load()) {
        SendBatch(&random, &sent);
        batches.fetch_add(1);
      }
    });
    for (int i = 0; i < kChanges; ++i) {
      const Versions::Entries change = versions_.DrawChange();
      begun_ = versions_.newest() + 1;
      if (Apply(change)) {
        versions_.Add(change);
        ++changes;
      }
      committed_ = versions_.newest();
      const size_t seen = batches.load();
      while (batches.load() < seen + 2) std::this_thread::yield();
    }
    stop = true;
    sender.join();
    Judge(sent, excuses);
    if (HasFatalFailure()) return;
  }
  std::printf("%zu changes\n", changes);
  EXPECT_GT(changes, 100u);
}

}  // namespace
}  // namespace vsw::testing
