// SPDX-License-Identifier: Apache-2.0
#include "bench/generator/flow_source.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace vsw::bench {
namespace {

constexpr uint64_t kSeed = 0x9e3779b97f4a7c15;
constexpr size_t kDraws = size_t{1} << 20;  // Zipf numbers drawn ahead

class Sequential : public FlowSource {
 public:
  explicit Sequential(uint32_t flows) : flows_(flows) {}
  void Next(std::span<uint32_t> flows) override {
    for (uint32_t& flow : flows) {
      flow = next_;
      next_ = next_ + 1 == flows_ ? 0 : next_ + 1;
    }
  }

 private:
  const uint32_t flows_;
  uint32_t next_ = 0;
};

// xorshift64*, scaled by multiplication: a few cycles a packet.
class Uniform : public FlowSource {
 public:
  explicit Uniform(uint32_t flows) : flows_(flows) {}
  void Next(std::span<uint32_t> flows) override {
    uint64_t state = state_;
    for (uint32_t& flow : flows) {
      state ^= state >> 12;
      state ^= state << 25;
      state ^= state >> 27;
      const uint64_t high = (state * 0x2545f4914f6cdd1d) >> 32;
      flow = static_cast<uint32_t>(high * flows_ >> 32);
    }
    state_ = state;
  }

 private:
  const uint32_t flows_;
  uint64_t state_ = kSeed;
};

class Filling : public FlowSource {
 public:
  explicit Filling(uint32_t flows) : flows_(flows), later_(flows) {}
  void Next(std::span<uint32_t> flows) override {
    size_t first = 0;
    while (first < flows.size() && next_ < flows_) flows[first++] = next_++;
    later_.Next(flows.subspan(first));
  }

 private:
  const uint32_t flows_;
  uint32_t next_ = 0;
  Uniform later_;
};

class Recorded : public FlowSource {
 public:
  explicit Recorded(std::vector<uint32_t> trace) : trace_(std::move(trace)) {}
  void Next(std::span<uint32_t> flows) override {
    for (uint32_t& flow : flows) {
      flow = trace_[next_];
      if (++next_ == trace_.size()) next_ = 0;
    }
  }

 private:
  const std::vector<uint32_t> trace_;
  size_t next_ = 0;
};

// Exponent 1: flow k has a share of 1/k. Drawn ahead by the inverse of the sums.
std::vector<uint32_t> DrawZipf(uint32_t flows) {
  std::vector<double> sums(flows);
  double sum = 0;
  for (uint32_t k = 0; k < flows; ++k) sums[k] = sum += 1.0 / (k + 1);
  std::mt19937_64 random(kSeed);
  std::uniform_real_distribution<double> point(0, sum);
  std::vector<uint32_t> draws(kDraws);
  for (uint32_t& draw : draws) {
    const auto at = std::lower_bound(sums.begin(), sums.end(), point(random));
    draw = static_cast<uint32_t>(std::min<ptrdiff_t>(at - sums.begin(), flows - 1));
  }
  return draws;
}

}  // namespace

std::unique_ptr<FlowSource> MakeTraceSource(std::vector<uint32_t> trace) {
  return std::make_unique<Recorded>(std::move(trace));
}

std::unique_ptr<FlowSource> MakeFlowSource(const std::string& order, uint32_t flows) {
  if (order == "sequential") return std::make_unique<Sequential>(flows);
  if (order == "filling") return std::make_unique<Filling>(flows);
  if (order == "uniform") return std::make_unique<Uniform>(flows);
  if (order == "zipf") return MakeTraceSource(DrawZipf(flows));
  return nullptr;
}

}  // namespace vsw::bench
