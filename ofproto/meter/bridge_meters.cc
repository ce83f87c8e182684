// SPDX-License-Identifier: Apache-2.0
#include "ofproto/meter/bridge_meters.h"

#include <utility>

namespace vsw {
namespace {

MeterSpec SpecOf(const MeterConfig& config) {
  MeterSpec spec;
  spec.packets = config.packets_per_second;
  const uint64_t unit = config.packets_per_second ? 1 : 1000;  // kbit
  for (const MeterBand& band : config.bands) {
    // Without a burst the meter measures over one second.
    const uint64_t burst = config.has_burst && band.burst != 0 ? band.burst : band.rate;
    spec.bands.push_back({.rate = band.rate * unit,
                          .burst = burst * unit,
                          .remark_dscp = band.type == MeterBand::Type::kDscpRemark,
                          .precedence = band.precedence});
  }
  return spec;
}

}  // namespace

uint32_t MeterIndexPool::Take() {
  if (!free_.empty()) return free_.extract(free_.begin()).value();
  return next_ < kSize ? next_++ : kSize;
}

BridgeMeters::BridgeMeters(DatapathControl* control, MeterIndexPool* pool)
    : control_(control), pool_(pool) {}

BridgeMeters::~BridgeMeters() {
  for (const auto& [meter, entry] : present_) retired_.push_back(entry.index);
  Reclaim();
}

void BridgeMeters::Begin() { staged_ = present_; }

OfStatus BridgeMeters::Check(const MeterConfig& config) {
  if (config.meter == 0 || config.meter > kMeterMax) return OfErrorId::kInvalidMeter;
  if (config.bands.size() > kMaxBands) return OfErrorId::kOutOfBands;
  for (const MeterBand& band : config.bands) {
    if (band.rate == 0) return {OfErrorId::kBadMeterRate, "a rate of 0"};
  }
  return {};
}

OfStatus BridgeMeters::Modify(const MeterMod& mod, std::vector<uint32_t>* deleted) {
  const uint32_t meter = mod.config.meter;
  if (mod.command == MeterMod::Command::kDelete) {
    if (meter != kMeterAll && (meter == 0 || meter > kMeterMax)) return OfErrorId::kInvalidMeter;
    for (auto it = staged_.begin(); it != staged_.end();) {
      if (meter == kMeterAll || meter == it->first) {
        deleted->push_back(it->first);
        it = staged_.erase(it);
      } else {
        ++it;
      }
    }
    return {};
  }
  const auto found = staged_.find(meter);
  if (mod.command == MeterMod::Command::kAdd && found != staged_.end()) {
    return OfErrorId::kMeterExists;
  }
  if (mod.command == MeterMod::Command::kModify && found == staged_.end()) {
    return OfErrorId::kUnknownMeter;
  }
  VSW_OF_RETURN_IF_ERROR(Check(mod.config));
  if (found != staged_.end()) {
    found->second.config = mod.config;
    return {};
  }
  const uint32_t index = pool_->Take();
  if (index == MeterIndexPool::kSize) return OfErrorId::kOutOfMeters;
  taken_.push_back(index);
  staged_[meter] = {.config = mod.config, .index = index, .created_ns = control_->NowNs()};
  return {};
}

void BridgeMeters::Keep() {
  std::set<uint32_t> kept;
  auto indices = std::make_shared<IndexMap>();
  for (const auto& [meter, entry] : staged_) {
    kept.insert(entry.index);
    indices->emplace(meter, entry.index);
    const auto former = present_.find(meter);
    const bool same = former != present_.end() && former->second.index == entry.index &&
                      former->second.config == entry.config;
    if (!same) control_->SetMeter(entry.index, SpecOf(entry.config));
  }
  for (const auto& [meter, entry] : present_) {
    if (!kept.contains(entry.index)) retired_.push_back(entry.index);
  }
  for (const uint32_t index : taken_) {
    if (!kept.contains(index)) pool_->Give(index);
  }
  taken_.clear();
  present_ = std::move(staged_);
  staged_.clear();
  indices_ = std::move(indices);
}

void BridgeMeters::Drop() {
  for (const uint32_t index : taken_) pool_->Give(index);
  taken_.clear();
  staged_.clear();
}

void BridgeMeters::Reclaim() {
  for (const uint32_t index : retired_) {
    control_->ClearMeter(index);
    pool_->Give(index);
  }
  retired_.clear();
}

std::vector<MeterConfig> BridgeMeters::List() const {
  std::vector<MeterConfig> result;
  for (const auto& [meter, entry] : present_) result.push_back(entry.config);
  return result;
}

std::vector<MeterStats> BridgeMeters::ListStats(
    uint64_t now_ns, const std::function<uint32_t(uint32_t)>& flows_of) const {
  std::vector<MeterStats> result;
  for (const auto& [meter, entry] : present_) {
    const MeterTotals totals = control_->ReadMeter(entry.index);
    MeterStats stats{.meter = meter,
                     .flows = flows_of(meter),
                     .packets_in = totals.packets,
                     .bytes_in = totals.bytes,
                     .duration_ns = now_ns - entry.created_ns,
                     .bands = {}};
    for (const auto& [packets, bytes] : totals.bands) {
      stats.bands.push_back({.packets = packets, .bytes = bytes});
    }
    result.push_back(std::move(stats));
  }
  return result;
}

}  // namespace vsw
