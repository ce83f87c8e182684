// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow/meter_table.h"

#include <algorithm>
#include <limits>

namespace vsw {
namespace {

constexpr size_t kCountersPerLine = 64 / sizeof(Counter);
constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

using Wide = unsigned __int128;

// Far from where adding to the present time would overflow.
uint64_t Bounded(Wide ticks) { return static_cast<uint64_t>(std::min<Wide>(ticks, kNever / 4)); }

}  // namespace

Meter::Meter(const MeterSpec& spec, uint32_t workers, uint64_t now_ns)
    : packets_(spec.packets),
      made_ns_(now_ns),
      workers_(workers),
      band_count_(spec.bands.size()),
      bands_(std::make_unique<Band[]>(band_count_)),
      // Workers do not share a line.
      stride_((2 + 2 * band_count_ + 2 * kCountersPerLine - 1) / kCountersPerLine *
              kCountersPerLine),
      counts_(std::make_unique<Counter[]>(stride_ * workers)) {
  for (size_t i = 0; i < band_count_; ++i) {
    const MeterBandSpec& wanted = spec.bands[i];
    Band& band = bands_[i];
    band.rate = wanted.rate;
    band.remark_dscp = wanted.remark_dscp;
    band.precedence = wanted.precedence;
    if (wanted.rate == 0) continue;
    band.cost = Bounded((static_cast<Wide>(kTicksPerSecond) << kCostShift) / wanted.rate);
    const uint64_t burst = wanted.burst == 0 ? wanted.rate : wanted.burst;
    // Just as many packets as were asked for, whatever rounding does to one.
    band.tolerance =
        spec.packets ? Bounded(static_cast<Wide>(burst) * CostOf(band, 1)) : CostOf(band, burst);
  }
}

uint64_t Meter::CostOf(const Band& band, uint64_t units) {
  constexpr Wide kHalf = Wide{1} << (kCostShift - 1);
  return Bounded((static_cast<Wide>(units) * band.cost + kHalf) >> kCostShift);
}

bool Meter::Take(Band* band, uint64_t units, uint64_t now) {
  if (band->rate == 0) return false;
  const uint64_t cost = CostOf(*band, units);
  uint64_t full_at = band->full_at.load(std::memory_order_relaxed);
  for (;;) {
    const uint64_t next = std::max(full_at, now) + cost;
    if (next - now > band->tolerance) return false;
    if (band->full_at.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) return true;
  }
}

MeterVerdict Meter::Apply(WorkerId worker, uint32_t bytes, uint64_t now_ns) {
  // A worker's time stamp may be older than the meter.
  const uint64_t now =
      now_ns > made_ns_ ? (now_ns - made_ns_) * (kTicksPerSecond / 1'000'000'000) : 0;
  const uint64_t units = packets_ ? 1 : uint64_t{bytes} * 8;
  Counter* counts = CountsOf(worker);
  counts[0].Add(1);
  counts[1].Add(bytes);
  const Band* exceeded = nullptr;
  for (size_t i = 0; i < band_count_; ++i) {
    Band* band = &bands_[i];
    if (Take(band, units, now)) continue;
    if (exceeded == nullptr || band->rate > exceeded->rate) exceeded = band;
  }
  if (exceeded == nullptr) return {};
  Counter* band_counts = counts + 2 + 2 * (exceeded - bands_.get());
  band_counts[0].Add(1);
  band_counts[1].Add(bytes);
  if (!exceeded->remark_dscp) return {.drop = true};
  return {.raise_precedence = exceeded->precedence};
}

MeterTotals Meter::Read() const {
  MeterTotals totals;
  totals.bands.resize(band_count_);
  for (uint32_t worker = 0; worker < workers_; ++worker) {
    const Counter* counts = CountsOf(WorkerId{worker});
    totals.packets += counts[0].Get();
    totals.bytes += counts[1].Get();
    for (size_t i = 0; i < band_count_; ++i) {
      totals.bands[i].first += counts[2 + 2 * i].Get();
      totals.bands[i].second += counts[3 + 2 * i].Get();
    }
  }
  return totals;
}

MeterTable::~MeterTable() {
  for (std::atomic<Meter*>& meter : meters_) delete meter.load(std::memory_order_relaxed);
}

std::unique_ptr<Meter> MeterTable::Set(uint32_t index, const MeterSpec& spec, uint64_t now_ns) {
  auto meter = std::make_unique<Meter>(spec, workers_, now_ns);
  return std::unique_ptr<Meter>(
      meters_[index % kMeters].exchange(meter.release(), std::memory_order_acq_rel));
}

std::unique_ptr<Meter> MeterTable::Clear(uint32_t index) {
  return std::unique_ptr<Meter>(
      meters_[index % kMeters].exchange(nullptr, std::memory_order_acq_rel));
}

MeterTotals MeterTable::Read(uint32_t index) const {
  const Meter* meter = meters_[index % kMeters].load(std::memory_order_relaxed);
  return meter == nullptr ? MeterTotals{} : meter->Read();
}

}  // namespace vsw
